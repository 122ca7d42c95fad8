"""The calendar in use: loading a list of bank holidays, and the calendar object of a version."""

import hashlib
import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import DatabaseError, transaction

from workflows.calendars import Calendar
from workflows.exceptions import WorkflowError
from workflows.models import BankHoliday, CalendarVersion

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "bank-holidays.json"
DIVISION = "england-and-wales"


class BadHolidayList(WorkflowError):
    """A list of bank holidays that cannot be used."""


@lru_cache(maxsize=8)
def _calendar(code: str) -> Calendar:
    """The calendar of a version. Kept in memory: a version never changes."""
    return CalendarVersion.objects.get(code=code).as_calendar()


def calendar_of(version: CalendarVersion) -> Calendar:
    """The calendar object of one version."""
    return _calendar(version.code)


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
        days = {date.fromisoformat(event["date"]): str(event["title"]) for event in document["events"]}
        published_on = date.fromisoformat(document["published_on"])
        source = str(document["source"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadHolidayList(f"Cannot read the list of bank holidays: {error}.") from None
    if not days:
        raise BadHolidayList("Cannot load an empty list of bank holidays: every date would be wrong.")
    canonical = json.dumps(sorted((day.isoformat(), name) for day, name in days.items()))
    code = f"{published_on}/{hashlib.sha256(canonical.encode()).hexdigest()[:6]}"
    return code, days, published_on, source


def days_of(document: dict[str, Any]) -> dict[date, str]:
    """The days of a list, with their names, if it could be loaded. Raises BadHolidayList."""
    return _read(document)[1]


@transaction.atomic
def load_holidays(document: dict[str, Any], *, at: datetime) -> CalendarVersion:
    """Store a list of bank holidays as a new version; the same list a second time is the same version.

    The document has division, source, published_on and events (date, title). Raises BadHolidayList.
    """
    code, days, published_on, source = _read(document)
    version, is_new = CalendarVersion.objects.get_or_create(
        code=code,
        defaults={
            "division": DIVISION, "source": source, "published_on": published_on,
            "loaded_at": at, "known_until": max(days),
        },
    )  # fmt: skip
    if is_new:
        BankHoliday.objects.bulk_create(
            BankHoliday(calendar=version, day=day, name=name) for day, name in sorted(days.items())
        )
    return version


def load_shipped_holidays(*, at: datetime) -> CalendarVersion:
    """The list that comes with the package."""
    return load_holidays(json.loads(SHIPPED.read_text()), at=at)
