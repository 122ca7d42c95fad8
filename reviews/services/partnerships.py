"""Setting a partnership up, and its administration: agencies, people, local milestones."""

from datetime import date, datetime

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import AGENCY_ROLES, Agency, Membership, Partnership, Role, Seat, User
from accounts.services import add_member, end_membership, seat_for
from reviews.agencies import ASKED_FIRST
from reviews.models import Case
from reviews.services import access
from workflows.actors import SYSTEM, System
from workflows.exceptions import WorkflowError
from workflows.services.rules import adopt_local_milestones

Actor = User | System


def administered_by(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships whose agencies, people and milestones this person looks after."""
    seats = Seat.objects.acted_for_by(user, at=at).filter(
        role__in=(Role.BUSINESS_MANAGER, Role.USER_ADMINISTRATOR)
    )
    return list(Partnership.objects.filter(seats__in=seats).distinct().order_by("name"))


def must_administer(partnership: Partnership, by: Actor, *, at: datetime) -> None:
    """Raise PermissionDenied unless the actor looks after this partnership, or is the system."""
    if by is not SYSTEM and partnership not in administered_by(by, at=at):
        raise PermissionDenied


@transaction.atomic
def found_partnership(name: str, *, reference_prefix: str, on: date) -> Partnership:
    """A new partnership, with its seats and the local milestones that the book suggests, from that day."""
    partnership = Partnership.objects.create(name=name, reference_prefix=reference_prefix)
    for role in (*access.PARTNERSHIP_ROLES, Role.USER_ADMINISTRATOR):
        seat_for(role, partnership=partnership)
    adopt_local_milestones(partnership, valid_from=on)
    return partnership


@transaction.atomic
def add_agency(
    partnership: Partnership, name: str, kind: str, *, by: Actor, at: datetime,
    email_domain: str = "", is_safeguarding_partner: bool = False, is_asked_first: bool | None = None,
) -> Agency:  # fmt: skip
    """A new agency with its seats. A new safeguarding partner signs from now on, also on cases under way."""
    must_administer(partnership, by, at=at)
    if Agency.objects.filter(partnership=partnership, name__iexact=name).exists():
        raise WorkflowError(f"Cannot add {name}: there is an agency of that name already.")
    agency = Agency.objects.create(
        partnership=partnership, name=name, kind=kind, email_domain=email_domain,
        is_safeguarding_partner=is_safeguarding_partner,
        is_asked_first=kind in ASKED_FIRST if is_asked_first is None else is_asked_first,
    )  # fmt: skip
    for role in AGENCY_ROLES:
        seat_for(role, agency=agency)
    if is_safeguarding_partner:
        for case in Case.objects.filter(partnership=partnership).exclude(state__in=Case.RESTING_STATES):
            access.grant_case(case)
    return agency


@transaction.atomic
def change_agency(
    agency: Agency, *, name: str, kind: str, email_domain: str, is_safeguarding_partner: bool,
    is_asked_first: bool, is_active: bool, by: Actor, at: datetime,
) -> Agency:  # fmt: skip
    """Change what is known of an agency."""
    must_administer(agency.partnership, by, at=at)
    if (
        Agency.objects.filter(partnership=agency.partnership, name__iexact=name)
        .exclude(pk=agency.pk)
        .exists()
    ):
        raise WorkflowError(f"Cannot call this agency {name}: there is another of that name.")
    agency.name, agency.kind, agency.email_domain = name, kind, email_domain
    agency.is_safeguarding_partner, agency.is_asked_first = is_safeguarding_partner, is_asked_first
    agency.is_active = is_active
    agency.save()
    for case in Case.objects.filter(partnership=agency.partnership).exclude(state__in=Case.RESTING_STATES):
        access.grant_case(case)
    return agency


@transaction.atomic
def add_person(
    seat: Seat, *, email: str, full_name: str, by: Actor, at: datetime, password: str | None = None
) -> tuple[User, str]:
    """Put a person in a seat, making their account if there is none. Returns them and a sign-in token.

    The token (empty for an account that stands) sets their first password; it is shown once.
    """
    if seat.partnership is not None:
        must_administer(seat.partnership, by, at=at)
    elif by is not SYSTEM:
        raise PermissionDenied
    domain = seat.agency.email_domain if seat.agency else ""
    if domain and not email.lower().endswith("@" + domain.lower()):
        raise WorkflowError(f"Use a work address ending in @{domain}.")
    user = User.objects.filter(email__iexact=email).first()
    token = ""
    if user is None:
        user = User.objects.create_user(email, full_name, password)
        token = default_token_generator.make_token(user)
    add_member(user, seat)
    return user, token


def remove_person(membership: Membership, *, on: date, by: Actor, at: datetime) -> Membership:
    """The person leaves the seat at the end of that day."""
    partnership = membership.seat.partnership
    if partnership is None:
        raise PermissionDenied
    must_administer(partnership, by, at=at)
    return end_membership(membership, on=on)
