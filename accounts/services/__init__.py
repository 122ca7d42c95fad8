"""What is done about people: seats, memberships, deputies. One verb for each thing."""

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import (
    ADMINISTRATORS,
    AGENCY_ROLES,
    LONDON,
    Agency,
    Deputy,
    Membership,
    Partnership,
    Role,
    Seat,
    User,
    in_window,
)


@transaction.atomic
def seat_for(role: Role, *, partnership: Partnership | None = None, agency: Agency | None = None) -> Seat:
    """The seat of that role in that body, made when it is first asked for.

    An agency's seat belongs to the agency's partnership; the Panel's to none.
    """
    if agency is not None:
        partnership = agency.partnership
    if (agency is None) == (role in AGENCY_ROLES):
        raise ValueError(f"{role} is held for {'an agency' if role in AGENCY_ROLES else 'a partnership'}")
    seat = Seat.objects.filter(role=role, partnership=partnership, agency=agency).first()
    if seat is None:
        body = agency.pk if agency else partnership.pk if partnership else "national"
        group, _ = Group.objects.get_or_create(name=f"{role}:{body}")
        seat, _ = Seat.objects.get_or_create(
            group=group, defaults={"role": role, "partnership": partnership, "agency": agency}
        )
    return seat


@transaction.atomic
def make_seats(
    roles: Iterable[Role], *, partnership: Partnership, agency: Agency | None = None
) -> list[Seat]:
    """The seats of a body that is new, all at once: those of its partnership's roles, or of an agency's."""
    body = agency.pk if agency else partnership.pk
    roles = list(roles)
    groups = Group.objects.bulk_create(Group(name=f"{role}:{body}") for role in roles)
    return Seat.objects.bulk_create(
        Seat(group=group, role=role, partnership=partnership, agency=agency)
        for group, role in zip(groups, roles, strict=True)
    )


def add_member(
    user: User, seat: Seat, *, starts_on: date | None = None, ends_on: date | None = None
) -> Membership:
    """Put a person in a seat; a second time moves only the days that are given."""
    given = {"starts_on": starts_on, "ends_on": ends_on}
    membership, _ = Membership.objects.update_or_create(
        user=user,
        seat=seat,
        defaults={name: day for name, day in given.items() if day is not None},
        create_defaults=given,
    )
    return membership


def put_in_seat(user: User, seat: Seat, *, on: date) -> Membership:
    """Put a person in a seat from a day on. Who holds it then, or will, keeps their days; who had left comes back."""
    held = Membership.objects.filter(user=user, seat=seat).first()
    if held is None or held.ends_on is None or held.ends_on >= on:
        return held or add_member(user, seat)
    held.starts_on, held.ends_on = on, None
    held.save(update_fields=["starts_on", "ends_on"])
    return held


def end_membership(membership: Membership, *, on: date) -> Membership:
    """The person leaves the seat at the end of that day."""
    membership.ends_on = on
    membership.save(update_fields=["ends_on"])
    return membership


def appoint_deputy(person: User, deputy: User, *, starts_on: date, ends_on: date) -> Deputy:
    """Leave cover between two days, both inclusive."""
    return Deputy.objects.create(person=person, deputy=deputy, starts_on=starts_on, ends_on=ends_on)


def end_cover(cover: Deputy, *, on: date) -> None:
    """The deputy acts for the person no more, from that day on. Cover that never came to a day leaves no trace."""
    if cover.starts_on >= on:
        cover.delete()
    elif cover.ends_on >= on:
        cover.ends_on = on - timedelta(days=1)
        cover.save(update_fields=["ends_on"])


def people_in(seats: QuerySet[Seat], *, on: date, without: Collection[uuid.UUID] = ()) -> list[User]:
    """The active people who hold any of these seats on that day, and who deputise for them; each once, by name.

    Deputies as User.stands_for has them: with a seat of their own that day on the same side of the wall.
    Left out are those of `without`, and who would only stand in for them.
    """
    holding = Membership.objects.on(on).filter(seat__in=seats)
    if without:
        holding = holding.exclude(user__in=without)
    holders = list(User.objects.filter(is_active=True, pk__in=holding.values("user")).order_by("full_name"))
    if not Deputy.objects.filter(in_window(on), person__in=holders).exists():
        return holders  # as on most days: the wall between bodies need not be looked at
    own = Membership.objects.filter(in_window(on), user=OuterRef(OuterRef("deputy")))
    covered = holding.filter(
        Exists(own.filter(seat__partnership=OuterRef("seat__partnership")))
        | Q(Exists(own.filter(seat__partnership=None)), seat__partnership=None),
        user=OuterRef("person"),
    )
    standing_in = Deputy.objects.filter(Exists(covered), in_window(on))
    if without:
        standing_in = standing_in.exclude(deputy__in=without)
    return list(
        User.objects.filter(
            Q(pk__in=holding.values("user")) | Q(pk__in=standing_in.values("deputy")), is_active=True
        ).order_by("full_name")
    )


def is_administrator(user: User, *, at: datetime) -> bool:
    """Whether the person acts for the seat of a business manager or user administrator, of any partnership."""
    return Seat.objects.acted_for_by(user, at=at).filter(role__in=ADMINISTRATORS).exists()


def administrators(*, at: datetime) -> list[User]:
    """Everybody who holds such a seat at the instant, each once."""
    on = at.astimezone(LONDON).date()
    held = Membership.objects.on(on).filter(seat__role__in=ADMINISTRATORS)
    return list(User.objects.filter(pk__in=held.values("user")).order_by("email"))
