"""Facts + rule + calendar -> when it is due, and why. Pure: no database, no clock, no settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from workflows.calendars import Calendar, end_of, local_date, start_of
from workflows.exceptions import ClockError
from workflows.facts import (
    EXTENDED,
    MET,
    ONLY_WHEN,
    PAUSED,
    RE_RULED,
    RESTARTED,
    RESUMED,
    STARTED,
    UNDONE,
    VERBS,
    VOIDED,
    FactLike,
    State,
    fits,
    standing_facts,
    state_after,
    undone_facts,
)
from workflows.limits import HOURS, Limit


@dataclass(frozen=True, slots=True)
class Change:
    """Something that moved the due day: a pause, an extension, a new rule."""

    what: str
    from_day: date
    to_day: date
    stopped: int
    authority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """When a deadline is due, and everything that made it so.

    due_on is the last day that is in time (London); due_at the midnight that ends it, the first late
    instant (aware, UTC). Both are the date in force, also once met. While paused there is no date.
    """

    state: State
    started_at: datetime
    start_on: date
    limit: Limit
    calendar_version: str
    due_on: date | None
    due_at: datetime | None
    first_due_on: date
    provisional: bool
    skipped: tuple[tuple[date, str], ...]
    changes: tuple[Change, ...] = ()
    met_at: datetime | None = None
    voided_at: datetime | None = None
    round: int = 1
    notes: tuple[str, ...] = ()

    @property
    def due_so_far(self) -> date:
        """The due day, also of a paused clock: the one it has by the days that were stopped until now."""
        return self.due_on or (self.changes[-1].to_day if self.changes else self.first_due_on)

    @property
    def is_late(self) -> bool:
        """Met on or after the first late instant. Not met is not late here: that depends on when one asks."""
        return self.met_at is not None and self.due_at is not None and self.met_at >= self.due_at

    def as_json(self) -> dict[str, Any]:
        """The proof in plain words and ISO dates: the shape stored, shown and exported."""
        return {
            "state": self.state,
            "started_at": self.started_at.isoformat(),
            "start_on": self.start_on.isoformat(),
            "limit": str(self.limit),
            "limit_in_words": self.limit.words,
            "counting": self.limit.counting,
            "round": self.round,
            "notes": list(self.notes),
            "calendar": self.calendar_version,
            "due_on": self.due_on.isoformat() if self.due_on else None,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "first_due_on": self.first_due_on.isoformat(),
            "provisional": self.provisional,
            "skipped": [{"day": day.isoformat(), "why": why} for day, why in self.skipped],
            "changes": [
                {
                    "what": change.what,
                    "from": change.from_day.isoformat(),
                    "to": change.to_day.isoformat(),
                    "stopped_days": change.stopped,
                    "authority": change.authority,
                    "reason": change.reason,
                }
                for change in self.changes
            ],
            "met_at": self.met_at.isoformat() if self.met_at else None,
            "voided_at": self.voided_at.isoformat() if self.voided_at else None,
        }


def stopped_days(stop: datetime, go: datetime, *, after: date) -> tuple[date, date] | None:
    """The first and last London day that lie wholly between the instants and after day 0; None if none does."""
    first = local_date(stop)
    if start_of(first) < stop:
        first += timedelta(days=1)
    last = local_date(go) - timedelta(days=1)  # the day of resuming is not wholly inside
    first = max(first, after + timedelta(days=1))
    return (first, last) if first <= last else None


@dataclass(frozen=True, slots=True)
class _Stop:
    """A time in which the clock did not run, half-open."""

    since: datetime
    until: datetime


@dataclass
class _Fold:
    """The state of a clock while its facts are told, one after the other.

    The due day is always the limit counted from day 0 and moved by everything in `moves`, in order: so a
    new limit keeps earlier pauses and extensions, and counts the pauses in its own kind of day.
    """

    calendar: Calendar
    limit: Limit
    started_at: datetime
    start_on: date = field(init=False)
    first_due_on: date = field(init=False)
    due_on: date = field(init=False)
    due_at: datetime = field(init=False)
    round: int = 1
    state: State = "running"
    stopped_at: datetime | None = None
    stopped_by: FactLike = field(init=False)
    days_stopped: int = 0
    met_at: datetime | None = None
    voided_at: datetime | None = None
    moves: list[_Stop | FactLike] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin(self.started_at)

    def begin(self, at: datetime, number: int = 1) -> None:
        self.started_at, self.round = at, number
        self.start_on = self.limit.day_0(at)
        self.moves, self.days_stopped = [], 0
        self.due_on, _ = self.count_again()
        self.first_due_on = self.due_on
        self.stopped_at, self.met_at, self.voided_at = None, None, None

    def put_start_right(self, at: datetime) -> None:
        """Count from another instant, with the pauses and extensions that there are: it began then all along."""
        self.started_at, self.start_on = at, self.limit.day_0(at)
        moves, self.moves = self.moves, []
        self.first_due_on, _ = self.count_again()
        self.moves = moves
        self.due_on, self.days_stopped = self.count_again()

    def count_again(self) -> tuple[date, int]:
        """The due day by the limit and all the moves, and how many days were stopped."""
        limit = self.limit.of_round(self.round)
        if limit.unit == HOURS:
            self.due_at = self.count_hours(limit)
            return local_date(self.due_at - timedelta(microseconds=1)), 0
        due_on, total = limit.from_day(self.start_on, self.calendar), 0
        for move in self.moves:
            if isinstance(move, _Stop):
                stopped = self.stopped_in(move, due_on)
                due_on, total = self.limit.stretched(due_on, stopped, self.calendar), total + stopped
            elif "to" in move.details:
                due_on = date.fromisoformat(move.details["to"])
            else:
                due_on = Limit.parse(move.details["by"]).from_day(due_on, self.calendar)
        self.due_at = end_of(due_on)
        return due_on, total

    def count_hours(self, limit: Limit) -> datetime:
        """The first late instant of a limit in hours: a stop adds its own length, a longer extension whole days."""
        due_at = limit.ends_at(self.started_at, self.calendar)
        for move in self.moves:
            if isinstance(move, _Stop):
                due_at += move.until - move.since if move.since < due_at else timedelta(0)
            elif "to" in move.details:
                due_at = end_of(date.fromisoformat(move.details["to"]))
            elif (by := Limit.parse(move.details["by"])).unit == HOURS:
                due_at = by.ends_at(due_at, self.calendar)
            else:
                last = local_date(due_at - timedelta(microseconds=1))
                due_at = end_of(by.from_day(last, self.calendar))
        return due_at

    def stopped_in(self, stop: _Stop, due_on: date) -> int:
        """The days of the limit's own kind that lie wholly in the stop; none once the due day has passed."""
        days = stopped_days(stop.since, stop.until, after=self.start_on)
        if days is None or days[0] > due_on:
            return 0
        first, last = days
        if self.limit.in_working_days:
            return self.calendar.between(first - timedelta(days=1), last)
        return (last - first).days + 1

    def move(self, fact: FactLike) -> None:
        """Count again, and note what that changed."""
        before, stopped = self.due_on, self.days_stopped
        self.due_on, self.days_stopped = self.count_again()
        if fact.kind in (EXTENDED, RE_RULED) or self.due_on != before:
            self.changes.append(
                Change(
                    fact.kind, before, self.due_on, self.days_stopped - stopped, fact.authority, fact.reason
                )
            )

    def stop(self, at: datetime, fact: FactLike) -> None:
        self.stopped_at, self.stopped_by = at, fact

    def go(self, at: datetime) -> None:
        """End the stop: the days that lay wholly inside it are added at the end."""
        if self.stopped_at is None:
            return
        since = self.stopped_at
        last = self.moves[-1] if self.moves else None
        if isinstance(last, _Stop) and last.until == since:
            since = last.since  # one stop ran into the next: the day they share was stopped too
            self.moves.pop()
        self.moves.append(_Stop(since, at))
        self.stopped_at = None
        self.move(self.stopped_by)

    def tell(self, fact: FactLike) -> None:
        if not fits(fact.kind, self.state):
            return
        match fact.kind:
            case "restarted":
                before = self.due_on
                start = fact.details.get("start")  # when it is not the moment at which it was decided
                begun = datetime.fromisoformat(start) if start else fact.effective_at
                if "limit" in fact.details:  # a new round, in which what re-ruled the one before has no part
                    self.limit = Limit.parse(fact.details["limit"])
                if fact.details.get("keeps"):
                    self.put_start_right(begun)
                else:
                    self.begin(begun, int(fact.details.get("round", 1)))
                self.changes.append(Change(fact.kind, before, self.due_on, 0, fact.authority, fact.reason))
            case "paused":
                self.stop(fact.effective_at, fact)
            case "resumed":
                self.go(fact.effective_at)
            case "extended":
                self.moves.append(fact)
                self.move(fact)
            case "re-ruled":
                self.limit = Limit.parse(fact.details["limit"])
                self.start_on = self.limit.day_0(self.started_at)
                self.move(fact)
            case "met":
                self.go(fact.effective_at)
                self.met_at = fact.effective_at
            case "voided":
                self.go(fact.effective_at)
                self.voided_at = fact.effective_at
            case "reopened":
                closed_at = self.met_at or self.voided_at
                if closed_at and fact.details.get("closed_time") == "stopped":
                    self.stop(closed_at, fact)
                    self.go(fact.effective_at)
                self.met_at, self.voided_at = None, None
        self.state = state_after(fact, self.state)


