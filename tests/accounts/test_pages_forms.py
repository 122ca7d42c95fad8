"""A form is shown, kept when wrong, and answered once."""

import re
import threading
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client

from accounts.models import Partnership, Receipt, User
from tests.accounts import page_urls

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", "correct-horse-battery")


@pytest.fixture
def client(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def typed(**more: str) -> dict[str, str]:
    return {"form_token": str(uuid.uuid4()), "name": "North", "account": "", **more}


def text_of(response: Any) -> str:
    return str(response.content.decode())


def hidden_token(page: str) -> str:
    found = re.search('name="form_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_new_page_brings_a_new_token_each_time(client: Client) -> None:
    first, second = (hidden_token(text_of(client.get("/add/"))) for _ in range(2))

    assert uuid.UUID(first) != uuid.UUID(second)


def test_a_good_form_acts_and_leads_to_its_answer(client: Client, user: User) -> None:
    sent = typed()

    response = client.post("/add/", sent)

    partnership = Partnership.objects.get()
    assert (response.status_code, response.url) == (302, f"/partnerships/{partnership.pk}/")  # type: ignore[attr-defined]
    receipt = Receipt.objects.get()
    assert (str(receipt.token), receipt.user, receipt.path) == (sent["form_token"], user, "/add/")


def test_a_form_with_errors_says_so_thrice_keeps_the_text_and_its_token(client: Client) -> None:
    sent = typed(name=" ", account="First line\r\n\r\n  </textarea><script>alert(1)</script>")

    response = client.post("/add/", sent)

    page = text_of(response)
    assert response.status_code == 200
    assert "<title>Error: Add a partnership – Rapid Review</title>" in page
    assert '<a href="#id_name">Enter the name of the partnership</a>' in page
    assert 'id="id_name-error"' in page
    assert "First line\r\n\r\n  &lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;</textarea>" in page
    assert hidden_token(page) == sent["form_token"]
    assert not Receipt.objects.exists()


def test_bad_input_26_a_text_that_is_too_long_is_kept_whole(client: Client) -> None:
    response = client.post("/add/", typed(account="x" * 20_001))

    assert "What happened must be 20,000 characters or less" in text_of(response)
    assert "x" * 20_001 in text_of(response)


def test_bad_input_28_bytes_that_are_not_utf_8_are_refused_with_a_reason(client: Client) -> None:
    body = b"name=Zo%EB&form_token=" + str(uuid.uuid4()).encode()

    response = client.post("/add/", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert "Remove characters that cannot be used from the name of the partnership" in text_of(response)


def test_every_field_shows_its_error_and_the_summary_leads_to_a_box_that_is_there(client: Client) -> None:
    sent = {
        "form_token": str(uuid.uuid4()),
        "happened_on_day": "1",
        "happened_on_month": "2",
        "happened_on_year": "24",
    }

    page = text_of(client.post("/every-field/", sent))

    targets = re.findall(r'<a href="#([^"]+)">', page.partition("<h1")[0])
    assert targets == [
        "id_name",
        "id_account",
        "id_email",
        "id_happened_on_year",
        "id_known_at_day",
        "id_kind",
        "id_agencies",
        "id_area",
        "id_is_in_care",
        "id_children",
        "id_is_checked",
    ]
    assert [target for target in targets if f'id="{target}"' not in page] == []


def test_bad_input_12_the_page_asks_which_of_two_times_and_keeps_the_answer(client: Client) -> None:
    sent = {"known_at_day": "25", "known_at_month": "10", "known_at_year": "2020", "known_at_time": "1:30am"}

    asked = text_of(client.post("/every-field/", sent))
    answered = text_of(client.post("/every-field/", {**sent, "known_at_which": "after"}))

    assert (
        '<a href="#id_known_at_which">Say whether 1:30am was before or after the clocks went back</a>'
        in asked
    )
    assert "Say whether" not in answered
    assert re.search('id="id_known_at_which-2"[^>]*value="after"[^>]*checked', answered)


def test_a_refusal_undoes_everything_and_stands_above_the_form(client: Client) -> None:
    response = client.post("/add/", typed(name="Refuse me", account="Long story"))

    assert response.status_code == 200
    assert "Cannot add Refuse me: it is refused." in text_of(response)
    assert "Long story" in text_of(response)
    assert (Partnership.objects.count(), Receipt.objects.count()) == (0, 0)


def test_bad_input_34_boxes_that_nobody_asked_for_change_nothing(client: Client) -> None:
    client.post("/add/", typed(is_superuser="1", state="closed", reference_prefix="EVIL"))

    assert Partnership.objects.get().reference_prefix == "X"


@pytest.mark.parametrize("token", ["", "not-a-uuid", "\x00"])
def test_bad_input_34_a_form_without_its_token_does_nothing_and_gets_a_new_one(
    client: Client, token: str
) -> None:
    response = client.post("/add/", typed(form_token=token))

    assert "This form could not be checked. Send it again." in text_of(response)
    assert uuid.UUID(hidden_token(text_of(response)))
    assert not Partnership.objects.exists()


def test_the_same_form_sent_twice_has_one_effect_and_one_answer(client: Client) -> None:
    sent = typed()

    first, second = client.post("/add/", sent), client.post("/add/", sent)

    assert first.url == second.url  # type: ignore[attr-defined]
    assert Partnership.objects.count() == 1


def test_bad_input_79_another_body_with_the_same_token_is_refused_with_the_way_to_the_first(
    client: Client,
) -> None:
    sent = typed()
    first = client.post("/add/", sent)

    response = client.post("/add/", {**sent, "name": "South"})

    assert response.status_code == 422
    assert "This form was already sent" in text_of(response)
    assert first.url in text_of(response)  # type: ignore[attr-defined]
    assert Partnership.objects.get().name == "North"


def test_somebody_elses_token_is_refused_without_the_way_to_their_answer(client: Client) -> None:
    sent = typed()
    first = client.post("/add/", sent)
    client.force_login(User.objects.create_user("ben@example.org", "Ben Example", "correct-horse-battery"))

    response = client.post("/add/", sent)

    assert response.status_code == 422
    assert first.url not in text_of(response)  # type: ignore[attr-defined]
    assert Partnership.objects.count() == 1


def test_another_file_under_the_same_name_is_another_form(client: Client) -> None:
    sent = typed()
    client.post("/add/", {**sent, "file": SimpleUploadedFile("a.txt", b"one")})

    again = client.post("/add/", {**sent, "file": SimpleUploadedFile("a.txt", b"one")})
    other = client.post("/add/", {**sent, "file": SimpleUploadedFile("a.txt", b"two")})

    assert (again.status_code, other.status_code) == (302, 422)


def test_a_second_copy_is_answered_though_the_first_closed_the_door(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(page: page_urls.AddPartnership) -> None:
        if Partnership.objects.exists():
            raise page_urls.Http404

    monkeypatch.setattr(page_urls.AddPartnership, "prepare", prepare)
    sent = typed()

    first, second, another = (
        client.post("/add/", sent),
        client.post("/add/", sent),
        client.post("/add/", typed()),
    )

    assert (first.status_code, second.status_code, another.status_code) == (302, 302, 404)
    assert first.url == second.url  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_bad_input_78_twenty_copies_at_once_have_one_effect_and_one_answer(user: User) -> None:
    sent = typed()
    client = Client()
    client.force_login(user)
    cookies = client.cookies
    together = threading.Barrier(20)
    answers: list[tuple[int, str]] = []

    def send() -> None:
        try:
            one = Client()
            one.cookies = cookies
            together.wait(timeout=30)
            response = one.post("/add/", sent)
            answers.append((response.status_code, getattr(response, "url", "")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert answers == [(302, f"/partnerships/{Partnership.objects.get().pk}/")] * 20
