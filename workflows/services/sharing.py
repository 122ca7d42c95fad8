"""Sharing a case across the wall between partnerships: with a seat, from a day to a day, for a reason."""

from datetime import date, datetime, timedelta

from accounts.models import Seat, User
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import SharingError
from workflows.models import Share, Subject
from workflows.services.moving import change

LONGEST = timedelta(days=366)
"""Who still needs it after a year is asked again, with a reason of that day."""


def share(
    case: Subject, seat: Seat, *, starts_on: date, ends_on: date, reason: str, permission: str, by: User, at: datetime
) -> Share:  # fmt: skip
    """Let whoever holds a seat of another partnership look at the case. Needs a transaction.

    Raises PermissionDenied; SharingError without a reason, for days that are over or too many, for a seat of the
    case's own partnership or of none, or for one with which it is shared already.
    """
    current = change(case, "share", permission=permission, by=by, at=at)
    today = local_date(at)
    if not reason.strip():
        raise SharingError("Cannot share a case without a reason.")
    if seat.partnership_id in (None, current.partnership_id):
        raise SharingError("Cannot share a case with that seat: it is not of another partnership.")
    if not today <= ends_on or ends_on < starts_on or ends_on - starts_on > LONGEST:
        raise SharingError(
            f"Cannot share a case from {day_in_words(starts_on)} to {day_in_words(ends_on)}: the last day must be "
            "today or later, not before the first, and within a year of it."
        )
    if Share.objects.filter(case=current.pk, seat=seat, revoked_at=None, ends_on__gte=today).exists():
        raise SharingError(f"This case is shared with {seat} already. End that first to change its days.")
    return Share.objects.create(
        case_id=current.pk,
        seat=seat,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason.strip(),
        by=by,
        at=at,
    )


def revoke_share(share: Share, *, permission: str, by: User, at: datetime) -> None:
    """They see it no more, from the next request on. Needs a transaction. Raises PermissionDenied, SharingError."""
    change(share.case.specific(), "revoke_share", permission=permission, by=by, at=at)
    held = Share.objects.filter(pk=share.pk, revoked_at=None, ends_on__gte=local_date(at))
    if not held.update(revoked_at=at, revoked_by=by):
        raise SharingError("Cannot end that: the case is not shared with them any more.")
