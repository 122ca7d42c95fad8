"""What the bell rings for: notice that nothing was swept for long, sweep, finish what was begun, and note the hour."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError

from workflows.models import Heartbeat, Outage
from workflows.services.redating import go_on_dating
from workflows.services.sweeping import Swept, sweep

logger = logging.getLogger(__name__)

SWEEP = "sweep"
"""The heartbeat of this; other packages have their own."""


def watch(*, at: datetime) -> Swept:
    """One ring. After an outage what it left is swept as its own; killed half-way, the next ring goes on with it.

    May run twice, late, or beside itself: an outage is one row, and every rung is reached once.
    """
    outage = _outage_left_to_catch_up(at=at)
    try:
        go_on_dating(at=at)  # first, so that what is due is due by the list in use
    except DatabaseError:
        raise
    except Exception:
        logger.exception("Dating anew failed; the sweep goes on, and the next ring tries again")
    swept = sweep(at=at, outage=outage)
    if outage is not None:
        Outage.objects.filter(pk=outage.pk, caught_up_at=None).update(caught_up_at=at)
    beat(SWEEP, at=at)
    return swept


def beat(name: str, *, at: datetime) -> None:
    """Note that a task ended at the instant. Never back in time: one told an earlier hour changes nothing."""
    if not Heartbeat.objects.filter(name=name, at__lt=at).update(at=at):
        Heartbeat.objects.bulk_create([Heartbeat(name=name, at=at)], ignore_conflicts=True)


def _outage_left_to_catch_up(*, at: datetime) -> Outage | None:
    """The outage that this ring ends, or that an earlier one began to catch up; None when all is as usual."""
    left = Outage.objects.filter(caught_up_at=None, ended_at__lte=at).first()
    if left is not None:
        return left
    last = Heartbeat.objects.filter(name=SWEEP).first()
    if last is None or at - last.at <= timedelta(seconds=settings.OUTAGE_AFTER):
        return None
    outage, is_new = Outage.objects.get_or_create(began_at=last.at, defaults={"ended_at": at})
    if not is_new:
        return None if outage.caught_up_at else outage
    logger.warning("Nothing was swept from %s to %s; it is caught up now", last.at, at)
    return outage
