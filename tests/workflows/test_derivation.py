"""The fold: pauses, extensions, restarts, undoing, reopening; against a second way of counting, in any order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.workflows import naive
from tests.workflows.bench import CALENDAR, Told, london
from workflows.derivation import Derivation, derive
from workflows.exceptions import CalendarEnds, ClockError
from workflows.rules import Limit

START = Told(1, "started", london("2026-03-02", "10:00"))  # a Monday: 15 working days end on Monday 23 March


def told(*facts: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> list[Told]:
    """The start, and each (kind, London time, details) after it, numbered from 2 in the order told."""
    return [START] + [
        Told(number, fact[0], london(*fact[1].split()), *fact[2:]) for number, fact in enumerate(facts, 2)
    ]


def due(*facts: Any, limit: str = "15wd") -> str:
    """When it is due by those facts, in ISO; or the state of a clock without a date."""
    derivation = derive(Limit.parse(limit), told(*facts), CALENDAR)
    return derivation.due_on.isoformat() if derivation.due_on else derivation.state


# ---- Pauses ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stop", "go", "due_on"),
    [
        ("2026-03-06 17:00", "2026-03-09 09:00", "2026-03-23"),  # a Friday's evening to Monday's morning
        ("2026-03-06 00:00", "2026-03-09 00:00", "2026-03-24"),  # midnight to midnight: the Friday
        ("2026-03-06 00:01", "2026-03-09 23:59", "2026-03-23"),
        ("2026-03-06 00:01", "2026-03-10 00:00", "2026-03-24"),  # the Monday
        ("2026-03-04 12:00", "2026-03-04 18:00", "2026-03-23"),  # the same day
        ("2026-03-04 12:00", "2026-03-04 12:00", "2026-03-23"),  # the same instant
        ("2026-03-04 12:00", "2026-03-05 12:00", "2026-03-23"),
        ("2026-03-04 12:00", "2026-03-06 12:00", "2026-03-24"),
        ("2026-03-04 12:00", "2026-03-13 12:00", "2026-03-31"),  # Thursday to Thursday: six
        ("2026-03-02 12:00", "2026-03-04 12:00", "2026-03-24"),  # day 0 itself is never one of them
        ("2026-03-23 12:00", "2026-03-27 12:00", "2026-03-23"),  # the last day had begun, and counts
        ("2026-03-23 00:00", "2026-03-27 12:00", "2026-03-27"),
        ("2026-03-24 00:00", "2026-03-27 12:00", "2026-03-23"),  # too late to stop anything
        ("2026-03-20 12:00", "2026-04-08 12:00", "2026-04-08"),  # over Easter: one day was left
    ],
)
def test_edge_24_a_pause_stops_the_days_that_lie_wholly_inside_it(stop: str, go: str, due_on: str) -> None:
    assert due(("paused", stop), ("resumed", go)) == due_on


@pytest.mark.parametrize(
    ("stop", "go"),
    [("2026-03-28 00:00", "2026-03-31 00:00"), ("2026-10-24 00:00", "2026-10-27 00:00")],
)
def test_a_pause_over_a_change_of_clocks_stops_londons_days(stop: str, go: str) -> None:
    start = Told(1, "started", london(stop.split()[0]) - timedelta(days=5))
    facts = [
        start, Told(2, "paused", london(*stop.split())), Told(3, "resumed", london(*go.split())),
    ]  # fmt: skip
    before, after = (derive(Limit(30, "d"), rows, CALENDAR).due_on for rows in (facts[:1], facts))
    assert after == (before or date.min) + timedelta(days=3)


def test_a_pause_of_a_month_rule_adds_calendar_days() -> None:
    assert due(("paused", "2026-03-06 00:00"), ("resumed", "2026-03-09 00:00"), limit="6mo") == "2026-09-05"


def test_a_paused_clock_has_no_date_and_remembers_its_first() -> None:
    derivation = derive(Limit(15, "wd"), told(("paused", "2026-03-04 12:00")), CALENDAR)
    assert (derivation.state, derivation.due_on, derivation.due_at) == ("paused", None, None)
    assert derivation.first_due_on == date(2026, 3, 23)


def test_two_pauses_that_touch_are_one() -> None:
    # The Thursday lies wholly in neither, but wholly in both together.
    pauses = [
        ("paused", "2026-03-04 12:00"), ("resumed", "2026-03-05 12:00"),
        ("paused", "2026-03-05 12:00"), ("resumed", "2026-03-06 12:00"),
    ]  # fmt: skip
    assert (
        due(*pauses) == due(("paused", "2026-03-04 12:00"), ("resumed", "2026-03-06 12:00")) == "2026-03-24"
    )


def test_a_pause_of_a_count_backwards_moves_nothing() -> None:
    facts = [
        Told(1, "started", london("2026-04-09", "00:00")),
        Told(2, "paused", london("2026-03-10")),
        Told(3, "resumed", london("2026-03-20")),
    ]
    assert derive(Limit(-7, "wd"), facts, CALENDAR).due_on == date(2026, 3, 27)


def test_a_pause_told_late_counts_from_when_it_was() -> None:
    # The resume was recorded first: what counts is when each took effect.
    facts = [
        START,
        Told(2, "resumed", london("2026-03-06", "00:00")),
        Told(3, "paused", london("2026-03-04", "00:00")),
    ]
    assert derive(Limit(15, "wd"), facts, CALENDAR).due_on == date(2026, 3, 25)


def test_edge_26_a_pause_adds_to_the_end_and_never_moves_the_start() -> None:
    # Added to the start, a pause over Easter would be counted twice, or a day of it lost.
    pause = (("paused", "2026-03-31 00:00"), ("resumed", "2026-04-09 00:00"))
    limit, facts = Limit(30, "wd"), told(*pause)
    plain, paused = derive(limit, told(), CALENDAR), derive(limit, facts, CALENDAR)
    assert (paused.started_at, paused.start_on, paused.first_due_on) == (
        plain.started_at, plain.start_on, plain.due_on,
    )  # fmt: skip
    assert (plain.due_on, paused.due_on) == (date(2026, 4, 15), date(2026, 4, 22))
    assert [change.stopped for change in paused.changes] == [
        5
    ]  # of nine days, two weekend days and two holidays


@pytest.mark.parametrize(
    ("start", "limit", "due_on"),
    [
        ("2026-03-28 23:59", "1d", "2026-03-29"),  # the short night: the last minute before it
        ("2026-03-29 00:59", "1d", "2026-03-30"),
        ("2026-03-29 02:01", "1d", "2026-03-30"),
        ("2026-03-27 09:00", "1wd", "2026-03-30"),
        ("2026-10-24 23:59", "1d", "2026-10-25"),  # the long night
        ("2026-10-25 01:30", "1d", "2026-10-26"),  # a time that came twice
        ("2026-10-23 09:00", "1wd", "2026-10-26"),
        ("2028-02-28 09:00", "1d", "2028-02-29"),  # a leap day
        ("2028-02-29 09:00", "1wd", "2028-03-01"),
        ("2028-01-31 09:00", "1mo", "2028-02-29"),
        ("2027-01-31 09:00", "1mo", "2027-02-28"),
        ("2028-02-29 09:00", "12mo", "2029-02-28"),
        ("2027-02-28 09:00", "12mo", "2028-02-28"),
        ("2026-08-31 09:00", "6mo", "2027-02-28"),
        ("2026-10-31 09:00", "1mo", "2026-11-30"),
        ("2026-12-31 09:00", "2mo", "2027-02-28"),
        ("2026-11-30 09:00", "1mo", "2026-12-30"),  # never rolled on to the last day
    ],
)
def test_nights_on_which_clocks_change_leap_days_and_ends_of_months(
    start: str, limit: str, due_on: str
) -> None:
    facts = [Told(1, "started", london(*start.split()))]
    derivation = derive(Limit.parse(limit), facts, CALENDAR)
    assert (derivation.start_on.isoformat(), str(derivation.due_on)) == (start[:10], due_on)
    assert (derivation.state, derivation.due_on) == naive.due_day(limit, facts)


@pytest.mark.parametrize(
    ("last_day", "first_late_instant"),
    [
        ("2026-03-28", "2026-03-29T00:00:00+00:00"),  # before the short night, and after it
        ("2026-03-29", "2026-03-29T23:00:00+00:00"),
        ("2026-10-24", "2026-10-24T23:00:00+00:00"),
        ("2026-10-25", "2026-10-26T00:00:00+00:00"),  # a day of 25 hours
        ("2028-02-29", "2028-03-01T00:00:00+00:00"),
        ("2026-12-31", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_the_first_late_instant_is_londons_midnight_on_either_side_of_a_change(
    last_day: str, first_late_instant: str
) -> None:
    start = Told(1, "started", london(last_day) - timedelta(days=3))
    extended = Told(2, "extended", start.effective_at, {"to": last_day})
    derivation = derive(Limit(1, "d"), [start, extended], CALENDAR)
    assert derivation.due_at == datetime.fromisoformat(first_late_instant)


@pytest.mark.parametrize(
    ("limit", "details", "due_on"),
    [
        ("15wd", {"by": "1mo"}, "2026-04-23"),
        ("1mo", {"by": "1mo"}, "2026-05-02"),
        ("15wd", {"to": "2028-02-29"}, "2028-02-29"),
    ],
)
def test_a_month_is_added_to_the_day_on_which_it_was_due(
    limit: str, details: dict[str, str], due_on: str
) -> None:
    assert due(("extended", "2026-03-10 09:00", details), limit=limit) == due_on


# ---- Extensions --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("details", "due_on"),
    [
        ({"by": "1wd"}, "2026-03-24"),
        ({"by": "10wd"}, "2026-04-08"),
        ({"by": "7d"}, "2026-03-30"),
        ({"by": "12d"}, "2026-04-04"),  # a Saturday: days of the calendar do not roll on
        ({"by": "2w"}, "2026-04-06"),
        ({"by": "1mo"}, "2026-04-23"),
        ({"to": "2026-05-01"}, "2026-05-01"),
    ],
)
def test_edge_36_an_extension_is_by_days_working_days_months_or_to_a_day(
    details: dict[str, str], due_on: str
) -> None:
    assert due(("extended", "2026-03-10 09:00", details)) == due_on


def test_a_pause_and_an_extension_both_count_also_one_inside_the_other() -> None:
    assert due(
        ("paused", "2026-03-04 00:00"),
        ("extended", "2026-03-05 09:00", {"by": "2wd"}),
        ("resumed", "2026-03-06 00:00"),
    ) == "2026-03-27"  # fmt: skip


def test_edge_35_a_change_keeps_the_day_before_it_with_its_authority_and_reason() -> None:
    facts = [*told(), Told(2, "extended", london("2026-03-10"), {"by": "2wd"}, "the Panel", "flood")]
    proof = derive(Limit(15, "wd"), facts, CALENDAR).as_json()
    assert proof["first_due_on"] == "2026-03-23"
    assert proof["changes"] == [
        {"what": "extended", "from": "2026-03-23", "to": "2026-03-25", "stopped_days": 0,
         "authority": "the Panel", "reason": "flood"}
    ]  # fmt: skip


# ---- Another start, another rule ---------------------------------------------------------------
def test_edge_33_a_restart_counts_anew_and_forgets_what_was_before() -> None:
    derivation = derive(
        Limit(15, "wd"),
        told(
            ("paused", "2026-03-04 00:00"), ("resumed", "2026-03-06 00:00"), ("restarted", "2026-03-11 12:00")
        ),
        CALENDAR,
    )
    assert (derivation.start_on, derivation.due_on) == (date(2026, 3, 11), date(2026, 4, 1))
    assert [(change.what, change.from_day, change.to_day) for change in derivation.changes] == [
        ("paused", date(2026, 3, 23), date(2026, 3, 25)),
        ("restarted", date(2026, 3, 25), date(2026, 4, 1)),
    ]


def test_a_restart_while_paused_lets_the_clock_run() -> None:
    assert due(("paused", "2026-03-04 00:00"), ("restarted", "2026-03-11 12:00")) == "2026-04-01"


def test_edge_27_a_new_rule_keeps_earlier_pauses_and_extensions() -> None:
    pause = [("paused", "2026-03-04 00:00"), ("resumed", "2026-03-06 00:00")]
    longer = ("re-ruled", "2026-03-10 09:00", {"limit": "20wd"})
    assert due(*pause, longer) == "2026-04-01"
    assert due(*pause, ("extended", "2026-03-09 09:00", {"by": "1wd"}), longer) == "2026-04-02"


def test_a_new_rule_counts_earlier_pauses_in_its_own_kind_of_day() -> None:
    over_a_weekend = [("paused", "2026-03-05 00:00"), ("resumed", "2026-03-10 00:00")]
    assert due(*over_a_weekend, ("re-ruled", "2026-03-10 09:00", {"limit": "6mo"})) == "2026-09-07"
    assert (
        due(*over_a_weekend, ("re-ruled", "2026-03-11 09:00", {"limit": "15wd"}), limit="6mo") == "2026-03-26"
    )


def test_an_extension_before_a_restart_has_no_part_in_what_is_moved_after_it() -> None:
    assert (
        due(
            ("extended", "2026-03-05 09:00", {"by": "5wd"}),
            ("restarted", "2026-03-11 12:00"),
            ("extended", "2026-03-12 09:00", {"by": "1wd"}),
        )
        == "2026-04-02"
    )


def test_a_new_rule_after_a_restart_has_no_part_in_pauses_before_it() -> None:
    assert due(
        ("paused", "2026-03-04 00:00"), ("resumed", "2026-03-06 00:00"), ("restarted", "2026-03-11 12:00"),
        ("re-ruled", "2026-03-12 09:00", {"limit": "20wd"}),
    ) == "2026-04-10"  # fmt: skip


# ---- Undoing -----------------------------------------------------------------------------------
PAUSE = [("paused", "2026-03-04 00:00"), ("resumed", "2026-03-06 00:00")]  # facts 2 and 3
UNDO_EXTENSION = ("undone", "2026-03-12 09:00", {"fact": 4})  # fact 5
EXTENSION = ("extended", "2026-03-10 09:00", {"by": "1wd"})  # fact 4


def test_edge_28_taking_back_an_extension_keeps_the_pauses() -> None:
    assert due(*PAUSE, EXTENSION) == "2026-03-26"
    assert due(*PAUSE, EXTENSION, UNDO_EXTENSION) == due(*PAUSE) == "2026-03-25"


def test_an_undo_may_be_undone_and_that_too() -> None:
    twice = ("undone", "2026-03-13 09:00", {"fact": 5})
    thrice = ("undone", "2026-03-14 09:00", {"fact": 6})
    assert due(*PAUSE, EXTENSION, UNDO_EXTENSION, twice) == "2026-03-26"
    assert due(*PAUSE, EXTENSION, UNDO_EXTENSION, twice, thrice) == "2026-03-25"


def test_a_resume_whose_pause_was_taken_back_means_nothing() -> None:
    assert due(*PAUSE, ("undone", "2026-03-12 09:00", {"fact": 2})) == "2026-03-23"


# ---- Ends --------------------------------------------------------------------------------------
def ends(*facts: Any) -> Derivation:
    return derive(Limit(15, "wd"), told(*facts), CALENDAR)


def test_edge_25_met_while_paused_ends_the_pause_first() -> None:
    met = ends(("paused", "2026-03-04 00:00"), ("met", "2026-03-11 12:00"))
    assert (met.state, met.due_on, met.is_late) == ("met", date(2026, 3, 30), False)


@pytest.mark.parametrize(
    ("at", "is_late"), [("2026-03-23 23:59", False), ("2026-03-24 00:00", True), ("2026-03-30 09:00", True)]
)
def test_late_begins_with_the_midnight_that_ends_the_day(at: str, is_late: bool) -> None:
    assert ends(("met", at)).is_late is is_late


def test_in_summer_the_midnight_is_londons() -> None:
    facts = [Told(1, "started", london("2026-07-10", "14:00"))]
    derivation = derive(Limit(15, "wd"), facts, CALENDAR)
    assert derivation.due_at == datetime(2026, 7, 31, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closed_time", "due_on"), [("stopped", "2026-03-27"), ("running", "2026-03-23"), (None, "2026-03-23")]
)
def test_edge_30_time_between_closing_and_reopening_is_stopped_or_not(
    closed_time: str | None, due_on: str
) -> None:
    details = {} if closed_time is None else {"closed_time": closed_time}
    opened = ends(("met", "2026-03-10 09:00"), ("reopened", "2026-03-17 12:00", details))
    assert (opened.state, opened.due_on, opened.met_at) == ("running", date.fromisoformat(due_on), None)


def test_a_pause_that_runs_into_a_closed_time_is_one_stop() -> None:
    opened = ends(
        ("paused", "2026-03-04 12:00"), ("met", "2026-03-06 12:00"),
        ("reopened", "2026-03-10 12:00", {"closed_time": "stopped"}),
    )  # fmt: skip
    assert opened.due_on == date(2026, 3, 26)  # Thursday, Friday, Monday


def test_edge_42_what_comes_after_the_end_does_not_move_the_date_then_in_force() -> None:
    late = ends(("met", "2026-03-30 09:00"), ("extended", "2026-03-31 09:00", {"by": "10wd"}))
    assert (late.due_on, late.is_late) == (date(2026, 3, 23), True)
    assert (
        ends(("met", "2026-03-10 09:00"), ("re-ruled", "2026-03-31 09:00", {"limit": "1wd"})).is_late is False
    )


def test_edge_31_the_first_end_stands_when_its_reopening_is_taken_back() -> None:
    first = ends(
        ("met", "2026-03-10 09:00"), ("reopened", "2026-03-17 09:00"), ("met", "2026-04-17 09:00"),
        ("undone", "2026-04-20 09:00", {"fact": 3}),
    )  # fmt: skip
    assert (first.met_at, first.is_late) == (london("2026-03-10"), False)
    voided = ends(
        ("voided", "2026-03-10 09:00"), ("reopened", "2026-03-17 09:00"), ("met", "2026-04-17 09:00"),
        ("undone", "2026-04-20 09:00", {"fact": 3}),
    )  # fmt: skip
    assert (voided.state, voided.met_at) == ("voided", None)


def test_without_a_start_there_is_no_date() -> None:
    with pytest.raises(ClockError):
        derive(Limit(15, "wd"), [], CALENDAR)


def test_past_the_calendar_there_is_no_date() -> None:
    with pytest.raises(CalendarEnds):
        ends(("extended", "2026-03-10 09:00", {"by": "9000wd"}))


def test_edge_8_a_date_past_the_last_known_holiday_is_provisional() -> None:
    starts = [[Told(1, "started", london(day))] for day in ("2028-12-01", "2028-12-04")]
    assert [derive(Limit(15, "wd"), facts, CALENDAR).provisional for facts in starts] == [False, True]
