"""Looking after a partnership: its own milestones, beside what the law sets."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from tests import factories
from tests.reviews.administering import AT, a_milestone, day, errors_on, form, said, signed_in, text_of
from workflows.models import RuleVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def world() -> factories.World:
    return factories.a_world()


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
    assert "Children Act 2004 s.16C(1); Working Together 2018 ch. 4, 2023 ch. 5 (seen in the source)" in page
    assert "SI 2018/789 Part 3; Working Together 2023 ch. 5 (recalled, not yet seen in the source)" in page
    row = next(row for row in page.split("<tr ") if ">Agency return\n" in row)
    assert re.findall("<li>(.*?)</li>", row) == [
        "3 working days before: agency author",
        "1 working day before: agency author",
        "On the day: agency author",
        "1 working day late: agency safeguarding lead",
        "1 working day late: business manager",
        "3 working days late: agency’s delegated partner",
    ]
    local = RuleVersion.objects.filter(partnership=world.partnership).count()
    assert page.count(">Change<span") == local


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
        ({"count": ""}, ["Enter the limit"]),
        ({"count": "0"}, ["Limit must be a whole number between 1 and 731"]),
        ({"count": "-7"}, ["Limit must be a whole number between 1 and 731"]),
        ({"count": "25", "unit": "mo"}, ["Limit must be two years or less"]),
        ({"unit": "years"}, ["Select what it is counted in"]),
        (day("valid_from", date(2026, 3, 17)), ["First day it counts must be today or in the future"]),
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
