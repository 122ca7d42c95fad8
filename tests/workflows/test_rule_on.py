"""Which rule applied when: as service, as a book of a day, and as a command; and that the book is whole."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.models import Partnership
from reviews.milestones import LOCAL
from reviews.models import Case
from reviews.rules import RULE_BOOK, STATUTORY
from tests.workflows.bench import (
    REFERRED_AT,
    a_case,
    a_notified_case,
    a_partnership,
    a_person,
    clock_of,
    london,
)
from workflows.actors import SYSTEM
from workflows.exceptions import NoSuchRule, NotADate
from workflows.models import Deadline, Fact, LedgerEntry, RuleVersion, Rung
from workflows.rules import Limit
from workflows.services import rules as rule_services
from workflows.services.book import book_on
from workflows.services.calendar import current_calendar
from workflows.services.proof import lines_of
from workflows.services.relaxing import relax
from workflows.services.rules import adopt_local_milestones, change_milestone, rule_on, write_statutory_rules

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


# ---- Which rule applied when -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "day", "citation"),
    [
        ("SIN_NOTIFY", "2018-06-29", "Children Act 2004 s.16C(1); Working Together 2018 ch. 4"),
        ("SIN_NOTIFY", "2023-12-14", "Children Act 2004 s.16C(1); Working Together 2018 ch. 4"),
        ("SIN_NOTIFY", "2023-12-15", "Children Act 2004 s.16C(1); Working Together 2023 ch. 5"),
        ("LOC_SUBMIT", "2026-01-01", "Panel guidance for safeguarding partners; Working Together 2023 ch. 5"),
        ("LOC_PANELREPLY", "2026-01-01", "No duty: about 10 days by local experience (Kent)"),
        (
            "CDR_NOTIFY",
            "2012-05-01",
            "North Yorkshire Safeguarding Children Partnership, child death review page",
        ),
        ("SCR_LEGACY", "2016-05-01", "National SCR Panel flowchart"),
    ],
)
def test_which_rule_applied_when_is_answered_for_any_day(code: str, day: str, citation: str) -> None:
    assert rule_on(code, date.fromisoformat(day)).citation == citation


@pytest.mark.parametrize(
    ("code", "day", "error", "says"),
    [
        ("NO_SUCH", "2026-01-01", NoSuchRule, "There is no rule 'NO_SUCH'. There are: CARELEAVER_DEATH, CDR_NOTIFY"),
        ("CARELEAVER_DEATH", "2023-12-14", NoSuchRule, "was in force on 14 December 2023. There was one from 15 December 2023."),
        ("SCR_LEGACY", "2026-01-01", NoSuchRule, "There was one from 1 January 2013 to 29 September 2019."),
        ("RR_COMPLETE", "9999-01-01", NotADate, "Cannot say which rules apply on 1 January 9999: give a day from 1900 to 2099."),
        ("RR_COMPLETE", "1899-12-31", NotADate, "Cannot say which rules apply on 31 December 1899"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(code: str, day: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as refusal:
        rule_on(code, date.fromisoformat(day))
    assert says in str(refusal.value)


def test_the_answer_for_a_day_is_the_same_after_a_milestone_was_changed() -> None:
    partnership = a_partnership()
    adopt_local_milestones(partnership, valid_from=date(2026, 1, 1))
    milestone = rule_on("LOC_MEETING", date(2026, 1, 1), partnership)
    una = a_person()
    change_milestone(milestone, limit=Limit(9, "wd"), valid_from=date(2026, 6, 1), by=una, at=AT)
    then, now = (rule_on("LOC_MEETING", day, partnership) for day in (date(2026, 5, 31), date(2026, 6, 1)))
    assert (then.limit, now.limit) == ("10wd", "9wd")
    assert (now.recorded_by, now.recorded_at) == (una, AT)


def test_a_version_that_is_divided_takes_over_the_deadlines_of_its_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a deadline on the version in force. When a later edition says the same from a day before it began:
    deadline = clock_of(a_case(), "SIN_NOTIFY")
    older = clock_of(a_case(at=london("2026-01-05")), "SIN_NOTIFY")
    old = next(r for r in STATUTORY if r.code == "SIN_NOTIFY" and r.valid_to is None)
    new = replace(old, citation="Working Together 2026 ch. 5", valid_from=date(2026, 3, 1))
    book = replace(RULE_BOOK, statutory=(replace(old, valid_to=date(2026, 2, 28)), new))
    monkeypatch.setattr(rule_services, "rule_book", lambda: book)
    write_statutory_rules()

    # Then it is proved by that edition, and what started before it by the one before.
    for one, citation in ((deadline, "Working Together 2026 ch. 5"), (older, old.citation)):
        one.refresh_from_db()
        assert one.rule.citation == citation


# ---- The whole book ----------------------------------------------------------------------------
ROWS = ["SIN_NOTIFY", "SIN_PARTNERS", "LAC_DEATH", "CARELEAVER_DEATH", "RR_COMPLETE", "RR_COMPLETE_ALT", "RR_COPY", "PANEL_REPLY", "LCSPR_TELL", "LCSPR_REPORT", "LCSPR_MONITOR", "LCSPR_DRAFT_REQ", "LCSPR_DELAY", "PUB_ADVANCE", "PUB_AVAILABLE", "PUB_NOT", "INFO_16H", "YEARLY_REPORT", "YEARLY_SEND", "YEARLY_SEPT", "CDR_NOTIFY", "SCR_LEGACY", "LOC_DECIDE", "LOC_SINCOPY", "LOC_REQUEST", "LOC_ACK", "LOC_PROGRESS", "LOC_RETURN", "LOC_MEETING", "LOC_DRAFT", "LOC_SIGNOFF", "LOC_SUBMIT", "LOC_PANELREPLY", "LOC_REVIEWER", "LOC_TOR", "LOC_BRIEFING", "LOC_AGREPORT", "LOC_LEARN", "LOC_RECALL", "LOC_QA", "LOC_ACTIONS"]  # fmt: skip
"""Every row of the registry of statutory timescales and of the table of local milestones, in the domain study."""


def test_every_row_of_the_two_tables_of_the_domain_stands_in_the_book() -> None:
    there = {rule.code for rule in (*STATUTORY, *LOCAL)} | set(RULE_BOOK.stands_as)
    ours = {
        "LOC_FINAL",
        "LOC_RETURN_LATER",
        "LOC_RESEND",
        "LOC_RESIGN",
        "LOC_TOGETHER",
    }  # clocks of this system, in no table
    assert there - ours == set(ROWS)


def test_edge_16_every_rule_names_the_event_it_counts_from() -> None:
    assert [rule.code for rule in (*STATUTORY, *LOCAL) if not rule.starts.strip()] == []
    # Milestones of the rapid review count from the notification, and not from one another's rounded days.
    chained = {rule.code: rule.starts for rule in LOCAL}
    assert {chained[f"LOC_{name}"] for name in ("PROGRESS", "MEETING", "DRAFT", "SIGNOFF")} == {
        "notification sent"
    }
    # Those of a practice review count from what was held, whenever that was.
    assert (chained["LOC_LEARN"], chained["LOC_QA"]) == ("agency reports received", "recall event held")


def test_edge_16_a_chain_and_an_origin_give_different_days_and_each_is_the_one_its_rule_names(
    case: Case,
) -> None:
    # The notification was due on 19 March and sent on the 12th: the review counts from what happened.
    assert clock_of(case, "SIN_NOTIFY").due_on == date(2026, 3, 19)
    assert clock_of(case).due_on == date(2026, 4, 2)
    from_the_due_day = Limit(15, "wd").from_day(date(2026, 3, 19), current_calendar())
    assert from_the_due_day == date(2026, 4, 13)
    assert "Starts with: notification sent." in lines_of(
        clock_of(case).derivation, clock_of(case).rule.as_rule()
    )


def test_edge_68_a_deadline_records_its_start_event_how_it_counts_and_whose_it_is(case: Case) -> None:
    deadline = clock_of(case)
    assert deadline.derivation["counting"] == (
        "working days of England and Wales; the next working day after day 0 is day 1. "
        "Day 0 is the London day of the event, whatever the hour"
    )
    assert (deadline.rule.starts, deadline.rule.owed_by) == ("notification sent", "safeguarding partners")
    assert case.partnership.name == "Northtown"


def test_edge_1_a_weekend_receipt_makes_the_next_working_day_day_1_and_the_proof_says_so() -> None:
    deadline = clock_of(a_case(at=london("2026-03-07", "12:00")), "SIN_NOTIFY")  # a Saturday
    assert deadline.due_on == date(2026, 3, 13)
    assert (
        "Counted: working days of England and Wales; the next working day after day 0 is day 1. "
        "Day 0 is the London day of the event, whatever the hour."
    ) in lines_of(deadline.derivation, deadline.rule.as_rule())


def test_edge_2_a_changed_counting_rule_is_a_new_version_and_a_running_case_keeps_its_own(case: Case) -> None:
    partnership = case.partnership
    adopt_local_milestones(partnership, valid_from=date(2026, 1, 1))
    running = clock_of(a_notified_case(), "LOC_MEETING")
    milestone = rule_on("LOC_MEETING", date(2026, 3, 1), partnership)
    with_cut_off = Limit.parse("10wd cutoff 12:00")
    change_milestone(milestone, limit=with_cut_off, valid_from=date(2026, 3, 19), by=SYSTEM, at=AT)
    running.refresh_from_db()
    assert (running.due_on, running.rule.limit) == (date(2026, 3, 26), "10wd")
    new = clock_of(a_notified_case(at=london("2026-03-19", "15:00")), "LOC_MEETING")
    assert (new.rule.limit, new.due_on) == ("10wd cutoff 12:00", date(2026, 4, 7))
    assert "The event came at 15:00, after the cut-off of 12:00." in lines_of(
        new.derivation, new.rule.as_rule()
    )


def test_the_book_of_a_day_has_what_applied_and_says_what_did_not(case: Case) -> None:
    adopt_local_milestones(case.partnership, valid_from=date(2026, 1, 1))
    relaxed(case.partnership)
    book = book_on(date(2026, 3, 20), case.partnership)
    law = {entry.applied.code: entry for entry in book.law}
    assert {entry.applied.code for entry in book.not_then} == {"RR_COMPLETE_ALT", "YEARLY_SEND", "SCR_LEGACY"}
    assert set(law) == {rule.code for rule in STATUTORY} - {entry.applied.code for entry in book.not_then}
    assert [version.limit for version in law["RR_COMPLETE"].versions] == ["15wd", "15wd", "30wd"]
    assert law["RR_COMPLETE"].applied.is_relaxation
    assert [entry.applied.code for entry in book.local] == [rule.code for rule in LOCAL]
    assert book.unchecked == sum(entry.applied.mark in "RI" for entry in book.law) > 5


def test_a_book_costs_one_query(case: Case, django_assert_num_queries: Any) -> None:
    adopt_local_milestones(case.partnership, valid_from=date(2026, 1, 1))
    with django_assert_num_queries(1):
        book_on(date(2026, 3, 20), case.partnership)


# ---- The command -------------------------------------------------------------------------------
@pytest.fixture
def said() -> Callable[..., str]:
    def run(*arguments: str) -> str:
        out = StringIO()
        call_command("rules", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_the_command_says_which_rule_applied_when(said: Callable[..., str]) -> None:
    answer = said("rr_complete", "--on", "2020-05-04").splitlines()
    assert answer[1:5] == [
        "Version: in force from Wednesday 4 July 2018 to Thursday 14 December 2023.",
        "Source: Panel guidance for safeguarding partners; Working Together 2018 ch. 4 (V: seen in the source; "
        "as at Working Together 2018, replaced on 15 December 2023).",
        "Starts with: notification sent.",
        "Limit: 15 working days.",
    ]
    assert [line.split(":")[0] for line in said("RR_COMPLETE").splitlines()] == ["RR_COMPLETE"] * 2


def test_the_command_names_the_authority_of_a_relaxation(case: Case, said: Callable[..., str]) -> None:
    relaxed(case.partnership)
    answer = said("RR_COMPLETE", "--on", "2026-03-20", "--partnership", "Northtown")
    assert "Source: the Panel’s letter of 19 March 2026" in answer
    assert "Reason: A pandemic." in answer
    assert "Limit: 15 working days." in said("RR_COMPLETE", "--on", "2026-03-20")


@time_machine.travel(REFERRED_AT, tick=False)
def test_the_command_lists_the_book_of_today_or_of_a_day(said: Callable[..., str]) -> None:
    today = {line.split(":")[0] for line in said().splitlines()}
    assert today == {rule.code for rule in STATUTORY if rule.in_force(date(2026, 3, 12))}
    assert [line.split(":")[0] for line in said("--on", "2014-01-01").splitlines()] == [
        "CDR_NOTIFY",
        "SCR_LEGACY",
    ]
    assert "SCR_LEGACY: 14 days, from" in said("--on", "2014-01-01")
    assert "not yet kept by this system" in said("--on", "2014-01-01")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["NO_SUCH"], "There is no rule 'NO_SUCH'."),
        (["RR_COMPLETE", "--on", "2026-02-31"], "Cannot read the day '2026-02-31': write a day that exists"),
        (["RR_COMPLETE", "--on", "9999-01-01"], "Cannot say which rules apply on 1 January 9999"),
        (["--on", "9999-01-01"], "Cannot say which rules apply on 1 January 9999"),
        (["--partnership", "Nowhere"], "There is no partnership 'Nowhere'."),
    ],
)
def test_the_command_says_what_it_cannot_answer(
    said: Callable[..., str], arguments: list[str], says: str
) -> None:
    with pytest.raises(CommandError) as refusal:
        said(*arguments)
    assert str(refusal.value).startswith(says)
    assert refusal.value.returncode == 2
