"""Another limit while clocks run: what it would move, moving it on purpose, emergency relaxations, rounds."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Partnership
from reviews.models import Case
from reviews.rules import RULE_BOOK, STATUTORY
from tests.workflows.bench import (
    a_case,
    a_notified_case,
    a_partnership,
    a_person,
    clock_of,
    london,
)
from workflows.actors import SYSTEM
from workflows.derivation import derive
from workflows.exceptions import ClockError, WorkflowError
from workflows.models import Deadline, Fact, LedgerEntry, RuleVersion, Rung
from workflows.rules import Limit
from workflows.services import changing_clocks, clocks
from workflows.services import rules as rule_services
from workflows.services.calendar import current_calendar
from workflows.services.moving import perform
from workflows.services.proof import lines_of
from workflows.services.relaxing import end_relaxation, relax
from workflows.services.rules import adopt_local_milestones, rule_on, write_statutory_rules
from workflows.services.ruling import fingerprint, open_deadlines, re_rule, would_move
from workflows.services.standing import how_it_stands
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
AT = london("2026-03-20")
PANEL = {"authority": "the Panel’s letter of 19 March 2026", "reason": "A pandemic."}
DAYS = {"valid_from": date(2026, 3, 1), "valid_to": date(2026, 6, 30)}


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (RuleVersion, Deadline, Fact, Rung, LedgerEntry)
    ]


def relaxed(partnership: Partnership, code: str = "RR_COMPLETE", **given: Any) -> RuleVersion:
    return relax(
        partnership, code, **{"limit": Limit(30, "wd"), **DAYS, **PANEL, "by": SYSTEM, "at": AT, **given}
    )  # fmt: skip


# ---- What another limit would move -------------------------------------------------------------
def test_what_a_limit_would_move_is_shown_and_nothing_is_written(case: Case) -> None:
    before = everything()
    [move] = would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(20, "wd"), at=AT)
    assert (move.deadline, move.was, move.becomes) == (clock_of(case), date(2026, 4, 2), date(2026, 4, 13))
    assert everything() == before


def test_only_open_deadlines_of_that_rule_and_partnership_with_another_limit_are_shown(case: Case) -> None:
    other = a_case(a_partnership("Westvale"))
    assert other.deadlines.filter(rule_code="SIN_NOTIFY").exists()
    assert would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(15, "wd"), at=AT) == []
    assert (
        would_move(open_deadlines("SIN_NOTIFY", case.partnership), Limit(9, "wd"), at=AT) == []
    )  # it is met


def test_a_paused_clock_is_shown_without_a_day(case: Case) -> None:
    changing_clocks.pause_deadline(case, "RR_COMPLETE", by=SYSTEM, at=AT, effective_at=AT, **PANEL)
    [move] = would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(20, "wd"), at=AT)
    assert (move.was, move.becomes) == (None, None)


def test_a_deadline_is_ruled_anew_as_a_fact_with_authority_and_reason_and_its_ladder_is_armed(
    case: Case,
) -> None:
    # Given what is shown. When it is done:
    moves = would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(20, "wd"), at=AT)
    una = a_person()
    re_rule(moves, Limit(20, "wd"), by=una, at=AT, **PANEL)

    # Then the day is the one that was shown, and fact, rungs, ledger and proof say so; the version is kept.
    deadline = clock_of(case)
    assert (deadline.due_on, deadline.rule.limit) == (moves[0].becomes, "15wd")
    fact = deadline.facts.get(kind="re-ruled")
    assert (fact.by, fact.details, fact.authority, fact.reason) == (una, {"limit": "20wd"}, *PANEL.values())
    assert set(deadline.rungs.ahead().values_list("due_at", flat=True)) == {deadline.due_at}
    assert list(case.ledger.filter(action="re_rule").values_list("actor", flat=True)) == [str(una.pk)]
    assert (
        "Changed: re-ruled, from Thursday 2 April 2026 to Monday 13 April 2026, on the authority of "
        "the Panel’s letter of 19 March 2026: A pandemic."
    ) in lines_of(deadline.derivation, deadline.rule.as_rule())
    assert drifted() == []


def test_what_is_left_is_told_in_the_unit_of_the_limit_it_counts_by(case: Case) -> None:
    moves = would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(14, "d"), at=AT)
    [ruled] = re_rule(moves, Limit(14, "d"), by=SYSTEM, at=AT, **PANEL)
    assert how_it_stands(ruled, at=AT).words == "6 days left (due Thursday 26 March 2026)"


def test_what_is_ruled_anew_is_all_or_none(case: Case) -> None:
    a_notified_case()
    moves = would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(20, "wd"), at=AT)
    clocks.void_deadline(moves[1].deadline.subject, "RR_COMPLETE", by=SYSTEM, at=AT, reason="withdrawn")
    before = everything()
    with pytest.raises(ClockError):
        re_rule(moves, Limit(20, "wd"), by=SYSTEM, at=AT, **PANEL)
    assert everything() == before


@pytest.mark.parametrize("without", [{"authority": " "}, {"reason": ""}])
def test_nothing_is_ruled_anew_without_an_authority_and_a_reason(case: Case, without: dict[str, str]) -> None:
    before = everything()
    with pytest.raises(ClockError, match="say on whose authority, and why"):
        changing_clocks.re_rule_deadline(
            case, "RR_COMPLETE", limit=Limit(20, "wd"), by=SYSTEM, at=AT, **{**PANEL, **without}
        )
    assert everything() == before


def test_two_lists_of_moves_have_one_mark_only_if_they_are_the_same(case: Case) -> None:
    first, again, other = (
        fingerprint(would_move(open_deadlines("RR_COMPLETE", case.partnership), Limit(n, "wd"), at=AT))
        for n in (20, 20, 21)
    )
    assert first == again
    assert first != other


# ---- Emergency relaxation ----------------------------------------------------------------------
def test_edge_13_a_relaxation_has_an_authority_and_counts_for_clocks_that_start_on_its_days(
    case: Case,
) -> None:
    # Given a rapid review that runs. When the limit is relaxed to 30 working days, and another is notified:
    version = relaxed(case.partnership)
    other = a_notified_case(at=AT)

    # Then the first is as it was; the second counts by the relaxation, and its proof names the authority.
    assert clock_of(case).due_on == date(2026, 4, 2)
    deadline = clock_of(other)
    assert (deadline.rule, deadline.due_on) == (version, date(2026, 5, 6))
    assert lines_of(deadline.derivation, deadline.rule.as_rule())[1:3] == [
        "Version: in force from Sunday 1 March 2026 to Tuesday 30 June 2026.",
        "Source: the Panel’s letter of 19 March 2026 (L: set locally).",
    ]
    assert (version.reason, version.is_local, version.is_relaxation) == ("A pandemic.", False, True)

    # And what meets the one meets the other.
    perform(other, Case.hold_meeting, by=SYSTEM, at=AT)
    assert deadline.rule.met_by == ["submit"]


def test_a_relaxation_stands_also_when_a_new_edition_of_its_rule_begins_meanwhile() -> None:
    partnership = a_partnership()
    relaxed(partnership, valid_from=date(2023, 12, 1), valid_to=date(2024, 1, 31))
    assert clock_of(a_notified_case(at=london("2024-01-05"))).rule.limit == "30wd"
    assert rule_on("RR_COMPLETE", date(2024, 1, 5), partnership).limit == "30wd"


def test_a_relaxation_is_of_its_own_partnership_and_of_its_own_days(case: Case) -> None:
    relaxed(case.partnership)
    elsewhere = a_partnership("Westvale")
    assert rule_on("RR_COMPLETE", date(2026, 3, 20), elsewhere).limit == "15wd"
    on = {day: rule_on("RR_COMPLETE", date.fromisoformat(day), case.partnership).limit for day in (
        "2026-02-28", "2026-03-01", "2026-06-30", "2026-07-01",
    )}  # fmt: skip
    assert on == {"2026-02-28": "15wd", "2026-03-01": "30wd", "2026-06-30": "30wd", "2026-07-01": "15wd"}


def test_what_a_neighbour_sets_or_relaxes_counts_for_no_clock_here() -> None:
    # Given a neighbour whose own versions would come first, and who relaxed what the law sets
    ours, neighbour = a_partnership(), a_partnership("Westvale")
    for partnership in (ours, neighbour):
        adopt_local_milestones(partnership, valid_from=date(2018, 7, 4))
    theirs = RuleVersion.objects.filter(partnership=neighbour)
    theirs.filter(code="LOC_MEETING").update(limit="3wd", valid_from=date(2020, 1, 1))
    theirs.filter(code="LOC_FINAL").update(
        limit="-9wd", valid_from=date(2017, 1, 1)
    )  # of those, the first starts
    relaxed(neighbour)

    # When a case is notified here, then every clock of it counts by the law, or by what was set here.
    case = a_case(ours, at=AT)
    for verb in (Case.consider, Case.notify):
        perform(case, verb, by=SYSTEM, at=AT)
    limits = {code: clock_of(case, code).rule.limit for code in ("RR_COMPLETE", "LOC_MEETING", "LOC_FINAL")}
    assert limits == {"RR_COMPLETE": "15wd", "LOC_MEETING": "10wd", "LOC_FINAL": "-2wd"}
    assert set(case.deadlines.values_list("rule__partnership", flat=True)) == {None, ours.pk}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"authority": " "}, "say on whose authority"),
        ({"reason": ""}, "say why"),
        ({"code": "NO_SUCH"}, "There is no rule 'NO_SUCH'"),
        ({"code": "LOC_MEETING"}, "There is no rule 'LOC_MEETING'"),
        ({"code": "YEARLY_SEPT"}, "this system keeps no clock of it"),
        ({"valid_to": date(2026, 2, 1)}, "that is before its first day, 1 March 2026"),
        ({"limit": Limit(15, "wd")}, "that is its limit"),
        ({"valid_to": date(9999, 12, 31)}, "Cannot say which rules apply on 31 December 9999"),
        ({"valid_from": date(2010, 1, 1)}, "No version of rule 'RR_COMPLETE' was in force on 1 January 2010"),
    ],
)
def test_what_is_no_relaxation_is_refused_and_nothing_is_changed(
    case: Case, given: dict[str, Any], says: str
) -> None:
    before = everything()
    with pytest.raises(WorkflowError, match=says):
        relaxed(case.partnership, **given)
    assert everything() == before


def test_one_day_is_relaxed_once(case: Case) -> None:
    relaxed(case.partnership)
    with pytest.raises(
        WorkflowError, match="it is relaxed to 30 working days from 1 March 2026 to 30 June 2026"
    ):
        relaxed(case.partnership, valid_from=date(2026, 6, 30), valid_to=date(2026, 8, 1))
    relaxed(case.partnership, valid_from=date(2026, 7, 1), valid_to=date(2026, 8, 1))
    relaxed(case.partnership, code="SIN_NOTIFY")


def test_the_database_refuses_a_relaxation_without_a_reason_or_a_partnership(case: Case) -> None:
    version = relaxed(case.partnership)
    for given in ({"reason": ""}, {"partnership": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RuleVersion.objects.filter(pk=version.pk).update(**given)


def test_an_ended_relaxation_counts_for_nothing_new_and_running_deadlines_keep_it(case: Case) -> None:
    version = relaxed(case.partnership)
    other = a_notified_case(at=AT)
    ended = end_relaxation(version, last_day=date(2026, 3, 31))
    assert ended is not None
    assert clock_of(other).due_on == date(2026, 5, 6)
    assert clock_of(a_notified_case(at=london("2026-04-01"))).rule.limit == "15wd"


def test_a_relaxation_that_never_began_is_taken_back(case: Case) -> None:
    version = relaxed(case.partnership)
    assert end_relaxation(version, last_day=date(2026, 2, 28)) is None
    assert rule_on("RR_COMPLETE", date(2026, 3, 20), case.partnership).limit == "15wd"
    with pytest.raises(WorkflowError, match="taken out of the book"):
        end_relaxation(version, last_day=date(2026, 4, 1))


@pytest.mark.parametrize(
    ("last_day", "says"),
    [
        ("2026-02-28", "deadlines count by it"),
        ("2026-03-19", "deadlines that started after that day count by it"),
    ],
)
def test_a_relaxation_does_not_end_before_what_counts_by_it(case: Case, last_day: str, says: str) -> None:
    version = relaxed(case.partnership)
    a_notified_case(at=AT)
    before = everything()
    with pytest.raises(WorkflowError, match=says):
        end_relaxation(version, last_day=date.fromisoformat(last_day))
    assert everything() == before


def test_a_relaxation_is_not_drawn_out_over_the_next(case: Case) -> None:
    version = relaxed(case.partnership)
    relaxed(case.partnership, valid_from=date(2026, 7, 1), valid_to=date(2026, 8, 1))
    with pytest.raises(WorkflowError, match="another begins before that"):
        end_relaxation(version, last_day=date(2026, 7, 1))


def test_what_ends_a_rule_ends_its_relaxations_too_once_the_code_says_otherwise(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = relaxed(case.partnership)
    rules = tuple(replace(r, met_by=("decide",)) if r.code == "RR_COMPLETE" else r for r in STATUTORY)
    monkeypatch.setattr(rule_services, "rule_book", lambda: replace(RULE_BOOK, statutory=rules))
    write_statutory_rules()
    version.refresh_from_db()
    assert (version.met_by, version.limit) == (["decide"], "30wd")


# ---- Rounds ------------------------------------------------------------------------------------
@pytest.fixture
def monitored(case: Case) -> Case:
    """A practice review decided on 16 January 2026, looked at every 20 working days: first by 13 February."""
    rule = RuleVersion.objects.get(code="LCSPR_MONITOR")
    clocks.start_deadlines(
        case, [rule], by=SYSTEM, effective_at=london("2026-01-16"), at=london("2026-01-16")
    )
    return case


def met(case: Case, day: str) -> Deadline:
    return clocks.meet_deadline(case, "LCSPR_MONITOR", by=SYSTEM, at=london(day))


def test_what_repeats_goes_on_to_its_next_round_counted_from_the_start(monitored: Case) -> None:
    days = [clock_of(monitored, "LCSPR_MONITOR").due_on]
    days += [met(monitored, day).due_on for day in ("2026-02-02", "2026-03-13")]  # early, and on the day
    assert days == [date(2026, 2, 13), date(2026, 3, 13), date(2026, 4, 14)]
    deadline = clock_of(monitored, "LCSPR_MONITOR")
    assert (deadline.state, deadline.derivation["round"]) == ("running", 3)
    assert "Limit: every 20 working days; this is round 3." in lines_of(
        deadline.derivation, deadline.rule.as_rule()
    )
    assert set(deadline.rungs.ahead().values_list("due_at", flat=True)) == {deadline.due_at}
    assert drifted() == []


def test_rounds_that_passed_while_nobody_looked_do_not_come_all_at_once(monitored: Case) -> None:
    deadline = met(monitored, "2026-05-15")  # 80 working days and one more
    assert (deadline.derivation["round"], deadline.due_on) == (5, date(2026, 6, 11))
    assert list(deadline.facts.values_list("kind", flat=True)) == ["started", "met", "restarted"]


def test_what_repeats_has_no_further_round_once_nothing_more_is_owed(monitored: Case) -> None:
    perform(monitored, Case.withdraw, by=SYSTEM, at=AT, reason="x")
    assert clock_of(monitored, "LCSPR_MONITOR").state == "voided"


def test_what_is_met_by_the_last_move_of_all_has_no_further_round(monitored: Case) -> None:
    RuleVersion.objects.filter(code="LCSPR_MONITOR").update(met_by=["withdraw"])
    perform(monitored, Case.withdraw, by=SYSTEM, at=AT, reason="x")
    deadline = clock_of(monitored, "LCSPR_MONITOR")
    assert (deadline.state, deadline.derivation["round"]) == ("met", 1)


def test_a_quarter_counted_from_the_31st_ends_on_the_last_day_of_short_months_and_on_the_31st_of_long_ones() -> (
    None
):
    limit, start = Limit.parse("3mo repeating"), datetime(2026, 8, 31, 12, tzinfo=UTC)
    facts = [Fact(pk=1, kind="started", effective_at=start)]
    days = []
    for number in (1, 2, 3, 4):
        if number > 1:
            details = {"start": start.isoformat(), "round": number}
            facts.append(Fact(pk=number, kind="restarted", effective_at=start, details=details))
        days.append(derive(limit, facts, current_calendar()).due_on)
    assert days == [date(2026, 11, 30), date(2027, 2, 28), date(2027, 5, 31), date(2027, 8, 31)]
