"""Reminders: the ladders of a partnership, which its business manager sets, and what is muted on a case."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from accounts.models import Partnership, User
from reviews.milestones import RETURN
from reviews.models import Case
from reviews.rules import AUDIENCES, OF_AN_AGENCY
from reviews.services import access
from workflows.actors import System
from workflows.ladders import Rung
from workflows.models import Deadline, LadderVersion, Mute, RuleVersion
from workflows.services import ladders, muting

Actor = User | System

MAY_MUTE = "reviews.meet_milestone_case"
"""Who runs a case's clocks says when they are silent: the business manager."""


def rules_on(partnership: Partnership, *, on: date) -> dict[str, list[RuleVersion]]:
    """The rules in force on a day, by the ladder they climb: statutory ones first."""
    found: dict[str, list[RuleVersion]] = {}
    for rule in RuleVersion.objects.of(partnership).in_force(on).order_by("partnership", "pk"):
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
    return ladders.change_ladder(partnership, name, rungs, seen=seen, also_running=also_running, by=by, at=at)


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
