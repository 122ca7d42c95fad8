"""Clocks: every verb is a fact, and what is stored is what the facts give, whatever was done in whatever order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Partnership, User
from reviews.models import Case
from tests.workflows import naive
from tests.workflows.bench import (
    REFERRED_AT,
    a_case,
    a_notified_case,
    a_person,
    clock_of,
    in_one_moment,
    london,
)  # fmt: skip
from workflows.actors import SYSTEM
from workflows.derivation import derive
from workflows.exceptions import CalendarEnds, ClockError, NoSuchRule, WorkflowError
from workflows.ladders import climb
from workflows.models import CalendarVersion, DateRecord, Deadline, Fact, RuleVersion, Rung
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services import changing_clocks, clocks, folding
from workflows.services.redating import redate
from workflows.services.rules import adopt_local_milestones, rule_book
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
WHY = {"by": SYSTEM, "authority": "the Panel", "reason": "flood"}


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Deadline, Fact, Rung)]


def ahead(deadline: Deadline) -> list[tuple[str, datetime]]:
    return list(deadline.rungs.ahead().values_list("key", "fires_at"))


# ---- Starting ----------------------------------------------------------------------------------
def test_an_event_starts_the_clocks_whose_rules_name_it() -> None:
    # Given a partnership with its local milestones. When a case is referred, and notified four days later:
    partnership = Partnership.objects.create(name="Northtown", reference_prefix="NT")
    adopt_local_milestones(partnership, valid_from=date(2026, 1, 1))
    case = a_case(partnership, at=london("2026-03-12"))
    assert dict(Deadline.objects.values_list("rule_code", "due_on")) == {
        "SIN_NOTIFY": date(2026, 3, 19), "SIN_PARTNERS": date(2026, 3, 19), "LOC_DECIDE": date(2026, 3, 13),
    }  # fmt: skip
    clocks.start_clocks(
        case, "notification sent", by=SYSTEM, effective_at=london("2026-03-18"), at=london("2026-03-18")
    )

    # Then everything that counts from the notification runs, each with its fact and its rungs.
    started_before = ("SIN_NOTIFY", "SIN_PARTNERS", "LOC_DECIDE")
    assert dict(case.deadlines.exclude(rule_code__in=started_before).values_list("rule_code", "due_on")) == {
        "LOC_SINCOPY": date(2026, 3, 19), "LOC_REQUEST": date(2026, 3, 19), "LOC_PROGRESS": date(2026, 3, 25),
        "LOC_MEETING": date(2026, 4, 1), "LOC_DRAFT": date(2026, 4, 7), "LOC_SIGNOFF": date(2026, 4, 9),
        "LOC_FINAL": date(2026, 4, 8), "RR_COMPLETE": date(2026, 4, 10),
    }  # fmt: skip
    assert list(case.deadlines.values_list("facts__kind", flat=True)) == ["started"] * 11
    assert not case.deadlines.filter(rungs=None).exists()


def test_an_event_told_twice_starts_each_clock_once() -> None:
    case = a_case()
    before = everything()
    assert (
        clocks.start_clocks(
            case,
            "aware of the incident",
            by=SYSTEM,
            effective_at=london("2026-05-01"),
            at=london("2026-05-01"),
        )
        == []
    )
    assert everything() == before


def test_the_milestones_of_another_partnership_start_nothing() -> None:
    other = Partnership.objects.create(name="Elsewhere", reference_prefix="EL")
    adopt_local_milestones(other, valid_from=date(2026, 1, 1))
    case = a_case(Partnership.objects.create(name="Northtown", reference_prefix="NT"))
    assert list(case.deadlines.values_list("rule_code", flat=True)) == ["SIN_NOTIFY", "SIN_PARTNERS"]


def test_a_rule_that_was_not_in_force_on_the_day_starts_nothing() -> None:
    case = a_case(at=london("2018-06-28", "23:30"))
    assert not case.deadlines.exists()
    assert a_case(at=london("2018-06-29", "00:30")).deadlines.get().rule_code == "SIN_NOTIFY"


def test_starting_costs_the_same_however_many_clocks_start(django_assert_num_queries: Any) -> None:
    case = a_case()
    rules = list(
        RuleVersion.objects.filter(code__in=("SIN_NOTIFY", "PUB_ADVANCE", "PUB_AVAILABLE"), valid_to=None)
    )
    for some in (rules[:1], rules[1:]):
        with django_assert_num_queries(
            8
        ):  # savepoint, those that run, calendar, ladders, three inserts, release
            clocks.start_deadlines(case, some, by=SYSTEM, effective_at=REFERRED_AT, at=REFERRED_AT)


def test_a_start_that_is_told_late_says_the_latest_thing_only() -> None:
    # Given an incident of which the authority knew for weeks before the case was opened here:
    case = a_case(aware_at=london("2026-03-02"), at=london("2026-03-12"))

    # Then the clock counts from when it knew, and each audience has one rung that is not in the future.
    deadline = clock_of(case, "SIN_NOTIFY")
    assert (deadline.due_on, [key for key, _ in ahead(deadline)]) == (
        date(2026, 3, 9),
        [
            "missed",
            "after-1:business-manager",
            "after-1:delegated-partners",
            "after-3:independent-chair",
            "after-5:lead-partners",
        ],
    )


def test_a_duty_that_ran_out_before_it_was_told_has_nothing_to_say() -> None:
    rule = RuleVersion.objects.get(code="PUB_AVAILABLE", valid_to=None)
    [deadline] = clocks.start_deadlines(
        a_case(), [rule], by=SYSTEM, effective_at=london("2020-01-06"), at=REFERRED_AT
    )
    assert ahead(deadline) == []


# ---- Each verb ---------------------------------------------------------------------------------
def test_met_in_time_takes_the_ladder_away_and_keeps_the_date(case: Case) -> None:
    una = a_person()
    met = clocks.meet_deadline(
        case, "RR_COMPLETE", by=una, at=london("2026-03-20"), effective_at=london("2026-03-19")
    )
    stored = clock_of(case)
    assert (stored.state, stored.met_at, stored.due_on, stored.is_late) == (
        "met", london("2026-03-19"), date(2026, 4, 2), False,
    )  # fmt: skip
    assert stored.derivation == met.derivation
    assert ahead(stored) == []
    fact = stored.facts.get(kind="met")
    assert (fact.by, fact.effective_at, fact.recorded_at) == (una, london("2026-03-19"), london("2026-03-20"))


def test_edge_32_met_late_is_late_for_good(case: Case) -> None:
    assert clocks.meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-04-03", "00:00")).is_late
    assert list(Deadline.objects.late(at=london("2026-03-20")).values_list("rule_code", flat=True)) == [
        "RR_COMPLETE"
    ]


def test_what_is_no_longer_owed_is_never_late(case: Case) -> None:
    clocks.void_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-05-01"), reason="withdrawn")
    assert clock_of(case).state == "voided"
    assert not Deadline.objects.late(at=london("2026-06-01")).filter(rule_code="RR_COMPLETE").exists()


def test_a_paused_clock_has_no_date_and_no_rungs_and_goes_on_from_there(case: Case) -> None:
    before = ahead(clock_of(case))
    pause = {"effective_at": london("2026-03-16", "00:00"), "at": london("2026-03-16"), **WHY}
    paused = changing_clocks.pause_deadline(case, "RR_COMPLETE", **pause)
    assert (paused.state, paused.due_on, paused.due_at, ahead(paused)) == ("paused", None, None, [])
    resumed = changing_clocks.resume_deadline(
        case, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-18"), effective_at=london("2026-03-18", "00:00")
    )
    assert (resumed.state, resumed.due_on) == ("running", date(2026, 4, 8))
    assert [key for key, _ in ahead(resumed)] == [key for key, _ in before]
    assert ahead(resumed) != before


def test_edge_35_an_extension_keeps_the_first_date_and_its_authority(case: Case) -> None:
    extended = changing_clocks.extend_deadline(
        case, "RR_COMPLETE", limit=Limit(1, "mo"), at=london("2026-03-20"), **WHY
    )
    assert (extended.due_on, extended.derivation["first_due_on"]) == (date(2026, 5, 2), "2026-04-02")
    assert extended.derivation["changes"] == [
        {"what": "extended", "from": "2026-04-02", "to": "2026-05-02", "stopped_days": 0,
         "authority": "the Panel", "reason": "flood"}
    ]  # fmt: skip


def test_what_a_date_was_is_never_changed(case: Case) -> None:
    changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(1, "wd"), at=london("2026-03-20"), **WHY)
    [record] = clock_of(case).dates.all()
    assert (record.because, record.due_before, record.due_after) == (
        "extended", date(2026, 4, 2), date(2026, 4, 7),
    )  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        DateRecord.objects.update(due_before=date(2026, 4, 3))
    assert clock_of(case).dates.get().due_before == date(2026, 4, 2)


def test_what_moves_no_date_leaves_no_record_of_one(case: Case) -> None:
    clocks.meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-20"))
    assert not clock_of(case).dates.exists()


def test_what_is_undone_stays_in_the_log_and_the_undo_may_be_undone(case: Case) -> None:
    changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(5, "wd"), at=london("2026-03-20"), **WHY)
    dates = [clock_of(case).due_on]
    for kind in ("extended", "undone"):
        fact = Fact.objects.filter(kind=kind).latest("pk")
        dates.append(
            changing_clocks.undo_fact(fact, by=SYSTEM, at=london("2026-03-23"), reason="typed wrongly").due_on
        )
    assert dates == [date(2026, 4, 13), date(2026, 4, 2), date(2026, 4, 13)]
    assert list(clock_of(case).facts.values_list("kind", flat=True)) == [
        "started",
        "extended",
        "undone",
        "undone",
    ]


def test_an_undo_works_on_the_deadline_as_it_is_now(case: Case) -> None:
    # Given a page that was fetched when one extension held, and a second, as long, given since:
    changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(5, "wd"), at=london("2026-03-13"), **WHY)
    old = Fact.objects.select_related("deadline").get(kind="extended")
    changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(5, "wd"), at=london("2026-03-16"), **WHY)

    # When the first is taken back, then the date is the one on that page, and the ladder is the date's.
    undone = changing_clocks.undo_fact(old, by=SYSTEM, at=london("2026-03-17"), reason="typed wrongly")
    assert undone.due_on == date(2026, 4, 13)
    assert set(undone.rungs.ahead().values_list("due_at", flat=True)) == {undone.due_at}


# ---- What is refused ---------------------------------------------------------------------------
NOON = london("2026-03-20", "12:00")


def twice(deed: Any) -> Any:
    """The deed, and once more, in one transaction."""

    def both(case: Any) -> None:
        with transaction.atomic():
            deed(case)
            deed(case)

    return both


REFUSED: list[tuple[str, type[WorkflowError], Any]] = [
    ("resumed, though it runs", ClockError, lambda case: changing_clocks.resume_deadline(case, "RR_COMPLETE", by=SYSTEM, at=NOON, effective_at=NOON)),
    ("paused without an authority", ClockError, lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", by=SYSTEM, at=NOON, effective_at=NOON, authority=" ", reason="flood")),
    ("paused without a reason", ClockError, lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", by=SYSTEM, at=NOON, effective_at=NOON, authority="the Panel", reason="")),
    ("paused before it began", ClockError, lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", at=NOON, effective_at=london("2026-03-01"), **WHY)),
    ("paused from tomorrow", ClockError, lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", at=NOON, effective_at=NOON + timedelta(days=1), **WHY)),
    ("met tomorrow", ClockError, lambda case: clocks.meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=NOON, effective_at=NOON + timedelta(seconds=1))),
    ("extended by nothing", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(0, "wd"), at=NOON, **WHY)),
    ("extended by less", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(-1, "wd"), at=NOON, **WHY)),
    ("extended without an authority", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(1, "wd"), by=SYSTEM, at=NOON, authority=" ", reason="flood")),
    ("paused inside a pause", ClockError, twice(lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", at=NOON, effective_at=NOON, **WHY))),
    ("undone twice", ClockError, twice(lambda case: changing_clocks.undo_fact(clock_of(case, "SIN_NOTIFY").facts.get(kind="met"), by=SYSTEM, at=NOON, reason="wrong"))),
    ("re-ruled without an authority", ClockError, lambda case: changing_clocks.re_rule_deadline(case, "RR_COMPLETE", limit=Limit(9, "wd"), by=SYSTEM, at=NOON, authority="", reason="flood")),
    ("reopened, though it runs", ClockError, lambda case: changing_clocks.reopen_deadline(case, "RR_COMPLETE", at=NOON, effective_at=NOON, counts_between=True, **WHY)),
    ("reopened before it ended", ClockError, lambda case: changing_clocks.reopen_deadline(case, "SIN_NOTIFY", at=NOON, effective_at=london("2026-03-01"), counts_between=True, **WHY)),
    ("extended without a reason", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(1, "wd"), by=SYSTEM, at=NOON, authority="the Panel", reason=" ")),
    ("extended past the calendar", CalendarEnds, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(9000, "wd"), at=NOON, **WHY)),
    ("extended past the calendar by months", CalendarEnds, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(400, "mo"), at=NOON, **WHY)),
    ("extended past the calendar to a day", CalendarEnds, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=date(2041, 1, 1), at=NOON, **WHY)),
    ("extended to the day it is due", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=date(2026, 4, 2), at=NOON, **WHY)),
    ("restarted from tomorrow", ClockError, lambda case: changing_clocks.restart_deadline(case, "RR_COMPLETE", start=NOON + timedelta(days=1), by=SYSTEM, at=NOON, reason="wrong")),
    ("restarted without a reason", ClockError, lambda case: changing_clocks.restart_deadline(case, "RR_COMPLETE", start=NOON, by=SYSTEM, at=NOON, reason=" ")),
    ("paused by a person, though the law set it", ClockError, lambda case: changing_clocks.pause_deadline(case, "RR_COMPLETE", at=NOON, effective_at=NOON, **{**WHY, "by": User(full_name="Una")})),
    ("extended by a person, though the law set it", ClockError, lambda case: changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=Limit(1, "wd"), at=NOON, **{**WHY, "by": User(full_name="Una")})),
    ("another rule", NoSuchRule, lambda case: clocks.meet_deadline(case, "LCSPR_REPORT", by=SYSTEM, at=NOON)),
    ("the start undone", ClockError, lambda case: changing_clocks.undo_fact(clock_of(case).facts.get(), by=SYSTEM, at=NOON, reason="wrong")),
    ("undone without a reason", ClockError, lambda case: changing_clocks.undo_fact(clock_of(case, "SIN_NOTIFY").facts.get(kind="met"), by=SYSTEM, at=NOON, reason=" ")),
    ("met twice", ClockError, lambda case: clocks.meet_deadline(case, "SIN_NOTIFY", by=SYSTEM, at=NOON)),
    ("extended when it is over", ClockError, lambda case: changing_clocks.extend_deadline(case, "SIN_NOTIFY", limit=Limit(1, "wd"), at=NOON, **WHY)),
]  # fmt: skip


@pytest.mark.parametrize(("error", "deed"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused_leaves_nothing_changed(error: type[WorkflowError], deed: Any, case: Case) -> None:
    before = everything()
    with pytest.raises(error):
        deed(case)
    assert everything() == before


@pytest.mark.parametrize("limit", [date(2041, 1, 1), Limit(400, "mo"), Limit(9999, "d"), date(2026, 4, 2)])
def test_a_paused_clock_is_not_given_a_day_that_it_could_not_run_on_to(limit: Any, case: Case) -> None:
    changing_clocks.pause_deadline(case, "RR_COMPLETE", effective_at=NOON, at=NOON, **WHY)
    before = everything()
    with pytest.raises(WorkflowError, match="2040|due on Thursday 2 April 2026 already"):
        changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=limit, at=NOON, **WHY)
    assert everything() == before


@pytest.mark.django_db(transaction=True)
def test_of_two_who_meet_it_in_one_moment_one_did() -> None:
    case = a_notified_case()
    answers = in_one_moment(*[lambda: clocks.meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=NOON)] * 3)
    assert sorted(type(answer).__name__ for answer in answers) == ["ClockError", "ClockError", "Deadline"]
    assert clock_of(case).facts.filter(kind="met").count() == 1


OFTEN = max(40, (settings.default.max_examples if settings.default else 0) // 20)
"""Clocks in the database are slow: 40 in an ordinary run, 500 in a night's."""


