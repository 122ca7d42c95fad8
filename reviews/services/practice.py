"""The case after the Panel: the practice review step by step, publication, and every way to end."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import Partnership, User
from reviews.models import Case
from reviews.services.refusing import no_earlier, not_before
from workflows.actors import System
from workflows.calendars import local_date, start_of
from workflows.exceptions import NotMet
from workflows.services.changing_clocks import restart_deadline
from workflows.services.clocks import void_deadline
from workflows.services.moving import perform

Actor = User | System

BEGUN = ("commission", "adopt")
"""What begins a practice review: the partners here decided on it, or it was taken in from elsewhere."""


def finish_with_learning(case: Case, *, by: Actor, at: datetime, seen_version: int | None = None) -> Case:
    """No practice review: the learning stands by itself."""
    decision = case.decisions.last()
    if decision is not None and decision.outcome == "lcspr":
        raise NotMet(f"Cannot end {case.code} with learning only: the partners decided on a practice review.")
    return perform(case, Case.finish_with_learning, by=by, at=at, seen_version=seen_version)


@transaction.atomic
def commission_review(
    case: Case,
    *,
    method: str = "",
    by: Actor,
    at: datetime,
    decided_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """Commission the practice review: its six months begin with the decision, and the case gets its reference.

    decided_at is when the partners decided on it. Raises NotMet when they did not; WorkflowError for a time that
    cannot be.
    """
    decision = case.decisions.last()
    if decision is not None and decision.outcome != "lcspr":
        raise NotMet(
            f"Cannot commission a practice review of {case.code}: the partners decided otherwise. Revise it."
        )
    not_before(decided_at, case.notified_at, at, "decided on the review", "the notification was sent")
    case = perform(
        case,
        Case.commission,
        by=by,
        at=at,
        happened_at=no_earlier(decided_at, case.notified_at),
        seen_version=seen_version,
        review_method=method,
    )
    return assign_reference(case, on=local_date(decided_at or at))


def assign_reference(case: Case, *, on: date) -> Case:
    """The next reference of the partnership in the year (April to March) of the decision."""
    if case.reference_year is None:
        Partnership.objects.select_for_update().get(pk=case.partnership_id)  # one number at a time
        body = case.partnership.reference_prefix
        year = on.year if on.month >= 4 else on.year - 1
        given = Case.objects.filter(
            reference_partnership=case.partnership_id, reference_body=body, reference_year=year
        )
        last = given.aggregate(n=Max("reference_number"))["n"]
        case.reference_partnership_id = case.partnership_id
        case.reference_body, case.reference_year, case.reference_number = body, year, (last or 0) + 1
        case.save(
            update_fields=["reference_partnership", "reference_body", "reference_year", "reference_number"]
        )
    return case


def hold_learning_event(
    case: Case, *, by: Actor, at: datetime, held_at: datetime | None = None, seen_version: int | None = None
) -> Case:
    """The learning event took place."""
    begun = _last(case, *BEGUN)
    not_before(held_at, begun, at, "held the learning event", "the practice review was decided on")
    return perform(
        case,
        Case.hold_learning_event,
        by=by,
        at=at,
        happened_at=no_earlier(held_at, begun),
        seen_version=seen_version,
    )


def hold_recall(
    case: Case, *, by: Actor, at: datetime, held_at: datetime | None = None, seen_version: int | None = None
) -> Case:
    """The recall event took place."""
    learnt = _last(case, "hold_learning_event")
    not_before(held_at, learnt, at, "held the recall event", "the learning event was held")
    return perform(
        case,
        Case.hold_recall,
        by=by,
        at=at,
        happened_at=no_earlier(held_at, learnt),
        seen_version=seen_version,
    )


@transaction.atomic
def plan_publication(
    case: Case,
    *,
    publish_on: date | None,
    by: Actor,
    at: datetime,
    approved_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """The report is approved; with a planned day, the advance copy falls due 7 working days before it.

    approved_at is when, and the clock of the action plan counts from it. Planned again, the advance copy moves with
    the day; without a day it is no longer due.
    """
    last = _last(case, *BEGUN, "hold_learning_event", "hold_recall", "plan_publication")
    not_before(approved_at, last, at, "approved the report", "the step of the review before it")
    running = case.deadlines.running().filter(rule_code="PUB_ADVANCE").exists()
    case = perform(
        case,
        Case.plan_publication,
        by=by,
        at=at,
        seen_version=seen_version,
        happened_at=no_earlier(approved_at, last),
        publish_on=publish_on,
    )
    if running and publish_on:
        restart_deadline(
            case,
            "PUB_ADVANCE",
            by=by,
            at=at,
            start=start_of(publish_on),
            reason="The planned day of publication moved.",
        )
    elif running:
        void_deadline(case, "PUB_ADVANCE", by=by, at=at, reason="No day of publication is planned.")
    return case


def publish_case(
    case: Case,
    *,
    by: Actor,
    at: datetime,
    published_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """The report is public, and stays so for 12 months."""
    begun = _last(case, *BEGUN)
    not_before(published_at, begun, at, "published the report", "the practice review was decided on")
    return perform(
        case,
        Case.publish,
        by=by,
        at=at,
        happened_at=no_earlier(published_at, begun),
        seen_version=seen_version,
    )


def close_case(case: Case, *, by: Actor, at: datetime, seen_version: int | None = None) -> Case:
    """Nothing more is owed."""
    return perform(case, Case.close, by=by, at=at, seen_version=seen_version)


def _last(case: Case, *verbs: str) -> datetime | None:
    """When one of these last happened to the case; None when none did, or not to the day that is known."""
    records = case.records.filter(verb__in=verbs, precision__in=("instant", "day"))
    return records.order_by("-sequence").values_list("at", flat=True).first()
