"""Dates as people tell them: the words, and the first and last day they may mean. Pure: no database, no clock."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

EARLIEST = 1900
"""The first year that is taken: a slip such as 0219 is told, and not sorted to the top."""

EXAMPLES = "12 March 2019, March 2019, early 2019, spring 2018, 2019, 13 days after birth, unknown"

HELP = f"Write a day, or roughly when, such as {EXAMPLES}"


class NotADate(ValueError):
    """The words tell no date that can be read; the sentence says what would help."""


@dataclass(frozen=True, slots=True)
class Told:
    """When something was: the words as said, and what they may mean, both ends included.

    first and last are None together: nobody knows. first_of_life and last_of_life count days from a birth, which is
    day 0, instead: who keeps them needs not keep a date of birth.
    """

    words: str
    first: date | None = None
    last: date | None = None
    at: time | None = None
    first_of_life: int | None = None
    last_of_life: int | None = None

    @property
    def is_a_day(self) -> bool:
        """Whether it is known to the day."""
        return self.first is not None and self.first == self.last

    def placed(self, born_on: date | None) -> tuple[date | None, date | None]:
        """The first and last day it may mean; counted from the birth, where it is told so and the birth is known."""
        if self.first_of_life is None or self.last_of_life is None or born_on is None:
            return self.first, self.last
        return _within(born_on, self.first_of_life), _within(born_on, self.last_of_life)


def _within(day: date, days: int) -> date:
    """So many days later, or the end of time."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


# ---- Words -----------------------------------------------------------------------------------------
_UNKNOWN = frozenset(
    ("unknown", "not known", "date unknown", "date not known", "unknown date", "undated", "no date", "not recorded",
     "n/k", "nk", "?")
)  # fmt: skip
_MONTHS = {
    name: number
    for number in range(1, 13)
    for full in (calendar.month_name[number].lower(),)
    for name in (full, full[:3], f"{full[:3]}.", *(("sept", "sept.") if number == 9 else ()))
}
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11)}
_PARTS = {"early": 0, "beginning": 0, "start": 0, "mid": 1, "middle": 1, "late": 2, "end": 2}
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip

_ABOUT = re.compile(r"(?:about|around|approximately|approx\.?|circa|c\.|roughly|ca\.?|on or about|~)\s*(.+)")
_WEEKDAY = re.compile(r"^(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:[a-z]*day)?\.?,?\s+(?=\d)")
_PART_OF_DAY = re.compile(r"^(?:the\s+)?(?:night|evening|morning|afternoon)\s+of\s+(?:the\s+)?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_TIME = re.compile(r"[,\s]+(?:at\s+)?(\d{1,2})(?:[:.](\d{2})(?::\d{2})?\s*([ap]m)?|\s*([ap]m))$")
_WEEK = re.compile(r"(?:w/c|wc|week commencing|week beginning|week starting|week of)\s+(.+)")
_OF_LIFE = re.compile(
    r"(?:at\s+|aged?\s+)?(\w+)\s*(day|week|month|year)s?(?:\s+(after|before|from)\s+(?:the\s+|his\s+|her\s+|their\s+)?birth"
    r"|\s+(old|of age))?"
)
_AT_BIRTH = frozenset(("birth", "at birth", "day of birth", "on the day of birth", "the day of birth"))
_PART = re.compile(r"(early|mid|late|(?:the\s+)?(?:beginning|start|middle|end)\s+of)[\s-]+(.+)")
_SPLIT = re.compile(
    r"^(?:between\s+(.+?)\s+and\s+(.+)|(?:from\s+)?(.+?)\s*(?:\bto\b|\buntil\b|–|—|\s-\s)\s*(.+))$"
)


def read(words: str, *, on: date) -> Told:
    """What the words tell, on the day on which they are told. Raises NotADate with a sentence for who typed them.

    A year of two digits is the latest that was not after that day; so it is refused what begins after it.
    """
    said = " ".join(words.split())
    text = said.lower().strip(" .,;").replace("’", "'")
    text = text or said
    if text in _UNKNOWN:
        return Told(said)
    told = _read(_ORDINAL.sub("", text), on)
    if told is None:
        raise NotADate(f"{HELP}.")
    if told.first is not None:
        if told.first > on:
            raise NotADate("It cannot be after today: check the year.")
        if told.first.year < EARLIEST:
            raise NotADate(f"Check the year: it is before {EARLIEST}.")
    return replace(told, words=said)


def _read(text: str, on: date) -> Told | None:
    if found := _ABOUT.fullmatch(text):
        told = _read(found[1], on)
        return None if told is None else _wider(told)
    if born := _from_birth(text):
        return born
    text = _PART_OF_DAY.sub("", text)
    if (found := _TIME.search(text)) and (clock := _clock(found)):
        told = _span(text[: found.start()], on)
        if told is not None and told.is_a_day:
            return replace(told, at=clock)
    if told := _span(text, on):
        return told
    if (found := _SPLIT.match(text)) and (told := _from_to(*(one for one in found.groups() if one), on=on)):
        return told
    return None


def _clock(found: re.Match[str]) -> time | None:
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3] or found[4]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    elif half:
        return None
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _from_to(start: str, end: str, *, on: date) -> Told | None:
    """Two dates and what lies between: the first may leave out the month or year that the second has."""
    later = _span(end, on)
    if later is None or later.first is None:
        return None
    tail = end.split()
    for begin in (start, *(f"{start} {' '.join(tail[k:])}" for k in range(1, len(tail)))):
        earlier = _span(begin, on)
        if earlier is not None and earlier.first is not None:
            if earlier.first > later.first:
                raise NotADate("The first of the two dates is after the second.")
            return Told("", earlier.first, later.last)
    return None


