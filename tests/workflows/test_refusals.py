"""What cannot be true of a clock is refused; what can is not."""

from typing import Any

import pytest

from tests.workflows.bench import Told, london
from tests.workflows.test_derivation import EXTENSION, PAUSE, UNDO_EXTENSION, told
from workflows.derivation import refuse_impossible
from workflows.exceptions import ClockError
from workflows.rules import Limit


@pytest.mark.parametrize(
    ("facts", "kind", "at", "details"),
    [
        ([], "started", "2026-03-10", {}),
        ([], "resumed", "2026-03-10", {}),
        ([], "reopened", "2026-03-10", {}),
        ([], "paused", "2026-03-01", {}),
        ([], "undone", "2026-03-10", {"fact": 1}),  # the start
        ([], "undone", "2026-03-10", {"fact": 9}),
        ([], "undone", "2026-03-10", {}),
        (PAUSE[:1], "paused", "2026-03-05", {}),
        (PAUSE, "paused", "2026-03-05", {}),  # inside another
        (PAUSE, "paused", "2026-03-03", {}),  # before another, and without an end
        (PAUSE, "met", "2026-03-05", {}),
        ([PAUSE[0], EXTENSION, ("resumed", "2026-03-12 00:00")], "resumed", "2026-03-05", {}),
        ([("extended", "2026-03-05 09:00", {"by": "1wd"}), ("paused", "2026-03-06 09:00")], "paused", "2026-03-04", {}),
        ([("met", "2026-03-10 09:00")], "met", "2026-03-11", {}),
        ([("met", "2026-03-10 09:00")], "voided", "2026-03-11", {}),
        ([("met", "2026-03-10 09:00")], "extended", "2026-03-11", {"by": "1wd"}),
        ([("met", "2026-03-10 09:00")], "re-ruled", "2026-03-11", {"limit": "1wd"}),
        ([*PAUSE, EXTENSION, UNDO_EXTENSION], "undone", "2026-03-13", {"fact": 4}),  # twice
        (
            [("met", "2026-03-10 09:00"), ("reopened", "2026-03-11 09:00"), ("paused", "2026-03-12 09:00"),
             ("resumed", "2026-03-13 09:00"), ("undone", "2026-03-16 09:00", {"fact": 3})],
            "paused", "2026-03-17", {},
        ),  # the pause after it no longer makes a clock run that had ended
    ],
)  # fmt: skip
def test_edge_29_what_cannot_be_true_of_a_clock_is_refused(
    facts: list[Any], kind: str, at: str, details: dict[str, Any]
) -> None:
    with pytest.raises(ClockError):
        refuse_impossible(
            kind, told(*facts), limit=Limit(15, "wd"), effective_at=london(at, "12:00"), details=details
        )


@pytest.mark.parametrize(
    ("facts", "kind", "at", "details"),
    [
        ([], "paused", "2026-03-10", {}),
        (PAUSE, "paused", "2026-03-06", {}),  # half-open: it may begin where another ended
        (PAUSE[:1], "met", "2026-03-10", {}),
        (PAUSE[:1], "extended", "2026-03-10", {"by": "1wd"}),  # a paused clock may be given more time
        (PAUSE, "undone", "2026-03-10", {"fact": 2}),
        ([*PAUSE, EXTENSION, UNDO_EXTENSION], "undone", "2026-03-13", {"fact": 5}),
        ([("met", "2026-03-10 09:00")], "reopened", "2026-03-10", {}),
        ([("met", "2026-03-10 09:00")], "restarted", "2026-03-11", {}),
    ],
)
def test_what_can_be_true_of_a_clock_is_not(
    facts: list[Any], kind: str, at: str, details: dict[str, Any]
) -> None:
    refuse_impossible(
        kind, told(*facts), limit=Limit(15, "wd"), effective_at=london(at, "12:00"), details=details
    )


def test_nothing_is_true_of_a_clock_that_never_started() -> None:
    with pytest.raises(ClockError, match="never started"):
        refuse_impossible("paused", [], limit=Limit(1, "wd"), effective_at=london("2026-03-10"), details={})


def test_a_count_backwards_may_be_met_before_the_day_it_counts_from() -> None:
    start = Told(1, "started", london("2026-04-09", "00:00"))
    refuse_impossible("met", [start], limit=Limit(-7, "wd"), effective_at=london("2026-03-20"), details={})
