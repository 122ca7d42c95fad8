"""Edge cases of dates, seen on a whole case: one clock for each duty, one date for each clock, chased while paused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from reviews.rules import RULE_BOOK
from reviews.services import cases, dates, importing, returns
from reviews.services.standing import clocks_of, what_needs
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import signed_in, text_of
from workflows.actors import SYSTEM
from workflows.calendars import start_of
from workflows.countdown import time_left
from workflows.models import Deadline
from workflows.rules import Limit
from workflows.services import clocks
from workflows.services.calendar import current_calendar
from workflows.services.sweeping import sweep
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 24, 9, tzinfo=UTC)  # Tuesday
WHY: dict[str, Any] = {"authority": "The chair", "reason": "The records are on paper."}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def clock(subject: Any, code: str) -> Deadline:
    return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)


def days_due(subject: Any) -> dict[str, date | None]:
    return dict(Deadline.objects.filter(subject_id=subject.pk).values_list("rule_code", "due_on"))


def test_edge_34_asking_again_leaves_the_first_date_and_only_a_restart_moves_it(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    # Given a return that was asked for on the day of the notification
    before, facts = days_due(gp), gp.deadlines.values_list("facts__pk", flat=True)
    there = list(facts)

    # When the agency is asked again, and the request acknowledged, then no clock begins anew
    assert returns.ask_agencies(case, [world.gp], by=world.manager, at=NOW) == []
    assert (days_due(gp), list(facts)) == (before, there)

    # When what it sends is sent back, then that has a clock of its own, and the first one keeps its date
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOW)
    gp = returns.send_back_return(gp, reason="The chronology is missing.", by=world.manager, at=NOW)
    assert days_due(gp) == {**before, "LOC_RESEND": date(2026, 3, 27)}
    assert (clock(gp, "LOC_RETURN").state, clock(gp, "LOC_RETURN").is_late) == ("met", False)

    # And only who says so, with a reason, counts from another time.
    school = AgencyReturn.objects.get(case=case, agency=world.school)
    number = clock(school, "LOC_RETURN").pk
    dates.restart_clock(school, number, start=NOW, by=world.manager, at=NOW, **WHY)
    assert clock(school, "LOC_RETURN").due_on == date(2026, 4, 2)


def test_edge_37_while_the_clock_of_the_case_is_paused_the_agencies_are_chased(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    # Given a case whose meeting is put off, by a pause of its clock
    paused = dates.pause_clock(
        case, clock(case, "LOC_MEETING").pk, since=NOW, by=world.manager, at=NOW, **WHY
    )
    assert not paused.rungs.ahead().exists()

    # When the days go by, then the author of the return is reminded, and its lead told that it is late
    sweep(at=datetime(2026, 3, 30, 9, tzinfo=UTC))
    told = Notice.objects.filter(deadline=clock(gp, "LOC_RETURN")).values_list("recipient__email", "news")
    assert {("gp_author" in email or "gp-author" in email, news) for email, news in told} >= {
        (True, "reminder")
    }
    assert ("gp-lead@northborough.example", "late") in set(told)

    # And the paused clock says that it is paused, on the case and among what needs the manager; it is never late.
    later = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert [c.left.words for c in clocks_of(case, at=later) if c.deadline == paused] == ["paused"]
    assert "paused" in {d.left.words for d in what_needs(world.manager, at=later) if d.left}
    assert not Deadline.objects.overdue(at=later).filter(pk=paused.pk).exists()
    assert not Notice.objects.filter(deadline=paused).exists()


def test_edge_39_what_moves_a_date_changes_nothing_that_it_is_counted_from(world: World, case: Case) -> None:
    # Given a case with its three times
    times = ("incident_at", "aware_at", "notified_at", "begun_at")
    before = Case.objects.filter(pk=case.pk).values(*times).get()

    # When its clocks are extended, paused, and counted from another time
    who = {"by": world.manager, "at": NOW, **WHY}
    dates.extend_clock(case, clock(case, "LOC_DRAFT").pk, limit=Limit(5, "wd"), decided_at=NOW, **who)
    dates.pause_clock(case, clock(case, "LOC_MEETING").pk, since=NOW, **who)
    dates.restart_clock(
        case, clock(case, "RR_COMPLETE").pk, start=datetime(2026, 3, 16, 9, tzinfo=UTC), **who
    )

    # Then the case is as it was: the date is nowhere but in its clock, and the list of cases reads it there.
    assert Case.objects.filter(pk=case.pk).values(*times).get() == before
    page = text_of(signed_in(world.manager).get(reverse("case-list")))
    soonest = case.deadlines.running().filter(rule__duty="by").earliest("due_on").due_on
    assert soonest
    assert f"{soonest.day} {soonest:%B} {soonest.year}" in page
    assert drifted() == []


def test_edge_39_a_file_brings_the_times_of_a_case_and_never_a_date_that_is_due() -> None:
    def names(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(names, part))
        if not isinstance(part, dict):
            return set()
        return set(part.get("properties", {})) | set().union(*map(names, part.values()))

    assert {name for name in names(importing.schema()) if "due" in name or "deadline" in name} == set()


def test_edge_41_what_has_no_deadline_is_not_late(world: World) -> None:
    # Given a case that rests, with every clock ended in time
    at = datetime(2026, 3, 13, 9, tzinfo=UTC)
    resting = cases.decline_case(factories.a_referral(world), reason="No harm.", by=world.manager, at=at)
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert not Deadline.objects.filter(subject_id=resting.pk).overdue(at=later).exists()
    assert not Deadline.objects.filter(subject_id=resting.pk).late(at=later).exists()
    assert what_needs(world.manager, at=later) == []

    # Then the page says that no clock runs, and the list gives no day
    client = signed_in(world.manager)
    assert "No clock runs here." in text_of(client.get(resting.get_absolute_url()))
    assert "late" not in text_of(client.get(reverse("case-list"))).lower()
    for state in ("running", "paused", "voided"):
        assert time_left(None, current_calendar(), at=later, state=state).tone == "quiet"


def test_edge_43_an_agency_has_one_clock_for_each_duty_and_none_runs_at_rest(
    world: World, case: Case
) -> None:
    # Given two requests to one agency at once, and clocks started twice by one event
    made = returns.ask_agencies(case, [world.gp, world.gp], by=world.manager, at=NOTIFIED)
    gp = AgencyReturn.objects.get(case=case, agency=world.gp)
    assert gp in made
    clocks.start_clocks(gp, "notification sent", by=SYSTEM, effective_at=NOTIFIED, at=NOW)
    codes = list(gp.deadlines.values_list("rule_code", flat=True))
    assert sorted(codes) == ["LOC_ACK", "LOC_RETURN"]

    # When it is in and accepted, sent on and closed, then nothing of it runs, however late one looks
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOW)
    returns.accept_return(gp, by=world.manager, at=NOW)
    cases.withdraw_case(Case.objects.get(pk=case.pk), reason="Not met.", by=world.manager, at=NOW)
    for subject in (case, gp):
        assert not Deadline.objects.filter(subject_id=subject.pk).open().exists()
    before = list(Deadline.objects.order_by("pk").values_list("state", "due_on", "missed_at"))
    sweep(at=datetime(2027, 1, 1, 9, tzinfo=UTC))
    assert list(Deadline.objects.order_by("pk").values_list("state", "due_on", "missed_at")) == before


def test_edge_43_a_clock_that_is_reopened_counts_on_in_the_same_row(world: World, case: Case) -> None:
    # Given a milestone recorded as done by mistake. When that is undone:
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    deadline = clock(case, "LOC_PROGRESS")
    met = deadline.facts.get(kind="met").pk
    dates.undo_one(case, deadline.pk, met, by=world.manager, at=NOW, **WHY)

    # Then it is the same clock with its first date, and it ends once.
    assert (clock(case, "LOC_PROGRESS").pk, clock(case, "LOC_PROGRESS").due_on) == (
        deadline.pk,
        deadline.due_on,
    )
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    assert clock(case, "LOC_PROGRESS").state == "met"
    assert clock(case, "LOC_PROGRESS").due_at == start_of(date(2026, 3, 26))


def test_what_the_law_set_is_not_paused_and_what_is_set_here_is(world: World) -> None:
    statutory = {rule.code: rule.allows for rule in RULE_BOOK.statutory}
    assert {code for code, allows in statutory.items() if "pause" in allows or "extend" in allows} == set()
    assert statutory["PUB_ADVANCE"] == ()
    local = {rule.code: rule.allows for rule in RULE_BOOK.local}
    assert local.pop("LOC_FINAL") == ()
    assert set(local.values()) == {("pause", "extend", "restart")}
    stored = {rule.code: tuple(rule.allows) for rule in world.partnership.milestones.all()}
    assert stored == {rule.code: rule.allows for rule in RULE_BOOK.local}
