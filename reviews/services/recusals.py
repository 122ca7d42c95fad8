"""Recusal on a case of the review: who may record it, who is told, and what a page says of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Seat, User
from accounts.services import people_in
from reviews.models import Case
from reviews.services.partnerships import people_of
from workflows.calendars import local_date
from workflows.models import Interest, Recusal, Subject
from workflows.services import recusing
from workflows.services.announcing import announce

MAY_RECUSE = "reviews.recuse_case"
"""Held by the business manager, and by the independent chair and the co-chairs, who do it when the manager is
the one to be recused."""

ANSWERED_BY = {"business-manager": "interest-declared", "independent-chair": "interest-declared"}
NOBODY_RUNS_IT = {"independent-chair": "nobody-runs-it", "user-administrator": "nobody-runs-it"}


@transaction.atomic
def declare_interest(
    subject: Any, *, kind: str, words: str, steps_back: bool, by: User, at: datetime
) -> Interest:
    """Somebody who sees a case, a return of it or its record says what stands between them and it."""
    view = f"{subject._meta.app_label}.view_{subject._meta.model_name}"
    declared = recusing.declare_interest(
        subject, kind=kind, words=words, steps_back=steps_back, permission=view, by=by, at=at
    )
    case = subject.chain.specific()
    announce(case, f"interest:{declared.pk}", ANSWERED_BY, by=by, at=at)
    _say_if_nobody_runs_it(case, declared.recusal, by=by, at=at)
    return declared


@transaction.atomic
def answer_interest(interest: Interest, *, takes_part: bool, answer: str, by: User, at: datetime) -> Interest:
    """They take part all the same, or are recused."""
    answered = recusing.answer_interest(
        interest, takes_part=takes_part, answer=answer, permission=MAY_RECUSE, by=by, at=at
    )
    _say_if_nobody_runs_it(interest.case.specific(), answered.recusal, by=by, at=at)
    return answered


@transaction.atomic
def recuse(case: Case, person: User, *, kind: str, reason: str, by: User, at: datetime) -> Recusal:
    """Somebody takes no part in the case from now on."""
    made = recusing.recuse(case, person, kind=kind, reason=reason, permission=MAY_RECUSE, by=by, at=at)
    _say_if_nobody_runs_it(case, made, by=by, at=at)
    return made


@transaction.atomic
def lift_recusal(recusal: Recusal, *, reason: str, by: User, at: datetime) -> None:
    """They take part again."""
    recusing.lift_recusal(recusal, reason=reason, permission=MAY_RECUSE, by=by, at=at)


def is_run_by_nobody(case: Case, *, at: datetime) -> bool:
    """Whether all who could run the case are recused from it. Others can be put in the business manager's seat."""
    return not case.people("business-manager", at=at)


def _say_if_nobody_runs_it(case: Any, recusal: Recusal | None, *, by: User, at: datetime) -> None:
    if recusal is not None and is_run_by_nobody(case, at=at):
        announce(case, f"recusal:{recusal.pk}", NOBODY_RUNS_IT, by=by, at=at)


def can_be_recused(case: Case, *, at: datetime) -> list[User]:
    """The people of the case's partnership who take part so far, and those elsewhere with whom it is shared."""
    recused, on = case.recused(), local_date(at)
    shared = people_in(Seat.objects.filter(shares__in=case.shares.filter(revoked_at=None)), on=on)
    people = {person.pk: person for person in (*people_of(case.partnership, on=on), *shared)}
    return [person for person in people.values() if person.pk not in recused]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who takes no part in a case, as its page shows it. Names only for who may record and lift recusals."""

    count: int
    in_force: list[Recusal]
    lifted: list[Recusal]
    to_answer: list[Interest]
    taking_part: list[Interest]
    is_run_by_nobody: bool


def standing_of(case: Subject, held: set[str], *, at: datetime) -> Standing:
    """Everybody who sees the case sees how many are recused; why, and who, is between them and who decides it."""
    recused = len(case.recused())
    if MAY_RECUSE not in held:
        return Standing(recused, [], [], [], [], False)
    rows = list(case.recusals.select_related("person", "by", "ended_by"))
    interests = list(case.interests.filter(recusal=None).select_related("person", "answered_by"))
    return Standing(
        recused,
        [one for one in rows if one.ended_at is None],
        [one for one in rows if one.ended_at is not None],
        [one for one in interests if one.answered_at is None],
        [one for one in interests if one.answered_at is not None],
        bool(recused) and not case.people("business-manager", at=at),
    )
