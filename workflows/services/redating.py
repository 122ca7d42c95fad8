"""When the list of bank holidays changes: which open deadlines would move, and moving them, with a reason.

A deadline that has ended keeps the calendar it ended by. One that is open, and that the new list can touch, is
derived again with it; if its date moves, a fact says so, with the old and the new day, and its ladder is armed
again. One that it cannot touch is left as it is, with the list it was counted by: both give the same date.
"""

import logging
import sys
import time
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from accounts.models import User
from workflows.actors import SYSTEM, System
from workflows.calendars import Calendar, end_of, start_of
from workflows.derivation import derive
from workflows.exceptions import WorkflowError
from workflows.facts import RE_CALENDARED, RESTARTED
from workflows.models import CalendarChange, CalendarVersion, Deadline, Fact, RuleVersion, Subject
from workflows.models.clocks import DeadlineQuerySet
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services import ledger
from workflows.services.clocks import lock_all
from workflows.services.folding import Told, fold, insert_facts, logs_of, planned_from, store_all
from workflows.services.rules import rule_book
from workflows.signals import service_news

logger = logging.getLogger(__name__)

BATCH = 1000
"""How many are derived again in one transaction."""
LONGEST = timedelta(seconds=45)
"""How long one round goes on: a task ends well before Celery would kill it, and the next goes on."""
BY_DEFAULT = "The list of bank holidays changed."


@dataclass(frozen=True, slots=True)
class Move:
    """An open deadline that a list would move: from which day to which. None: paused, so without a day."""

    deadline: Deadline
    was: date | None
    becomes: date | None


