"""Looking after a partnership: its agencies, and what a safeguarding partner sees."""

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import AGENCY_ROLES, Agency, Role
from accounts.services import add_member, seat_for
from reviews.models import AgencyReturn, Case
from reviews.services import cases
from tests import factories
from tests.reviews.administering import AT, LONG, an_agency, errors_on, said, signed_in, text_of
from workflows.services.moving import verbs_open_to

pytestmark = pytest.mark.django_db
NO_NUMBER = "Enter a telephone number, like 01632 960 001 or 01632 960 001 extension 12"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


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
        ({"phone": "ask for Jo"}, [NO_NUMBER]),
        ({"phone": "12"}, [NO_NUMBER]),
        ({"phone": "01632 960 001 and more"}, [NO_NUMBER]),
        ({"phone": "٠١٦٣٢ ٩٦٠"}, [NO_NUMBER]),
        ({"phone": "1" * 41}, ["Telephone number must be 40 characters or less"]),
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


@pytest.mark.parametrize(
    "number", ["01632 960 001", "+44 (0)1632 960001", "01632-960-001 ext. 12", "01632960001x7", ""]
)
def test_the_telephone_number_of_an_agency_is_kept_and_shown(
    world: factories.World, manager: Client, number: str
) -> None:
    address = reverse("agency-edit", args=[world.gp.pk])
    assert manager.post(address, an_agency(phone=number, is_active="yes")).status_code == 302
    world.gp.refresh_from_db()
    assert world.gp.phone == number
    assert f'value="{number}"' in text_of(manager.get(address))
    assert f'<td class="govuk-table__cell" role="cell" data-label="Telephone">{number or "–"}</td>' in (
        manager.get(reverse("agency-list")).content.decode()
    )


def test_an_agency_cannot_take_the_name_of_another(world: factories.World, manager: Client) -> None:
    response = manager.post(
        reverse("agency-edit", args=[world.gp.pk]), an_agency(name="Northborough School", is_active="yes")
    )

    assert errors_on(response) == [
        "Cannot call this agency Northborough School: there is another of that name."
    ]
    assert Agency.objects.get(pk=world.gp.pk).name == "Northborough gp"


def test_a_new_safeguarding_partner_sees_cases_under_way_and_a_former_one_no_longer(
    world: factories.World, manager: Client, case: Case
) -> None:
    # Given a case, and a person who is the GPs' delegated partner though the GPs are no partner
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


def test_a_lead_partner_sees_cases_for_as_long_as_their_agency_is_a_partner(
    world: factories.World, manager: Client, case: Case
) -> None:
    # Given a lead partner of the police, who are a partner, and one of the GPs, who are none
    chief, other = (factories.a_person(f"{name}@northborough.example", name) for name in ("chief", "other"))
    add_member(chief, seat_for(Role.LEAD_PARTNER, agency=world.police))
    add_member(other, seat_for(Role.LEAD_PARTNER, agency=world.gp))

    # Then one of them sees the case, finds it, and may do nothing in it
    assert list(Case.objects.visible_to(other, at=AT)) == []
    client = signed_in(chief)
    assert case.code in text_of(client.get(reverse("case-list")))
    assert reverse("case-list") in text_of(client.get(reverse("home")))
    assert client.get(case.get_absolute_url()).status_code == 200
    assert verbs_open_to(case, chief, at=AT) == []
    assert client.get(reverse("decision-sign", args=[case.pk])).status_code in (403, 404)

    # And no longer once the police are no partner
    address = reverse("agency-edit", args=[world.police.pk])
    manager.post(address, an_agency(name="Police", kind="police", is_active="yes"))
    assert list(Case.objects.visible_to(chief, at=AT)) == []


@pytest.mark.parametrize("by", ["manager", "administrator"])
def test_an_agency_with_an_open_return_takes_part_until_it_is_cancelled_or_accepted(
    world: factories.World, manager: Client, by: str, case: Case, gp: AgencyReturn
) -> None:
    # Given an agency that was asked
    address = reverse("agency-edit", args=[world.gp.pk])

    # When somebody says that it takes part no more, it is refused; who sees no case is told no code
    refused = signed_in(getattr(world, by)).post(address, an_agency(is_active="no"))
    named = f" ({case.code})" if by == "manager" else ""
    assert errors_on(refused) == [
        f"Cannot end the part of Northborough gp: it has 1 open return{named}. Cancel or accept it first."
    ]
    assert Agency.objects.get(pk=world.gp.pk).name == "Northborough gp"

    # Then other things about it can be changed, and this too once nothing is open
    assert manager.post(address, an_agency(is_active="yes")).status_code == 302
    cases.cancel_return(gp, reason="Not needed", by=world.manager, at=AT)
    assert manager.post(address, an_agency(is_active="no")).status_code == 302
    assert not Agency.objects.get(pk=world.gp.pk).is_active
