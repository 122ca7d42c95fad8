"""Writing notices: whom a move or a rung tells, and from when. Rows only; the caller's transaction holds them."""

import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from notifications.models import Notice, in_their_own_kind
from workflows.calendars import Calendar, SendWindow, local_date
from workflows.models import Deadline, Rung, Subject, TransitionRecord
from workflows.services.calendar import current_calendar

logger = logging.getLogger(__name__)

AT_ONCE = "due-today"
"""The one news of a rung that does not wait for working hours, on its day: tomorrow it would be wrong."""
INSTEAD = ("business-manager", "user-administrator")
"""Who is told, in this order, when an audience is nobody: someone must hear of it, and can fill the seat."""


def _notice(
    key: str, recipient: User, subject_id: uuid.UUID, news: str, *, at: datetime, send_after: datetime,
    deadline: Deadline | None = None,
) -> Notice:  # fmt: skip
    notice = Notice(
        key=f"{key}:{recipient.pk}", recipient=recipient, subject_id=subject_id, deadline=deadline, news=news,
        due_on=deadline.due_on if deadline else None, created_at=at, send_after=send_after, next_try_at=send_after,
    )  # fmt: skip
    notice.message_id = f"<{notice.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
    return notice


def _write(notices: Iterable[Notice]) -> None:
    """Store those that are not there yet: telling again, in any number of processes, changes nothing."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=500)


def _people(
    subject: Any, audience: str, *, at: datetime, asked: dict[tuple[object, ...], list[User]]
) -> list[User]:
    """Whom to tell: the audience, or who hears instead of nobody. What was asked before is not asked again."""
    for wanted in (audience, *INSTEAD):
        key = subject.audience_key(wanted)
        if key not in asked:
            asked[key] = subject.people(wanted, at=at)
        if asked[key]:
            return asked[key]
    logger.warning("Nobody can be told of %s: there is no %s, nor anybody instead", subject.code, audience)
    return []


def tell_of_move(subject: Subject, record: TransitionRecord, tells: dict[str, str], *, at: datetime) -> None:
    """Tell every audience the news that a move has for it: at once, because a person has just acted.

    tells maps audience to news. Nobody is told the same news twice, or of their own move; but whoever hears
    instead of an audience that is nobody does, even of their own: they do not know that nobody else heard.
    """
    asked: dict[tuple[object, ...], list[User]] = {}
    _write(
        _notice(f"move:{record.pk}:{news}", person, subject.pk, news, at=at, send_after=at)
        for audience, news in tells.items()
        for person in _people(subject, audience, at=at, asked=asked)
        if person.pk != record.by_id or not asked[subject.audience_key(audience)]
    )


@transaction.atomic
def tell_of_rungs(rungs: Sequence[Rung], *, at: datetime) -> None:
    """Tell the audience of every rung, from when the send window opens next (due today: at once).

    Each kind's subjects are fetched in one query, and each audience of a partnership or agency is asked
    for once. A due day that is over when it is swept waits like the rest: nobody is woken for yesterday.
    """
    if rungs:
        subjects = in_their_own_kind(rung.deadline.subject for rung in rungs)
        asked: dict[tuple[object, ...], list[User]] = {}
        told = notices_of(rungs, at=at, subjects=subjects, calendar=current_calendar(), asked=asked)
        _write(notice for _, notices in told for notice in notices)


def notices_of(
    rungs: Sequence[Rung], *, at: datetime, subjects: Mapping[uuid.UUID, Any], calendar: Calendar,
    asked: dict[tuple[object, ...], list[User]],
) -> Iterator[tuple[Rung, list[Notice]]]:  # fmt: skip
    """Each rung with the notices it has when it is reached at the instant, one a person; not stored."""
    opens_at = SendWindow.parse(settings.SEND_WINDOW).next_open(at, calendar)
    today = local_date(at)
    for rung in rungs:
        subject_id = rung.deadline.subject_id
        # Nobody is late when a duty to keep something up has run out.
        is_over = rung.news == "late" and rung.deadline.rule.duty == "until"
        news = "period-over" if is_over else rung.news
        is_today = news == AT_ONCE and rung.deadline.due_on == today
        yield rung, [
            _notice(
                rung.dedupe_key, person, subject_id, news, at=at, deadline=rung.deadline,
                send_after=at if is_today else opens_at,
            )
            for person in _people(subjects[subject_id], rung.tell, at=at, asked=asked)
        ]  # fmt: skip
