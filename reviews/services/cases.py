"""The case from referral to its end: what a business manager does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import Partnership, User
from reviews.milestones import EVENTS_OF_MILESTONES
from reviews.models import AgencyReturn, Case, Child, PanelRecord
from reviews.services import access
from workflows.actors import System
from workflows.calendars import local_date, start_of
from workflows.countdown import day_in_words
from workflows.derivation import VOIDED
from workflows.exceptions import NotMet, WorkflowError
from workflows.services.clocks import meet_deadline, restart_deadline, start_clocks, undo_fact, void_deadline
from workflows.services.moving import begin, change, perform

Actor = User | System


@dataclass(frozen=True, slots=True)
class ChildGiven:
    """What a form or a file says of one child."""

    name: str = ""
    is_unborn: bool = False
    born_on: date | None = None
    age_as_given: str = ""
    sex: str = Child.Sex.NOT_KNOWN
    is_looked_after: bool = False
    has_protection_plan: bool = False
    has_in_need_plan: bool = False


@transaction.atomic
def refer_case(
    case: Case,
    children: Sequence[ChildGiven],
    *,
    by: Actor,
    at: datetime,
    referred_at: datetime | None = None,
) -> Case:
    """Log a referral: the case, its children, its clocks, and who works on it.

    `case` is unsaved, with its partnership and what is known. referred_at is when the referral came in.
    Raises PermissionDenied, or WorkflowError for times that cannot be.
    """
    access.must_run(case.partnership, by, at=at)
    for what, when in (("incident", case.incident_at), ("day the authority became aware", case.aware_at)):
        if when and when > at:
            raise WorkflowError(f"Cannot log this referral: the {what} lies in the future.")
    if case.incident_at and case.aware_at and local_date(case.aware_at) < local_date(case.incident_at):
        raise WorkflowError(
            "Cannot log this referral: the authority cannot be aware before the incident happened."
        )
    case = begin(case, "refer", by=by, at=at, happened_at=referred_at)
    access.grant_case(case)
    _add_children(case, children)
    return case


@transaction.atomic
def adopt_case(
    case: Case,
    children: Sequence[ChildGiven],
    *,
    by: Actor,
    at: datetime,
    happened_at: datetime,
    precision: str,
) -> Case:
    """Take in a review begun elsewhere or under the earlier law, with its own dates."""
    access.must_run(case.partnership, by, at=at)
    case = begin(case, "adopt", by=by, at=at, happened_at=happened_at, precision=precision)
    access.grant_case(case)
    _add_children(case, children)
    return case


def _add_children(case: Case, children: Sequence[ChildGiven]) -> None:
    first = (case.children.aggregate(last=Max("number"))["last"] or 0) + 1
    Child.objects.bulk_create(
        Child(
            case=case,
            number=number,
            name=child.name,
            is_unborn=child.is_unborn,
            born_on=child.born_on,
            age_as_given=child.age_as_given,
            sex=child.sex,
            is_looked_after=child.is_looked_after,
            has_protection_plan=child.has_protection_plan,
            has_in_need_plan=child.has_in_need_plan,
        )
        for number, child in enumerate(children, start=first)
    )


@transaction.atomic
def add_child(case: Case, child: ChildGiven, *, by: Actor, at: datetime) -> Case:
    """One more child of the same incident."""
    case = change(case, "add_child", permission="reviews.refer_case", by=by, at=at)
    if case.state not in (Case.State.REFERRED, Case.State.NOTIFICATION, Case.State.RAPID_REVIEW):
        raise WorkflowError(f"Cannot add a child to {case.code}: the rapid review is over.")
    _add_children(case, [child])
    return case


def consider_case(
    case: Case,
    *,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    happened_at: datetime | None = None,
) -> Case:
    """The partners met, and mean to notify."""
    _after_the_referral(case, happened_at, at)
    return perform(case, Case.consider, by=by, at=at, seen_version=seen_version, happened_at=happened_at)


def decline_case(
    case: Case,
    *,
    reason: str,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    happened_at: datetime | None = None,
) -> Case:
    """The partners will not notify; the reason is kept."""
    _need_reason(reason, "decline")
    _after_the_referral(case, happened_at, at)
    return perform(
        case, Case.decline, by=by, at=at, seen_version=seen_version, happened_at=happened_at, reason=reason
    )


@transaction.atomic
def reconsider_case(
    case: Case, *, reason: str, by: Actor, at: datetime, seen_version: int | None = None
) -> Case:
    """New information: look again. The clock from awareness runs on from where it began."""
    _need_reason(reason, "reconsider")
    case = perform(case, Case.reconsider, by=by, at=at, seen_version=seen_version, reason=reason)
    access.grant_case(case)  # to partners who joined while it rested
    for deadline in case.deadlines.filter(state="voided"):  # by the refusal to notify, which is undone
        undo_fact(deadline.facts.filter(kind=VOIDED).latest("pk"), by=by, at=at, reason=reason)
    return case


def notify_case(
    case: Case,
    *,
    notification_reference: str = "",
    by: Actor,
    at: datetime,
    notified_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """The notification was sent: the clock of the rapid review starts from that instant."""
    _not_before(case, notified_at, case.aware_at, at, "sent the notification", "became aware")
    return perform(
        case,
        Case.notify,
        by=by,
        at=at,
        happened_at=_no_earlier(notified_at, case.aware_at),
        seen_version=seen_version,
        notification_reference=notification_reference,
    )


def notify_only_case(
    case: Case,
    *,
    notification_reference: str = "",
    by: Actor,
    at: datetime,
    notified_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """A looked-after child's or care leaver's death was notified; no rapid review follows."""
    if case.notifiable == Case.Notifiable.SERIOUS_INCIDENT:
        raise NotMet(
            f"Cannot end {case.code} with the notification: a serious incident needs a rapid review."
        )
    _not_before(case, notified_at, case.aware_at, at, "sent the notification", "became aware")
    return perform(
        case,
        Case.notify_only,
        by=by,
        at=at,
        happened_at=_no_earlier(notified_at, case.aware_at),
        seen_version=seen_version,
        notification_reference=notification_reference,
    )


def hold_meeting(
    case: Case, *, by: Actor, at: datetime, held_at: datetime | None = None, seen_version: int | None = None
) -> Case:
    """The rapid review meeting took place."""
    _not_before(case, held_at, case.notified_at, at, "held the meeting", "sent the notification")
    return perform(case, Case.hold_meeting, by=by, at=at, happened_at=held_at, seen_version=seen_version)


@transaction.atomic
def withdraw_case(
    case: Case, *, reason: str, by: Actor, at: datetime, seen_version: int | None = None
) -> Case:
    """The notification is withdrawn: its clocks are voided, and what agencies owe is cancelled."""
    _need_reason(reason, "withdraw")
    case = perform(case, Case.withdraw, by=by, at=at, seen_version=seen_version, reason=reason)
    cancel_open_returns(case, reason="The notification was withdrawn.", by=by, at=at)
    supersede_records(case, by=by, at=at)
    return case


def cancel_open_returns(case: Case, *, reason: str, by: Actor, at: datetime) -> None:
    """The review needs no more returns. The reason is read by every agency asked: it says nothing of the case."""
    for agency_return in case.returns.filter(state__in=AgencyReturn.OPEN):
        perform(agency_return, AgencyReturn.cancel, by=by, at=at, reason=reason)


def cancel_return(
    agency_return: AgencyReturn, *, reason: str, by: Actor, at: datetime, seen_version: int | None = None
) -> AgencyReturn:
    """The review no longer needs this return; its clocks stop. The agency reads the reason."""
    _need_reason(reason, "cancel a return")
    return perform(agency_return, AgencyReturn.cancel, by=by, at=at, reason=reason, seen_version=seen_version)


def supersede_records(case: Case, *, by: Actor, at: datetime) -> None:
    """Records the Panel has not answered no longer stand."""
    for record in case.panel_records.filter(state=PanelRecord.State.RELEASED):
        perform(record, PanelRecord.supersede, by=by, at=at)


@transaction.atomic
def meet_milestone(
    case: Case, code: str, *, by: Actor, at: datetime, done_at: datetime | None = None
) -> Case:
    """Record that what a clock asks for was done, where no move of the case says so. Raises WorkflowError."""
    case = change(case, "meet_milestone", permission="reviews.meet_milestone_case", by=by, at=at)
    deadline = case.deadlines.open().filter(rule_code=code, rule__met_by=[]).first()
    if deadline is None:
        raise WorkflowError("That has been recorded already, or is no longer owed.")
    meet_deadline(case, code, by=by, at=at, effective_at=done_at)
    if event := EVENTS_OF_MILESTONES.get(code):
        start_clocks(case, event, by=by, effective_at=done_at or at, at=at)
    return case


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
    """Commission the practice review: its six months begin, and the case gets its reference."""
    decision = case.decisions.last()
    if decision is not None and decision.outcome != "lcspr":
        raise NotMet(
            f"Cannot commission a practice review of {case.code}: the partners decided otherwise. Revise it."
        )
    case = perform(
        case,
        Case.commission,
        by=by,
        at=at,
        happened_at=decided_at,
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
    _not_before(case, held_at, None, at, "held the learning event", "")
    return perform(
        case, Case.hold_learning_event, by=by, at=at, happened_at=held_at, seen_version=seen_version
    )


def hold_recall(
    case: Case, *, by: Actor, at: datetime, held_at: datetime | None = None, seen_version: int | None = None
) -> Case:
    """The recall event took place."""
    _not_before(case, held_at, None, at, "held the recall event", "")
    return perform(case, Case.hold_recall, by=by, at=at, happened_at=held_at, seen_version=seen_version)


@transaction.atomic
def plan_publication(
    case: Case, *, publish_on: date | None, by: Actor, at: datetime, seen_version: int | None = None
) -> Case:
    """The report is approved; with a planned day, the advance copy falls due 7 working days before it.

    Planned again, the advance copy moves with the day; without a day it is no longer due.
    """
    running = case.deadlines.running().filter(rule_code="PUB_ADVANCE").exists()
    case = perform(
        case, Case.plan_publication, by=by, at=at, seen_version=seen_version, publish_on=publish_on
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
    _not_before(case, published_at, None, at, "published the report", "")
    return perform(case, Case.publish, by=by, at=at, happened_at=published_at, seen_version=seen_version)


def close_case(case: Case, *, by: Actor, at: datetime, seen_version: int | None = None) -> Case:
    """Nothing more is owed."""
    return perform(case, Case.close, by=by, at=at, seen_version=seen_version)


def _after_the_referral(case: Case, when: datetime | None, at: datetime) -> None:
    """Raise WorkflowError when the partners are said to have met before the referral, or in the future."""
    if (when or at) > at:
        raise WorkflowError("Cannot record a meeting that lies in the future.")
    if when and when < to_the_minute(case.begun_at):
        received_on = day_in_words(local_date(case.begun_at))
        raise WorkflowError(
            f"The partners cannot have met before the referral was received, on {received_on}."
        )


def to_the_minute(when: datetime) -> datetime:
    """People give times to the minute: what happened in the same minute is not before."""
    return when.replace(second=0, microsecond=0)


def _no_earlier(when: datetime | None, floor: datetime | None) -> datetime | None:
    """The instant given, or the one it follows when that lies later in the same minute."""
    return max(when, floor) if when and floor else when


def _need_reason(reason: str, verb: str) -> None:
    if not reason.strip():
        raise NotMet(f"Cannot {verb} without a reason.")


def _not_before(
    case: Case, when: datetime | None, floor: datetime | None, at: datetime, what: str, after: str
) -> None:
    """Raise WorkflowError when an event lies in the future, or before the one it must follow."""
    when = when or at
    if when > at:
        raise WorkflowError(f"Cannot record that you {what} in the future.")
    if floor and when < to_the_minute(floor):
        raise WorkflowError(f"Cannot record that you {what} before the authority {after}, for {case.code}.")
