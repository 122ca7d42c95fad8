"""Looking after a partnership: who holds a seat, from what link to what day, and who stands in."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Agency, Deputy, Letter, Membership, Receipt, Role, Seat, User
from accounts.services import add_member, seat_for
from reviews.services import partnerships
from tests import factories
from tests.letters import letters_to, link_mailed_to
from tests.reviews.administering import (
    AT,
    TODAY,
    day,
    errors_on,
    form,
    said,
    signed_in,
    text_of,
    the_membership,
)
from workflows.actors import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def a_new_person(**given: Any) -> dict[str, Any]:
    return form(**{"role": "sub-group-member", "agency": "", "email": "Wren@Northborough.example",
                   "full_name": "Wren Ashdown", **given})  # fmt: skip


def test_a_new_person_is_mailed_an_invitation_that_nobody_else_sees(
    world: factories.World, manager: Client
) -> None:
    # When a person without an account is added
    response = manager.post(reverse("person-add"), a_new_person())

    # Then no page and no receipt holds the link
    assert said(manager, response) == (
        "wren@northborough.example holds the seat now: Serious-cases sub-group member, Northborough. "
        "A mail tells them how to begin."
    )
    assert Receipt.objects.get().answer_url == reverse("people-list")
    assert not Letter.objects.filter(about__contains="set-password").exists()

    # And with it they choose a password, and sign in
    theirs = Client()
    box = theirs.get(link_mailed_to("wren@northborough.example"), follow=True).request["PATH_INFO"]
    theirs.post(box, {"new_password1": "a lamp a ferry a turnip", "new_password2": "a lamp a ferry a turnip"})
    assert theirs.login(username="wren@northborough.example", password="a lamp a ferry a turnip")
    assert [str(m.seat) for m in Membership.objects.filter(user__full_name="Wren Ashdown")] == [
        "Serious-cases sub-group member, Northborough"
    ]


def test_a_person_who_has_an_account_only_gets_the_seat(world: factories.World, manager: Client) -> None:
    sent = a_new_person(role="author", agency=str(world.gp.pk), email=world.school_author.email.upper())

    response = manager.post(reverse("person-add"), sent)

    assert said(manager, response) == (
        "school-author@northborough.example holds the seat now: Agency contact and author, Northborough gp. "
        "A mail tells them how to begin."
    )
    assert User.objects.get(pk=world.school_author.pk).check_password(factories.PASSWORD)


def test_who_holds_the_seat_keeps_their_days_and_who_had_left_comes_back(
    world: factories.World, manager: Client
) -> None:
    # Given an author who came in January and has a planned last day
    sent = a_new_person(role="author", agency=str(world.school.pk), email=world.school_author.email)
    held = world.school_author.memberships.get()
    today, came = TODAY, date(2026, 1, 5)

    for ends_on, becomes in (
        (today + timedelta(days=3), (came, today + timedelta(days=3))),
        (None, (came, None)),
        (today - timedelta(days=3), (today, None)),
    ):
        held.starts_on, held.ends_on = came, ends_on
        held.save()
        # When they are added again, then their days stay; but whoever had left comes back today
        said(manager, manager.post(reverse("person-add"), {**sent, "form_token": str(uuid.uuid4())}))
        held.refresh_from_db()
        assert (held.starts_on, held.ends_on) == becomes


def test_an_invitation_that_was_lost_is_sent_anew_by_adding_the_person_again(
    world: factories.World, manager: Client
) -> None:
    for _ in range(2):
        assert manager.post(reverse("person-add"), a_new_person()).status_code == 302

    assert User.objects.filter(full_name="Wren Ashdown").count() == 1
    assert len(letters_to("wren@northborough.example")) == 2


def test_who_adds_an_address_never_holds_the_link_with_which_another_partnership_invites_it(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    # Given somebody whom two partnerships add, and who has no password yet
    partnerships.add_person(seat_for(Role.BUSINESS_MANAGER, partnership=other.partnership), by=SYSTEM, at=AT,
                            email="wren@northborough.example", full_name="Wren Ashdown")  # fmt: skip

    # When the manager here adds them too, and sends them a link
    answer = manager.post(reverse("person-add"), a_new_person(), follow=True)
    wren = User.objects.get(email="wren@northborough.example")
    again = manager.post(reverse("person-link", args=[wren.pk]), form(), follow=True)

    # Then the links went to the address, and no page of the manager's holds one
    assert len(letters_to(wren.email)) == 3
    assert "set-password" not in text_of(answer) + text_of(again)


def test_an_address_that_has_an_account_and_one_that_has_none_get_the_same_answer(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    words = [
        said(manager, manager.post(reverse("person-add"), a_new_person(email=email)))
        for email in (other.chair.email, "nobody@westvale.example")
    ]

    assert words[0] == words[1].replace("nobody@", "chair@")


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"role": ""}, ["Select what they do"]),
        ({"role": "panel"}, ["Select what they do"]),
        ({"role": "author"}, ["Select the agency they act for"]),
        ({"email": "wren"}, ["Enter an email address in the correct format, like name@example.com"]),
        ({"email": "", "full_name": " "}, ["Enter their work email address", "Enter their full name"]),
        ({"full_name": "x" * 201}, ["Full name must be 200 characters or less"]),
    ],
)
def test_what_cannot_be_a_person_in_a_seat_is_said(
    world: factories.World, manager: Client, given: dict[str, str], messages: list[str]
) -> None:
    before = User.objects.count()

    response = manager.post(reverse("person-add"), a_new_person(**given))

    assert errors_on(response) == messages
    assert User.objects.count() == before


def test_a_seat_of_the_whole_partnership_is_for_no_agency(world: factories.World, manager: Client) -> None:
    response = manager.post(reverse("person-add"), a_new_person(agency=str(world.gp.pk)))

    assert errors_on(response) == [
        "Leave the agency empty: Serious-cases sub-group member is for the whole partnership"
    ]


def test_only_a_work_address_gets_a_seat_of_an_agency_that_says_so(
    world: factories.World, manager: Client
) -> None:
    Agency.objects.filter(pk=world.gp.pk).update(email_domain="gp.example")
    before = User.objects.count(), Membership.objects.count()

    response = manager.post(reverse("person-add"), a_new_person(role="author", agency=str(world.gp.pk)))

    assert errors_on(response) == ["Use a work address ending in @gp.example."]
    assert (User.objects.count(), Membership.objects.count()) == before


def test_a_closed_account_is_not_opened_by_adding_it(world: factories.World, manager: Client) -> None:
    User.objects.filter(pk=world.gp_author.pk).update(is_active=False)

    response = manager.post(reverse("person-add"), a_new_person(email=world.gp_author.email))

    assert errors_on(response) == [f"Cannot add {world.gp_author.email}: that account was closed."]


def test_a_person_leaves_a_seat_at_the_end_of_their_last_day(world: factories.World, manager: Client) -> None:
    address = reverse("person-remove", args=[the_membership(world.member).pk])
    assert "From the seat: Serious-cases sub-group member, Northborough." in text_of(manager.get(address))

    response = manager.post(address, form(**day("last_day", TODAY)))

    assert said(manager, response) == "Member of Northborough leaves the seat at the end of 18 March 2026."
    assert list(Seat.objects.held_by(world.member, on=TODAY).values_list("role", flat=True)) == [
        "sub-group-member"
    ]
    assert not Seat.objects.held_by(world.member, on=TODAY + timedelta(days=1)).exists()
    assert "Until Wednesday 18 March 2026" in text_of(manager.get(reverse("people-list")))


def test_the_last_who_looks_after_a_partnership_cannot_be_removed(
    world: factories.World, manager: Client
) -> None:
    # Given that the user administrator leaves tomorrow
    tomorrow = TODAY + timedelta(days=1)
    said(manager, manager.post(reverse("person-remove", args=[the_membership(world.administrator).pk]),
                               form(**day("last_day", tomorrow))))  # fmt: skip
    address = reverse("person-remove", args=[the_membership(world.manager).pk])

    # Then the manager may leave today, since somebody is left for a day; but not with them
    refused = manager.post(address, form(**day("last_day", tomorrow)))
    assert errors_on(refused) == [
        "Cannot remove Manager of Northborough: nobody would be left to look after Northborough. "
        "Add another business manager or user administrator first."
    ]
    assert manager.post(address, form(**day("last_day", TODAY))).status_code == 302


def test_nobody_leaves_before_they_came(world: factories.World, manager: Client) -> None:
    Membership.objects.filter(user=world.member).update(starts_on=date(2026, 4, 1))

    response = manager.post(
        reverse("person-remove", args=[the_membership(world.member).pk]), form(**day("last_day", TODAY))
    )

    assert errors_on(response) == ["Cannot end this on 18 March 2026: it only begins on 1 April 2026."]


def cover(person: User, deputy: User, first: date = TODAY, last: date = TODAY) -> dict[str, Any]:
    return form(
        person=str(person.pk), deputy=str(deputy.pk), **day("starts_on", first), **day("ends_on", last)
    )


def test_leave_cover_is_arranged_and_listed(world: factories.World, manager: Client) -> None:
    response = manager.post(
        reverse("deputy-add"), cover(world.manager, world.member, TODAY, TODAY + timedelta(days=9))
    )

    assert said(manager, response) == (
        "Member of Northborough stands in for Manager of Northborough from 18 March 2026 to 27 March 2026."
    )
    assert (
        "Member of Northborough stands in for Manager of Northborough from Wednesday 18 March 2026 "
        "to Friday 27 March 2026"
    ) in text_of(manager.get(reverse("people-list")))


def test_cover_that_cannot_be_is_said(world: factories.World, manager: Client) -> None:
    address, yesterday = reverse("deputy-add"), TODAY - timedelta(days=1)

    itself = manager.post(address, cover(world.manager, world.manager))
    backwards = manager.post(
        address, cover(world.manager, world.member, TODAY + timedelta(days=2), TODAY + timedelta(days=1))
    )
    over = manager.post(address, cover(world.manager, world.member, yesterday, yesterday))

    assert errors_on(itself) == ["Select somebody else: nobody can stand in for themselves"]
    assert errors_on(backwards) == ["Last day must be on or after 20 March 2026"]
    assert errors_on(over) == ["Last day must be today or in the future"]
    assert not Deputy.objects.exists()


def test_cover_here_must_not_open_another_partnership(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    # Given a person who also works for another partnership
    add_member(world.chair, seat_for(Role.INDEPENDENT_CHAIR, partnership=other.partnership))

    response = manager.post(reverse("deputy-add"), cover(world.chair, world.member))

    assert errors_on(response) == [
        "Cannot arrange cover for Chair of Northborough here: they also act for another body, whose cases the "
        "deputy would see. Add the deputy to the seat instead, and remove them afterwards."
    ]
    assert not Deputy.objects.exists()


def test_empty_seats_are_listed_where_they_are_gaps_and_held_ones_always(
    world: factories.World, manager: Client
) -> None:
    # Given agencies that are no partners, one of which no longer takes part though its author still has a seat
    Membership.objects.filter(user__in=[world.gp_lead, world.partner_1, world.school_lead]).delete()
    Agency.objects.filter(pk=world.school.pk).update(is_active=False)

    page = text_of(manager.get(reverse("people-list")))

    # Then the GPs' lead and the council's partner are missed, but no partner of the GPs, and no lead of the school
    rows = [re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", row)).strip() for row in page.split("<tr ")]
    seats = [
        row.partition("> ")[2] for row in rows if "Northborough gp" in row or "Northborough school" in row
    ]
    assert [seat.split(" Add a telephone number")[0] for seat in seats] == [
        "Northborough gp Agency contact and author gp author of Northborough, gp-author@northborough.example",
        "Northborough gp Agency safeguarding lead Nobody",
        "Northborough school Agency contact and author school author of Northborough, "
        "school-author@northborough.example",
    ]
    council = [row.partition("> ")[2] for row in rows if "Northborough council" in row]
    assert council[0] == "Northborough council Delegated safeguarding partner Nobody"
