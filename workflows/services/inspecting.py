"""Looking over everything, every night: each kind in portions, so that it ends in time and goes on where it stopped."""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock_time

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from workflows.actors import SYSTEM
from workflows.calendars import at_local, local_date
from workflows.countdown import day_in_words
from workflows.models import Inspection, LedgerHead, Subject
from workflows.services import calendar as calendars
from workflows.services import changing, govuk
from workflows.services.alarms import REFRESH, calendar_alarms
from workflows.services.anchoring import anchor_the_ledger
from workflows.services.ledger import broken_links, moves_not_told, name_of_chain
from workflows.services.redating import date_stragglers, still_to_date
from workflows.services.verifying import drifted_among, with_facts
from workflows.signals import service_news

logger = logging.getLogger(__name__)

DEADLINES, LEDGER, CALENDAR = "verify-deadlines", "verify-ledger", "check-calendar"
ANCHOR = "anchor-ledger"
NIGHT = clock_time(3, 0)
"""From when a new night counts, London time: an hour that comes once in every night of the year."""
LONGEST = timedelta(seconds=45)
"""How long one ring goes on: well below the time at which Celery would kill its task."""
KEPT = 50
"""So many findings are kept; the number of all of them is kept besides."""
DEADLINES_AT_ONCE, CHAINS_AT_ONCE = 500, 200


@dataclass(frozen=True, slots=True)
class Portion:
    """What one step of an inspection saw. after is the key to go on from; empty when it was the last."""

    looked_at: int = 0
    wrong: int = 0
    findings: list[str] = field(default_factory=list)
    after: str = ""


def last_night(at: datetime) -> datetime:
    """The last three o’clock in the morning, London time, at or before the instant (aware, UTC)."""
    today = at_local(local_date(at), NIGHT)
    return today if today <= at else at_local(local_date(at) - timedelta(days=1), NIGHT)


def inspect_what_is_due(*, at: datetime, within: timedelta = LONGEST) -> list[Inspection]:
    """Every kind that was not begun since last night, and what is under way. Returns those that ended now.

    Nights that were slept through are not made up for: one look shows all there is to see. May be rung at
    any hour, twice, or beside itself; a portion that another has done is not counted again.
    """
    begun = time.monotonic()
    ended = []
    for kind, look in INSPECTIONS.items():
        if kind == REFRESH and not settings.HOLIDAYS_URL:
            continue  # there, people bring the list themselves
        under_way = _begin_or_go_on(kind, at=at)
        while under_way and time.monotonic() - begun < within.total_seconds():
            under_way, is_over = _one_portion(under_way, look, at=at)
            if is_over and under_way:
                ended.append(under_way)
                break
    return ended


def _begin_or_go_on(kind: str, *, at: datetime) -> Inspection | None:
    """The inspection to go on with: one under way, or a new one if none was begun since last night."""
    last = Inspection.objects.filter(kind=kind).first()
    if last and last.ended_at is None:
        return last
    if last and last.begun_at >= last_night(at):
        return None
    try:
        with transaction.atomic():
            return Inspection.objects.create(kind=kind, begun_at=at)
    except IntegrityError:
        return None  # another has begun it in this moment


def _one_portion(
    under_way: Inspection, look: Callable[[str, datetime], Portion], *, at: datetime
) -> tuple[Inspection | None, bool]:
    """Look at the next portion, and note it unless another process was quicker: then there is nothing to go on with."""
    portion = look(under_way.reached, at)
    is_over = not portion.after
    mine = Inspection.objects.filter(pk=under_way.pk, ended_at=None, reached=under_way.reached)
    noted = mine.update(
        reached=portion.after or under_way.reached,
        looked_at=F("looked_at") + portion.looked_at,
        wrong=F("wrong") + portion.wrong,
        findings=(under_way.findings + portion.findings)[:KEPT],
        ended_at=at if is_over else None,
    )
    if not noted:
        return None, False
    now = Inspection.objects.get(pk=under_way.pk)
    if is_over and now.wrong and now.kind in (DEADLINES, LEDGER):
        logger.error("%s found %s of %s amiss", now.kind, now.wrong, now.looked_at)
        # Told once from one clean look to the next, not every night.
        clean = Inspection.objects.filter(kind=now.kind, wrong=0).ended().first()
        key = f"{now.kind}:{clean.pk if clean else 0}"
        service_news.send(sender=Inspection, news="drift-found", key=key, by=SYSTEM, at=at)
    return now, is_over


