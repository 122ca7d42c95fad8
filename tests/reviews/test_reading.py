"""Reading: whatever shows a case or a part of it stands in its ledger; what lists nothing takes no lock."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import Case
from reviews.questions import DECISION_FORM
from reviews.services import returns
from tests import factories
from tests.factories import World
from tests.reviews.asking import signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 7, 9, tzinfo=UTC)


def entries(case: Case) -> list[tuple[str, str, str]]:
    return list(case.ledger.values_list("actor", "action", "target"))


def test_opening_a_section_of_a_return_stands_in_the_ledger(world: World, time_machine: Any) -> None:
    # Given a section that the author wrote. When the safeguarding lead opens it to write:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
    returns.save_section(gp, "chronology", {"events": "CANARY"}, by=world.gp_author, at=NOW)
    before = entries(case)
    response = signed_in(world.gp_lead).get(reverse("return-section", args=[gp.pk, "chronology"]))

    # Then they see it, and the ledger says so, once.
    assert "CANARY" in response.content.decode()
    assert entries(case) == [*before, (str(world.gp_lead.pk), "read", f"reviews.agencyreturn {gp.pk}")]


def test_opening_a_section_of_the_decision_stands_in_the_ledger(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_notified_case(world)
    section = next(iter(DECISION_FORM)).code
    before = entries(case)
    response = signed_in(world.manager).get(reverse("decision-section", args=[case.pk, section]))
    assert response.status_code == 200
    assert entries(case) == [*before, (str(world.manager.pk), "read", f"reviews.case {case.pk}")]


def test_what_was_not_shown_was_not_read(world: World, time_machine: Any) -> None:
    # Given people of another agency, and a section that is none. When they ask, then nobody has read anything.
    time_machine.move_to(NOW, tick=False)
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
    before = entries(case)
    for person, section in ((world.school_author, "chronology"), (world.gp_author, "no-such-section")):
        address = reverse("return-section", args=[gp.pk, section])
        assert signed_in(person).get(address).status_code == 404
    assert entries(case) == before


def test_a_page_that_only_asks_something_about_a_return_is_told_as_well(
    world: World, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
    before = entries(case)
    assert signed_in(world.gp_author).get(reverse("return-nil", args=[gp.pk])).status_code == 200
    assert entries(case) == [*before, (str(world.gp_author.pk), "read", f"reviews.agencyreturn {gp.pk}")]


@pytest.mark.django_db(transaction=True)
def test_home_begins_no_transaction() -> None:
    # Given a database on which beginning a transaction is taking the lock of all who write. When home is opened:
    client = signed_in(factories.a_world().manager)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("home")).status_code == 200

    # Then it begins none.
    assert [q["sql"] for q in asked.captured_queries if q["sql"].startswith("BEGIN")] == []
