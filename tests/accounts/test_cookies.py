"""What a browser keeps of us: three cookies, each of this host alone; and what is told once, which it does not keep."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.tasks import forget_ended
from tests.second_factor import an_app, code_of

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]
PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 20, 9, 0, 10, tzinfo=UTC)
KEPT = {"sessionid", "csrftoken", "device"}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


def sign_in(client: Client, email: str) -> Client:
    user = User.objects.create_user(email, "Ann Example", PASSWORD)
    an_app(user)
    client.post("/sign-in/", {"username": email, "password": PASSWORD})
    client.post("/sign-in/confirm/", {"code": code_of(user)})
    return client


def test_what_is_told_once_is_on_the_next_page_and_in_no_cookie() -> None:
    # Given a browser that was refused, and is told so on the page to which it is sent
    client = Client()
    refused = client.post("/sign-in/passkey/", {"credential": "{}"})
    assert (refused.status_code, set(refused.cookies) - KEPT) == (302, set())

    pages = [client.get("/sign-in/").content.decode() for _ in range(2)]

    words = "That passkey could not be used."
    assert [words in page for page in pages] == [True, False]
    assert set(client.cookies) <= KEPT


def test_each_cookie_is_kept_from_scripts_and_other_sites() -> None:
    client = sign_in(Client(), "ann@example.org")

    assert set(client.cookies) == KEPT
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (
            True,
            "Lax",
            "/",
            "",
        )


@pytest.mark.parametrize("by", [forget_ended, lambda: call_command("look_after_accounts", verbosity=0)])
def test_a_session_that_has_ended_is_forgotten_and_one_that_has_not_is_kept(now: Any, by: Any) -> None:
    # Given a stranger's session and a person's, and an hour later another person's
    Client().post("/sign-in/passkey/", {"credential": "{}"})
    sign_in(Client(), "ann@example.org")
    now.move_to(NOW + timedelta(hours=1), tick=False)
    sign_in(Client(), "ben@example.org")

    # When the eight hours of the first two are over
    now.move_to(NOW + timedelta(hours=8, seconds=-1), tick=False)
    by()
    before = Session.objects.count(), UserSession.objects.count()
    now.move_to(NOW + timedelta(hours=8), tick=False)
    by()

    # Then nothing is left of them, neither key nor device nor address
    assert before == (3, 2)
    assert Session.objects.count() == 1
    assert UserSession.objects.get().user.email == "ben@example.org"
