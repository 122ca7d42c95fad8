"""A timeline as a picture: a lane for each agency, marks where its rows lie, bands where nobody tells anything. Pure.

What is drawn stands in the table beside it as well. Rows without a date are not drawn; nor are rows that are counted
from a birth, whose place would tell the day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from reviews.timeline.merging import Gap, Placed

WIDE, LANE, TOP, LEFT = 960, 28, 30, 220
"""The picture's width, a lane's height, the room above the lanes for dates, and left of them for names. Units."""
STEP: Final = 4
"""Rows of one lane that lie closer than so many units are one mark."""
MOST_TICKS: Final = 12
LONGEST_NAME: Final = 26

At = Callable[[date], int]
"""Where a day lies, in units from the left."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One or more rows of an agency: from where to where, in units; count of rows; whether one is a key episode."""

    x: int
    width: int
    count: int
    is_key: bool


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    y: int
    marks: tuple[Mark, ...]

    @property
    def short_name(self) -> str:
        return self.name if len(self.name) <= LONGEST_NAME else f"{self.name[: LONGEST_NAME - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Picture:
    """The lanes in order; ticks and bands by where they lie; how many rows are drawn, and how many are not."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[int, str], ...]
    bands: tuple[tuple[int, int], ...]
    together: tuple[int, ...]
    first: date
    last: date
    drawn: int
    left_out: int

    @property
    def height(self) -> int:
        return TOP + LANE * (len(self.lanes) + 1)


def picture_of(
    entries: Iterable[Placed | Gap], met: Mapping[date, Sequence[str]], agencies: Sequence[str]
) -> Picture | None:
    """The picture of a timeline, its agencies in that order; None when fewer than two days are to be drawn."""
    rows: list[Placed] = []
    gaps: list[Gap] = []
    left_out = 0
    for one in entries:
        if isinstance(one, Gap):
            gaps.append(one)
        elif one.first is None or one.last is None or one.by_birth:
            left_out += 1
        else:
            rows.append(one)
    days = [day for one in rows for day in (one.first, one.last) if day is not None]
    if len(set(days)) < 2:
        return None
    first, last = min(days), max(days)

    def at(day: date) -> int:
        return LEFT + round((WIDE - LEFT - STEP) * (day - first).days / (last - first).days)

    of_agency: dict[str, list[Placed]] = {name: [] for name in agencies}
    for one in rows:
        of_agency.setdefault(one.agency, []).append(one)
    lanes = tuple(
        Lane(name, TOP + LANE * number, tuple(_marks(theirs, at)))
        for number, (name, theirs) in enumerate(
            (name, theirs) for name, theirs in of_agency.items() if theirs
        )
    )
    shown = {one.first for one in rows if one.is_a_day}
    together = sorted({at(day) // STEP * STEP for day in met if day in shown})
    bands = tuple((at(gap.first), max(STEP, at(gap.last) - at(gap.first))) for gap in gaps if gap.is_told)
    return Picture(
        lanes, tuple(_ticks(first, last, at)), bands, tuple(together), first, last, len(rows), left_out
    )  # fmt: skip


def _marks(rows: Iterable[Placed], at: At) -> Iterable[Mark]:
    """The rows of one lane; what covers days is a mark as wide as they are, what lies close together is one."""
    close: dict[tuple[int, int], list[Placed]] = {}
    for one in rows:
        assert one.first is not None
        assert one.last is not None
        x = at(one.first) // STEP * STEP
        width = max(STEP, (at(one.last) - x) // STEP * STEP)
        close.setdefault((x, width), []).append(one)
    # The widest first, so that none hides another.
    for (x, width), theirs in sorted(close.items(), key=lambda item: (-item[0][1], item[0][0])):
        yield Mark(x, width, len(theirs), any(one.is_key for one in theirs))


def _ticks(first: date, last: date, at: At) -> Iterable[tuple[int, str]]:
    """Where years begin; where months do, if there are few of them."""
    months = (last.year - first.year) * 12 + last.month - first.month
    by_month = months <= MOST_TICKS
    every = 1 if by_month else max(1, -(-(last.year - first.year) // MOST_TICKS))
    numbers = range(months + 1) if by_month else range(0, last.year - first.year + 1, every)
    for number in numbers:
        ahead = first.month - 1 + number if by_month else 0
        day = date(first.year + (ahead // 12 if by_month else number), ahead % 12 + 1 if by_month else 1, 1)
        if first <= day <= last:
            yield at(day), f"{day:%b %Y}" if by_month else str(day.year)
