"""Looking after a partnership: its own milestones, beside what the law sets."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from reviews.services import cases
from tests import factories
from tests.reviews.administering import AT, a_milestone, day, errors_on, form, said, signed_in, text_of
from tests.standing import standing
from workflows.ladders import Rung
from workflows.models import RuleVersion
from workflows.services.ladders import change_ladder, ladder_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def a_limit(**given: Any) -> dict[str, Any]:
    return form(**{"count": "5", "unit": "wd", **day("valid_from", date(2026, 4, 1)), **given})


def test_milestones_and_statutory_rules_are_listed_with_their_sources(
    world: factories.World, manager: Client
) -> None:
    page = text_of(manager.get(reverse("milestone-list")))

    assert "as at Working Together 2023; the 2026 edition has not been checked" in page
    assert "Children Act 2004 s.16C(1); Working Together 2023 ch. 5 (seen in the source)" in page
    assert "SI 2018/789 Part 3; Working Together 2023 ch. 5 (recalled, not yet seen in the source)" in page
    row = next(row for row in page.split("<tr ") if ">Agency return\n" in row)
    assert re.findall("<li>(.*?)</li>", row) == [
        "3 working days before: agency author",
        "1 working day before: agency author",
        "On the day: agency author",
        "1 working day late: business manager",
        "1 working day late: agency safeguarding lead",
        "3 working days late: agency’s delegated partner",
    ]
    local = RuleVersion.objects.filter(partnership=world.partnership).count()
    assert page.count(">Change<span") == local


def confirmed(manager: Client, address: str, **given: Any) -> Any:
    """Answer the page that shows what a limit would move: as it shows it, unless told otherwise."""
    page = text_of(manager.get(address))
    [seen] = re.findall(r'name="seen" value="(.*?)"', page)
    return manager.post(address, form(**{"which": "new", "seen": seen, **given}))


def moves_on(response: Any) -> list[list[str]]:
    """The rows of what would move, each cell as text."""
    rows = (
        text_of(response)
        .split("What it would move")[1]
        .split("<tbody")[1]
        .split("</tbody>")[0]
        .split("<tr ")[1:]
    )
    return [
        [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd] [^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in rows
    ]


@standing
def running(world: factories.World) -> Case:
    """A case with two returns asked for, due after seven working days: Friday 27 March."""
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case, at=AT)
    return case


def due_of(case: Case) -> set[date | None]:
    return {d.due_on for r in case.returns.all() for d in r.deadlines.filter(rule_code="LOC_RETURN")}


def test_a_new_limit_shows_what_it_would_move_and_changes_nothing_before_it_is_confirmed(
    world: factories.World, manager: Client, running: Case
) -> None:
    milestone = a_milestone(world)
    address = reverse("milestone-edit", args=[milestone.pk])
    page = text_of(manager.get(address))
    assert "7 working days, from Wednesday 4 July 2018" in page
    assert "Deadlines that run already keep the limit they began with." in page

    response = manager.post(address, a_limit())

    assert response.url == (reverse("milestone-confirm", args=[milestone.pk]) + "?limit=5wd&from=2026-04-01")
    assert sorted(moves_on(manager.get(response.url))) == sorted(
        [f"{running.code}, {agency}", "Friday 27 March 2026", "Wednesday 25 March 2026"]
        for agency in (world.gp.name, world.school.name)
    )
    assert a_milestone(world).limit == "7wd"
    back = text_of(manager.get(address + "?limit=5wd&from=2026-04-01"))
    assert 'value="5"' in back


def test_a_milestone_planned_back_is_changed_by_how_long_before(
    world: factories.World, manager: Client, running: Case
) -> None:
    # Given the last check, two working days before the rapid review is due on Friday 10 April
    address = reverse("milestone-edit", args=[a_milestone(world, "LOC_FINAL").pk])
    page = text_of(manager.get(address))
    assert ("How long before" in page, 'value="2"' in page) == (True, True)
    assert ('name="repeats"' in page, 'name="cut_off"' in page) == (False, False)

    # When it is to be three, then that is what would move, and what is set; forwards it is not to be had
    asked = manager.post(address, a_limit(count="3"))
    there = reverse("milestone-confirm", args=[a_milestone(world, "LOC_FINAL").pk])
    assert asked.url == f"{there}?limit=-3wd&from=2026-04-01"
    assert moves_on(manager.get(asked.url)) == [
        [running.code, "Wednesday 8 April 2026", "Tuesday 7 April 2026"]
    ]
    assert manager.get(f"{there}?limit=3wd&from=2026-04-01").status_code == 404
    confirmed(manager, asked.url, which="these", reason="A longer check.")
    assert a_milestone(world, "LOC_FINAL").limit == "-3wd"
    assert running.deadlines.get(rule_code="LOC_FINAL").due_on == date(2026, 4, 7)


def test_who_is_told_is_said_as_the_partnership_set_it(world: factories.World, manager: Client) -> None:
    steps = (*ladder_of(world.partnership, "milestone").rungs, Rung("independent-chair", after=4))
    ladders = {"seen": 0, "also_running": False, "by": world.manager, "at": AT}
    change_ladder(world.partnership, "milestone", steps, **ladders)
    there = reverse("milestone-edit", args=[a_milestone(world, "LOC_FINAL").pk])
    for address in (reverse("milestone-list"), there):
        assert "4 working days late: independent chair" in text_of(manager.get(address))


def test_only_new_ones_is_the_default_and_running_deadlines_keep_theirs(
    world: factories.World, manager: Client, running: Case
) -> None:
    milestone = a_milestone(world)
    asked = manager.post(reverse("milestone-edit", args=[milestone.pk]), a_limit())
    page = text_of(manager.get(asked.url))
    assert re.search(r'value="new"\s+checked', page)

    response = confirmed(manager, asked.url)

    assert said(manager, response) == "Agency return: 5 working days, from 1 April 2026."
    versions = RuleVersion.objects.filter(code="LOC_RETURN", partnership=world.partnership)
    assert list(versions.values_list("limit", "valid_from", "valid_to")) == [
        ("7wd", date(2018, 7, 4), date(2026, 3, 31)), ("5wd", date(2026, 4, 1), None),
    ]  # fmt: skip
    assert due_of(running) == {date(2026, 3, 27)}
    listed = text_of(manager.get(reverse("milestone-list")))
    assert "Until Tuesday 31 March 2026" in listed
    assert "From Wednesday 1 April 2026" in listed


def test_these_too_moves_what_runs_with_the_reason(
    world: factories.World, manager: Client, running: Case
) -> None:
    asked = manager.post(reverse("milestone-edit", args=[a_milestone(world).pk]), a_limit(count="9"))

    response = confirmed(manager, asked.url, which="these", reason="The schools are closed.")

    assert said(manager, response) == (
        "Agency return: 9 working days, from 1 April 2026. 2 running deadlines count by it too."
    )
    assert due_of(running) == {date(2026, 3, 31)}
    clock = running.returns.first().deadlines.get(rule_code="LOC_RETURN")
    fact = clock.facts.get(kind="re-ruled")
    assert (fact.by, fact.authority, fact.reason) == (
        world.manager, world.partnership.name, "The schools are closed.",
    )  # fmt: skip
    assert set(clock.rungs.ahead().values_list("due_at", flat=True)) == {clock.due_at}
    assert running.ledger.filter(action="re_rule").count() == 2


def test_what_runs_is_not_moved_without_a_reason(
    world: factories.World, manager: Client, running: Case
) -> None:
    asked = manager.post(reverse("milestone-edit", args=[a_milestone(world).pk]), a_limit(count="9"))
    response = confirmed(manager, asked.url, which="these", reason=" ")
    assert errors_on(response) == ["Enter the reason why they are moved"]
    assert (due_of(running), a_milestone(world).limit) == ({date(2026, 3, 27)}, "7wd")


def test_what_would_move_is_shown_again_when_it_is_no_longer_what_was_shown(
    world: factories.World, manager: Client, running: Case
) -> None:
    # Given the page before somebody. When a return is cancelled meanwhile, and they go on:
    asked = manager.post(reverse("milestone-edit", args=[a_milestone(world).pk]), a_limit(count="9"))
    [seen] = re.findall(r'name="seen" value="(.*?)"', text_of(manager.get(asked.url)))
    cases.cancel_return(running.returns.first(), reason="x", by=world.manager, at=AT)
    response = manager.post(asked.url, form(which="these", reason="y", seen=seen))

    # Then nothing moved, and the page shows what would now, with what they typed.
    assert errors_on(response) == [
        "What would move has changed since you were shown it. Look at it again before you go on."
    ]
    assert len(moves_on(response)) == 1
    assert ">y</textarea>" in text_of(response)
    assert (due_of(running), a_milestone(world).limit) == ({date(2026, 3, 27)}, "7wd")


def test_a_cut_off_a_roll_and_a_repeat_are_set_and_kept(world: factories.World, manager: Client) -> None:
    address = reverse("milestone-edit", args=[a_milestone(world, "LOC_ACTIONS").pk])
    page = text_of(manager.get(address))
    assert re.search(r'name="repeats"[^>]*\schecked', page)

    given = a_limit(count="2", unit="mo", roll="next", repeats="yes", cut_off="5pm")
    confirmed(manager, manager.post(address, given).url)

    changed = a_milestone(world, "LOC_ACTIONS")
    assert changed.limit == "2mo roll repeating cutoff 17:00"
    assert (
        "every 2 months, or the next working day; from 17:00 an event counts as of the next day"
        in text_of(manager.get(reverse("milestone-list")))
    )


@pytest.mark.parametrize(
    "query",
    ["", "?limit=5wd", "?limit=x&from=2026-04-01", "?limit=-5wd&from=2026-04-01", "?limit=24h&from=2026-04-01",
     "?limit=5wd&from=2026-02-31", "?limit=5wd&from=9999-01-01"],
)  # fmt: skip
def test_an_address_that_no_page_makes_leads_nowhere(
    world: factories.World, manager: Client, query: str
) -> None:
    address = reverse("milestone-confirm", args=[a_milestone(world).pk]) + query
    assert (manager.get(address).status_code, manager.post(address, form(which="new")).status_code) == (
        404,
        404,
    )


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"count": ""}, ["Enter the limit"]),
        ({"count": "0"}, ["Limit must be a whole number between 1 and 731"]),
        ({"count": "-7"}, ["Limit must be a whole number between 1 and 731"]),
        ({"count": "25", "unit": "mo"}, ["Limit must be two years or less"]),
        ({"unit": "years"}, ["Select what it is counted in"]),
        (day("valid_from", date(2026, 3, 17)), ["First day it counts must be today or in the future"]),
        (
            {"valid_from_day": 31, "valid_from_month": 2, "valid_from_year": 2027},
            ["First day it counts must be a real date"],
        ),
        (day("valid_from", date(9999, 1, 1)), ["First day it counts must be before 1 January 2100"]),
        ({"cut_off": "25:00"}, ["Cut-off must have a time like 14:30 or 2:30pm"]),
        ({"roll": "next"}, ["Select “It stays that day”: working days end on a working day"]),
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
    confirmed(manager, manager.post(address, a_limit()).url)

    response = confirmed(manager, manager.post(address, a_limit(count="6")).url)

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
