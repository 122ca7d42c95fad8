"""The sweep: finds the rungs whose time has come, marks them, and says so, in one transaction a batch."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from workflows.ladders import MISSED
from workflows.models import Deadline, Rung
from workflows.signals import rungs_reached

BATCH = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: rungs reached, and deadlines seen to be missed."""

    reached: int = 0
    missed: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(self.reached + other.reached, self.missed + other.missed)


def sweep(*, at: datetime) -> Swept:
    """Reach every rung whose time has come at the instant, in order of time, in batches.

    May run twice, late, or beside another: a batch is claimed under lock (what another sweep holds
    is skipped), what no longer holds is left out, and the marks and the notices are one transaction.
    """
    total = Swept()
    while True:
        batch = _sweep_once(at=at)
        total += batch
        if batch.reached < BATCH:
            return total


@transaction.atomic
def _sweep_once(*, at: datetime) -> Swept:
    due = Rung.objects.whose_time_has_come(at=at).order_by("fires_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        # The deadlines too: what a person is changing now waits for the next sweep, and neither waits for the other.
        due = due.select_for_update(of=("self", "deadline"), skip_locked=True, no_key=True)
    rungs = list(due.select_related("deadline", "deadline__rule", "deadline__subject")[:BATCH])
    if not rungs:
        return Swept()
    Rung.objects.filter(pk__in=[rung.pk for rung in rungs]).update(reached_at=at)
    breaches = [rung.deadline for rung in rungs if rung.key == MISSED and rung.deadline.rule.duty == "by"]
    for deadline in breaches:
        deadline.missed_at = at
    Deadline.objects.filter(pk__in=[deadline.pk for deadline in breaches]).update(missed_at=at)
    rungs_reached.send(sender=Rung, rungs=[rung for rung in rungs if rung.tell], at=at)
    return Swept(len(rungs), len(breaches))
