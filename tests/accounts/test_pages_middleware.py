"""What is refused before a page sees it, what a late form gets back, and what no cache may keep."""

import html
import re
import uuid
from typing import Any

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import get_template
from django.test import Client

from accounts.models import Partnership, User

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]

OURS = {"Origin": "http://testserver"}


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", "correct-horse-battery")


def typed(**more: str) -> dict[str, str]:
    return {"form_token": str(uuid.uuid4()), "name": "North", "account": "", **more}


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("address", ["/?q=%00", "/?q=%ed%a0%80", "/?q=%ff", "/%00/", "/sign-in/?next=%00"])
def test_bad_input_65_an_address_that_is_no_text_gets_a_plain_page(client: Client, address: str) -> None:
    response = client.get(address)

    assert response.status_code == 400
    assert "This address or form cannot be read" in text_of(response)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["/%ff/", "/%ed%a0%80/"])
def test_bad_input_65_a_path_that_is_no_text_leads_nowhere(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_address_in_any_language_is_let_through(client: Client, user: User) -> None:
    client.force_login(user)

    assert client.get("/", {"q": "Zoë 李"}).status_code == 200


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart"])
def test_bad_input_27_five_megabytes_are_refused_early_with_a_way_back(
    client: Client, user: User, kind: str
) -> None:
    client.force_login(user)
    text = "x" * 5 * 1024 * 1024
    sent: Any = typed(account=text) if kind == "multipart" else f"account={text}"
    more: Any = {} if kind == "multipart" else {"content_type": kind}

    response = client.post("/add/", sent, headers={"Referer": "http://testserver/add/?from=list"}, **more)

    assert response.status_code == 413
    assert 'href="http://testserver/add/?from=list"' in text_of(response)


def test_bad_input_38_a_file_that_is_too_large_is_refused_before_it_is_read(
    client: Client, settings: Any
) -> None:
    # Given somebody who is not signed in, and a server that would keep a file of theirs while it reads
    settings.FILE_UPLOAD_HANDLERS = ["a.handler.that.is.asked.Nothing"]
    file = SimpleUploadedFile("large.json", b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    assert client.post("/add/", {"list": file}).status_code == 413


def test_bad_input_27_the_way_back_is_never_to_another_site(client: Client) -> None:
    response = client.post(
        "/add/", "x" * 3_000_000, content_type="text/plain", headers={"Referer": "https://evil.test/"}
    )

    assert response.status_code == 413
    assert "evil.test" not in text_of(response)


def test_too_many_boxes_are_refused(client: Client) -> None:
    assert client.post("/add/", {f"box{number}": "" for number in range(1001)}).status_code == 400


def test_every_page_but_sign_in_asks_for_sign_in(client: Client) -> None:
    response = client.get("/cases/?page=2")

    assert (response.status_code, response.headers["Location"]) == (302, "/sign-in/?next=/cases/%3Fpage%3D2")
    assert client.get("/sign-in/").status_code == 200


def kept(page: str) -> dict[str, str]:
    """The hidden boxes of the form that sends it again."""
    main = page.partition("<main")[2]
    found = re.findall('<input type="hidden" name="([^"]+)" value="([^"]*)">', main)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def test_bad_input_35_a_form_sent_after_the_session_ended_loses_nothing(user: User) -> None:
    # Given somebody whose session ended while the page was open.
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    sent = typed(name='O\'Brien & "Co"', account="One\n\n<b>two</b>", new_password="not repeated")
    token = client.cookies["csrftoken"].value

    # When they send the form:
    response = client.post("/add/", {**sent, "csrfmiddlewaretoken": token}, headers=OURS)

    # Then the page shows what was typed, and carries it in a form of its own.
    page = text_of(response)
    assert response.status_code == 403
    assert "You need to sign in again – nothing you typed is lost" in page
    assert "readonly>One\n\n&lt;b&gt;two&lt;/b&gt;</textarea>" in page
    assert "not repeated" not in page
    again = kept(page)
    assert {name: again[name] for name in ("name", "account", "form_token")} == {
        name: sent[name] for name in ("name", "account", "form_token")
    }

    # And after sign-in, which renews the CSRF token, it is done at once: it was asked for once already.
    client.force_login(user)
    answer = client.post("/add/", {**again, "csrfmiddlewaretoken": "x" * 64}, headers=OURS)
    assert answer.status_code == 302
    assert Partnership.objects.get().name == 'O\'Brien & "Co"'


def expired(client: Client, sent: dict[str, str]) -> str:
    """The page that somebody gets who sends a form after their session ended."""
    client.get("/sign-in/")
    token = client.cookies["csrftoken"].value
    return text_of(client.post("/add/", {**sent, "csrfmiddlewaretoken": token}, headers=OURS))


def test_a_form_sent_again_before_signing_in_is_shown_again(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    again = kept(expired(client, typed()))
    page = text_of(client.post("/add/", again, headers=OURS))
    assert "You need to sign in again" in page
    client.force_login(user)
    assert client.post("/add/", kept(page), headers=OURS).status_code == 302


@pytest.mark.parametrize(
    "change",
    [
        {"name": "South"},
        {"more": "x"},
        {"sent_again": "x"},
        {"sent_again": ""},
    ],
)
def test_only_what_was_shown_is_sent_again_without_its_token(user: User, change: dict[str, str]) -> None:
    # Given the page for a late form, and something in it changed
    client = Client(enforce_csrf_checks=True)
    again = kept(expired(client, typed()))
    client.force_login(user)
    answer = client.post("/add/", {**again, **change, "csrfmiddlewaretoken": "x" * 64}, headers=OURS)
    assert (answer.status_code, Partnership.objects.exists()) == (403, False)
    assert "Check what you typed and send it again" in text_of(answer)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {}])
def test_a_sealed_form_is_worth_nothing_to_another_site(user: User, headers: dict[str, str]) -> None:
    # Given a seal that another site had made for its own words
    again = kept(expired(Client(enforce_csrf_checks=True), typed(name="Theirs")))
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post("/add/", {**again, "csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert (answer.status_code, Partnership.objects.exists()) == (403, False)


def test_a_sealed_form_is_for_one_address_and_one_hour(user: User, time_machine: Any) -> None:
    time_machine.move_to("2026-03-20T09:00:00Z", tick=False)
    client = Client(enforce_csrf_checks=True)
    again = {**kept(expired(client, typed())), "csrfmiddlewaretoken": "x" * 64}
    client.force_login(user)
    assert client.post("/add/?other", again, headers=OURS).status_code == 403
    time_machine.move_to("2026-03-20T10:00:01Z", tick=False)
    assert client.post("/add/", again, headers=OURS).status_code == 403
    assert not Partnership.objects.exists()


def test_a_late_form_shows_what_was_typed_by_the_labels_of_the_form(user: User) -> None:
    page = expired(Client(enforce_csrf_checks=True), typed(account="One."))
    labels = re.findall(r'<label class="govuk-label govuk-label--s" for="typed-\d">(.*?)</label>', page)
    assert labels == ["Name of the partnership", "What happened"]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {}, {"Referer": "http://e.test/"}]
)
def test_bad_input_35_another_site_gets_no_form_that_it_could_have_sent(
    user: User, headers: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = client.post("/add/", typed(), headers=headers)

    assert response.status_code == 403
    assert "North" not in text_of(response)
    assert kept(text_of(response)) == {}
    assert not Partnership.objects.exists()


def test_bad_input_35_a_sign_in_page_that_was_open_too_long_is_shown_again() -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post("/sign-in/?next=/cases/", {"username": "a@x.test"}, headers=OURS, follow=True)

    assert response.redirect_chain == [("/sign-in/?next=/cases/", 302)]
    assert "That page had been open for too long. Sign in again." in text_of(response)


def test_bad_input_73_a_page_that_only_acts_is_not_opened_by_a_link(client: Client, user: User) -> None:
    client.force_login(user)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/add/", typed(), headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 302
    assert client.delete("/add/").status_code == 405
    assert client.get("/cases/").status_code == 200


@pytest.mark.parametrize("address", ["/", "/add/", "/nowhere/", "/sign-in/"])
def test_no_page_is_kept_by_a_cache(client: Client, user: User, address: str) -> None:
    client.force_login(user)

    assert "no-store" in client.get(address).headers["Cache-Control"]


def test_a_page_loads_and_sends_to_this_site_alone(client: Client) -> None:
    policy = client.get("/sign-in/").headers["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_page_that_is_not_there_says_nothing_of_what_is(client: Client, user: User) -> None:
    client.force_login(user)

    first, second = (client.get(address) for address in ("/nowhere/", "/partnerships/1/"))

    assert first.status_code == second.status_code == 404
    strip = re.compile('name="csrfmiddlewaretoken" value="[^"]+"|quote <strong>[0-9a-f]{10}</strong>')
    assert strip.sub("", text_of(first)) == strip.sub("", text_of(second))


def test_a_broken_page_is_answered_without_session_or_database(client: Client, user: User) -> None:
    client.force_login(user)
    client.raise_request_exception = False

    response = client.get("/broken/")

    assert response.status_code == 500
    assert "Sorry, there is a problem with the service" in text_of(response)
    assert "Ann Example" not in text_of(response)


@pytest.mark.parametrize("name", ["400", "403", "404", "405", "413", "429", "500", "503"])
def test_each_error_page_can_be_written_without_a_request(name: str) -> None:
    page = get_template(f"{name}.html").render({})

    assert page.count("<h1") == 1
    assert "<script>" not in page
    assert "style=" not in page


def test_a_cookie_that_was_altered_leads_to_sign_in(client: Client, user: User) -> None:
    client.force_login(user)
    client.cookies["sessionid"] = signing.dumps("forged")

    assert client.get("/cases/").status_code == 302
