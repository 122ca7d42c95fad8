"""How far the agencies are, case by case, and whom to ring: for who runs the reviews. Reads only, in a few queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from accounts.models import Role, Seat, User
from accounts.services.holding import Holder, holders_among, holders_of
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn, Case
from reviews.services.answering import how_far
from reviews.services.chasing import PERMISSION
from workflows.calendars import local_date
from workflows.countdown import TimeLeft
from workflows.models import Deadline, recused_by_case
from workflows.services.standing import how_it_stands

State = AgencyReturn.State

STANDS: Final = {
    "not-opened": "Not opened",
    "acknowledged": "Acknowledged",
    "drafting": "Drafting",
    "lead": "With the safeguarding lead",
    "sent-back": "Sent back",
    "in": "In",
}
"""Where a return stands, in the order in which it goes there."""
LATE: Final = "late"

_OF: Final = {
    State.REQUESTED: "not-opened",
    State.ACKNOWLEDGED: "acknowledged",
    State.IN_PROGRESS: "drafting",
    State.SUBMITTED: "lead",
    State.SENT_BACK: "sent-back",
    State.SIGNED_OFF: "in",
    State.NIL: "in",
    State.ACCEPTED: "in",
}
UNDER_WAY: Final = (Case.State.RAPID_REVIEW, Case.State.LCSPR_DECISION)
"""The stages of a case in which its returns are awaited."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One agency on one case: where its return stands, how far it is, by when it is owed, and who is asked."""

    it: AgencyReturn
    stands: str
    words: str
    owed: str
    """What is owed, by the name of its deadline; empty when nothing is."""
    left: TimeLeft | None
    due_at: datetime | None
    turn: tuple[tuple[str, list[Holder]], ...]
    """Whom to ring, by what they are in the agency: first whose turn it is."""

    @property
    def is_out(self) -> bool:
        return self.stands != "in"

    @property
    def is_late(self) -> bool:
        """Owed, and its day has passed."""
        return self.is_out and self.left is not None and self.left.tone == "late"


def board(user: User, *, at: datetime, only_out: bool = False) -> list[Progress]:
    """Every return on the cases under way that this person runs, by case and agency; only_out: those still awaited."""
    mine = AgencyReturn.objects.granted(user, PERMISSION, at=at).filter(case__state__in=UNDER_WAY)
    rows = mine.filter(state__in=AgencyReturn.OPEN) if only_out else mine.exclude(state=State.CANCELLED)
    returns = list(
        rows.select_related("agency", "case")
        .defer("searched", "given", "case__summary")
        .prefetch_related("deadlines__rule", "deadlines__calendar")
        .order_by("case__begun_at", "case_id", "agency__name")
    )
    people = _people(returns, at=at)
    return [_progress(one, people, at=at) for one in returns]


def _people(returns: Sequence[AgencyReturn], *, at: datetime) -> dict[Any, dict[str, list[Holder]]]:
    """By the key of each return that is still out: its authors and its safeguarding leads, less who is recused."""
    out = [one for one in returns if one.state in AgencyReturn.OPEN]
    seats = Seat.objects.filter(
        agency__in={one.agency_id for one in out}, role__in=(Role.AUTHOR, Role.SAFEGUARDING_LEAD)
    )
    keys = {(agency, role): key for key, agency, role in seats.values_list("pk", "agency_id", "role")}
    holders = holders_of(keys.values(), on=local_date(at))
    recused = recused_by_case({one.case_id for one in out})
    return {
        one.pk: {
            role: holders_among(
                holders.get(keys.get((one.agency_id, role), 0), ()), without=recused.get(one.case_id, ())
            )
            for role in (Role.AUTHOR, Role.SAFEGUARDING_LEAD)
        }
        for one in out
    }


def whom_to_ask(it: AgencyReturn, *, at: datetime) -> list[tuple[str, list[Holder]]]:
    """Whom to ring about one return, by what they are in the agency: first whose turn it is."""
    return _in_turn(it, _people([it], at=at).get(it.pk, {}))


def _in_turn(it: AgencyReturn, asked: dict[str, list[Holder]]) -> list[tuple[str, list[Holder]]]:
    words = {Role.AUTHOR: "Author", Role.SAFEGUARDING_LEAD: "Safeguarding lead"}
    order = reversed(words) if it.state == State.SUBMITTED else words
    return [(words[role], asked[role]) for role in order if role in asked]


def _progress(it: AgencyReturn, people: dict[Any, dict[str, list[Holder]]], *, at: datetime) -> Progress:
    clock = _clock(it.deadlines.all(), at=at)
    return Progress(
        it,
        _OF[State(it.state)],
        _in_words(it),
        clock.rule.name if clock else "",
        how_it_stands(clock, at=at) if clock else None,
        clock.due_at if clock else None,
        tuple(_in_turn(it, people.get(it.pk, {}))),
    )


def _clock(deadlines: Iterable[Deadline], *, at: datetime) -> Deadline | None:
    """By when the return is owed: of those that run the soonest, otherwise that which ended last."""
    own = [one for one in deadlines if one.rule_code != ACKNOWLEDGING]
    running = [one for one in own if one.state in ("running", "paused")]
    if running:
        return min(running, key=lambda one: one.due_at or at)
    return max(own, key=lambda one: one.met_at or one.started_at, default=None)


def _in_words(it: AgencyReturn) -> str:
    if it.state == State.IN_PROGRESS:
        done, count = how_far(it)
        return f"Drafting: {done} of {count} sections complete"
    if it.state in (State.SIGNED_OFF, State.NIL, State.ACCEPTED):
        return f"In: {it.state_in_words}"
    return STANDS[_OF[State(it.state)]]
