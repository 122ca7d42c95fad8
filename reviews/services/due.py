"""What is due: the deadlines a person may see, with the words and the address that each is shown by."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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


def owed_by_seats(seats: Iterable[int]) -> Q:
    """The condition that a deadline is for those seats to meet, whoever holds them."""
    theirs = Q()
    for kind, permission, which in OWN:
        grants = kind.group_grants.rel.related_model.objects.filter(group__in=seats)
        granted = grants.filter(permission__codename=permission.split(".")[-1]).order_by()
        theirs |= Q(subject__in=granted.values("content_object")) & which
    return theirs


PART = 100
"""So many deadlines of a year are shown at once; more only where they are due on one day."""


@dataclass(frozen=True, slots=True)
class Part:
    """Whole days of a year, from one to another, both inclusive; and where the part before and the next begin."""

    first: date
    last: date
    earlier: date | None
    later: date | None


def part_of_year(dated: DeadlineQuerySet, year: int, since: date | None) -> Part:
    """The part of the year that begins with a day: as many days as hold a hundred of these deadlines, at least one.

    Two queries; three for a part that is not the first.
    """
    begins, ends = date(year, 1, 1), date(year, 12, 31)
    first = since or begins
    days = dated.order_by("due_on", "pk").values_list("due_on", flat=True)
    ahead = days.filter(due_on__gte=first)
    later = ahead[PART : PART + 1].first()
    if later is not None:
        later = max(later, (ahead.first() or first) + timedelta(days=1))
    earlier = None
    if first > begins:
        before = days.filter(due_on__lt=first).order_by("-due_on")[PART - 1 : PART].first()
        earlier = before or begins
    return Part(first, later - timedelta(days=1) if later else ends, earlier, later)


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
        deadlines = list(deadlines)
        subjects = {deadline.subject_id for deadline in deadlines}
        returns = AgencyReturn.objects.filter(pk__in=subjects).select_related("agency")
        self.agencies: dict[uuid.UUID, Agency] = {one.pk: one.agency for one in returns}
        shown = {deadline.subject.root_id or deadline.subject_id for deadline in deadlines}
        cases = Case.objects.visible_to(user, at=at).filter(pk__in=shown)
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
