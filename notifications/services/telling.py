"""Writing notices: whom a move or a rung tells, and from when. Rows only; the caller's transaction holds them."""

import logging
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import administrators
from notifications.models import ANCHORED, DIGEST, Notice, in_their_own_kind
from workflows.actors import System
from workflows.calendars import LONDON, SendWindow, local_date
from workflows.exceptions import CalendarEnds
from workflows.models import Deadline, LedgerAnchor, Outage, Rung, Subject, TransitionRecord, recused_by_case
from workflows.services.calendar import current_calendar
from workflows.services.many import columns_of, insert_all, new_row

logger = logging.getLogger(__name__)

AT_ONCE = "due-today"
"""The one news of a rung that does not wait for working hours, on its day: tomorrow it would be wrong."""
BEFORE_DUE = ("reminder", AT_ONCE)
"""News that is stale once the due day is over."""
QUIET = (time(22, 0), time(7, 0))
"""London's night, in which no mail of a rung goes out, not even that of the due day."""
A_DAY_PASSED = "It told of a day that had passed."
A_LATER_STEP = "A later step of the same ladder says more."
INSTEAD = ("business-manager", "user-administrator")
"""Who is told, in this order, when an audience is nobody: someone must hear of it, and can fill the seat."""


def _notice(
    key: str, recipient: User, subject_id: uuid.UUID | None, news: str, *, at: datetime, send_after: datetime,
    deadline: Deadline | None = None, **columns: Any,
) -> Notice:  # fmt: skip
    notice = new_row(
        Notice, key=f"{key}:{recipient.pk}", subject_id=subject_id, news=news, created_at=at, send_after=send_after,
        due_on=deadline.due_on if deadline else None, **{"next_try_at": send_after, **columns},
    )  # fmt: skip
    notice.recipient, notice.deadline = recipient, deadline
    notice.message_id = f"<{notice.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
    return notice


def _write(notices: Iterable[Notice]) -> None:
    """Store those that are not there yet: telling again, in any number of processes, changes nothing."""
    insert_all(Notice, map(columns_of, notices), ignore_conflicts=True)


Asked = dict[tuple[object, ...], list[User]]
"""Who an audience was found to be: what was asked before is not asked again."""


def _people(
    subject: Any, audience: str, *, at: datetime, recused: Collection[uuid.UUID], asked: Asked
) -> list[User]:
    """Whom to tell: the audience, or who hears instead of nobody. Never who is recused."""
    for wanted in (audience, *INSTEAD):
        key = (*subject.audience_key(wanted), recused)
        if key not in asked:
            asked[key] = subject.people(wanted, at=at, recused=recused)
        if asked[key]:
            return asked[key]
    logger.warning("Nobody can be told of %s: there is no %s, nor anybody instead", subject.code, audience)
    return []


def tell_of_move(subject: Subject, record: TransitionRecord, tells: dict[str, str], *, at: datetime) -> None:
    """Tell every audience the news that a move has for it: at once, because a person has just acted.

    tells maps audience to news. Nobody is told the same news twice, or of their own move; but whoever hears
    instead of an audience that is nobody does, even of their own: they do not know that nobody else heard.
    """
    _tell(subject, f"move:{record.pk}", tells, by=record.by_id, at=at)


def tell_of_event(
    subject: Subject, key: str, tells: dict[str, str], *, by: User | System, at: datetime
) -> None:
    """The same of something done that is no move; key names it."""
    _tell(subject, key, tells, by=by.pk, at=at)


def _tell(subject: Subject, key: str, tells: dict[str, str], *, by: Any, at: datetime) -> None:
    asked: Asked = {}
    recused = subject.recused() if tells else frozenset()
    _write(
        _notice(f"{key}:{news}", person, subject.pk, news, at=at, send_after=at)
        for audience, news in tells.items()
        for person in _people(subject, audience, at=at, recused=recused, asked=asked)
        if person.pk != by or not asked[*subject.audience_key(audience), recused]
    )


def _window_opens(at: datetime) -> datetime:
    """When the send window opens next. Past the end of the calendar it is open: better told at once than never."""
    try:
        return SendWindow.parse(settings.SEND_WINDOW).next_open(at, current_calendar())
    except CalendarEnds:
        return at


def tell_administrators(news: str, key: str, *, by: object, at: datetime) -> None:
    """Tell everybody who looks after a partnership something about the service, once for each key; not who did it."""
    opens_at = _window_opens(at)
    _write(
        _notice(f"service:{news}:{key}", person, None, news, at=at, send_after=opens_at)
        for person in administrators(at=at)
        if person != by
    )


def tell_people(news: str, key: str, people: Sequence[User], *, at: datetime) -> None:
    """Tell these people something about no one subject, once for each key."""
    opens_at = _window_opens(at)
    _write(_notice(f"people:{key}", person, None, news, at=at, send_after=opens_at) for person in people)


def tell_witnesses(anchor: LedgerAnchor, *, at: datetime) -> None:
    """Tell whom the setting names where the ledger's chains ended: their mailboxes are not ours to change."""
    wanted = {address.lower() for address in settings.LEDGER_WITNESSES}
    witnesses = list(User.objects.filter(email__in=wanted, is_active=True))
    if missing := len(wanted) - len(witnesses):
        logger.error("%s of %s witnesses of the ledger have no account that works", missing, len(wanted))
    tell_people(ANCHORED, f"{ANCHORED}:{anchor.on.isoformat()}", witnesses, at=at)


