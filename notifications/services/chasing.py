"""How often people were chased about a case and each of its parts. A mail that no one got does not count."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from notifications.channels.texts import CHASING, headline
from notifications.models import Notice
from workflows.models import Subject


@dataclass(slots=True)
class Chased:
    """Of one subject: how many were told, by mail or by telephone, when last, and whom nothing has reached."""

    count: int = 0
    last_at: datetime | None = None
    unreached: list[str] = field(default_factory=list)

    def add(self, notice: Notice, *, recused: Collection[uuid.UUID]) -> None:
        """Count it. Whoever is recused by now need not be reached any more."""
        told_at = notice.dealt_with_at if notice.state == Notice.State.FAILED else notice.sent_at
        if told_at is not None:
            self.count += 1
            self.last_at = max(told_at, self.last_at or told_at)
        elif notice.recipient_id not in recused and notice.recipient.full_name not in self.unreached:
            self.unreached.append(notice.recipient.full_name)


@dataclass(frozen=True, slots=True)
class Chasing:
    """The same of everything about a case."""

    by_subject: dict[uuid.UUID, Chased]

    def of(self, subject: Subject) -> Chased:
        return self.by_subject.get(subject.pk, Chased())


def chasing_of(case: Subject) -> Chasing:
    """Reminders that went out about a case and its parts, or came back. Two queries. For who may see what was sent.

    What an outage left to be told together was told by its digest: one mail, however many steps it tells of.
    """
    ended = (Notice.State.SENT, Notice.State.FAILED)
    told = Notice.objects.about(case).filter(
        Q(state__in=ended) | Q(collapsed_into__state__in=ended), news__in=CHASING
    )
    mails: dict[uuid.UUID, dict[uuid.UUID, Notice]] = {}
    in_order = told.select_related("recipient", "collapsed_into__recipient").order_by("created_at", "pk")
    recused = case.recused()
    for notice in in_order:
        assert notice.subject_id is not None  # it is about the case or a part of it
        mail = notice.collapsed_into or notice
        mails.setdefault(notice.subject_id, {})[mail.pk] = mail
    found = {subject: Chased() for subject in mails}
    for subject, chased in found.items():
        for mail in mails[subject].values():
            chased.add(mail, recused=recused)
    return Chasing(found)


@dataclass(frozen=True, slots=True)
class Told:
    """One mail about a subject: who was told what, when it was written, and what became of it."""

    headline: str
    person: str
    at: datetime
    state: str


def told_of(subjects: Collection[Subject]) -> Mapping[uuid.UUID, list[Told]]:
    """Who was told what about each of these, newest first. One query. For who may see what was sent.

    What an outage left to be told together was told when its digest was.
    """
    about = Notice.objects.filter(subject__in={subject.pk for subject in subjects})
    found: dict[uuid.UUID, list[Told]] = {}
    for notice in about.newest_first().select_related("recipient", "collapsed_into"):
        assert notice.subject_id is not None  # it is about one of them
        mail = notice.collapsed_into or notice
        told = Told(
            headline(notice.news), notice.recipient.full_name, mail.created_at, mail.get_state_display()
        )
        found.setdefault(notice.subject_id, []).append(told)
    return found
