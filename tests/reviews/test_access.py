"""Who sees what: equality with what they should, in two partnerships with data that could leak."""

import itertools
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import add_member, appoint_deputy, end_membership
from notifications.models import Notice
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services.partnerships import change_agency
from reviews.views.stages import ACTIONS, action_url
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import (
    Released,
    a_released_case,
    bare,
    linked,
    moving,
    permitted,
    row_counts,
    send,
    signed_in,
)
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
A_DAY = timedelta(days=1)
LISTS = {"cases": "case-list", "returns": "return-list", "panel": "panel-list"}
PAGES_OF_A_CASE = (
    "case", "case-add-child", "case-ask", "decision", "decision-send", "decision-sign", "case-hold-meeting",
    "case-notify", "case-submit", "case-withdraw", "case-publish", "case-close", "case-mute",
    "sent-list",
)  # fmt: skip
PAGES_OF_A_RETURN = (
    "return", "return-acknowledge", "return-nil", "return-finish", "return-sign-off", "return-send-back", "return-accept",
)  # fmt: skip
PAGES_OF_A_RECORD = ("panel-record", "panel-record-json", "panel-reply")


class Bodies(NamedTuple):
    """Two partnerships, each with a case that has been through, and the Panel."""

    here: World
    mine: Released
    there: World
    theirs: Released
    panel: User


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def bodies() -> Bodies:
    here, there = factories.a_world("Northborough"), factories.a_world("Westvale")
    return Bodies(here, a_released_case(here), there, a_released_case(there), factories.a_panel_member())


def seen_on_pages(person: User) -> dict[str, set[str]]:
    """What the three lists lead to, by list."""
    client = signed_in(person)
    return {folder: linked(client.get(reverse(name)), folder) for folder, name in LISTS.items()}


def seen_in_the_file(person: User) -> set[str]:
    """The codes in the CSV."""
    response: Any = signed_in(person).get(reverse("case-list-csv"))
    return {line.split(",")[0] for line in response.getvalue().decode().splitlines()[1:]}


def expected(world: World, released: Released, who: str) -> dict[str, set[str]]:
    """What that person of the partnership should see, and nothing else."""
    case, gp, school, record = ({str(one.pk)} for one in released)
    agency, _, role = who.partition("_")
    everybody_s_returns = gp | school
    mine: dict[str, set[str]] = {"gp": gp, "school": school}
    return {
        "cases": case if who in ("manager", "member", "co_chair", "chair") or agency == "partner" else set(),
        "returns": everybody_s_returns if who in ("manager", "member", "co_chair") or agency == "partner"
        else mine.get(agency, set()) if role in ("author", "lead") else set(),
        "panel": record if who == "manager" else set(),
    }  # fmt: skip


def addresses_of(released: Released) -> list[str]:
    """Every page about somebody's case, its returns and its record."""
    case, gp, _, record = released
    return [
        *(reverse(name, args=[case.pk]) for name in PAGES_OF_A_CASE),
        *(action_url(case, verb) for verb in ACTIONS),
        reverse("decision-section", args=[case.pk, "safety"]),
        reverse("milestone-done", args=[case.pk, "LOC_SINCOPY"]),
        *(
            reverse(f"{kind}-deadline{page}", args=[one.pk, one.deadlines.earliest("pk").pk])
            for kind, one in (("case", case), ("return", gp))
            for page in ("", "-json", "-pdf", "-pause", "-resume", "-extend", "-restart")
        ),
        *(reverse(name, args=[gp.pk]) for name in PAGES_OF_A_RETURN),
        reverse("return-section", args=[gp.pk, "you"]),
        *(reverse(name, args=[record.pk]) for name in PAGES_OF_A_RECORD),
    ]


# ---- The wall between partnerships -------------------------------------------------------------
def test_everybody_sees_what_is_theirs_and_nothing_else(bodies: Bodies) -> None:
    for world, released in ((bodies.here, bodies.mine), (bodies.there, bodies.theirs)):
        for who, person in world.people.items():
            wanted = expected(world, released, who)
            assert seen_on_pages(person) == wanted, who
            assert seen_in_the_file(person) == ({released.case.code} if wanted["cases"] else set()), who


