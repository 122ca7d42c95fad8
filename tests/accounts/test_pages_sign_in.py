"""Who gets in, where they land, and what somebody who guesses is told."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.second_factor import an_app, code_of

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]

PASSWORD = "correct-horse-battery"
WRONG = "Enter a correct email address and password"


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", PASSWORD)


def sign_in(
    client: Client, email: str = "ann@example.org", password: str = PASSWORD, address: str = "/sign-in/"
) -> Any:
    return client.post(address, {"username": email, "password": password})


@pytest.mark.parametrize("email", ["ann@example.org", "Ann@Example.ORG", "  ann@example.org "])
def test_a_person_signs_in_however_their_address_is_written(client: Client, user: User, email: str) -> None:
    an_app(user)

    asked = sign_in(client, email, address="/sign-in/?next=/cases/")
    assert (asked.status_code, asked.url) == (302, "/sign-in/confirm/")
    answer = client.post(asked.url, {"code": code_of(user)})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/cases/")
    assert "Ann Example" in client.get("/cases/").content.decode()


def test_wrong_person_wrong_password_and_closed_account_are_told_the_same(client: Client, user: User) -> None:
    User.objects.create_user("gone@example.org", "Gone Example", PASSWORD)
    User.objects.filter(email="gone@example.org").update(is_active=False)

    tries = [
        sign_in(client, password="wrong"),
        sign_in(client, "nobody@example.org"),
        sign_in(client, "gone@example.org"),
    ]

    assert [response.status_code for response in tries] == [200, 200, 200]
    assert all(WRONG in response.content.decode() for response in tries)
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("email", "password", "message"),
    [
        ("", "", "Enter your email address"),
        ("ann", PASSWORD, "Enter an email address in the correct format, like name@example.com"),
        (
            "ann@example.org\x00",
            PASSWORD,
            "Enter an email address in the correct format, like name@example.com",
        ),
        ("ann@example.org", "\x00", "Remove characters that cannot be used from your password"),
        ("ann@example.org", "x" * 100_000, "Remove characters that cannot be used from your password"),
    ],
)
def test_what_is_no_address_or_password_is_said_at_its_box(
    client: Client, user: User, email: str, password: str, message: str
) -> None:
    response = sign_in(client, email, password)

    assert response.status_code == 200
    assert message in response.content.decode()
    assert "<title>Error: Sign in – Rapid Review</title>" in response.content.decode()


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.test",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "http:///evil.test",
    ],
)
def test_bad_input_70_sign_in_never_leads_to_another_site(client: Client, user: User, next_page: str) -> None:
    an_app(user)
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD, "next": next_page})
    response = client.post("/sign-in/confirm/", {"code": code_of(user)})

    assert response.headers["Location"] == "/"
    assert "evil" not in Client().get("/sign-in/", {"next": next_page}).content.decode()


def test_sign_in_leads_on_to_the_page_that_was_asked_for(client: Client, user: User) -> None:
    page = client.get("/sign-in/", {"next": "/cases/?page=2"}).content.decode()
    assert '<input type="hidden" name="next" value="/cases/?page=2">' in page

    an_app(user)
    sign_in(client, address="/sign-in/?next=/cases/%3Fpage%3D2")
    response = client.post("/sign-in/confirm/", {"code": code_of(user)})

    assert response.headers["Location"] == "/cases/?page=2"


def test_signing_out_ends_the_session(client: Client, user: User) -> None:
    client.force_login(user)

    response = client.post("/sign-out/")

    assert response.headers["Location"] == "/sign-in/"

    assert client.get("/cases/").status_code == 302


def test_signing_out_after_the_session_ended_leads_to_sign_in(client: Client) -> None:
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