# ---- Step by step, or all at once --------------------------------------------------------------
VERBS = [
    "pause", "pause", "resume", "extend", "extend to a day", "restart", "re-rule", "re-calendar", "meet", "void", "reopen",
    "undo", "undo", "undo the undo",
]  # fmt: skip


def do(verb: str, case: Any, at: datetime, back: timedelta, number: int) -> None:
    """One verb at that time, as of a while before; it may be refused."""
    since = at - back
    match verb:
        case "pause":
            changing_clocks.pause_deadline(case, "RR_COMPLETE", effective_at=since, at=at, **WHY)
        case "resume":
            changing_clocks.resume_deadline(case, "RR_COMPLETE", by=SYSTEM, effective_at=since, at=at)
        case "extend":
            limit = Limit.parse(["1wd", "4d", "1mo", "2w"][number % 4])
            changing_clocks.extend_deadline(
                case, "RR_COMPLETE", limit=limit, effective_at=since, at=at, **WHY
            )
        case "extend to a day":
            day = (at + timedelta(days=number)).date()
            changing_clocks.extend_deadline(case, "RR_COMPLETE", limit=day, effective_at=since, at=at, **WHY)
        case "restart":
            changing_clocks.restart_deadline(case, "RR_COMPLETE", start=since, at=at, **WHY)
        case "re-rule" | "reopen":  # no service does these alone
            kind, details = {
                "re-rule": ("re-ruled", {"limit": ["20wd", "10d", "3mo"][number % 3]}),
                "reopen": ("reopened", {"closed_time": ["stopped", "running"][number % 2]}),
            }[verb]
            folding.record(clock_of(case), kind, effective_at=since, at=at, details=details, **WHY)
        case "re-calendar":
            known = calendars.calendar_of(CalendarVersion.objects.earliest("loaded_at")).holidays
            more = {date(2026, 3, 16 + number % 10): "Proclaimed"}
            version = calendars.load_holidays(
                {
                    "division": calendars.DIVISION, "source": "test", "published_on": "2026-03-12",
                    "events": [{"date": str(day), "title": name} for day, name in (known | more).items()],
                },
                at=at,
            )  # fmt: skip
            redate(version, by=SYSTEM, at=at, reason="Proclaimed.")
        case "meet":
            clocks.meet_deadline(case, "RR_COMPLETE", by=SYSTEM, effective_at=since, at=at)
        case "void":
            clocks.void_deadline(case, "RR_COMPLETE", by=SYSTEM, at=at, reason="withdrawn")
        case _:
            facts = Fact.objects.filter(deadline__rule_code="RR_COMPLETE", deadline__subject_id=case.pk)
            facts = facts.filter(kind="undone") if verb == "undo the undo" else facts.exclude(kind="started")
            chosen = list(facts.order_by("pk"))
            if chosen:
                changing_clocks.undo_fact(
                    chosen[number % len(chosen)], by=SYSTEM, at=at, reason="typed wrongly"
                )


