"""Looking after a partnership: a new link for a lost password, and leave cover that ends early."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import Deputy, Role, User
from accounts.services import add_member, appoint_deputy, seat_for
from reviews.models import Case
from reviews.services import partnerships
from tests import factories
from tests.reviews.administering import (
    AT,
    TODAY,
    errors_on,
    form,
    said,
    signed_in,
    text_of,
    the_membership,
)

pytestmark = pytest.mark.django_db
GOOD = "a lamp a ferry a turnip"
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


def link_for(person: User) -> str:
    return reverse("person-link", args=[person.pk])


# ---- A lost password ---------------------------------------------------------------------------
@pytest.mark.parametrize("by", ["manager", "administrator"])
def test_who_lost_a_password_gets_a_link_that_is_shown_once_and_works(
    world: factories.World, by: str
) -> None:
    # Given somebody who lost their password, and finds who looks after people
    client = signed_in(getattr(world, by))
    assert f'href="{link_for(world.gp_author)}"' in text_of(client.get(reverse("people-list")))
    assert "Make a new link for gp author of Northborough" in text_of(client.get(link_for(world.gp_author)))

    # When a link is made
    response = client.post(link_for(world.gp_author), form())
    assert response.url == reverse("person-added")  # type: ignore[attr-defined]
    found = re.search(r'id="set-password-link">https?://[^/]+(/set-password/[^<]+)<',
                      text_of(client.get(response.url)))  # type: ignore[attr-defined]  # fmt: skip
    assert found
    assert client.get(response.url).url == reverse("people-list")  # type: ignore[attr-defined]

    # Then the old password still works until another is chosen with it
    assert User.objects.get(pk=world.gp_author.pk).check_password(factories.PASSWORD)
    theirs = Client()
    box = theirs.get(found[1], follow=True).request["PATH_INFO"]
    theirs.post(box, {"new_password1": GOOD, "new_password2": GOOD})
    assert theirs.login(username=world.gp_author.email, password=GOOD)
    assert not Client().login(username=world.gp_author.email, password=factories.PASSWORD)


@pytest.mark.parametrize("elsewhere", ["another partnership", "the Panel"])
def test_no_link_is_made_for_who_acts_for_another_body_too(
    world: factories.World, elsewhere: str, other: factories.World
) -> None:
    seat = (
        seat_for(Role.PANEL)
        if elsewhere == "the Panel"
        else seat_for(Role.CO_CHAIR, partnership=other.partnership)
    )
    add_member(world.chair, seat)

    response = signed_in(world.manager).post(link_for(world.chair), form())

    assert errors_on(response) == [
        "Cannot make a link for Chair of Northborough: they also act for another body, whose cases it would open. "
        "Whoever runs this service can set a password for them."
    ]


def test_no_link_is_made_over_the_wall_for_who_left_or_by_who_administers_nothing(
    world: factories.World, other: factories.World
) -> None:
    # Given a person of another partnership, one who left, and one whose account was closed
    partnerships.end_membership(the_membership(world.member), on=TODAY - A_DAY)
    User.objects.filter(pk=world.gp_lead.pk).update(is_active=False)
    client = signed_in(world.manager)

    # Then there is no such page for any of them, nor for a person who looks after nobody
    for person in (other.manager, world.member, world.gp_lead):
        assert client.get(link_for(person)).status_code == 404
        assert client.post(link_for(person), form()).status_code == 404
    assert signed_in(world.gp_author).post(link_for(world.school_author), form()).status_code == 404

    # And the service is closed to them as well
    for by, person in ((world.manager, other.manager), (other.manager, world.gp_author)):
        with pytest.raises(PermissionDenied):
            partnerships.new_link(world.partnership, person, by=by, at=AT)


def test_adding_a_person_by_address_does_not_say_who_they_are_elsewhere(
    world: factories.World, other: factories.World
) -> None:
    client = signed_in(world.manager)

    response = client.post(
        reverse("person-add"),
        form(role="sub-group-member", agency="", email=other.manager.email, full_name="A guess"),
    )

    assert said(client, response) == (
        "manager@westvale.example holds the seat now: Serious-cases sub-group member, Northborough."
    )


# ---- Leave cover -------------------------------------------------------------------------------
def cover_of_the_manager(world: factories.World) -> Deputy:
    return appoint_deputy(
        world.manager, world.member, starts_on=TODAY - 3 * A_DAY, ends_on=TODAY + 200 * A_DAY
    )


def test_leave_cover_is_ended_early_and_at_once(world: factories.World) -> None:
    # Given cover that would last for months
    address = reverse("deputy-end", args=[cover_of_the_manager(world).pk])
    client = signed_in(world.manager)
    assert f'href="{address}"' in text_of(client.get(reverse("people-list")))
    assert partnerships.administered_by(world.member, at=AT) == [world.partnership]
    page = text_of(client.get(address))
    assert "Member of Northborough stands in from 15 March 2026 to 4 October 2026." in page

    # When it is ended
    answer = client.post(address, form())

    # Then it holds no more, is listed no more, and cannot be ended again
    assert said(client, answer) == "Member of Northborough no longer stands in for Manager of Northborough."
    assert partnerships.administered_by(world.member, at=AT) == []
    assert "Nobody stands in for anybody" in text_of(client.get(reverse("people-list")))
    assert Deputy.objects.get().ends_on == TODAY - A_DAY
    assert client.get(address).status_code == 404


def test_cover_is_ended_only_by_who_looks_after_the_partnership(
    world: factories.World, other: factories.World
) -> None:
    cover = cover_of_the_manager(world)
    address = reverse("deputy-end", args=[cover.pk])

    for person in (other.manager, world.chair, world.gp_author):
        assert signed_in(person).get(address).status_code == 404
        assert signed_in(person).post(address, form()).status_code == 404
    with pytest.raises(PermissionDenied):
        partnerships.end_cover(other.partnership, cover, by=other.manager, at=AT)
    assert Deputy.objects.get().ends_on == cover.ends_on


def test_a_partnership_that_a_person_joins_later_is_not_told_who_covers_for_them_elsewhere(
    world: factories.World, other: factories.World
) -> None:
    # Given cover here for somebody who then gets a seat in another partnership
    case = factories.a_notified_case(other)
    cover = cover_of_the_manager(world)
    add_member(world.manager, seat_for(Role.BUSINESS_MANAGER, partnership=other.partnership))

    # Then the deputy sees nothing of it, and it sees nothing of the deputy
    assert not Case.objects.visible_to(world.member, at=AT).filter(pk=case.pk).exists()
    client = signed_in(other.manager)
    assert "Member of Northborough" not in text_of(client.get(reverse("people-list")))
    assert client.get(reverse("deputy-end", args=[cover.pk])).status_code == 404


def test_a_deputy_who_left_sees_the_cases_no_more(world: factories.World, case: Case) -> None:
    cover_of_the_manager(world)
    partnerships.remove_person(the_membership(world.member), on=TODAY, by=world.manager, at=AT)

    assert list(Case.objects.visible_to(world.member, at=AT)) == [case]
    assert not Case.objects.visible_to(world.member, at=AT + A_DAY).exists()
