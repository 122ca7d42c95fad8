"""Milestones planned back from a day of the case: from a planned event, and from the due day of another deadline."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from reviews.models import Case
from reviews.rules import RULE_BOOK
from reviews.services import decisions, practice
from tests import factories
from tests.standing import standing
from tests.workflows.bench import HOLIDAYS, a_notified_case, a_partnership, clock_of, london
from workflows import checks
from workflows.actors import SYSTEM
from workflows.models import Deadline, Fact, RuleVersion
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.changing_clocks import (
    extend_deadline,
    pause_deadline,
    restart_deadline,
    resume_deadline,
    undo_fact,
)
from workflows.services.clocks import meet_deadline, start_clocks
from workflows.services.moving import perform
from workflows.services.proof import lines_of
from workflows.services.redating import redate, still_to_date, would_move
from workflows.services.rules import adopt_local_milestones
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
DAY = london("2026-03-16")
ORDERS = {"authority": "The chair", "reason": "A court date."}


@standing
def case() -> Case:
    """Its rapid review is due on Thursday 2 April: the last check two working days before."""
    adopt_local_milestones(a_partnership(), valid_from=date(2018, 7, 4))
    return a_notified_case()


def extended(case: Case, by: str = "3wd") -> Deadline:
    return extend_deadline(case, "RR_COMPLETE", limit=Limit.parse(by), by=SYSTEM, at=DAY, **ORDERS)


def test_a_milestone_counts_back_from_the_day_the_rapid_review_is_due(case: Case) -> None:
    deadline = clock_of(case, "LOC_FINAL")
    assert (clock_of(case).due_on, deadline.due_on) == (date(2026, 4, 2), date(2026, 3, 31))
    assert lines_of(deadline.derivation, deadline.rule.as_rule()) == [
        "Rule: LOC_FINAL, Last check of the rapid review before it is sent; owed by business unit to "
        "safeguarding partners.",
        "Version: in force from Wednesday 4 July 2018.",
        "Source: Local milestone of the partnership (L: set locally).",
        "Starts with: rapid review due.",
        "Planned from: the day RR_COMPLETE is due.",
        "Day 0: Thursday 2 April 2026.",
        "Limit: 2 working days before.",
        "Counted: working days of England and Wales, backwards; the working day before day 0 is the first. "
        "Day 0 is the London day of the event, whatever the hour.",
        "Due: Tuesday 31 March 2026.",
        f"Calendar: bank holidays of England and Wales, list {deadline.calendar.code}.",
    ]


def test_it_moves_with_the_day_over_easter_and_says_why(case: Case) -> None:
    # Given three working days more, which end on Thursday 9 April, after Easter:
    extended(case)

    # Then the check is two working days before that, with its old day, its new one and the reason.
    deadline = clock_of(case, "LOC_FINAL")
    assert (clock_of(case).due_on, deadline.due_on) == (date(2026, 4, 9), date(2026, 4, 7))
    assert lines_of(deadline.derivation, deadline.rule.as_rule())[-3:-1] == [
        "Changed: restarted, from Tuesday 31 March 2026 to Tuesday 7 April 2026: "
        "“Finish the rapid review and send it to the Panel” is due on Thursday 9 April 2026 now.",
        "Due: Tuesday 7 April 2026.",
    ]
    fact = Fact.objects.filter(deadline=deadline).latest("pk")
    assert (fact.kind, fact.by, fact.recorded_at) == ("restarted", None, DAY)
    assert next(rung.key for rung in deadline.rungs.ahead()) == "before-1:business-manager"
    assert {rung.due_at for rung in deadline.rungs.ahead()} == {deadline.due_at}


def test_it_comes_back_with_the_day_when_what_moved_it_is_taken_back(case: Case) -> None:
    extension = extended(case).facts.get(kind="extended")
    undo_fact(extension, by=SYSTEM, at=london("2026-03-17"), reason="It was another case.")
    assert clock_of(case, "LOC_FINAL").due_on == date(2026, 3, 31)


def test_it_moves_when_the_notification_was_sent_on_another_day(case: Case) -> None:
    restart_deadline(
        case, "RR_COMPLETE", by=SYSTEM, at=DAY, start=london("2026-03-13"), reason="It was sent a day later."
    )
    assert (clock_of(case).due_on, clock_of(case, "LOC_FINAL").due_on) == (date(2026, 4, 7), date(2026, 4, 1))


def test_while_the_review_is_paused_it_keeps_its_day_and_afterwards_it_follows(case: Case) -> None:
    pause_deadline(case, "RR_COMPLETE", by=SYSTEM, at=DAY, effective_at=DAY, **ORDERS)
    assert clock_of(case, "LOC_FINAL").due_on == date(2026, 3, 31)
    resumed_at = london("2026-03-19")
    resume_deadline(case, "RR_COMPLETE", by=SYSTEM, at=resumed_at, effective_at=resumed_at)
    assert (clock_of(case).due_on, clock_of(case, "LOC_FINAL").due_on) == (date(2026, 4, 8), date(2026, 4, 2))


def test_what_was_done_is_not_asked_again_when_the_day_moves(case: Case) -> None:
    meet_deadline(case, "LOC_FINAL", by=SYSTEM, at=DAY)
    extended(case)
    deadline = clock_of(case, "LOC_FINAL")
    assert (deadline.state, deadline.due_on) == ("met", date(2026, 3, 31))


def test_incrementally_and_all_at_once_come_to_the_same(case: Case) -> None:
    extended(case)
    extended(case, "1mo")
    assert drifted() == []
    assert clock_of(case).due_on == date(2026, 5, 9)  # a Saturday: months do not roll
    assert clock_of(case, "LOC_FINAL").due_on == date(2026, 5, 7)


def test_it_is_no_longer_owed_when_the_notification_is_withdrawn(case: Case) -> None:
    perform(case, Case.withdraw, by=SYSTEM, at=DAY, reason="Another case.")
    assert clock_of(case, "LOC_FINAL").state == "voided"


@pytest.mark.parametrize(
    ("holiday", "becomes", "because"),
    [
        (date(2026, 3, 25), date(2026, 4, 1), ["started", "restarted"]),  # the review moves, to 7 April
        (
            date(2026, 4, 1),
            date(2026, 3, 31),
            ["started", "restarted"],
        ),  # so it does, and the day counts for neither
        (date(2026, 3, 12), date(2026, 3, 31), ["started"]),  # before both
    ],
)
def test_edge_12_a_new_list_of_holidays_moves_it_with_the_review_once_and_as_was_shown(
    case: Case, holiday: date, becomes: date, because: list[str]
) -> None:
    # Given a list with one holiday more
    document = {
        "division": calendars.DIVISION, "source": "gov.uk", "published_on": "2026-03-13",
        "events": [{"date": f"{day}", "title": name} for day, name in {**HOLIDAYS, holiday: "A holiday"}.items()],
    }  # fmt: skip
    version = calendars.load_holidays(document, at=DAY)
    new = calendars.calendar_of(version)
    shown = {(move.deadline.rule_code, move.was, move.becomes) for move in would_move(new)}
    assert {
        (move.deadline.rule_code, move.was, move.becomes) for move in would_move(new, everywhere=True)
    } == shown

    # When it is put to use, then all moves as was shown, the check with the review, in one step and to its new day
    moved = redate(version, by=SYSTEM, at=DAY, reason="Proclaimed")
    assert sorted((move.deadline.rule_code, move.was, move.becomes) for move in moved) == sorted(shown)
    deadline = clock_of(case, "LOC_FINAL")
    assert deadline.due_on == becomes
    assert list(deadline.facts.order_by("pk").values_list("kind", flat=True)) == because
    assert not still_to_date(version).exists()
    assert drifted() == []


def test_a_person_moves_it_not_for_it_moves_with_the_review() -> None:
    assert [rule.allows for rule in RULE_BOOK.local if rule.starts in RULE_BOOK.due_days] == [()]


def test_another_deadline_that_moves_moves_it_not(case: Case) -> None:
    extend_deadline(case, "LOC_MEETING", limit=Limit(3, "wd"), by=SYSTEM, at=DAY, **ORDERS)
    assert clock_of(case, "LOC_FINAL").facts.count() == 1


def test_of_two_cases_each_plans_from_its_own_day(case: Case) -> None:
    other = a_notified_case()
    extended(case)
    assert clock_of(other, "LOC_FINAL").due_on == date(2026, 3, 31)


def test_a_partnership_plans_from_the_practice_review_in_its_own_way(case: Case) -> None:
    # Given a partnership that wants the final draft six weeks before the practice review is due
    RuleVersion.objects.create(
        code="LOC_LASTDRAFT", partnership=case.partnership, name="Final draft", kind="reviews.case", limit="-6w",
        starts="practice review due", owed_by="reviewer", owed_to="partners", citation="Local", mark="L",
        ladder="milestone", valid_from=date(2018, 7, 4),
    )  # fmt: skip
    start_clocks(case, "practice review decided", by=SYSTEM, effective_at=DAY, at=DAY)
    assert clock_of(case, "LCSPR_REPORT").due_on == date(2026, 9, 16)
    assert clock_of(case, "LOC_LASTDRAFT").due_on == date(2026, 8, 5)


def test_the_advance_copy_counts_back_from_the_planned_day_of_publication_and_moves_with_it() -> None:
    # Given a practice review whose report is approved, and to be published on Tuesday 5 January 2027:
    world = factories.a_world()
    case = factories.a_decided_case(world, at=london("2026-04-07"), outcome="lcspr")
    factories.sign_by_all(world, case, at=london("2026-04-07"))
    given: dict[str, Any] = {"by": world.manager, "at": london("2026-04-08")}
    decisions.submit_case(case, **given)
    case = practice.commission_review(Case.objects.get(pk=case.pk), **given)
    case = practice.plan_publication(case, publish_on=date(2027, 1, 5), **given)

    # Then the copy is due seven working days before, over two Christmas holidays and New Year's Day.
    assert clock_of(case, "PUB_ADVANCE").due_on == date(2026, 12, 22)
    case = practice.plan_publication(case, publish_on=date(2027, 1, 12), **given)
    deadline = clock_of(case, "PUB_ADVANCE")
    assert deadline.due_on == date(2026, 12, 31)
    assert "Limit: 7 working days before." in lines_of(deadline.derivation, deadline.rule.as_rule())


def test_a_circle_of_due_days_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.every_due_day_is_of_a_rule_that_counts_from_an_event(None) == []
    wrong = {**RULE_BOOK.due_days, "check due": "LOC_FINAL", "nothing due": "LOC_NOTHING"}
    monkeypatch.setattr(checks, "rule_book", lambda: replace(RULE_BOOK, due_days=wrong))
    assert [error.msg for error in checks.every_due_day_is_of_a_rule_that_counts_from_an_event(None)] == [
        "The event 'check due' is the due day of LOC_FINAL, which is itself planned from a due day.",
        "The event 'nothing due' is the due day of LOC_NOTHING, which is no rule of the book.",
    ]
