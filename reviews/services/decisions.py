"""Deciding, signing off, sending to the Panel, and the Panel's reply."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import Agency, User
from reviews.contradictions import contradictions
from reviews.models import AgencyReturn, Case, Decision, PanelRecord, SignOff
from reviews.questions import DECISION_FORM
from reviews.services import access, exporting
from reviews.services.answering import must_be_as_read, sections_with_gaps, titles, with_section
from reviews.services.cases import cancel_open_returns, supersede_records
from reviews.services.refusing import to_the_minute
from workflows.actors import System
from workflows.exceptions import NotMet, WorkflowError
from workflows.services.announcing import announce
from workflows.services.clocks import lock, meet_deadline
from workflows.services.moving import begin, change, perform

Actor = User | System


def draft_of(case: Case, *, at: datetime) -> Decision:
    """The decision being drafted; the last one, while none is; unsaved and empty, when there is none yet."""
    last = case.decisions.last()
    if last is not None:
        return last
    return Decision(case=case, number=1, form_version=DECISION_FORM.version, changed_at=at)


@transaction.atomic
def save_decision_section(
    case: Case, section: str, given: dict[str, Any], *, by: User, at: datetime, seen: str | None = None
) -> Decision:
    """Keep a draft of one section of the decision record. Raises Stale when another hand saved since."""
    case = change(
        case, "save_decision", permission="reviews.decide_case", by=by, at=at, changed=sorted(given)
    )
    if case.state != Case.State.RAPID_REVIEW:
        raise WorkflowError(f"Cannot change the decision of {case.code}: it is {case.state_in_words} now.")
    decision = draft_of(case, at=at)
    decision.answers = with_section(decision, section, given, by=by, at=at, seen=seen)
    decision.drafted_by, decision.changed_at = by, at
    decision.save()
    return decision


@transaction.atomic
def decide_case(
    case: Case,
    *,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    seen: str | None = None,
    open_returns_reason: str = "",
    is_confirmed: bool = False,
) -> Case:
    """Send the decision to the partners. Returns still open are allowed, with a reason.

    is_confirmed says that a decision which contradicts its own criteria stands: the record tells it.
    seen is the mark of the answers as they were read. Raises NotMet, Stale.
    """
    lock(case)  # before anything is looked at: somebody may be emptying a section
    decision = case.decisions.last()
    gaps = sections_with_gaps(decision) if decision else list(DECISION_FORM)
    if decision is None or gaps:
        raise NotMet(f"Cannot send the decision to the partners yet. Still to answer: {titles(gaps)}.")
    must_be_as_read(decision, seen)
    if not access.safeguarding_partners(case.partnership):
        raise NotMet(
            f"Cannot send the decision of {case.code} to the partners: the partnership has no safeguarding "
            "partner yet. Mark them under Administration, Agencies."
        )
    waiting = returns_waiting(case)
    if waiting and not open_returns_reason.strip():
        names = ", ".join(r.agency.name for r in waiting)
        raise NotMet(f"Returns are still open: {names}. Say why the partners decide without them.")
    against = contradictions(decision.answers)
    if against and not is_confirmed:
        raise NotMet(f"{' '.join(against)} Confirm that the decision stands, or change it.")
    reason = "\n\n".join(filter(None, (open_returns_reason, *(f"Confirmed: {words}" for words in against))))
    case = perform(case, Case.decide, by=by, at=at, seen_version=seen_version, reason=reason)
    decision.decided_at = at
    decision.save(update_fields=["decided_at"])
    return case


def returns_waiting(case: Case) -> list[AgencyReturn]:
    """The returns that are neither in nor cancelled."""
    return [
        r
        for r in case.returns.select_related("agency")
        if not r.is_in and r.state != AgencyReturn.State.CANCELLED
    ]


@transaction.atomic
def sign_decision(
    case: Case,
    partner: Agency,
    *,
    agrees: bool,
    dissent: str = "",
    by: User,
    at: datetime,
    seen_version: int | None = None,
) -> SignOff:
    """One partner signs what they read, or dissents and says why. When all have, the milestone is met.

    Raises Stale when the case, and so perhaps the decision, moved since it was shown.
    """
    case = change(
        case,
        "sign_decision",
        permission="reviews.sign_decision_case",
        by=by,
        at=at,
        seen_version=seen_version,
    )
    if partner not in access.partner_seats_of(by, case, at=at):
        raise PermissionDenied
    decision = case.decisions.last()
    if case.state != Case.State.LCSPR_DECISION or decision is None:
        raise WorkflowError(f"Cannot sign {case.code} off: it is {case.state_in_words} now.")
    if not agrees and not dissent.strip():
        raise NotMet("Cannot record a dissent without its reason.")
    if earlier := decision.sign_offs.filter(partner=partner).select_related("by").first():
        raise WorkflowError(f"{partner.name} has signed already: {earlier.by.full_name} did.")
    signature = SignOff.objects.create(
        decision=decision, partner=partner, by=by, at=at, agrees=agrees, dissent=dissent
    )
    waiting = waiting_to_sign(case, decision)
    news = "partner-signed" if waiting else "all-signed"
    announce(case, f"signature:{signature.pk}", {"business-manager": news}, by=by, at=at)
    if not waiting:
        for deadline in case.deadlines.open().filter(rule_code__in=("LOC_SIGNOFF", "LOC_RESIGN")):
            meet_deadline(case, deadline.rule_code, by=by, at=at)
    return signature


def waiting_to_sign(case: Case, decision: Decision) -> list[Agency]:
    """The safeguarding partners that have not signed yet: all of them must, three or four."""
    signed = decision.sign_offs.values("partner_id")
    return list(access.safeguarding_partners_in(case).exclude(pk__in=signed).order_by("name"))


def who_could_sign(barred: list[Agency]) -> str:
    """What helps where everybody who could sign for a partner is recused; empty if there is no such partner."""
    return "".join(
        f" Nobody can sign for {agency.name} on this case: its delegated partner is recused. Put another person "
        "in that seat under Administration, People."
        for agency in barred
    )


@transaction.atomic
def submit_case(
    case: Case,
    *,
    late_reason: str = "",
    by: Actor,
    at: datetime,
    sent_at: datetime | None = None,
    seen_version: int | None = None,
) -> PanelRecord:
    """Send the rapid review to the Panel: freeze the decision, release the record, stop the clock.

    Needs every partner's signature, and a reason when it is late. Raises NotMet.
    """
    lock(case)
    decision = case.decisions.last()
    if decision is None or (waiting := waiting_to_sign(case, decision)):
        names = ", ".join(agency.name for agency in waiting) if decision else "every partner"
        barred = access.nobody_can_sign_for(case, waiting, at=at) if decision else []
        raise NotMet(f"Cannot send {case.code} to the Panel: still to sign: {names}.{who_could_sign(barred)}")
    happened_at = sent_at or at
    signed_at = max((signature.at for signature in decision.sign_offs.all()), default=None)
    if signed_at is None:
        raise NotMet(f"Cannot send {case.code} to the Panel: no safeguarding partner has signed.")
    if happened_at > at or happened_at < to_the_minute(signed_at):
        raise WorkflowError(
            "Cannot record that: it must be sent after the last partner signed, and not in the future."
        )
    clock = case.deadlines.filter(rule_code="RR_COMPLETE").first()
    # A second decision is not late when the first was sent in time: the clock stopped then.
    is_late = bool(clock and clock.due_at and (clock.met_at or happened_at) >= clock.due_at)
    if is_late and not late_reason.strip():
        raise NotMet("This rapid review is late. Say why: the record carries the reason.")
    case = perform(case, Case.submit, by=by, at=at, happened_at=happened_at, seen_version=seen_version)
    cancel_open_returns(case, reason="The rapid review was sent to the Panel.", by=by, at=at)
    decision.late_reason = late_reason if is_late else ""
    decision.save(update_fields=["late_reason"])
    document = exporting.decision_document(case, decision)
    record = PanelRecord(
        case=case,
        root=case,
        partnership_id=case.partnership_id,
        decision=decision,
        document=document,
        sha256=exporting.fingerprint(document),
    )
    record = begin(record, "release", by=by, at=at, happened_at=happened_at)
    access.grant_panel_record(record)
    return record


@transaction.atomic
def revise_decision(
    case: Case, *, reason: str, by: Actor, at: datetime, seen_version: int | None = None
) -> Case:
    """Take the decision up again. The old record is kept; a new one begins with its text."""
    if not reason.strip():
        raise NotMet("Cannot take the decision up again without a reason.")
    case = perform(case, Case.revise, by=by, at=at, seen_version=seen_version, reason=reason)
    supersede_records(case, by=by, at=at)
    last = case.decisions.last()
    if last is not None:
        Decision.objects.create(
            case=case,
            number=last.number + 1,
            form_version=last.form_version,
            answers=last.answers,
            drafted_by=last.drafted_by,
            changed_at=at,
        )
    return case


def accept_record(
    record: PanelRecord,
    *,
    reply: str = "",
    by: Actor,
    at: datetime,
    replied_at: datetime | None = None,
    seen_version: int | None = None,
) -> PanelRecord:
    """The Panel agrees with the decision."""
    return perform(
        record,
        PanelRecord.accept,
        by=by,
        at=at,
        happened_at=replied_at,
        reason=reply,
        seen_version=seen_version,
    )


def disagree_with_record(
    record: PanelRecord,
    *,
    reply: str,
    by: Actor,
    at: datetime,
    replied_at: datetime | None = None,
    seen_version: int | None = None,
) -> PanelRecord:
    """The Panel does not agree, and says why."""
    if not reply.strip():
        raise NotMet("Cannot record that the Panel does not agree without what it wrote.")
    return perform(
        record,
        PanelRecord.disagree,
        by=by,
        at=at,
        happened_at=replied_at,
        reason=reply,
        seen_version=seen_version,
    )
