"""Everybody confirms their sign-in, and until they have, no page shows them anything. Bad inputs 75 and 76."""

import json
import re
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import AccountEvent, Letter, User
from accounts.services import factors, recovery, sessions
from tests.second_factor import an_app, code_of, half_signed_in, proved

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]
PASSWORD = "correct-horse-battery"
NOW = datetime(2026, 3, 20, 9, 0, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", PASSWORD)


def password_given(user: User) -> Client:
    """A browser in the middle of signing in."""
    client = Client()
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    return client


def confirm(client: Client, code: str) -> Any:
    return client.post("/sign-in/confirm/", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/your-sign-in/").status_code == 200


def token(page: Any) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


# ---- No exempt path ----------------------------------------------------------------------------
def every_view() -> list[tuple[str, Any]]:
    """Every address of the product, and what answers there."""
    found: list[tuple[str, Any]] = []

    def walk(patterns: Any, before: str) -> None:
        for one in patterns:
            if isinstance(one, URLResolver):
                walk(one.url_patterns, before + str(one.pattern))
            elif isinstance(one, URLPattern):
                found.append((before + str(one.pattern), one.callback))

    walk(get_resolver("config.urls").url_patterns, "")
    return found


def test_only_the_pages_that_set_a_second_factor_up_are_open_before_there_is_one() -> None:
    views = every_view()

    assert sorted(path for path, view in views if getattr(view, "is_before_second_factor", False)) == [
        "sign-in/set-up/",
        "sign-out/",
        "your-sign-in/app/",
        "your-sign-in/passkey/",
    ]
    assert sorted(path for path, view in views if getattr(view, "is_while_suspended", False)) == [
        "sign-out/",
        "suspended/",
    ]
    assert [p for p, view in views if not getattr(view, "login_required", True) and "stay" in p] == []


@pytest.mark.urls("config.urls")
def test_a_password_alone_opens_nothing_and_leads_to_setting_up(user: User) -> None:
    client = half_signed_in(user)

    for path in ("/", "/cases/", "/your-sign-in/", "/change-password/", "/administration/", "/confirm/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/sign-in/set-up/?next={path}")
    page = client.get("/sign-in/set-up/").content.decode()
    assert "Set up how you confirm your sign-in" in page
    assert 'class="rr-navigation' not in page
    lost = client.get("/nowhere/")
    assert (lost.status_code, "Ann Example" in lost.content.decode()) == (404, False)
    assert client.post("/due/feed/", {}).status_code in (302, 403)
    assert User.objects.get().used_at is None


@pytest.mark.parametrize("records", [None, "mfa", [], [{"method": "password", "at": 0}], [{}]])
def test_what_a_session_does_not_say_is_a_no(user: User, records: Any) -> None:
    client = half_signed_in(user)
    session = client.session
    session["account_authentication_methods"] = records
    session.save()

    assert not is_in(client)


def test_a_second_factor_of_somebody_else_does_not_count(user: User) -> None:
    other = User.objects.create_user("ben@example.org", "Ben Example", PASSWORD)
    client = half_signed_in(user)
    session = client.session
    proved(session, other)
    session.save()

    assert not is_in(client)


# ---- Codes -------------------------------------------------------------------------------------
def arabic(code: str) -> str:
    return code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


@pytest.mark.parametrize(
    ("written", "seconds", "is_good"),
    [
        (str, 0, True),
        (lambda code: f"  {code[:3]} {code[3:]} ", 0, True),
        (lambda code: f"{code[:3]}-{code[3:]}", 0, True),
        (arabic, 0, True),
        (str, -30, True),
        (str, 30, True),
        (str, -60, False),
        (str, 60, False),
        (lambda code: code[:5], 0, False),
        (lambda code: code + "0", 0, False),
        (lambda code: "", 0, False),
        (lambda code: "½" * 6, 0, False),
        (lambda code: code[::-1] + "x", 0, False),
    ],
)
def test_bad_input_76_a_code_is_taken_as_it_is_written_of_one_step_around_now(
    user: User, written: Any, seconds: int, is_good: bool
) -> None:
    secret = an_app(user)
    client = password_given(user)

    answer = confirm(client, written(factors.code_at(secret, NOW + timedelta(seconds=seconds))))

    assert (answer.status_code == 302, is_in(client)) == (is_good, is_good)


def test_bad_input_76_a_code_that_was_used_is_refused_and_so_is_any_before_it(user: User, now: Any) -> None:
    secret = an_app(user)
    code = factors.code_at(secret, NOW)
    assert confirm(password_given(user), code).status_code == 302

    # When it is used again, at once and while its step is still tolerated, or the one before it is
    for later, tried in ((0, code), (30, code), (0, factors.code_at(secret, NOW - timedelta(seconds=30)))):
        now.move_to(NOW + timedelta(seconds=later), tick=False)
        client = password_given(user)
        answer = confirm(client, tried)
        assert "A code that was used is not accepted again" in answer.content.decode()
        assert not is_in(client)

    # Then the next one is taken
    now.move_to(NOW + timedelta(seconds=60), tick=False)
    assert is_in(password_given(user)) is False
    assert confirm(password_given(user), code_of(user)).status_code == 302


def test_ten_wrong_codes_are_too_many_for_a_quarter_of_an_hour_and_not_for_good(user: User, now: Any) -> None:
    an_app(user)
    client = password_given(user)
    for _ in range(10):
        assert "Enter the code that your app shows now" in confirm(client, "000000").content.decode()

    refused = confirm(client, code_of(user)).content.decode()
    assert "There were too many tries. Wait 15 minutes and try again" in refused

    now.move_to(NOW + timedelta(minutes=15, seconds=1), tick=False)
    assert confirm(password_given(user), code_of(user)).status_code == 302


def test_a_recovery_code_works_once_and_is_told(user: User, now: Any) -> None:
    an_app(user)
    code = recovery.make_codes(user)[3]
    client = password_given(user)

    assert confirm(client, f"{code[:5]} {code[5:]}").status_code == 302
    assert is_in(client)
    assert [letter.kind for letter in Letter.objects.all()] == ["recovery-code-used"]
    assert confirm(password_given(user), code).status_code == 200


def test_recovery_codes_are_kept_as_hashes_and_new_ones_end_the_old(user: User) -> None:
    # Given ten codes of ten digits, each another
    old = recovery.make_codes(user)
    assert sorted({len(code) for code in old}) == [10]
    assert len(set(old)) == 10
    row = Authenticator.objects.get(user=user)
    assert not any(code in json.dumps(row.data) for code in old)

    # When new ones are made, then the old ones are none, nor is what only begins like one
    new = recovery.make_codes(user)
    row = Authenticator.objects.get(user=user)
    assert [recovery.use_code(row, code) for code in (old[0], new[0][:9], "", new[0], new[0])] == [
        False, False, False, True, False,
    ]  # fmt: skip
    assert recovery.count_left(Authenticator.objects.get(user=user)) == 9


def test_codes_of_before_work_on_when_they_are_kept_as_hashes(user: User) -> None:
    # Given codes that were made from a sealed seed, one of them used
    before = RecoveryCodes.activate(user)
    codes = before.generate_codes()
    assert before.validate_code(codes[0])

    # When the migration has run, then the seed is gone and the nine are good
    import_module("accounts.migrations.0007_recovery_codes_as_hashes").keep_hashes(apps, None)
    row = Authenticator.objects.get(user=user)
    assert list(row.data) == ["hashes"]
    assert [recovery.use_code(row, code) for code in codes[:3]] == [False, True, True]


# ---- Setting one up ----------------------------------------------------------------------------
def key_on(page: Any) -> str:
    found = re.search(r'id="app-key">([A-Z2-7 ]+)<', page.content.decode())
    assert found
    return found[1].replace(" ", "")


def test_a_person_sets_up_an_app_at_first_sign_in_keeps_their_codes_and_goes_where_they_wanted(
    user: User,
) -> None:
    # Given somebody who has never had a second factor
    client = password_given(user)
    client.get("/cases/", follow=True)
    page = client.get("/your-sign-in/app/")
    assert '<svg class="rr-qr"' in page.content.decode()

    # When they type the code that their app shows
    code = factors.code_at(key_on(page), NOW)
    before = client.session.session_key
    answer = client.post("/your-sign-in/app/", {"code": code, "form_token": token(page)})

    # Then their session is whole, under another key, and ten recovery codes are shown once
    assert answer.headers["Location"] == "/your-sign-in/recovery-codes/"
    assert client.session.session_key != before
    shown = client.get("/your-sign-in/recovery-codes/").content.decode()
    assert len(re.findall(r"<code>\d{5} \d{5}</code>", shown)) == 10
    assert 'href="/cases/"' in shown
    assert client.get("/your-sign-in/recovery-codes/").status_code == 302
    assert is_in(client)
    assert User.objects.get().used_at == NOW
    assert UserSession.objects.get().session_key == client.session.session_key

    # And the code that proved it is used up, the secret is sealed, and the person is told
    assert confirm(password_given(user), code).status_code == 200
    app = Authenticator.objects.get(type="totp")
    assert factors.unseal(app.data["secret"]) not in json.dumps(app.data)
    assert [letter.kind for letter in Letter.objects.all()] == ["factor-added"]
    kinds = list(AccountEvent.objects.values_list("kind", flat=True))
    assert kinds[:3] == ["factor-added", "signed-in", "new-device"]


def test_a_wrong_first_code_says_so_and_keeps_the_key(user: User) -> None:
    client = password_given(user)
    page = client.get("/your-sign-in/app/")

    again = client.post("/your-sign-in/app/", {"code": "000000", "form_token": token(page)})

    assert "Enter the code that the app shows now" in again.content.decode()
    assert key_on(again) == key_on(page)
    assert not Authenticator.objects.exists()


def test_a_first_factor_is_set_up_only_soon_after_the_password(user: User, now: Any) -> None:
    client = half_signed_in(user)
    now.move_to(NOW + timedelta(minutes=10), tick=False)

    answer = client.get("/your-sign-in/app/", follow=True)

    assert answer.request["PATH_INFO"] == "/sign-in/"
    assert "you signed in more than 10 minutes ago" in answer.content.decode()


def test_a_session_of_a_password_cannot_add_a_factor_beside_those_there_are(user: User) -> None:
    client = half_signed_in(user)
    an_app(user)

    assert client.get("/your-sign-in/passkey/").headers["Location"] == "/sign-in/"
    assert SessionOf(client) is None


def SessionOf(client: Client) -> Session | None:
    return Session.objects.filter(session_key=client.session.session_key or "").first()


@pytest.mark.parametrize(
    "answer", ["", "x", "{}", "[]", "null", '{"id": 1, "response": []}', '"a"', "{" * 900]
)
@pytest.mark.parametrize("path", ["/sign-in/passkey/", "/your-sign-in/passkey/", "/confirm/"])
def test_an_invented_answer_of_a_passkey_is_refused_in_words(user: User, answer: str, path: str) -> None:
    client = Client()
    if path != "/sign-in/passkey/":
        client.force_login(user)
    client.get(path)

    sent = {"credential": answer, "name": "laptop", "form_token": "3a8ad6c0-4b37-4a4e-a5ac-4ce4e7a5cbb9"}
    refused = client.post(path, sent, follow=True)

    assert refused.status_code == 200
    assert not Authenticator.objects.exists()


# ---- Removing one ------------------------------------------------------------------------------
def test_the_last_factor_stays_and_another_lets_it_go(user: User) -> None:
    client = Client()
    client.force_login(user)
    an_app(user)
    page = client.get("/your-sign-in/app/remove/")
    kept = client.post("/your-sign-in/app/remove/", {"form_token": token(page)})
    assert "This is your last way to confirm your sign-in." in kept.content.decode()

    Authenticator.objects.create(user=user, type="webauthn", data={"name": "laptop", "credential": {}})
    gone = client.post("/your-sign-in/app/remove/", {"form_token": token(page)})

    assert gone.headers["Location"] == "/your-sign-in/"
    assert [row.type for row in Authenticator.objects.all()] == ["webauthn"]
    assert [letter.kind for letter in Letter.objects.all()] == ["factor-removed"]


# ---- Sessions ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("minutes", "is_open"),
    [([14.9], True), ([15], False), ([14, 14, 14], True), ([14] * 34, True), ([14] * 35, False)],
)
def test_a_session_ends_after_15_idle_minutes_and_after_8_hours(
    user: User, now: Any, minutes: list[float], is_open: bool
) -> None:
    client = Client()
    client.force_login(user)
    at = NOW
    for more in minutes[:-1]:
        at += timedelta(minutes=more)
        now.move_to(at, tick=False)
        assert is_in(client)
    now.move_to(at + timedelta(minutes=minutes[-1]), tick=False)

    assert is_in(client) is is_open
    assert (SessionOf(client) is not None) is is_open


def test_one_press_keeps_somebody_signed_in_and_says_until_when(user: User, now: Any) -> None:
    client = Client()
    client.force_login(user)
    assert "You stay signed in until" in client.get("/your-sign-in/").content.decode()
    now.move_to(NOW + timedelta(minutes=13), tick=False)

    answer = client.post("/stay/")

    assert answer.json()["ends_in"] == 900
    assert client.get("/stay/").status_code == 405
    now.move_to(NOW + timedelta(minutes=27, seconds=59), tick=False)
    assert is_in(client)


def altered(client: Client, user: User) -> None:
    client.cookies["sessionid"] = client.cookies["sessionid"].value[:-1] + "_"


def deleted(client: Client, user: User) -> None:
    Session.objects.all().delete()


def of_a_closed_account(client: Client, user: User) -> None:
    User.objects.update(is_active=False)


def of_before_all_were_ended(client: Client, user: User) -> None:
    sessions.end_all(user, by=None, at=NOW)


def of_before_another_password(client: Client, user: User) -> None:
    user.set_password("another ferry")
    user.save()


@pytest.mark.parametrize(
    "spoil", [altered, deleted, of_a_closed_account, of_before_all_were_ended, of_before_another_password]
)
def test_bad_input_75_a_session_that_is_spoilt_leads_to_sign_in(user: User, spoil: Any) -> None:
    client = Client()
    client.force_login(user)
    assert is_in(client)

    spoil(client, user)

    assert client.get("/cases/").headers["Location"] == "/sign-in/?next=/cases/"


def test_bad_input_75_a_session_that_was_fixed_before_sign_in_is_another_after_it(user: User) -> None:
    an_app(user)
    client = Client()
    client.get("/sign-in/passkey/")  # which begins a session for who signs in by passkey
    fixed = client.cookies["sessionid"].value
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    confirm(client, code_of(user))

    theirs = Client()
    theirs.cookies["sessionid"] = fixed

    assert (is_in(client), is_in(theirs)) == (True, False)


def test_a_fourth_session_ends_the_one_unused_for_longest(user: User, now: Any) -> None:
    an_app(user)
    clients = []
    for minute in range(4):
        now.move_to(NOW + timedelta(minutes=minute), tick=False)
        client = password_given(user)
        confirm(client, code_of(user))
        clients.append(client)

    assert [is_in(client) for client in clients] == [False, True, True, True]


def test_a_person_sees_their_sessions_and_ends_one_or_all_others(user: User, now: Any) -> None:
    # Given somebody at three desks
    an_app(user)
    desks = []
    for minute, agent in enumerate(
        ("Mozilla/5.0 (Windows NT 10.0) Firefox/130.0", "Mozilla/5.0 (iPhone) Safari/605", "")
    ):
        now.move_to(NOW + timedelta(minutes=minute), tick=False)
        client = Client(HTTP_USER_AGENT=agent)
        client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
        confirm(client, code_of(user))
        desks.append(client)
    page = desks[2].get("/your-sign-in/")
    text = page.content.decode()
    assert all(words in text for words in ("Firefox on Windows", "Safari on iPhone", "This browser"))

    # When they end one, and then all the others
    first = UserSession.objects.order_by("created_at")[0]
    ending = desks[2].get(f"/your-sign-in/sessions/{first.pk}/end/")
    desks[2].post(f"/your-sign-in/sessions/{first.pk}/end/", {"form_token": token(ending)})
    assert [is_in(desk) for desk in desks] == [False, True, True]
    ending = desks[2].get("/your-sign-in/sessions/end/")
    desks[2].post("/your-sign-in/sessions/end/", {"form_token": token(ending)})

    # Then this one stays, and nobody ends another's
    assert [is_in(desk) for desk in desks] == [False, False, True]
    other = Client()
    other.force_login(User.objects.create_user("ben@example.org", "Ben Example", PASSWORD))
    left = UserSession.objects.get()
    assert other.get(f"/your-sign-in/sessions/{left.pk}/end/").status_code == 404


def test_a_new_device_is_told_of_and_one_that_is_known_is_not(user: User, now: Any) -> None:
    an_app(user)
    known = Client()
    for minute, client in enumerate(
        (known, known, Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/130.0"))
    ):
        now.move_to(NOW + timedelta(minutes=minute), tick=False)
        client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
        confirm(client, code_of(user))
        client.post("/sign-out/")

    assert [(letter.kind, letter.about) for letter in Letter.objects.all()] == [
        ("new-device", "Firefox on Linux")
    ]
    assert known.cookies["device"]["httponly"]


# ---- Confirming again --------------------------------------------------------------------------
@pytest.mark.parametrize(("minutes", "is_asked"), [(9.9, False), (10, True)])
def test_what_is_worth_asking_twice_is_asked_after_ten_minutes(
    user: User, now: Any, minutes: float, is_asked: bool
) -> None:
    an_app(user)
    client = Client()
    client.force_login(user)
    now.move_to(NOW + timedelta(minutes=minutes), tick=False)

    answer = client.get("/your-sign-in/recovery-codes/new/")

    assert (answer.status_code == 302) is is_asked
    if is_asked:
        where = answer.headers["Location"]
        assert where == "/confirm/?next=/your-sign-in/recovery-codes/new/"
        wrong = client.post(where, {"code": "000000", "next": "/your-sign-in/recovery-codes/new/"})
        assert "Enter the code that your app shows now" in wrong.content.decode()
        right = client.post(where, {"code": code_of(user), "next": "/your-sign-in/recovery-codes/new/"})
        assert right.headers["Location"] == "/your-sign-in/recovery-codes/new/"
        assert client.get(right.headers["Location"]).status_code == 200


def test_confirming_again_gives_the_session_another_key_and_the_old_one_opens_nothing(
    user: User, now: Any
) -> None:
    # Given somebody who signed in, and whose key another copied
    client, copied = password_given(user), Client()
    an_app(user)
    client.post("/sign-in/", {"username": user.email, "password": PASSWORD})
    confirm(client, code_of(user))
    copied.cookies["sessionid"] = client.cookies["sessionid"].value
    assert (is_in(client), is_in(copied)) == (True, True)

    now.move_to(NOW + timedelta(minutes=1), tick=False)
    client.post("/confirm/", {"code": code_of(user)})

    assert (is_in(client), is_in(copied)) == (True, False)
    assert UserSession.objects.get().session_key == client.cookies["sessionid"].value
    assert Session.objects.get().session_key == client.cookies["sessionid"].value


@pytest.mark.parametrize("which", ["{pk}/end/", "end/"])
def test_to_end_sessions_elsewhere_is_worth_asking_twice(user: User, now: Any, which: str) -> None:
    # Given somebody at two desks, one of which was left open
    desks = [Client(), Client()]
    an_app(user)
    for minute, desk in enumerate(desks):
        now.move_to(NOW + timedelta(minutes=minute), tick=False)
        desk.post("/sign-in/", {"username": user.email, "password": PASSWORD})
        confirm(desk, code_of(user))
    other = UserSession.objects.order_by("-created_at")[0]
    now.move_to(NOW + timedelta(minutes=11), tick=False)

    answer = desks[0].get(f"/your-sign-in/sessions/{which.format(pk=other.pk)}")

    assert answer.headers["Location"].startswith("/confirm/?next=/your-sign-in/sessions/")
    posted = {"form_token": "0" * 8 + "-0000-4000-8000-" + "0" * 12}
    refused = desks[0].post(f"/your-sign-in/sessions/{which.format(pk=other.pk)}", posted)
    assert (refused.status_code, is_in(desks[1])) == (403, True)


def test_what_was_typed_is_kept_while_a_person_confirms(user: User, now: Any) -> None:
    client = Client()
    client.force_login(user)
    now.move_to(NOW + timedelta(minutes=11), tick=False)

    answer = client.post(
        "/your-sign-in/recovery-codes/new/", {"note": "kept"}, headers={"Origin": "http://testserver"}
    )

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Confirm that it is you – nothing you typed is lost" in page
    assert '<input type="hidden" name="note" value="kept">' in page
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "next_page", ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)"]
)
def test_bad_input_70_confirming_leads_only_to_our_own_pages(user: User, next_page: str) -> None:
    an_app(user)
    client = Client()
    client.force_login(user)

    answer = client.post("/confirm/", {"code": code_of(user), "next": next_page})

    assert answer.headers["Location"] == "/your-sign-in/"
