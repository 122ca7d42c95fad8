"""Leave cover: a deputy acts only beside a seat of their own, on the same side of the wall."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Agency, Partnership, Role, Seat, User
from accounts.services import add_member, appoint_deputy, end_cover, end_membership, people_in, seat_for

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 18)
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)


@pytest.fixture
def here() -> Partnership:
    return Partnership.objects.create(name="Northborough", reference_prefix="N")


@pytest.fixture
def there() -> Partnership:
    return Partnership.objects.create(name="Westvale", reference_prefix="W")


@pytest.fixture
def ann() -> User:
    """Who is away."""
    return User.objects.create_user("ann@example.org", "Ann")


@pytest.fixture
def bob() -> User:
    """Who stands in for her."""
    return User.objects.create_user("bob@example.org", "Bob")


def acts_for(user: User) -> set[str]:
    return {str(seat) for seat in Seat.objects.acted_for_by(user, at=NOON)}


def told(seat: Seat) -> list[User]:
    """Who hears what is said to a seat."""
    return people_in(Seat.objects.filter(pk=seat.pk), on=TODAY)


def test_a_deputy_acts_for_a_seat_and_hears_what_it_hears(here: Partnership, ann: User, bob: User) -> None:
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=here)
    agency = Agency.objects.create(partnership=here, name="GPs", kind="general-practice")
    add_member(ann, manager)
    add_member(bob, seat_for(Role.AUTHOR, agency=agency))
    appoint_deputy(ann, bob, starts_on=TODAY, ends_on=TODAY)

    assert acts_for(bob) == {"Business manager, Northborough", "Agency contact and author, GPs"}
    assert told(manager) == [ann, bob]


@pytest.mark.parametrize("column", ["suspended_at", "is_active"])
def test_who_is_suspended_or_closed_acts_for_nobody_and_not_for_themselves(
    here: Partnership, ann: User, bob: User, column: str
) -> None:
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=here)
    add_member(ann, manager)
    add_member(bob, seat_for(Role.SUB_GROUP_MEMBER, partnership=here))
    appoint_deputy(ann, bob, starts_on=TODAY, ends_on=TODAY)
    bob.suspended_at, bob.is_active = (NOON, True) if column == "suspended_at" else (None, False)

    assert bob.stands_for(at=NOON) == {}
    assert acts_for(bob) == set()


@pytest.mark.parametrize(("last_day", "acts"), [(TODAY - A_DAY, False), (TODAY, True)])
def test_a_deputy_who_left_acts_for_nobody(
    here: Partnership, ann: User, bob: User, last_day: date, acts: bool
) -> None:
    # Given cover for months, and a deputy who leaves
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=here)
    add_member(ann, manager)
    own = add_member(bob, seat_for(Role.SUB_GROUP_MEMBER, partnership=here))
    appoint_deputy(ann, bob, starts_on=TODAY - 30 * A_DAY, ends_on=TODAY + 200 * A_DAY)

    # When their last day is over
    end_membership(own, on=last_day)

    # Then they neither see nor hear anything, though the cover would last
    assert ("Business manager, Northborough" in acts_for(bob)) is acts
    assert told(manager) == ([ann, bob] if acts else [ann])


def test_cover_does_not_follow_a_person_into_another_partnership(
    here: Partnership, there: Partnership, ann: User, bob: User
) -> None:
    # Given cover in one partnership
    add_member(ann, seat_for(Role.BUSINESS_MANAGER, partnership=here))
    add_member(bob, seat_for(Role.SUB_GROUP_MEMBER, partnership=here))
    appoint_deputy(ann, bob, starts_on=TODAY, ends_on=TODAY)

    # When the person gets a seat in another
    other = seat_for(Role.BUSINESS_MANAGER, partnership=there)
    add_member(ann, other)

    # Then the deputy stands in for her here, and not there
    assert acts_for(bob) == {
        "Business manager, Northborough",
        "Serious-cases sub-group member, Northborough",
    }
    assert told(other) == [ann]


def test_only_the_panel_stands_in_for_the_panel(here: Partnership, ann: User, bob: User) -> None:
    # Given cover for one of the Panel by somebody of a partnership
    panel = seat_for(Role.PANEL)
    add_member(ann, panel)
    add_member(bob, seat_for(Role.BUSINESS_MANAGER, partnership=here))
    appoint_deputy(ann, bob, starts_on=TODAY, ends_on=TODAY)

    # Then it opens nothing
    assert acts_for(bob) == {"Business manager, Northborough"}
    assert told(panel) == [ann]

    # And it does once they sit in the Panel themselves, from which no partnership opens
    add_member(bob, panel, starts_on=TODAY)
    assert acts_for(bob) == {"Business manager, Northborough", str(panel)}
    assert told(panel) == [ann, bob]


def test_a_panel_member_who_covers_for_a_manager_sees_no_partnership(
    here: Partnership, ann: User, bob: User
) -> None:
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=here)
    add_member(ann, manager)
    add_member(bob, seat_for(Role.PANEL))
    appoint_deputy(ann, bob, starts_on=TODAY, ends_on=TODAY)

    assert acts_for(bob) == {str(seat_for(Role.PANEL))}
    assert told(manager) == [ann]


@pytest.mark.parametrize("began", [TODAY - 3 * A_DAY, TODAY, TODAY + A_DAY])
def test_cover_that_is_ended_holds_no_more_from_that_day(
    here: Partnership, ann: User, bob: User, began: date
) -> None:
    manager = seat_for(Role.BUSINESS_MANAGER, partnership=here)
    add_member(ann, manager)
    add_member(bob, seat_for(Role.SUB_GROUP_MEMBER, partnership=here))
    cover = appoint_deputy(ann, bob, starts_on=began, ends_on=TODAY + 9 * A_DAY)

    end_cover(cover, on=TODAY)

    assert told(manager) == [ann]
    assert ann.deputies.count() == (1 if began < TODAY else 0)
