"""The rule book: every rule with its source, as it stood on a day; for everybody who acts in a partnership."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from reviews.milestones import LOCAL
from reviews.models import Case
from reviews.rules import STATUTORY
from tests import factories
from tests.reviews.administering import AT, errors_on, signed_in, text_of
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.relaxing import relax

pytestmark = pytest.mark.django_db
BOOK = "rule-book"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


def cards(response: Any) -> dict[str, str]:
    """Each rule on the page by its code, as text."""
    found = re.findall(r'<div class="govuk-summary-card" id="(\w+)">(.*?)</details>', text_of(response), re.S)
    return {code: re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", card)).strip() for code, card in found}


def on(day: Any, month: Any, year: Any, **more: Any) -> dict[str, Any]:
    return {"on_day": day, "on_month": month, "on_year": year, **more}


@pytest.mark.parametrize(
    "who", ["manager", "member", "chair", "gp_author", "gp_lead", "partner_1", "administrator"]
)
def test_everybody_of_a_partnership_reads_the_whole_book(world: factories.World, who: str) -> None:
    found = cards(signed_in(world.people[who]).get(reverse(BOOK)))
    assert set(found) == {rule.code for rule in (*STATUTORY, *LOCAL) if rule.in_force(date(2026, 3, 18))}


def test_who_acts_in_no_partnership_has_no_book(world: factories.World) -> None:
    assert signed_in(factories.a_panel_member()).get(reverse(BOOK)).status_code == 404
    assert Client().get(reverse(BOOK)).status_code == 302
    assert signed_in(world.manager).post(reverse(BOOK)).status_code == 405


def test_nobody_reads_the_book_of_another_partnership(world: factories.World, other: factories.World) -> None:
    client = signed_in(world.gp_author)
    assert client.get(reverse(BOOK), {"partnership": str(other.partnership.pk)}).status_code == 404
    assert client.get(reverse(BOOK), {"partnership": "x"}).status_code == 404
    assert client.get(reverse(BOOK), {"partnership": str(world.partnership.pk)}).status_code == 200


def test_a_rule_stands_with_its_limit_start_source_and_how_sure_we_are(world: factories.World) -> None:
    page = signed_in(world.gp_author).get(reverse(BOOK))
    found = cards(page)
    for words in (
        "Limit 15 working days, from: notification sent", "by safeguarding partners, to the Panel (must)",
        "Panel guidance for safeguarding partners; Working Together 2023 ch. 5 (seen in the source)",
        "Counted: working days of England and Wales; the next working day after day 0 is day 1.",
        "The source is as at Working Together 2023; the 2026 edition has not been checked.", "its 2 versions",
        "In force from Wednesday 4 July 2018 to Thursday 14 December 2023: 15 working days",
    ):  # fmt: skip
        assert words in found["RR_COMPLETE"]
    assert "recalled, not yet seen in the source" in found["PUB_ADVANCE"]
    assert "set locally" in found["LOC_RETURN"]
    assert "Not yet kept by this system" in found["YEARLY_SEPT"]
    assert "by 30 September" in found["YEARLY_SEPT"]
    assert "48 hours" in found["CDR_NOTIFY"]
    assert "every 3 months" in found["LOC_ACTIONS"]
    assert {code for code, card in found.items() if "Not yet kept" in card} == {
        rule.code for rule in STATUTORY if not rule.is_kept and rule.in_force(date(2026, 3, 18))
    }
    text = text_of(page)
    assert "as at Working Together 2023; the 2026 edition has not been checked" in text
    assert re.search(r"Of the 19 set by law and guidance, \d+ are recalled or inferred", text)
    assert "the hour makes no difference" in text  # the cut-off is off by default, and the page says so
    assert '<code>LOC_SUBMIT</code> stands as <a class="govuk-link" href="#RR_COMPLETE">' in text


def test_edge_13_the_page_answers_which_rule_applied_when(world: factories.World) -> None:
    client = signed_in(world.gp_author)
    page = client.get(reverse(BOOK), on(1, 12, 2023))
    found = cards(page)
    assert "As it stood on Friday 1 December 2023." in text_of(page)
    assert (
        "Source Panel guidance for safeguarding partners; Working Together 2018 ch. 4" in found["RR_COMPLETE"]
    )
    assert "CARELEAVER_DEATH" not in found
    assert "Not in force on that day" in text_of(page)
    assert set(cards(client.get(reverse(BOOK), on(4, 5, 2014)))) == {"SCR_LEGACY", "CDR_NOTIFY"}
    assert "no milestones of its own on that day" in text_of(client.get(reverse(BOOK), on(4, 5, 2014)))


def test_a_relaxation_stands_in_place_of_its_rule_on_its_days_with_its_authority(
    world: factories.World,
) -> None:
    relax(
        world.partnership, "RR_COMPLETE", limit=Limit(30, "wd"), valid_from=date(2026, 3, 1),
        valid_to=date(2026, 3, 31), authority="the Panel’s <b>letter", reason="A pandemic.", by=world.manager, at=AT,
    )  # fmt: skip
    client = signed_in(world.gp_author)
    card = cards(client.get(reverse(BOOK)))["RR_COMPLETE"]
    for words in ("Emergency relaxation", "30 working days", "the Panel’s &lt;b&gt;letter", "A pandemic."):
        assert words in card
    assert "Emergency relaxation 1" not in cards(client.get(reverse(BOOK), on(1, 4, 2026)))["RR_COMPLETE"]
    assert "Limit 15 working days" in cards(client.get(reverse(BOOK), on(1, 4, 2026)))["RR_COMPLETE"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (on(31, 2, 2020), "The rule book as it stood on must be a real date"),
        (on(1, 1, 9999), "The rule book as it stood on must be before 1 January 2100"),
        (on(1, 1, 1899), "The rule book as it stood on must be after 1 January 1900"),
        (on("", "", ""), "Enter a day"),
        ({"on_day": "x", "on_month": "1", "on_year": "2020"}, "Day must be a number"),
    ],
)
def test_a_day_that_is_none_is_said_and_todays_book_shown(
    world: factories.World, asked: dict[str, Any], message: str
) -> None:
    page = signed_in(world.gp_author).get(reverse(BOOK), asked)
    assert errors_on(page) == [message]
    assert "As it stands today, Wednesday 18 March 2026." in text_of(page)


def test_the_proof_of_every_deadline_leads_to_its_rule_as_it_stood_on_day_0(
    world: factories.World, case: Case
) -> None:
    client = signed_in(world.manager)
    pages = [
        client.get(reverse("case-deadline", args=[case.pk, deadline.pk])).content.decode()
        for deadline in case.deadlines.all()
    ]
    addresses = [address for page in pages for address in re.findall(r'href="(/rules/[^"]*)"', page)]
    assert len(addresses) == case.deadlines.count() > 5
    for address in addresses:
        path, code = address.replace("&amp;", "&").split("#")
        assert code in cards(client.get(path))


@pytest.mark.parametrize("versions", [1, 3])
def test_the_book_costs_the_same_however_many_versions_it_has(
    world: factories.World, versions: int, django_assert_num_queries: Any
) -> None:
    rule = RuleVersion.objects.get(partnership=world.partnership, code="LOC_RETURN")
    for number in range(1, versions):
        rule.pk, rule.valid_from, rule.valid_to = None, date(2010 + number, 1, 1), date(2010 + number, 12, 31)
        rule.save(force_insert=True)
    client = signed_in(world.gp_author)
    with django_assert_num_queries(9):
        client.get(reverse(BOOK))
