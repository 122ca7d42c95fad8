"""Chasing a return by hand: a reminder now, through the outbox; a phone call, noted. Ladders chase by themselves."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from reviews.models import AgencyReturn, PhoneCall
from reviews.services.answering import how_far
from reviews.services.history import Line, name_of
from reviews.services.refusing import not_before
from workflows.actors import SYSTEM
from workflows.exceptions import NotMet, Stale
from workflows.models import LedgerEntry
from workflows.services.announcing import announce
from workflows.services.moving import change

PERMISSION = "reviews.accept_agencyreturn"
"""Held by who runs the review: they take returns in, and chase those that are out."""
REMINDED = "remind"
"""What the ledger calls a reminder sent by hand."""


def reminders_of(agency_return: AgencyReturn) -> list[LedgerEntry]:
    """The reminders sent by hand about this return, oldest first."""
    chain = agency_return.root_id or agency_return.pk
    return [
        entry
        for entry in LedgerEntry.objects.filter(chain=chain, action=REMINDED).order_by("sequence")
        if entry.target.endswith(str(agency_return.pk))
    ]


def last_reminder(agency_return: AgencyReturn) -> LedgerEntry | None:
    """The last reminder sent by hand, with its time; None when there was none."""
    return next(reversed(reminders_of(agency_return)), None)


def mark_of(reminder: LedgerEntry | None) -> str:
    """A mark of the last reminder, as a page showed it."""
    return str(reminder.sequence) if reminder else "none"


def whose_turn(agency_return: AgencyReturn) -> str:
    """What a return that is still out waits for, in a sentence for who runs the review."""
    State = AgencyReturn.State
    done, count = how_far(agency_return)
    return {
        State.REQUESTED: "The agency has not said yet that it has the request.",
        State.ACKNOWLEDGED: "The agency has the request, and has not begun to write.",
        State.IN_PROGRESS: f"The agency is writing it: {done} of {count} sections are complete.",
        State.SUBMITTED: "It is written, and waits for the safeguarding lead of the agency to sign it off.",
        State.SENT_BACK: "It was sent back, and the agency has not begun to write again.",
    }[State(agency_return.state)]


def audience_of(agency_return: AgencyReturn) -> str:
    """Whose turn it is: the author's, or, once it is written, the safeguarding lead's."""
    is_written = agency_return.state == AgencyReturn.State.SUBMITTED
    return "safeguarding-lead" if is_written else "author"


def whom_to_remind(agency_return: AgencyReturn, *, at: datetime) -> list[User]:
    return agency_return.people(audience_of(agency_return), at=at)


@transaction.atomic
def send_reminder(
    agency_return: AgencyReturn, *, by: User, at: datetime, seen: str | None = None
) -> list[User]:
    """Tell whose turn it is that the return is awaited; returns who was told. No clock moves.

    seen is the mark of the last reminder that the page showed: of two who send at once, one does.
    Raises PermissionDenied, NotMet for a return that is not open, Stale.
    """
    agency_return = change(agency_return, REMINDED, permission=PERMISSION, by=by, at=at)
    if agency_return.state not in AgencyReturn.OPEN:
        raise NotMet(
            f"Cannot remind {agency_return.agency}: its return is {agency_return.state_in_words} now."
        )
    *earlier, this = reminders_of(agency_return)
    last = earlier[-1] if earlier else None
    if last is not None and seen is not None and seen != mark_of(last):
        raise Stale(
            f"{_actor(last)} has just sent a reminder. Send another only if you still want to: it is shown below."
        )
    audience = audience_of(agency_return)
    people = agency_return.people(audience, at=at)
    announce(
        agency_return, f"by-hand:{agency_return.pk}:{this.sequence}", {audience: "asked-again"}, by=by, at=at
    )
    return people


@transaction.atomic
def note_call(
    agency_return: AgencyReturn, *, spoke_to: str, said: str, called_at: datetime, by: User, at: datetime
) -> PhoneCall:
    """Keep what was said on the phone: with whom, when, by whom. Raises PermissionDenied, NotMet, WorkflowError."""
    agency_return = change(agency_return, "note_call", permission=PERMISSION, by=by, at=at)
    if not spoke_to.strip() or not said.strip():
        raise NotMet("Cannot note a phone call without saying who it was with, and what was said.")
    not_before(called_at, agency_return.begun_at, at, "phoned", "the return was asked for")
    return PhoneCall.objects.create(
        agency_return=agency_return, spoke_to=spoke_to, said=said, called_at=called_at, by=by, recorded_at=at
    )


def what_was_done(agency_return: AgencyReturn, *, with_calls: bool) -> tuple[Line, ...]:
    """Reminders sent by hand, and, for who runs the review, phone calls: as lines of the history."""
    reminded = [
        Line("Reminder sent", entry.at, "instant", _actor(entry), "", entry.at)
        for entry in reminders_of(agency_return)
    ]
    calls = [
        Line(
            f"Phone call with {call.spoke_to}",
            call.called_at,
            "instant",
            name_of(call.by),
            call.said,
            call.recorded_at,
        )
        for call in (agency_return.calls.select_related("by") if with_calls else ())
    ]  # fmt: skip
    return (*reminded, *calls)


def _actor(entry: LedgerEntry) -> str:
    person = User.objects.filter(pk=entry.actor).first() if entry.actor != "system" else None
    return person.full_name if person else SYSTEM.full_name
