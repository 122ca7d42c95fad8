"""Rows of one or many chronologies on one line of time: their order, gaps, and the days on which agencies met. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row lies: its key, whose it is, and the first and last day it may mean (None: nobody knows).

    is_a_day: told to the day, and not counted from a birth.
    """

    key: int
    agency: str
    first: date | None = None
    last: date | None = None
    at: time | None = None
    is_a_day: bool = False
    source: str = ""
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Days of which nobody tells anything: from the day after one row to the day before the next."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def in_time(one: Placed) -> tuple[bool, date, date, time, str, int]:
    """Sorts by the first day a row may mean, then the last; of which nobody knows, last of all."""
    return (
        one.first is None,
        one.first or date.max,
        one.last or date.max,
        one.at or time.min,
        one.agency,
        one.key,
    )


def with_gaps(rows: Sequence[Placed], *, longer_than: int | None) -> Iterator[Placed | Gap]:
    """The rows, which are in order, and between them each gap longer than so many days; None for no gaps.

    A row covers every day it may mean: "2019" leaves no gap in that year.
    """
    covered: date | None = None
    for one in rows:
        if one.first is not None and one.last is not None:
            if covered is not None and longer_than is not None:
                empty = (one.first - covered).days - 1
                if empty > longer_than:
                    yield Gap(_next(covered, 1), _next(one.first, -1))
            covered = max(covered or one.last, one.last)
        yield one


def _next(day: date, step: int) -> date:
    return date.fromordinal(day.toordinal() + step)


def met_on(rows: Iterable[Placed]) -> Mapping[date, tuple[str, ...]]:
    """The days on which several agencies tell of something, each known to the day: their names, in order."""
    days: dict[date, set[str]] = {}
    for one in rows:
        if one.is_a_day and one.first is not None:
            days.setdefault(one.first, set()).add(one.agency)
    return {day: tuple(sorted(agencies)) for day, agencies in days.items() if len(agencies) > 1}


def may_lie_between(one: Placed, first: date | None, last: date | None) -> bool:
    """Whether it may have been then, both ends included. What nobody can date may not, where an end is asked for."""
    if first is None and last is None:
        return True
    if one.first is None or one.last is None:
        return False
    return (first is None or one.last >= first) and (last is None or one.first <= last)
