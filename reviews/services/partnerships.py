"""Setting a partnership up, and its administration: agencies and people. What counts there: rule_changes.py."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import services as people
from accounts.models import (
    ADMINISTRATORS,
    AGENCY_ROLES,
    Agency,
    Deputy,
    Membership,
    Partnership,
    Role,
    Seat,
    User,
)
from accounts.services import end_membership, letters, make_seats, put_in_seat, seat_for
from accounts.services import log as accounts_log
from reviews.agencies import ASKED_FIRST
from reviews.models import AgencyReturn, AgencyReturnGroupGrant, Case, CaseGroupGrant
from reviews.services import access
from workflows.actors import SYSTEM, System
from workflows.calendars import local_date
from workflows.exceptions import WorkflowError
from workflows.services.rules import adopt_local_milestones

Actor = User | System


def administered_by(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships whose agencies, people and milestones this person looks after."""
    seats = Seat.objects.acted_for_by(user, at=at).filter(role__in=ADMINISTRATORS)
    return list(Partnership.objects.filter(seats__in=seats).distinct().order_by("name"))


def must_administer(partnership: Partnership, by: Actor, *, at: datetime) -> None:
    """Raise PermissionDenied unless the actor looks after this partnership, or is the system."""
    if by is SYSTEM:
        return
    if not isinstance(by, User) or partnership not in administered_by(by, at=at):
        raise PermissionDenied


@transaction.atomic
def found_partnership(name: str, *, reference_prefix: str, on: date) -> Partnership:
    """A new partnership, with its seats and the local milestones that the book suggests, from that day."""
    partnership = Partnership.objects.create(name=name, reference_prefix=reference_prefix)
    make_seats((*access.PARTNERSHIP_ROLES, Role.USER_ADMINISTRATOR, Role.AUDITOR), partnership=partnership)
    adopt_local_milestones(partnership, valid_from=on)
    return partnership


@transaction.atomic
def add_agency(
    partnership: Partnership,
    name: str,
    kind: str,
    *,
    by: Actor,
    at: datetime,
    email_domain: str = "",
    phone: str = "",
    is_safeguarding_partner: bool = False,
    is_asked_first: bool | None = None,
) -> Agency:
    """A new agency with its seats. A new safeguarding partner signs from now on, also on cases under way."""
    must_administer(partnership, by, at=at)
    if Agency.objects.filter(partnership=partnership, name__iexact=name).exists():
        raise WorkflowError(f"Cannot add {name}: there is an agency of that name already.")
    agency = Agency.objects.create(
        partnership=partnership,
        name=name,
        kind=kind,
        email_domain=email_domain,
        phone=phone,
        is_safeguarding_partner=is_safeguarding_partner,
        is_asked_first=kind in ASKED_FIRST if is_asked_first is None else is_asked_first,
    )
    make_seats(AGENCY_ROLES, partnership=partnership, agency=agency)
    if is_safeguarding_partner:
        _share_cases_with(agency)
    return agency


def _share_cases_with(agency: Agency) -> None:
    """A safeguarding partner from now on: its lead and delegated partners see the cases under way; one signs."""
    for case in Case.objects.filter(partnership=agency.partnership).exclude(state__in=Case.RESTING_STATES):
        access.grant_case(case)
        for agency_return in case.returns.all():
            access.grant_return(agency_return)


def _close_cases_to(agency: Agency) -> None:
    """A safeguarding partner no longer: what its two partners' seats were granted for being one is taken back."""
    seats = [seat_for(role, agency=agency).pk for role in (Role.DELEGATED_PARTNER, Role.LEAD_PARTNER)]
    CaseGroupGrant.objects.filter(group_id__in=seats).delete()
    AgencyReturnGroupGrant.objects.filter(group_id__in=seats).exclude(content_object__agency=agency).delete()


