"""What every answer carries, whatever was asked, by whomever: the headers that keep a page to this site and this person."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import logout
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.pages.middleware import never_stored, only_our_own
from config import well_known
from tests import factories
from tests.house.routes import every_route

EVERY_ANSWER = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
KINDS = r"text/(html|plain|csv|calendar); charset=utf-8|application/(json(; charset=utf-8)?|pdf)"
"""What a body may be. JSON is UTF-8 by its own standard, and a PDF has no alphabet."""
A_YEAR = "max-age=31536000; includeSubDomains; preload"


def lacking(response: Any) -> dict[str, Any]:
    """What this answer should carry and does not, with what it carries instead."""
    wrong = {
        name: response.headers.get(name)
        for name, value in EVERY_ANSWER.items()
        if response.headers.get(name) != value
    }
    permissions = response.headers.get("Permissions-Policy", "")
    if "camera=()" not in permissions or "publickey-credentials-get=(self)" not in permissions:
        wrong["Permissions-Policy"] = permissions
    kind = response.headers.get("Content-Type", "")
    if response.content and not re.fullmatch(KINDS, kind):
        wrong["Content-Type"] = kind
    if "no-store" not in response.headers.get("Cache-Control", ""):
        wrong["Cache-Control"] = response.headers.get("Cache-Control")
    return wrong


@pytest.mark.django_db
def test_every_answer_of_every_address_carries_every_header() -> None:
    # Given nobody, a person who may see cases, and a machine that posts without a token
    manager = Client(raise_request_exception=False)
    manager.force_login(factories.a_world().manager)
    asked_by = {"nobody": Client(), "manager": manager, "forger": Client(enforce_csrf_checks=True)}
    routes = every_route()
    assert len(routes) > 70

    # When they ask for every address there is
    wrong, statuses = {}, set()
    for route in routes:
        answers = {who: client.get(route.path) for who, client in asked_by.items() if who != "forger"}
        answers["forger"] = asked_by["forger"].post(route.path)
        for who, answer in answers.items():
            statuses.add(answer.status_code)
            if found := lacking(answer):
                wrong[who, route.pattern] = found

    # Then each answer, also a refusal, carries all of them, and none is an error of ours.
    assert wrong == {}
    assert {200, 302, 403, 404, 405} <= statuses
    assert max(statuses) < 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"path": "/nowhere/"}, 404),
        ({"path": "/%00"}, 400),
        ({"path": "/", "HTTP_HOST": "evil.test"}, 400),
        ({"path": "/.well-known/security.txt", "REQUEST_METHOD": "BREW"}, 405),
        ({"path": "/sign-in/", "REQUEST_METHOD": "POST", "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "x"}, 400),
    ],
)  # fmt: skip
def test_an_answer_that_no_page_gave_carries_them_too(
    client: Client, given: dict[str, str], status: int
) -> None:
    answer = client.get(given.pop("path"), **given)

    assert (answer.status_code, lacking(answer)) == (status, {})


def test_a_form_may_lead_on_to_a_provider_of_sign_ins_that_is_named(
    rf: RequestFactory, settings: Any
) -> None:
    # Given a provider elsewhere: a browser stops a form whose answer leads to an origin that the policy does not name
    settings.FORM_ORIGINS = ["https://login.example.org"]

    policy = only_our_own(lambda request: HttpResponse())(rf.post("/")).headers["Content-Security-Policy"]

    assert "; form-action 'self' https://login.example.org; " in policy
    assert policy.count("example.org") == 1


@pytest.mark.django_db
def test_over_https_the_browser_is_told_to_stay_there(client: Client, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31536000, True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True

    to_https, there = client.get("/sign-in/"), client.get("/sign-in/", secure=True)

    assert (to_https.status_code, to_https.headers["Location"]) == (301, "https://testserver/sign-in/")
    assert there.headers["Strict-Transport-Security"] == A_YEAR
    assert lacking(to_https) == lacking(there) == {}


@pytest.mark.django_db
def test_signing_out_empties_what_the_browser_holds() -> None:
    client = Client()
    client.force_login(factories.a_person("ann@example.org", "Ann"))

    assert "Clear-Site-Data" not in client.get("/").headers
    assert client.post("/sign-out/").headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Clear-Site-Data" not in client.get("/sign-in/").headers


@pytest.mark.django_db
def test_whatever_page_signs_somebody_out_the_browser_is_told(rf: RequestFactory) -> None:
    # Given a page of somebody else's that signs out with Django's own function
    def page(request: Any) -> Any:
        logout(request)
        return HttpResponse()

    request: Any = rf.post("/")
    request.session = Client().session
    request.user = factories.a_person("ann@example.org", "Ann")

    assert never_stored(page)(request).headers["Clear-Site-Data"] == '"cache", "storage"'


# ---- Whom to tell of a hole --------------------------------------------------------------------
@pytest.mark.django_db
def test_who_found_a_hole_is_told_whom_to_tell(client: Client, settings: Any, time_machine: Any) -> None:
    time_machine.move_to(datetime(2026, 12, 1, 12, tzinfo=UTC), tick=False)
    settings.SECURITY_CONTACT, settings.SITE_URL = "mailto:a@example.org", "https://reviews.example.org"

    answer = client.get("/.well-known/security.txt")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content.decode().splitlines() == [
        "Contact: mailto:a@example.org",
        "Expires: 2027-05-30T12:00:00Z",
        "Preferred-Languages: en",
        "Canonical: https://reviews.example.org/.well-known/security.txt",
    ]
    assert well_known.GOOD_FOR.days < 365  # RFC 9116, 2.5.5


@pytest.mark.django_db
def test_without_an_address_to_tell_there_is_no_such_file(client: Client) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404