# ---- What is looked at -------------------------------------------------------------------------
def _look_at_deadlines(after: str, at: datetime) -> Portion:
    """Every deadline derived again; and whether an open one was left behind by a change of the calendar."""
    batch = list(with_facts().filter(pk__gt=int(after or 0)).order_by("pk")[:DEADLINES_AT_ONCE])
    if not batch:
        return Portion()
    codes = dict(Subject.objects.filter(deadlines__in=batch).values_list("pk", "code"))
    findings = []
    for deadline, derivation in drifted_among(batch):
        stored = day_in_words(deadline.due_on) if deadline.due_on else "no day"
        gives = day_in_words(derivation.due_on) if derivation and derivation.due_on else "no day"
        which = f"{codes[deadline.subject_id]} {deadline.rule_code}"
        state = "" if derivation and derivation.state == deadline.state else f" ({deadline.state})"
        findings.append(f"{which}{state}: stored {stored}, its facts give {gives}")
    return Portion(len(batch), len(findings), findings, after=str(batch[-1].pk))


def _look_at_ledger(after: str, at: datetime) -> Portion:
    """Every chain: each entry follows from the one before, it ends where it ended, and every move is told."""
    begun = uuid.UUID(after) if after else None
    heads = LedgerHead.objects.order_by("chain")
    keys = (heads.filter(chain__gt=begun) if begun else heads).values_list("chain", flat=True)
    batch = list(keys[:CHAINS_AT_ONCE])
    # The last portion has no end: entries whose chain has no end written down are not to slip through.
    links = Counter(found.chain for found in broken_links(after=begun, to=batch[-1] if batch else None))
    untold = moves_not_told(Subject.objects.filter(pk__in=batch, root=None))
    findings = [
        f"{name_of_chain(chain)}: {links[chain]} entries do not follow, {len(untold.get(chain, ()))} moves are not told"
        for chain in sorted(links.keys() | untold.keys())
    ]
    return Portion(len(batch), len(findings), findings, after=str(batch[-1]) if batch else "")


def _look_at_calendar(after: str, at: datetime) -> Portion:
    """What is wrong with the calendar, told once; and deadlines that a change of it left behind, dated anew."""
    date_stragglers(at=at)
    left = still_to_date(calendars.current_version()).count()
    alarms = calendar_alarms(at=at)
    for alarm in alarms:
        service_news.send(sender=Inspection, news=alarm.news, key=alarm.key, by=SYSTEM, at=at)
    behind = [f"{left} open deadlines are still to be dated anew by the list in use"] if left else []
    findings = [alarm.words for alarm in alarms] + behind
    return Portion(1, len(findings), findings)


def _ask_govuk(after: str, at: datetime) -> Portion:
    """Fetch the list. One that differs is proposed, for a person to look at; whatever goes wrong changes nothing."""
    try:
        document = govuk.from_govuk(
            govuk.fetch(settings.HOLIDAYS_URL), source=settings.HOLIDAYS_URL, published_on=local_date(at)
        )
        changing.propose_once(document, reason="gov.uk publishes another list of bank holidays.", at=at)
    except calendars.BadHolidayList as error:
        return Portion(1, 1, [str(error)])
    return Portion(1)


def _anchor_the_ledger(after: str, at: datetime) -> Portion:
    """Write down outside where every chain ends. Whether it may be trusted was looked at just before."""
    try:
        anchor_the_ledger(at=at)
    except OSError as error:
        logger.error("The ledger could not be anchored: %s", error.strerror)
        return Portion(1, 1, [f"The file could not be written: {error.strerror}"])
    return Portion(1)


INSPECTIONS: dict[str, Callable[[str, datetime], Portion]] = {
    REFRESH: _ask_govuk,
    CALENDAR: _look_at_calendar,
    DEADLINES: _look_at_deadlines,
    LEDGER: _look_at_ledger,
    ANCHOR: _anchor_the_ledger,
}
"""What is looked at every night, in this order. Asking gov.uk is left out where no address is set."""
