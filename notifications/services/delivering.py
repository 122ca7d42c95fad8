"""Sending what is owed: claim under lock, commit, look again, send, commit each result on its own.

A notice is exactly once as a record and at least once as a mail. The only repeat is the gap between
the mail server's "250" and our commit: whoever dies there leaves a notice that is sent once more
when its lease ends, with the same Message-ID. Nothing is said to a mail server inside a transaction.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from notifications.channels import texts
from notifications.channels.mail import Mailer, ServerDown, Trouble
from notifications.models import DIGEST, Notice
from workflows.actors import SYSTEM
from workflows.countdown import day_in_words
from workflows.services.ledger import Line, append_all

logger = logging.getLogger(__name__)

DELIVER = "deliver"
"""The heartbeat of this."""
BATCH = 100
LONGEST = timedelta(seconds=45)
"""How long one call goes on starting mails: a task ends well before Celery would kill it."""
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""Between one attempt and the next; the last of them again and again, however long the mail server is away."""
BROKEN_OFF = 10
"""So many attempts in a row may end with their worker; then the notice is to blame, and has failed."""
PATIENCE = 2
"""So many mails in a row may find the server in trouble; then the rest of the batch waits with them."""

OF_A_CLOCK = ("deadline__rule", "deadline__calendar", "deadline__subject")
"""What is read with a notice to say how its deadline stands."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery did: of the notices it claimed, how many were sent, put off, failed and dropped."""

    claimed: int = 0
    sent: int = 0
    put_off: int = 0
    failed: int = 0
    dropped: int = 0

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(
            self.claimed + other.claimed, self.sent + other.sent, self.put_off + other.put_off,
            self.failed + other.failed, self.dropped + other.dropped,
        )  # fmt: skip