def would_move(new: Calendar, *, everywhere: bool = False) -> Iterator[Move]:
    """Every open deadline whose day, or whose word "provisional", the list would change. Writes nothing.

    Unless everything is asked for, it looks only where the difference to the list of each can matter. Milestones
    planned back from the due day of another come last: they move with it.
    """
    open_ones = (
        Deadline.objects.open().select_related("rule", "calendar", "subject").prefetch_related("facts")
    )
    reach = Q() if everywhere else _touched_by(new, Deadline.objects.open())
    due_days = rule_book().due_days
    new_days: dict[tuple[UUID, str], date] = {}
    for deadline in open_ones.filter(reach).exclude(rule__starts__in=due_days).iterator(chunk_size=BATCH):
        if move := _move_by(new, deadline):
            yield move
            if move.becomes and move.becomes != move.was and deadline.rule_code in due_days.values():
                new_days[deadline.subject_id, deadline.rule_code] = move.becomes
    if not everywhere:
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
        _move_by(calendars.calendar_in_use_for(deadline.calendar), deadline, counted_from=new_day)
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

    A limit that counts backwards is due before it starts. A paused one has no due day, and is always looked at. The
    caller looks at those besides whose limit is more than a number: a cap or a roll may look at days past its end.
    """
    horizon = end_of(min(old.known_until, new.known_until))
    reach = Q(due_at=None) | Q(due_at__gt=horizon) | Q(started_at__gte=horizon)
    if changed := {day for day, _ in old.holidays.items() ^ new.holidays.items()}:
        first, last = start_of(min(changed)), end_of(max(changed))
        reach |= Q(due_at__gt=first, started_at__lt=last) | Q(due_at__lte=last, started_at__gte=first)
    return reach


def redate(
    version: CalendarVersion, *, by: User | System, at: datetime, reason: str, within: timedelta | None = None
) -> list[Move]:
    """Count by the list every open deadline that it can touch. Returns those that moved.

    A batch is a transaction, under the locks of its subjects. Safe to repeat, and to stop half-way: it begins none
    after `within`. Raises WorkflowError without a reason.
    """
    return [
        move
        for moves in redate_in_batches(version, by=by, at=at, reason=reason, within=within)
        for move in moves
    ]


def redate_in_batches(
    version: CalendarVersion, *, by: User | System, at: datetime, reason: str, within: timedelta | None = None,
    left: list[int] | None = None,
) -> Iterator[list[Move]]:  # fmt: skip
    """The same, batch by batch as they are done, so that a million need no more memory than five hundred.

    The soonest come before all: what falls due next must not wait for what falls due in a year. But what is planned
    back from the due day of another comes after that other, and moves with it, once.

    One that fails is logged, and hides no other; left is told which.
    """
    left = [] if left is None else left
    if not reason.strip():
        raise WorkflowError("Cannot date deadlines anew without a reason.")
    begun = time.monotonic()
    touched = still_to_date(version).order_by(F("due_at").asc(nulls_first=True), "pk")
    is_planned = Q(rule__starts__in=rule_book().due_days)
    for pks in chain(
        _batches(touched.exclude(is_planned), BATCH), _batches(touched.filter(is_planned), BATCH)
    ):
        if within is not None and time.monotonic() - begun >= within.total_seconds():
            return
        yield _redate_batch(pks, version, by=by, at=at, reason=reason, left=left)


def still_to_date(version: CalendarVersion) -> DeadlineQuerySet:
    """Open, counted by an older list, and within what the difference can touch: none once all are dated anew."""
    behind = Deadline.objects.open().exclude(calendar=version)
    return behind.filter(_touched_by(calendars.calendar_of(version), behind))


def _touched_by(new: Calendar, deadlines: DeadlineQuerySet) -> Q:
    """Those of these of which more than the name of the list may change.

    That is what the difference between the list of each and the new one can reach, and what was ever paused,
    extended or ruled anew, for whose count days may matter that the dates do not tell of.
    """
    more_than_a_number = RuleVersion.objects.filter(limit__contains=" ").values_list("pk", flat=True)
    touched = ~Q(derivation__changes=[]) | Q(rule__in=list(more_than_a_number))
    for old in CalendarVersion.objects.filter(pk__in=deadlines.order_by().values("calendar")):
        touched |= Q(calendar=old) & _in_reach(calendars.calendar_of(old), new)
    return touched


def _batches(deadlines: DeadlineQuerySet, size: int) -> Iterator["array[int]"]:
    """Their keys, so many at a time. All are read at first, packed: eight bytes each."""
    keys = array("q", deadlines.values_list("pk", flat=True).iterator(chunk_size=10_000))
    for first in range(0, len(keys), size):
        yield keys[first : first + size]


def go_on_dating(*, at: datetime, within: timedelta = LONGEST) -> int:
    """Date anew what a confirmed change has left to date. Returns how many deadlines moved. Rung with every sweep."""
    change = CalendarChange.objects.still_dating().select_related("version", "decided_by").first()
    if change is None:
        return 0
    assert change.version is not None
    left: list[int] = []
    moved = _how_many_move(
        change.version, change.decided_by or SYSTEM, change.reason, at=at, within=within, left=left
    )
    # Those that failed do not keep it waiting: every night tries them again, and names how many there are.
    is_done = not still_to_date(change.version).exclude(pk__in=left).exists()
    CalendarChange.objects.filter(pk=change.pk).update(moved=F("moved") + moved)
    if is_done:
        CalendarChange.objects.still_dating().filter(pk__lte=change.pk).update(redated_at=at)
        if left:
            logger.error("%s deadlines are left by calendar change %s", len(left), change.pk)
            service_news.send(
                sender=CalendarChange, news="drift-found", key=f"left:{change.pk}", by=SYSTEM, at=at
            )
    return moved


def date_stragglers(*, at: datetime) -> int:
    """Date anew what began, by the list of before, in the moment in which a change was confirmed. Rung every night."""
    version = calendars.current_version()
    if not still_to_date(version).exists():
        return 0
    change = version.changes.order_by("-pk").select_related("decided_by").first()
    by: User | System = change.decided_by if change and change.decided_by else SYSTEM
    return _how_many_move(version, by, change.reason if change else BY_DEFAULT, at=at, within=LONGEST)


def _how_many_move(
    version: CalendarVersion, by: User | System, reason: str, *, at: datetime, within: timedelta,
    left: list[int] | None = None,
) -> int:  # fmt: skip
    batches = redate_in_batches(version, by=by, at=at, reason=reason, within=within, left=left)
    return sum(len(moves) for moves in batches)


def _redate_batch(
    pks: Collection[int],
    version: CalendarVersion,
    *,
    by: User | System,
    at: datetime,
    reason: str,
    left: list[int],
) -> list[Move]:
    """These deadlines, or, if one of them cannot be dated, each by itself: it is left, and hides no other."""
    how: Any = {"by": by, "at": at, "reason": reason}
    try:
        return _redate(pks, version, **how)
    except (OperationalError, InterfaceError):
        raise  # the database is in trouble, and no deadline is to blame
    except Exception:
        if len(pks) == 1:
            logger.exception("Deadline %s could not be dated anew, and is left for the next round", *pks)
            left += pks
            return []
    return [move for pk in pks for move in _redate_batch([pk], version, **how, left=left)]


@transaction.atomic
def _redate(
    pks: Collection[int], version: CalendarVersion, *, by: User | System, at: datetime, reason: str
) -> list[Move]:
    """These deadlines, asked again under the locks whether they are still open and behind; and what moves with them."""
    lock_all(Subject.objects.filter(deadlines__pk__among=pks))
    behind = Deadline.objects.open().filter(pk__among=pks).exclude(calendar=version)
    deadlines = list(behind.select_related("subject").prefetch_related("rule", "ladder"))  # which many share
    if not deadlines:
        return []
    logs = logs_of(deadlines)
    planned = [one for _, one in planned_from(deadlines)]
    was = {one: one.due_on for one in [*deadlines, *planned]}
    moving, derivations = [], []
    for deadline in deadlines:
        deadline.calendar = version
        derivation = fold(deadline, logs[deadline.pk])
        derivations.append(derivation)
        if derivation.due_on != deadline.due_on:
            moving.append(_recalendared(deadline, derivation.due_on, version, at=at, reason=reason))
    insert_facts(moving, by=by, at=at)  # they tell of the new day, and do not make it: it is folded already
    ledger.append_all([ledger.line(one.deadline.subject, RE_CALENDARED, by=by) for one in moving], at=at)
    store_all(deadlines, derivations, logs, at=at)
    becomes_of = dict(
        Deadline.objects.filter(pk__among={one.pk for one in planned}).values_list("pk", "due_on")
    )
    becomes_of |= {one.pk: one.due_on for one in deadlines}
    moves = [Move(one, day, becomes_of[one.pk]) for one, day in was.items()]
    return [move for move in moves if move.was != move.becomes]


def _recalendared(
    deadline: Deadline, becomes: date | None, version: CalendarVersion, *, at: datetime, reason: str
) -> Told:
    """The fact that a deadline has another day by the list."""
    days = {"from": deadline.due_on, "to": becomes}
    return Told(
        deadline, RE_CALENDARED, at, authority=version.source, reason=reason,
        details={"calendar": version.code} | {name: day and day.isoformat() for name, day in days.items()},
    )  # fmt: skip
