"""Looking after a partnership: emergency relaxations, on somebody's authority, for a time."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from reviews.models import Case, CaseGroupGrant
from reviews.services import rule_changes
from tests import factories
from tests.reviews.administering import AT, TODAY, day, errors_on, form, said, signed_in, text_of
from tests.reviews.asking import text_of as words_of
from workflows.exceptions import WorkflowError
from workflows.models import Fact, RuleVersion
from workflows.rules import Limit

pytestmark = pytest.mark.django_db
QUERY = "?rule=RR_COMPLETE&limit=30wd&from=2026-03-01&to=2026-06-30"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


def a_relaxation(**given: Any) -> dict[str, Any]:
    return form(**{
        "rule": "RR_COMPLETE", "count": "30", "unit": "wd", **day("valid_from", date(2026, 3, 1)),
        **day("valid_to", date(2026, 6, 30)), **given,
    })  # fmt: skip


def confirm(manager: Client, query: str = QUERY, **given: Any) -> Any:
    address = reverse("relaxation-confirm") + query
    [seen] = re.findall(r'name="seen" value="(.*?)"', text_of(manager.get(address)))
    return manager.post(address, form(**{
        "authority": "the Panel’s letter of 19 March", "reason": "A pandemic.", "which": "new", "seen": seen, **given,
    }))  # fmt: skip


def relaxations() -> list[tuple[Any, ...]]:
    return list(RuleVersion.objects.relaxations().values_list("code", "limit", "valid_from", "valid_to"))


def test_a_rule_is_relaxed_after_what_it_would_move_was_shown(
    world: factories.World, manager: Client, case: Case
) -> None:
    # Given a rapid review that runs. When the manager relaxes its rule, for new ones only:
    asked = manager.post(reverse("relaxation-add"), a_relaxation())
    assert asked.url == reverse("relaxation-confirm") + QUERY
    page = text_of(manager.get(asked.url))
    assert (case.code in page, "Friday 10 April 2026" in page, "Friday 1 May 2026" in page) == (
        True,
        True,
        True,
    )
    # and so does the last check, which is planned back from it
    read = words_of(manager.get(asked.url))
    assert "Planned back from it, and moved with it" in read
    row = f"{case.code} Last check of the rapid review before it is sent Wednesday 8 April 2026 Wednesday 29 April 2026"
    assert row in read
    assert relaxations() == []
    response = confirm(manager)

    # Then the book has it, what runs is as it was, and the list shows it with its authority.
    assert said(manager, response) == (
        "Finish the rapid review and send it to the Panel: 30 working days, from 1 March 2026 to 30 June 2026."
    )
    assert relaxations() == [("RR_COMPLETE", "30wd", date(2026, 3, 1), date(2026, 6, 30))]
    assert case.deadlines.get(rule_code="RR_COMPLETE").due_on == date(2026, 4, 10)
    listed = text_of(manager.get(reverse("relaxation-list")))
    for words in ("the Panel’s letter of 19 March", "A pandemic.", "In force", world.manager.full_name):
        assert words in listed


def test_these_too_moves_what_runs_on_that_authority(
    world: factories.World, manager: Client, case: Case
) -> None:
    response = confirm(manager, which="these")
    assert said(manager, response).endswith("1 running deadline counts by it too.")
    clock = case.deadlines.get(rule_code="RR_COMPLETE")
    fact = clock.facts.get(kind="re-ruled")
    assert (clock.due_on, fact.authority, fact.reason, fact.by) == (
        date(2026, 5, 1), "the Panel’s letter of 19 March", "A pandemic.", world.manager,
    )  # fmt: skip
    assert case.deadlines.get(rule_code="LOC_FINAL").due_on == date(2026, 4, 29)  # as was shown
    assert case.ledger.filter(action="re_rule").count() == 1


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"authority": " "}, ["Enter the authority"]),
        ({"reason": ""}, ["Enter the reason"]),
        ({"which": ""}, ["Select what it counts for"]),
        ({"which": "these", "seen": "x"}, [
            "What would move has changed since you were shown it. Look at it again before you go on."
        ]),
    ],
)  # fmt: skip
def test_nothing_is_relaxed_without_authority_reason_and_a_choice(
    world: factories.World, manager: Client, given: dict[str, str], messages: list[str]
) -> None:
    factories.a_notified_case(world)
    response = confirm(manager, **given)
    assert errors_on(response) == messages
    assert (relaxations(), Fact.objects.filter(kind="re-ruled").count()) == ([], 0)


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"rule": "NO_SUCH"}, ["Select the rule"]),
        ({"rule": "LOC_RETURN"}, ["Select the rule"]),
        ({"rule": "YEARLY_SEPT"}, ["Select the rule"]),
        ({"count": "0"}, ["Limit meanwhile must be a whole number between 1 and 731"]),
        (day("valid_to", date(2026, 2, 1)), ["Last day must be on or after 1 March 2026"]),
        ({"valid_from_day": 31, "valid_from_month": 2}, ["First day must be a real date"]),
        (day("valid_to", date(9999, 1, 1)), ["Last day must be before 1 January 2100"]),
        (day("valid_from", date(2010, 1, 1)), [
            "No version of rule &#39;RR_COMPLETE&#39; was in force on 1 January 2010. There was one from 4 July 2018 to "
            "14 December 2023 and from 15 December 2023."
        ]),
    ],
)  # fmt: skip
def test_what_cannot_be_relaxed_is_said(manager: Client, given: dict[str, Any], messages: list[str]) -> None:
    assert errors_on(manager.post(reverse("relaxation-add"), a_relaxation(**given))) == messages
    assert relaxations() == []


@pytest.mark.parametrize(
    "query",
    ["", "?rule=NO_SUCH&limit=30wd&from=2026-03-01&to=2026-06-30", QUERY.replace("30wd", "24h"), QUERY + "x"],
)
def test_an_address_that_no_page_makes_leads_nowhere(manager: Client, query: str) -> None:
    assert manager.get(reverse("relaxation-confirm") + query).status_code == 404


def test_a_relaxation_is_ended_and_one_that_never_began_is_taken_back(
    world: factories.World, manager: Client
) -> None:
    # Given a relaxation in force, and one to come. When both are ended:
    said(manager, confirm(manager))
    said(manager, confirm(manager, query="?rule=SIN_NOTIFY&limit=9wd&from=2026-05-01&to=2026-06-30"))
    began, to_come = (RuleVersion.objects.relaxations().get(code=c) for c in ("RR_COMPLETE", "SIN_NOTIFY"))
    address = reverse("relaxation-end", args=[began.pk])
    ended = manager.post(address, form(**day("last_day", date(2026, 3, 31))))
    assert said(manager, ended).endswith("counts again as it stands from 1 April 2026.")
    gone = manager.post(
        reverse("relaxation-end", args=[to_come.pk]), form(**day("last_day", date(2026, 3, 18)))
    )
    assert said(manager, gone).endswith("never began, and was taken back.")

    # Then the first has its new last day, the second is not in the book; and neither ends in the past.
    assert relaxations() == [("RR_COMPLETE", "30wd", date(2026, 3, 1), date(2026, 3, 31))]
    late = manager.post(address, form(**day("last_day", date(2026, 3, 1))))
    assert errors_on(late) == ["Last day of the relaxation must be today or in the future"]


def test_a_user_administrator_reads_relaxations_and_records_none(
    world: factories.World, manager: Client
) -> None:
    confirm(manager)
    client = signed_in(world.administrator)
    relaxation = RuleVersion.objects.relaxations().get()
    assert "the Panel’s letter" in text_of(client.get(reverse("relaxation-list")))
    for address in (
        reverse("relaxation-add"), reverse("relaxation-confirm") + QUERY, reverse("relaxation-end", args=[relaxation.pk]),
    ):  # fmt: skip
        assert (client.get(address).status_code, client.post(address, form()).status_code) == (403, 403)


def test_the_relaxation_of_another_partnership_and_a_milestone_have_no_page_to_end_them(
    world: factories.World, manager: Client, other: factories.World
) -> None:
    confirm(signed_in(other.manager))
    theirs = RuleVersion.objects.relaxations().get()
    ours = RuleVersion.objects.filter(partnership=world.partnership).first()
    assert ours is not None
    for pk in (theirs.pk, ours.pk):
        assert manager.get(reverse("relaxation-end", args=[pk])).status_code == 404
    assert manager.get(reverse("milestone-edit", args=[theirs.pk])).status_code == 404
    said(manager, confirm(manager))
    own = RuleVersion.objects.relaxations().get(partnership=world.partnership)
    assert manager.get(reverse("milestone-edit", args=[own.pk])).status_code == 404
    RuleVersion.objects.filter(pk=own.pk).delete()
    assert "the Panel’s letter" not in text_of(manager.get(reverse("relaxation-list")))


def test_deadlines_of_cases_that_the_manager_cannot_see_are_counted_and_not_named_and_stay(
    world: factories.World, manager: Client
) -> None:
    # Given two cases, of which the manager sees one. When the rule is relaxed for what runs too:
    seen, unseen = factories.a_notified_case(world), factories.a_notified_case(world)
    CaseGroupGrant.objects.filter(content_object=unseen, permission__codename="view_case").delete()
    page = text_of(manager.get(reverse("relaxation-confirm") + QUERY))
    assert (seen.code in page, unseen.code in page) == (True, False)
    assert "1 more is of cases that you cannot see, and would stay as it is." in page
    confirm(manager, which="these")

    # Then the one moved, and the other did not.
    due = [case.deadlines.get(rule_code="RR_COMPLETE").due_on for case in (seen, unseen)]
    assert due == [date(2026, 5, 1), date(2026, 4, 10)]


def test_the_service_moves_nothing_without_a_reason_though_nothing_runs(world: factories.World) -> None:
    milestone = RuleVersion.objects.get(partnership=world.partnership, code="LOC_RETURN")
    with pytest.raises(WorkflowError, match="without a reason"):
        rule_changes.change_local_milestone(
            milestone, limit=Limit(9, "wd"), valid_from=TODAY, by=world.manager, at=AT, these_too=True, reason=" ",
        )  # fmt: skip
    assert RuleVersion.objects.filter(code="LOC_RETURN", limit="9wd").count() == 0


@pytest.mark.parametrize("who", ["administrator", "member", "chair", "partner_1", "gp_lead"])
def test_only_a_business_manager_changes_what_counts_whoever_calls_the_service(
    world: factories.World, who: str
) -> None:
    person = world.people[who]
    milestone = RuleVersion.objects.get(partnership=world.partnership, code="LOC_RETURN")
    before = list(RuleVersion.objects.values())
    nine = Limit(9, "wd")
    for refused in (
        lambda: rule_changes.preview(world.partnership, "RR_COMPLETE", nine, by=person, at=AT),
        lambda: rule_changes.change_local_milestone(milestone, limit=nine, valid_from=TODAY, by=person, at=AT),
        lambda: rule_changes.relax_rule(
            world.partnership, "RR_COMPLETE", limit=nine, valid_from=TODAY, valid_to=TODAY, authority="x", reason="y",
            by=person, at=AT,
        ),
        lambda: rule_changes.end_relaxation(milestone, last_day=TODAY, by=person, at=AT),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            refused()
    assert list(RuleVersion.objects.values()) == before
