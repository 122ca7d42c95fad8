"""After an outage: nothing lost, nothing doubled, nothing at night; the stale told together, the rest one by one."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from notifications import services
from notifications.channels import texts
from notifications.models import DIGEST, Notice
from notifications.operations.figures import reckon
from reviews.models import Case
from reviews.services import cases
from tests.factories import World, a_notified_case, a_referral, asked_returns
from tests.notifications.conftest import london
from tests.services import MailSink
from workflows.models import Outage, Rung
from workflows.services import sweeping
from workflows.services.clocks import meet_deadline
from workflows.services.watching import watch

pytestmark = pytest.mark.django_db
BEFORE = london("2026-03-13 17:00")  # Friday, the day after the referral: nothing is due to be told yet

OWED = (4, 1, 3, 0, 0, 0)
"""Of that referral: a milestone late, told singly; and three reminders of what was due on Thursday."""


def the_digest(of: str = "manager@northborough.example") -> Notice:
    return Notice.objects.get(news=DIGEST, recipient__email=of)


def digests(smtp: MailSink, person: Any) -> list[Any]:
    return [mail for mail in smtp.to(person.email) if mail["Subject"] == "What you were not told in time"]


def fates(**by: Any) -> list[tuple[str, str, str]]:
    """(rung, state, why), in the order in which the rungs' time came."""
    rows = Notice.objects.filter(**by).exclude(news=DIGEST).order_by("rung_at", "key")
    return [(n.key.split(":")[2] + ":" + n.key.split(":")[3], n.state, n.last_error) for n in rows]


def reckoned() -> tuple[int, int, int, int, int, int]:
    """(owed, sent, collapsed, no longer owed, waiting, undeliverable)"""
    found = reckon(Outage.objects.get())
    assert found.adds_up
    return (
        found.owed, found.sent, found.collapsed, found.no_longer_owed, found.waiting, found.undeliverable,
    )  # fmt: skip


def test_edge_45_what_went_stale_is_told_together_and_the_rest_once(
    world: World, referral: Case, smtp: MailSink
) -> None:
    # Given a notification due on Thursday 19 March, and a service that stops on Friday 13 and starts on Friday 20 at 2:
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))

    # Then each of the manager’s reminders is collapsed, with why, and the one digest waits for the morning
    mine = {"recipient": world.manager, "deadline__rule_code": "SIN_NOTIFY"}
    assert fates(**mine) == [
        ("before-2:business-manager", "collapsed", "A later step of the same ladder says more."),
        ("before-1:business-manager", "collapsed", "A later step of the same ladder says more."),
        ("due:business-manager", "collapsed", "It told of a day that had passed."),
    ]
    left = Notice.objects.filter(outage__isnull=False)
    assert set(left.values_list("send_after", flat=True)) == {london("2026-03-20 08:30")}
    services.deliver_everything_owed(at=london("2026-03-20 08:29"))
    assert digests(smtp, world.manager) == []

    # When the morning comes, then she gets one mail, which says how it stands now
    watch(at=london("2026-03-20 02:01"))
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))
    [mail] = digests(smtp, world.manager)
    assert (
        f"- {referral.code}: Notify the Panel of a serious incident. 1 working day late (was due Thursday 19 March 2026)"
        in mail.get_content()
    )
    assert reckoned() == OWED


def test_edge_45_what_still_says_something_is_sent_by_itself_and_once(
    world: World, referral: Case, smtp: MailSink
) -> None:
    # Given the same, but started again on Friday at nine, when the late steps have come too
    watch(at=BEFORE)
    watch(at=london("2026-03-20 09:00"))
    late = Notice.objects.filter(news="late", deadline__rule_code="SIN_NOTIFY")
    assert set(late.values_list("state", "send_after")) == {("waiting", london("2026-03-20 09:00"))}

    # When everything is delivered thrice, then each of them is sent once, and no digest repeats what they say
    for minute in range(3):
        watch(at=london("2026-03-20 09:00") + timedelta(minutes=minute))
        services.deliver_everything_owed(at=london("2026-03-20 09:00") + timedelta(minutes=minute))
    assert set(late.values_list("state", flat=True)) == {"sent"}
    for person in (world.partner_1, world.manager):
        about = [mail for mail in smtp.to(person.email) if "Notify the Panel" in mail.get_content()]
        assert [mail["Subject"] for mail in about] == ["A deadline has passed"]


