"""Limits: how long somebody has, in every way a rule may say it. Pure: no database, no clock, no settings."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from workflows.calendars import LONDON, Calendar, at_local, end_of, local_date, start_of
from workflows.exceptions import CalendarEnds, NotADate

UNITS = {"wd": "working day", "d": "day", "w": "week", "mo": "month"}
"""What a partnership may count its own milestones in."""

HOURS, FIXED, STATED = "h", "date", "stated"
"""Units of rules of law alone: hours of the clock, a day of the year, and whatever each request says."""

_WORDS = {**UNITS, HOURS: "hour"}
_COUNTED = re.compile(r"(?P<count>-?[0-9]{1,4})(?P<unit>wd|d|w|mo|h)")
_DAY_OF_YEAR = re.compile(r"(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_HOUR = re.compile(r"[0-9]{2}:[0-9]{2}")
_COMMON_YEAR = 2001
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many working days (`wd`), days (`d`), weeks (`w`), months (`mo`) or hours (`h`); before, when negative.

    Or a day of every year (`date`, its count being month * 100 + day), or what each request states (`stated`).
    The rest is mostly absent: roll moves an end that is not a working day to the `next` or the one `before`;
    latest and earliest cap the day; one that repeats ends again each time it is met; from cut_off on (London)
    an event counts as one of the next day.
    """

    count: int
    unit: str
    roll: str = ""
    latest: "Limit | None" = None
    earliest: "Limit | None" = None
    repeats: bool = False
    cut_off: time | None = None

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """From `15wd`, `-7wd`, `6mo`, `24h`, `09-30` or `stated`, and what may follow it. Raises NotADate.

        What may follow, in any order: `roll`, `roll-back`, `max LIMIT`, `min LIMIT`, `repeating`, `cutoff 17:00`.
        """
        try:
            return _read(text.strip().lower())
        except ValueError:
            raise NotADate(
                f"Cannot read the limit {text!r}: write a number and a unit, such as 15wd (working days), "
                "-7wd (working days before), 7d (days), 6w (weeks), 6mo (months) or 24h (hours); or a day of the "
                "year, such as 09-30."
            ) from None

    def __str__(self) -> str:
        """As parse reads it, in one order: what is stored."""
        parts = [self._base_text()]
        parts += [f"max {self.latest}"] if self.latest else []
        parts += [f"min {self.earliest}"] if self.earliest else []
        parts += [{"next": "roll", "before": "roll-back"}[self.roll]] if self.roll else []
        parts += ["repeating"] if self.repeats else []
        parts += [f"cutoff {self.cut_off:%H:%M}"] if self.cut_off else []
        return " ".join(parts)

    def _base_text(self) -> str:
        if self.unit == FIXED:
            return f"{self.count // 100:02}-{self.count % 100:02}"
        return STATED if self.unit == STATED else f"{self.count}{self.unit}"

    # ---- In words
    @property
    def words(self) -> str:
        """For people: `15 working days`, `every 3 months`, `6 months, but no later than 30 September`."""
        words = f"every {self._counted().removeprefix('1 ')}" if self.repeats else self._base_words()
        words += f", but no later than {self.latest._cap_words()}" if self.latest else ""
        words += f", but no earlier than {self.earliest._cap_words()}" if self.earliest else ""
        words += ROLLS[self.roll]
        words += f"; from {self.cut_off:%H:%M} an event counts as of the next day" if self.cut_off else ""
        return words

    def _base_words(self) -> str:
        if self.unit == STATED:
            return "as each request states"
        if self.unit == FIXED:
            return f"by {self._counted()}"
        if self.count == 0:
            return "at once, by the end of the same day"
        return f"{self._counted()}{' before' if self.count < 0 else ''}"

    def _counted(self) -> str:
        if self.unit == FIXED:
            day = self._in_year(_COMMON_YEAR)
            return f"{day.day} {day:%B}"
        count = abs(self.count)
        return f"{count} {_WORDS[self.unit]}{'' if count == 1 else 's'}"

    def _cap_words(self) -> str:
        return self._counted() if self.unit == FIXED else f"{self._counted()} from the start"

    @property
    def counting(self) -> str:
        """By which rule the days are counted: stated with every date, since others count otherwise."""
        if self.unit == HOURS:
            return "hours of the clock, from the event to the second"
        if self.unit == STATED:
            return "nothing is counted: the day is stated with the request"
        how = {
            "wd": "working days of England and Wales; the next working day after day 0 is day 1",
            "mo": "calendar months: the same day of the month, or the last of a shorter one",
            FIXED: "to the first such day of the year after day 0",
        }.get(self.unit, "every day of the calendar; the day after day 0 is day 1")
        if self.unit == "wd" and self.count < 0:
            how = "working days of England and Wales, backwards; the working day before day 0 is the first"
        day_0 = f"or the next day from {self.cut_off:%H:%M} on" if self.cut_off else "whatever the hour"
        return f"{how}. Day 0 is the London day of the event, {day_0}"

    # ---- Counting
    @property
    def in_working_days(self) -> bool:
        return self.unit == "wd"

    @property
    def needs_the_hour(self) -> bool:
        """Whether the hour of the event matters, and not its day alone."""
        return self.unit == HOURS or self.cut_off is not None

    def day_0(self, started_at: datetime) -> date:
        """The London day of the event; the day after, from the cut-off on."""
        day = local_date(started_at)
        if self.cut_off and started_at >= at_local(day, self.cut_off):
            day += timedelta(days=1)
        return day

    def of_round(self, number: int) -> "Limit":
        """The same limit so many times over: the third round of 3 months ends 9 months after the start.

        Counted from the start each time: a round that was met early or late does not move those that follow,
        and the 31st is not lost in February.
        """
        if number == 1 or not self.repeats:
            return self
        return replace(self, count=self.count * number)

    def from_day(self, day: date, calendar: Calendar) -> date:
        """The day on which the limit ends, counted from day 0.

        Working days: day N is the Nth working day after (or, negative, before) day 0. Months: the same day
        number, clamped to the end of a shorter month. Rolled to a working day only when the limit says so,
        and last. Raises CalendarEnds; NotADate when the day is stated with each request.
        """
        try:
            end = self._plain(day, calendar)
            if self.latest or self.earliest:
                end = self._capped(end, day, calendar)
            return _rolled(end, self.roll, calendar) if self.roll else end
        except (OverflowError, ValueError):
            raise CalendarEnds(
                f"Cannot count {self.words} from {day:%-d %B} {day.year}: no calendar goes that far."
            ) from None

    def _capped(self, end: date, day: date, calendar: Calendar) -> date:
        if self.latest:
            end = min(end, self.latest.from_day(day, calendar))
        if self.earliest:
            end = max(end, self.earliest.from_day(day, calendar))
        return end

    def _plain(self, day: date, calendar: Calendar) -> date:
        match self.unit:
            case "wd" if self.count > 0:
                return calendar.add(day, self.count)
            case "wd" if self.count < 0:
                return calendar.subtract(day, -self.count)
            case "d" | "wd":
                return day + timedelta(days=self.count)
            case "w":
                return day + timedelta(weeks=self.count)
            case "mo":
                return day + relativedelta(months=self.count)
            case "h":
                return local_date(start_of(day) + timedelta(hours=self.count) - _MOMENT)
            case "date":
                this_year = self._in_year(day.year)
                return this_year if this_year > day else self._in_year(day.year + 1)
            case _:
                raise NotADate("Cannot count this limit: each request states its own day. Give that day.")

    def _in_year(self, year: int) -> date:
        return date(year, self.count // 100, self.count % 100)

    def ends_at(self, started_at: datetime, calendar: Calendar) -> datetime:
        """The first late instant (aware, UTC): for hours to the second, otherwise the midnight that ends the day."""
        if self.unit != HOURS:
            return end_of(self.from_day(self.day_0(started_at), calendar))
        return started_at.astimezone(UTC) + timedelta(hours=self.count)

    def stretched(self, due_on: date, stopped: int, calendar: Calendar) -> date:
        """The day, so many stopped days later: working days for a working-day limit, else calendar days."""
        if not stopped:
            return due_on
        later = calendar.add(due_on, stopped) if self.in_working_days else due_on + timedelta(days=stopped)
        return _rolled(later, self.roll, calendar) if self.roll else later

    def notes(self, started_at: datetime, calendar: Calendar) -> list[str]:
        """What else moved the day on which it ends: a cut-off, a short month, a cap, a roll. Sentences for people."""
        said = []
        if self.cut_off and self.day_0(started_at) != local_date(started_at):
            hour = started_at.astimezone(LONDON)
            said.append(f"The event came at {hour:%H:%M}, after the cut-off of {self.cut_off:%H:%M}.")
        if self.unit in (HOURS, STATED):
            return said
        day = self.day_0(started_at)
        plain = self._plain(day, calendar)
        capped = self._capped(plain, day, calendar)
        if self.unit == "mo" and plain.day != day.day:
            said.append(f"{plain:%B} {plain.year} has no day {day.day}: its last day counts.")
        if capped != plain:
            cap = self.latest if capped < plain else self.earliest
            assert cap is not None
            bound = "later" if capped < plain else "earlier"
            said.append(
                f"{self._counted()} would end on {_in_words(plain)}; no {bound} than {cap._cap_words()}: "
                f"{_in_words(capped)}."
            )
        if self.roll and (rolled := _rolled(capped, self.roll, calendar)) != capped:
            holiday = calendar.holidays.get(capped)
            why = f"({holiday}) " if holiday else ""
            said.append(f"{_in_words(capped)} {why}is not a working day: moved to {_in_words(rolled)}.")
        return said


ROLLS = {
    "": "",
    "next": ", or the next working day",
    "before": ", or the working day before",
}
"""What a limit does whose last day is not a working day, in words."""


def _in_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def _rolled(day: date, roll: str, calendar: Calendar) -> date:
    if calendar.is_working_day(day):
        return day
    return calendar.add(day, 1) if roll == "next" else calendar.subtract(day, 1)


@lru_cache(maxsize=1024)
def _read(text: str) -> Limit:
    """The limit that a text in small letters is. Kept: the same few are read with every date. Raises ValueError."""
    base, *words = text.split(" ")
    return _with_modifiers(_base(base), words)


def _base(word: str) -> Limit:
    """The first word of a limit. Raises NotADate for a day that is not in every year, ValueError for what is none."""
    if word == STATED:
        return Limit(0, STATED)
    if found := _DAY_OF_YEAR.fullmatch(word):
        month, day = int(found["month"]), int(found["day"])
        try:
            date(_COMMON_YEAR, month, day)
        except ValueError:
            raise NotADate(
                f"Cannot read the limit {word!r}: not every year has a day {day} in month {month}."
            ) from None
        return Limit(month * 100 + day, FIXED)
    if not word.isascii() or not (found := _COUNTED.fullmatch(word)):
        raise ValueError
    if found["unit"] == HOURS and int(found["count"]) < 1:
        raise ValueError
    return Limit(int(found["count"]), found["unit"])


def _with_modifiers(limit: Limit, words: list[str]) -> Limit:
    """The limit with all that follows it. Raises ValueError for what cannot follow it."""
    rest = iter(words)
    for word in rest:
        match word:
            case "roll" | "roll-back" if not limit.roll and not limit.in_working_days:
                limit = replace(limit, roll="next" if word == "roll" else "before")
            case "max" if limit.latest is None:
                limit = replace(limit, latest=_cap(next(rest, "")))
            case "min" if limit.earliest is None:
                limit = replace(limit, earliest=_cap(next(rest, "")))
            case "repeating" if not limit.repeats and limit.count > 0 and limit.unit != FIXED:
                limit = replace(limit, repeats=True)
            case "cutoff" if limit.cut_off is None:
                limit = replace(limit, cut_off=_hour(next(rest, "")))
            case _:
                raise ValueError
    if words and limit.unit in (HOURS, STATED) and not (limit.unit == HOURS and words == ["repeating"]):
        raise ValueError
    return limit


def _cap(word: str) -> Limit:
    limit = _base(word)
    if limit.unit in (HOURS, STATED):
        raise ValueError
    return limit


def _hour(word: str) -> time:
    if not _HOUR.fullmatch(word):
        raise ValueError
    return time.fromisoformat(word)
