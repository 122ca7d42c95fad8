"""The progress board and the phone list: how far each agency is, who was told what, and whom to ring."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from accounts.services import add_member, appoint_deputy, seat_for
from accounts.services import standing as standing_of_accounts
from accounts.services.holding import holders_among, holders_of
from notifications.services import deliver_everything_owed
from reviews.models import AgencyReturn, Case
from reviews.questions import RETURN_FORM
from reviews.services import cases, chasing, partnerships, recusals, returns
from reviews.services.progress import board
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import bare, beside_the_boxes, send, signed_in, summary_of, text_of
from tests.standing import standing
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)  # Tuesday: the returns were due on Friday 27 March
IN_TIME = NOTIFIED + timedelta(days=1)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


@standing
def everywhere(world: World, case: Case) -> dict[str, AgencyReturn]:
    """One case with a return in each condition; the numbers of two agencies are known."""
    codes = ("gp", "school", "council", "police", "icb", "trust")
    agencies = [world.agencies[code] for code in codes]
    made = dict(zip(codes, returns.ask_agencies(case, agencies, by=world.manager, at=NOTIFIED), strict=True))
    returns.acknowledge_return(made["school"], by=world.people["school_author"], at=IN_TIME)
    written = list(factories.full_answers(RETURN_FORM).items())
    for section, given in written[:2]:
        returns.save_section(made["council"], section, given, by=world.people["council_author"], at=IN_TIME)
    for section, given in written:
        for code in ("police", "icb"):
            author = world.people[f"{code}_author"]
            made[code] = returns.save_section(made[code], section, given, by=author, at=IN_TIME)
    for code in ("police", "icb"):
        made[code] = returns.finish_return(made[code], by=world.people[f"{code}_author"], at=IN_TIME)
    made["icb"] = returns.send_back_return(
        made["icb"], reason="More.", by=world.people["icb_lead"], at=IN_TIME
    )
    returns.declare_nil(made["trust"], searched="All.", by=world.people["trust_author"], at=IN_TIME)
    for code, number in (("gp", "01632 960 001"), ("police", "01632 960 002 extension 7")):
        world.agencies[code].phone = number
        world.agencies[code].save()
    return {code: AgencyReturn.objects.get(pk=one.pk) for code, one in made.items()}


def rows_of(answer: Any) -> list[str]:
    """What stands in each row of the tables of a page."""
    page = answer.content.decode()
    found = re.findall(r'<tr class="govuk-table__row" role="row">(.*?)</tr>', page, re.DOTALL)
    texts = [" ".join(re.sub("<[^>]+>", " ", one).split()) for one in found]
    return [text for text in texts if not text.startswith("Agency")]


def shown(client: Client, **asked: str) -> list[str]:
    """Whose rows the board has, in order."""
    return [row.partition(" ")[2].split(" ")[0] for row in rows_of(client.get(reverse("progress"), asked))]


# ---- The board ---------------------------------------------------------------------------------
def test_the_board_says_of_each_agency_where_it_stands_how_far_it_is_and_how_late(
    world: World, manager: Client, case: Case, everywhere: dict[str, AgencyReturn]
) -> None:
    page = manager.get(reverse("progress"))
    late = "2 working days late (was due Friday 27 March 2026)"
    found = {
        one.it.agency.name.split()[1]: (one.words, one.left and one.left.words)
        for one in board(world.manager, at=NOW)
    }
    assert found == {
        "council": ("Drafting: 2 of 9 sections complete", late),
        "gp": ("Not opened", late),
        "icb": ("Sent back", late),
        "police": ("With the safeguarding lead", late),
        "school": ("Acknowledged", late),
        "trust": ("In: nil return", "met on time"),
    }
    said = text_of(page)
    assert (
        "1 not opened, 1 acknowledged, 1 drafting, 1 with the safeguarding lead, 1 sent back, 1 in, 5 late"
        in said
    )
    assert f"{case.code} , rapid review" in said
    for words, left in found.values():
        assert words in said
        assert str(left) in said


@pytest.mark.parametrize(
    ("stands", "agencies"),
    [
        ("", ["council", "gp", "icb", "police", "school", "trust"]),
        ("late", ["council", "gp", "icb", "police", "school"]),
        ("not-opened", ["gp"]),
        ("acknowledged", ["school"]),
        ("drafting", ["council"]),
        ("lead", ["police"]),
        ("sent-back", ["icb"]),
        ("in", ["trust"]),
        ("closed", ["council", "gp", "icb", "police", "school", "trust"]),
        ("%' OR 1=1--", ["council", "gp", "icb", "police", "school", "trust"]),
    ],
)
def test_bad_input_67_it_is_narrowed_down_to_where_returns_stand_and_by_nothing_else(
    manager: Client, everywhere: dict[str, AgencyReturn], stands: str, agencies: list[str]
) -> None:
    assert shown(manager, stands=stands) == agencies
    assert shown(manager, stands=stands, page="10" * 50) == agencies


def test_it_says_who_was_told_what_and_when(
    world: World, manager: Client, everywhere: dict[str, AgencyReturn], time_machine: Any
) -> None:
    deliver_everything_owed(at=NOW)
    chasing.send_reminder(everywhere["gp"], by=world.manager, at=NOW)
    [row] = [row for row in rows_of(manager.get(reverse("progress"))) if row.startswith("Northborough gp")]
    assert (
        "A return is still awaited: gp author of Northborough, Tuesday 31 March 2026 (waiting to be sent)"
        in row
    )
    assert "All 3 to Northborough gp" in row
    for who in ("gp author", "gp lead"):
        assert f": {who} of Northborough, Wednesday 18 March 2026 at 9am (sent)" in row
    # What was told of another return stands there
    assert "school author" not in row


def test_a_case_whose_returns_are_not_awaited_is_not_on_it(
    world: World, manager: Client, case: Case, everywhere: dict[str, AgencyReturn]
) -> None:
    cases.cancel_return(everywhere["gp"], reason="Moved.", by=world.manager, at=NOW)
    assert "gp" not in shown(manager)
    cases.withdraw_case(Case.objects.get(pk=case.pk), reason="Not notifiable.", by=world.manager, at=NOW)
    assert shown(manager) == []
    assert "No agency is asked for a return on a case under way." in text_of(manager.get(reverse("progress")))
    assert "Nobody need be rung: no return is out." in text_of(manager.get(reverse("phone-list")))


@pytest.mark.parametrize(
    "who", ["gp_author", "gp_lead", "member", "co_chair", "chair", "partner_1", "administrator"]
)
def test_it_is_for_who_runs_the_reviews_alone(
    world: World, everywhere: dict[str, AgencyReturn], who: str
) -> None:
    client = signed_in(world.people[who])
    nothing = bare(client.get("/returns/nothing/"))
    for name in ("progress", "phone-list"):
        answer = client.get(reverse(name))
        assert (answer.status_code, bare(answer)) == (404, nothing)
    assert "Phone list" not in text_of(client.get(reverse("return-list")))
    assert client.post(reverse("progress")).status_code == 405


def test_one_partnership_is_a_wall_and_a_recused_manager_sees_nothing_of_the_case(
    world: World, other: World, manager: Client, case: Case, everywhere: dict[str, AgencyReturn]
) -> None:
    neighbour = signed_in(other.manager)
    for name in ("progress", "phone-list"):
        assert rows_of(neighbour.get(reverse(name))) == []
    assert "Phone list" in text_of(manager.get(reverse("return-list")))
    recusals.recuse(case, world.manager, kind="other", reason="Kin.", by=world.people["chair"], at=NOW)
    for name in ("progress", "phone-list"):
        assert rows_of(manager.get(reverse(name))) == []


def test_what_it_shows_stands_in_the_ledger(
    world: World, manager: Client, everywhere: dict[str, AgencyReturn]
) -> None:
    for name, count in (("progress", 6), ("phone-list", 5)):
        before = LedgerEntry.objects.count()
        manager.get(reverse(name))
        [told] = LedgerEntry.objects.order_by("pk")[before:]
        assert (told.actor, told.action) == (str(world.manager.pk), "list")
        assert sum(one.code in str(told.__dict__) for one in everywhere.values()) in (0, count)


# ---- The phone list ----------------------------------------------------------------------------
def test_the_phone_list_says_whom_to_ring_at_what_number_and_what_is_owed_by_when(
    manager: Client, case: Case, everywhere: dict[str, AgencyReturn]
) -> None:
    rows = {row.split()[1]: row for row in rows_of(manager.get(reverse("phone-list")))}
    assert list(rows) == ["council", "gp", "icb", "police", "school"]
    gp, police = everywhere["gp"], everywhere["police"]
    owed = "Agency return: 2 working days late (was due Friday 27 March 2026)"
    assert rows["gp"].startswith(
        "Northborough gp 01632 960 001 Author: gp author of Northborough, gp-author@northborough.example "
        "Safeguarding lead: gp lead of Northborough, gp-lead@northborough.example "
        f"{gp.code} on {case.code}. Not opened. {owed}"
    )
    # Once it is written, the lead is asked first
    assert rows["police"].startswith(
        "Northborough police 01632 960 002 extension 7 Safeguarding lead: police lead of Northborough, "
        "police-lead@northborough.example Author: police author of Northborough"
    )
    assert f"{police.code} on {case.code}. With the safeguarding lead. {owed}" in rows["police"]
    assert "No number. Add it for Northborough school" in rows["school"]
    assert "Zebedee" not in str(rows)  # no child is named on paper


def test_the_agency_that_owes_something_soonest_comes_first_with_all_that_it_owes(
    world: World, manager: Client, everywhere: dict[str, AgencyReturn]
) -> None:
    # Given a second case of which the school was asked before all others
    second = factories.a_notified_case(world)
    earlier = returns.ask_agencies(second, [world.school, world.gp], by=world.manager, at=NOTIFIED)
    clock = earlier[0].deadlines.get(rule_code="LOC_RETURN")
    type(clock).objects.filter(pk=clock.pk).update(
        due_on=date(2026, 3, 20), due_at=datetime(2026, 3, 21, tzinfo=UTC)
    )
    agencies = [row.split()[1] for row in rows_of(manager.get(reverse("phone-list")))]
    assert agencies == ["school", "school", "council", "gp", "gp", "icb", "police"]


def test_the_page_of_a_return_has_the_number_and_leads_to_the_list(
    manager: Client, everywhere: dict[str, AgencyReturn]
) -> None:
    said = text_of(manager.get(everywhere["gp"].get_absolute_url()))
    assert "Number of the agency 01632 960 001" in said
    assert "Phone list: everybody to ring" in said
    assert "Number of the agency No number is known" in text_of(
        manager.get(everywhere["school"].get_absolute_url())
    )


def test_the_number_of_a_person_in_their_seat_is_kept_and_stands_where_they_are_to_be_rung(
    world: World, manager: Client, everywhere: dict[str, AgencyReturn]
) -> None:
    # Given an author without a number. When the manager adds it under Administration, People:
    held = world.gp_author.memberships.get()
    address = reverse("person-phone", args=[held.pk])
    assert "In the seat: Agency contact and author, Northborough gp." in text_of(manager.get(address))
    answer = send(manager, f"{address}", phone="01632 960 777 ext 3")
    assert answer.status_code == 302
    people = text_of(manager.get(answer.headers["Location"]))
    assert "The number of gp author of Northborough is 01632 960 777 ext 3 now." in people
    assert "01632 960 777 ext 3 of gp author of Northborough, Agency contact and author: change it" in people

    # Then it stands on the phone list and on the page of the return
    asked = "Author gp author of Northborough, 01632 960 777 ext 3, gp-author@northborough.example"
    assert asked in text_of(manager.get(everywhere["gp"].get_absolute_url()))
    assert asked.replace("Author ", "Author: ") in text_of(manager.get(reverse("phone-list")))

    # And of who stands in for them, the number of their own seat
    deputy = world.people["school_lead"]
    deputy.memberships.update(phone="01632 960 888")
    appoint_deputy(world.gp_author, deputy, starts_on=NOW.date(), ends_on=NOW.date())
    rows = {row.split()[1]: row for row in rows_of(manager.get(reverse("phone-list")))}
    assert "school lead of Northborough, 01632 960 888, school-lead@northborough.example" in rows["gp"]

    # When they leave, or it is taken away, then nobody has it
    standing_of_accounts.close_account(deputy, by=world.manager, at=NOW)
    assert "01632 960 888" not in str(list(deputy.memberships.values()))
    assert send(manager, address, phone="").status_code == 302
    assert "01632 960 777" not in text_of(manager.get(reverse("phone-list")))


@pytest.mark.parametrize("number", ["ask for Jo", "12", "0" * 41, "01632 960 001;x", "\0"])
def test_bad_input_33_what_is_no_telephone_number_is_not_kept(
    world: World, manager: Client, number: str
) -> None:
    held = world.gp_author.memberships.get()
    answer = send(manager, reverse("person-phone", args=[held.pk]), phone=number)
    assert answer.status_code == 200
    assert len(summary_of(answer)) == 1
    assert summary_of(answer) == beside_the_boxes(answer)
    assert world.gp_author.memberships.get().phone == ""


@pytest.mark.parametrize("who", ["gp_author", "gp_lead", "member", "chair", "partner_1"])
def test_only_who_looks_after_people_changes_a_number(world: World, other: World, who: str) -> None:
    held = world.gp_author.memberships.get()
    address = reverse("person-phone", args=[held.pk])
    for person in (world.people[who], other.manager):
        assert signed_in(person).get(address).status_code == 404
        assert send(signed_in(person), address, phone="01632 960 001").status_code == 404
        with pytest.raises(PermissionDenied):
            partnerships.set_phone(held, "01632 960 001", by=person, at=NOW)
    assert world.gp_author.memberships.get().phone == ""
    assert signed_in(world.people["administrator"]).get(address).status_code == 200


# ---- As many queries for one case as for three -------------------------------------------------
@pytest.mark.parametrize(("name", "queries"), [("progress", 25), ("phone-list", 22)])
def test_it_asks_as_often_for_one_case_as_for_three(
    world: World, manager: Client, everywhere: dict[str, AgencyReturn], name: str, queries: int
) -> None:
    deliver_everything_owed(at=NOW)
    address = reverse(name)
    manager.get(address)
    found = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            manager.get(address)
        found.append(len(asked))
        for _ in range(2):
            more = factories.a_notified_case(world)
            factories.asked_returns(world, more)
    assert found == [queries, queries]


# ---- Many seats at once ------------------------------------------------------------------------
def test_who_holds_many_seats_is_who_holds_each(
    world: World, other: World, case: Case, gp: AgencyReturn
) -> None:
    # Given a second author, one who has left, cover by somebody of the partnership, and by somebody who is not
    seats = {role: seat_for(role, agency=world.gp) for role in (Role.AUTHOR, Role.SAFEGUARDING_LEAD)}
    second, gone = (
        factories.a_person(f"{n}@northborough.example", f"A {n} author") for n in ("second", "gone")
    )
    add_member(second, seats[Role.AUTHOR])
    add_member(gone, seats[Role.AUTHOR], ends_on=NOW.date() - timedelta(days=1))
    for person, deputy in (
        (world.gp_author, world.people["school_lead"]),
        (world.gp_lead, other.people["gp_lead"]),
        (second, world.people["member"]),
    ):
        appoint_deputy(person, deputy, starts_on=NOW.date(), ends_on=NOW.date())

    def both(audience: str, role: Role) -> tuple[list[str], list[str]]:
        without = case.recused()
        at_once = holders_among(
            holders_of([seat.pk for seat in seats.values()], on=NOW.date())[seats[role].pk], without=without
        )
        return [one.person.full_name for one in at_once], [p.full_name for p in gp.people(audience, at=NOW)]

    # Then they are the same, before and after the one who is covered is recused
    expected = ["A second author", world.people["member"].full_name, world.gp_author.full_name]
    expected.append(world.people["school_lead"].full_name)
    assert both("author", Role.AUTHOR) == (sorted(expected), sorted(expected))
    assert both("safeguarding-lead", Role.SAFEGUARDING_LEAD) == ([world.gp_lead.full_name],) * 2
    recusals.recuse(case, world.gp_author, kind="other", reason="Kin.", by=world.people["chair"], at=NOW)
    expected = sorted(["A second author", world.people["member"].full_name])
    assert both("author", Role.AUTHOR) == (expected, expected)
    [one] = [one for one in board(world.manager, at=NOW) if one.it.pk == gp.pk]
    assert [asked.person for asked in dict(one.turn)["Author"]] == gp.people("author", at=NOW)
