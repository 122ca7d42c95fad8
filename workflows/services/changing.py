"""Changing the list of bank holidays: proposed, looked at, then confirmed. No date moves here: a worker does that.

A list of gov.uk that a worker fetched takes one person, and so does a file that somebody brought if it only adds usual
bank holidays of years to come. A day that people add or take away, and a file that says otherwise of what is known, is
a claim of their own: it takes a second person. What makes it one is in services/claims.py.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.services import is_administrator
from workflows.actors import SYSTEM, System
from workflows.calendars import Calendar, local_date
from workflows.countdown import day_in_words
from workflows.exceptions import Stale, WorkflowError
from workflows.models import GOVUK, HAND, CalendarChange, CalendarVersion
from workflows.services import calendar as calendars
from workflows.services.claims import claims_of
from workflows.services.folding import Actor, person
from workflows.signals import service_news

CHANGED, PROPOSED = "calendar-changed", "calendar-proposed"
"""What administrators are told: the list in use is another; somebody must look at one that is proposed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a list would add to the one before it and take away, with the names, and what to beware of."""

    added: dict[date, str]
    removed: dict[date, str]
    renamed: dict[date, tuple[str, str]]
    warnings: list[str] = field(default_factory=list)


@transaction.atomic
def propose_list(
    document: dict[str, Any], *, reason: str, by: Actor, at: datetime, is_told: bool = True
) -> CalendarChange | None:
    """Propose a list that gov.uk published. None when it says what the last one said: that is noted, and is all.

    gov.uk drops years that are long past from its list. They stay as they were: deadlines that began in them
    are still derived. Raises BadHolidayList, PermissionDenied.
    """
    _must_administer(by, at=at)
    new = calendars.days_of(document)
    official = calendars.official_version()
    first = min(new).year
    earlier = {
        day: name for day, name in calendars.calendar_of(official).holidays.items() if day.year < first
    }
    if earlier | new == calendars.calendar_of(official).holidays:
        official.checked_at = at
        official.save(update_fields=["checked_at"])
        return None
    change = _propose(
        earlier | new, GOVUK, document["published_on"], document["source"], reason, by=by, at=at
    )
    if is_told and (by is SYSTEM or change.takes_two):
        _tell(change, PROPOSED, by=by, at=at)  # whoever may confirm it alone looks at it next
    return change


def propose_once(document: dict[str, Any], *, reason: str, at: datetime) -> CalendarChange | None:
    """The same by a machine that asks every night: a list that waits to be confirmed already is left to wait."""
    new = calendars.days_of(document)
    for change in CalendarChange.objects.waiting().filter(base=calendars.current_version(), origin=GOVUK):
        if new.items() <= change.days.items() and change.days.keys() - new.keys() <= _before(
            min(new), change
        ):
            return change
    return propose_list(document, reason=reason, by=SYSTEM, at=at)


def _before(first: date, change: CalendarChange) -> set[date]:
    """The days of a list in years before that of the day."""
    return {day for day in change.days if day.year < first.year}


@transaction.atomic
def propose_day(
    day: date, name: str, *, adding: bool, source: str, reason: str, by: User, at: datetime
) -> CalendarChange:
    """Propose that a day is added to the list in use, or taken out of it. Raises WorkflowError, PermissionDenied."""
    _must_administer(by, at=at)
    in_use = calendars.current_version()
    days = dict(calendars.calendar_of(in_use).holidays)
    if adding and day in days:
        raise WorkflowError(f"Cannot add {day_in_words(day)}: it is a bank holiday already, {days[day]}.")
    if not adding and day not in days:
        raise WorkflowError(f"Cannot take away {day_in_words(day)}: the list does not name it.")
    if not min(days) <= day <= in_use.known_until:
        # A single day further on would make a year look known of which nothing else is.
        raise WorkflowError(
            f"Cannot change {day_in_words(day)}: the list covers {min(days).year} to "
            f"{day_in_words(in_use.known_until)}. Load a newer list of gov.uk first."
        )
    if adding:
        days[day] = name
    else:
        del days[day]
    change = _propose(days, HAND, local_date(at).isoformat(), source, reason, by=by, at=at)
    _tell(change, PROPOSED, by=by, at=at)
    return change


def _propose(
    days: dict[date, str],
    origin: str,
    published_on: str,
    source: str,
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> CalendarChange:
    if not reason.strip() or not source.strip():
        raise WorkflowError("Cannot propose a change of the bank holidays: say why, and on what authority.")
    document = {
        "division": calendars.DIVISION,
        "source": source,
        "published_on": published_on,
        "events": [{"date": day.isoformat(), "title": name} for day, name in sorted(days.items())],
    }
    calendars.days_of(document)  # refuses what could not be loaded
    base = calendars.current_version()
    return CalendarChange.objects.create(
        origin=origin,
        base=base,
        document=document,
        reason=reason,
        proposed_by=person(by),
        proposed_at=at,
        takes_two=origin == HAND or (isinstance(by, User) and bool(_claims(days, base))),
    )


def _claims(days: dict[date, str], base: CalendarVersion) -> list[str]:
    """What a list of these days says otherwise than the lists that this service knows."""
    official = calendars.calendar_of(calendars.official_version()).holidays
    return claims_of(days, calendars.calendar_of(base).holidays, official, calendars.shipped_days())


@transaction.atomic
def confirm_change(change: CalendarChange, *, by: Actor, at: datetime) -> CalendarVersion:
    """Put the proposed list into use. Open deadlines are dated anew by the next sweep, each with the reason.

    Raises Stale when it was decided, or the list in use changed, since it was proposed; WorkflowError when
    who proposed a day would confirm it; PermissionDenied.
    """
    _must_administer(by, at=at)
    in_use = _lock_the_list()
    change = CalendarChange.objects.select_for_update().get(pk=change.pk)
    _must_wait(change)
    if change.base_id != in_use.pk:
        raise Stale(
            "Cannot confirm this change: the list of bank holidays was changed by somebody else since it was "
            "proposed, so what it moves may be different. Nothing was changed. Propose it again."
        )
    if change.takes_two and (not isinstance(by, User) or by.pk == change.proposed_by_id):
        what = "a day" if change.origin == HAND else "a list"
        raise WorkflowError(
            f"Cannot confirm {what} that you proposed yourself: it moves the deadlines of every partnership, "
            "so somebody else has to look at it."
        )
    version = calendars.load_holidays(change.document, at=at, by=person(by), origin=change.origin)
    _decide(change, CalendarChange.State.CONFIRMED, by=by, at=at, version=version)
    _tell(change, CHANGED, by=by, at=at)
    return version


@transaction.atomic
def withdraw_change(change: CalendarChange, *, by: Actor, at: datetime) -> CalendarChange:
    """Leave the list as it is. Anybody who may propose may also withdraw. Raises Stale, PermissionDenied."""
    _must_administer(by, at=at)
    change = CalendarChange.objects.select_for_update().get(pk=change.pk)
    _must_wait(change)
    return _decide(change, CalendarChange.State.WITHDRAWN, by=by, at=at)


def difference(change: CalendarChange) -> Difference:
    """What the change does to the list it was proposed for, and what to beware of before confirming it."""
    old, new = calendars.calendar_of(change.base).holidays, change.days
    added = {day: new[day] for day in sorted(new.keys() - old.keys())}
    removed = {day: old[day] for day in sorted(old.keys() - new.keys())}
    renamed = {day: (old[day], new[day]) for day in sorted(new.keys() & old.keys()) if old[day] != new[day]}
    official = calendars.calendar_of(calendars.official_version()).holidays
    warnings = _claims(change.days, change.base) if change.takes_two and change.origin != HAND else []
    if change.origin == HAND:
        warnings += [w for day in added for w in _oddities(day, official)]
        warnings += [
            f"The list of gov.uk names {day_in_words(day)}: {official[day]}."
            for day in removed
            if day in official
        ]
    else:
        warnings += [
            f"{day_in_words(day)} was added by hand, and this list takes it away."
            for day in removed
            if day not in official
        ]
        warnings += [
            f"{day_in_words(day)} was taken away by hand, and this list brings it back."
            for day in added
            if day in official
        ]
    return Difference(added, removed, renamed, warnings)


def calendar_after(change: CalendarChange) -> Calendar:
    """The calendar as it would be."""
    return Calendar("preview", change.days)


def _oddities(day: date, official: Any) -> list[str]:
    """What is unusual about a day that somebody adds: most slips of the hand show here."""
    found = []
    if day not in official:
        found.append(f"The list of gov.uk does not name {day_in_words(day)}.")
    if day.weekday() >= 5:
        found.append(f"{day_in_words(day)} falls on a weekend, which never counts: no date would move.")
    elif day.weekday() not in (0, 4):
        found.append(
            f"{day_in_words(day)} is neither a Monday nor a Friday, as nearly all bank holidays are. "
            "Check the day and the month."
        )
    return found


def _must_administer(by: Actor, *, at: datetime) -> None:
    if not isinstance(by, System) and not is_administrator(by, at=at):
        raise PermissionDenied


def _tell(change: CalendarChange, news: str, *, by: Actor, at: datetime) -> None:
    service_news.send(sender=CalendarChange, news=news, key=str(change.pk), by=by, at=at)


def _must_wait(change: CalendarChange) -> None:
    if change.state != CalendarChange.State.PROPOSED:
        raise Stale(f"Cannot decide on this change: it was {change.state} already.")


def _lock_the_list() -> CalendarVersion:
    """The list in use, held until the end: of two changes confirmed in one moment the second sees the first."""
    oldest = CalendarVersion.objects.order_by("pk").values("pk")[:1]
    CalendarVersion.objects.select_for_update(no_key=True).get(
        pk=oldest.get()["pk"]
    )  # deadlines may point at it
    return calendars.current_version()


def _decide(
    change: CalendarChange, state: str, *, by: Actor, at: datetime, version: Any = None
) -> CalendarChange:
    change.state, change.decided_by, change.decided_at, change.version = state, person(by), at, version
    change.save(update_fields=["state", "decided_by", "decided_at", "version"])
    return change
