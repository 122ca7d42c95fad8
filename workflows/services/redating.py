"""When the list of bank holidays changes: which open deadlines would move, and moving them, with a reason.

A deadline that has ended keeps the calendar it ended by. One that is open is derived again with the new
list; if its date moves, a fact says so, with the old and the new day, and its ladder is armed again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from workflows.actors import System
from workflows.calendars import Calendar
from workflows.derivation import RE_CALENDARED, derive
from workflows.exceptions import WorkflowError
from workflows.models import CalendarVersion, Deadline, Fact
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.clocks import lock, person, rederive

BATCH = 500


@dataclass(frozen=True, slots=True)
class Move:
    """An open deadline that a list would move: from which day to which. None: paused, so without a day."""

    deadline: Deadline
    was: date | None
    becomes: date | None


def would_move(new: Calendar) -> Iterator[Move]:
    """Every open deadline whose day, or whose word "provisional", the list would change. Writes nothing."""
    open_ones = (
        Deadline.objects.open().select_related("rule", "calendar", "subject").prefetch_related("facts")
    )
    for deadline in open_ones.iterator(chunk_size=BATCH):
        derivation = derive(Limit.parse(deadline.rule.limit), deadline.facts.all(), new)
        if (derivation.due_on, derivation.provisional) != (deadline.due_on, deadline.is_provisional):
            yield Move(deadline, deadline.due_on, derivation.due_on)


def redate(version: CalendarVersion, *, by: User | System, at: datetime, reason: str) -> list[Move]:
    """Count every open deadline by the list from now on. Returns those that moved.

    Each in a transaction of its own, under the lock of its subject; safe to repeat, and to stop half-way.
    Raises WorkflowError without a reason.
    """
    if not reason.strip():
        raise WorkflowError("Cannot date deadlines anew without a reason.")
    calendar = calendars.calendar_of(version)
    moved = []
    behind = Deadline.objects.open().exclude(calendar=version)
    for pk in list(behind.values_list("pk", flat=True)):
        if move := _redate_one(pk, version, calendar, by=by, at=at, reason=reason):
            moved.append(move)
    return moved


@transaction.atomic
def _redate_one(
    pk: int, version: CalendarVersion, calendar: Calendar, *, by: User | System, at: datetime, reason: str
) -> Move | None:
    """One deadline, asked again under the lock whether it is still open and still behind."""
    deadline = Deadline.objects.select_related("subject").get(pk=pk)
    lock(deadline.subject)
    deadline = Deadline.objects.select_related("rule", "calendar", "subject").get(pk=pk)
    if deadline.state not in ("running", "paused") or deadline.calendar_id == version.pk:
        return None
    was = deadline.due_on
    becomes = derive(Limit.parse(deadline.rule.limit), deadline.facts.all(), calendar).due_on
    if was != becomes:
        Fact.objects.create(
            deadline=deadline, kind=RE_CALENDARED, effective_at=at, recorded_at=at, by=person(by),
            authority=version.source, reason=reason,
            details={
                "calendar": version.code,
                "from": was.isoformat() if was else None,
                "to": becomes.isoformat() if becomes else None,
            },
        )  # fmt: skip
    deadline.calendar = version
    rederive(deadline, at=at)
    return Move(deadline, was, becomes) if was != becomes else None


def from_govuk(text: str, *, source: str, published_on: date) -> dict[str, Any]:
    """A list as gov.uk publishes it (all divisions in one JSON file), in the form that is stored.

    Raises BadHolidayList for what is not JSON, lacks England and Wales, repeats a day, or is empty.
    """
    try:
        document = json.loads(text)
    except ValueError:
        raise calendars.BadHolidayList(
            "Cannot read the list of bank holidays: it is not JSON. Perhaps it is an error page."
        ) from None
    division = document.get(calendars.DIVISION) if isinstance(document, dict) else None
    if not isinstance(division, dict) or division.get("division", calendars.DIVISION) != calendars.DIVISION:
        raise calendars.BadHolidayList(
            f"Cannot find the division {calendars.DIVISION!r} in the list of bank holidays."
        )
    events = division.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise calendars.BadHolidayList("Cannot read the list of bank holidays: it has no events.")
    days = [event.get("date") for event in events]
    if repeated := {day for day in days if days.count(day) > 1}:
        raise calendars.BadHolidayList(
            f"Cannot load a list that gives a day twice: {', '.join(map(str, sorted(repeated)))}."
        )
    return {
        "division": calendars.DIVISION,
        "source": source,
        "published_on": published_on.isoformat(),
        "events": [
            {
                "date": event.get("date"),
                "title": f"{event.get('title')}{f' ({n})' if (n := event.get('notes')) else ''}",
            }
            for event in events
        ],
    }
