"""What if: today, the bank holidays, a limit or a pause were otherwise. Pure: no database, no clock, no settings."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Any

from workflows.calendars import Calendar, end_of, start_of
from workflows.derivation import Derivation, derive, refuse_impossible
from workflows.facts import PAUSED, RESTARTED, RESUMED, FactLike
from workflows.rules import Limit

SUPPOSED = "Supposed bank holiday"
"""The name of a day that is only supposed not to count."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The clocks of these subjects would stand still from one London day to another, both inclusive."""

    subjects: frozenset[Hashable]
    first: date
    last: date
    whose: str = ""


@dataclass(frozen=True)
class Suppositions:
    """All that is supposed at once. today None: as it is, and what follows is told without an end."""

    today: date | None = None
    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.today or self.holidays or self.working_days or self.limits or self.pauses)

    def changed(self, calendar: Calendar) -> Calendar:
        """The calendar with the supposed days; itself when none is supposed."""
        return _changed(calendar, self.holidays, self.working_days)


@lru_cache(maxsize=8)
def _changed(calendar: Calendar, more: frozenset[date], fewer: frozenset[date]) -> Calendar:
    """Kept in memory: every deadline of a simulation is counted by the same few."""
    if not more and not fewer:
        return calendar
    holidays = {day: name for day, name in calendar.holidays.items() if day not in fewer}
    return Calendar(f"{calendar.version}, supposed", {**dict.fromkeys(more, SUPPOSED), **holidays})


@dataclass(frozen=True, slots=True)
class SupposedFact:
    """A fact that nobody recorded."""

    id: int
    kind: str
    effective_at: datetime
    authority: str = ""
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch in which the clock runs towards one day; None: without a beginning, or without an end."""

    since: datetime | None
    until: datetime | None
    derivation: Derivation


def legs_of(
    limit: Limit, facts: Sequence[FactLike], calendar: Calendar, pauses: Sequence[Pause]
) -> list[Leg]:
    """How a deadline would run: one leg, and one more after each supposed pause. The last has the day that counts.

    Raises ClockError when the clock cannot be paused then, CalendarEnds when the count runs past the calendar.
    """
    told = list(facts)
    derivation = derive(limit, told, calendar)
    legs: list[Leg] = []
    since: datetime | None = None
    for pause in sorted(pauses, key=lambda pause: pause.first):
        stop = max(start_of(pause.first), derivation.started_at)
        go = end_of(pause.last)
        if go <= stop or derivation.state in ("met", "voided"):
            continue
        refuse_impossible(PAUSED, told, limit=limit, effective_at=stop, details={})
        legs.append(Leg(since, stop, derivation))
        number = max((fact.id for fact in told), default=0)
        told += [SupposedFact(number + 1, PAUSED, stop), SupposedFact(number + 2, RESUMED, go)]
        since, derivation = go, derive(limit, told, calendar)
    return [*legs, Leg(since, None, derivation)]


def legs_planned_from(
    anchor: Sequence[Leg], limit: Limit, facts: Sequence[FactLike], calendar: Calendar
) -> list[Leg]:
    """How a milestone would run that is planned back from another: counted from the due day of each of its legs.

    While the other stands still it keeps the day it has.
    """
    number = max((fact.id for fact in facts), default=0) + 1
    last = max(fact.effective_at for fact in facts)
    return [
        Leg(leg.since, following.since if following else None, derive(limit, [*facts, restarted], calendar))
        for leg, following in zip_longest(anchor, anchor[1:])
        for start in (start_of(leg.derivation.due_so_far),)
        for restarted in (SupposedFact(number, RESTARTED, last, details={"start": start.isoformat()}),)
    ]
