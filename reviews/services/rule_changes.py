"""Changing what counts in a partnership: its milestones, and emergency relaxations; and what that would move."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Partnership, User
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services import access
from workflows.actors import System
from workflows.exceptions import Stale, WorkflowError
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services import relaxing, ruling
from workflows.services.redating import Move, would_follow
from workflows.services.rules import change_milestone

Actor = User | System


@dataclass(frozen=True, slots=True)
class Preview:
    """Which open deadlines another limit would move: those the person sees, and how many more there are."""

    moves: list[Move]
    unseen: int
    names: dict[UUID, str]
    """What a page calls each subject: its case's code, and for a return the agency it is asked of."""
    follow: list[Move] = field(default_factory=list)
    """The milestones planned back from those, which would move with them."""

    @property
    def mark(self) -> str:
        """By it one sees whether what would move is still what somebody was shown."""
        return ruling.fingerprint([*self.moves, *self.follow])


def preview(partnership: Partnership, code: str, limit: Limit, *, by: Actor, at: datetime) -> Preview:
    """What another limit would move among the open deadlines of a rule. Writes nothing.

    Raises PermissionDenied; CalendarEnds when a date would lie past the calendar.
    """
    access.must_run(partnership, by, at=at)
    moves = ruling.would_move(ruling.open_deadlines(code, partnership), limit, at=at)
    if not isinstance(by, User):
        return Preview(moves, 0, {}, would_follow(moves))
    wanted = [move.deadline.subject_id for move in moves]
    names: dict[UUID, str] = {}
    for kind, *columns in (
        (Case, "code"),
        (PanelRecord, "root__code"),
        (AgencyReturn, "root__code", "agency__name"),
    ):
        visible_ones = kind.objects.visible_to(by, at=at).filter(pk__in=wanted)
        names |= {pk: ", ".join(words) for pk, *words in visible_ones.values_list("pk", *columns)}
    visible = [move for move in moves if move.deadline.subject_id in names]
    return Preview(visible, len(moves) - len(visible), names, would_follow(visible))


def _move_these_too(
    partnership: Partnership, code: str, limit: Limit, *, by: Actor, at: datetime,
    authority: str, reason: str, seen: str,
) -> int:  # fmt: skip
    """Let the open deadlines that the person was shown count by the limit. Returns how many.

    They are locked before the rule is: so do the moves of a case, which then look for the rules of theirs.
    """
    if not reason.strip():
        raise WorkflowError("Cannot move deadlines that run already without a reason.")
    shown = preview(partnership, code, limit, by=by, at=at)
    if shown.mark != seen:
        raise Stale("What would move has changed since you were shown it. Look at it again before you go on.")
    return len(ruling.re_rule(shown.moves, limit, by=by, at=at, authority=authority, reason=reason))


@transaction.atomic
def change_local_milestone(
    milestone: RuleVersion, *, limit: Limit, valid_from: date, by: Actor, at: datetime,
    these_too: bool = False, reason: str = "", seen: str = "",
) -> tuple[RuleVersion, int]:  # fmt: skip
    """A new limit from that day, set by a business manager; for the open deadlines too, if they say so and why.

    Returns the version and how many open deadlines were moved. Raises PermissionDenied, WorkflowError.
    """
    moved = 0
    if milestone.partnership is not None:
        access.must_run(milestone.partnership, by, at=at)
        if these_too:
            moved = _move_these_too(
                milestone.partnership, milestone.code, limit, by=by, at=at,
                authority=milestone.partnership.name, reason=reason, seen=seen,
            )  # fmt: skip
    return change_milestone(milestone, limit=limit, valid_from=valid_from, by=by, at=at), moved


@transaction.atomic
def relax_rule(
    partnership: Partnership, code: str, *, limit: Limit, valid_from: date, valid_to: date,
    authority: str, reason: str, by: Actor, at: datetime, these_too: bool = False, seen: str = "",
) -> tuple[RuleVersion, int]:  # fmt: skip
    """Record an emergency relaxation; let the open deadlines count by it too, if the manager says so.

    Returns the version and how many open deadlines were moved. Raises PermissionDenied, WorkflowError.
    """
    access.must_run(partnership, by, at=at)
    moved = 0
    if these_too and authority.strip():  # without one it is refused below
        moved = _move_these_too(
            partnership, code, limit, by=by, at=at, authority=authority, reason=reason, seen=seen
        )
    relaxation = relaxing.relax(
        partnership, code, limit=limit, valid_from=valid_from, valid_to=valid_to,
        authority=authority, reason=reason, by=by, at=at,
    )  # fmt: skip
    return relaxation, moved


def end_relaxation(relaxation: RuleVersion, *, last_day: date, by: Actor, at: datetime) -> RuleVersion | None:
    """Let a relaxation end with that day; None when it had not begun, and is taken out of the book."""
    if relaxation.partnership is None:
        raise WorkflowError(f"Cannot end {relaxation.name}: it is no relaxation.")
    access.must_run(relaxation.partnership, by, at=at)
    return relaxing.end_relaxation(relaxation, last_day=last_day)
