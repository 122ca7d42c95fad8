"""Who holds many seats at once, and who stands in for them: the same as `people_in` says of one, in three queries."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from accounts.models import Deputy, Membership, User, in_window


@dataclass(frozen=True, slots=True)
class Holder:
    """An active person who holds a seat, or stands in for one who does: stands_for is then the key of that one.

    phone: the number to ring them on this side of the wall, if one is known.
    """

    person: User
    phone: str = ""
    stands_for: uuid.UUID | None = None


def holders_of(seats: Iterable[int], *, on: date) -> Mapping[int, list[Holder]]:
    """By the key of each of the seats that somebody holds that day: who holds it, and who deputises for them.

    A deputy stands in where they have a seat of their own that day on the same side of the wall.
    """
    held = list(Membership.objects.on(on).filter(seat__in=list(seats)).select_related("user", "seat"))
    cover = list(
        Deputy.objects.filter(
            in_window(on), person__in={one.user_id for one in held}, deputy__is_active=True
        ).select_related("deputy")
    )
    own = Membership.objects.filter(in_window(on), user__in={one.deputy_id for one in cover})
    phones: dict[tuple[uuid.UUID, uuid.UUID | None], str] = {}
    for person, partnership, phone in own.order_by("pk").values_list("user", "seat__partnership", "phone"):
        phones[person, partnership] = phones.get((person, partnership)) or phone
    found: dict[int, list[Holder]] = {}
    for membership in held:
        holders = found.setdefault(membership.seat_id, [])
        holders.append(Holder(membership.user, membership.phone))
        holders += [
            Holder(one.deputy, phones[one.deputy_id, membership.seat.partnership_id], one.person_id)
            for one in cover
            if one.person_id == membership.user_id
            and (one.deputy_id, membership.seat.partnership_id) in phones
        ]
    return found


def holders_among(holders: Iterable[Holder], *, without: Collection[uuid.UUID] = ()) -> list[Holder]:
    """Each person of them once, by name. Left out are those of `without`, and who would only stand in for them."""
    found: dict[uuid.UUID, Holder] = {}
    for one in holders:
        if one.person.pk not in without and one.stands_for not in without:
            found.setdefault(one.person.pk, one)
    return sorted(found.values(), key=lambda one: one.person.full_name)
