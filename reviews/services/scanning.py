"""Files are shown to a virus scanner by a worker, from their rows. Nobody gets one that was not found clean.

It may run twice, late, or beside itself: a row says what is wanted, and is claimed before the scanner is asked. While
the scanner is away the files wait, and nothing is lost. What lies in the store and belongs to no row is taken away.
"""

import logging
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from reviews.files import clamav, store
from reviews.models import Attachment
from reviews.sealing import CannotOpen
from workflows.actors import SYSTEM
from workflows.exceptions import WrongState
from workflows.services import ledger
from workflows.services.announcing import announce
from workflows.services.clocks import lock

logger = logging.getLogger(__name__)

AT_ONCE = 50
LONGEST_RUN = 60.0
"""Seconds after which a run begins no other file: the next run goes on."""
LEFTOVER_AFTER = timedelta(hours=1)
"""What lies so long in the store without a row was left by an upload that came to nothing."""


def scan_attachments(*, at: datetime) -> int:
    """Show the scanner what waits for it. Returns of how many files it said something; 0 where there is no scanner."""
    if not settings.CLAMAV:
        return 0
    until, count = time.monotonic() + LONGEST_RUN, 0
    for one in Attachment.objects.to_scan(at=at)[:AT_ONCE]:
        if time.monotonic() > until:
            break
        if not one.is_to_be_tried(at=at) or not _claim(one, at=at):
            continue
        try:
            verdict = clamav.scan(store.get(one.stored), address=settings.CLAMAV)
        except (store.NotThere, CannotOpen) as error:
            logger.error("%s cannot be scanned: %s", one, error)
            continue
        except clamav.CannotBeAsked as error:
            logger.warning("%s waits: %s", one, error)
            break  # nor can it be asked about the others
        except clamav.NoAnswer as error:
            logger.warning("%s waits: %s", one, error)
            continue
        count += _record(one.pk, verdict, at=at)
    return count


def _claim(one: Attachment, *, at: datetime) -> bool:
    """Whether this run may ask about it: another one did not begin meanwhile."""
    there = Attachment.objects.kept().filter(pk=one.pk, tried_at=one.tried_at, state=one.state)
    return bool(there.update(tried_at=at, tries=one.tries + 1))


@transaction.atomic
def _record(pk: uuid.UUID, verdict: clamav.Verdict, *, at: datetime) -> int:
    """Write down what the scanner said, unless the file is gone by now. 1 if it was written."""
    found = Attachment.objects.kept().select_related("agency_return").filter(pk=pk).first()
    if found is None:
        return 0
    try:
        lock(found.agency_return)
    except WrongState:
        return 0  # disposed of meanwhile
    state = Attachment.State.CLEAN if verdict.is_clean else Attachment.State.INFECTED
    told = {"state": state, "virus": verdict.virus, "scanned_at": at, "tries": 0}
    if not Attachment.objects.kept().filter(pk=pk).update(**told):
        return 0
    if state != found.state:
        ledger.append(found.agency_return, f"scan_{state}", by=SYSTEM, at=at, changed=[str(pk)])
    if state == Attachment.State.INFECTED:
        logger.error("%s has a virus: %s", found, verdict.virus)
        announce(
            found.agency_return, f"virus:{pk}",
            tells={"author": "virus-found", "business-manager": "virus-found"}, by=SYSTEM, at=at,
        )  # fmt: skip
    return 1


def sweep_store(*, at: datetime) -> int:
    """Take away what lies in the store and belongs to no row. Returns of how many."""
    old = {name for name, written in store.names() if written < (at - LEFTOVER_AFTER).timestamp()}
    wanted = (
        set(Attachment.objects.kept().filter(stored__in=old).values_list("stored", flat=True))
        if old
        else set()
    )
    for name in old - wanted:
        store.forget_leftover(name)
    return len(old - wanted)
