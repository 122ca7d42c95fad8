"""What if, as pure functions: a calendar with other days, and a clock that would stand still."""

from datetime import date

import pytest

from tests.workflows.bench import CALENDAR, Told, london
from workflows.calendars import end_of, start_of
from workflows.exceptions import ClockError
from workflows.rules import Limit
from workflows.supposing import SUPPOSED, Pause, Suppositions, legs_of

START = Told(
    1, "started", london("2026-03-18", "09:00")
)  # a Wednesday: 7 working days end on Friday 27 March
SEVEN = Limit(7, "wd")
MONDAY, WEDNESDAY = date(2026, 3, 23), date(2026, 3, 25)


def a_pause(first: date, last: date) -> Pause:
    return Pause(frozenset(["one"]), first, last)


# ---- Calendars ---------------------------------------------------------------------------------
def test_nothing_supposed_leaves_the_calendar_itself() -> None:
    assert not Suppositions()
    assert Suppositions().changed(CALENDAR) is CALENDAR


def test_a_supposed_holiday_does_not_count_and_says_why() -> None:
    changed = Suppositions(holidays=frozenset([MONDAY])).changed(CALENDAR)

    assert CALENDAR.add(date(2026, 3, 20), 1) == MONDAY
    assert changed.add(date(2026, 3, 20), 1) == date(2026, 3, 24)
    assert changed.why_not(MONDAY) == SUPPOSED


def test_a_holiday_that_is_supposed_away_counts() -> None:
    good_friday = date(2026, 4, 3)
    changed = Suppositions(working_days=frozenset([good_friday])).changed(CALENDAR)

    assert CALENDAR.add(date(2026, 4, 2), 1) == date(2026, 4, 7)
    assert changed.add(date(2026, 4, 2), 1) == good_friday


# ---- Legs --------------------------------------------------------------------------------------
def test_without_a_pause_there_is_one_leg_and_it_is_the_real_one() -> None:
    [leg] = legs_of(SEVEN, [START], CALENDAR, [])

    assert (leg.since, leg.until, leg.derivation.due_on) == (None, None, date(2026, 3, 27))


def test_a_pause_of_three_working_days_moves_the_day_by_three_and_parts_the_legs() -> None:
    legs = legs_of(SEVEN, [START], CALENDAR, [a_pause(MONDAY, WEDNESDAY)])

    assert [(leg.since, leg.until, leg.derivation.due_on) for leg in legs] == [
        (None, start_of(MONDAY), date(2026, 3, 27)),
        (end_of(WEDNESDAY), None, date(2026, 4, 1)),
    ]


def test_two_pauses_make_three_legs_in_order_of_time() -> None:
    pauses = [a_pause(date(2026, 3, 26), date(2026, 3, 26)), a_pause(MONDAY, MONDAY)]
    legs = legs_of(SEVEN, [START], CALENDAR, pauses)

    assert [leg.derivation.due_on for leg in legs] == [date(2026, 3, d) for d in (27, 30, 31)]


def test_a_pause_before_the_start_stops_nothing_and_one_across_it_from_the_start() -> None:
    before = legs_of(SEVEN, [START], CALENDAR, [a_pause(date(2026, 3, 9), date(2026, 3, 13))])
    across = legs_of(SEVEN, [START], CALENDAR, [a_pause(date(2026, 3, 9), date(2026, 3, 20))])

    assert [leg.derivation.due_on for leg in before] == [date(2026, 3, 27)]
    assert across[-1].derivation.due_on == date(2026, 3, 31)


def test_a_clock_that_stands_already_is_not_paused_again_and_so_not_set_going() -> None:
    stopped = Told(2, "paused", london("2026-03-20", "12:00"))

    with pytest.raises(ClockError, match="at that time it was paused"):
        legs_of(SEVEN, [START, stopped], CALENDAR, [a_pause(MONDAY, WEDNESDAY)])


def test_a_clock_that_has_ended_is_left_alone() -> None:
    met = Told(2, "met", london("2026-03-20", "12:00"))
    [leg] = legs_of(SEVEN, [START, met], CALENDAR, [a_pause(MONDAY, WEDNESDAY)])

    assert leg.derivation.state == "met"
