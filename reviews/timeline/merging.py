"""Rows of one or many chronologies on one line of time: their order, gaps, and the days on which agencies met. Pure."""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a row lies: its key, whose it is, and the first and last day it may mean (None: nobody knows).

    is_a_day: told to the day, and not counted from a birth. by_birth: counted from a birth. Such a row only has its
    place in the order; nothing else may tell its days, for they tell the date of birth.
    """

    key: int
    agency: str
    first: date | None = None
    last: date | None = None
    at: time | None = None
    is_a_day: bool = False
    source: str = ""
    is_key: bool = False
    by_birth: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Days of which nobody tells anything: from the day after one row to the day before the next.

    is_told: whether its days may be said; not where it ends at a row that is counted from a birth.
    """

    first: date
    last: date
    is_told: bool = True

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
    is_by_birth = False
    for one in rows:
        if one.first is not None and one.last is not None:
            if covered is not None and longer_than is not None:
                empty = (one.first - covered).days - 1
                if empty > longer_than:
                    is_told = not (one.by_birth or is_by_birth)
                    yield Gap(_next(covered, 1), _next(one.first, -1), is_told)
            if covered is None or one.last > covered:
                covered, is_by_birth = one.last, one.by_birth
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
    """Whether it may have been then, both ends included. What nobody can date may not, where an end is asked for.

    What is counted from a birth may have been on any day of its months: who asks day by day learns no more.
    """
    if first is None and last is None:
        return True
    if one.first is None or one.last is None:
        return False
    begins, ends = one.first, one.last
    if one.by_birth:
        begins = begins.replace(day=1)
        ends = ends.replace(day=calendar.monthrange(ends.year, ends.month)[1])
    return (first is None or ends >= first) and (last is None or begins <= last)
