"""How the first people of an installation come in: from the command line, with a partnership that works."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Partnership, Role, Seat, User
from reviews.models import Case
from reviews.services import cases, partnerships, returns
from tests import factories
from tests.letters import link_mailed_to

pytestmark = pytest.mark.django_db
GOOD = "a lamp a ferry a turnip"


def said_by(command: str, *words: str, **given: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out, **given)
    return out.getvalue()


def said_by_the_command(**given: str) -> str:
    return said_by("first_administrator", **given)


def seats_of(user: User) -> set[tuple[str, Partnership | None]]:
    return {(m.seat.role, m.seat.partnership) for m in Membership.objects.filter(user=user)}


def follow(said: str) -> Client:
    """A browser in which the person who was mailed a link has chosen a password, and signed in."""
    found = re.search(r"^(\S+) is mailed a link to choose a password", said, re.M)
    assert found is not None, said
    client = Client()
    box = client.get(link_mailed_to(found[1]), follow=True).request["PATH_INFO"]
    client.post(box, {"new_password1": GOOD, "new_password2": GOOD})
    person = User.objects.get(email=found[1])
    assert person.check_password(GOOD)
    client.force_login(person)
    return client


# ---- The first of all --------------------------------------------------------------------------
def test_the_first_administrator_can_sign_in_and_sits_in_both_seats_that_run_a_partnership() -> None:
    said = said_by_the_command(email="Ann@Example.org", partnership="Barset", prefix="BSCP")

    user = User.objects.get()
    link = re.search(r"chooses a password here: https?://[^/]+(\S+)", said)
    assert link is not None
    assert (user.email, user.has_usable_password()) == ("ann@example.org", False)
    client = Client()
    box = client.get(link[1], follow=True).request["PATH_INFO"]
    client.post(box, {"new_password1": GOOD, "new_password2": GOOD})
    user.refresh_from_db()
    assert user.check_password(GOOD)
    barset = Partnership.objects.get(name="Barset", reference_prefix="BSCP")
    assert seats_of(user) == {(Role.BUSINESS_MANAGER, barset), (Role.USER_ADMINISTRATOR, barset)}
    assert Seat.objects.filter(role=Role.PANEL, partnership=None).exists()


def test_in_the_first_partnership_an_agency_is_asked_and_has_a_clock() -> None:
    # Given an empty installation with its first administrator, who adds an agency
    said_by_the_command(email="ann@example.org")
    ann, partnership, at = User.objects.get(), Partnership.objects.get(), timezone.now()
    agency = partnerships.add_agency(partnership, "GPs", "general-practice", by=ann, at=at)

    # When they run a case that began before the installation, and ask the agency
    case = Case(partnership=partnership, harm="death", summary="x", aware_at=at - timedelta(days=2))
    case = cases.refer_case(case, [cases.ChildGiven(is_unborn=True)], by=ann, at=at - timedelta(days=2))
    case = cases.consider_case(case, by=ann, at=at - timedelta(days=1))
    case = cases.notify_case(case, notification_reference="", by=ann, at=at - timedelta(days=1))
    [asked] = returns.ask_agencies(case, [agency], by=ann, at=at)

    # Then the agency's clocks run, and those of the case
    assert set(asked.deadlines.open().values_list("rule_code", flat=True)) == {"LOC_ACK", "LOC_RETURN"}
    running = set(case.deadlines.open().values_list("rule_code", flat=True))
    assert {"RR_COMPLETE", "LOC_MEETING", "LOC_SIGNOFF"} <= running


def test_a_second_time_nobody_is_added_and_no_password_changes() -> None:
    said_by_the_command(email="ann@example.org")
    before = User.objects.get().password

    said = said_by_the_command(email="bob@example.org")

    assert said == "There are people already; nobody was added.\n"
    assert User.objects.get().password == before


# ---- One more partnership, and the Panel -------------------------------------------------------
def test_a_second_partnership_has_its_milestones_and_a_manager_who_chooses_a_password() -> None:
    said_by_the_command(email="ann@example.org")

    said = said_by(
        "found_partnership", "Westvale", prefix="WV", manager="Bo@Westvale.example", manager_name="Bo"
    )

    westvale = Partnership.objects.get(name="Westvale", reference_prefix="WV")
    assert seats_of(User.objects.get(full_name="Bo")) == {(Role.BUSINESS_MANAGER, westvale)}
    page = follow(said).get(reverse("administration")).content.decode()
    assert "Westvale" in page
    assert "Safeguarding Children Partnership" not in page
    first = Partnership.objects.exclude(pk=westvale.pk).get()
    assert westvale.milestones.count() == first.milestones.count() > 10


def test_somebody_of_the_panel_gets_its_seat_and_a_link() -> None:
    said = said_by("panel_member", "secretary@panel.example", name="Cy")

    assert seats_of(User.objects.get()) == {(Role.PANEL, None)}
    assert follow(said).get(reverse("panel-list")).status_code == 200


def test_who_has_a_password_keeps_it_and_no_link_is_made() -> None:
    cy = factories.a_person("cy@panel.example", "Cy")

    assert said_by("panel_member", "CY@panel.example", name="Other").startswith(
        "cy@panel.example has an account already, and keeps its name and password. A mail tells them."
    )
    assert seats_of(cy) == {(Role.PANEL, None)}
    assert User.objects.get().check_password(factories.PASSWORD)


# ---- What is refused ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("command", "words", "given"),
    [
        ("first_administrator", [], {"email": "ann"}),
        ("found_partnership", ["Westvale"], {"prefix": "WV", "manager": "ann", "manager_name": "Ann"}),
        ("panel_member", ["ann"], {"name": "Ann"}),
    ],
)
def test_what_is_no_address_is_refused_and_nothing_is_made(
    command: str, words: list[str], given: dict[str, str]
) -> None:
    with pytest.raises(CommandError, match="'ann' is not an e-mail address"):
        said_by(command, *words, **given)

    assert (User.objects.count(), Partnership.objects.count()) == (0, 0)


def test_a_partnership_is_founded_once() -> None:
    Partnership.objects.create(name="Westvale", reference_prefix="WV")

    with pytest.raises(CommandError, match="There is a partnership called westvale already"):
        said_by("found_partnership", "westvale", prefix="W", manager="bo@westvale.example", manager_name="Bo")

    assert not User.objects.exists()


def test_a_closed_account_is_not_let_in_again() -> None:
    cy = factories.a_person("cy@panel.example", "Cy")
    User.objects.filter(pk=cy.pk).update(is_active=False)

    with pytest.raises(CommandError, match="that account was closed"):
        said_by("panel_member", "cy@panel.example", name="Cy")

    assert seats_of(cy) == set()
