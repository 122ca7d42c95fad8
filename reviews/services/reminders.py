"""Reminders: the ladders of a partnership, which its business manager sets, and what is muted on a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from accounts.models import Partnership, User
from reviews.milestones import RETURN
from reviews.models import AgencyReturn, Case
from reviews.rules import AUDIENCES, OF_AN_AGENCY
from reviews.services import access
from workflows.actors import System
from workflows.calendars import local_date
from workflows.exceptions import LadderError
from workflows.ladders import Rung
from workflows.models import Deadline, LadderVersion, Mute, RuleVersion
from workflows.services import ladders, muting

Actor = User | System

MAY_MUTE = "reviews.meet_milestone_case"
"""Who runs a case's clocks says when they are silent: the business manager."""


def rules_on(partnership: Partnership, *, on: date) -> dict[str, list[RuleVersion]]:
    """The rules in force on a day that start clocks here, by the ladder they climb: statutory ones first."""
    found: dict[str, list[RuleVersion]] = {}
    kept = RuleVersion.objects.of(partnership).in_force(on).exclude(kind="")
    for rule in kept.order_by("partnership", "pk"):
        found.setdefault(rule.ladder, []).append(rule)
    return found


def audiences_for(rules: Sequence[RuleVersion]) -> dict[str, str]:
    """Whom a step of a ladder can tell, in words, given the rules that climb it. Only a return has an author."""
    is_of_returns = bool(rules) and all(rule.kind == RETURN for rule in rules)
    return {key: words for key, words in AUDIENCES.items() if is_of_returns or key not in OF_AN_AGENCY}


def change_ladder(
    partnership: Partnership, name: str, rungs: Sequence[Rung], *, seen: int, also_running: bool,
    by: Actor, at: datetime,
) -> LadderVersion:  # fmt: skip
    """Other steps from now on, set by a business manager. Raises PermissionDenied, WorkflowError."""
    access.must_run(partnership, by, at=at)
    known = audiences_for(rules_on(partnership, on=local_date(at)).get(name, []))
    if unknown := sorted({rung.tell for rung in rungs} - known.keys()):
        raise LadderError(f"Cannot tell {', '.join(unknown)} here: these deadlines have nobody of that kind.")
    return ladders.change_ladder(partnership, name, rungs, seen=seen, also_running=also_running, by=by, at=at)


def can_be_muted(case: Case, user: User, *, at: datetime) -> dict[Deadline, str]:
    """The open deadlines of a case and of the returns this person sees, each with what a page calls it."""
    seen = AgencyReturn.objects.visible_to(user, at=at).filter(case=case).select_related("agency")
    returns = {r.pk: r for r in seen}
    there = Deadline.objects.open().filter(subject_id__in=[case.pk, *returns]).select_related("rule")
    return {deadline: name_of(deadline, returns) for deadline in there.order_by("due_at", "pk")}


def name_of(deadline: Deadline, returns: Mapping[Any, AgencyReturn]) -> str:
    asked = returns.get(deadline.subject_id)
    return f"{deadline.rule.name} ({asked.agency})" if asked else deadline.rule.name


@dataclass(frozen=True, slots=True)
class Muted:
    """A mute as the page of a case shows it: of what, whether it holds now, and what was passed over."""

    it: Mute
    what: str
    holds: bool
    passed_over: int


def mutes_on(case: Case, user: User, *, at: datetime) -> list[Muted]:
    """Everything that was ever muted on a case, the newest first. What this person may not see is named no closer."""
    rows = list(
        case.mutes.select_related("by", "ended_by", "deadline__rule")
        .annotate(passed_over=Count("rungs"))
        .order_by("-at", "-pk")
    )
    if not rows:
        return []
    holding = set(case.mutes.in_force(at=at).values_list("pk", flat=True))
    returns = {
        r.pk: r
        for r in AgencyReturn.objects.visible_to(user, at=at).filter(case=case).select_related("agency")
    }
    return [
        Muted(
            one,
            name_of(one.deadline, returns) if one.deadline else "All of this case and its returns",
            one.pk in holding,
            one.passed_over,
        )
        for one in rows
    ]


@transaction.atomic
def mute_case(
    case: Case, *, reason: str, until: date, by: Actor, at: datetime, deadline: Deadline | None = None
) -> Mute:
    """Nobody is told of the case's deadlines, or of one of them, until the end of that day."""
    return muting.mute(case, deadline=deadline, reason=reason, until=until, permission=MAY_MUTE, by=by, at=at)


@transaction.atomic
def end_mute(muted: Mute, *, by: Actor, at: datetime) -> None:
    """People are told again."""
    muting.end_mute(muted, permission=MAY_MUTE, by=by, at=at)
