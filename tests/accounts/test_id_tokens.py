"""A provider's token is believed when all of it is right. Wrong in any one way it signs in nobody, in the same words."""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client

from accounts.models import User
from config.providers import for_allauth
from tests.forging_provider import ANOTHER, KEY, OF_A_CURVE, Forger, forging_provider, published, signed

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db, pytest.mark.once]
REFUSED = "Your organisation did not sign you in. Try again, or use your password."


@pytest.fixture
def forger(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forger]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    User.objects.create_user("ann@barset.example", "Ann Example")
    with forging_provider() as found:
        given = {"id": "barset", "name": "Barset Council", "client_id": "us", "secret": "ours",
                 "server_url": found.address, "domains": ["barset.example"],
                 "second_factor": {"amr": ["mfa"]}}  # fmt: skip
        found.person["amr"] = ["mfa"]
        settings.OIDC_PROVIDERS = [given]
        settings.SOCIALACCOUNT_PROVIDERS = for_allauth([given])
        yield found


def begin(client: Client, **more: str) -> dict[str, str]:
    """Off to the provider. Returns what it is told: state, nonce and the rest."""
    answer = client.post("/sign-in/with/barset/", query_params=more)
    asked = parse_qs(urlsplit(str(answer.headers["Refresh"]).removeprefix("0;url=")).query)
    return {name: values[-1] for name, values in asked.items()}


def come_back(client: Client, state: str) -> str:
    """Back from there. Returns what the person is told, nothing when they are in."""
    answer = client.get("/sign-in/with/barset/back/", {"code": "c", "state": state})
    assert answer.status_code == 302
    if client.get("/your-sign-in/").status_code == 200:
        return ""
    assert answer.headers["Location"] == "/sign-in/"
    page = client.get("/sign-in/").content.decode()
    return REFUSED if REFUSED.replace("'", "&#39;") in page else page


def sign_in(forger: Forger) -> str:
    client = Client()
    asked = begin(client)
    forger.nonce = asked["nonce"]
    return come_back(client, asked["state"])


def test_the_provider_is_told_how_long_ago_it_may_have_asked_who_somebody_is(forger: Forger) -> None:
    assert begin(Client(), max_age="999999")["max_age"] == "28800"


def test_a_token_that_is_right_signs_in(forger: Forger) -> None:
    assert sign_in(forger) == ""


@pytest.mark.parametrize(
    ("token", "keys"),
    [
        (lambda claims: signed(claims, kid=None), [published(KEY)]),
        (lambda claims: signed(claims, OF_A_CURVE, "ES256"), [published(OF_A_CURVE)]),
        (lambda claims: signed(claims, KEY, "PS256"), [published(KEY, alg="PS256")]),
        (lambda claims: signed(claims, ANOTHER, kid="2"), [published(KEY), published(ANOTHER, kid="2")]),
        (lambda claims: signed({**claims, "aud": ["us", "they"], "azp": "us"}), [published(KEY)]),
        (lambda claims: signed({**claims, "exp": claims["iat"] - 50}), [published(KEY)]),
        (lambda claims: signed({**claims, "iat": claims["iat"] + 50}), [published(KEY)]),
        (lambda claims: signed({**claims, "auth_time": claims["iat"] - 8 * 3600}), [published(KEY)]),
    ],
    ids=[
        "one key, not named",
        "a curve",
        "pss",
        "the second key",
        "for several",
        "clock behind",
        "clock ahead",
        "asked who it is eight hours ago",
    ],
)
def test_so_does_one_that_another_provider_would_make(
    forger: Forger, token: Callable[[Any], str], keys: list[Any]
) -> None:
    forger.token, forger.keys = token, {"keys": keys}

    assert sign_in(forger) == ""


def changed(**more: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: signed({**claims, **more})


def without(name: str) -> Callable[[dict[str, Any]], str]:
    return lambda claims: signed({key: value for key, value in claims.items() if key != name})


def with_the_public_key_as_a_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "1"})


def with_other_words(claims: dict[str, Any]) -> str:
    """The signature of a right token under other words."""
    head, _, seal = signed({**claims, "sub": "ben"}).split(".")
    return ".".join((head, signed(claims).split(".")[1], seal))


