"""For whom a deputy did or saw something: through whose seats it was open to them. Asked of deputies alone."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps

from accounts.models import User
from workflows.models import Subject
from workflows.models.subjects import Through


def stood_in_for(by: User, subject: Subject, permission: str, *, at: datetime) -> str:
    """The id of the person whose seat let a deputy do this; empty if the deputy's own did, too.

    permission is what it took; without one, to look at it. What it takes to begin something is asked of its case.
    """
    if permission in {beginning.permission for beginning in subject.BEGINNINGS.values()}:
        subject = subject.root or subject
    return _whose(by, subject.kind, {subject.pk}, permission, by.stands_for(at=at), at=at).get(subject.pk, "")


def listed_for(by: User, codes: Sequence[str], *, at: datetime) -> list[tuple[str, list[str]]]:
    """Which of these a deputy saw for themselves, and which through the seats of whom: (id or empty, codes).

    Their own first, then by id; for whom they saw nothing, is not named. What no seat opens to them, such as what
    a notice of theirs was once about, they saw for themselves.
    """
    keys, code_of = defaultdict(set), {}
    for kind, pk, code in Subject.objects.filter(code__in=codes).values_list("kind", "pk", "code"):
        keys[kind].add(pk)
        code_of[pk] = code
    through, whose = by.stands_for(at=at), {}
    for kind in sorted(keys):
        for pk, person in _whose(by, kind, keys[kind], "", through, at=at).items():
            whose[code_of[pk]] = person
    parts: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        parts[whose.get(code, "")].append(code)
    return sorted(parts.items())


def _whose(
    by: User, kind: str, keys: Collection[uuid.UUID], permission: str, through: Through, *, at: datetime
) -> dict[uuid.UUID, str]:
    """Of those subjects of a kind, for whom the person sees or does those that their own do not open.

    The one rule of sight, asked with the person's own seats, and then for what is left with those of each whom
    they stand in for. Of several, the first by id: which of two absent colleagues is meant, nobody could say.
    """
    model: Any = apps.get_model(kind)
    permission = permission or model.objects.all().view_codename
    left, found = set(keys), dict[uuid.UUID, str]()
    for person in [by.pk, *sorted(person for person in through if person != by.pk)]:
        if not left or len(through) < 2:
            break
        open_here = model.objects.granted(by, permission, at=at, through={person: through[person]})
        seen = set(open_here.filter(pk__in=left).order_by().values_list("pk", flat=True))
        left -= seen
        if person != by.pk:
            found |= dict.fromkeys(seen, str(person))
    return found
