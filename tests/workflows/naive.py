"""A second way to find a due day: by walking from day to day, with a set of holidays and nothing of the engine's."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.workflows.bench import HOLIDAYS

ZONE = ZoneInfo("Europe/London")
DAY = timedelta(days=1)


Off = Collection[date]


def counts(day: date, off: Off) -> bool:
    return day.weekday() < 5 and day not in off


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ZONE)


def months_on(day: date, number: int) -> date:
    """The same day of a later month; the month's last, where it has no such day."""
    year, month = day.year, day.month
    for _ in range(number):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = (date(year + (month == 12), month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))


def walk(day: date, limit: str, off: Off) -> date:
    """The day on which the limit ends, one step at a time."""
    number = int("".join(c for c in limit if c in "-0123456789"))
    unit = limit.lstrip("-0123456789")
    if unit == "mo":
        return months_on(day, number)
    if unit != "wd":
        return day + DAY * number * (7 if unit == "w" else 1)
    step = DAY if number > 0 else -DAY
    left = abs(number)
    while left:
        day += step
        left -= counts(day, off)
    return day


def in_months(day: date, number: int) -> date:
    """The same day of another month, or the last one it has."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    number_of_day = day.day
    while True:
        try:
            return date(year, month + 1, number_of_day)
        except ValueError:
            number_of_day -= 1


def last_day(start: datetime, text: str, off: Off = HOLIDAYS) -> date:
    """The last day of a limit with all that may follow it, by walking; hours are no matter of days."""
    base, *rest = text.split()
    local = start.astimezone(ZONE)
    day = local.date()
    if "cutoff" in rest and f"{local:%H:%M}" >= rest[rest.index("cutoff") + 1]:
        day += DAY

    def reach(limit: str) -> date:
        if limit[-3:-2] == "-":
            found = day + DAY
            while f"{found:%m-%d}" != limit:
                found += DAY
            return found
        if limit.endswith("mo"):
            return in_months(day, int(limit[:-2]))
        return walk(day, limit, off)

    end = reach(base)
    for word, nearer in (("max", min), ("min", max)):
        if word in rest:
            end = nearer(end, reach(rest[rest.index(word) + 1]))
    for word, step in (("roll", DAY), ("roll-back", -DAY)):
        while word in rest and not counts(end, off):
            end += step
    return end


def holds(fact: Any, facts: Sequence[Any]) -> bool:
    """Whether nobody took it back, or whoever did took that back."""
    return not any(
        other.kind == "undone" and other.details["fact"] == fact.id and holds(other, facts) for other in facts
    )


def after_stops(due: date, start: date, since: datetime, until: datetime, limit: str, off: Off) -> date:
    """The due day after the days that lie wholly in a stop were added, each in its turn."""
    days = []
    day = start + DAY
    while day <= until.astimezone(ZONE).date():
        if midnight(day) >= since and midnight(day + DAY) <= until:
            days.append(day)
        day += DAY
    if not days or days[0] > due:
        return due
    for day in days:
        if limit.endswith("wd"):
            due = walk(due, "1wd", off) if counts(day, off) else due
        else:
            due += DAY
    return due


def due_day(limit: str, facts: Sequence[Any], off: Off = HOLIDAYS) -> tuple[str, date | None]:
    """The state, and the due day by all the facts and the list of holidays in use; None while paused."""
    told = sorted(
        (fact for fact in facts if fact.kind != "undone" and holds(fact, facts)),
        key=lambda fact: (fact.effective_at, fact.id),
    )
    start = next(fact for fact in told if fact.kind == "started").effective_at
    state, stopped_at, closed_at = "running", None, None
    moves: list[Any] = []  # stops as [since, until], extensions as details

    def stop(since: datetime, until: datetime) -> None:
        if moves and isinstance(moves[-1], list) and moves[-1][1] == since:
            moves[-1][1] = until
        else:
            moves.append([since, until])

    for fact in told:
        at = fact.effective_at
        is_open = state in ("running", "paused")
        if fact.kind == "restarted":
            told_start = fact.details.get("start")  # when it is not the time at which it was decided
            start = datetime.fromisoformat(told_start) if told_start else at
            limit = fact.details.get("limit", limit)
            if not fact.details.get("keeps"):  # otherwise its start alone was wrong
                state, stopped_at, closed_at, moves = "running", None, None, []
        elif fact.kind == "paused" and state == "running":
            state, stopped_at = "paused", at
        elif fact.kind == "resumed" and state == "paused":
            assert stopped_at
            stop(stopped_at, at)
            state, stopped_at = "running", None
        elif fact.kind == "extended" and is_open:
            moves.append(fact.details)
        elif fact.kind == "re-ruled" and is_open:
            limit = fact.details["limit"]
        elif fact.kind in ("met", "voided") and is_open:
            if stopped_at:
                stop(stopped_at, at)
            state, stopped_at, closed_at = fact.kind, None, at
        elif fact.kind == "reopened" and not is_open:
            if fact.details.get("closed_time") == "stopped":
                assert closed_at
                stop(closed_at, at)
            state, closed_at = "running", None

    day_0 = start.astimezone(ZONE).date()
    due = walk(day_0, limit, off)
    for move in moves:
        if isinstance(move, list):
            due = after_stops(due, day_0, move[0], move[1], limit, off)
        elif "to" in move:
            due = date.fromisoformat(move["to"])
        else:
            due = walk(due, move["by"], off)
    return state, None if state == "paused" else due
