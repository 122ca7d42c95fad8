"""One outage of five days over a weekend, with the cases of the demonstration: what is done at 2 at night, what leaves in
the morning, and what the business manager reads of it, held against the same days without an outage."""

import re
from collections import Counter
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.db.models import Min
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications import services
from notifications.models import DIGEST, Notice, NoticeQuerySet
from reviews.services.demonstration import build_demo
from tests.notifications.conftest import london
from tests.services import MailSink
from tests.standing import standing
from workflows.models import Deadline, Outage, Rung
from workflows.services import sweeping
from workflows.services.standing import how_it_stands
from workflows.services.watching import watch
from workflows.signals import rungs_reached

pytestmark = pytest.mark.django_db
STOPPED = london("2026-03-11 16:00")  # Wednesday
BACK = london("2026-03-17 02:00")  # Tuesday
OPENS = london("2026-03-17 08:30")
A_MINUTE = timedelta(minutes=1)
MANAGER = "manager@northborough.example"
Told = tuple[str, str]
"""What a notice is: its key, and to whom it goes."""


@standing
def demonstration() -> None:
    """Both partnerships at work, with everything told that was owed when the service stopped."""
    build_demo(at=STOPPED, password="nobody signs in with it")
    watch(at=STOPPED)
    services.deliver_everything_owed(at=STOPPED)


def told() -> set[Told]:
    """Everything that anybody was to be told of a deadline."""
    return set(Notice.objects.exclude(deadline=None).values_list("key", "recipient__email"))


def missed() -> dict[int, datetime]:
    """When each deadline that is late became so."""
    late = Deadline.objects.exclude(missed_at=None)
    return dict(late.values_list("pk", "due_at"))


class Undone(Exception):
    """Ends a branch of what might have been."""


def without_an_outage() -> tuple[set[Told], dict[int, datetime]]:
    """The same days with a sweep at each minute that had something to do: what is told, and what is late."""
    try:
        with transaction.atomic():
            ahead = Rung.objects.ahead().filter(deadline__state="running", fires_at__lte=BACK)
            while first := ahead.aggregate(first=Min("fires_at"))["first"]:
                watch(at=first)
            found = told(), missed()
            assert (
                not Outage.objects.exclude(began_at__lt=STOPPED).filter(reached__gt=0, ended_at=BACK).exists()
            )
            raise Undone
    except Undone:
        return found


def ring(at: datetime) -> None:
    """What the clock rings for: look at the deadlines, and send what is owed."""
    watch(at=at)
    services.deliver_everything_owed(at=at)


def night(smtp: MailSink) -> None:
    """From 2 until the working hours begin: it rings, and nothing leaves."""
    at = BACK
    while at < OPENS:
        ring(at)
        at += 10 * A_MINUTE
    ring(OPENS - A_MINUTE)
    assert smtp.received == []


def morning() -> None:
    """The working hours begin."""
    for minute in range(3):
        ring(OPENS + minute * A_MINUTE)


def page_of(outage: Outage) -> str:
    """What the business manager reads of it that morning."""
    at = OPENS + 10 * A_MINUTE
    with time_machine.travel(at, tick=False):
        client = Client()
        client.force_login(User.objects.get(email=MANAGER))
        answer = client.get(reverse("outage", args=[outage.pk]))
    assert answer.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", answer.content.decode().partition("<main")[2]).split())


def sum_on(page: str) -> list[int]:
    """Owed, sent, collapsed, no longer owed, waiting, not delivered."""
    found = re.search(
        r"Owed (\d+) = sent (\d+) \+ collapsed (\d+) \+ no longer owed (\d+) \+ waiting (\d+) \+ not delivered (\d+)\.",
        page,
    )
    assert found
    return [int(number) for number in found.groups()]


def mailed_to(person: User) -> NoticeQuerySet:
    """What they were sent that morning of single deadlines."""
    found: NoticeQuerySet = Notice.objects.filter(recipient=person, state="sent", sent_at__gte=OPENS)
    return found.exclude(deadline=None)


def stale_and_untold(person: User) -> list[str]:
    """The lines of their digest, as they should be: soonest due first."""
    told = set(mailed_to(person).values_list("deadline", flat=True))
    stale = Notice.objects.filter(recipient=person, last_error="It told of a day that had passed.")
    deadlines = {one.deadline for one in stale.select_related("deadline__rule", "deadline__subject")}
    left = [one for one in deadlines if one and one.pk not in told]
    return [
        f"- {one.subject.code}: {one.rule.name}. {how_it_stands(one, at=OPENS).words}"
        for one in sorted(left, key=lambda one: (one.due_at, one.pk))
    ]


def lines_of(mail: EmailMessage) -> list[str]:
    return [line for line in mail.get_content().splitlines() if line.startswith("- ")]