def test_the_panel_sees_the_released_records_of_all_and_no_live_case(bodies: Bodies) -> None:
    assert seen_on_pages(bodies.panel) == {
        "cases": set(),
        "returns": set(),
        "panel": {str(bodies.mine.record.pk), str(bodies.theirs.record.pk)},
    }
    assert seen_in_the_file(bodies.panel) == set()
    client = signed_in(bodies.panel)
    assert client.get(bodies.mine.case.get_absolute_url()).status_code == 404
    assert client.get(bodies.mine.gp.get_absolute_url()).status_code == 404
    assert client.get(bodies.mine.record.get_absolute_url()).status_code == 200


def test_bad_input_64_what_is_not_mine_is_as_if_it_were_not_there(bodies: Bodies) -> None:
    """Every page about somebody else's case answers, byte for byte, as for an identifier that nobody has."""
    client = signed_in(bodies.here.manager)
    for address in addresses_of(bodies.theirs):
        nobodys = address
        for pk in (one.pk for one in bodies.theirs):
            nobodys = nobodys.replace(str(pk), str(uuid.uuid4()))
        got, compared = client.get(address), client.get(nobodys)
        assert (got.status_code, compared.status_code) == (404, 404), address
        assert bare(got) == bare(compared), address
        assert {k: v for k, v in got.headers.items() if k != "Vary"} == {
            k: v for k, v in compared.headers.items() if k != "Vary"
        }


def test_what_is_not_mine_cannot_be_acted_on(bodies: Bodies) -> None:
    before = row_counts()
    client = signed_in(bodies.here.manager)
    answers = {
        send(
            client, address, **moving(bodies.theirs.case, reason="x", agrees="yes", searched="x")
        ).status_code
        for address in addresses_of(bodies.theirs)
        if "json" not in address
    }
    assert answers <= {404, 405}
    assert row_counts() == before


@pytest.mark.parametrize("asked", ["code", "reference", "notification_reference"])
def test_search_finds_nothing_of_another_partnership(bodies: Bodies, asked: str) -> None:
    Case.objects.filter(pk=bodies.theirs.case.pk).update(
        reference_partnership=bodies.there.partnership, reference_body="WSCP", reference_year=2026,
        reference_number=7, notification_reference="SIN-9",
    )  # fmt: skip
    theirs = Case.objects.get(pk=bodies.theirs.case.pk)
    query = {"q": getattr(theirs, asked)}
    for person, found in ((bodies.here.manager, set()), (bodies.there.manager, {str(theirs.pk)})):
        client = signed_in(person)
        assert linked(client.get(reverse("case-list"), query), "cases") == found
        response: Any = client.get(reverse("case-list-csv"), query)
        assert response.getvalue().decode().count("\n") == 1 + len(found)


def test_the_code_of_a_return_finds_its_case_only_for_who_sees_the_return(bodies: Bodies) -> None:
    # Given the independent chair, who sees the cases of the partnership and none of the returns
    code = bodies.mine.gp.code
    for person, found in ((bodies.here.manager, {str(bodies.mine.case.pk)}), (bodies.here.chair, set())):
        assert linked(signed_in(person).get(reverse("case-list"), {"q": code}), "cases") == found


# ---- Agencies ----------------------------------------------------------------------------------
def test_an_agency_opens_its_own_return_and_no_other_page(bodies: Bodies) -> None:
    client = signed_in(bodies.here.gp_author)
    case, gp, school, record = bodies.mine
    assert client.get(gp.get_absolute_url()).status_code == 200
    for other in (case, school, record):
        assert client.get(other.get_absolute_url()).status_code == 404


