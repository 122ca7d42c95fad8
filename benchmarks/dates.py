"""One working-day date: our table beside a bare list and the packages that count working days."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import holidays
import numpy
from govuk_bank_holidays.bank_holidays import BankHolidays

from benchmarks.measure import Contender, Table, in_turn, rows_of
from workflows.calendars import Calendar
from workflows.rules import Limit
from workflows.services.calendar import SHIPPED

DAYS = 15
FIRST, LAST = date(2018, 1, 1), date(2028, 12, 31)
Count = Callable[[date, Any], date]
"""A day and how many working days (or whatever else it wants to be told), to the day they end."""


def shipped() -> dict[date, str]:
    """The bank holidays that come with the product: the truth that every contender is held to."""
    events = json.loads(SHIPPED.read_text())["events"]
    return {date.fromisoformat(event["date"]): event["title"] for event in events}


def counted_by_hand(day: date, working_days: int, off: set[date]) -> date:
    """The nth working day after the day, by walking there."""
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < 5 and day not in off
    return day


def bare_lists(off: set[date]) -> Count:
    """The limit: two lists and nothing else, so that a day they do not hold gives nonsense."""
    base = FIRST.toordinal()
    every_day = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 60)]
    count, days = [], []
    for day in every_day:
        if day.weekday() < 5 and day not in off:
            days.append(day)
        count.append(len(days))

    def look_up(day: date, working_days: int) -> date:
        return days[count[day.toordinal() - base] + working_days - 1]

    return look_up


def by_numpy(off: set[date]) -> Count:
    calendar = numpy.busdaycalendar(holidays=sorted(off))

    def add(day: date, working_days: int) -> date:
        # From a day that does not count, numpy begins at the working day before it.
        return numpy.busday_offset(day, working_days, roll="backward", busdaycal=calendar).item()  # type: ignore[no-any-return]

    return add


def by_govuk() -> Count:
    bank_holidays = BankHolidays(use_cached_holidays=True)

    def walk(day: date, working_days: int) -> date:
        for _ in range(working_days):
            day = bank_holidays.get_next_work_day(division=BankHolidays.ENGLAND_AND_WALES, date=day)
        return day

    return walk


def over(way: Count, days: list[date], told: object) -> None:
    for day in days:
        way(day, told)


def measured() -> list[Table]:
    names = shipped()
    off = set(names)
    calendar = Calendar("shipped", names)
    england = holidays.country_holidays("GB", subdiv="ENG", years=range(FIRST.year, LAST.year + 2))
    # The last figure: only every so manieth day is timed, for those who need long.
    ways: list[tuple[str, Count, object, int]] = [
        ("two bare lists, looked up (limit)", bare_lists(off), DAYS, 1),
        ("Calendar.add", calendar.add, DAYS, 1),
        ("Limit.from_day", Limit(DAYS, "wd").from_day, calendar, 1),
        ("a loop with a set of holidays", lambda day, n: counted_by_hand(day, n, off), DAYS, 4),
        ("numpy.busday_offset, one date", by_numpy(off), DAYS, 4),
        ("holidays.get_nth_working_day", england.get_nth_working_day, DAYS, 16),
        ("govuk-bank-holidays", by_govuk(), DAYS, 16),
    ]
    every_day = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    truth = {day: counted_by_hand(day, DAYS, off) for day in every_day}
    known = [day for day in every_day if truth[day] <= max(off)]
    wrong = {name: sum(way(day, told) != truth[day] for day in known) for name, way, told, _ in ways}

    contenders = []
    for name, way, told, sparsely in ways:
        days = every_day[::sparsely]
        contenders.append(
            Contender(name, lambda run: run(), partial(partial, over, way, days, told), len(days))
        )
    nobody = Contender("", lambda _: over(lambda day, _: day, every_day, None), inside=len(every_day))
    *timings, empty = in_turn([*contenders, nobody])
    return [
        Table(
            f"A. One working-day date (+{DAYS} working days, England and Wales)",
            ("contender", "us", "least us", "x limit", f"wrong of {len(known):,}"),
            rows_of(timings, 1e6, lambda timing: (wrong[timing.name],)),
            f"Days from {FIRST:%-d %B %Y} to the last whose answer is known, held to a count by hand on the shipped "
            f"list. Every line holds the loop and a call, {empty.median * 1e6:.2g} us, and so is kind to all.",
        )
    ]
