"""The words of a notice: a reference, a duty, its day, a link and whom to ask. Never what a case is about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import engines
from django.urls import reverse
from jinja2 import Environment, TemplateNotFound

from notifications.models import ANCHORED, DIGEST, Notice
from workflows.countdown import day_in_words
from workflows.models import Deadline, LedgerAnchor, Subject
from workflows.services.muting import silenced_by
from workflows.services.standing import how_it_stands

CHASING = ("reminder", "due-today", "late", "period-over")
"""News of a ladder's rungs: about a deadline, and pointless once it is met."""
LEADS_TO = {
    DIGEST: "home",
    ANCHORED: "notice-list",
    "calendar-changed": "calendar",
    "calendar-proposed": "calendar",
    "calendar-horizon": "calendar",
    "calendar-old": "calendar",
    "calendar-provisional": "calendar",
    "calendar-refresh-failed": "calendar",
    "drift-found": "operations",
    "unusual-access": "unusual-access",
}
"""The page of a news that is about no one subject."""
SUBJECT_LINE = "Subject: "


@dataclass(frozen=True, slots=True)
class Text:
    """What a mail says. The subject is the same for everybody whom the same news is told."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline as a text shows it."""

    duty: str
    due: str
    left: str
    is_local: bool
    owed_by: str = ""
    code: str = ""
    """Of its subject, where a text tells of several."""


def news_now(notice: Notice, *, at: datetime) -> str:
    """Which text is true at the instant: what was a reminder when it was written may be late when it leaves."""
    if notice.deadline is None or notice.news not in ("reminder", "due-today", "late"):
        return notice.news
    return {"late": "late", "today": "due-today"}.get(how_it_stands(notice.deadline, at=at).tone, "reminder")


@cache
def headline(news: str) -> str:
    """The subject of the mails that tell it, and what a page calls it: the first line of its text.

    A news whose text was retired keeps its page: there it is called by its code.
    """
    try:
        template = _environment().get_template(f"notices/{news}.txt")
    except TemplateNotFound:
        return news.replace("-", " ").capitalize()
    return _subject_in(Path(str(template.filename)).read_text("utf-8").partition("\n")[0])


def text_of(notice: Notice, *, at: datetime) -> Text:
    """What the mail says at the instant. Reads the subject and, where the text lists them, its open deadlines."""
    subject = notice.subject.specific() if notice.subject else None
    page = subject.get_absolute_url() if subject else reverse(LEADS_TO[notice.news])
    return render(
        news_now(notice, at=at),
        code=subject.code if subject else "",
        link=settings.SITE_URL + page,
        clock=_clock(notice.deadline, at=at) if notice.deadline else None,
        clocks=_open_clocks(notice, at=at),
        partnership=subject.partnership.name if subject else "",
        managers=_managers_of(subject, at=at) if subject else [],
        anchor=LedgerAnchor.objects.filter(made_at=notice.created_at).first()
        if notice.news == ANCHORED
        else None,
    )


def render(news: str, **context: Any) -> Text:
    """The text of that news. Plain text: nothing is escaped, since nobody's markup is in it."""
    written = _environment().get_template(f"notices/{news}.txt").render(context)
    first, _, rest = written.partition("\n")
    return Text(_subject_in(first), rest.strip() + "\n")


def _subject_in(line: str) -> str:
    if not line.startswith(SUBJECT_LINE):
        raise ValueError(f"A text begins with {SUBJECT_LINE!r}, not with {line!r}")
    return line.removeprefix(SUBJECT_LINE).strip()


def _managers_of(subject: Subject, *, at: datetime) -> list[str]:
    """Who answers questions, and where: the business managers of the day, or who stands in for them."""
    return [f"{person.full_name}, {person.email}" for person in subject.people("business-manager", at=at)]


def _clock(deadline: Deadline, *, at: datetime) -> Clock:
    return Clock(
        duty=deadline.rule.name,
        due=day_in_words(deadline.due_on) if deadline.due_on else "",
        left=how_it_stands(deadline, at=at).words,
        is_local=deadline.rule.is_local,
        owed_by=deadline.rule.owed_by,
    )


def muted_until(notice: Notice, *, at: datetime) -> date | None:
    """The last day of what mutes a notice that was written before; None if nothing does. Only steps of a ladder are."""
    if notice.deadline is None or notice.rung_at is None:
        return None
    mute = silenced_by(notice.deadline, notice.key, at=at)
    return mute.until if mute else None


def told_together(notice: Notice, *, at: datetime) -> list[Deadline]:
    """The deadlines that a digest tells of, soonest first: those that still run, are not muted, are none of a case
    from which its reader is recused by now, and of which no mail of their own leaves with it or has left since."""
    told = (
        notice.told_here.not_barred()
        .filter(deadline__state=Deadline.State.RUNNING)
        .select_related("deadline__rule", "deadline__calendar", "deadline__subject")
    )
    deadlines = {one.deadline for one in told if one.deadline and not muted_until(one, at=at)}
    deadlines -= _told_by_themselves(deadlines, notice, at=at)
    return sorted(deadlines, key=lambda deadline: (deadline.due_at, deadline.pk))


def _told_by_themselves(deadlines: Iterable[Deadline], digest: Notice, *, at: datetime) -> set[Deadline]:
    """Of those, the ones whose ladder has meanwhile come to a step that the reader of the digest is told, too."""
    owed_or_sent = (Notice.State.WAITING, Notice.State.SENDING, Notice.State.SENT)
    steps = Notice.objects.filter(
        recipient=digest.recipient, deadline__in=deadlines, news__in=CHASING, state__in=owed_or_sent,
        created_at__gte=digest.created_at, send_after__lte=at,
    ).select_related("deadline__rule", "deadline__calendar", "deadline__subject")  # fmt: skip
    return {one.deadline for one in steps if one.deadline and not muted_until(one, at=at)}


def _open_clocks(notice: Notice, *, at: datetime) -> list[Clock]:
    if notice.news == DIGEST:
        return [
            replace(_clock(deadline, at=at), code=deadline.subject.code)
            for deadline in told_together(notice, at=at)
        ]
    if notice.deadline is not None or notice.subject is None:
        return []
    running = notice.subject.deadlines.running().select_related("rule", "calendar")
    return [_clock(deadline, at=at) for deadline in running if deadline.rule.duty == "by"]


@cache
def _environment() -> Environment:
    made: Environment = engines["jinja2"].env.overlay(autoescape=False)  # type: ignore[attr-defined]
    return made
