"""Changing one's own password: with the one of now, and only for oneself."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]

NOW = "correct-horse-battery"
GOOD = "a lamp a ferry a turnip"
ADDRESS = "/change-password/"


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", NOW)


def desk(user: User) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, old: str = NOW, first: str = GOOD, second: str = GOOD) -> Any:
    return client.post(ADDRESS, {"old_password": old, "new_password1": first, "new_password2": second})


def test_a_person_changes_their_password_and_is_signed_out_everywhere_else(user: User) -> None:
    # Given two desks, and the way there from the top of each page
    here, elsewhere = desk(user), desk(user)
    assert 'href="/your-sign-in/"' in here.get("/cases/").content.decode()
    assert f'href="{ADDRESS}"' in here.get("/your-sign-in/").content.decode()

    # When the password is changed at one of them
    response = change(here)

    # Then it is the new one, and the other desk must sign in again
    assert response.url == "/"
    user.refresh_from_db()
    assert user.check_password(GOOD)
    page = here.get("/cases/").content.decode()
    assert "Your password is changed. You were signed out everywhere else." in page
    assert elsewhere.get("/cases/").status_code == 302


@pytest.mark.parametrize(
    ("given", "box", "message"),
    [
        ({"old": ""}, "old_password", "Enter your current password"),
        ({"old": "guessed"}, "old_password", "Enter the password you signed in with"),
        ({"first": ""}, "new_password1", "Enter a password"),
        ({"second": "another"}, "new_password2", "The two passwords must be the same"),
        ({"first": "short", "second": "short"}, "new_password1", "This password is too short"),
    ],
)
def test_what_is_wrong_is_said_at_its_box_and_nothing_changes(
    user: User, given: dict[str, str], box: str, message: str
) -> None:
    page = change(desk(user), **given).content.decode()

    assert message in page.split(f'id="id_{box}-error"')[1].split("</p>")[0]
    assert "<title>Error: Change your password – Rapid Review</title>" in page
    assert User.objects.get().check_password(NOW)


def test_nobody_changes_a_password_without_being_signed_in(client: Client, user: User) -> None:
    assert client.get(ADDRESS).status_code == 302
    assert ADDRESS not in client.get("/sign-in/").content.decode()
    change(client)
    assert User.objects.get().check_password(NOW)
