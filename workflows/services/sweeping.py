"""The sweep: finds the rungs whose time has come, marks them, and says so, in one transaction a batch."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from workflows.models import Outage, Rung
from workflows.services.claiming import claim
from workflows.services.muting import silence
from workflows.signals import rungs_reached

logger = logging.getLogger(__name__)

BATCH = 500


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
    first = Rung.objects.ahead().order_by("fires_at").values_list("fires_at", flat=True).first()
    if first is None or first > at:
        return total  # as nearly every minute: one look at the index, and no transaction
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
    claimed = claim(at=at, most=BATCH, without=without, only=only)
    if not claimed.ids:
        return Swept()
    taken += claimed.ids
    told = silence(claimed.telling, at=at) if claimed.is_muted else claimed.telling
    rungs_reached.send(sender=Rung, rungs=told, at=at, outage=outage)
    if outage is not None:
        Outage.objects.filter(pk=outage.pk).update(
            reached=F("reached") + len(claimed.ids), missed=F("missed") + claimed.missed
        )
    return Swept(len(claimed.ids), claimed.missed)
