"""Putting right what was typed at the referral: a wrong time must not fix a wrong date for good."""

import hashlib
from datetime import datetime

from django.db import transaction

from accounts.models import User
from reviews.models import Case
from reviews.services.cases import Actor
from reviews.services.exporting import TO_NOTIFY
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.models import LedgerEntry
from workflows.services.clocks import restart_deadline
from workflows.services.moving import change

OPEN_TO_CORRECTION = (Case.State.REFERRED, Case.State.NOTIFICATION)
"""Once the notification is sent, its times stand as they were sent."""


def mark_of_referral(case: Case) -> str:
    """A mark of what a correction would change, as a page showed it."""
    held = (case.incident_at, case.incident_precision, case.aware_at, case.place, case.summary)
    return hashlib.sha256("\n".join(map(str, held)).encode()).hexdigest()[:32]


def corrected_by(case: Case) -> str:
    """The name of who corrected the referral last, or logged it."""
    last = LedgerEntry.objects.filter(chain=case, action__in=("correct_referral", "refer")).last()
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
        for deadline in case.deadlines.running().filter(rule_code__in=TO_NOTIFY):
            restart_deadline(case, deadline.rule_code, by=by, at=at, start=aware_at, reason=reason)
    case.incident_at, case.incident_precision, case.aware_at = incident_at, incident_precision, aware_at
    case.place, case.summary = place, summary
    case.save(update_fields=["incident_at", "incident_precision", "aware_at", "place", "summary"])
    return case
