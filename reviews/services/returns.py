"""What agencies are asked, and what they answer."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Agency, User
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn, Case, ReturnVersion
from reviews.services import access
from reviews.services.answering import must_be_as_read, sections_with_gaps, titles, with_section
from reviews.services.attachments import kept_files, must_be_harmless
from reviews.services.chronology import kept_rows
from reviews.services.commenting import keep_comments
from reviews.services.refusing import no_earlier, not_before
from reviews.services.return_forms import form_in_use
from workflows.actors import System
from workflows.calendars import local_date
from workflows.exceptions import NotMet, WorkflowError
from workflows.models import Deadline
from workflows.services.calendar import current_calendar
from workflows.services.clocks import lock, meet_deadline
from workflows.services.moving import begin, change, perform
from workflows.services.rules import limit_in_force

Actor = User | System


def suggested_agencies(case: Case) -> list[Agency]:
    """The agencies of the partnership that have not been asked, those usually asked first in front."""
    asked = case.returns.values("agency_id")
    return list(
        Agency.objects.filter(partnership_id=case.partnership_id, is_active=True)
        .exclude(pk__in=asked)
        .order_by("-is_asked_first", "name")
    )


@transaction.atomic
def ask_agencies(case: Case, agencies: Iterable[Agency], *, by: Actor, at: datetime) -> list[AgencyReturn]:
    """Ask each agency for its return, in one action. One that was asked already is left as it is.

    Each gets its clocks, its grants and its notices. Raises PermissionDenied, WorkflowError.
    """
    case = change(case, "ask_agencies", permission="reviews.ask_agencies_case", by=by, at=at)
    if case.state != Case.State.RAPID_REVIEW or case.notified_at is None:
        raise WorkflowError(f"Cannot ask agencies about {case.code}: it is {case.state_in_words} now.")
    asked = set(case.returns.values_list("agency_id", flat=True))
    notified_on, calendar = local_date(case.notified_at), current_calendar()
    together = limit_in_force("LOC_TOGETHER", case.partnership, on=notified_on)
    days_after = calendar.between(together.from_day(notified_on, calendar), local_date(at))
    form = form_in_use(case.partnership).version
    returns = []
    for agency in agencies:
        if agency.partnership_id != case.partnership_id or not agency.is_active:
            raise WorkflowError(f"Cannot ask {agency.name}: it is not an agency of this partnership.")
        if agency.pk in asked:
            continue
        asked.add(agency.pk)
        agency_return = AgencyReturn(
            case=case,
            root=case,
            partnership_id=case.partnership_id,
            agency=agency,
            form_version=form,
            is_asked_later=days_after > 0,
        )
        returns.append(begin(agency_return, "request", by=by, at=at))
        access.grant_return(agency_return)
    if returns and case.deadlines.open().filter(rule_code="LOC_REQUEST").exists():
        meet_deadline(case, "LOC_REQUEST", by=by, at=at)
    return returns


def acknowledge_return(
    agency_return: AgencyReturn, *, by: Actor, at: datetime, seen_version: int | None = None
) -> AgencyReturn:
    """We have the request and are looking."""
    return perform(agency_return, AgencyReturn.acknowledge, by=by, at=at, seen_version=seen_version)


@transaction.atomic
def save_section(
    agency_return: AgencyReturn,
    section: str,
    given: dict[str, Any],
    *,
    by: User,
    at: datetime,
    seen: str | None = None,
) -> AgencyReturn:
    """Keep a draft of one section. The first one begins the draft.

    seen is the mark the page was shown with: if another author saved since, nothing is changed and
    Stale says who did. Raises PermissionDenied, WrongState, Stale.
    """
    agency_return = change(
        agency_return,
        "save_section",
        permission="reviews.draft_agencyreturn",
        by=by,
        at=at,
        changed=sorted(given),
    )
    answers = with_section(agency_return, section, given, by=by, at=at, seen=seen)
    if not agency_return.can_be_written:
        raise WorkflowError(f"Cannot change this return: it is {agency_return.state_in_words} now.")
    if agency_return.state != AgencyReturn.State.IN_PROGRESS:
        agency_return = perform(agency_return, AgencyReturn.draft, by=by, at=at)
    agency_return.answers = answers
    agency_return.save(update_fields=["answers"])
    return agency_return


def is_late(agency_return: AgencyReturn, *, at: datetime) -> bool:
    """Whether the agency owes it, and its day has passed. To acknowledge is another clock."""
    late = Deadline.objects.overdue(at=at).filter(subject_id=agency_return.pk)
    return late.exclude(rule_code=ACKNOWLEDGING).exists()


def _why_late(agency_return: AgencyReturn, reason: str, *, at: datetime) -> str:
    """The reason that the move records: none when it is in time. Raises NotMet when it is late and nobody says why."""
    if not is_late(agency_return, at=at):
        return ""
    if not reason.strip():
        raise NotMet("This return is late. Say why: who runs the review reads it.")
    return reason


@transaction.atomic
def declare_nil(
    agency_return: AgencyReturn,
    *,
    searched: str,
    late_reason: str = "",
    by: User,
    at: datetime,
    seen_version: int | None = None,
) -> AgencyReturn:
    """The agency did not know the family, and says where it looked; and why only now, when that is late."""
    if not searched.strip():
        raise NotMet("Cannot send a nil return without saying which records were searched.")
    lock(agency_return)  # before its clocks are read: they may be extended this minute
    return perform(
        agency_return, AgencyReturn.declare_nil, by=by, at=at, seen_version=seen_version, searched=searched,
        reason=_why_late(agency_return, late_reason, at=at),
    )  # fmt: skip


@transaction.atomic
def finish_return(
    agency_return: AgencyReturn,
    *,
    by: User,
    at: datetime,
    seen_version: int | None = None,
    seen: str | None = None,
    late_reason: str = "",
) -> AgencyReturn:
    """Send the return to the safeguarding lead, and keep this version of it. When it is late, the move records why.

    seen is the mark of the answers as the author read them. Raises NotMet when it has gaps or a file with
    a virus, or is late and nobody says why; Stale.
    """
    lock(agency_return)  # before it is looked at: another author may be emptying a section
    now = AgencyReturn.objects.only("answers", "form_version").get(pk=agency_return.pk)
    if gaps := sections_with_gaps(now):
        raise NotMet(f"Cannot send this return for sign-off yet. Still to answer: {titles(gaps)}.")
    must_be_as_read(now, seen)
    must_be_harmless(now)
    agency_return = perform(
        agency_return, AgencyReturn.finish, by=by, at=at, seen_version=seen_version,
        reason=_why_late(agency_return, late_reason, at=at),
    )  # fmt: skip
    ReturnVersion.objects.create(
        agency_return=agency_return,
        number=agency_return.versions.count() + 1,
        answers=agency_return.answers,
        form_version=agency_return.form_version,
        chronology=kept_rows(agency_return),
        attachments=kept_files(agency_return),
        by=by,
        at=at,
    )
    return agency_return


def sign_off_return(
    agency_return: AgencyReturn, *, by: User, at: datetime, seen_version: int | None = None
) -> AgencyReturn:
    """The safeguarding lead stands behind it, and the partnership has it."""
    return perform(agency_return, AgencyReturn.sign_off, by=by, at=at, seen_version=seen_version)


@transaction.atomic
def send_back_return(
    agency_return: AgencyReturn,
    *,
    reason: str,
    comments: Mapping[str, str] | None = None,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
) -> AgencyReturn:
    """It needs more: say what, and if there is more to say what each section needs, by its code.

    Raises NotMet without a reason.
    """
    if not reason.strip():
        raise NotMet("Cannot send a return back without saying what it needs.")
    stage = Case.objects.values_list("state", flat=True).get(pk=agency_return.case_id)  # as it is now
    if stage not in (Case.State.RAPID_REVIEW, Case.State.LCSPR_DECISION):
        raise NotMet("Cannot send this return back: its rapid review is over.")
    agency_return = perform(
        agency_return, AgencyReturn.send_back, by=by, at=at, seen_version=seen_version, reason=reason
    )
    keep_comments(agency_return, comments or {})
    return agency_return


WAYS = {
    "email": "By email",
    "paper": "On paper",
    "phone": "By phone",
    "in-person": "In person",
}
"""How a return may reach the partnership that does not come through this service."""


def answerable_since(agency_return: AgencyReturn) -> datetime:
    """From when the agency owed what it owes now: it was asked, or its return was sent back."""
    asked = agency_return.records.filter(verb__in=("request", "send_back")).order_by("-sequence")
    found: datetime = asked.values_list("at", flat=True)[0]
    return found


@transaction.atomic
def receive_return(
    agency_return: AgencyReturn,
    *,
    way: str,
    given_by: str,
    said: str,
    received_at: datetime,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
) -> AgencyReturn:
    """Take in a return that came by email, on paper, by phone or in person: its clocks are met when it was received.

    Raises NotMet unless it says from whom and what; WorkflowError for a time before it was asked for, or to come.
    """
    if way not in WAYS or not given_by.strip() or not said.strip():
        raise NotMet("Cannot record a return without saying how it came, from whom, and what it says.")
    lock(agency_return)  # before its records are read: it may be sent back this minute
    since = answerable_since(agency_return)
    not_before(received_at, since, at, "received the return", "the agency was asked for it")
    return perform(
        agency_return, AgencyReturn.receive, by=by, at=at, seen_version=seen_version,
        happened_at=no_earlier(received_at, since), given=f"{WAYS[way]}, from {given_by.strip()}.\n\n{said}",
    )  # fmt: skip


def accept_return(
    agency_return: AgencyReturn, *, by: Actor, at: datetime, seen_version: int | None = None
) -> AgencyReturn:
    """Take it into the review."""
    return perform(agency_return, AgencyReturn.accept, by=by, at=at, seen_version=seen_version)
