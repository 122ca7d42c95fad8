"""Looking after a partnership: a new link for a lost password, and leave cover that ends early."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import Deputy, Letter, Role, User
from accounts.services import add_member, appoint_deputy, seat_for
from reviews.models import Case
from reviews.services import partnerships
from tests import factories
from tests.letters import link_mailed_to
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
def test_who_lost_a_password_is_mailed_a_link_that_nobody_else_sees(world: factories.World, by: str) -> None:
    # Given somebody who lost their password, and finds who looks after people
    client = signed_in(getattr(world, by))
    person = world.gp_author
    theirs = reverse("person", args=[person.pk])
    assert f'href="{theirs}"' in text_of(client.get(reverse("people-list")))
    assert f'href="{link_for(person)}"' in text_of(client.get(theirs))
    assert "Send gp author of Northborough a link to choose" in text_of(client.get(link_for(person)))

    # When a link is sent
    response = client.post(link_for(person), form())

    # Then who sent it has seen nothing of it, and the old password works until another is chosen with it
    assert said(client, response) == f"A link to choose a password goes to {person.email}."
    assert User.objects.get(pk=person.pk).check_password(factories.PASSWORD)
    theirs = Client()
    box = theirs.get(link_mailed_to(person.email), follow=True).request["PATH_INFO"]
    theirs.post(box, {"new_password1": GOOD, "new_password2": GOOD})
    assert theirs.login(username=person.email, password=GOOD)
    assert not Client().login(username=person.email, password=factories.PASSWORD)


def test_a_person_is_sent_three_links_an_hour(world: factories.World) -> None:
    client = signed_in(world.manager)
    answers = [client.post(link_for(world.gp_author), form()) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 200]
    assert errors_on(answers[3]) == [
        "This person was sent 3 links within an hour. Wait, and ask them to look for them."
    ]
    assert Letter.objects.count() == 3


def test_no_link_is_sent_over_the_wall_to_who_left_or_by_who_administers_nothing(
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
            partnerships.send_link(world.partnership, person, by=by, at=AT)


def test_adding_a_person_by_address_does_not_say_who_they_are_elsewhere(
    world: factories.World, other: factories.World
) -> None:
    client = signed_in(world.manager)

    response = client.post(
        reverse("person-add"),
        form(role="sub-group-member", agency="", email=other.manager.email, full_name="A guess"),
    )

    assert said(client, response) == (
        "manager@westvale.example holds the seat now: Serious-cases sub-group member, Northborough. "
        "A mail tells them how to begin."
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
