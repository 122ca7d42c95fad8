"""Writing notices: whom a move or a rung tells, and from when. Rows only; the caller's transaction holds them."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from notifications.models import Notice, in_their_own_kind
from workflows.calendars import SendWindow
from workflows.models import Deadline, Rung, Subject, TransitionRecord
from workflows.services.calendar import current_calendar

AT_ONCE = "due-today"
"""The one news of a rung that does not wait for working hours: tomorrow it would be wrong."""


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


def tell_of_move(subject: Subject, record: TransitionRecord, tells: dict[str, str], *, at: datetime) -> None:
    """Tell every audience the news that a move has for it: at once, because a person has just acted.

    tells maps audience to news. Nobody is told of their own move, or the same news twice.
    """
    _write(
        _notice(f"move:{record.pk}:{news}", person, subject.pk, news, at=at, send_after=at)
        for audience, news in tells.items()
        for person in subject.people(audience, at=at)
        if person.pk != record.by_id
    )


@transaction.atomic
def tell_of_rungs(rungs: Sequence[Rung], *, at: datetime) -> None:
    """Tell the audience of every rung, from when the send window opens next (due today: at once).

    Each kind's subjects are fetched in one query, and each audience of a subject is asked for once.
    """
    if not rungs:
        return
    opens_at = SendWindow.parse(settings.SEND_WINDOW).next_open(at, current_calendar())
    subjects = in_their_own_kind(rung.deadline.subject for rung in rungs)
    audiences: dict[tuple[uuid.UUID, str], list[User]] = {}
    notices = []
    for rung in rungs:
        subject_id = rung.deadline.subject_id
        # Nobody is late when a duty to keep something up has run out.
        is_over = rung.news == "late" and rung.deadline.rule.duty == "until"
        news = "period-over" if is_over else rung.news
        people = audiences.get((subject_id, rung.tell))
        if people is None:
            people = audiences[subject_id, rung.tell] = subjects[subject_id].people(rung.tell, at=at)
        notices += [
            _notice(
                rung.dedupe_key, person, subject_id, news, at=at, deadline=rung.deadline,
                send_after=at if news == AT_ONCE else opens_at,
            )
            for person in people
        ]  # fmt: skip
    _write(notices)