def test_a_reminder_that_still_reminds_is_no_digest(world: World, referral: Case) -> None:
    # Given a service that starts again on Wednesday 18, before the day: the younger reminder is still true
    watch(at=BEFORE)
    watch(at=london("2026-03-18 09:00"))
    assert fates(recipient=world.manager, deadline__rule_code="SIN_NOTIFY") == [
        ("before-2:business-manager", "collapsed", "A later step of the same ladder says more."),
        ("before-1:business-manager", "waiting", ""),
    ]
    assert not Notice.objects.filter(news=DIGEST).exists()


def test_edge_51_one_digest_a_person_however_many_deadlines(world: World, smtp: MailSink) -> None:
    # Given three referrals, and a week without a sweep
    made = [a_referral(world) for _ in range(3)]
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    watch(at=london("2026-03-20 02:01"))
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))

    # Then the manager has one mail, with a line for each, soonest first
    [mail] = digests(smtp, world.manager)
    lines = [line for line in mail.get_content().splitlines() if line.startswith("- ")]
    assert sorted(line[2:10] for line in lines if "Notify the Panel" in line) == sorted(
        case.code for case in made
    )
    assert len(lines) == len(set(lines))


def test_what_was_done_before_the_digest_leaves_is_left_out_of_it(world: World, smtp: MailSink) -> None:
    done, open_still = a_referral(world), a_referral(world)
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    at = london("2026-03-20 08:00")
    for case in (done, open_still)[:1]:
        cases.consider_case(case, by=world.manager, at=at)
        cases.notify_case(case, by=world.manager, at=at)
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))
    [mail] = digests(smtp, world.manager)
    assert open_still.code in mail.get_content()
    assert f"- {done.code}: Notify the Panel" not in mail.get_content()


def test_a_digest_of_nothing_that_is_still_owed_is_not_sent(world: World, referral: Case) -> None:
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    for deadline in referral.deadlines.running():
        meet_deadline(referral, deadline.rule_code, by=world.manager, at=london("2026-03-20 08:00"))
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))
    assert set(Notice.objects.filter(news=DIGEST).values_list("state", "last_error")) == {
        (
            "dropped",
            "All that it told of was done first, is no longer owed, is muted, or has a mail of its own.",
        )
    }


@pytest.mark.parametrize(
    ("back_at", "leaves_at"),
    [
        ("2026-03-19 21:59", "2026-03-19 21:59"),  # the evening of the day itself: it is late from midnight
        ("2026-03-19 22:00", "2026-03-20 08:30"),  # at night nobody is woken, not even for that
        ("2026-03-20 03:00", "2026-03-20 08:30"),
        ("2026-03-21 11:00", "2026-03-23 08:30"),  # Saturday
        ("2026-03-19 11:00", "2026-03-19 11:00"),
    ],
)
def test_edge_45_nothing_leaves_at_night(world: World, referral: Case, back_at: str, leaves_at: str) -> None:
    watch(at=BEFORE)
    watch(at=london(back_at))
    assert set(
        Notice.objects.filter(deadline__rule_code="SIN_NOTIFY", key__contains=":due:").values_list(
            "send_after", flat=True
        )
    ) == {london(leaves_at)}


def test_without_an_outage_nothing_is_collapsed(world: World, referral: Case) -> None:
    # Given a sweep a quarter of an hour late, which is no outage, then the reminder is told as ever
    watch(at=london("2026-03-16 08:20"))
    watch(at=london("2026-03-16 08:35"))
    assert not Outage.objects.exists()
    assert set(Notice.objects.values_list("state", "outage")) == {("waiting", None)}


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_the_sum_is_the_same_in_batches_of_any_size(
    world: World, monkeypatch: pytest.MonkeyPatch, batch: int, smtp: MailSink
) -> None:
    # Given cases and returns at every stage, and ten days without a sweep
    monkeypatch.setattr(sweeping, "BATCH", batch)
    asked_returns(world, a_notified_case(world))
    a_referral(world)
    watch(at=london("2026-03-18 09:30"))
    before = set(Rung.objects.exclude(reached_at=None).values_list("pk", flat=True))
    watch(at=london("2026-03-29 03:00"))

    # Then every step whose time had come is reached, and is counted once
    reached = Rung.objects.exclude(reached_at=None).exclude(pk__in=before)
    outage = Outage.objects.get()
    assert (outage.reached, outage.missed) == (reached.count(), reached.filter(key="missed").count())
    assert not Rung.objects.whose_time_has_come(at=london("2026-03-29 03:00")).exists()
    assert reckoned() == (25, 0, 12, 0, 13, 0)

    # And what is delivered adds up, person by person, with no mail twice
    watch(at=london("2026-03-29 03:01"))
    services.deliver_everything_owed(at=london("2026-03-30 08:30"))
    owed, sent, collapsed, dropped, waiting, failed = reckoned()
    assert (owed, sent + dropped, collapsed, waiting, failed) == (25, 13, 12, 0, 0)
    assert len({mail["Message-ID"] for mail in smtp.received}) == len(smtp.received)


