"""When the list of bank holidays changes: which open deadlines would move, and moving them, with a reason.

A deadline that has ended keeps the calendar it ended by. One that is open is derived again with the new
list; if its date moves, a fact says so, with the old and the new day, and its ladder is armed again.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from workflows.actors import SYSTEM, System
from workflows.calendars import Calendar, end_of, start_of
from workflows.derivation import derive
from workflows.exceptions import WorkflowError
from workflows.facts import RE_CALENDARED, RESTARTED
from workflows.models import CalendarChange, CalendarVersion, Deadline, Fact
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services import ledger
from workflows.services.clocks import lock, person, planned_from, rederive
from workflows.services.rules import rule_book

logger = logging.getLogger(__name__)

BATCH = 500
LONGEST = timedelta(seconds=45)
"""How long one round goes on: a task ends well before Celery would kill it, and the next goes on."""
BY_DEFAULT = "The list of bank holidays changed."


@dataclass(frozen=True, slots=True)
class Move:
    """An open deadline that a list would move: from which day to which. None: paused, so without a day."""

    deadline: Deadline
    was: date | None
    becomes: date | None


def would_move(new: Calendar, old: Calendar | None = None) -> Iterator[Move]:
    """Every open deadline whose day, or whose word "provisional", the list would change. Writes nothing.

    Told the calendar that is in use, it looks only where the difference between the two can matter. Milestones
    planned back from the due day of another come last: they move with it.
    """
    open_ones = (
        Deadline.objects.open().select_related("rule", "calendar", "subject").prefetch_related("facts")
    )
    reach = _in_reach(old, new) if old is not None else Q()
    due_days = rule_book().due_days
    new_days: dict[tuple[UUID, str], date] = {}
    for deadline in open_ones.filter(reach).exclude(rule__starts__in=due_days).iterator(chunk_size=BATCH):
        if move := _move_by(new, deadline):
            yield move
            if move.becomes and move.becomes != move.was and deadline.rule_code in due_days.values():
                new_days[deadline.subject_id, deadline.rule_code] = move.becomes
    reach |= Q(subject_id__in={subject_id for subject_id, _ in new_days})
    for deadline in open_ones.filter(reach, rule__starts__in=due_days).iterator(chunk_size=BATCH):
        anchor = (deadline.subject_id, due_days[deadline.rule.starts])
        if move := _move_by(new, deadline, counted_from=new_days.get(anchor)):
            yield move


def would_follow(moves: Iterable[Move]) -> list[Move]:
    """The open milestones that are planned back from what moves, and so would move with it. Writes nothing.

    One query; none if the book plans nothing from these.
    """
    due_days = rule_book().due_days
    new_days = {
        (move.deadline.subject_id, move.deadline.rule_code): move.becomes
        for move in moves
        if move.becomes and move.becomes != move.was and move.deadline.rule_code in due_days.values()
    }
    if not new_days:
        return []
    planned = Deadline.objects.open().filter(
        subject_id__in={subject_id for subject_id, _ in new_days}, rule__starts__in=due_days
    )
    rows = planned.select_related("rule", "calendar", "subject__root").prefetch_related("facts")
    found = [
        _move_by(calendars.calendar_of(deadline.calendar), deadline, counted_from=new_day)
        for deadline in rows.order_by("subject_id", "rule_code")
        if (new_day := new_days.get((deadline.subject_id, due_days[deadline.rule.starts])))
    ]
    return [move for move in found if move]


def _move_by(new: Calendar, deadline: Deadline, *, counted_from: date | None = None) -> Move | None:
    """What the list does to one deadline; counted from another day than before, if its anchor moves to one."""
    facts = list(deadline.facts.all())
    if counted_from is not None:
        facts.append(
            Fact(pk=sys.maxsize, kind=RESTARTED, effective_at=facts[-1].effective_at,
                 details={"start": start_of(counted_from).isoformat()})
        )  # fmt: skip
    try:
        derivation = derive(Limit.parse(deadline.rule.limit), facts, new)
    except WorkflowError:
        return None  # it has no date by any list: verify_deadlines names it, and it must not hide the others
    if (derivation.due_on, derivation.provisional) == (deadline.due_on, deadline.is_provisional):
        return None
    return Move(deadline, deadline.due_on, derivation.due_on)


def _in_reach(old: Calendar, new: Calendar) -> Q:
    """Deadlines that the difference can touch: a changed day between start and due day, or an end past a horizon.

    A limit that counts backwards is due before it starts. A paused one has no due day, and is always looked at;
    so is one that counts by a list older than both.
    """
    horizon = end_of(min(old.known_until, new.known_until))
    reach = Q(due_at=None) | Q(due_at__gt=horizon) | Q(started_at__gte=horizon)
    reach |= ~Q(calendar__code=old.version)
    if changed := old.holidays.keys() ^ new.holidays.keys():
        first, last = start_of(min(changed)), end_of(max(changed))
        reach |= Q(due_at__gt=first, started_at__lt=last) | Q(due_at__lte=last, started_at__gte=first)
    return reach


def redate(
    version: CalendarVersion, *, by: User | System, at: datetime, reason: str, within: timedelta | None = None
) -> list[Move]:
    """Count every open deadline by the list from now on. Returns those that moved.

    Each in a transaction of its own, under the lock of its subject; safe to repeat, and to stop half-way:
    it begins none after `within`. Raises WorkflowError without a reason.
    """
    if not reason.strip():
        raise WorkflowError("Cannot date deadlines anew without a reason.")
    calendar = calendars.calendar_of(version)
    begun = time.monotonic()
    moved: list[Move] = []
    behind = Deadline.objects.open().exclude(calendar=version)
    # Soonest first: what falls due next must not wait for what falls due in a year. But what is planned back from
    # the due day of another comes after that other, and moves with it, once.
    soonest = behind.order_by(F("due_at").asc(nulls_first=True)).values_list("pk", flat=True)
    is_planned = Q(rule__starts__in=rule_book().due_days)
    for pk in [*soonest.exclude(is_planned), *soonest.filter(is_planned)]:
        if within is not None and time.monotonic() - begun >= within.total_seconds():
            break
        try:
            moved += _redate_one(pk, version, calendar, by=by, at=at, reason=reason)
        except WorkflowError:
            logger.exception("Deadline %s could not be dated anew, and is left for the next round", pk)
    return moved


def go_on_dating(*, at: datetime, within: timedelta = LONGEST) -> int:
    """Date anew what a confirmed change has left to date. Returns how many deadlines moved. Rung with every sweep."""
    change = CalendarChange.objects.still_dating().select_related("version", "decided_by").first()
    if change is None:
        return 0
    assert change.version is not None
    moved = redate(change.version, by=change.decided_by or SYSTEM, at=at, reason=change.reason, within=within)
    is_done = not Deadline.objects.open().exclude(calendar=change.version).exists()
    CalendarChange.objects.filter(pk=change.pk).update(moved=F("moved") + len(moved))
    if is_done:
        CalendarChange.objects.still_dating().filter(pk__lte=change.pk).update(redated_at=at)
    return len(moved)


def date_stragglers(*, at: datetime) -> int:
    """Date anew what began, by the list of before, in the moment in which a change was confirmed. Rung every night."""
    version = calendars.current_version()
    if not Deadline.objects.open().exclude(calendar=version).exists():
        return 0
    change = version.changes.order_by("-pk").select_related("decided_by").first()
    by: User | System = change.decided_by if change and change.decided_by else SYSTEM
    return len(redate(version, by=by, at=at, reason=change.reason if change else BY_DEFAULT, within=LONGEST))


@transaction.atomic
def _redate_one(
    pk: int, version: CalendarVersion, calendar: Calendar, *, by: User | System, at: datetime, reason: str
) -> list[Move]:
    """One deadline, asked again under the lock whether it is still open and still behind; and what moves with it."""
    deadline = Deadline.objects.select_related("subject").get(pk=pk)
    lock(deadline.subject)
    deadline = Deadline.objects.select_related("rule", "calendar", "subject").get(pk=pk)
    if deadline.state not in ("running", "paused") or deadline.calendar_id == version.pk:
        return []
    was = deadline.due_on
    planned = {one: one.due_on for one in planned_from(deadline)}
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
        ledger.append(deadline.subject, RE_CALENDARED, by=by, at=at)
    deadline.calendar = version
    rederive(deadline, at=at)
    moves = [Move(deadline, was, becomes)]
    for one, day in planned.items():
        one.refresh_from_db(fields=["due_on"])
        moves.append(Move(one, day, one.due_on))
    return [move for move in moves if move.was != move.becomes]
