"""Looking after a partnership: its reminders, step by step."""

import re
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from reviews.rules import AUDIENCES, LADDER_NAMES, LADDERS
from reviews.services.reminders import change_ladder
from tests import factories
from tests.reviews.administering import AT, errors_on, form, said, signed_in, text_of
from workflows.exceptions import LadderError
from workflows.ladders import Rung
from workflows.models import Deadline, LadderVersion, LedgerEntry
from workflows.services.ladders import ladder_of

pytestmark = pytest.mark.django_db
STEP = "before-4:business-manager"
WORDS = "4 working days before: business manager"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def the_change(step: str = STEP, way: str = "add", name: str = "rapid-review") -> str:
    return reverse("ladder-change", args=[name, way, step])


def section(page: str, name: str) -> str:
    return page.split(f'id="ladder-{name}"')[1].split("</section>")[0]


def steps_in(html: str) -> list[str]:
    return [
        re.sub(r" ?<a .*", "", step).strip() for step in re.findall(r"<li[^>]*>(.*?)</li>", html, re.DOTALL)
    ]


def a_step(**given: Any) -> dict[str, Any]:
    return form(**{"tell": "business-manager", "when": "before", "days": "4", **given})


def keys(world: factories.World, name: str = "rapid-review") -> list[str]:
    return [rung.key for rung in ladder_of(world.partnership, name).rungs]


def test_every_ladder_with_steps_has_a_name_and_every_audience_words() -> None:
    assert set(LADDER_NAMES) == {name for name, rungs in LADDERS.items() if rungs}
    assert {rung.tell for rungs in LADDERS.values() for rung in rungs} <= set(AUDIENCES)


def test_ladders_are_listed_with_their_deadlines_and_their_steps_in_words(manager: Client) -> None:
    page = text_of(manager.get(reverse("ladder-list")))
    shown = section(page, "return")
    assert steps_in(shown) == [
        "3 working days before: agency author",
        "1 working day before: agency author",
        "On the day: agency author",
        "1 working day late: business manager",
        "1 working day late: agency safeguarding lead",
        "3 working days late: agency’s delegated partner",
    ]
    assert "For: Agency return (7 working days); Agency return, asked for later (5 working days)." in shown
    assert "As suggested: nobody here has changed it." in shown
    assert (
        "Finish the rapid review and send it to the Panel (15 working days, set by law and guidance)" in page
    )
    assert "Worth a look" not in page


def test_a_step_is_added_for_new_deadlines_after_a_look_at_what_it_would_touch(
    world: factories.World, manager: Client, case: Case
) -> None:
    # Given a case whose rapid review runs

    # When the manager gives a step, then the page says what it would touch, and nothing is changed yet
    response = manager.post(reverse("ladder-add", args=["rapid-review"]), a_step())
    assert response.status_code == 302, errors_on(response)
    assert response.url == the_change()
    page = text_of(manager.get(response.url))
    assert WORDS in page
    assert "1 open deadline would have other steps still to come, if it followed:" in page
    assert (
        f"{case.code}</a>: Finish the rapid review and send it to the Panel, due Friday 10 April 2026" in page
    )
    assert not LadderVersion.objects.exists()

    # When she confirms, then it counts for those that start from now on, and the list says who set it
    answer = manager.post(the_change(), form(climbers="new", seen="0"))
    assert said(manager, answer) == f"{WORDS}: added to “The rapid review”."
    assert STEP in keys(world)
    shown = section(text_of(manager.get(reverse("ladder-list"))), "rapid-review")
    assert WORDS in steps_in(shown)
    assert "Version 1, set on Wednesday 18 March 2026" in shown
    assert "by Manager of Northborough, for deadlines that started from then on." in shown
    assert not Deadline.objects.filter(rungs__key=STEP).exists()


def test_a_step_is_added_for_running_deadlines_too(
    world: factories.World, manager: Client, case: Case
) -> None:
    manager.post(the_change(), form(climbers="running", seen="0"))
    [deadline] = Deadline.objects.filter(rungs__key=STEP)
    assert (deadline.subject_id, deadline.rule_code) == (case.pk, "RR_COMPLETE")
    assert (
        LedgerEntry.objects.filter(chain=case.pk, action="change_ladder", actor=str(world.manager.pk)).count()
        == 1
    )


def test_only_new_ones_is_what_is_chosen_at_first(manager: Client) -> None:
    page = text_of(manager.get(the_change()))
    assert re.search(r'value="new" checked', page)
    assert not re.search(r'value="running" checked', page)


def test_a_step_is_removed(world: factories.World, manager: Client) -> None:
    address = the_change("before-5:business-manager", "remove")
    assert address in text_of(manager.get(reverse("ladder-list")))
    answer = manager.post(address, form(climbers="new", seen="0"))
    assert (
        said(manager, answer) == "5 working days before: business manager: removed from “The rapid review”."
    )
    assert "before-5:business-manager" not in keys(world)


