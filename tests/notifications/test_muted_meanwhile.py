"""A mute holds back what waited to be sent when it began; what must be heard is heard, and ended in time nothing is lost."""

import uuid
from datetime import date
from typing import Any

import pytest

from notifications import services
from notifications.channels.texts import told_together
from notifications.models import DIGEST, Notice
from reviews.models import Case
from reviews.services.reminders import end_mute, mute_case
from tests.factories import World, a_notified_case, asked_returns
from tests.notifications.conftest import london
from tests.services import MailSink
from workflows.models import Mute
from workflows.services.sweeping import sweep
from workflows.services.watching import watch

pytestmark = pytest.mark.django_db
EVENING, NIGHT, MORNING = london("2026-03-24 20:00"), london("2026-03-24 21:00"), london("2026-03-25 08:30")
HELD = ("dropped", "Its reminders are muted until Friday 27 March 2026.")


def muted(world: World, case: Case, **given: Any) -> Mute:
    words = {
        "deadline": None,
        "reason": "A funeral.",
        "until": date(2026, 3, 27),
        "by": world.manager,
        "at": NIGHT,
    }
    return mute_case(case, **{**words, **given})


def fates(code: str) -> set[tuple[str, str]]:
    return set(Notice.objects.filter(deadline__rule_code=code).values_list("state", "last_error"))


@pytest.fixture
def waiting(world: World, notified: Case) -> Case:
    """A case of whose returns the authors are to be reminded in the morning."""
    asked_returns(world, notified)
    sweep(at=EVENING)
    services.deliver_everything_owed(at=EVENING)  # what was asked for, and what was due on its day
    assert fates("LOC_RETURN") == {("waiting", "")}
    return notified


def test_edge_51_what_waited_when_the_mute_began_is_held_back_and_says_until_when(
    world: World, waiting: Case, smtp: MailSink
) -> None:
    # Given reminders that wait for the morning. When the case is muted in the night, and the morning comes:
    muted(world, waiting)
    smtp.received.clear()
    services.deliver_everything_owed(at=MORNING)

    # Then nobody was reminded, the rows are there and say why; a news of a move would still go.
    assert fates("LOC_RETURN") == {HELD}
    assert not [mail for mail in smtp.received if "Agency return" in mail.get_content()]
    assert services.deliver_everything_owed(at=london("2026-04-27 09:00")).sent == 0


def test_a_mute_that_ended_before_the_morning_holds_nothing_back(
    world: World, waiting: Case, smtp: MailSink
) -> None:
    end_mute(muted(world, waiting), by=world.manager, at=NIGHT)
    services.deliver_everything_owed(at=MORNING)
    assert fates("LOC_RETURN") == {("sent", "")}


def test_a_mute_of_one_deadline_or_of_another_case_holds_back_no_other(
    world: World, waiting: Case, smtp: MailSink
) -> None:
    muted(world, waiting, deadline=waiting.deadlines.get(rule_code="LOC_MEETING"))
    muted(world, a_notified_case(world))
    services.deliver_everything_owed(at=MORNING)
    assert fates("LOC_RETURN") == {("sent", "")}


def test_a_reminder_by_hand_goes_whatever_is_muted(world: World, waiting: Case, smtp: MailSink) -> None:
    muted(world, waiting)
    gp = waiting.returns.get(agency=world.gp)
    person = world.gp_author
    Notice.objects.create(
        key=f"by-hand:1:{person.pk}", recipient=person, subject=gp, deadline=gp.deadlines.get(rule_code="LOC_RETURN"),
        news="reminder", created_at=NIGHT, send_after=NIGHT, next_try_at=NIGHT, message_id="<1@x>",
        due_on=gp.deadlines.get(rule_code="LOC_RETURN").due_on,
    )  # fmt: skip
    services.deliver_everything_owed(at=MORNING)
    assert Notice.objects.get(key__startswith="by-hand").state == "sent"


def test_what_the_law_set_is_heard_though_reminders_of_the_same_are_held_back(
    world: World, notified: Case, smtp: MailSink
) -> None:
    # Given a rapid review of which a reminder, the due day and the breach are owed to the manager at once
    deadline = notified.deadlines.get(rule_code="RR_COMPLETE")
    sweep(at=london("2026-04-12 10:00"))
    owed = Notice.objects.filter(deadline=deadline, recipient=world.manager)
    reminder = owed.filter(news="reminder").first()
    assert owed.filter(news="due-today").exists()
    owed.filter(pk=reminder.pk).update(
        id=uuid.UUID(int=2**128 - 1)
    )  # after all others, for which it might stand in

    # When the case is muted, and the morning comes
    muted(world, notified, at=london("2026-04-12 11:00"), until=date(2026, 4, 20))
    services.deliver_everything_owed(at=london("2026-04-13 08:30"))

    # Then she has the one mail that no mute can hold back, whatever stood after it in the outbox
    assert [
        mail["Subject"] for mail in smtp.to(world.manager.email) if "Finish the rapid" in mail.get_content()
    ] == ["A deadline has passed"]
    by_news = dict(owed.order_by("news").values_list("news", "state"))
    assert (by_news["due-today"], by_news["reminder"]) == ("sent", "dropped")


def test_a_digest_leaves_out_what_was_muted_meanwhile(world: World, referral: Case, smtp: MailSink) -> None:
    # Given a case that goes on, and an outage whose digest waits for the morning
    watch(at=london("2026-03-13 17:00"))
    watch(at=london("2026-03-20 02:00"))
    digest = Notice.objects.get(news=DIGEST, recipient=world.manager)
    told = {one.deadline.rule_code for one in digest.told_here.all() if one.deadline}
    assert told == {"SIN_NOTIFY"}

    # When its other deadlines are muted, the statutory ones are told still: on the day and late, not reminders
    muted(world, referral, at=london("2026-03-20 03:00"))
    services.deliver_everything_owed(at=london("2026-03-20 08:30"))
    [mail] = [m for m in smtp.to(world.manager.email) if m["Subject"] == "What you were not told in time"]
    assert "Notify the Panel" in mail.get_content()
    digest.told_here.filter(news="due-today").delete()
    assert told_together(digest, at=london("2026-03-20 08:30")) == []
