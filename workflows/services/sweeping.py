"""The sweep: finds the rungs whose time has come, marks them, and says so, in one transaction a batch."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from workflows.ladders import MISSED
from workflows.models import Deadline, Outage, Rung
from workflows.services.muting import silence
from workflows.signals import rungs_reached

logger = logging.getLogger(__name__)

BATCH = 500

CLAIM = """
WITH due (id, deadline_id, deadline) AS ({due})
UPDATE workflows_rung SET reached_at = %s WHERE id IN (SELECT id FROM due) RETURNING id, deadline_id, key, tell
"""
"""What is due, found, locked and marked in one statement, on either database."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: rungs reached, deadlines seen to be missed, and rungs left since they failed."""

    reached: int = 0
    missed: int = 0
    left: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.reached + other.reached, self.missed + other.missed, self.left + other.left)


def sweep(*, at: datetime, outage: Outage | None = None) -> Swept:
    """Reach every rung whose time has come at the instant, in order of time, in batches.

    Told of an outage, it counts there what it reaches, and those who listen are told too.

    May run twice, late, or beside another: a batch is claimed under lock (what another sweep holds
    is skipped), what no longer holds is left out, and the marks and the notices are one transaction.
    One bad subject must not silence every partnership: a batch that fails is done again rung by rung,
    and those that fail alone are logged and left for the next run.
    """
    total = Swept()
    bad: set[int] = set()
    while True:
        taken: list[int] = []
        try:
            total += _sweep_once(at=at, taken=taken, without=bad, outage=outage)
        except (OperationalError, InterfaceError):
            raise  # the database is in trouble, and no rung of it is to blame: the next run finds them all
        except Exception:
            if not taken:
                raise
            logger.exception("A batch of %s rungs failed; they are done one by one", len(taken))
            total += _one_by_one(taken, at=at, bad=bad, outage=outage)
        if len(taken) < BATCH:
            return total


def _one_by_one(ids: Collection[int], *, at: datetime, bad: set[int], outage: Outage | None) -> Swept:
    """Each rung in a transaction of its own. Adds those that fail to the bad ones."""
    total = Swept()
    for pk in ids:
        try:
            total += _sweep_once(at=at, taken=[], only=pk, outage=outage)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Rung %s failed, and is left for the next run", pk)
            bad.add(pk)
            total += Swept(left=1)
    return total


@transaction.atomic
def _sweep_once(
    *,
    at: datetime,
    taken: list[int],
    without: Collection[int] = (),
    only: int | None = None,
    outage: Outage | None = None,
) -> Swept:
    """One batch, or one rung. `taken` is told which, also when it fails."""
    due = Rung.objects.whose_time_has_come(at=at).order_by("fires_at", "pk")
    if without:
        due = due.exclude(pk__in=without)
    if only is not None:
        due = due.filter(pk=only)
    if connection.features.has_select_for_update_skip_locked:
        # The deadlines too: what a person is changing now waits for the next sweep, and neither waits for the other.
        due = due.select_for_update(of=("self", "deadline"), skip_locked=True, no_key=True)
    query, given = due.select_related("deadline").only("deadline__id")[:BATCH].query.sql_with_params()
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at)
        cursor.execute(CLAIM.format(due=query), [*given, moment])
        claimed = cursor.fetchall()
    if not claimed:
        return Swept()
    taken += sorted(pk for pk, *_ in claimed)
    missed = 0
    if passed := [deadline for _, deadline, key, _ in claimed if key == MISSED]:
        missed = Deadline.objects.filter(pk__in=passed, rule__duty="by").update(missed_at=at)
    telling = Rung.objects.filter(pk__in=[pk for pk, _, _, tell in claimed if tell])
    rungs = telling.select_related("deadline__rule", "deadline__subject").defer("deadline__derivation")
    rungs_reached.send(sender=Rung, rungs=silence(list(rungs), at=at), at=at, outage=outage)
    if outage is not None:
        Outage.objects.filter(pk=outage.pk).update(
            reached=F("reached") + len(claimed), missed=F("missed") + missed
        )
    return Swept(len(claimed), missed)
