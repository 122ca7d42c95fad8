"""What a person does with notices: count them, open one, and see to those that no mail could carry."""

import uuid
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from notifications.channels.texts import LEADS_TO
from notifications.models import Notice, NoticeQuerySet
from workflows.models import Subject
from workflows.services import ledger

SEE_NOTICES = "reviews.see_notices_case"


def case_with_notices(user: User, pk: uuid.UUID, *, at: datetime) -> Any:
    """The case of that key, if the person may see its notices; None otherwise, after the same questions."""
    for kind in apps.get_models():
        if issubclass(kind, Subject) and SEE_NOTICES.split(".")[1] in dict(kind._meta.permissions):
            found = kind.objects.granted(user, SEE_NOTICES, at=at).filter(pk=pk)  # type: ignore[attr-defined]
            if (case := found.first()) is not None:
                return case
    return None


def unseen_count(user: User) -> int:
    """How many notices this person has not opened, for the navigation."""
    count: int = Notice.objects.for_person(user).unseen().not_barred().count()
    return count


def undelivered_to(user: User, *, at: datetime) -> NoticeQuerySet:
    """What could not be delivered about cases whose notices this person may see, and still asks for a call."""
    waiting: NoticeQuerySet = Notice.objects.undelivered(at=at)
    return waiting.of_cases(user, SEE_NOTICES, at=at)


def names_to_phone(user: User, *, at: datetime) -> list[str]:
    """Whom this person is to phone, since no mail reaches them: each once, by name.

    Every page asks, and nearly always nothing was given up: that is all it looks for at first.
    """
    if not Notice.objects.given_up(at=at).exists():
        return []
    people = (
        undelivered_to(user, at=at)
        .order_by("recipient__full_name")
        .values_list("recipient", "recipient__full_name")
    )
    return [name for _, name in people.distinct()]


@transaction.atomic
def mark_dealt_with(notice: Notice, *, by: User, at: datetime) -> bool:
    """That the person was told in another way; in the ledger of the case. Returns False if it was marked before.

    A digest is about several subjects: each of their ledgers says so.
    """
    is_first = bool(Notice.objects.filter(pk=notice.pk, dealt_with_at=None).update(dealt_with_at=at))
    if is_first:
        told = Subject.objects.filter(Q(pk=notice.subject_id) | Q(notices__collapsed_into=notice))
        for subject in told.distinct().order_by("pk"):
            ledger.append(subject, "phoned", by=by, at=at)
    return is_first


def mark_seen(notice: Notice, *, at: datetime) -> None:
    """The person opened it. The first time counts."""
    Notice.objects.filter(pk=notice.pk).unseen().update(seen_at=at)


def address_of(notice: Notice, *, for_whom: User, at: datetime) -> str:
    """The address of what it is about; empty if the person may not see that."""
    if notice.subject is None:
        return reverse(LEADS_TO[notice.news])
    subject: Any = notice.subject.specific()
    if not type(subject).objects.visible_to(for_whom, at=at).filter(pk=subject.pk).exists():
        return ""
    return str(subject.get_absolute_url())