@pytest.mark.usefixtures("demonstration")
def test_after_five_days_nothing_is_lost_or_doubled_and_nobody_is_woken(smtp: MailSink) -> None:
    # Given the same days as they would have been
    before, late_before = told(), set(missed())
    expected, late = without_an_outage()
    owed = expected - before
    assert len(owed) > 20
    assert set(late) - late_before

    # When the service stops on Wednesday afternoon, and comes back on Tuesday at 2 at night
    smtp.received.clear()
    ring(BACK)

    # Then each notice that was owed is there once, nothing else is, and what is late is so from its own midnight
    assert told() - before == owed
    assert missed() == late
    outage = Outage.objects.get()
    assert (outage.began_at, outage.ended_at, outage.caught_up_at) == (STOPPED, BACK, BACK)
    assert (outage.missed, Notice.objects.told_late(outage).count()) == (
        len(set(late) - late_before),
        len(owed),
    )
    assert not Rung.objects.whose_time_has_come(at=BACK).exists()

    # And when the morning has come, each that was sent is one mail, to one address, and what was collapsed is none
    night(smtp)
    morning()
    assert Outage.objects.get() == outage
    rows = Notice.objects.filter(outage=outage)
    sent = list(rows.filter(state="sent"))
    mails = Counter((mail["Message-ID"], mail["To"]) for mail in smtp.received)
    assert {(one.message_id, one.recipient.email): 1 for one in sent}.items() <= mails.items()
    assert set(mails.values()) == {1}
    assert (
        not rows.exclude(state="sent").filter(message_id__in=[message_id for message_id, _ in mails]).exists()
    )
    assert set(rows.values_list("state", flat=True)) <= {"sent", "collapsed", "dropped"}
    assert all(one.last_error for one in rows.filter(state__in=("collapsed", "dropped")))

    # And nobody has two mails of one deadline, whatever step it has come to
    this_morning = Notice.objects.filter(state="sent", sent_at__gte=OPENS).exclude(deadline=None)
    assert set(Counter(this_morning.values_list("recipient", "deadline")).values()) == {1}

    # And nobody has more than one digest
    digests = Counter(rows.filter(news=DIGEST).values_list("recipient__email", flat=True))
    assert digests
    assert set(digests.values()) == {1}


@pytest.mark.usefixtures("demonstration")
def test_each_duty_is_read_once_that_morning_and_the_report_adds_up(smtp: MailSink) -> None:
    smtp.received.clear()
    night(smtp)
    morning()
    outage = Outage.objects.get()

    # Who has a digest reads there, each once, the duties that went stale and of which no mail of their own tells
    everybody = User.objects.filter(notices__outage=outage).distinct()
    digests = {
        mail["To"]: lines_of(mail)
        for mail in smtp.received
        if mail["Subject"] == "What you were not told in time"
    }
    assert digests == {person.email: lines for person in everybody if (lines := stale_and_untold(person))}
    assert digests

    # And she reads of each duty in a mail of its own, as it stands that morning
    hers = smtp.to(MANAGER)
    assert len(hers) == mailed_to(User.objects.get(email=MANAGER)).count() > 10
    assert {mail["Subject"] for mail in hers} == {
        "A deadline has passed", "A deadline is today", "Reminder: a deadline is coming",
    }  # fmt: skip

    # And the page says what became of everything, hers row by row, and the sum is that of the rows
    page = page_of(outage)
    owed, sent, collapsed, gone, waiting, failed = sum_on(page)
    all_of_it = Notice.objects.told_late(outage)
    states = Counter(all_of_it.values_list("state", flat=True))
    assert (owed, sent, collapsed, gone) == (
        all_of_it.count(), states["sent"], states["collapsed"], states["dropped"],
    )  # fmt: skip
    assert (waiting, failed, owed) == (0, 0, sent + collapsed + gone)
    assert "Nothing was lost; and each is one row with one key, so nothing was doubled." in page
    assert (
        "From Wednesday 11 March 2026 at 4pm to Tuesday 17 March 2026 at 2am nobody was told of a deadline."
        in page
    )
    assert "Everything it left was caught up by Tuesday 17 March 2026 at 2am." in page
    for why in ("A later step of the same ladder says more.", "It told of a day that had passed."):
        assert why in page
    listed = page.count("Sent on Tuesday 17 March 2026 at 8:30am") + page.count("Collapsed")
    hidden = (
        re.search(r"And (\d+) more of yours", page),
        re.search(r"(\d+) notices? (?:is|are) about cases", page),
    )
    assert listed
    assert hidden[1], "what is of the neighbour's cases is counted, and not shown"
    assert "westvale" not in page.lower()


@pytest.mark.usefixtures("demonstration")
def test_what_was_owed_is_caught_up_in_the_order_in_which_it_fell_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given sweeps that look at a few steps at a time
    monkeypatch.setattr(sweeping, "BATCH", 7)
    order: list[datetime] = []

    def hear(sender: Any, rungs: list[Rung], **given: Any) -> None:
        order.extend(rung.fires_at for rung in rungs)

    rungs_reached.connect(hear)
    try:
        watch(at=BACK)
    finally:
        rungs_reached.disconnect(hear)
    assert len(order) > 20
    assert order == sorted(order)
