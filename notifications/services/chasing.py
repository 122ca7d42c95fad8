"""How often people were chased about a case and each of its parts. A mail that no one got does not count."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from notifications.channels.texts import CHASING
from notifications.models import Notice
from workflows.models import Subject


@dataclass(slots=True)
class Chased:
    """Of one subject: how many were told, by mail or by telephone, when last, and whom nothing has reached."""

    count: int = 0
    last_at: datetime | None = None
    unreached: list[str] = field(default_factory=list)

    def add(self, notice: Notice) -> None:
        told_at = notice.dealt_with_at if notice.state == Notice.State.FAILED else notice.sent_at
        if told_at is not None:
            self.count += 1
            self.last_at = max(told_at, self.last_at or told_at)
        elif notice.recipient.full_name not in self.unreached:
            self.unreached.append(notice.recipient.full_name)


@dataclass(frozen=True, slots=True)
class Chasing:
    """The same of everything about a case."""

    by_subject: dict[uuid.UUID, Chased]

    def of(self, subject: Subject) -> Chased:
        return self.by_subject.get(subject.pk, Chased())


def chasing_of(case: Subject) -> Chasing:
    """Reminders that went out about a case and its parts, or came back. One query. For who may see what was sent."""
    ended = Notice.objects.about(case).filter(
        state__in=(Notice.State.SENT, Notice.State.FAILED), news__in=CHASING
    )
    found: dict[uuid.UUID, Chased] = {}
    for notice in ended.select_related("recipient").order_by("created_at", "pk"):
        found.setdefault(notice.subject_id, Chased()).add(notice)
    return Chasing(found)