def _from_birth(text: str) -> Told | None:
    if text in _AT_BIRTH:
        return Told("", first_of_life=0, last_of_life=0)
    found = _OF_LIFE.fullmatch(text)
    if found is None or not (found[3] or found[4] or text.startswith("age")):
        return None
    number = int(found[1]) if found[1].isdecimal() and len(found[1]) < 4 else _NUMBERS.get(found[1])
    if number is None:
        return None
    # The shortest and the longest that so many whole units can be.
    least, most = {"day": (1.0, 1.0), "week": (7.0, 7.0), "month": (30.4, 30.5), "year": (365.0, 365.3)}[
        found[2]
    ]
    first, last = int(number * least), int((number + 1) * most)
    last = first if found[2] == "day" else last
    if found[3] == "before":
        first, last = -last, -first
    return Told("", first_of_life=first, last_of_life=last)


def _wider(told: Told) -> Told:
    """About a day: three days either way. About a month or a year: the one before and after, as far as it is long."""
    if told.first_of_life is not None and told.last_of_life is not None:
        more = max(3, told.last_of_life - told.first_of_life)
        return replace(told, first_of_life=told.first_of_life - more, last_of_life=told.last_of_life + more)
    if told.first is None or told.last is None:
        return told
    ends_a_month = told.last.day == calendar.monthrange(told.last.year, told.last.month)[1]
    if told.first.day == 1 and ends_a_month:
        begin, end = (one.year * 12 + one.month - 1 for one in (told.first, told.last))
        more = end - begin + 1
        (year, month), (last_year, last_month) = divmod(begin - more, 12), divmod(end + more, 12)
        first, last = _ends(year, month + 1, last_year, last_month + 1)
        return replace(told, first=first, last=last)
    more = max(3, (told.last - told.first).days)
    return replace(told, first=_within(told.first, -more), last=_within(told.last, more))


# ---- One stretch of days -----------------------------------------------------------------------------
def _span(text: str, on: date) -> Told | None:
    """A day, a week, a month, a season, a year, a decade, or a part of one of these."""
    if found := _WEEK.fullmatch(text):
        begun = _span(found[1], on)
        if begun is None or begun.first is None or not begun.is_a_day:
            return None
        return Told("", begun.first, _within(begun.first, 6))
    if found := _PART.fullmatch(text):
        part = next(number for word, number in _PARTS.items() if word in found[1])
        whole = _span(found[2], on)
        return None if whole is None or whole.is_a_day else _part_of(whole, part)
    text = _WEEKDAY.sub("", text)
    for day in _days(text, on):
        return Told("", day, day)
    return _longer(text, on)


