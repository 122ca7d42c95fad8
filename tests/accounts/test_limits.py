"""How often something may be tried: at the limit and one more, told alike for everybody, and not evaded by a header."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client, RequestFactory

from accounts.models import AccountEvent, Letter, User
from accounts.services import limits
from accounts.services.callers import device_in_words, ip_of
from config.cache import SharedCache, shared_cache_url
from tests.second_factor import an_app

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]
PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
WRONG = "Enter a correct email address and password"
TOO_MANY = "There were too many tries. Wait 15 minutes and try again"


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", PASSWORD)


def said(email: str, password: str = "guess", ip: str = "192.0.2.1", **headers: str) -> str:
    """What a try to sign in comes to."""
    answer = Client().post(
        "/sign-in/", {"username": email, "password": password}, REMOTE_ADDR=ip, headers=headers
    )
    if answer.status_code == 302:
        return "in"
    page = answer.content.decode()
    return next(words for words in (WRONG, TOO_MANY) if words in page)


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_ten_tries_in_a_quarter_of_an_hour_for_one_address_known_or_not(
    user: User, now: Any, email: str
) -> None:
    # Given ten wrong passwords for one address, from ten networks and written in two ways
    tries = [said(email.upper() if n % 2 else f" {email}", ip=f"192.0.2.{n}") for n in range(10)]
    assert tries == [WRONG] * 10

    # Then the right one is refused as well, also from elsewhere, and others are let in
    assert said(email, PASSWORD, ip="198.51.100.7") == TOO_MANY
    other = User.objects.create_user("ben@example.org", "Ben Example", PASSWORD)
    assert said(other.email, PASSWORD) == "in"

    # And when the quarter is over it is as before: refused tries have not made it longer
    now.move_to(NOW + timedelta(minutes=14, seconds=59), tick=False)
    assert said(email, PASSWORD) == TOO_MANY
    now.move_to(NOW + timedelta(minutes=15, seconds=1), tick=False)
    assert said(email, PASSWORD) == ("in" if email == user.email else WRONG)
    assert AccountEvent.objects.filter(kind="too-many-tries").count() == 2


def test_what_turns_out_well_is_not_counted(user: User) -> None:
    assert [said(user.email, PASSWORD) for _ in range(12)] == ["in"] * 12


def test_an_administrator_lets_somebody_try_again_at_once(user: User) -> None:
    for _ in range(11):
        said(user.email)

    limits.forgive(RequestFactory().get("/"), limits.SIGN_IN, user.email)

    assert said(user.email, PASSWORD) == "in"


def test_a_hundred_tries_an_hour_from_one_network(
    user: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.LIMITS[limits.SIGN_IN] == "10/15m/key,100/h/ip"
    monkeypatch.setitem(limits.LIMITS, limits.SIGN_IN, "10/15m/key,5/h/ip")
    assert [said(f"n{n}@example.org") for n in range(6)] == [WRONG] * 5 + [TOO_MANY]
    assert said(user.email, PASSWORD, ip="192.0.2.2") == "in"

    now.move_to(NOW + timedelta(hours=1, seconds=1), tick=False)
    assert said(user.email, PASSWORD) == "in"


# ---- Whose address it is -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "nonsense", None),
    ],
)
def test_of_forwarded_addresses_only_what_our_own_proxies_wrote_counts(
    settings: Any, proxies: int, forwarded: str, found: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="192.0.2.1")

    assert ip_of(request) == found


def test_bad_input_72_an_invented_forwarded_address_evades_no_limit(
    user: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.LIMITS, limits.SIGN_IN, "10/15m/key,5/h/ip")
    for proxies, ours in ((0, ""), (1, ", 192.0.2.77")):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        tries = [
            said(f"{proxies}-{n}@example.org", **{"X-Forwarded-For": f"203.0.113.{n}{ours}"})
            for n in range(6)
        ]
        assert tries == [WRONG] * 5 + [TOO_MANY]


# ---- Links -------------------------------------------------------------------------------------
def ask_for_link(email: str, ip: str = "192.0.2.1") -> Any:
    sent = {"email": email, "form_token": str(uuid.uuid4())}
    return Client().post("/forgotten-password/", sent, REMOTE_ADDR=ip)


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_three_links_an_hour_for_one_address_and_the_fourth_is_answered_the_same(
    user: User, now: Any, email: str
) -> None:
    answers = [ask_for_link(email.upper() if n == 1 else email, ip=f"192.0.2.{n}") for n in range(4)]

    assert {(a.status_code, a.headers["Location"]) for a in answers} == {(302, "/forgotten-password/sent/")}
    assert Letter.objects.count() == 3
    now.move_to(NOW + timedelta(hours=1, seconds=1), tick=False)
    ask_for_link(email)
    assert Letter.objects.count() == 4


# ---- What counts them --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/1"),
        ("rediss://:secret@cache.example.org:6380/0?ssl_cert_reqs=required",
         "rediss://:secret@cache.example.org:6380/1?ssl_cert_reqs=required"),
        ("redis+socket:///run/rapid-x/broker?virtual_host=0", "unix:///run/rapid-x/broker?db=1"),
        ("memory://", ""),
        ("amqp://localhost", ""),
    ],
)  # fmt: skip
def test_the_cache_is_the_brokers_database_1_where_the_broker_is_redis(broker: str, cache: str) -> None:
    assert shared_cache_url(broker) == cache


def test_tries_are_counted_in_the_broker_and_in_the_database_while_it_is_away(
    valkey: Any, settings: Any, user: User
) -> None:
    # Given the cache of the product, in a broker that is there
    address = shared_cache_url(valkey.url)
    there = SharedCache(address, {"KEY_PREFIX": "tests"})
    there.set("x", [1.5], 60)
    assert (there.get("x"), there.add("x", 1, 60), caches["database"].get("x")) == ([1.5], False, None)

    # When it is one that is not
    away = SharedCache("unix:///nowhere/at/all?db=1", {})

    # Then the database counts, and nobody is kept out by an error
    assert away.get("x") is None
    away.set("x", [2.5], 60)
    assert (away.get("x"), away.add("x", 1, 60), caches["database"].get("x")) == ([2.5], False, [2.5])
    away.delete("x")
    assert away.get("x") is None


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0 Safari/537.36", "Samsung Internet on Android"),
        ("<script>alert(1)</script>", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_a_device_is_told_in_words_of_our_own(agent: str, words: str) -> None:
    assert device_in_words(agent) == words


def test_the_app_of_one_person_is_not_counted_for_another(user: User) -> None:
    ben = User.objects.create_user("ben@example.org", "Ben Example", PASSWORD)
    request = RequestFactory().post("/")
    for person in (user, ben):
        an_app(person)
    assert all(limits.count(request, limits.CODE, str(user.pk)) for _ in range(10))

    assert limits.count(request, limits.CODE, str(user.pk)) is None
    assert limits.count(request, limits.CODE, str(ben.pk)) is not None
