"""Ladders: which day a rung falls on, in what order they come, and what is left of one recorded late."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reviews.rules import LADDERS
from tests.workflows.bench import CALENDAR, HOLIDAYS, london
from workflows.calendars import end_of, local_date
from workflows.ladders import MISSED, Rung, climb

DUE = date(2026, 4, 10)
LADDER = (
    Rung("manager", before=5), Rung("manager", before=1), Rung("manager"), Rung("manager", after=1),
    Rung("chair", after=3),
)  # fmt: skip
LONG_AGO = london("2026-01-01")


def test_rungs_are_counted_in_the_deadlines_own_days_and_fire_in_the_morning() -> None:
    # Easter lies between: five working days before 10 April is 31 March, already in summer time.
    assert [
        (step.key, step.news, step.fires_at) for step in climb(LADDER, DUE, CALENDAR, armed_at=LONG_AGO)
    ] == [
        ("before-5:manager", "reminder", london("2026-04-01", "08:30")),
        ("before-1:manager", "reminder", london("2026-04-09", "08:30")),
        ("due:manager", "due-today", london("2026-04-10", "08:30")),
        (MISSED, MISSED, london("2026-04-11", "00:00")),
        ("after-1:manager", "late", london("2026-04-13", "08:30")),
        ("after-3:chair", "late", london("2026-04-15", "08:30")),
    ]


def test_edge_44_the_morning_is_londons_on_both_sides_of_a_change_of_clocks() -> None:
    steps = climb(
        (Rung("manager", before=1), Rung("manager", after=1)), date(2026, 3, 29), CALENDAR, armed_at=LONG_AGO
    )
    assert [step.fires_at.isoformat() for step in steps] == [
        "2026-03-27T08:30:00+00:00", "2026-03-29T23:00:00+00:00", "2026-03-30T07:30:00+00:00",
    ]  # fmt: skip


def test_a_ladder_without_rungs_still_has_the_breach() -> None:
    assert [(step.key, step.tell, step.fires_at) for step in climb((), DUE, CALENDAR, armed_at=LONG_AGO)] == [
        (MISSED, "", end_of(DUE))
    ]


def test_of_what_had_passed_when_it_was_armed_only_the_latest_for_each_audience_is_left() -> None:
    steps = climb(LADDER, DUE, CALENDAR, armed_at=london("2026-04-10", "09:00"))
    assert [step.key for step in steps] == ["due:manager", MISSED, "after-1:manager", "after-3:chair"]


def test_of_a_ladder_wholly_in_the_past_each_audience_hears_one_thing() -> None:
    steps = climb(LADDER, DUE, CALENDAR, armed_at=london("2026-06-01"))
    assert [step.key for step in steps] == [MISSED, "after-1:manager", "after-3:chair"]


def test_a_rung_whose_time_is_now_has_passed() -> None:
    steps = climb(LADDER, DUE, CALENDAR, armed_at=london("2026-04-09", "08:30"))
    assert [step.key for step in steps][:2] == ["before-1:manager", "due:manager"]


@given(
    st.sampled_from(sorted(LADDERS)), st.dates(date(2014, 1, 1), date(2038, 1, 1)), st.integers(-60 * 24, 60 * 24)
)  # fmt: skip
def test_every_ladder_keeps_what_is_ahead_and_at_most_one_thing_each_of_what_is_not(
    name: str, due_on: date, hours: int
) -> None:
    # Given a ladder armed at some hour around the day it is due:
    armed_at = end_of(due_on) + timedelta(hours=hours)
    everything = climb(LADDERS[name], due_on, CALENDAR, armed_at=london("2012-01-01"))

    # When it is climbed, then all that is ahead is there, in order, and of the past the latest each.
    steps = climb(LADDERS[name], due_on, CALENDAR, armed_at=armed_at)
    assert steps == sorted(steps, key=lambda step: step.fires_at)
    assert [s for s in steps if s.fires_at > armed_at] == [s for s in everything if s.fires_at > armed_at]
    past = [step for step in steps if step.fires_at <= armed_at]
    assert {step.tell for step in past} == {step.tell for step in everything if step.fires_at <= armed_at}
    assert len({step.tell for step in past}) == len(past)


@given(st.sampled_from(sorted(LADDERS)), st.dates(date(2014, 1, 1), date(2038, 1, 1)))
def test_edge_22_no_rung_but_that_of_the_day_itself_falls_on_a_day_off(name: str, due_on: date) -> None:
    for step in climb(LADDERS[name], due_on, CALENDAR, armed_at=london("2012-01-01")):
        day = local_date(step.fires_at)
        assert step.news in ("due-today", MISSED) or (day.weekday() < 5 and day not in HOLIDAYS)


def test_the_keys_of_one_ladder_are_different_from_each_other() -> None:
    for ladder in LADDERS.values():
        assert len({rung.key for rung in ladder}) == len(ladder)
