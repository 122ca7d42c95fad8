"""Putting right what was typed at the referral or the notification: a wrong time must not fix a wrong date for good."""

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import User
from reviews.models import AgencyReturn, Case
from reviews.services.cases import Actor
from reviews.services.exporting import TO_NOTIFY
from reviews.services.refusing import need_reason, no_earlier, not_before
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.facts import MET
from workflows.models import LedgerEntry
from workflows.services.changing_clocks import restart_deadline, undo_fact
from workflows.services.clocks import meet_deadline
from workflows.services.moving import change

OPEN_TO_CORRECTION = (Case.State.REFERRED, Case.State.NOTIFICATION)
"""Once the notification is sent, its times stand as they were sent."""


NOTIFICATION_OPEN_TO_CORRECTION = (Case.State.RAPID_REVIEW, Case.State.LCSPR_DECISION)
"""Once the rapid review is with the Panel, its record stands."""


def mark_of_referral(case: Case) -> str:
    """A mark of what a correction would change, as a page showed it."""
    held = (case.incident_at, case.incident_precision, case.aware_at, case.place, case.summary)
    return hashlib.sha256("\n".join(map(str, held)).encode()).hexdigest()[:32]


def corrected_by(case: Case, *actions: str) -> str:
    """The name of who did one of these last, by the ledger: corrected the referral, or logged it."""
    actions = actions or ("correct_referral", "refer")
    last = LedgerEntry.objects.filter(chain=case, action__in=actions).order_by("sequence").last()
    person = User.objects.filter(pk=last.actor).first() if last and last.actor != "system" else None
    return person.full_name if person else SYSTEM.full_name


@transaction.atomic
def correct_referral(
    case: Case,
    *,
    incident_at: datetime,
    incident_precision: str,
    aware_at: datetime,
    place: str,
    summary: str,
    reason: str,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    seen: str | None = None,
) -> Case:
    """Correct the times and words of a referral, with a reason. The clock to notify counts anew from the time given.

    seen is the mark of the referral as the page showed it: two who correct at once must not undo each other.
    Raises NotMet without a reason or once the notification was sent, WorkflowError for times that cannot be, Stale.
    """
    who = corrected_by(case)
    case = change(
        case, "correct_referral", permission="reviews.refer_case", by=by, at=at, seen_version=seen_version
    )
    if seen is not None and seen != mark_of_referral(case):
        raise Stale(
            f"Cannot save over what {who} corrected while this page was open. "
            "Your text is still in the boxes: compare, then save again."
        )
    if case.state not in OPEN_TO_CORRECTION:
        raise NotMet(
            f"Cannot correct the referral of {case.code}: it is {case.get_state_display().lower()} now."
        )
    if not reason.strip():
        raise NotMet("Cannot correct a referral without saying why.")
    if max(incident_at, aware_at) > at:
        raise WorkflowError("Cannot correct the referral: a time given lies in the future.")
    if local_date(aware_at) < local_date(incident_at):
        raise WorkflowError("The authority cannot have been aware before the incident happened.")
    if aware_at != case.aware_at:
        for deadline in case.deadlines.open().filter(rule_code__in=TO_NOTIFY):
            restart_deadline(
                case, deadline.rule_code, by=by, at=at, start=aware_at, reason=reason, keeps=True
            )
    case.incident_at, case.incident_precision, case.aware_at = incident_at, incident_precision, aware_at
    case.place, case.summary = place, summary
    case.save(update_fields=["incident_at", "incident_precision", "aware_at", "sealed_place", "summary"])
    return case


@transaction.atomic
def correct_notification(
    case: Case,
    *,
    notified_at: datetime,
    notification_reference: str,
    reason: str,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    seen: str | None = None,
) -> Case:
    """Correct when the notification was sent, with a reason. Every open clock that counts from it counts anew,
    those of open returns too, with the pauses and extensions it had; whether the notification itself was in time is
    judged by the corrected time.

    What was done in the meantime stays done. seen is the mark of the notification as the page showed it.
    Raises NotMet without a reason or once the record is with the Panel, WorkflowError for times that cannot be, Stale.
    """
    case = change(
        case,
        "correct_notification",
        permission="reviews.notify_case",
        by=by,
        at=at,
        seen_version=seen_version,
    )
    if seen is not None and seen != mark_of_notification(case):
        raise Stale(
            "Somebody corrected the notification while this page was open. "
            "Your text is still in the boxes: compare, then save again."
        )
    if case.state not in NOTIFICATION_OPEN_TO_CORRECTION:
        raise NotMet(
            f"Cannot correct the notification of {case.code}: it is {case.get_state_display().lower()} now."
        )
    need_reason(reason, "correct the notification")
    not_before(notified_at, case.aware_at, at, "sent the notification", "the authority became aware")
    notified_at = no_earlier(notified_at, case.aware_at) or notified_at
    if notified_at != case.notified_at:
        for subject in (case, *case.returns.filter(state__in=AgencyReturn.OPEN)):
            for deadline in subject.deadlines.open().filter(rule__starts="notification sent"):
                restart_deadline(
                    subject, deadline.rule_code, by=by, at=at, start=notified_at, reason=reason, keeps=True
                )
        for deadline in case.deadlines.filter(rule_code__in=TO_NOTIFY, state="met"):
            undo_fact(deadline.facts.filter(kind=MET).latest("pk"), by=by, at=at, reason=reason)
            meet_deadline(case, deadline.rule_code, by=by, at=at, effective_at=notified_at, reason=reason)
    case.notified_at, case.notification_reference = notified_at, notification_reference
    case.save(update_fields=["notified_at", "notification_reference"])
    return case


def mark_of_notification(case: Case) -> str:
    """A mark of what a correction of the notification would change, as a page showed it."""
    return hashlib.sha256(f"{case.notified_at}\n{case.notification_reference}".encode()).hexdigest()[:32]