def derive(limit: Limit, facts: Iterable[FactLike], calendar: Calendar) -> Derivation:
    """When a deadline with that limit is due, by all its facts.

    The facts may come in any order; what was undone has no part. Raises ClockError without a start,
    CalendarEnds when the count runs past the calendar.
    """
    rows = standing_facts(facts)
    start = next((fact for fact in rows if fact.kind == STARTED), None)
    if start is None:
        raise ClockError("Cannot derive a date: the clock was never started.")
    fold = _Fold(calendar, limit, start.effective_at)
    for fact in rows:
        if fact is not start:
            fold.tell(fact)
    paused = fold.state == "paused"
    backward = fold.due_on < fold.start_on
    span = (fold.due_on, fold.start_on) if backward else (fold.start_on, fold.due_on)
    return Derivation(
        state=fold.state,
        started_at=fold.started_at,
        start_on=fold.start_on,
        limit=fold.limit,
        calendar_version=calendar.version,
        due_on=None if paused else fold.due_on,
        due_at=None if paused else fold.due_at,
        first_due_on=fold.first_due_on,
        provisional=calendar.is_provisional(max(span)),
        skipped=tuple(calendar.skipped(*span)) if fold.limit.in_working_days else (),
        changes=tuple(fold.changes),
        met_at=fold.met_at,
        voided_at=fold.voided_at,
        round=fold.round,
        notes=tuple(fold.limit.of_round(fold.round).notes(fold.started_at, calendar)),
    )