@settings(max_examples=OFTEN, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 24 * 8), st.integers(0, 24 * 6), st.integers(0, 50)),
        min_size=1, max_size=9,
    )
)  # fmt: skip
def test_edge_28_step_by_step_comes_to_the_same_as_all_at_once(
    steps: list[tuple[str, int, int, int]],
) -> None:
    with transaction.atomic():
        # Given a clock to which things are done, one after the other, each told at once or late:
        case, at = a_notified_case(), REFERRED_AT
        for verb, wait, back, number in steps:
            at += timedelta(hours=wait)
            before = everything()
            try:
                do(verb, case, at, timedelta(hours=back), number)
            except WorkflowError:
                assert everything() == before

            # Then what is stored is what all the facts give, and the rungs ahead are those of its due value.
            stored = clock_of(case)
            calendar = calendars.calendar_of(stored.calendar)
            derivation = derive(Limit(15, "wd"), stored.facts.all(), calendar)
            assert stored.derivation == derivation.as_json()
            counted = naive.due_day("15wd", list(stored.facts.all()), calendar.holidays)
            assert (stored.state, stored.due_on) == counted
            assert (stored.state, stored.due_on, stored.due_at, stored.met_at, stored.started_at) == (
                derivation.state, derivation.due_on, derivation.due_at, derivation.met_at, derivation.started_at,
            )  # fmt: skip
            wanted: set[str] = set()
            if derivation.state == "running" and derivation.due_on:
                armed_at = london("2012-01-01")
                ladder = climb(
                    rule_book().ladders["rapid-review"], derivation.due_on, calendar, armed_at=armed_at
                )
                wanted = {step.key for step in ladder if step.fires_at > at}
            rungs = stored.rungs.ahead()
            assert wanted <= set(rungs.values_list("key", flat=True))
            assert set(rungs.values_list("due_at", flat=True)) <= {derivation.due_at}
            assert derivation.state == "running" or not rungs.exists()
            # And what it was before leads, step by step, to what it is.
            told = list(stored.dates.values_list("due_before", "due_after"))
            assert [after for _, after in told[:-1]] == [before for before, _ in told[1:]]
            assert not told or told[-1][1] == stored.due_on
        assert drifted() == []
        transaction.set_rollback(True)
