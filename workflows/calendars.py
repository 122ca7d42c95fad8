"""Which days count: a zone, its holidays, and how far they are known. Pure: no database, no clock, no settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workflows.exceptions import CalendarEnds

LONDON = ZoneInfo("Europe/London")
PROVISIONAL_YEARS = 12
"""How far past the last known holiday dates are still computed, and called provisional."""


def local_date(instant: datetime) -> date:
    """The London day of an aware instant."""
    return instant.astimezone(LONDON).date()


def start_of(day: date) -> datetime:
    """The midnight that begins a London day (aware, UTC)."""
    return datetime.combine(day, time.min, tzinfo=LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The midnight that ends a London day (aware, UTC): the first instant after it. Raises CalendarEnds."""
    if day == date.max:
        raise CalendarEnds("Cannot say when 31 December 9999 ends: no calendar goes that far.")
    return start_of(day + timedelta(days=1))


def at_local(day: date, hour: time) -> datetime:
    """That London wall-clock time of the day (aware, UTC)."""
    return datetime.combine(day, hour, tzinfo=LONDON).astimezone(UTC)


@dataclass(frozen=True, eq=False)
class Calendar:
    """The working days of England and Wales, as one published list of bank holidays gives them.

    version names the list; holidays maps each day to its name. Counting is a lookup in two
    lists made once: `_days`, every working day; `_count`, how many there are up to and
    including each day. Raises CalendarEnds outside the years that the lists cover.
    """

    version: str
    holidays: Mapping[date, str]
    known_until: date = field(init=False)
    _base: int = field(init=False, repr=False)
    _count: list[int] = field(init=False, repr=False)
    _days: list[date] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.holidays:
            raise CalendarEnds("Cannot make a calendar from an empty list of bank holidays.")
        first = date(min(self.holidays).year, 1, 1).toordinal()
        known_until = max(self.holidays)
        last = date(known_until.year + PROVISIONAL_YEARS, 12, 31).toordinal()
        off = {day.toordinal() for day in self.holidays}
        count: list[int] = []
        days: list[date] = []
        for ordinal in range(first, last + 1):
            if ordinal % 7 not in (0, 6) and ordinal not in off:  # an ordinal divisible by 7 is a Sunday
                days.append(date.fromordinal(ordinal))
            count.append(len(days))
        for name, value in (
            ("known_until", known_until),
            ("_base", first),
            ("_count", count),
            ("_days", days),
        ):
            object.__setattr__(self, name, value)

    def _index(self, day: date) -> int:
        index = day.toordinal() - self._base
        if not 0 < index < len(self._count):
            raise CalendarEnds(
                f"Cannot count working days at {day:%-d %B %Y}: the calendar covers "
                f"{date.fromordinal(self._base):%Y} to {date.fromordinal(self._base + len(self._count) - 1):%Y}."
            )
        return index

    def _working_day(self, position: int, whence: date) -> date:
        if not 0 <= position < len(self._days):
            raise CalendarEnds(
                f"Cannot count that many working days from {whence:%-d %B %Y}: the calendar ends."
            )
        return self._days[position]

    def add(self, day: date, working_days: int) -> date:
        """The nth working day after the day (day 0, whether it is a working day or not); n is 1 or more."""
        index = day.toordinal() - self._base
        if index > 0 and working_days > 0:  # nearly always: without the two calls below
            try:
                return self._days[self._count[index] + working_days - 1]
            except IndexError:
                pass  # past the end of either list, as is said below
        return self._working_day(self._count[self._index(day)] + working_days - 1, day)

    def subtract(self, day: date, working_days: int) -> date:
        """The nth working day before the day; n is 1 or more."""
        return self._working_day(self._count[self._index(day) - 1] - working_days, day)

    def between(self, start: date, end: date) -> int:
        """Working days after start, up to and including end. Negative when end is before start."""
        return self._count[self._index(end)] - self._count[self._index(start)]

    def is_working_day(self, day: date) -> bool:
        index = self._index(day)
        return self._count[index] != self._count[index - 1]

    def is_provisional(self, day: date) -> bool:
        """Whether the day lies past the last known bank holiday, so that one still unknown could move it."""
        return day > self.known_until

    def why_not(self, day: date) -> str:
        """Why a day does not count: the holiday's name, or the day of the week. Empty when it counts."""
        if name := self.holidays.get(day):
            return name
        return ("Saturday", "Sunday")[day.weekday() - 5] if day.weekday() >= 5 else ""

    def skipped(self, start: date, end: date) -> list[tuple[date, str]]:
        """The days from start to end, both inclusive, that do not count, each with why."""
        days = (start + timedelta(days=n) for n in range((end - start).days + 1))
        return [(day, why) for day in days if (why := self.why_not(day))]

    def first_working_day(self, day: date) -> date:
        """The day itself if it counts, otherwise the next that does."""
        return day if self.is_working_day(day) else self.add(day, 1)


@dataclass(frozen=True)
class SendWindow:
    """When a chasing mail may go out: working days, between two London times. `None` for always."""

    opens: time | None = time(8, 30)
    closes: time | None = time(17, 30)

    @classmethod
    def parse(cls, text: str) -> "SendWindow":
        """From `08:30-17:30`, or `always`. Raises ValueError for anything else."""
        if text == "always":
            return cls(None, None)
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
        if opens >= closes:
            raise ValueError(f"the window {text!r} closes before it opens")
        return cls(opens, closes)

    def next_open(self, at: datetime, calendar: Calendar) -> datetime:
        """The instant itself when the window is open, otherwise when it opens next (aware, UTC)."""
        if self.opens is None or self.closes is None:
            return at
        today = local_date(at)
        if calendar.is_working_day(today) and at < at_local(today, self.closes):
            return max(at, at_local(today, self.opens))
        return at_local(calendar.add(today, 1), self.opens)