@transaction.atomic(savepoint=False)  # they stand or fall with the rungs that were reached
def tell_of_rungs(rungs: Sequence[Rung], *, at: datetime, outage: Outage | None = None) -> None:
    """Tell the audience of every rung, from when the send window opens next (due today: at once, but not at night).

    Each kind's subjects are fetched in one query, and who is recused in one more; each audience of a partnership
    or agency is asked for once. A due day that is over when it is swept waits like the rest: nobody is woken
    for yesterday. Of what an outage left behind, the stale is written down, and told in one digest a person.
    """
    if not rungs:
        return
    subjects = in_their_own_kind(rung.deadline.subject for rung in rungs)
    recused = recused_by_case(case_of(rung) for rung in rungs)
    told = list(
        notices_of(rungs, at=at, opens_at=_window_opens(at), subjects=subjects, recused=recused, asked={})
    )
    if outage:
        _write(_collapse_the_stale(told, outage, at=at))
    _write(notice for _, notices in told for notice in notices)


def case_of(rung: Rung) -> uuid.UUID:
    """The key of the case that a rung's deadline is of."""
    return rung.deadline.subject.root_id or rung.deadline.subject_id


def notices_of(
    rungs: Sequence[Rung], *, at: datetime, opens_at: datetime, subjects: Mapping[uuid.UUID, Any],
    recused: Mapping[uuid.UUID, frozenset[uuid.UUID]], asked: Asked,
) -> Iterator[tuple[Rung, list[Notice]]]:  # fmt: skip
    """Each rung with the notices it has when it is reached at the instant, one a person; not stored.

    opens_at is when the send window opens next; recused says who is, by case; asked remembers who an audience was.
    """
    today = local_date(at)
    for rung in rungs:
        subject_id = rung.deadline.subject_id
        # Nobody is late when a duty to keep something up has run out.
        is_over = rung.news == "late" and rung.deadline.rule.duty == "until"
        news = "period-over" if is_over else rung.news
        out = recused.get(case_of(rung), frozenset())
        is_today = news == AT_ONCE and rung.deadline.due_on == today and not _is_night(at)
        yield rung, [
            _notice(
                rung.dedupe_key, person, subject_id, news, at=at, deadline=rung.deadline, rung_at=rung.fires_at,
                send_after=at if is_today else opens_at,
            )
            for person in _people(subjects[subject_id], rung.tell, at=at, recused=out, asked=asked)
        ]  # fmt: skip


def _collapse_the_stale(
    told: Iterable[tuple[Rung, list[Notice]]], outage: Outage, *, at: datetime
) -> list[Notice]:
    """Mark the notices of the rungs that an outage left, and collapse the stale ones. The digests that tell them."""
    opens_at = _window_opens(at)
    stale = _stale([rung for rung, _ in told], outage, at=at)
    digests: dict[uuid.UUID, Notice] = {}
    for rung, notices in told:
        why = stale.get(rung.pk, "")
        for notice in notices:
            if outage.left(rung.fires_at):
                notice.outage = outage
            if why:
                notice.state, notice.next_try_at, notice.last_error = Notice.State.COLLAPSED, None, why
            if why == A_DAY_PASSED:
                person = notice.recipient
                notice.collapsed_into = digests.setdefault(
                    person.pk, _digest(outage, person, at=at, send_after=opens_at)
                )
    return list(digests.values())


def _stale(rungs: Sequence[Rung], outage: Outage, *, at: datetime) -> dict[int, str]:
    """Which of the rungs that an outage left behind have nothing more to say, each with why. One query.

    A later step of the same ladder for the same audience says more, wherever among the batches it is; and a
    reminder of a day that has passed is no reminder.
    """
    today = local_date(at)
    come = Rung.objects.filter(deadline__in={rung.deadline_id for rung in rungs}, fires_at__lte=at)
    last: dict[tuple[int, str, datetime], datetime] = {}
    for deadline, tell, due_at, fires_at in come.values_list("deadline", "tell", "due_at", "fires_at"):
        step = (deadline, tell, due_at)
        last[step] = max(fires_at, last.get(step, fires_at))
    found = {}
    for rung in rungs:
        if not outage.left(rung.fires_at):
            continue
        if rung.fires_at < last[rung.deadline_id, rung.tell, rung.due_at]:
            found[rung.pk] = A_LATER_STEP
        elif rung.news in BEFORE_DUE and _has_passed(rung.deadline.due_on, today):
            found[rung.pk] = A_DAY_PASSED
    return found


def _has_passed(day: date | None, today: date) -> bool:
    return day is not None and day < today


def _is_night(at: datetime) -> bool:
    """Whether it is night in London; never for a test bench, whose window is always open."""
    hour = at.astimezone(LONDON).time()
    return settings.SEND_WINDOW != "always" and not QUIET[1] <= hour < QUIET[0]


def _digest(outage: Outage, person: User, *, at: datetime, send_after: datetime) -> Notice:
    """The one notice that tells this person together what the outage made stale.

    Its key and its id follow from the two, so that every batch means the same row.
    """
    notice = _notice(
        f"digest:{outage.pk}", person, None, DIGEST, at=at, send_after=send_after, outage_id=outage.pk
    )
    notice.pk = uuid.uuid5(person.pk, f"digest:{outage.began_at.isoformat()}")
    notice.message_id = f"<{notice.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
    return notice
