"""What somebody who has not signed in gets: the sign-in page, from every address there is."""

import uuid

import pytest
from django.test import Client

from config.manifest import MANIFEST
from tests import factories
from tests.house.routes import every_route
from tests.reviews.asking import row_counts

pytestmark = pytest.mark.django_db
FEED = "due/feed.ics"
"""The calendar feed: the one address of content without sign-in. The secret in it stands for the person."""
OPEN = ("sign-in/", "sign-out/", "set-password/", "forgotten-password/", FEED)
"""Addresses under which somebody signs in, or is about to. Health answers machines."""

SOMEWHERE_ELSE = [
    "https://evil.test",
    "//evil.test",
    "/\\evil.test",
    "javascript:alert(1)",
    "http:///evil.test",
    "\thttps://evil.test",
]


def addresses() -> list[str]:
    """Every address of the product, with something in each place that takes something."""
    return [route.path.removeprefix("/") for route in every_route()]


WANTED = [a for a in addresses() if not a.startswith((*OPEN, "health/", "static/", ".well-known/"))]


def test_there_are_addresses_to_try() -> None:
    assert {"", "cases/", "cases.csv", "returns/", "panel/", "notices/"} <= set(WANTED)


def answers(address: str, method: str) -> bool:
    """Whether the manifest has that address answer the method at all."""
    line = MANIFEST.lines[next(route.pattern for route in every_route() if route.path == f"/{address}")]
    return method in line.methods


@pytest.mark.parametrize("address", [address for address in WANTED if answers(address, "GET")])
def test_every_address_asks_for_sign_in(address: str) -> None:
    answer = Client().get(f"/{address}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/?next=/{address}")


def test_the_calendar_feed_of_nobody_is_not_found_and_nothing_can_be_sent_to_it() -> None:
    assert FEED in set(addresses())
    assert [Client().get(f"/{FEED}{key}").status_code for key in ("", "?key=", "?key=1")] == [404, 404, 404]
    assert Client().post(f"/{FEED}").status_code == 405


def test_nothing_can_be_sent_without_signing_in() -> None:
    before = row_counts()
    for address in WANTED:
        if not answers(address, "POST"):
            assert Client().post(f"/{address}").status_code == 405
            continue
        assert (
            Client()
            .post(
                f"/{address}",
                {"form_token": str(uuid.UUID("00000000-0000-4000-8000-000000000001")), "reason": "x"},
            )
            .status_code
            == 403
        )
    assert row_counts() == before


@pytest.mark.parametrize("somewhere", SOMEWHERE_ELSE)
def test_bad_input_70_signing_in_leads_to_no_other_site(somewhere: str) -> None:
    person = factories.a_person("ann@example.org", "Ann")
    boxes = {"username": person.email, "password": factories.PASSWORD, "next": somewhere}
    for address, given in (("/sign-in/", boxes), (f"/sign-in/?next={somewhere}", {**boxes, "next": ""})):
        answer = Client().post(address, given)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_signing_in_leads_to_the_page_that_was_asked_for() -> None:
    person = factories.a_person("ann@example.org", "Ann")
    given = {"username": person.email, "password": factories.PASSWORD, "next": "/cases/?page=2"}
    assert Client().post("/sign-in/", given).headers["Location"] == "/cases/?page=2"
