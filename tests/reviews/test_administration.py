"""Looking after a partnership: who may, what is refused, and the wall between two partnerships."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AGENCY_ROLES, Agency, Deputy, Membership, Partnership, Receipt, Role, Seat, User
from accounts.services import add_member, appoint_deputy, seat_for
from reviews.models import Case
from reviews.services import partnerships
from tests import factories
from workflows.actors import SYSTEM
from workflows.models import RuleVersion

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 18)
LONG = "Wide " * 39 + "Vale."
LISTS = ["administration", "agency-list", "people-list", "milestone-list"]
FORMS = ["agency-add", "person-add", "deputy-add"]


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def world() -> factories.World:
    return factories.a_world()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def text_of(response: Any) -> str:
    """The page without the two tokens that are new each time."""
    return re.sub(r'(csrfmiddlewaretoken|form_token)" value="[^"]+"', "", response.content.decode())


def form(**given: Any) -> dict[str, Any]:
    return {"form_token": str(uuid.uuid4()), **given}


def day(name: str, on: date) -> dict[str, Any]:
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def an_agency(**given: Any) -> dict[str, Any]:
    return form(**{"name": "Harbour Refuge", "kind": "domestic-abuse", "is_safeguarding_partner": "no",
                   "is_asked_first": "no", **given})  # fmt: skip


def errors_on(response: Any) -> list[str]:
    """The messages of the summary, in order."""
    assert response.status_code == 200
    summary = response.content.decode().split("govuk-error-summary__list")[1].split("</ul>")[0]
    return [re.sub("<[^>]+>", "", item).strip() for item in re.findall("<li>(.*?)</li>", summary, re.DOTALL)]


def said(client: Client, response: Any) -> str:
    """What the page after a deed says was done."""
    assert response.status_code == 302, errors_on(response)
    page = client.get(response.url).content.decode()
    found = re.search(r'govuk-notification-banner__heading">\s*(.*?)\s*</p>', page, re.DOTALL)
    assert found
    return found[1]


def a_milestone(world: factories.World, code: str = "LOC_RETURN") -> RuleVersion:
    return RuleVersion.objects.get(partnership=world.partnership, code=code, valid_to=None)


def every_address(world: factories.World) -> list[str]:
    membership = Membership.objects.filter(seat__partnership=world.partnership).first()
    assert membership
    return [
        *map(reverse, [*LISTS, *FORMS, "person-added"]),
        reverse("agency-edit", args=[world.gp.pk]),
        reverse("person-remove", args=[membership.pk]),
        reverse("milestone-edit", args=[a_milestone(world).pk]),
    ]


# ---- Who may come here -----------------------------------------------------------------------
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


# ---- Walls -----------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_belongs_to_another_partnership_answers_like_what_does_not_exist(
    world: factories.World, manager: Client, number: int
) -> None:
    # Given another partnership, with an agency, people and milestones of its own
    other = factories.a_world("Westvale")
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


def test_nothing_can_be_posted_over_the_wall(world: factories.World, manager: Client) -> None:
    # Given an agency and a person of another partnership
    other = factories.a_world("Westvale")
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
    rule = RuleVersion.objects.get(code="RR_COMPLETE")

    assert manager.get(reverse("milestone-edit", args=[rule.pk])).status_code == 404


# ---- Several partnerships --------------------------------------------------------------------
def test_who_looks_after_two_partnerships_chooses_and_stays_there(
    world: factories.World, manager: Client
) -> None:
    # Given a manager of two
    other = factories.a_world("Westvale")
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


# ---- The index -------------------------------------------------------------------------------
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


# ---- Agencies --------------------------------------------------------------------------------
def test_an_agency_is_added_with_its_seats(world: factories.World, manager: Client) -> None:
    response = manager.post(reverse("agency-add"), an_agency(email_domain="@Harbour.example"))

    assert said(manager, response) == "Harbour Refuge is an agency of this partnership now."
    agency = Agency.objects.get(name="Harbour Refuge")
    assert (agency.kind, agency.email_domain, agency.is_asked_first) == (
        "domestic-abuse", "harbour.example", False,
    )  # fmt: skip
    assert set(agency.seats.values_list("role", flat=True)) == set(AGENCY_ROLES)


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"name": ""}, ["Enter the name of the agency"]),
        ({"name": "x" * 201}, ["Name must be 200 characters or less"]),
        ({"kind": "bakery"}, ["Select what kind of agency it is"]),
        (
            {"email_domain": "harbour"},
            ["Enter what follows the @ in its work addresses, like police.example"],
        ),
        (
            {"email_domain": "a b.example"},
            ["Enter what follows the @ in its work addresses, like police.example"],
        ),
        ({"is_safeguarding_partner": ""}, ["Select yes if it is a safeguarding partner"]),
        (
            {"name": "NORTHBOROUGH gp"},
            ["Cannot add NORTHBOROUGH gp: there is an agency of that name already."],
        ),
    ],
)
def test_what_cannot_be_an_agency_is_said(
    world: factories.World, manager: Client, given: dict[str, str], messages: list[str]
) -> None:
    before = Agency.objects.count()

    response = manager.post(reverse("agency-add"), an_agency(**given))

    assert errors_on(response) == messages
    assert Agency.objects.count() == before


def test_the_same_form_sent_twice_adds_one_agency(world: factories.World, manager: Client) -> None:
    sent = an_agency()

    answers = [manager.post(reverse("agency-add"), sent).url for _ in range(2)]  # type: ignore[attr-defined]

    assert answers == [reverse("agency-list")] * 2
    assert Agency.objects.filter(name="Harbour Refuge").count() == 1


def test_an_agency_is_shown_as_it_is_and_changed(world: factories.World, manager: Client) -> None:
    address = reverse("agency-edit", args=[world.gp.pk])
    page = text_of(manager.get(address))
    assert 'value="Northborough gp"' in page
    assert '<option value="general-practice" selected>' in page

    response = manager.post(address, an_agency(name=LONG, is_active="no"))

    assert response.status_code == 302
    world.gp.refresh_from_db()
    assert (world.gp.name, world.gp.kind, world.gp.is_active) == (LONG, "domestic-abuse", False)


def test_an_agency_cannot_take_the_name_of_another(world: factories.World, manager: Client) -> None:
    response = manager.post(
        reverse("agency-edit", args=[world.gp.pk]), an_agency(name="Northborough School", is_active="yes")
    )

    assert errors_on(response) == [
        "Cannot call this agency Northborough School: there is another of that name."
    ]
    assert Agency.objects.get(pk=world.gp.pk).name == "Northborough gp"


def test_a_new_safeguarding_partner_sees_cases_under_way_and_a_former_one_no_longer(
    world: factories.World, manager: Client
) -> None:
    # Given a case, and a person who is the GPs' delegated partner though the GPs are no partner
    case = factories.a_notified_case(world)
    partner = factories.a_person("gp-partner@northborough.example", "GP partner")
    add_member(partner, seat_for(Role.DELEGATED_PARTNER, agency=world.gp))
    assert list(Case.objects.visible_to(partner, at=AT)) == []
    address = reverse("agency-edit", args=[world.gp.pk])

    # When they become one, the case is theirs to see; when they cease to be, it is not
    manager.post(address, an_agency(name="Northborough gp", is_safeguarding_partner="yes", is_active="yes"))
    assert list(Case.objects.visible_to(partner, at=AT)) == [case]
    manager.post(address, an_agency(name="Northborough gp", is_safeguarding_partner="yes", is_active="no"))
    assert list(Case.objects.visible_to(partner, at=AT)) == []

    # And the other partners kept theirs
    assert list(Case.objects.visible_to(world.partner_1, at=AT)) == [case]


# ---- People ----------------------------------------------------------------------------------
def a_new_person(**given: Any) -> dict[str, Any]:
    return form(**{"role": "sub-group-member", "agency": "", "email": "Wren@Northborough.example",
                   "full_name": "Wren Ashdown", **given})  # fmt: skip


def test_a_new_person_gets_a_link_that_is_shown_once_and_works(
    world: factories.World, manager: Client
) -> None:
    # When a person without an account is added
    response = manager.post(reverse("person-add"), a_new_person())
    assert response.url == reverse("person-added")

    # Then the link is shown once
    page = text_of(manager.get(response.url))
    found = re.search(r'id="set-password-link">https?://[^/]+(/set-password/[^<]+)</code>', page)
    assert found
    assert manager.get(response.url).url == reverse("people-list")  # type: ignore[attr-defined]

    # And with it they choose a password, and sign in
    theirs = Client()
    box = theirs.get(found[1], follow=True).request["PATH_INFO"]
    theirs.post(box, {"new_password1": "a lamp a ferry a turnip", "new_password2": "a lamp a ferry a turnip"})
    assert theirs.login(username="wren@northborough.example", password="a lamp a ferry a turnip")
    assert [str(m.seat) for m in Membership.objects.filter(user__full_name="Wren Ashdown")] == [
        "Serious-cases sub-group member, Northborough"
    ]


def test_the_link_is_in_no_address_and_in_no_receipt(world: factories.World, manager: Client) -> None:
    manager.post(reverse("person-add"), a_new_person())

    assert Receipt.objects.get().answer_url == reverse("person-added")


def test_a_person_who_has_an_account_only_gets_the_seat(world: factories.World, manager: Client) -> None:
    sent = a_new_person(role="author", agency=str(world.gp.pk), email=world.school_author.email.upper())

    response = manager.post(reverse("person-add"), sent)

    assert said(manager, response) == (
        "school author of Northborough holds the seat now: Agency contact and author, Northborough gp."
    )
    assert User.objects.get(pk=world.school_author.pk).check_password(factories.PASSWORD)


def test_a_link_that_was_lost_is_made_anew_by_adding_the_person_again(
    world: factories.World, manager: Client
) -> None:
    for _ in range(2):
        assert manager.post(reverse("person-add"), a_new_person()).url == reverse("person-added")  # type: ignore[attr-defined]

    assert User.objects.filter(full_name="Wren Ashdown").count() == 1


def test_no_link_is_given_for_a_new_account_of_another_partnership(
    world: factories.World, manager: Client
) -> None:
    # Given somebody whom another partnership has just added, and who has no password yet
    other = factories.a_world("Westvale")
    partnerships.add_person(seat_for(Role.BUSINESS_MANAGER, partnership=other.partnership), by=SYSTEM, at=AT,
                            email="wren@northborough.example", full_name="Wren Ashdown")  # fmt: skip

    # Then the manager here cannot make a link that would open the other's cases
    response = manager.post(reverse("person-add"), a_new_person())
    assert response.url == reverse("people-list")


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


def the_membership(person: User) -> Membership:
    return Membership.objects.get(user=person)


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


def test_cover_here_must_not_open_another_partnership(world: factories.World, manager: Client) -> None:
    # Given a person who also works for another partnership
    other = factories.a_world("Westvale")
    add_member(world.chair, seat_for(Role.INDEPENDENT_CHAIR, partnership=other.partnership))

    response = manager.post(reverse("deputy-add"), cover(world.chair, world.member))

    assert errors_on(response) == [
        "Cannot arrange cover for Chair of Northborough here: they also act for another body, whose cases the "
        "deputy would see. Add the deputy to the seat instead, and remove them afterwards."
    ]
    assert not Deputy.objects.exists()


# ---- Milestones ------------------------------------------------------------------------------
def a_limit(**given: Any) -> dict[str, Any]:
    return form(**{"count": "5", "unit": "wd", **day("valid_from", date(2026, 4, 1)), **given})


def test_milestones_and_statutory_rules_are_listed_with_their_sources(
    world: factories.World, manager: Client
) -> None:
    page = text_of(manager.get(reverse("milestone-list")))

    assert "as at Working Together 2023; the 2026 edition has not been checked" in page
    assert "Children Act 2004 s.16C(1); Working Together 2018 ch. 4, 2023 ch. 5 (seen in the source)" in page
    assert "SI 2018/789 Part 3; Working Together 2023 ch. 5 (recalled, not yet seen in the source)" in page
    assert "<li>3 working days before: agency author</li>" in page
    assert page.count("<li>On the day: agency author</li>") == 3
    assert page.count(">Change<span") == 18


def test_a_new_limit_counts_from_its_day_and_running_deadlines_keep_theirs(
    world: factories.World, manager: Client
) -> None:
    # Given a return that runs on seven working days
    factories.asked_returns(world, factories.a_notified_case(world), at=AT)
    milestone = a_milestone(world)
    address = reverse("milestone-edit", args=[milestone.pk])
    page = text_of(manager.get(address))
    assert "7 working days, from Wednesday 4 July 2018" in page
    assert "Deadlines that run already keep the limit they began with." in page

    # When the manager makes it five from April
    response = manager.post(address, a_limit())

    # Then the running one is as it was, and both versions are listed
    assert said(manager, response) == "Agency return: 5 working days, from 1 April 2026."
    versions = RuleVersion.objects.filter(code="LOC_RETURN", partnership=world.partnership)
    assert list(versions.values_list("limit", "valid_from", "valid_to")) == [
        ("7wd", date(2018, 7, 4), date(2026, 3, 31)), ("5wd", date(2026, 4, 1), None),
    ]  # fmt: skip
    case = Case.objects.get()
    assert {d.due_on for r in case.returns.all() for d in r.deadlines.filter(rule_code="LOC_RETURN")} == {
        date(2026, 3, 27)
    }
    listed = text_of(manager.get(reverse("milestone-list")))
    assert "Until Tuesday 31 March 2026" in listed
    assert "From Wednesday 1 April 2026" in listed


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"count": ""}, ["Enter how long it is"]),
        ({"count": "0"}, ["How long? must be a whole number between 1 and 731"]),
        ({"count": "-7"}, ["How long? must be a whole number between 1 and 731"]),
        ({"count": "25", "unit": "mo"}, ["How long? must be two years or less"]),
        ({"unit": "years"}, ["Select what it is counted in"]),
        (day("valid_from", date(2026, 3, 17)), ["From which day? must be today or in the future"]),
    ],
)
def test_what_cannot_be_a_limit_is_said(
    world: factories.World, manager: Client, given: dict[str, Any], messages: list[str]
) -> None:
    before = RuleVersion.objects.count()

    response = manager.post(reverse("milestone-edit", args=[a_milestone(world).pk]), a_limit(**given))

    assert errors_on(response) == messages
    assert RuleVersion.objects.count() == before


def test_a_version_that_has_a_successor_is_not_changed_again(world: factories.World, manager: Client) -> None:
    old = a_milestone(world)
    address = reverse("milestone-edit", args=[old.pk])
    manager.post(address, a_limit())

    response = manager.post(address, a_limit(count="6"))

    assert errors_on(response) == [
        "Cannot change Agency return from 1 April 2026: this version ended on 31 March 2026. "
        "Change the one that follows it."
    ]


def test_a_user_administrator_reads_milestones_and_changes_none(world: factories.World) -> None:
    client = signed_in(world.administrator)
    address = reverse("milestone-edit", args=[a_milestone(world).pk])

    assert ">Change<span" not in text_of(client.get(reverse("milestone-list")))
    assert (client.get(address).status_code, client.post(address, a_limit()).status_code) == (403, 403)
    assert a_milestone(world).limit == "7wd"


# ---- One, three, none, and very long ---------------------------------------------------------
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
@pytest.mark.parametrize(
    ("name", "queries"),
    [("agency-list", 5), ("people-list", 7), ("milestone-list", 6), ("administration", 6)],
)
def test_lists_of_one_and_of_three_ask_the_database_equally_often(
    django_assert_num_queries: Any, name: str, queries: int, rows: int
) -> None:
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

    # Then the page is made with so many queries
    with django_assert_num_queries(queries):
        assert client.get(reverse(name)).status_code == 200