def _must_owe_nothing(agency: Agency, by: Actor, *, at: datetime) -> None:
    """Raise WorkflowError while a return of the agency is open: its clocks would run on, and chase nobody.

    The cases are named to those who may see them; an administrator of users is told their number.
    """
    owed = agency.returns.exclude(state__in=AgencyReturn.RESTING_STATES)
    count = owed.count()
    if not count:
        return
    cases = Case.objects.filter(returns__in=owed)
    seen = cases.filter(pk__in=Case.objects.visible_to(by, at=at)) if isinstance(by, User) else cases
    codes = sorted(seen.values_list("code", flat=True))
    named = f" ({', '.join(codes)})" if codes else ""
    returns = f"{count} open return{'' if count == 1 else 's'}"
    raise WorkflowError(
        f"Cannot end the part of {agency.name}: it has {returns}{named}. "
        f"Cancel or accept {'it' if count == 1 else 'them'} first."
    )


@transaction.atomic
def change_agency(
    agency: Agency,
    *,
    name: str,
    kind: str,
    email_domain: str,
    phone: str | None = None,
    is_safeguarding_partner: bool,
    is_asked_first: bool,
    is_active: bool,
    by: Actor,
    at: datetime,
) -> Agency:
    """Change what is known of an agency. One that ceases to be a safeguarding partner sees cases no more.

    Its telephone number stays unless another is given.

    One with open returns cannot be made inactive: raises WorkflowError.
    """
    must_administer(agency.partnership, by, at=at)
    was_partner = agency.is_safeguarding_partner and agency.is_active
    is_partner = is_safeguarding_partner and is_active
    if (
        Agency.objects.filter(partnership=agency.partnership, name__iexact=name)
        .exclude(pk=agency.pk)
        .exists()
    ):
        raise WorkflowError(f"Cannot call this agency {name}: there is another of that name.")
    if agency.is_active and not is_active:
        _must_owe_nothing(agency, by, at=at)
    agency.name, agency.kind, agency.email_domain = name, kind, email_domain
    agency.phone = agency.phone if phone is None else phone
    agency.is_safeguarding_partner, agency.is_asked_first = is_safeguarding_partner, is_asked_first
    agency.is_active = is_active
    agency.save()
    if is_partner and not was_partner:
        _share_cases_with(agency)
    if was_partner and not is_partner:
        _close_cases_to(agency)
    return agency


def people_of(partnership: Partnership, *, on: date) -> list[User]:
    """The active people who hold a seat here on the day or later, each once, by name."""
    held = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), seat__partnership=partnership)
    return list(
        User.objects.filter(is_active=True, memberships__in=held).distinct().order_by("full_name", "email")
    )


def seats_not_over(person: User, *, on: date) -> QuerySet[Membership]:
    """The person's memberships that hold on the day or later."""
    return Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=on), user=person)


@transaction.atomic
def add_person(
    seat: Seat, *, email: str, full_name: str, by: Actor, at: datetime, password: str | None = None
) -> User:
    """Put a person in a seat, making their account if there is none, and mail them how to begin.

    The mail goes to their address and to nobody else: for a new account, and one without a password, with a link to
    choose one. What is done and answered is the same for an account that is known elsewhere.
    """
    if seat.partnership is not None:
        must_administer(seat.partnership, by, at=at)
    elif by is not SYSTEM:
        raise PermissionDenied
    domain = seat.agency.email_domain if seat.agency else ""
    if domain and not email.lower().endswith("@" + domain.lower()):
        raise WorkflowError(f"Use a work address ending in @{domain}.")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email, full_name, password)
    elif not user.is_active:
        raise WorkflowError(f"Cannot add {email}: that account was closed.")
    put_in_seat(user, seat, on=local_date(at))
    letters.owe(letters.INVITATION, user, at=at)
    accounts_log.write(accounts_log.INVITED, subject=user, actor=by if isinstance(by, User) else None, at=at)
    return user


def send_link(partnership: Partnership, person: User, *, by: Actor, at: datetime) -> None:
    """Mail the person a link to choose a password: theirs was lost, or their invitation.

    Their password of now works until they have chosen another. Nobody but the person gets the link, so it does not
    matter for whom else they act. Raises PermissionDenied.
    """
    must_administer(partnership, by, at=at)
    if person not in people_of(partnership, on=local_date(at)):
        raise PermissionDenied
    if person.has_usable_password():
        letters.owe_reset(person.email, at=at)
    else:
        letters.owe(letters.INVITATION, person, at=at)
    actor = by if isinstance(by, User) else None
    accounts_log.write(accounts_log.RESET_ASKED, subject=person, actor=actor, at=at)


