"""The case from its referral through its rapid review: what a business manager does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from reviews.milestones import EVENTS_OF_MILESTONES
from reviews.models import AgencyReturn, Case, Child, PanelRecord
from reviews.models.cases import Actor
from reviews.services import access
from reviews.services.correcting import tell_those_asked
from reviews.services.refusing import need_reason, no_earlier, not_before, to_the_minute
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import NotMet, WorkflowError
from workflows.facts import VOIDED
from workflows.services.changing_clocks import undo_fact
from workflows.services.clocks import meet_deadline, start_clocks
from workflows.services.moving import begin, change, perform


@dataclass(frozen=True, slots=True)
class ChildGiven:
    """What a form or a file says of one child."""

    name: str = ""
    is_unborn: bool = False
    born_on: date | None = None
    nhs_number: str = ""
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
        _child(case, number, child) for number, child in enumerate(children, start=first)
    )


def _child(case: Case, number: int, given: ChildGiven) -> Child:
    child = Child(
        case=case,
        number=number,
        is_unborn=given.is_unborn,
        age_as_given=given.age_as_given,
        sex=given.sex,
        is_looked_after=given.is_looked_after,
        has_protection_plan=given.has_protection_plan,
        has_in_need_plan=given.has_in_need_plan,
    )
    child.name, child.born_on, child.nhs_number = given.name, given.born_on, given.nhs_number
    return child


@transaction.atomic
def add_child(case: Case, child: ChildGiven, *, by: Actor, at: datetime) -> Case:
    """One more child of the same incident. Raises NotMet when nothing is known of them."""
    if child == ChildGiven():
        raise NotMet(
            "Cannot add a child of whom nothing is said: give a name, or something else that is known."
        )
    case = change(case, "add_child", permission="reviews.refer_case", by=by, at=at)
    if case.state not in (Case.State.REFERRED, Case.State.NOTIFICATION, Case.State.RAPID_REVIEW):
        raise WorkflowError(f"Cannot add a child to {case.code}: the rapid review is over.")
    _add_children(case, [child])
    tell_those_asked(case, f"{at.isoformat()}:{case.children.count()}", by=by, at=at)
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
    return perform(
        case,
        Case.consider,
        by=by,
        at=at,
        seen_version=seen_version,
        happened_at=no_earlier(happened_at, case.begun_at),
    )


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
    need_reason(reason, "decline")
    _after_the_referral(case, happened_at, at)
    return perform(
        case,
        Case.decline,
        by=by,
        at=at,
        seen_version=seen_version,
        happened_at=no_earlier(happened_at, case.begun_at),
        reason=reason,
    )


@transaction.atomic
def reconsider_case(
    case: Case, *, reason: str, by: Actor, at: datetime, seen_version: int | None = None
) -> Case:
    """New information: look again. The clock from awareness runs on from where it began."""
    need_reason(reason, "reconsider")
    case = perform(case, Case.reconsider, by=by, at=at, seen_version=seen_version, reason=reason)
    access.grant_case(case)  # to partners who joined while it rested
    of_another_kind = set(Case.AWARE_EVENTS.values()) - {
        case.aware_event
    }  # voided by a correction, which stands
    for deadline in case.deadlines.filter(state="voided").exclude(rule__starts__in=of_another_kind):
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
    not_before(
        notified_at, case.aware_at, at, "sent the notification", "the authority became aware",
        precision=case.aware_precision,
    )  # fmt: skip
    return perform(
        case,
        Case.notify,
        by=by,
        at=at,
        happened_at=no_earlier(notified_at, case.aware_at),
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
    not_before(
        notified_at, case.aware_at, at, "sent the notification", "the authority became aware",
        precision=case.aware_precision,
    )  # fmt: skip
    return perform(
        case,
        Case.notify_only,
        by=by,
        at=at,
        happened_at=no_earlier(notified_at, case.aware_at),
        seen_version=seen_version,
        notification_reference=notification_reference,
    )


def hold_meeting(
    case: Case, *, by: Actor, at: datetime, held_at: datetime | None = None, seen_version: int | None = None
) -> Case:
    """The rapid review meeting took place."""
    not_before(held_at, case.notified_at, at, "held the meeting", "the notification was sent")
    return perform(
        case,
        Case.hold_meeting,
        by=by,
        at=at,
        happened_at=no_earlier(held_at, case.notified_at),
        seen_version=seen_version,
    )


@transaction.atomic
def withdraw_case(
    case: Case,
    *,
    reason: str,
    by: Actor,
    at: datetime,
    withdrawn_at: datetime | None = None,
    seen_version: int | None = None,
) -> Case:
    """The notification is withdrawn: its clocks are voided, and what agencies owe is cancelled."""
    need_reason(reason, "withdraw")
    last = case.records.order_by("-sequence").values_list("at", flat=True).first()
    not_before(withdrawn_at, last, at, "withdrew the notification", "the case came to where it is now")
    happened_at = no_earlier(withdrawn_at, last)
    case = perform(
        case, Case.withdraw, by=by, at=at, seen_version=seen_version, happened_at=happened_at, reason=reason
    )
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
    need_reason(reason, "cancel a return")
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
    meet_deadline(case, code, by=by, at=at, effective_at=no_earlier(done_at, deadline.started_at))
    if event := EVENTS_OF_MILESTONES.get(code):
        start_clocks(case, event, by=by, effective_at=done_at or at, at=at)
    return case


def _after_the_referral(case: Case, when: datetime | None, at: datetime) -> None:
    """Raise WorkflowError when the partners are said to have met before the referral, or in the future."""
    if (when or at) > at:
        raise WorkflowError("Cannot record a meeting that lies in the future.", about="when")
    if when and when < to_the_minute(case.begun_at):
        received_on = day_in_words(local_date(case.begun_at))
        raise WorkflowError(
            f"The partners cannot have met before the referral was received, on {received_on}.", about="when"
        )
