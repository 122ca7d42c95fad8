"""The calendar in use: loading a list of bank holidays, and the calendar object of a version."""

import hashlib
import json
import re
from calendar import monthrange
from collections import Counter
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction

from accounts.models import User
from workflows.calendars import PROVISIONAL_YEARS, Calendar
from workflows.exceptions import WorkflowError
from workflows.models import GOVUK, BankHoliday, CalendarVersion

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "bank-holidays.json"
DIVISION = "england-and-wales"
FIRST_YEAR = 1990
LONGEST_NAME = 100
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadHolidayList(WorkflowError):
    """A list of bank holidays that cannot be used."""


@lru_cache(maxsize=8)
def _calendar(code: str) -> Calendar:
    """The calendar of a version. Kept in memory: a version never changes."""
    return CalendarVersion.objects.get(code=code).as_calendar()


def calendar_of(version: CalendarVersion) -> Calendar:
    """The calendar object of one version."""
    return _calendar(version.code)


def calendar_in_use_for(version: CalendarVersion) -> Calendar:
    """The calendar by which what is open, and was counted by that version, is looked at now: the one in use.

    It gives the same date, or the deadline is about to be dated anew by it. Asks nothing of the database.
    """
    return _calendar(version.replaced_by_id or version.code)


def current_version() -> CalendarVersion:
    """The list in use. Raises BadHolidayList when none was ever loaded."""
    try:
        return CalendarVersion.objects.current()
    except CalendarVersion.DoesNotExist:
        raise BadHolidayList(
            "No bank holidays are loaded. Run `manage.py migrate`, which loads the shipped list."
        ) from None


def current_calendar() -> Calendar:
    """The calendar in use."""
    return calendar_of(current_version())


def calendar_at_hand() -> Calendar:
    """The calendar in use; the shipped one while the database has none, has no tables, or does not answer."""
    try:
        return current_calendar()
    except (BadHolidayList, DatabaseError):
        code, days, *_ = _read(json.loads(SHIPPED.read_text()))
        return Calendar(code, days)


def _read(document: dict[str, Any]) -> tuple[str, dict[date, str], date, str]:
    """The code that names a list, its days, when it was published, and by whom. Raises BadHolidayList."""
    if document.get("division") != DIVISION:
        raise BadHolidayList(
            f"Cannot load holidays of {document.get('division')!r}: deadlines here count in {DIVISION}."
        )
    try:
        events = [(_day(event["date"]), str(event["title"])) for event in document["events"]]
        published_on = date.fromisoformat(document["published_on"])
        source = str(document["source"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadHolidayList(f"Cannot read the list of bank holidays: {error}.") from None
    days = dict(events)
    if not days:
        raise BadHolidayList("Cannot load an empty list of bank holidays: every date would be wrong.")
    if repeated := sorted({day for day, _ in events if [on for on, _ in events].count(day) > 1}):
        named = ", ".join(map(str, repeated))
        raise BadHolidayList(f"Cannot load a list that gives a day twice: {named}.")
    _refuse_impossible(days, published_on)
    canonical = json.dumps(sorted((day.isoformat(), name) for day, name in days.items()))
    code = f"{published_on}/{hashlib.sha256(canonical.encode()).hexdigest()[:6]}"
    return code, days, published_on, source


def _day(text: Any) -> date:
    """A day as `2026-12-25`, and nothing else: a time beside it would bring a zone, and perhaps another day."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not a day such as 2026-12-25")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None


def _refuse_impossible(days: dict[date, str], published_on: date) -> None:
    """Raise BadHolidayList for a list that cannot be meant: a wild day, a bad name, a year or month amiss."""
    last = max(days)
    if min(days).year < FIRST_YEAR or last.year > published_on.year + PROVISIONAL_YEARS:
        wild = last if last.year > published_on.year + PROVISIONAL_YEARS else min(days)
        raise BadHolidayList(
            f"Cannot load {wild.isoformat()} as a bank holiday: lists name days from {FIRST_YEAR}, and those of a "
            f"few years ahead. Look for a slip of the hand."
        )
    for day, name in days.items():
        if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            raise BadHolidayList(
                f"Cannot load {day.isoformat()}: its name must have 1 to {LONGEST_NAME} plain characters."
            )
    months = {(year, month) for year in range(min(days).year, last.year + 1) for month in range(1, 13)}
    off = Counter((day.year, day.month) for day in days if day.weekday() < 5)
    for year, month in sorted(months):
        if off[year, month] >= _weekdays(year, month):
            raise BadHolidayList(
                f"Cannot load a list that leaves no working day in {date(year, month, 1):%B %Y}: "
                "no deadline could be counted across it."
            )
    if missing := sorted({year for year, _ in months} - {day.year for day in days}):
        raise BadHolidayList(
            f"Cannot load a list that names no bank holiday in {missing[0]}, though it does before and after: "
            "every date of that year would be wrong."
        )


def _weekdays(year: int, month: int) -> int:
    """How many days from Monday to Friday the month has."""
    length = monthrange(year, month)[1]
    return sum(date(year, month, day).weekday() < 5 for day in range(1, length + 1))


@cache
def shipped_days() -> dict[date, str]:
    """The days of the list that comes with the package."""
    return days_of(json.loads(SHIPPED.read_text()))


def days_of(document: dict[str, Any]) -> dict[date, str]:
    """The days of a list, with their names, if it could be loaded. Raises BadHolidayList."""
    return _read(document)[1]


def official_version() -> CalendarVersion:
    """The last list of gov.uk, which the one in use may differ from by days that people added or took away."""
    return CalendarVersion.objects.official()


@transaction.atomic
def load_holidays(
    document: dict[str, Any], *, at: datetime, by: User | None = None, origin: str = GOVUK
) -> CalendarVersion:
    """Store a list of bank holidays as a new version, in use from now on; the list in use itself stays as it is.

    The document has division, source, published_on and events (date, title). Raises BadHolidayList.
    """
    code, days, published_on, source = _read(document)
    in_use = CalendarVersion.objects.order_by("pk").last()
    if in_use and in_use.origin == origin and calendar_of(in_use).holidays == days:
        return in_use
    before = CalendarVersion.objects.filter(code__startswith=code).count()
    version = CalendarVersion.objects.create(
        code=f"{code}-{before + 1}" if before else code,  # a day added and taken away again gives an earlier list
        division=DIVISION, source=source, published_on=published_on, loaded_at=at, loaded_by=by,
        known_until=max(days), origin=origin,
    )  # fmt: skip
    BankHoliday.objects.bulk_create(
        BankHoliday(calendar=version, day=day, name=name) for day, name in sorted(days.items())
    )
    CalendarVersion.objects.exclude(pk=version.pk).update(replaced_by=version)
    return version


def load_shipped_holidays(*, at: datetime) -> CalendarVersion:
    """The list that comes with the package."""
    return load_holidays(json.loads(SHIPPED.read_text()), at=at)
