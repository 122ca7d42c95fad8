"""When a limit changes while clocks run: which open deadlines another limit would move, and moving them on purpose.

A running deadline keeps the version it started with. Whoever changes a rule is shown what the change would
move, and may let it count for those too: each then has a fact, with authority and reason, and its ladder anew.
"""

import hashlib
import sys
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Partnership, User
from workflows.actors import System
from workflows.derivation import derive
from workflows.facts import RE_RULED
from workflows.models import Deadline, Fact
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services import ledger
from workflows.services.changing_clocks import re_rule_deadline
from workflows.services.redating import Move


def open_deadlines(code: str, partnership: Partnership) -> QuerySet[Deadline]:
    """The open deadlines of a rule in a partnership, in one order: that in which they are locked."""
    return (
        Deadline.objects.open()
        .filter(rule_code=code, subject__partnership=partnership)
        .select_related("rule", "calendar", "subject__root")
        .prefetch_related("facts")
        .order_by("subject__root_id", "subject_id")
    )


def would_move(deadlines: Iterable[Deadline], limit: Limit, *, at: datetime) -> list[Move]:
    """Those among them that count by another limit now, each with its day and the day it would have. Writes nothing.

    One whose day stays, because its pauses or a cap make up for it, is in the list all the same: it would count
    by the new limit from then on. Raises CalendarEnds.
    """
    moves = []
    for deadline in deadlines:
        if Limit.parse(deadline.derivation["limit"]) == limit:
            continue
        as_if = Fact(pk=sys.maxsize, kind=RE_RULED, effective_at=at, details={"limit": str(limit)})
        derivation = derive(
            Limit.parse(deadline.rule.limit),
            [*deadline.facts.all(), as_if],
            calendars.calendar_in_use_for(deadline.calendar),
        )
        moves.append(Move(deadline, deadline.due_on, derivation.due_on))
    return moves


def fingerprint(moves: Iterable[Move]) -> str:
    """A mark of a list of moves: by it one sees that what would move is no longer what somebody was shown."""
    rows = sorted((move.deadline.pk, str(move.was), str(move.becomes)) for move in moves)
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


@transaction.atomic
def re_rule(
    moves: Iterable[Move], limit: Limit, *, by: User | System, at: datetime, authority: str, reason: str
) -> list[Deadline]:
    """Let these deadlines count by another limit, all or none; each case's ledger tells of it.

    Raises ClockError without an authority or a reason, or when one of them has ended meanwhile.
    """
    ruled = []
    for move in moves:
        deadline = move.deadline
        ruled.append(
            re_rule_deadline(
                deadline.subject, deadline.rule_code, limit=limit, by=by, at=at, authority=authority, reason=reason
            )
        )  # fmt: skip
        ledger.append(deadline.subject, "re_rule", by=by, at=at)
    return ruled
