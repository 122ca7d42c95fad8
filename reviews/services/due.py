"""What is due: the deadlines a person may see, with the words and the address that each is shown by."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import Agency, User
from reviews.models import AgencyReturn, Case, PanelRecord
from workflows.countdown import TimeLeft
from workflows.models import Deadline
from workflows.models.clocks import DeadlineQuerySet
from workflows.services.standing import how_it_stands

KINDS: tuple[Any, ...] = (Case, AgencyReturn, PanelRecord)
"""Every kind of subject that a deadline may be of."""

OWN: tuple[tuple[Any, str, Q], ...] = (
    (Case, "reviews.meet_milestone_case", Q()),
    (Case, "reviews.sign_decision_case", Q(rule_code__in=("LOC_SIGNOFF", "LOC_RESIGN"))),
    (AgencyReturn, "reviews.draft_agencyreturn", Q()),
    (PanelRecord, "reviews.accept_panelrecord", Q()),
)
"""Whose a deadline is: those who hold the permission on its subject; of some rules only."""


def deadlines_visible_to(user: User, *, at: datetime) -> DeadlineQuerySet:
    """The deadlines of every subject that the person may see at the instant. Its kinds are asked, and nothing else."""
    seen = Q()
    for kind in KINDS:
        seen |= Q(subject__in=kind.objects.visible_to(user, at=at).order_by().values("pk"))
    return Deadline.objects.filter(seen)


def owed_by(user: User, *, at: datetime) -> Q:
    """The condition that a deadline is the person's own to meet."""
    mine = Q()
    for kind, permission, which in OWN:
        granted = kind.objects.granted(user, permission, at=at).order_by().values("pk")
        mine |= Q(subject__in=granted) & which
    return mine


@dataclass(frozen=True, slots=True)
class Due:
    """One deadline as a list shows it."""

    deadline: Deadline
    code: str
    """The public code of its case; of the return or record itself, for who may not see the case."""
    agency: Agency | None
    url: str
    left: TimeLeft | None

    @property
    def what(self) -> str:
        return self.deadline.rule.name


class Names:
    """What the subjects of some deadlines are called for one person, found in a few queries for all of them."""

    def __init__(self, deadlines: Iterable[Deadline], user: User, *, at: datetime) -> None:
        subjects = {deadline.subject_id for deadline in deadlines}
        returns = AgencyReturn.objects.filter(pk__in=subjects).select_related("agency")
        self.agencies: dict[uuid.UUID, Agency] = {one.pk: one.agency for one in returns}
        cases = Case.objects.visible_to(user, at=at)
        self.codes: dict[uuid.UUID, str] = dict(cases.values_list("pk", "code"))

    def shown(self, deadline: Deadline, left: TimeLeft | None) -> Due:
        """The deadline with its names. Reads rule and subject: fetch both with it."""
        subject = deadline.subject
        code = self.codes.get(subject.root_id or subject.pk, subject.code)
        return Due(deadline, code, self.agencies.get(subject.pk), address_of(deadline), left)

    def due(self, deadline: Deadline, *, at: datetime) -> Due:
        """The deadline as it stands at the instant. Reads its calendar, too."""
        return self.shown(deadline, how_it_stands(deadline, at=at))


def address_of(deadline: Deadline) -> str:
    """The address of the page of its subject, without fetching the subject's own kind."""
    kind = next(kind for kind in KINDS if kind._meta.label_lower == deadline.subject.kind)
    return str(kind(pk=deadline.subject_id).get_absolute_url())
