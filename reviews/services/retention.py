"""What is due for a retention review, and why; proposing what becomes of it, and a second person's answer to that."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from reviews.models import Case, Disposal, LegalHold, RetentionReview
from reviews.retention import (
    BIRTH,
    BIRTH_LOOKED_AFTER,
    DISPOSED_HERE,
    LAST_RECORD,
    RESTED,
    Happened,
    Standing,
    last_day_of,
    may_go_from,
)
from reviews.services import disposing
from reviews.services.schedules import schedule_of
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import RetentionError
from workflows.models import Fact, TransitionRecord
from workflows.services.announcing import announce
from workflows.services.moving import change

MAY_REVIEW = "reviews.dispose_case"
"""Held by the business manager, the independent chair and the co-chairs: to propose, to agree, to withdraw."""

ANSWERED_BY = {"business-manager": "disposal-proposed", "independent-chair": "disposal-proposed"}
SETTLED = {"business-manager": "disposal-settled", "independent-chair": "disposal-settled"}


# ---- When ------------------------------------------------------------------------------------------
def happened_in_all(cases: Sequence[Case]) -> dict[uuid.UUID, dict[str, Happened]]:
    """What spans are counted from in these cases, by the case. A trigger that does not apply to one is not there.

    Two queries, and one for the children of those that were not fetched with them.
    """
    keys = [case.pk for case in cases]
    case_of = Coalesce("subject__root", "subject")
    records = TransitionRecord.objects.filter(Q(subject__in=keys) | Q(subject__root__in=keys))
    last = dict(
        records.order_by()
        .annotate(case=case_of)
        .values("case")
        .annotate(n=Max("recorded_at"))
        .values_list("case", "n")
    )
    moved = {
        record.subject_id: record
        for record in TransitionRecord.objects.filter(subject__in=keys, sequence=F("subject__version"))
    }
    return {case.pk: _happened(case, last.get(case.pk), moved.get(case.pk)) for case in cases}


def happened_in(case: Case) -> dict[str, Happened]:
    """The same for one."""
    return happened_in_all([case])[case.pk]


def _happened(case: Case, last: datetime | None, moved: TransitionRecord | None) -> dict[str, Happened]:
    found: dict[str, Happened] = {}
    if last:
        found[LAST_RECORD] = Happened(local_date(last), "The last thing was recorded")
    if moved and case.state in Case.RESTING_STATES:
        found[RESTED] = Happened(last_day_of(local_date(moved.at), moved.precision), "The case came to rest")
    children = list(case.children.all())
    for trigger, those in (
        (BIRTH, children),
        (BIRTH_LOOKED_AFTER, [c for c in children if c.is_looked_after]),
    ):
        if those:
            found[trigger] = _youngest(those)
    return found


def _youngest(children: list[Any]) -> Happened:
    days = [(child.born_on, child) for child in children]
    if unknown := [str(child) for born, child in days if born is None]:
        return Happened(None, f"The day of birth of {' and '.join(unknown)} is not known")
    born, child = max(days, key=lambda pair: pair[0])
    return Happened(born, f"{child} was born")


def standing_of(case: Case, record_class: str, *, at: datetime) -> Standing:
    """From when that class of the case may be disposed of, by the schedule of today, and why."""
    schedule = [rule.as_kept for rule in schedule_of(case.partnership, on=local_date(at))]
    return may_go_from(record_class, schedule, happened_in(case))


@dataclass(frozen=True, slots=True)
class Due:
    """One class of one case that is to be reviewed, or waits for a second person, and what stands in the way."""

    case: Case
    record_class: str
    standing: Standing
    review: RetentionReview | None
    is_held: bool


def due_for_review(user: User, *, at: datetime) -> list[Due]:
    """What this person may review and is due, or was proposed; the longest due first. None of a recused person's cases.

    What two people agreed to keep comes again on the day they set. What is held is on the list, and says so.
    """
    today = local_date(at)
    resting = (
        Case.objects.granted(user, MAY_REVIEW, at=at)
        .filter(state__in=Case.RESTING_STATES - {Case.State.DISPOSED})
        .select_related("partnership")
        .prefetch_related("children", "legal_holds", "retention_reviews", "disposals")
    )
    schedules: dict[Any, list[Any]] = {}
    found = []
    cases = list(resting)
    happened = happened_in_all(cases)
    for case in cases:
        if case.partnership_id not in schedules:
            schedules[case.partnership_id] = [r.as_kept for r in schedule_of(case.partnership, on=today)]
        if not schedules[case.partnership_id]:
            continue
        gone = {one.record_class for one in case.disposals.all()}
        for record_class in DISPOSED_HERE:
            reviews = [r for r in case.retention_reviews.all() if r.record_class == record_class]
            waiting = next((r for r in reviews if r.settled_at is None), None)
            standing = may_go_from(record_class, schedules[case.partnership_id], happened[case.pk])
            if record_class in gone or (waiting is None and not _comes_up(standing, reviews, on=today)):
                continue
            is_held = any(hold.lifted_at is None for hold in case.legal_holds.all())
            found.append(Due(case, record_class, standing, waiting, is_held))
    return sorted(found, key=lambda due: (due.standing.from_on or today, due.case.code, due.record_class))


def _comes_up(standing: Standing, reviews: list[RetentionReview], *, on: date) -> bool:
    is_kept = any(
        r.answer == RetentionReview.Answer.AGREED and r.next_review_on is not None and r.next_review_on > on
        for r in reviews
    )
    return standing.is_due(on=on) and not is_kept


def waiting_for(user: User, *, at: datetime) -> list[RetentionReview]:
    """Proposals that this person may agree to: those of others, on cases from which they are not recused."""
    waiting = list(RetentionReview.objects.waiting().exclude(proposed_by=user).select_related("case"))
    if not waiting:
        return []  # nearly always: so whoever opens their home page pays for one question
    asked = {one.case_id for one in waiting}
    mine = set(
        Case.objects.granted(user, MAY_REVIEW, at=at).filter(pk__in=asked).values_list("pk", flat=True)
    )
    return [one for one in waiting if one.case_id in mine]


# ---- What the two people go by -----------------------------------------------------------------
WHAT_CHANGED = {
    "moves": "the case, or a part of it, was moved since",
    "facts": "a clock of the case was changed since",
    "corrections": "something in the case was put right since",
    "holds": "a legal hold was placed or lifted since",
    "from_on": "the day from which it may be disposed of is another now",
    "rules": "the schedule says something else now",
}


def basis_of(case: Case, record_class: str, *, at: datetime) -> dict[str, Any]:
    """What a proposal about this goes by, as it is now: it is agreed to while it is the same."""
    standing = standing_of(case, record_class, at=at)
    holds = LegalHold.objects.filter(case=case)
    return {
        "moves": TransitionRecord.objects.filter(Q(subject=case.pk) | Q(subject__root=case.pk)).count(),
        "facts": Fact.objects.filter(
            Q(deadline__subject=case.pk) | Q(deadline__subject__root=case.pk)
        ).count(),
        "corrections": case.corrections.count(),
        "holds": [holds.count(), holds.in_force().count()],
        "from_on": standing.from_on.isoformat() if standing.from_on else None,
        "rules": list(standing.lines),
    }


def changed_since(review: RetentionReview, *, at: datetime) -> list[str]:
    """In words, what is no longer as the proposal went by. Empty when nothing changed."""
    now = basis_of(review.case, review.record_class, at=at)
    return [words for name, words in WHAT_CHANGED.items() if now[name] != review.basis.get(name)]


# ---- What is done ------------------------------------------------------------------------------
@transaction.atomic
def propose(
    case: Case, record_class: str, *, outcome: str, reason: str, next_review_on: date | None = None,
    by: User, at: datetime,
) -> RetentionReview:  # fmt: skip
    """Propose that a class of a case is disposed of, or kept longer and looked at again on a day.

    Raises PermissionDenied; RetentionError when it is not due, is held, was disposed of, or waits for an answer.
    """
    current = change(case, "propose_disposal" if outcome == "dispose" else "propose_keeping",
                     permission=MAY_REVIEW, by=by, at=at)  # fmt: skip
    if record_class not in DISPOSED_HERE:
        raise RetentionError("That is not disposed of case by case.")
    _must_be_there(current, record_class)
    if RetentionReview.objects.waiting().filter(case=current, record_class=record_class).exists():
        raise RetentionError("Something was proposed for this already. Agree to it, or withdraw it first.")
    if not reason.strip():
        raise RetentionError("Cannot propose this without a reason.", about="reason")
    if outcome == RetentionReview.Outcome.KEEP:
        if next_review_on is None or next_review_on <= local_date(at):
            raise RetentionError(
                "Say on which day it is looked at again: a day to come.", about="next_review_on"
            )
    else:
        next_review_on = None
        _must_be_due(current, record_class, at=at)
        _must_not_be_held(current)
    review = RetentionReview.objects.create(
        case=current, record_class=record_class, outcome=outcome, reason=reason.strip(),
        next_review_on=next_review_on, basis=basis_of(current, record_class, at=at), proposed_by=by, proposed_at=at,
    )  # fmt: skip
    announce(current, f"retention:{review.pk}:proposed", ANSWERED_BY, by=by, at=at)
    return review


@transaction.atomic
def withdraw(review: RetentionReview, *, by: User, at: datetime) -> None:
    """Take the proposal back: nothing becomes of it. Whoever may propose may.

    Raises PermissionDenied; RetentionError when it was answered.
    """
    change(review.case, "withdraw_disposal", permission=MAY_REVIEW, by=by, at=at)
    _settle(review, RetentionReview.Answer.WITHDRAWN, by=by, at=at)


@transaction.atomic
def agree(review: RetentionReview, *, by: User, at: datetime) -> Disposal | None:
    """Agree to a proposal of somebody else. What was to be disposed of is gone; returns its certificate, if it was.

    Raises PermissionDenied, also for one's own proposal; RetentionError when anything changed since it was made: a
    hold, a case taken up again, a clock, the schedule.
    """
    case: Case = change(review.case, "agree_disposal" if review.outcome == "dispose" else "agree_keeping",
                        permission=MAY_REVIEW, by=by, at=at)  # fmt: skip
    current = RetentionReview.objects.select_related("case__partnership", "proposed_by").get(pk=review.pk)
    if current.proposed_by_id == by.pk:
        raise PermissionDenied
    _must_be_there(case, current.record_class)
    if current.settled_at is None and (changed := changed_since(current, at=at)):
        raise RetentionError(
            f"Cannot agree to this: {', and '.join(changed)}. Withdraw it, look again, and propose anew."
        )
    if current.outcome == RetentionReview.Outcome.DISPOSE:
        if not case.permits(current.proposed_by, MAY_REVIEW, at=at):
            raise RetentionError(
                "Cannot agree to this: who proposed it may no longer do so. Withdraw it, and propose anew."
            )
        standing = _must_be_due(case, current.record_class, at=at)
        _must_not_be_held(case)
    _settle(current, RetentionReview.Answer.AGREED, by=by, at=at)
    announce(case, f"retention:{current.pk}:settled", SETTLED, by=by, at=at)
    if current.outcome == RetentionReview.Outcome.KEEP:
        return None
    return disposing.dispose(case, current, standing, by=by, at=at)


def _settle(review: RetentionReview, answer: str, *, by: User, at: datetime) -> None:
    waiting = RetentionReview.objects.waiting().filter(pk=review.pk)
    if not waiting.update(answer=answer, settled_by=by, settled_at=at):
        raise RetentionError("This was answered already. Look at what was said.")


def _must_be_there(case: Case, record_class: str) -> None:
    if case.disposals.filter(record_class=record_class).exists():
        raise RetentionError("This was disposed of already. Look at its certificate.")


def _must_be_due(case: Case, record_class: str, *, at: datetime) -> Standing:
    if case.state not in Case.RESTING_STATES:
        raise RetentionError(
            f"Nothing of {case.code} is disposed of while it is at work: “{case.get_state_display()}”."
        )
    standing = standing_of(case, record_class, at=at)
    if not standing.is_due(on=local_date(at)):
        raise RetentionError(f"This cannot be disposed of yet. {standing.says}")
    return standing


def _must_not_be_held(case: Case) -> None:
    if holds := list(case.legal_holds.in_force()):
        raise RetentionError(
            f"Nothing of {case.code} is disposed of: it is held since {day_in_words(local_date(holds[0].at))}. "
            "Whoever asked for the hold must say that it may be lifted."
        )
