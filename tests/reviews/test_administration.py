"""Looking after a partnership: who may, the wall between two, and pages of any length."""

import re
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Agency, Deputy, Membership, Partnership, Role, User
from accounts.services import add_member, appoint_deputy, seat_for
from reviews.models import Case
from reviews.services import partnerships
from tests import factories
from tests.reviews.administering import (
    AT,
    FORMS,
    LISTS,
    LONG,
    TODAY,
    a_milestone,
    an_agency,
    day,
    errors_on,
    every_address,
    form,
    signed_in,
    text_of,
    the_membership,
)
from workflows.actors import SYSTEM
from workflows.models import RuleVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


# ---- Who may come here --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "who", ["member", "co_chair", "chair", "gp_author", "gp_lead", "partner_1", "panel", "nobody"]
)
def test_for_those_who_do_not_look_after_a_partnership_there_are_no_such_pages(
    world: factories.World, who: str
) -> None:
    # Given people with every other seat, one with none, and the Panel
    world.people["panel"] = factories.a_panel_member()
    world.people["nobody"] = factories.a_person("nobody@northborough.example", "Nobody")
    client = signed_in(world.people[who])

    # Then each page is 404 for them, on GET and on POST
    answers = {client.get(address).status_code for address in every_address(world)}
    answers |= {client.post(address, form()).status_code for address in every_address(world)[4:]} - {405}
    assert answers == {404}


def test_without_sign_in_every_page_asks_for_it(world: factories.World) -> None:
    assert {Client().get(address).status_code for address in every_address(world)} == {302}


@pytest.mark.parametrize("who", ["manager", "administrator"])
def test_both_kinds_of_administrator_see_the_lists_and_forms(world: factories.World, who: str) -> None:
    client = signed_in(world.people[who])

    assert {client.get(reverse(name)).status_code for name in LISTS + FORMS} == {200}


def test_a_user_administrator_sees_no_case_content(world: factories.World) -> None:
    # Given a case whose words would be known again
    factories.a_notified_case(world)
    client = signed_in(world.administrator)

    # Then no page of administration holds one of them, or the case's code
    seen = "".join(text_of(client.get(address)) for address in every_address(world))
    assert [word for word in (*factories.CANARIES, Case.objects.get().code) if word in seen] == []


def test_a_deputy_of_the_manager_administers_while_the_cover_lasts(world: factories.World) -> None:
    appoint_deputy(world.manager, world.member, starts_on=TODAY, ends_on=TODAY)
    client = signed_in(world.member)

    assert client.get(reverse("milestone-edit", args=[a_milestone(world).pk])).status_code == 200
    with time_machine.travel(AT + timedelta(days=1)):
        assert signed_in(world.member).get(reverse("administration")).status_code == 404


# ---- Walls --------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_belongs_to_another_partnership_answers_like_what_does_not_exist(
    world: factories.World, manager: Client, number: int, other: factories.World
) -> None:
    # Given another partnership, with an agency, people and milestones of its own
    theirs = every_address(other)[-3:][number]
    absent = re.sub(r"[0-9a-f-]{36}", str(uuid.uuid4()), re.sub(r"/\d+/", "/987654321/", theirs))

    # Then theirs and nothing are the same page, byte for byte
    assert (manager.get(theirs).status_code, manager.get(absent).status_code) == (404, 404)
    assert text_of(manager.get(theirs)) == text_of(manager.get(absent))
    assert text_of(manager.post(theirs, form())) == text_of(manager.post(absent, form()))


def test_lists_and_choices_hold_only_what_is_of_the_partnership(
    world: factories.World, manager: Client
) -> None:
    factories.a_world("Westvale")

    pages = "".join(text_of(manager.get(reverse(name))) for name in LISTS + FORMS)

    assert "Westvale" not in pages


