"""Timing contenders in turn, and the tables that come of it. Knows nothing of what is measured."""

import gc
import os
import statistics
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
"""How often each contender is measured; one round more goes before, and is forgotten."""

FULL = os.environ.get("BENCH_FULL") == "1"
"""Whether to go up to a million deadlines and 100,000 cases, which takes many minutes."""


def nothing() -> None:
    """No set-up."""


@dataclass(frozen=True)
class Contender:
    """One way to do the work. `before` is not timed; what it returns is given to `run`."""

    name: str
    run: Callable[[Any], object]
    before: Callable[[], Any] = nothing
    inside: int = 1
    """How many times `run` does the work, so that one time can be said."""


@dataclass
class Timing:
    """The times of one contender (seconds for one piece of work), a round each."""

    name: str
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        return min(self.seconds)

    def times(self, base: "Timing") -> float:
        """How many times the base it takes: the median of the ratios, a round each, since rounds differ."""
        return statistics.median(
            mine / theirs for mine, theirs in zip(self.seconds, base.seconds, strict=True)
        )


def in_turn(contenders: Sequence[Contender], rounds: int = ROUNDS) -> list[Timing]:
    """Time the contenders one after another, round by round, each round beginning with another of them."""
    timings = [Timing(contender.name) for contender in contenders]
    for number in range(rounds + 1):
        for turn in range(len(contenders)):
            place = (number + turn) % len(contenders)
            contender = contenders[place]
            given = contender.before()
            gc.collect()
            start = perf_counter()
            contender.run(given)
            took = perf_counter() - start
            if number:
                timings[place].seconds.append(took / contender.inside)
    return timings


def memory_peak(run: Callable[[], object]) -> float:
    """How many MB of Python objects are held at once, more than before, while it runs."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        run()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (peak - before) / 1024 / 1024


@dataclass
class Table:
    """Some figures with a title, and what must be known to read them."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    note: str = ""

    def as_markdown(self) -> str:
        cells = [[_cell(value) for value in row] for row in (self.columns, *self.rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(self.columns))]
        lines = [
            "| "
            + " | ".join(
                text.ljust(width) if place == 0 else text.rjust(width)
                for place, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            + " |"
            for row in cells
        ]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines.insert(1, "| " + " | ".join(rule) + " |")
        return "\n".join([f"## {self.title}", "", *lines, *(["", self.note] if self.note else []), ""])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def rows_of(
    timings: Sequence[Timing], unit: float, more: Callable[[Timing], Sequence[object]] = lambda timing: ()
) -> list[Sequence[object]]:
    """A row each: name, median and least in the unit (1000 for ms), times the first, and what more gives."""
    return [
        (
            timing.name,
            timing.median * unit,
            timing.least * unit,
            round(timing.times(timings[0]), 2),
            *more(timing),
        )
        for timing in timings
    ]