def set_phone(membership: Membership, phone: str, *, by: Actor, at: datetime) -> None:
    """Where to ring the person as who holds this seat; empty when no number is known. Raises PermissionDenied."""
    if membership.seat.partnership is None:
        raise PermissionDenied
    must_administer(membership.seat.partnership, by, at=at)
    membership.phone = phone
    membership.save(update_fields=["phone"])


def remove_person(membership: Membership, *, on: date, by: Actor, at: datetime) -> Membership:
    """The person leaves the seat at the end of that day."""
    partnership = membership.seat.partnership
    if partnership is None:
        raise PermissionDenied
    must_administer(partnership, by, at=at)
    if membership.starts_on and on < membership.starts_on:
        raise WorkflowError(
            f"Cannot end this on {on:%-d %B %Y}: it only begins on {membership.starts_on:%-d %B %Y}."
        )
    if membership.seat.role in ADMINISTRATORS and not _someone_administers_after(on, without=membership):
        raise WorkflowError(
            f"Cannot remove {membership.user.full_name}: nobody would be left to look after {partnership.name}. "
            "Add another business manager or user administrator first."
        )
    return end_membership(membership, on=on)


def _someone_administers_after(day: date, *, without: Membership) -> bool:
    """Whether anybody else holds a seat of an administrator, with no last day before or on that day."""
    return (
        Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=day), user__is_active=True)
        .filter(seat__partnership=without.seat.partnership, seat__role__in=ADMINISTRATORS)
        .exclude(pk=without.pk)
        .exists()
    )


def someone_else_administers(partnership: Partnership, person: User, *, on: date) -> bool:
    """Whether anybody but the person holds a seat of an administrator here on the day."""
    held = Membership.objects.on(on).filter(seat__partnership=partnership, seat__role__in=ADMINISTRATORS)
    return held.exclude(user=person).exists()


@transaction.atomic
def appoint_deputy(
    partnership: Partnership,
    person: User,
    deputy: User,
    *,
    starts_on: date,
    ends_on: date,
    by: Actor,
    at: datetime,
) -> Deputy:
    """Leave cover between two days, both inclusive: the deputy acts in all seats of the person here.

    Both belong to this partnership, and the person to no other: a deputy who acts there too would get
    that one's cases as well. Raises WorkflowError otherwise.
    """
    must_administer(partnership, by, at=at)
    known = people_of(partnership, on=local_date(at))
    for someone in (person, deputy):
        if someone not in known:
            raise WorkflowError(f"Cannot arrange cover with {someone.full_name}: they hold no seat here.")
    if person == deputy:
        raise WorkflowError("Cannot arrange cover: nobody can stand in for themselves.")
    if person.memberships.exclude(seat__partnership=partnership).exists():
        raise WorkflowError(
            f"Cannot arrange cover for {person.full_name} here: they also act for another body, whose cases the "
            "deputy would see. Add the deputy to the seat instead, and remove them afterwards."
        )
    return people.appoint_deputy(person, deputy, starts_on=starts_on, ends_on=ends_on)


def cover_in(partnerships: Iterable[Partnership]) -> QuerySet[Deputy]:
    """Leave cover between two people who both have, or had, a seat in one of these: each with its `partnership_id`."""
    return (
        Deputy.objects.annotate(partnership_id=F("person__memberships__seat__partnership"))
        .filter(
            partnership_id__in=[p.pk for p in partnerships],
            deputy__memberships__seat__partnership=F("partnership_id"),
        )
        .select_related("person", "deputy")
        .distinct()
        .order_by("starts_on", "pk")
    )


def end_cover(partnership: Partnership, cover: Deputy, *, by: Actor, at: datetime) -> None:
    """Leave cover ends at once. Raises PermissionDenied."""
    must_administer(partnership, by, at=at)
    if not cover_in([partnership]).filter(pk=cover.pk).exists():
        raise PermissionDenied
    people.end_cover(cover, on=local_date(at))
