"""Times known roughly: "autumn 2015", "2019/20", "not known". Pure: no database, no clock, no settings."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from workflows.calendars import local_date, start_of
from workflows.countdown import day_in_words, moment_in_words
from workflows.exceptions import NotADate

SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
PRECISIONS = ("instant", "day", "month", "season", "year", "fin-year", "unknown")


@dataclass(frozen=True, slots=True)
class When:
    """The first instant of a stretch of time (aware, UTC), and how exactly it is known."""

    at: datetime
    precision: str

    @property
    def words(self) -> str:
        """For people: `Friday 10 April 2026`, `November 2016`, `autumn 2015`, `2019/20`."""
        return in_words(self.at, self.precision)

    @property
    def is_known_to_the_day(self) -> bool:
        return self.precision in ("instant", "day")


def in_words(at: datetime, precision: str) -> str:
    """A time as exactly as it is known."""
    day = local_date(at)
    match precision:
        case "month":
            return f"{day:%B} {day.year}"
        case "season":
            return f"{next(s for s, month in SEASONS.items() if month == day.month)} {day.year}"
        case "year":
            return f"{day.year}"
        case "fin-year":
            return f"{day.year}/{(day.year + 1) % 100:02}"
        case "unknown":
            return "date not known"
        case _:
            return day_in_words(day)


def in_full(at: datetime | None, precision: str) -> str:
    """The same, with the time of day where that is known; `Not known` without a time."""
    if at is None:
        return "Not known"
    return moment_in_words(at) if precision == "instant" else in_words(at, precision)


def parse(text: str) -> When:
    """From `2015`, `2015/16`, `2015-autumn`, `2016-11`, `2020-11-18` or an ISO instant with its offset.

    Raises NotADate, saying what may be written.
    """
    try:
        if found := re.fullmatch(r"(\d{4})/(\d{2})", text):
            if (int(found[1]) + 1) % 100 != int(found[2]):
                raise ValueError
            return When(start_of(date(int(found[1]), 4, 1)), "fin-year")
        if re.fullmatch(r"\d{4}", text):
            return When(start_of(date(int(text), 1, 1)), "year")
        if found := re.fullmatch(r"(\d{4})-([a-z]+)", text):
            return When(start_of(date(int(found[1]), SEASONS[found[2]], 1)), "season")
        if re.fullmatch(r"\d{4}-\d{2}", text):
            return When(start_of(date.fromisoformat(f"{text}-01")), "month")
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return When(start_of(date.fromisoformat(text)), "day")
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError
        return When(instant.astimezone(UTC), "instant")
    except (ValueError, KeyError, OverflowError):
        raise NotADate(
            f"{text!r} is not a time. Write 2020-11-18, 2016-11, 2015-autumn, 2015, 2015/16, "
            "or an instant such as 2026-03-18T09:00:00+00:00."
        ) from None
