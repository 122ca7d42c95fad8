"""How often one person may search and take files: at the limit and one more, in whatever browser, and nobody else."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import limits
from config.manifest import MANIFEST
from reviews.models import Case
from tests import factories
from tests.factories import World
from tests.reviews.asking import signed_in, text_of
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
SEARCHED = "You have searched 60 times in a minute. Wait a minute, then search again."
EXPORTED = "You have taken 20 lists, records or copies as files in 24 hours."
TAKEN = "You have taken 60 files or pages for paper in an hour."


REAL = {counted: limits.LIMITS[counted] for counted in limits.PER_PERSON}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of each, in their own times: what is asked is the same, and asked less often."""
    for counted, rate in REAL.items():
        monkeypatch.setitem(limits.LIMITS, counted, f"3/{rate.partition('/')[2]}")


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def proof(case: Case) -> str:
    deadline = case.deadlines.order_by("pk")[0]
    return reverse("case-deadline-json", args=[case.pk, deadline.pk])


def statuses(client: Client, address: str, times: int) -> list[int]:
    return [client.get(address).status_code for _ in range(times)]


def test_the_limits_are_what_the_page_says() -> None:
    assert REAL == {"search": "60/m/user", "export": "20/d/user", "file": "60/h/user"}


@pytest.mark.parametrize(
    ("address", "within", "words"),
    [
        ("/cases/?q=R-7", timedelta(minutes=1), SEARCHED),
        ("/cases.csv", timedelta(days=1), EXPORTED),
        ("proof", timedelta(hours=1), TAKEN),
    ],
)
def test_so_many_in_that_time_and_the_next_one_is_told_in_words(
    world: World, proof: str, now: Any, address: str, within: timedelta, words: str
) -> None:
    # Given somebody who asked as often as they may
    address = proof if address == "proof" else address
    manager = signed_in(world.manager)
    assert statuses(manager, address, 3) == [200] * 3
    told = LedgerEntry.objects.count()

    # When they ask once more, in this browser or another, then they are told, and shown nothing
    for client in (manager, signed_in(world.manager)):
        refused = client.get(address)
        assert (refused.status_code, refused.headers["Cache-Control"]) == (429, "no-store")
        assert words in text_of(refused)
    assert LedgerEntry.objects.count() == told

    # And others may, and so may they when the time is over: what was refused has not made it longer
    assert signed_in(world.chair).get(address).status_code == 200
    now.move_to(NOW + within - timedelta(seconds=1), tick=False)
    assert signed_in(world.manager).get(address).status_code == 429
    now.move_to(NOW + within, tick=False)
    assert signed_in(world.manager).get(address).status_code == 200


def test_to_look_at_a_list_and_to_turn_its_pages_is_no_search(world: World) -> None:
    manager = signed_in(world.manager)
    statuses(manager, "/cases/?q=x", 3)

    for address in ("/cases/", "/cases/?page=2", "/cases/?q=&state=", "/due/", "/ledger/?before=9"):
        assert manager.get(address).status_code != 429, address
    assert manager.get("/cases/?page=2&q=x").status_code == 429


def test_each_kind_is_counted_for_itself_and_all_pages_of_a_kind_together(world: World, proof: str) -> None:
    manager = signed_in(world.manager)
    assert statuses(manager, "/cases/?q=x", 2) + statuses(manager, "/due/?mine=1", 1) == [200] * 3

    assert manager.get("/what-if/?today_day=1").status_code == 429
    assert [manager.get(address).status_code for address in ("/cases.csv", proof)] == [200, 200]


def test_what_is_not_there_is_counted_like_what_is(world: World, case: Case, proof: str) -> None:
    # Given somebody who may not see the case, and asks for it and for one that is not there
    stranger = signed_in(factories.a_person("x@example.org", "X"))
    nothing = proof.replace(str(case.pk), str(uuid.uuid4()))

    asked = [stranger.get(address).status_code for address in (proof, nothing, proof, nothing, proof)]

    assert asked == [404] * 3 + [429] * 2


def test_who_is_asked_to_confirm_first_has_taken_nothing_yet(world: World, now: Any) -> None:
    manager = signed_in(world.manager)
    now.move_to(NOW + timedelta(minutes=11), tick=False)
    assert statuses(manager, "/cases.csv", 4) == [302] * 4

    assert statuses(signed_in(world.manager), "/cases.csv", 4) == [200] * 3 + [429]


def test_who_is_not_signed_in_is_sent_to_sign_in_and_counted_for_nobody(world: World) -> None:
    assert statuses(Client(), "/cases.csv", 4) == [302] * 4
    assert signed_in(world.manager).get("/cases.csv").status_code == 200


def test_every_file_and_every_page_for_paper_is_counted() -> None:
    files = {route for route in MANIFEST.lines if re.search(r"\.(csv|json|pdf)$|/print/$", route)}

    assert len(files) == 13
    assert {route for route in files if MANIFEST.lines[route].counted not in ("export", "file")} == set()
