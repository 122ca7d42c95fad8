"""Mails about accounts: to the address alone, of whatever kind; nothing of a case, no link but to choose a password."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction

from accounts.models import AccountEvent, Letter, User
from accounts.services import letters, log
from tests.letters import LINK

pytestmark = [pytest.mark.urls("tests.accounts.page_urls"), pytest.mark.django_db]
NOW = datetime(2026, 4, 10, 9, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", "correct-horse-battery")


def bodies() -> list[tuple[list[str], str, str]]:
    return [(one.to, one.subject, str(one.body)) for one in mail.outbox]


@pytest.mark.parametrize("address", ["ann@example.org", " ANN@example.org "])
def test_a_link_goes_to_the_address_of_the_account_and_the_address_is_forgotten(
    user: User, address: str
) -> None:
    letters.owe_reset(address, at=NOW)

    assert letters.post_letters(at=NOW) == 1
    [(to, subject, body)] = bodies()
    assert (to, subject) == (["ann@example.org"], "Rapid Review: Choose a new password")
    assert "until 11:05am on Friday 10 April 2026" in body
    assert len(LINK.findall(body)) == 1
    assert Letter.objects.get().address == ""
    assert letters.post_letters(at=NOW) == 0


@pytest.mark.parametrize(
    "whose",
    [
        lambda user: "nobody@example.org",
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False) and user.email,
    ],
)
def test_nobody_and_a_leaver_get_no_mail(user: User, whose: Any) -> None:
    letters.owe_reset(whose(user), at=NOW)

    assert letters.post_letters(at=NOW) == 0
    assert (mail.outbox, Letter.objects.filter(settled_at=None).count()) == ([], 0)


def test_what_waited_for_too_long_is_not_sent(user: User) -> None:
    letters.owe_reset(user.email, at=NOW - timedelta(hours=1, seconds=1))
    letters.owe("new-device", user, at=NOW - timedelta(days=3, seconds=1))

    assert letters.post_letters(at=NOW) == 0
    assert Letter.objects.filter(settled_at=None).count() == 0


def test_what_the_mail_server_does_not_take_is_sent_later_and_only_once(
    user: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    letters.owe("password-set", user, at=NOW)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    assert letters.post_letters(at=NOW) == 0

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert letters.post_letters(at=NOW + timedelta(minutes=1)) == 0  # another worker may be at it
    assert letters.post_letters(at=NOW + timedelta(minutes=2)) == 1
    assert letters.post_letters(at=NOW + timedelta(minutes=9)) == 0


@pytest.mark.parametrize("kind", sorted(letters.NEWS))
def test_news_says_what_and_when_and_whom_to_tell_and_holds_no_link(
    user: User, kind: str, settings: Any
) -> None:
    letters.owe(kind, user, at=NOW, about="Firefox on Linux")
    letters.post_letters(at=NOW)

    [(to, subject, body)] = bodies()
    assert to == ["ann@example.org"]
    assert subject.startswith("Rapid Review: ")
    assert "This was at 10:05am on Friday 10 April 2026." in body
    assert "by phone" in body
    assert re.findall(r"https?://\S+", body) == [settings.SITE_URL]


def test_an_invitation_of_somebody_with_an_account_holds_no_link(user: User) -> None:
    new = User.objects.create_user("ben@example.org", "Ben Example")
    for person in (user, new):
        letters.owe(letters.INVITATION, person, at=NOW)
    letters.post_letters(at=NOW)

    assert [(to, len(LINK.findall(body))) for to, _, body in bodies()] == [
        (["ann@example.org"], 0),
        (["ben@example.org"], 1),
    ]
    assert "until 10:05am on Friday 17 April 2026" in bodies()[1][2]


def test_only_what_has_words_can_be_owed(user: User) -> None:
    with pytest.raises(ValueError, match="No letter says 'anything'"):
        letters.owe("anything", user, at=NOW)


def test_an_event_of_an_account_is_never_changed(user: User) -> None:
    event = log.write(log.SIGNED_IN, subject=user, actor=user, at=NOW)

    with pytest.raises(DatabaseError, match="accounts_accountevent is append-only"), transaction.atomic():
        AccountEvent.objects.filter(pk=event.pk).update(kind="signed-out")
    assert AccountEvent.objects.get().kind == "signed-in"