# ---- Canaries ----------------------------------------------------------------------------------
def test_the_child_and_the_facts_are_nowhere_but_where_they_belong(bodies: Bodies) -> None:
    # Given every page that somebody can open who has no business with the facts of a case:
    _, gp, school, record = bodies.mine
    lists = [*map(reverse, (*LISTS.values(), "case-list-csv", "home", "notice-list"))]
    facts = {
        who: [*lists, *map(str, (gp.get_absolute_url(), school.get_absolute_url()))]
        for who in bodies.here.people
        if who not in ("manager", "member", "co_chair", "chair", "partner_1", "partner_2", "partner_3")
    }
    for who, addresses in facts.items():
        client = signed_in(bodies.here.people[who])
        for address in addresses:
            page = client.get(address)
            text = b"".join(page).decode()
            # then nobody is told anything: the review was sent, and no agency is asked to look any more.
            assert [c for c in CANARIES if c in text] == [], (who, address)

    # And the lists say nothing to those who do work on it; nor does what the Panel gets.
    for person in (bodies.here.manager, bodies.here.partner_1, bodies.panel):
        client = signed_in(person)
        for address in lists:
            assert not any(c in b"".join(client.get(address)).decode() for c in CANARIES), address
    panel = signed_in(bodies.panel)
    for name in ("panel-record", "panel-record-json"):
        page = panel.get(reverse(name, args=[record.pk])).content.decode()
        assert not any(canary in page for canary in CANARIES)
        assert "2025-11-02" not in page
        assert "2 November 2025" not in page

    # Nor does the ledger, nor any mail or notice.
    rows = [list(LedgerEntry.objects.values()), list(Notice.objects.values())]
    assert Notice.objects.exists()
    assert not any(canary in json.dumps(rows, default=str) for canary in CANARIES)


# ---- No flag, no former seat -------------------------------------------------------------------
NOTHING: dict[str, set[str]] = {"cases": set(), "returns": set(), "panel": set()}


def test_a_superuser_sees_nothing_by_being_one(bodies: Bodies) -> None:
    root = factories.a_person("root@example.org", "Root")
    root.is_superuser = True
    root.save()
    assert root.has_perm("reviews.view_case")  # what Django thinks of it
    assert seen_on_pages(root) == NOTHING
    assert seen_in_the_file(root) == set()
    assert set().union(*(permitted(one, root) for one in bodies.mine)) == set()
    client = signed_in(root)
    assert [client.get(a).status_code for a in addresses_of(bodies.mine)] == [404] * len(
        addresses_of(bodies.mine)
    )


def test_a_person_made_inactive_is_out_with_the_next_request(bodies: Bodies) -> None:
    manager: Any = bodies.here.manager
    client, page = signed_in(manager), bodies.mine.case.get_absolute_url()
    assert client.get(page).status_code == 200
    manager.is_active = False
    manager.save()
    assert client.get(page).headers["Location"] == f"/sign-in/?next={page}"
    assert not Case.objects.visible_to(manager, at=NOW).exists()


def test_a_member_sees_to_the_end_of_their_last_day(bodies: Bodies, time_machine: Any) -> None:
    manager: Any = bodies.here.manager
    page = bodies.mine.case.get_absolute_url()
    end_membership(manager.memberships.get(), on=TODAY)
    for hour, status in (
        (datetime(2026, 4, 20, 22, 59, tzinfo=UTC), 200),
        (datetime(2026, 4, 20, 23, 0, tzinfo=UTC), 404),
    ):
        time_machine.move_to(hour, tick=False)  # midnight in London
        assert signed_in(manager).get(page).status_code == status
    assert seen_on_pages(manager) == NOTHING


def test_a_member_sees_nothing_before_their_first_day(bodies: Bodies) -> None:
    manager: Any = bodies.here.manager
    membership = manager.memberships.get()
    add_member(manager, membership.seat, starts_on=TODAY + A_DAY)
    assert seen_on_pages(manager) == NOTHING
    add_member(manager, membership.seat, starts_on=TODAY)
    assert seen_on_pages(manager)["cases"] == {str(bodies.mine.case.pk)}


# ---- Deputies ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("starts", "ends", "sees"),
    [(-3, -1, False), (-1, 0, True), (0, 0, True), (0, 2, True), (1, 2, False)],
)
def test_a_deputy_sees_from_the_first_day_to_the_last(
    bodies: Bodies, starts: int, ends: int, sees: bool
) -> None:
    manager: Any = bodies.here.manager
    deputy: Any = bodies.here.gp_author
    appoint_deputy(manager, deputy, starts_on=TODAY + starts * A_DAY, ends_on=TODAY + ends * A_DAY)
    assert (seen_on_pages(deputy)["cases"] == {str(bodies.mine.case.pk)}) is sees
    status = signed_in(deputy).get(bodies.mine.case.get_absolute_url()).status_code
    assert status == (200 if sees else 404)


