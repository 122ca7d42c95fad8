"""The words for how a deadline stands: one table, and the midnights around it."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.bench import CALENDAR, london
from workflows.calendars import end_of
from workflows.countdown import day_in_words, time_left

DUE = date(2026, 4, 10)  # the Friday after Easter


@pytest.mark.parametrize(
    ("at", "days", "words", "tone"),
    [
        ("2026-03-18 09:00", 15, "15 working days left (due Friday 10 April 2026)", "ahead"),
        ("2026-04-02 09:00", 4, "4 working days left (due Friday 10 April 2026)", "ahead"),
        ("2026-04-05 12:00", 4, "4 working days left (due Friday 10 April 2026)", "ahead"),
        ("2026-04-07 00:00", 3, "3 working days left (due Friday 10 April 2026)", "soon"),
        ("2026-04-09 23:59", 1, "1 working day left (due Friday 10 April 2026)", "soon"),
        ("2026-04-10 00:00", 0, "due today", "today"),
        ("2026-04-10 23:59", 0, "due today", "today"),
        ("2026-04-11 00:00", -1, "1 working day late (was due Friday 10 April 2026)", "late"),  # a Saturday
        ("2026-04-13 09:00", -1, "1 working day late (was due Friday 10 April 2026)", "late"),
        ("2026-04-14 09:00", -2, "2 working days late (was due Friday 10 April 2026)", "late"),
    ],
)
def test_edge_17_the_words_for_each_day(at: str, days: int, words: str, tone: str) -> None:
    left = time_left(DUE, CALENDAR, at=london(*at.split()))
    assert (left.days, left.unit, left.words, left.tone) == (days, "working day", words, tone)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-06-30T22:59:59+00:00", "1 day left (due Wednesday 1 July 2026)"),
        ("2026-06-30T23:00:00+00:00", "due today"),  # midnight in London
        ("2026-07-01T22:59:59+00:00", "due today"),
        ("2026-07-01T23:00:00+00:00", "1 day late (was due Wednesday 1 July 2026)"),
    ],
)
def test_edge_18_in_summer_the_day_turns_at_londons_midnight(at: str, words: str) -> None:
    assert time_left(date(2026, 7, 1), CALENDAR, at=datetime.fromisoformat(at), working=False).words == words


@pytest.mark.parametrize(
    ("given_", "words", "tone"),
    [
        ({"due_on": None}, "paused", "quiet"),
        ({"state": "paused"}, "paused", "quiet"),
        ({"due_on": None, "state": "voided"}, "no longer due", "quiet"),
        ({"state": "voided"}, "no longer due", "quiet"),
        ({"state": "met", "met_at": london("2026-04-10", "23:59")}, "met on time", "done"),
        ({"state": "met", "met_at": london("2026-04-11", "00:00")}, "met 1 working day late", "late"),
        ({"state": "met", "met_at": london("2026-04-15", "12:00")}, "met 3 working days late", "late"),
        ({"state": "met", "met_at": london("2026-04-15"), "working": False}, "met 5 days late", "late"),
        ({"duty": "until"}, "ended Friday 10 April 2026", "quiet"),
        ({"duty": "until", "due_on": date(2030, 5, 1)}, "until Wednesday 1 May 2030", "quiet"),
    ],
)
def test_the_words_for_what_does_not_run(given_: dict[str, Any], words: str, tone: str) -> None:
    left = time_left(given_.pop("due_on", DUE), CALENDAR, at=london("2027-01-01"), **given_)
    assert (left.words, left.tone) == (words, tone)


@pytest.mark.parametrize(("day", "words"), [(DUE, "until"), (date(2026, 4, 11), "ended")])
def test_what_is_kept_up_until_a_day_is_never_late(day: date, words: str) -> None:
    left = time_left(DUE, CALENDAR, at=london(day.isoformat()), duty="until")
    assert (left.words, left.tone) == (f"{words} Friday 10 April 2026", "quiet")


@given(st.dates(date(2015, 1, 1), date(2035, 1, 1)), st.integers(-30, 30), st.booleans())
def test_it_says_late_from_the_first_late_instant_and_not_before(
    due_on: date, hours: int, working: bool
) -> None:
    # Given any day, and an instant within thirty hours of the midnight that ends it:
    at = datetime.fromtimestamp(end_of(due_on).timestamp() + 3600 * hours, tz=end_of(due_on).tzinfo)
    left = time_left(due_on, CALENDAR, at=at, working=working)

    # Then it is late exactly from then on, and what is late counts as one day or more.
    assert (left.tone == "late") is (at >= end_of(due_on))
    assert (left.days < 0) is (left.tone == "late")


def test_a_day_is_written_without_a_nought() -> None:
    assert day_in_words(date(2026, 5, 1)) == "Friday 1 May 2026"