def refuse_impossible(
    kind: str, facts: Sequence[FactLike], *, limit: Limit, effective_at: datetime, details: Mapping[str, Any]
) -> None:
    """Raise ClockError if a new fact of that kind cannot be true after the facts there are.

    A limit that counts backwards starts from a day still to come, so its facts may lie before the start.
    """
    rows = standing_facts(facts)
    start = next((fact for fact in rows if fact.kind == STARTED), None)
    if kind == STARTED:
        if start:
            raise ClockError("Cannot start this clock: it is running already. Restart it, with a reason.")
        return
    if start is None:
        raise ClockError(f"Cannot {VERBS[kind]} this clock: it was never started.")
    put_right = [fact.effective_at for fact in rows if fact.kind == RESTARTED and fact.details.get("keeps")]
    begun = min([start.effective_at, *put_right])
    is_new_start = kind == RESTARTED and bool(details.get("keeps"))
    if effective_at < begun and limit.count >= 0 and not is_new_start:
        raise ClockError(
            f"Cannot {VERBS[kind]} this clock before it started, on {_day(begun)}.", about="when"
        )
    if kind == UNDONE:
        undone = undone_facts(facts)
        if details.get("fact") not in {fact.id for fact in facts if fact.id not in undone} - {start.id}:
            raise ClockError("Cannot undo that: no such fact holds for this deadline.")
        return
    state: State = "running"
    for fact in rows:
        if fact.effective_at <= effective_at and fits(fact.kind, state):
            state = state_after(fact, state)
    if not fits(kind, state):
        needed = " or ".join(ONLY_WHEN[kind])
        raise ClockError(
            f"Cannot {VERBS[kind]} this clock on {_day(effective_at)}: at that time it was {state}, not {needed}.",
            about="when",
        )
    turns = (PAUSED, RESUMED, MET, VOIDED)
    later = next((fact for fact in rows if fact.effective_at > effective_at and fact.kind in turns), None)
    if kind in turns and later is not None:
        raise ClockError(
            f"Cannot {VERBS[kind]} this clock on {_day(effective_at)}: it was {later.kind} after that, on "
            f"{_day(later.effective_at)}. Undo that first, or give a later time.",
            about="when",
        )


def _day(instant: datetime) -> str:
    on = local_date(instant)
    return f"{on.day} {on:%B} {on.year}"