def test_cover_does_not_chain(bodies: Bodies) -> None:
    manager, first, second = bodies.here.manager, bodies.here.gp_author, bodies.here.school_author
    for person, deputy in ((manager, first), (first, second)):
        appoint_deputy(person, deputy, starts_on=TODAY, ends_on=TODAY)
    assert seen_on_pages(second) == {
        **NOTHING,
        "returns": {str(bodies.mine.gp.pk), str(bodies.mine.school.pk)},
    }


def test_the_deputy_of_somebody_who_left_sees_nothing(bodies: Bodies) -> None:
    manager: Any = bodies.here.manager
    deputy: Any = bodies.here.council_author
    appoint_deputy(manager, deputy, starts_on=TODAY, ends_on=TODAY)
    assert seen_on_pages(deputy)["cases"] == {str(bodies.mine.case.pk)}
    manager.is_active = False
    manager.save()
    assert seen_on_pages(deputy) == NOTHING


# ---- Former partners ---------------------------------------------------------------------------
def test_a_safeguarding_partner_sees_cases_and_returns_for_as_long_as_it_is_one(bodies: Bodies) -> None:
    police: Any = bodies.here.police
    wanted = expected(bodies.here, bodies.mine, "partner_2")
    assert seen_on_pages(bodies.here.partner_2) == wanted
    for is_partner, sees in ((False, NOTHING), (True, wanted)):
        change_agency(
            police, name=police.name, kind=police.kind, email_domain="", is_asked_first=True,
            is_safeguarding_partner=is_partner, is_active=True, by=SYSTEM, at=NOW,
        )  # fmt: skip
        assert seen_on_pages(bodies.here.partner_2) == sees


# ---- To look is not to act ---------------------------------------------------------------------
@pytest.mark.parametrize("who", ["member", "co_chair", "chair", "partner_1"])
def test_who_may_look_may_not_act(bodies: Bodies, who: str) -> None:
    client = signed_in(bodies.here.people[who])
    case = bodies.mine.case
    assert client.get(case.get_absolute_url()).status_code == 200
    acts = [action_url(case, verb) for verb in ACTIONS]
    acts += [reverse(n, args=[case.pk]) for n in ("case-add-child", "case-ask", "decision-send")]
    acts += [reverse("milestone-done", args=[case.pk, "LOC_SINCOPY"])]
    before = row_counts()
    for address, ask in itertools.product(acts, (send, Client.get)):
        answer = ask(client, address, **(moving(case, reason="x") if ask is send else {}))
        assert answer.status_code == 403, address
    assert row_counts() == before
    assert Case.objects.get(pk=case.pk).state == "with_panel"


def test_who_may_not_send_a_return_back_is_not_shown_how(bodies: Bodies) -> None:
    address = reverse("return-send-back", args=[bodies.mine.gp.pk])
    people = ("member", "gp_author", "gp_lead", "manager")
    assert [signed_in(bodies.here.people[who]).post(address).status_code for who in people] == [
        403, 403, 200, 200,
    ]  # fmt: skip


def test_bad_input_73_a_page_that_only_shows_takes_nothing(bodies: Bodies) -> None:
    client, case = signed_in(bodies.here.manager), bodies.mine.case
    shown = [
        case.get_absolute_url(),
        bodies.mine.gp.get_absolute_url(),
        bodies.mine.record.get_absolute_url(),
    ]
    shown += [reverse(name) for name in ("home", "case-list", "case-list-csv", "return-list", "panel-list")]
    before = row_counts()
    assert [send(client, a).status_code for a in shown] == [405] * len(shown)
    assert [client.delete(a).status_code for a in (*shown, action_url(case, "close"))] == [405] * (
        len(shown) + 1
    )
    deleted = client.get(case.get_absolute_url(), headers={"X-HTTP-Method-Override": "DELETE"})
    assert deleted.status_code == 200
    after = row_counts()
    assert {table for table in after if after[table] != before[table]} == set()
    assert (Case.objects.count(), AgencyReturn.objects.count(), PanelRecord.objects.count()) == (2, 4, 2)