FORGED = {
    "another's key": lambda claims: signed(claims, ANOTHER),
    "other words under the seal": with_other_words,
    "no seal": lambda claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "1"}),
    "a seal by a secret": with_the_public_key_as_a_secret,
    "a key that is not published": lambda claims: signed(claims, kid="9"),
    "another issuer": changed(iss="https://elsewhere.example"),
    "another audience": changed(aud="they"),
    "for several, and made for another": changed(aud=["us", "they"], azp="they"),
    "for several, and it does not say for whom": changed(aud=["us", "they"]),
    "made for another": changed(azp="they"),
    "expired": lambda claims: signed({**claims, "exp": claims["iat"] - 61}),
    "not yet": lambda claims: signed({**claims, "iat": claims["iat"] + 120}),
    "another nonce": changed(nonce="0" * 64),
    "a nonce that is no text": changed(nonce=7),
    "asked who it is nine hours ago": lambda claims: signed(
        {**claims, "auth_time": claims["iat"] - 9 * 3600}
    ),
    "asked who it is at no time": changed(auth_time="today"),
    "of somebody else than the user information": changed(sub="ben"),
    "not there": lambda claims: None,
    "no token": lambda claims: "a.b.c",
    "not even text": lambda claims: {"sub": "ann"},
    **{f"without {name}": without(name) for name in ("iss", "sub", "aud", "exp", "iat", "nonce")},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_is_wrong_in_one_way_signs_in_nobody(
    forger: Forger, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    forger.token = FORGED[how]

    assert sign_in(forger) == REFUSED

    (said,) = [line for line in caplog.messages if "not believed" in line]
    assert said.startswith("A token of provider barset was not believed: ")
    assert "ann" not in said


@pytest.mark.parametrize(
    "keys",
    [
        {},
        [],
        {"keys": []},
        {"keys": [{"kid": "1"}]},
        {"keys": [published(KEY), published(ANOTHER)]},
        {"keys": [published(KEY, use="enc")]},
        {"keys": [{"kty": "oct", "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg", "kid": "1"}]},
        {"keys": ["x"]},
        {"keys": 7},
    ],
    ids=[
        "nothing",
        "a list",
        "none",
        "no key",
        "two of a name",
        "to seal letters",
        "a secret",
        "text",
        "a number",
    ],
)
def test_with_keys_that_are_none_nobody_is_signed_in(forger: Forger, keys: Any) -> None:
    forger.keys = keys
    if "oct" in str(keys):
        forger.token = with_the_public_key_as_a_secret

    assert sign_in(forger) == REFUSED


def test_the_token_of_another_sign_in_is_refused_also_in_the_same_browser(forger: Forger) -> None:
    # Given a sign-in that went well, and its token
    client = Client()
    first = begin(client)
    forger.nonce = first["nonce"]
    kept = signed(forger.claims())
    assert come_back(client, first["state"]) == ""
    client.post("/sign-out/")

    # When that token comes with the next one, then it is of no use; nor is the old state a second time
    second = begin(client)
    assert second["nonce"] != first["nonce"]
    forger.token = lambda claims: kept
    assert come_back(client, second["state"]) == REFUSED
    assert come_back(client, first["state"]) == REFUSED


def test_what_was_begun_with_one_provider_is_not_ended_by_another(forger: Forger, settings: Any) -> None:
    # Given two providers, and a sign-in under way with the first
    other = {**settings.OIDC_PROVIDERS[0], "id": "westvale", "name": "Westvale"}
    settings.OIDC_PROVIDERS = [*settings.OIDC_PROVIDERS, other]
    settings.SOCIALACCOUNT_PROVIDERS = for_allauth(settings.OIDC_PROVIDERS)
    client = Client()
    asked = begin(client)
    forger.nonce = asked["nonce"]

    answer = client.get("/sign-in/with/westvale/back/", {"code": "c", "state": asked["state"]})

    # Then the second can do nothing with it, and the first can still end it
    assert (answer.headers["Location"], client.get("/your-sign-in/").status_code) == ("/sign-in/", 302)
    assert come_back(client, asked["state"]) == ""


def test_nobody_chooses_the_nonce_themselves(forger: Forger) -> None:
    asked = begin(Client(), auth_params="nonce=mine")

    assert (len(asked["nonce"]), asked["code_challenge_method"]) == (64, "S256")


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"token_endpoint": 7},
    ],
)
def test_a_provider_that_does_not_describe_itself_as_expected_is_not_gone_to(
    forger: Forger, description: dict[str, Any]
) -> None:
    forger.description = description
    client = Client()

    assert client.post("/sign-in/with/barset/").headers["Location"] == "/sign-in/"
    assert "Your organisation did not sign you in." in client.get("/sign-in/").content.decode()


def test_one_that_changes_or_goes_away_meanwhile_is_told_in_words(forger: Forger, settings: Any) -> None:
    client = Client()
    states = [begin(client)["state"] for _ in range(2)]
    forger.description = {"issuer": "https://elsewhere.example"}
    assert come_back(client, states[0]) == REFUSED

    away = {**settings.OIDC_PROVIDERS[0], "server_url": "http://127.0.0.1:1"}
    settings.SOCIALACCOUNT_PROVIDERS = for_allauth([away])
    assert come_back(client, states[1]) == REFUSED


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
def test_where_a_provider_sends_us_on_to_another_place_nobody_follows(forger: Forger, path: str) -> None:
    with forging_provider() as elsewhere:
        forger.redirects = {path: f"{elsewhere.address}{path}"}
        # It would answer there as it does here.
        elsewhere.address, elsewhere.person, elsewhere.keys = forger.address, forger.person, forger.keys
        client = Client()
        asked = begin(client)
        elsewhere.nonce = forger.nonce = asked["nonce"]
        assert come_back(client, asked["state"]) == REFUSED


def test_what_was_refused_is_a_line_of_the_log_and_no_error(
    forger: Forger, caplog: pytest.LogCaptureFixture
) -> None:
    forger.token = FORGED["expired"]
    sign_in(forger)

    said = [record for record in caplog.records if record.name == "accounts.openid"]
    assert [(record.levelno, record.getMessage()) for record in said] == [
        (logging.WARNING, "A token of provider barset was not believed: ExpiredSignatureError")
    ]