def test_killed_half_way_the_next_ring_goes_on_and_the_digest_waits_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an outage, and a database that is lost after the first batch
    for _ in range(2):
        a_referral(world)
    watch(at=BEFORE)
    before = Rung.objects.exclude(reached_at=None).count(), Notice.objects.count()
    monkeypatch.setattr(sweeping, "BATCH", 4)
    done = sweeping._sweep_once
    calls: list[int] = []

    def lost_after_one(**given: Any) -> Any:
        if calls:
            raise OperationalError("the connection is lost")
        calls.append(1)
        return done(**given)

    monkeypatch.setattr(sweeping, "_sweep_once", lost_after_one)
    with pytest.raises(OperationalError):
        watch(at=london("2026-03-20 09:00"))

    # Then it is not caught up, and no digest leaves that might still grow
    outage = Outage.objects.get()
    assert (outage.caught_up_at, outage.reached) == (None, 4)
    services.deliver_everything_owed(at=london("2026-03-20 09:00"))
    assert not Notice.objects.filter(news=DIGEST, state="sent").exists()

    # When the next ring comes, then it goes on as the same outage, and ends it
    monkeypatch.setattr(sweeping, "_sweep_once", done)
    watch(at=london("2026-03-20 09:01"))
    outage = Outage.objects.get()
    assert outage.caught_up_at == london("2026-03-20 09:01")
    assert outage.reached == Rung.objects.exclude(reached_at=None).count() - before[0]
    assert Notice.objects.told_late(outage).count() == Notice.objects.exclude(news=DIGEST).count() - before[1]


def test_a_digest_that_nobody_can_be_sent_asks_for_a_call(
    world: World, referral: Case, smtp: MailSink
) -> None:
    # Given a partner whose digest no server takes
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    digest = the_digest()
    digest_of_partner = Notice.objects.filter(pk=digest.pk)
    digest_of_partner.become(Notice.State.FAILED, last_error="The address was refused.")

    # Then the manager of the case is asked to phone, and the case’s ledger says that she did
    at = london("2026-03-20 10:00")
    assert services.names_to_phone(world.manager, at=at) == [world.manager.full_name]
    assert services.names_to_phone(world.administrator, at=at) == []
    assert services.mark_dealt_with(digest, by=world.manager, at=at)
    assert referral.ledger.filter(action="phoned").count() == 1
    assert services.names_to_phone(world.manager, at=at) == []


def test_the_words_of_the_digest(world: World, referral: Case) -> None:
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    text = texts.text_of(the_digest(), at=london("2026-03-20 08:30"))
    assert text.subject == "What you were not told in time"
    assert text.body.startswith(
        "The service did not run for a while, so you were not told of these before their day. "
        f"Each is listed once, as it stands now.\n\n- {referral.code}: "
    )
    assert "https://reviews.example.org/\n" in text.body


def test_edge_56_a_sweep_works_on_the_day_it_is_told_even_if_it_ends_on_the_next(
    world: World, referral: Case
) -> None:
    # Given the last minute of the due day, swept by a run that is told so, however late it really is:
    watch(at=london("2026-03-19 23:59"))
    assert referral.deadlines.get(rule_code="SIN_NOTIFY").missed_at is None

    # And the first instant of the next day, which is late
    watch(at=london("2026-03-20 00:00"))
    assert referral.deadlines.get(rule_code="SIN_NOTIFY").missed_at == london("2026-03-20 00:00")


def test_edge_56_a_reminder_that_crosses_midnight_says_what_is_true_when_it_leaves(
    world: World, referral: Case, smtp: MailSink
) -> None:
    # Given the rung of the due day reached one minute before midnight, then it is night, and its mail leaves next morning
    watch(at=london("2026-03-19 23:59"))
    services.deliver_everything_owed(at=london("2026-03-20 00:01"))
    assert smtp.received == []
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))
    about = [m for m in smtp.to(world.manager.email) if "Notify the Panel" in m.get_content()]
    assert [mail["Subject"] for mail in about] == ["A deadline has passed"]