class _Moment:
    """The instant a delivery was told, moved on by a stopwatch: a long one must not live in the past."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._started = time.monotonic()

    @property
    def passed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._started)

    @property
    def now(self) -> datetime:
        return self._at + self.passed


def deliver_waiting(*, at: datetime, within: timedelta = LONGEST) -> Delivered:
    """Send up to a hundred notices that are owed at the instant, starting none after `within`.

    May run twice, late, or beside itself: what another has claimed is skipped until its lease ends.
    """
    moment = _Moment(at)
    lease = at + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    ids = _claim(at=at, lease=lease)
    total = Delivered(claimed=len(ids))
    server_is_down: Trouble | None = None
    troubles_in_a_row = 0
    with Mailer() as mailer:
        for place, pk in enumerate(ids):
            if moment.passed >= within:
                _put_back(ids[place:], lease)
                break
            notice = _still_ours(pk, lease)
            if notice is None:
                continue
            if why := why_not(notice, at=moment.now):
                _held(notice, lease).become(Notice.State.DROPPED, last_error=why)
                total += Delivered(dropped=1)
                continue
            if notice.broken_off >= BROKEN_OFF:
                # Every attempt ended without an answer: its worker died each time, and the next would too.
                _held(notice, lease).become(Notice.State.FAILED, last_error="Every attempt broke off.")
                total += Delivered(failed=1)
                continue
            if not (held := _begin_attempt(notice, lease, moment)):
                continue
            try:
                if server_is_down:
                    raise server_is_down
                _send(notice, mailer, at=moment.now)
            except Trouble as trouble:
                total += _put_off(notice, held, trouble, at=moment.now)
                troubles_in_a_row = troubles_in_a_row + 1 if trouble.is_the_servers else 0
                if isinstance(trouble, ServerDown) or troubles_in_a_row >= PATIENCE:
                    server_is_down = trouble
            else:
                troubles_in_a_row = 0
                total += Delivered(sent=1)
                # Sent is sent, whoever holds the lease by now: the other one looks before it sends.
                Notice.objects.filter(pk=pk).become(Notice.State.SENT, sent_at=moment.now, last_error="")
    return total


def deliver_everything_owed(*, at: datetime, within: timedelta = LONGEST) -> Delivered:
    """Batch after batch until nothing more is owed, or the time is over; the next tick goes on."""
    moment = _Moment(at)
    total = Delivered()
    while (left := within - moment.passed) > timedelta(0):
        batch = deliver_waiting(at=moment.now, within=left)
        total += batch
        if batch.claimed < BATCH:
            break
    return total


def why_not(notice: Notice, *, at: datetime) -> str:
    """Why it need not be sent any more, in words fit to show; empty when it must be."""
    if not notice.recipient.is_active:
        return "The person's account was closed."
    if not Notice.objects.filter(pk=notice.pk).not_barred().exists():
        return "The person takes no part in this case."
    if notice.news == DIGEST:
        return (
            ""
            if texts.told_together(notice, at=at)
            else "All that it told of was done first, is no longer owed, is muted, or has a mail of its own."
        )
    deadline = notice.deadline
    if deadline is None or notice.news not in texts.CHASING:
        return ""
    match deadline.state:
        case deadline.State.MET:
            return "It was done first."
        case deadline.State.VOIDED:
            return "It was no longer owed."
        case deadline.State.PAUSED:
            return "Its clock was paused."
    if deadline.due_on != notice.due_on:
        return "Its date was moved, and has reminders of its own."
    if until := texts.muted_until(notice, at=at):
        return f"Its reminders are muted until {day_in_words(until)}."
    # After an outage several steps of one ladder are owed together, and would say the same: one is enough. It is the
    # last in the order in which they are claimed: whichever goes before it still finds it waiting.
    others = Notice.objects.owed_or_held().filter(
        deadline=deadline, recipient=notice.recipient, due_on=notice.due_on, news__in=texts.CHASING,
        send_after__lte=at,
    ).filter(Q(created_at__gt=notice.created_at) | Q(created_at=notice.created_at, pk__gt=notice.pk))  # fmt: skip
    # One that is muted is not sent, and so stands in for no other: what the law set must not pass in silence.
    is_instead = any(texts.muted_until(other, at=at) is None for other in others.select_related(*OF_A_CLOCK))
    return "Another notice about the same deadline is sent instead." if is_instead else ""


@transaction.atomic
def _claim(*, at: datetime, lease: datetime) -> list[UUID]:
    """Lock what is owed, those due first before others, and hold it until the lease ends."""
    owed = Notice.objects.owed(at=at).order_by(
        "next_try_at", F("due_on").asc(nulls_first=True), "created_at", "pk"
    )
    if connection.features.has_select_for_update_skip_locked:
        owed = owed.select_for_update(skip_locked=True)
    ids = list(owed.values_list("pk", flat=True)[:BATCH])
    Notice.objects.filter(pk__in=ids).become(Notice.State.SENDING, lease_until=lease)
    return ids


def _still_ours(pk: UUID, lease: datetime) -> Notice | None:
    """The notice as it is now, unless another took it up because our lease had ended."""
    notice: Notice | None = (
        Notice.objects.filter(pk=pk, state=Notice.State.SENDING, lease_until=lease)
        .select_related("recipient", "subject", *OF_A_CLOCK)
        .first()
    )
    return notice


def _begin_attempt(notice: Notice, lease: datetime, moment: _Moment) -> datetime | None:
    """Count an attempt and hold the notice anew, for one mail. None when another was quicker.

    Counted before the mail, so that one which kills its worker is given up in the end like any other.
    """
    held = moment.now + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    with transaction.atomic():  # no mail leaves of which the ledger does not tell
        is_ours = _held(notice, lease).update(
            lease_until=held, attempts=F("attempts") + 1, broken_off=F("broken_off") + 1
        )
        if is_ours and notice.subject is not None:
            chain = notice.subject.root_id or notice.subject.pk
            told = Line(chain, "mail", f"notifications.notice {notice.pk}", SYSTEM)
            append_all([told], at=moment.now)
    notice.attempts += 1
    return held if is_ours else None


def _send(notice: Notice, mailer: Mailer, *, at: datetime) -> None:
    try:
        text = texts.text_of(notice, at=at)
    except Exception as error:
        # One text that cannot be written must not stop the others; mended, it leaves with the next attempt.
        logger.exception("Notice %s could not be written", notice.pk)
        raise Trouble("Its text could not be written.") from error
    mailer.send(to=notice.recipient.email, subject=text.subject, body=text.body, message_id=notice.message_id)


def _put_off(notice: Notice, lease: datetime, trouble: Trouble, *, at: datetime) -> Delivered:
    """To its next attempt; to its end only when the server will never take a mail for this person."""
    if trouble.is_permanent:
        logger.error("Notice %s could not be sent after %s attempts", notice.pk, notice.attempts)
        _held(notice, lease).become(Notice.State.FAILED, last_error=str(trouble))
        return Delivered(failed=1)
    logger.warning("Notice %s is put off after attempt %s", notice.pk, notice.attempts)
    next_try_at = at + RETRY_AFTER[min(notice.attempts, len(RETRY_AFTER)) - 1]
    _held(notice, lease).become(
        Notice.State.WAITING, last_error=str(trouble), next_try_at=next_try_at, broken_off=0
    )
    return Delivered(put_off=1)


def _put_back(ids: Sequence[UUID], lease: datetime) -> None:
    """Leave to the next delivery what this one had no time for."""
    Notice.objects.filter(pk__in=ids, state=Notice.State.SENDING, lease_until=lease).become(
        Notice.State.WAITING
    )


def _held(notice: Notice, lease: datetime) -> Any:
    return Notice.objects.filter(pk=notice.pk, state=Notice.State.SENDING, lease_until=lease)
