"""Somebody leaves: their account is closed, their calendar feed with it, and what they alone owed is named."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import Membership, Partnership, Seat, User
from accounts.services import standing
from reviews.services import feeds, partnerships
from reviews.services.due import owed_by_seats
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.exceptions import WorkflowError
from workflows.models import Deadline


def acts_elsewhere(person: User, partnership: Partnership, *, at: datetime) -> bool:
    """Whether the person holds a seat of another body, on the day or later."""
    held = partnerships.seats_not_over(person, on=local_date(at))
    return held.exclude(seat__partnership=partnership).exists()


def left_without_owner(person: User, *, at: datetime) -> list[tuple[Seat, list[Deadline]]]:
    """The seats that nobody else holds on the day, each with the deadlines that are open and its own to meet."""
    on = local_date(at)
    held = Membership.objects.on(on).filter(user=person).select_related("seat__agency", "seat__partnership")
    found = []
    for membership in held:
        others = Membership.objects.on(on).filter(seat=membership.seat).exclude(user=person)
        if others.exists():
            continue
        owed = Deadline.objects.open().filter(owed_by_seats([membership.seat_id]))
        found.append((membership.seat, list(owed.select_related("rule", "subject").order_by("due_on", "pk"))))
    return found


@transaction.atomic
def close_account(
    partnership: Partnership, person: User, *, by: partnerships.Actor, at: datetime
) -> list[tuple[Seat, list[Deadline]]]:
    """End everything that lets the person in, with their next request: sessions, links, factors, the calendar feed.

    Returns the seats that nobody holds now, with what they owe. Raises PermissionDenied, WorkflowError.
    """
    partnerships.must_administer(partnership, by, at=at)
    if person not in partnerships.people_of(partnership, on=local_date(at)):
        raise PermissionDenied
    if person == by:
        raise WorkflowError("Nobody can close their own account: ask another administrator.")
    if by is not SYSTEM and acts_elsewhere(person, partnership, at=at):
        raise WorkflowError(
            f"Cannot close the account of {person.full_name}: they also act for another body. Remove them from their "
            "seats here, and their access here ends with them."
        )
    if not partnerships.someone_else_administers(partnership, person, on=local_date(at)):
        raise WorkflowError(
            f"Cannot close the account of {person.full_name}: nobody would be left to look after {partnership.name}. "
            "Add another business manager or user administrator first."
        )
    left = left_without_owner(person, at=at)
    standing.close_account(person, by=by if isinstance(by, User) else None, at=at)
    feeds.end_feed(person, at=at)
    return left