def test_nothing_can_be_posted_over_the_wall(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    # Given an agency and a person of another partnership
    people = Membership.objects.count(), Deputy.objects.count()

    # When they are put into forms of this one
    person = manager.post(reverse("person-add"), form(role="author", agency=str(other.gp.pk),
                          email="x@northborough.example", full_name="X"))  # fmt: skip
    cover = manager.post(reverse("deputy-add"), form(person=str(other.manager.pk), deputy=str(world.member.pk),
                         **day("starts_on", TODAY), **day("ends_on", TODAY)))  # fmt: skip

    # Then both are refused, and nothing was written
    assert errors_on(person) == ["Select the agency they act for"]
    assert errors_on(cover) == ["Select who is away"]
    assert (Membership.objects.count(), Deputy.objects.count()) == people


@pytest.mark.parametrize("wanted", ["", "x", "0", str(uuid.UUID(int=7))])
def test_a_partnership_that_is_not_theirs_cannot_be_asked_for(
    world: factories.World, manager: Client, wanted: str
) -> None:
    assert manager.get(reverse("people-list"), {"partnership": wanted}).status_code == 404


@pytest.mark.parametrize("pk", ["987654321987654321987654321987654321", "0"])
@pytest.mark.parametrize("name", ["person-remove", "milestone-edit"])
def test_numbers_that_no_database_knows_lead_nowhere(
    world: factories.World, manager: Client, name: str, pk: str
) -> None:
    assert manager.get(reverse(name, args=[1]).replace("/1/", f"/{pk}/")).status_code == 404


def test_a_statutory_rule_has_no_page_to_change_it(world: factories.World, manager: Client) -> None:
    rule = RuleVersion.objects.get(code="RR_COMPLETE", valid_to=None)

    assert manager.get(reverse("milestone-edit", args=[rule.pk])).status_code == 404


# ---- Several partnerships -----------------------------------------------------------------------
def test_who_looks_after_two_partnerships_chooses_and_stays_there(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    # Given a manager of two
    add_member(world.manager, seat_for(Role.USER_ADMINISTRATOR, partnership=other.partnership))

    # Then the first by name is shown, with a choice
    first = text_of(manager.get(reverse("administration")))
    assert '<span class="govuk-caption-l">Northborough</span>' in first
    assert f'<option value="{other.partnership.pk}">Westvale</option>' in first

    # When the other is chosen
    chosen = {"partnership": str(other.partnership.pk)}
    page = text_of(manager.get(reverse("agency-list"), chosen))

    # Then its agencies are shown, and every way on leads to the same partnership
    assert "Westvale gp" in page
    assert "Northborough gp" not in page
    assert f"{reverse('agency-add')}?partnership={other.partnership.pk}" in page

    # And what is added there is added to it
    response = manager.post(f"{reverse('agency-add')}?partnership={other.partnership.pk}", an_agency())
    assert response.url == f"{reverse('agency-list')}?partnership={other.partnership.pk}"
    assert Agency.objects.get(name="Harbour Refuge").partnership == other.partnership


def test_who_looks_after_one_partnership_is_offered_no_choice(
    world: factories.World, manager: Client
) -> None:
    assert "Show this partnership" not in text_of(manager.get(reverse("administration")))


# ---- The index ----------------------------------------------------------------------------------
@pytest.mark.parametrize("partners", [3, 4])
def test_the_index_says_how_many_signatures_a_decision_needs(partners: int) -> None:
    world = factories.a_world(partners=partners)

    page = text_of(signed_in(world.manager).get(reverse("administration")))

    values = re.findall(r'summary-list__value">\s*(.*?)\s*</dd>', page, re.DOTALL)
    named = ["council", "icb", "police", *(["trust"] if partners == 4 else [])]
    listed = ", ".join(f"Northborough {name}" for name in named)
    assert values == ["Northborough", "NSCP", listed, str(partners)]


def test_the_index_warns_when_nobody_would_sign(world: factories.World, manager: Client) -> None:
    Agency.objects.update(is_safeguarding_partner=False)

    assert "so nobody would sign a decision" in text_of(manager.get(reverse("administration")))


# ---- One, three, none, and very long ------------------------------------------------------------
def test_a_partnership_that_has_nothing_yet_says_so() -> None:
    bare = partnerships.found_partnership("Bare", reference_prefix="BA", on=TODAY)
    RuleVersion.objects.filter(partnership=bare).delete()
    person = factories.a_person("first@bare.example", "First")
    add_member(person, seat_for(Role.USER_ADMINISTRATOR, partnership=bare))
    client = signed_in(person)

    assert "There are no agencies yet." in text_of(client.get(reverse("agency-list")))
    assert "nobody who acts for one" in text_of(client.get(reverse("people-list")))
    assert "Nobody stands in for anybody" in text_of(client.get(reverse("people-list")))
    assert "This partnership has no milestones of its own." in text_of(client.get(reverse("milestone-list")))
    assert "None yet" in text_of(client.get(reverse("administration")))


def test_names_of_two_hundred_characters_are_shown_whole_and_escaped(
    world: factories.World, manager: Client
) -> None:
    long = LONG[:-8] + "<b>&amp;"
    Partnership.objects.update(name=long)
    Agency.objects.filter(pk=world.gp.pk).update(name=long)
    User.objects.filter(pk=world.member.pk).update(full_name=long)
    RuleVersion.objects.filter(code="LOC_RETURN").update(name=long)
    addresses = [*map(reverse, [*LISTS, *FORMS]), reverse("agency-edit", args=[world.gp.pk]),
                 reverse("person-remove", args=[the_membership(world.member).pk]),
                 reverse("milestone-edit", args=[a_milestone(world).pk])]  # fmt: skip

    pages = [text_of(manager.get(address)) for address in addresses]

    assert [LONG[:-8] + "&lt;b&gt;&amp;amp;" in page for page in pages] == [True] * len(pages)
    assert [page for page in pages if long in page] == []


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_of_one_and_of_three_ask_the_database_equally_often(rows: int) -> None:
    # Given a partnership with so many agencies, people in each seat, covers and milestones
    bare = partnerships.found_partnership("Bare", reference_prefix="BA", on=TODAY)
    RuleVersion.objects.filter(partnership=bare).exclude(
        code__in=["LOC_RETURN", "LOC_ACK", "LOC_DRAFT"][:rows]
    ).delete()
    manager = factories.a_person("manager@bare.example", "Manager")
    add_member(manager, seat_for(Role.BUSINESS_MANAGER, partnership=bare))
    for number in range(rows):
        agency = partnerships.add_agency(bare, f"Agency {number}", "police", by=SYSTEM, at=AT,
                                         is_safeguarding_partner=True)  # fmt: skip
        person = factories.a_person(f"author-{number}@bare.example", f"Author {number}")
        add_member(person, seat_for(Role.AUTHOR, agency=agency))
        appoint_deputy(manager, person, starts_on=TODAY, ends_on=TODAY)
    client = signed_in(manager)

    # Then each page is made with so many queries
    asked = {}
    for name in ("agency-list", "people-list", "milestone-list", "administration"):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        asked[name] = len(queries)
    assert asked == {"agency-list": 9, "people-list": 11, "milestone-list": 12, "administration": 11}
