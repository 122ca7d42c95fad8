"""The chronologies of a case on one timeline, as far as a person may read the returns they stand in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reviews.models import AgencyReturn, Case, ChronologyRow
from reviews.services.chronology import birth_of, placed
from reviews.timeline.merging import Gap, Placed, in_time, may_lie_between, met_on, with_gaps


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a timeline: of one agency alone, key episodes alone, what may have been from one day to another.

    gap: the least number of days without a row that is shown; None for none.
    """

    agency: str = ""
    only_key: bool = False
    first: date | None = None
    last: date | None = None
    gap: int | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows in order, with their gaps; and the days on which several agencies tell of something.

    Those days count whatever is filtered: another agency that met the family is no less there.
    """

    entries: Sequence[Placed | Gap]
    met: Mapping[date, tuple[str, ...]]
    count: int

    def others(self, one: Placed) -> tuple[str, ...]:
        """The other agencies that tell of something on the day of this row."""
        if not one.is_a_day or one.first is None:
            return ()
        return tuple(name for name in self.met.get(one.first, ()) if name != one.agency)


def timeline_of(case: Case, returns: Sequence[AgencyReturn], wanted: Wanted) -> Timeline:
    """The rows of these returns on one line. Two queries, however many rows there are."""
    rows = ChronologyRow.objects.filter(agency_return__in=returns)
    names = {one.pk: one.agency.name for one in returns}
    every = placed(rows, names, birth_of(case))
    shown = sorted(
        (
            one
            for one in every
            if (not wanted.agency or one.agency == wanted.agency)
            and (one.is_key or not wanted.only_key)
            and may_lie_between(one, wanted.first, wanted.last)
        ),
        key=in_time,
    )
    return Timeline(list(with_gaps(shown, longer_than=wanted.gap)), met_on(every), len(shown))


def texts_of(entries: Sequence[Placed | Gap]) -> dict[int, ChronologyRow]:
    """The rows of a page, by their keys. One query."""
    keys = [one.key for one in entries if isinstance(one, Placed)]
    return ChronologyRow.objects.in_bulk(keys)
