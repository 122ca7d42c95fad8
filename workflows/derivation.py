"""Facts + rule + calendar -> when it is due, and why. Pure: no database, no clock, no settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from workflows.calendars import Calendar, end_of, local_date, start_of
from workflows.exceptions import ClockError
from workflows.rules import Limit

STARTED = "started"
RESTARTED = "restarted"
PAUSED = "paused"
RESUMED = "resumed"
EXTENDED = "extended"
RE_RULED = "re-ruled"
RE_CALENDARED = "re-calendared"
MET = "met"
VOIDED = "voided"
REOPENED = "reopened"
UNDONE = "undone"

State = Literal["running", "paused", "met", "voided"]


class FactLike(Protocol):
    """What the fold needs of a fact; the stored model and a test's plain object both have it."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def effective_at(self) -> datetime: ...
    @property
    def authority(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Any]: ...


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


def standing_facts(facts: Iterable[FactLike]) -> list[FactLike]:
    """The facts that still hold, in order of effect: an undone fact, and what undid it, are left out."""
    rows = list(facts)
    undone: set[int] = set()
    for fact in sorted(
        (fact for fact in rows if fact.kind == UNDONE), key=lambda fact: fact.id, reverse=True
    ):
        if fact.id not in undone:
            undone.add(int(fact.details["fact"]))
    return sorted(
        (fact for fact in rows if fact.kind != UNDONE and fact.id not in undone),
        key=lambda fact: (fact.effective_at, fact.id),
    )


def stopped_days(stop: datetime, go: datetime, *, after: date) -> tuple[date, date] | None:
    """The first and last London day that lie wholly between the instants and after day 0; None if none does."""
    first = local_date(stop)
    if start_of(first) < stop:
        first += timedelta(days=1)
    last = local_date(go) - timedelta(days=1)  # the day of resuming is not wholly inside
    first = max(first, after + timedelta(days=1))
    return (first, last) if first <= last else None


@dataclass
class _Fold:
    """The state of a clock while its facts are told, one after the other."""

    calendar: Calendar
    limit: Limit
    started_at: datetime
    start_on: date = field(init=False)
    first_due_on: date = field(init=False)
    due_on: date = field(init=False)
    state: State = "running"
    stopped_at: datetime | None = None
    stopped_by: FactLike | None = None
    met_at: datetime | None = None
    voided_at: datetime | None = None
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.begin(self.started_at)

    def begin(self, at: datetime) -> None:
        self.started_at = at
        self.start_on = local_date(at)
        self.first_due_on = self.due_on = self.limit.from_day(self.start_on, self.calendar)
        self.state, self.stopped_at, self.met_at, self.voided_at = "running", None, None, None

    def move(self, due_on: date, fact: FactLike, stopped: int = 0) -> None:
        self.changes.append(Change(fact.kind, self.due_on, due_on, stopped, fact.authority, fact.reason))
        self.due_on = due_on

    def go(self, at: datetime) -> None:
        """End the stop: the days that lay wholly inside it are added at the end."""
        if self.stopped_at is None or self.stopped_by is None:
            return
        days = stopped_days(self.stopped_at, at, after=self.start_on)
        if days is not None and days[0] <= self.due_on:
            first, last = days
            if self.limit.in_working_days:
                count = self.calendar.between(first - timedelta(days=1), last)
            else:
                count = (last - first).days + 1
            if count:
                self.move(self.limit.stretched(self.due_on, count, self.calendar), self.stopped_by, count)
        self.stopped_at, self.stopped_by = None, None

    def tell(self, fact: FactLike) -> None:
        match fact.kind:
            case "restarted":
                before = self.due_on
                self.begin(fact.effective_at)
                self.changes.append(Change(fact.kind, before, self.due_on, 0, fact.authority, fact.reason))
            case "paused" if self.state == "running":
                self.state, self.stopped_at, self.stopped_by = "paused", fact.effective_at, fact
            case "resumed" if self.state == "paused":
                self.go(fact.effective_at)
                self.state = "running"
            case "extended":
                if "to" in fact.details:
                    self.move(date.fromisoformat(fact.details["to"]), fact)
                else:
                    self.move(Limit.parse(fact.details["by"]).from_day(self.due_on, self.calendar), fact)
            case "re-ruled":
                stopped = sum(change.stopped for change in self.changes)
                self.limit = Limit.parse(fact.details["limit"])
                due_on = self.limit.from_day(self.start_on, self.calendar)
                self.move(self.limit.stretched(due_on, stopped, self.calendar), fact)
            case "met":
                self.go(fact.effective_at)
                self.state, self.met_at = "met", fact.effective_at
            case "voided":
                self.go(fact.effective_at)
                self.state, self.voided_at = "voided", fact.effective_at
            case "reopened" if self.state in ("met", "voided"):
                if fact.details.get("closed_time") == "stopped":
                    self.stopped_at, self.stopped_by = self.met_at or self.voided_at, fact
                    self.go(fact.effective_at)
                self.state, self.met_at, self.voided_at = "running", None, None


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
        due_at=None if paused else end_of(fold.due_on),
        first_due_on=fold.first_due_on,
        provisional=calendar.is_provisional(max(span)),
        skipped=tuple(calendar.skipped(*span)) if fold.limit.in_working_days else (),
        changes=tuple(fold.changes),
        met_at=fold.met_at,
        voided_at=fold.voided_at,
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
        raise ClockError(f"Cannot record {kind!r}: the clock was never started.")
    if effective_at < start.effective_at and limit.count >= 0:
        raise ClockError(f"Cannot record {kind!r} at a time before the clock started.")
    if kind == UNDONE:
        if details.get("fact") not in {fact.id for fact in rows} - {start.id}:
            raise ClockError("Cannot undo that: no such fact holds for this deadline.")
        return
    before = [fact for fact in rows if fact.effective_at <= effective_at]
    state = "running"
    for fact in before:
        state = {PAUSED: "paused", RESUMED: "running", MET: "met", VOIDED: "voided",
                 REOPENED: "running", RESTARTED: "running"}.get(fact.kind, state)  # fmt: skip
    needs = {PAUSED: ("running",), RESUMED: ("paused",), REOPENED: ("met", "voided"),
             MET: ("running", "paused"), VOIDED: ("running", "paused")}.get(kind)  # fmt: skip
    if needs and state not in needs:
        raise ClockError(
            f"Cannot record {kind!r}: at that time the clock was {state}, not {' or '.join(needs)}."
        )
    later = next((fact for fact in rows if fact.effective_at > effective_at), None)
    if (
        kind in (PAUSED, RESUMED, MET, VOIDED)
        and later is not None
        and later.kind in (PAUSED, RESUMED, MET, VOIDED)
    ):
        raise ClockError(
            f"Cannot record {kind!r} at that time: the clock was {later.kind} after it. Undo that first."
        )