def _part_of(whole: Told, part: int) -> Told | None:
    """A third of it; of a month 1 to 10, 11 to 20, and the rest."""
    if whole.first is None or whole.last is None:
        return None
    length = (whole.last - whole.first).days + 1
    if length <= 31:
        starts = (0, 10, 20, length)
        begin, end = (whole.first + timedelta(days=starts[k]) for k in (part, part + 1))
    elif length <= 366 and whole.first.day == 1 and whole.first.month == 1:
        begin = date(whole.first.year, 1 + 4 * part, 1)
        end = date(whole.first.year + part // 2, (5, 9, 1)[part], 1)
    else:
        begin, end = (whole.first + timedelta(days=length * k // 3) for k in (part, part + 1))
    return Told("", begin, end - timedelta(days=1))


def _days(text: str, on: date) -> Iterator[date]:
    """The day that the text is, if it is one. Raises NotADate for one that no calendar has."""
    patterns = (
        (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ]00:00(?::00)?)?", (3, 2, 1)),
        (r"(\d{1,2})[/.\- ]+(\d{1,2})[/.\- ]+(\d{2}|\d{4})", (1, 2, 3)),
        (r"(\d{1,2})(?:\s+of\s+|[\s\-/.]*)([a-z]+\.?)[,\s\-/.]*(\d{2}|\d{4})", (1, 2, 3)),
        (r"([a-z]+\.?)\s+(\d{1,2})(?:,\s*|\s+)(\d{4})", (2, 1, 3)),
    )
    for pattern, (day_at, month_at, year_at) in patterns:
        found = re.fullmatch(pattern, text)
        if found is None:
            continue
        month = int(found[month_at]) if found[month_at].isdecimal() else _MONTHS.get(found[month_at], 0)
        if not found[month_at].isdecimal() and not month:
            continue
        day, year = int(found[day_at]), _year(found[year_at], month, int(found[day_at]), on)
        try:
            yield date(year, month, day)
        except ValueError:
            raise NotADate(f"There is no day {found[0].title()}: check day and month.") from None
        return


def _year(typed: str, month: int, day: int, on: date) -> int:
    if len(typed) == 4:
        return int(typed)
    year = on.year - on.year % 100 + int(typed)
    return year if (year, month, day) <= (on.year, on.month, on.day) else year - 100


def _longer(text: str, on: date) -> Told | None:
    """A month, a season, a year, two years, a decade."""
    if found := (re.fullmatch(r"([a-z]+\.?)[\s\-,']+(?:of\s+)?(\d{4}|\d{2})", text)):
        name, year = found[1], found[2]
        if name in _MONTHS:
            number = _MONTHS[name]
            return _months(_year(year, number, 1, on), number, number)
        if name in _SEASONS and len(year) == 4:
            return _months(int(year), *_SEASONS[name])
        if name in ("winter", "christmas") and len(year) == 4:
            if name == "christmas":
                return _days_of(int(year), 12, 24, 8)
            # Its own January or its own December: who says no more may mean either.
            return Told("", *_ends(int(year), 1, int(year) + 1, 2))
    if found := re.fullmatch(r"winter\s+(\d{4})\s*[/\-–]\s*(\d{4}|\d{2})", text):
        return Told("", *_ends(int(found[1]), 12, int(found[1]) + 1, 2))
    if found := re.fullmatch(r"(\d{1,2})[/.\-](\d{4})", text) or re.fullmatch(
        r"(?P<y>\d{4})[-/](?P<m>\d{1,2})", text
    ):
        parts = found.groupdict()
        year, month = (int(parts["y"]), int(parts["m"])) if parts else (int(found[2]), int(found[1]))
        if 1 <= month <= 12:
            return _months(year, month, month)
    if found := re.fullmatch(r"(\d{4})\s*[/\-–]\s*(\d{4}|\d{2})", text):
        first = int(found[1])
        last = int(found[2]) if len(found[2]) == 4 else first - first % 100 + int(found[2])
        return Told("", *_ends(first, 1, last, 12)) if first < last else None
    if re.fullmatch(r"\d{4}", text):
        return Told("", *_ends(int(text), 1, int(text), 12))
    if found := re.fullmatch(r"(?:the\s+)?(\d{3})0'?s", text):
        first = int(found[1]) * 10
        return Told("", *_ends(first, 1, first + 9, 12))
    return None


def _months(year: int, first: int, last: int) -> Told | None:
    return Told("", *_ends(year, first, year, last))


def _days_of(year: int, month: int, day: int, days: int) -> Told:
    begin = _day(year, month, day)
    return Told("", begin, _within(begin, days))


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate("Check the year.") from None


def _ends(year: int, month: int, last_year: int, last_month: int) -> tuple[date, date]:
    """From the first day of one month to the last day of another."""
    begin = _day(year, month, 1)
    _day(last_year, last_month, 1)
    return begin, date(last_year, last_month, calendar.monthrange(last_year, last_month)[1])
