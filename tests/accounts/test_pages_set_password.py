"""The link that a new person is given: it works once, for them alone."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import AccountEvent, Agency, Letter, Partnership, User
from accounts.services import links, sessions
from accounts.services.passwords import ContextValidator

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]

GOOD = "a lamp a ferry a turnip"
NO_LINK = '<h1 class="govuk-heading-l">This link does not work</h1>'


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example")


def link(user: User) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("set-password", args=[uid, links.tokens.make_token(user)])


def choose(client: Client, address: str, first: str, second: str) -> Any:
    form = client.get(address, follow=True).request["PATH_INFO"]
    return client.post(form, {"new_password1": first, "new_password2": second})


def test_a_new_person_chooses_a_password_and_signs_in_with_it(client: Client, user: User) -> None:
    # Given a link, opened by somebody who is not signed in
    address = link(user)
    opened = client.get(address)

    # Then the token leaves the address at once
    assert opened.url == address.replace(address.split("/")[-2], "set-password")  # type: ignore[attr-defined]

    # When they choose a password
    response = choose(client, address, GOOD, GOOD)

    # Then it is theirs, and they are asked to sign in with it
    assert response.url == "/sign-in/"
    user.refresh_from_db()
    assert user.check_password(GOOD)
    assert "Your password is set. Sign in with it now." in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize(
    ("first", "second", "box", "message"),
    [
        ("", "", "new_password1", "Enter a password"),
        ("", "", "new_password2", "Enter the password again"),
        (GOOD, "another ferry", "new_password2", "The two passwords must be the same"),
        ("short", "short", "new_password1", "This password is too short"),
        ("ann@example.org", "ann@example.org", "new_password1", "The password is too similar to the email address"),
        ("1234567890123", "1234567890123", "new_password1", "This password is too common"),
        ("Safeguarding2026!", "Safeguarding2026!", "new_password1", "The password is made of words about this work"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_password_is_said_at_its_box(
    client: Client, user: User, first: str, second: str, box: str, message: str
) -> None:
    page = choose(client, link(user), first, second).content.decode()

    assert message in page.split(f'id="id_{box}-error"')[1].split("</p>")[0]
    assert "<title>Error: Choose a password – Rapid Review</title>" in page
    assert not User.objects.get().has_usable_password()
    assert f'value="{first}"' not in page


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("Safeguarding2026!", False),
        ("RAPID-review-2026", False),
        ("childrenchildschool", False),
        ("Barsetshire-2026!", False),
        ("Hogglestock1234567", False),
        ("children of the green ferry", True),
        ("safeguarding-qwXvb7!", True),
        ("barsetshirabcdefgh", True),
        ("aaaaaaaaaaaaaaa", True),  # of this work it says nothing: other validators may
    ],
)
def test_a_password_of_words_about_this_work_and_place_is_refused(password: str, is_taken: bool) -> None:
    partnership = Partnership.objects.create(name="The Barsetshire Partnership", reference_prefix="B")
    Agency.objects.create(partnership=partnership, name="Hogglestock Academy", kind="school")

    try:
        ContextValidator().validate(password)
    except ValidationError:
        assert not is_taken
    else:
        assert is_taken


def used(client: Client, user: User) -> str:
    address = link(user)
    choose(client, address, GOOD, GOOD)
    return address


def older_than_a_password(client: Client, user: User) -> str:
    address = link(user)
    user.set_password(GOOD)
    user.save()
    return address


def older_than_a_sign_in(client: Client, user: User) -> str:
    address = link(user)
    User.objects.update(last_login=timezone.now())
    return address


def older_than_the_end_of_all_sessions(client: Client, user: User) -> str:
    address = link(user)
    sessions.end_all(user, by=None, at=timezone.now())
    return address


def of_another_address(client: Client, user: User) -> str:
    address = link(user)
    User.objects.update(email="other@example.org")
    return address


def closed(client: Client, user: User) -> str:
    address = link(user)
    User.objects.update(is_active=False)
    return address


@pytest.mark.parametrize(
    "dead",
    [
        used,
        older_than_a_password,
        older_than_a_sign_in,
        older_than_the_end_of_all_sessions,
        of_another_address,
        closed,
        lambda client, user: link(user)[:-2] + "x/",
        lambda client, user: reverse("set-password", args=["%FF%00", "x-y"]),
        lambda client, user: reverse("set-password", args=["AAAA", "set-password"]),
    ],
)
def test_bad_input_77_a_link_that_was_used_overtaken_closed_cut_or_invented_does_nothing(
    client: Client, user: User, dead: Any
) -> None:
    address = dead(client, user)
    before = User.objects.get().password

    page = client.get(address, follow=True).content.decode()
    posted = client.post(address, {"new_password1": GOOD * 2, "new_password2": GOOD * 2}, follow=True)

    assert NO_LINK in page
    assert NO_LINK in posted.content.decode()
    assert User.objects.get().password == before


@pytest.mark.parametrize(("has_password", "lasts"), [(False, timedelta(days=7)), (True, timedelta(hours=1))])
def test_bad_input_77_an_invitation_ends_after_a_week_and_a_reset_after_an_hour(
    client: Client, user: User, has_password: bool, lasts: timedelta
) -> None:
    if has_password:
        user.set_password(GOOD)
        user.save()
    address, now = link(user), timezone.now()

    with time_machine.travel(now + lasts + timedelta(minutes=1)):
        assert NO_LINK in client.get(address, follow=True).content.decode()
    with time_machine.travel(now + lasts - timedelta(minutes=1)):
        assert "Choose a password" in client.get(address, follow=True).content.decode()


def test_a_new_password_signs_nobody_in_ends_every_session_and_is_told(client: Client, user: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)

    choose(client, link(user), GOOD, GOOD)

    assert client.get("/cases/").status_code == elsewhere.get("/cases/").status_code == 302
    assert list(AccountEvent.objects.values_list("kind", flat=True)) == ["sessions-ended", "password-set"]
    assert Letter.objects.get().kind == "password-set"
