"""Putting right what was typed at the referral or the notification: a wrong time must not fix a wrong date for good.

Each thing that is put right leaves a Correction; who was asked about the case is told that its details changed.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.models import User
from reviews.models import AgencyReturn, Case, Child, Correction
from reviews.models.cases import Actor
from reviews.models.corrections import IDENTIFIERS
from reviews.services.exporting import TO_NOTIFY
from reviews.services.refusing import need_reason, no_earlier, not_before, to_the_minute
from reviews.when import in_full
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.countdown import day_in_words, moment_in_words
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.facts import MET, VOIDED
from workflows.models import Deadline
from workflows.services.announcing import announce
from workflows.services.changing_clocks import restart_deadline, undo_fact
from workflows.services.clocks import meet_deadline, person, start_deadlines, void_deadline
from workflows.services.moving import change
from workflows.services.rules import rules_started_by

OPEN_TO_CORRECTION = (Case.State.REFERRED, Case.State.NOTIFICATION)
"""Once the notification is sent, its times stand as they were sent."""


NOTIFICATION_OPEN_TO_CORRECTION = (Case.State.RAPID_REVIEW, Case.State.LCSPR_DECISION)
"""Once the rapid review is with the Panel, its record stands."""

TELLS_OF_DETAILS = {"author": "details-changed", "safeguarding-lead": "details-changed"}


def mark_of_referral(case: Case) -> str:
    """A mark of what a correction would change, as a page showed it."""
    held = (
        case.incident_at, case.incident_precision, case.aware_at, case.aware_precision, case.place, case.summary,
        case.begun_at, case.notifiable, case.harm, case.referred_by,
    )  # fmt: skip
    return hashlib.sha256("\n".join(map(str, held)).encode()).hexdigest()[:32]


def corrected_by(case: Case, *actions: str) -> str:
    """The name of who did one of these last, by the ledger: corrected the referral, or logged it."""
    actions = actions or ("correct_referral", "refer")
    last = case.ledger.filter(action__in=actions).order_by("sequence").last()
    person = User.objects.filter(pk=last.actor).first() if last and last.actor != "system" else None
    return person.full_name if person else SYSTEM.full_name


def keep_corrections(
    case: Case, were: Mapping[str, str], *, reason: str, by: Actor, at: datetime, child: Child | None = None
) -> None:
    """Keep what was put right, why, and how it read before; of what identifies a child, only that it was."""
    Correction.objects.bulk_create(
        Correction(
            case=case, child=child, what=what, was="" if what in IDENTIFIERS else was, reason=reason,
            by=person(by), at=at,
        )
        for what, was in were.items()
    )  # fmt: skip


def tell_those_asked(case: Case, key: str, *, by: Actor, at: datetime) -> None:
    """Tell every agency that was asked about the case that its details have changed: what it looked for may be wrong.

    Those that have answered, too. key names the change.
    """
    for agency_return in case.returns.exclude(state=AgencyReturn.State.CANCELLED):
        announce(agency_return, f"details:{agency_return.pk}:{key}", TELLS_OF_DETAILS, by=by, at=at)


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
    aware_precision: str = "instant",
    received_at: datetime | None = None,
    notifiable: str | None = None,
    harm: str | None = None,
    referred_by: str | None = None,
    seen_version: int | None = None,
    seen: str | None = None,
) -> Case:
    """Correct the times and words of a referral, with a reason. Clocks count anew from the times given; of another kind
    of incident, by its own duty. What is not given stays.

    seen is the mark of the referral as the page showed it: two who correct at once must not undo each other.
    Raises NotMet without a reason or once the notification was sent, WorkflowError for times that cannot be, Stale.
    """
    who = corrected_by(case)
    given = {
        "incident_at": incident_at, "incident_precision": incident_precision, "aware_at": aware_at,
        "place": place, "summary": summary,
    }  # fmt: skip
    case = change(
        case, "correct_referral", permission="reviews.refer_case", by=by, at=at, seen_version=seen_version,
        changed=[name for name, value in given.items() if value != getattr(case, name)],
    )  # fmt: skip
    if seen is not None and seen != mark_of_referral(case):
        raise Stale(
            f"Cannot save over what {who} corrected while this page was open. "
            "Your text is still in the boxes: compare, then save again."
        )
    if case.state not in OPEN_TO_CORRECTION:
        raise NotMet(f"Cannot correct the referral of {case.code}: it is {case.state_in_words} now.")
    if not reason.strip():
        raise NotMet("Cannot correct a referral without saying why.")
    received_at = no_earlier(received_at, case.begun_at) or case.begun_at
    if max(incident_at, aware_at, received_at) > at:
        raise WorkflowError("Cannot correct the referral: a time given lies in the future.")
    if local_date(aware_at) < local_date(incident_at):
        raise WorkflowError("The authority cannot have been aware before the incident happened.")
    before = _as_shown(case)
    event, aware_before, begun_before = case.aware_event, case.aware_at, case.begun_at
    case.incident_at, case.incident_precision = incident_at, incident_precision
    case.aware_at, case.aware_precision, case.begun_at = aware_at, aware_precision, received_at
    case.place, case.summary = place, summary
    case.notifiable, case.harm = notifiable or case.notifiable, harm or case.harm
    case.referred_by = case.referred_by if referred_by is None else referred_by
    if case.begun_at != begun_before:
        _count_from_the_receipt(case, by=by, at=at, reason=reason)
    if case.aware_event != event:
        _count_by_another_duty(case, event, by=by, at=at, reason=reason)
    elif aware_at != aware_before:
        for deadline in case.deadlines.open().filter(rule__starts=event):
            restart_deadline(
                case, deadline.rule_code, by=by, at=at, start=aware_at, reason=reason, keeps=True
            )
    case.save()
    if case.begun_at != begun_before:
        case.group_grants.update(begun_at=case.begun_at)  # along which the list of cases is read
    after = _as_shown(case)
    were = {what: words for what, words in before.items() if words != after[what]}
    keep_corrections(case, were, reason=reason, by=by, at=at)
    return case


def _as_shown(case: Case) -> dict[str, str]:
    """What a correction may change, in the words in which a page shows it."""
    return {
        "incident": in_full(case.incident_at, case.incident_precision),
        "aware": in_full(case.aware_at, case.aware_precision),
        "received": moment_in_words(case.begun_at),
        "notifiable": case.get_notifiable_display(),
        "harm": case.get_harm_display(),
        "place": case.place,
        "referred_by": case.referred_by,
        "summary": case.summary,
    }


def _count_from_the_receipt(case: Case, *, by: Actor, at: datetime, reason: str) -> None:
    """Count what runs from the receipt of the referral anew. Whether the partners met in time is judged by it, too.

    Raises WorkflowError if they met before it.
    """
    met = case.records.filter(verb__in=("consider", "decline")).order_by("at").first()
    if met and met.at < to_the_minute(case.begun_at):
        raise WorkflowError(
            "The referral cannot have been received after the partners met on it, on "
            f"{day_in_words(local_date(met.at))}.", about="received",
        )  # fmt: skip
    for deadline in case.deadlines.filter(rule__starts="referred").exclude(state=Deadline.State.VOIDED):
        met_at = deadline.met_at
        if met_at:
            undo_fact(deadline.facts.filter(kind=MET).latest("pk"), by=by, at=at, reason=reason)
        restart_deadline(
            case, deadline.rule_code, by=by, at=at, start=case.begun_at, reason=reason, keeps=True
        )
        if met_at:
            meet_deadline(
                case, deadline.rule_code, by=by, at=at, effective_at=max(met_at, case.begun_at), reason=reason
            )


def _count_by_another_duty(case: Case, before: str, *, by: Actor, at: datetime, reason: str) -> None:
    """It is an incident of another kind: the clocks of the one duty end, and those of the other count from awareness.

    One that had been ended so counts on. What asks for something that was done already is met by that.
    """
    assert case.aware_at is not None
    for deadline in case.deadlines.open().filter(rule__starts=before):
        void_deadline(case, deadline.rule_code, by=by, at=at, reason=reason)
    there = {one.rule_code: one for one in case.deadlines.filter(rule__starts=case.aware_event)}
    for deadline in there.values():
        if deadline.state != Deadline.State.VOIDED:
            continue
        deadline = undo_fact(deadline.facts.filter(kind=VOIDED).latest("pk"), by=by, at=at, reason=reason)
        if deadline.started_at != case.aware_at:
            restart_deadline(
                case, deadline.rule_code, by=by, at=at, start=case.aware_at, reason=reason, keeps=True
            )
    rules = rules_started_by(case, case.aware_event, on=local_date(case.aware_at))
    fresh = [rule for rule in rules if rule.code not in there]
    for deadline in start_deadlines(case, fresh, by=by, effective_at=case.aware_at, at=at):
        done = case.records.filter(verb__in=deadline.rule.met_by).order_by("sequence").last()
        if done:
            meet_deadline(
                case,
                deadline.rule_code,
                by=by,
                at=at,
                effective_at=max(done.at, case.aware_at),
                reason=reason,
            )


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
    given = {"notified_at": notified_at, "notification_reference": notification_reference}
    case = change(
        case, "correct_notification", permission="reviews.notify_case", by=by, at=at, seen_version=seen_version,
        changed=[name for name, value in given.items() if value != getattr(case, name)],
    )  # fmt: skip
    if seen is not None and seen != mark_of_notification(case):
        raise Stale(
            "Somebody corrected the notification while this page was open. "
            "Your text is still in the boxes: compare, then save again."
        )
    if case.state not in NOTIFICATION_OPEN_TO_CORRECTION:
        raise NotMet(f"Cannot correct the notification of {case.code}: it is {case.state_in_words} now.")
    need_reason(reason, "correct the notification")
    not_before(
        notified_at, case.aware_at, at, "sent the notification", "the authority became aware",
        precision=case.aware_precision,
    )  # fmt: skip
    notified_at = no_earlier(notified_at, case.aware_at) or notified_at
    were = {}
    if notified_at != case.notified_at:
        assert case.notified_at is not None
        were["notified"] = moment_in_words(case.notified_at)
        for subject in (case, *case.returns.filter(state__in=AgencyReturn.OPEN)):
            for deadline in subject.deadlines.open().filter(rule__starts="notification sent"):
                restart_deadline(
                    subject, deadline.rule_code, by=by, at=at, start=notified_at, reason=reason, keeps=True
                )
        for deadline in case.deadlines.filter(rule_code__in=TO_NOTIFY, state="met"):
            undo_fact(deadline.facts.filter(kind=MET).latest("pk"), by=by, at=at, reason=reason)
            meet_deadline(case, deadline.rule_code, by=by, at=at, effective_at=notified_at, reason=reason)
    if notification_reference != case.notification_reference:
        were["notification_reference"] = case.notification_reference
    case.notified_at, case.notification_reference = notified_at, notification_reference
    case.save(update_fields=["notified_at", "notification_reference"])
    keep_corrections(case, were, reason=reason, by=by, at=at)
    return case


def mark_of_notification(case: Case) -> str:
    """A mark of what a correction of the notification would change, as a page showed it."""
    return hashlib.sha256(f"{case.notified_at}\n{case.notification_reference}".encode()).hexdigest()[:32]
