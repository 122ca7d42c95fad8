"""The one function for "days left". Page, mail, export and feed all say what it says. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from workflows.calendars import LONDON, Calendar, local_date


def day_in_words(day: date) -> str:
    """`Friday 10 April 2026`: how every date is written for people."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def time_in_words(instant: datetime) -> str:
    """The London time of an aware instant: `2:05pm`, `9am`, `midday`, `midnight`."""
    at = instant.astimezone(LONDON)
    if at.minute == 0 and at.hour in (0, 12):
        return "midday" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def moment_in_words(instant: datetime) -> str:
    """`Friday 10 April 2026 at 2:05pm`, in London: how every instant is written for people."""
    return f"{day_in_words(local_date(instant))} at {time_in_words(instant)}"


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How a deadline stands. days counts in unit; 0 is the day itself; negative is late by so many."""

    days: int
    unit: str
    words: str
    tone: str
    """`late`, `today`, `soon` (3 or fewer), `ahead`, `done` or `quiet`: how a page colours it."""


def _count(days: int, unit: str) -> str:
    return f"{days} {unit}{'' if days == 1 else 's'}"


def distance(start: date, end: date, calendar: Calendar, *, working: bool) -> int:
    """From one day to another, in working days or calendar days; negative when end is before start."""
    return calendar.between(start, end) if working else (end - start).days


def time_left(
    due_on: date | None,
    calendar: Calendar,
    *,
    at: datetime,
    working: bool = True,
    state: str = "running",
    met_at: datetime | None = None,
    duty: str = "by",
) -> TimeLeft:
    """How a deadline due that day stands at the instant.

    Due today is not late: late begins with the midnight that ends the day. A met deadline says
    whether it was in time; one without a date (paused, voided) says that, and is never late.
    """
    unit = "working day" if working else "day"
    if state == "voided":
        return TimeLeft(0, unit, "no longer due", "quiet")
    if due_on is None or state == "paused":
        return TimeLeft(0, unit, "paused", "quiet")
    today = local_date(met_at) if state == "met" and met_at else local_date(at)
    days = distance(today, due_on, calendar, working=working)
    if today > due_on and days == 0:
        days = -1  # late on a day that does not count is late all the same
    if duty == "until":
        words = f"until {day_in_words(due_on)}" if today <= due_on else f"ended {day_in_words(due_on)}"
        return TimeLeft(days, unit, words, "quiet")
    if state == "met":
        if today <= due_on:
            return TimeLeft(days, unit, "met on time", "done")
        return TimeLeft(days, unit, f"met {_count(-days, unit)} late", "late")
    if today > due_on:
        return TimeLeft(days, unit, f"{_count(-days, unit)} late (was due {day_in_words(due_on)})", "late")
    if today == due_on:
        return TimeLeft(0, unit, "due today", "today")
    return TimeLeft(
        days,
        unit,
        f"{_count(days, unit)} left (due {day_in_words(due_on)})",
        "soon" if days <= 3 else "ahead",
    )
