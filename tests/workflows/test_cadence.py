"""Cadence: a long period is heard of in time, a short one does not nag, and the book keeps to both."""

import pytest
from django.core.checks import Error

from reviews.rules import LADDERS, RULE_BOOK
from workflows import checks
from workflows.cadence import cadence_fits, misfits
from workflows.ladders import Rung
from workflows.rules import Limit

DAILY = tuple(Rung("author", before=days) for days in range(1, 31))
EVE = (Rung("manager", before=3), Rung("manager"))


def test_edge_51_daily_nagging_does_not_fit_and_neither_does_one_reminder_before_the_end_of_a_year() -> None:
    assert misfits(Limit(30, "wd"), DAILY) == [
        "A reminder 30 working days before falls on or before the day the 30 working days begin.",
        "author is reminded 30 times, which is more than once a week.",
        "author is told on 5 working days running.",
    ]
    assert misfits(Limit(12, "mo"), EVE) == [
        "The first reminder comes when less than a quarter of the 12 months is left."
    ]
    assert cadence_fits(Limit(12, "mo"), LADDERS["months"])


@pytest.mark.parametrize(
    ("limit", "before", "fits"),
    [
        ("1wd", [], True),
        ("1wd", [1], False),  # it would come on the very day on which the clock starts
        ("2wd", [1], True),
        ("5wd", [2, 1], True),
        ("5wd", [3, 2, 1], False),
        ("10wd", [3, 2, 1], True),
        ("15wd", [6, 4, 2, 1], True),
        ("15wd", [6, 5, 4, 3, 2, 1], False),
        ("19wd", [1], True),
        ("20wd", [1], False),
        ("20wd", [5], True),
        ("4w", [5, 1], True),
        ("-7wd", [5, 1], True),
        ("-7wd", [7], True),  # counted back from a day ahead: it begins long before its seven days
        ("30wd", [10], False),  # and then ten days of silence, where a quarter is seven and a half
        ("30wd", [10, 5], True),
        ("3mo", [15], False),
        ("3mo", [16, 5], True),
        ("6mo", [31, 5], False),
        ("6mo", [32, 5], True),
        ("6mo", [60, 5], False),  # eleven weeks of silence in between
        ("12mo", [59, 20], False),
        ("12mo", [60, 20], True),
    ],
)
def test_reminders_fit_the_length_of_the_period(limit: str, before: list[int], fits: bool) -> None:
    ladder = (*(Rung("manager", before=days) for days in before), Rung("manager"))
    assert cadence_fits(Limit.parse(limit), ladder) is fits


def test_days_running_are_counted_for_each_audience_by_itself() -> None:
    four = (Rung("manager", before=2), Rung("manager", before=1), Rung("manager"), Rung("manager", after=1))
    assert cadence_fits(Limit(15, "wd"), (*four, Rung("partners", before=3), Rung("partners", after=2)))
    assert misfits(Limit(15, "wd"), (*four, Rung("manager", after=2))) == [
        "manager is told on 5 working days running."
    ]


def test_a_ladder_without_steps_fits_every_period() -> None:
    assert cadence_fits(Limit(12, "mo"), ())


def test_every_ladder_of_the_book_suits_the_period_it_is_climbed_for() -> None:
    assert checks.every_ladder_suits_its_period(None) == []


def test_a_ladder_that_does_not_suit_its_period_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ladders = {**LADDERS, "months": EVE}
    monkeypatch.setattr(
        checks, "rule_book", lambda: type(RULE_BOOK)(RULE_BOOK.statutory, RULE_BOOK.local, ladders)
    )
    assert (
        checks.every_ladder_suits_its_period(None)
        == [
            Error(
                "Rule LCSPR_REPORT climbs the ladder 'months': "
                "The first reminder comes when less than a quarter of the 6 months is left.",
                id="workflows.E004",
            )
        ]
        * 2
    )  # its versions of both editions