def test_a_statutory_clock_is_not_left_to_pass_in_silence(world: factories.World, manager: Client) -> None:
    # Given that the manager is told on the day no more, the last step that tells her of lateness cannot go:
    manager.post(the_change("due:business-manager", "remove"), form(climbers="new", seen="0"))
    response = manager.post(the_change("after-1:business-manager", "remove"), form(climbers="new", seen="1"))
    assert errors_on(response) == [
        "Cannot leave a deadline set by law without a step on the day or after it that tells the business manager: "
        "it could pass in silence. Add another such step first."
    ]
    assert "after-1:business-manager" in keys(world)


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"tell": ""}, ["Select whom to tell"]),
        ({"tell": "author"}, ["Select whom to tell"]),  # a case has no author
        ({"tell": "panel"}, ["Select whom to tell"]),
        ({"when": ""}, ["Select when they are told"]),
        ({"days": ""}, ["Enter the number of working days"]),
        ({"when": "due"}, ["Leave the number of working days empty: they are told on the day"]),
        ({"days": "61"}, ["How many working days before or after? must be a whole number between 1 and 60"]),
        ({"days": "5"}, ["Cannot add that step: it is there already."]),
    ],
)
def test_what_cannot_be_a_step_is_said(manager: Client, given: dict[str, Any], messages: list[str]) -> None:
    response = manager.post(reverse("ladder-add", args=["rapid-review"]), a_step(**given))
    assert errors_on(response) == messages
    assert not LadderVersion.objects.exists()


def test_a_ladder_has_twelve_steps_at_most(world: factories.World, manager: Client) -> None:
    for number in range(4):
        step = f"after-{10 + number}:business-manager"
        manager.post(the_change(step), form(climbers="new", seen=str(number)))
    assert len(keys(world)) == 12
    response = manager.post(reverse("ladder-add", args=["rapid-review"]), a_step())
    assert errors_on(response) == ["Cannot have more than 12 steps: nobody reads so many. Remove one first."]


def test_who_looked_before_another_changed_it_looks_again(world: factories.World, manager: Client) -> None:
    manager.post(the_change(), form(climbers="new", seen="0"))
    response = manager.post(the_change("before-2:independent-chair"), form(climbers="new", seen="0"))
    assert errors_on(response) == [
        "Cannot change these reminders: somebody has just changed them. Look, and try again."
    ]
    assert LadderVersion.objects.count() == 1


def test_what_does_not_suit_a_period_is_worth_a_look(manager: Client) -> None:
    for place, days in enumerate((40, 20)):
        step = f"before-{days}:business-manager"
        manager.post(the_change(step, "remove", "months"), form(climbers="new", seen=str(place)))
    shown = section(text_of(manager.get(reverse("ladder-list"))), "months")
    assert "Worth a look:" in shown
    assert (
        "Complete and publish the practice review (6 months): Between the reminders 60 working days before"
        in shown
    )


def test_a_user_administrator_reads_reminders_and_changes_none(world: factories.World) -> None:
    client = signed_in(world.administrator)
    assert ">Remove<span" not in text_of(client.get(reverse("ladder-list")))
    for address in (reverse("ladder-add", args=["return"]), the_change()):
        assert (client.get(address).status_code, client.post(address, form()).status_code) == (403, 403)


def test_nobody_else_has_such_pages_nor_those_of_another_partnership(
    world: factories.World, manager: Client
) -> None:
    other = factories.a_world("Southborough")
    for person in (world.member, world.gp_author, world.partner_1):
        assert signed_in(person).get(reverse("ladder-list")).status_code == 404
    for address in (reverse("ladder-list"), reverse("ladder-add", args=["return"]), the_change()):
        there = f"{address}?partnership={other.partnership.pk}"
        assert manager.get(there).status_code == 404
        assert manager.post(there, form(climbers="running", seen="0")).status_code in (404, 405)
    assert not LadderVersion.objects.exists()


@pytest.mark.parametrize("who", ["administrator", "member", "chair", "partner_1", "gp_lead", "stranger"])
def test_the_service_refuses_whoever_does_not_run_the_partnership(world: factories.World, who: str) -> None:
    person = factories.a_world("Southborough").manager if who == "stranger" else world.people[who]
    with pytest.raises(PermissionDenied):
        change_ladder(world.partnership, "return", (), seen=0, also_running=False, by=person, at=AT)  # type: ignore[arg-type]
    assert not LadderVersion.objects.exists()


def test_the_service_refuses_an_audience_that_these_deadlines_do_not_have(world: factories.World) -> None:
    steps = (Rung("business-manager"), Rung("author", after=1))
    with pytest.raises(LadderError, match="Cannot tell author here"):
        change_ladder(
            world.partnership, "rapid-review", steps, seen=0, also_running=False, by=world.manager, at=AT  # type: ignore[arg-type]
        )  # fmt: skip


def test_a_change_touches_no_deadline_of_another_partnership(world: factories.World, manager: Client) -> None:
    other = factories.a_world("Southborough")
    factories.a_notified_case(other)
    assert "No open deadline would change" in text_of(manager.get(the_change()))
    manager.post(the_change(), form(climbers="running", seen="0"))
    assert not Deadline.objects.filter(rungs__key=STEP).exists()
    assert STEP not in keys(other)


@pytest.mark.parametrize(
    "step", ["before-0:business-manager", "never:business-manager", "due:author", "due:nobody"]
)
def test_what_is_no_step_has_no_page(manager: Client, step: str) -> None:
    assert manager.get(the_change(step)).status_code == 404


def test_a_step_is_added_or_removed_and_nothing_else(manager: Client) -> None:
    assert manager.get(the_change()).status_code == 200
    assert manager.get(the_change(way="move")).status_code == 404


@pytest.mark.parametrize("name", ["quiet", "mountain"])
def test_what_is_no_ladder_has_no_page(manager: Client, name: str) -> None:
    assert manager.get(reverse("ladder-add", args=[name])).status_code == 404
