"""Trouble with the server waits for ever; an address that is refused asks somebody to phone."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import end_membership
from notifications import services
from notifications.channels.mail import Trouble, _what_it_means
from notifications.models import Notice
from notifications.services.delivering import Delivered
from reviews.models import Case
from tests.factories import CANARIES, World, a_world, asked_returns
from tests.notifications.conftest import london
from tests.notifications.test_pages import page, signed_in, tell
from tests.services import MailSink
from tests.standing import standing
from workflows.models import LedgerEntry
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
FRIDAY = london("2026-03-20 09:00")
NOBODY = "The mail server does not accept this address (550 5.1.1 Nobody)."


# ---- What ends a notice, and what does not -----------------------------------------------------
@standing
def owed(world: World, referral: Case) -> Notice:
    return tell(world.gp_author, referral, number=1, at=FRIDAY)


def test_a_server_that_is_away_for_a_week_fails_nothing(owed: Notice, settings: Any) -> None:
    # Given a mail server that is not there, and a delivery every half hour for a week:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tries = sum(
        services.deliver_waiting(at=FRIDAY + timedelta(minutes=30 * n)).claimed for n in range(48 * 7)
    )

    # Then it was tried about once an hour, and still waits; when the server is back, it leaves.
    owed.refresh_from_db()
    assert (owed.state, owed.attempts) == ("waiting", tries)
    assert 7 * 24 * 0.6 < tries < 7 * 24 + 4
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert services.deliver_waiting(at=FRIDAY + timedelta(days=8)) == Delivered(claimed=1, sent=1)


@pytest.mark.parametrize("attempts", [3, 51, 1000])
def test_come_back_later_is_heeded_every_hour_for_ever(owed: Notice, attempts: int, smtp: MailSink) -> None:
    smtp.mode = "421"
    Notice.objects.update(attempts=attempts)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, put_off=1)
    wait = Notice.objects.get().next_try_at - FRIDAY
    assert timedelta(minutes=60) <= wait < timedelta(minutes=61)


def at_rcpt(code: int, said: bytes) -> Exception:
    return smtplib.SMTPRecipientsRefused({"gp@example.org": (code, said)})


@pytest.mark.parametrize(
    ("error", "is_for_good"),
    [
        (at_rcpt(550, b"5.1.1 Nobody of that name"), True),
        (at_rcpt(550, b"No such user"), True),
        (at_rcpt(552, b"5.2.2 Mailbox full"), True),
        (at_rcpt(450, b"4.2.0 Greylisted"), False),
        (at_rcpt(421, b"4.3.2 Come back later"), False),
        (at_rcpt(550, b"5.7.1 Relaying denied"), False),
        (at_rcpt(530, b"Authentication required"), False),
        (smtplib.SMTPDataError(550, b"5.1.1 Nobody of that name"), True),
        (smtplib.SMTPDataError(554, b"5.7.1 Looks like spam"), False),
        (smtplib.SMTPDataError(451, b"4.3.0 Disk full"), False),
        (smtplib.SMTPSenderRefused(553, b"5.7.1 Not your address", "us@example.org"), False),
        (smtplib.SMTPAuthenticationError(535, b"5.7.8 Wrong password"), False),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), False),
        (TimeoutError("timed out"), False),
        (ConnectionRefusedError(111, "Connection refused"), False),
    ],
)
def test_only_a_refusal_of_the_recipient_is_for_good(error: Exception, is_for_good: bool) -> None:
    trouble = _what_it_means(error)
    assert isinstance(trouble, Trouble)
    assert trouble.is_permanent is is_for_good


# ---- Somebody phones ---------------------------------------------------------------------------
@pytest.fixture
def failed(world: World, notified: Case, time_machine: Any) -> Notice:
    """A GP who was asked for a return on 18 March, and whose address is refused; looked at two days later."""
    time_machine.move_to(FRIDAY, tick=False)
    asked_returns(world, notified)
    Notice.objects.exclude(recipient=world.gp_author).delete()
    Notice.objects.all().become("failed", last_error=NOBODY)
    found: Notice = Notice.objects.get()
    return found


BANNER = "A mail could not be delivered: phone gp author of Northborough"


@pytest.mark.parametrize("name", ["home", "case-list", "notice-list"])
def test_the_manager_is_told_on_every_page_whom_to_phone(world: World, failed: Notice, name: str) -> None:
    shown = page(world.manager, name)
    assert BANNER in shown
    assert reverse("undelivered-list") in shown


@pytest.mark.parametrize("who", ["gp_author", "member", "administrator", "partner_1"])
def test_nobody_else_is_told_whom_to_phone(world: World, failed: Notice, who: str) -> None:
    assert "could not be delivered" not in page(getattr(world, who), "home")
    shown = page(getattr(world, who), "undelivered-list")
    assert "gp author" not in shown.replace("<span>gp author of Northborough</span>", "")
    answer = signed_in(getattr(world, who)).post(reverse("undelivered-phoned", args=[failed.pk]))
    assert answer.status_code == 404


def test_another_partnership_is_not_told_whom_to_phone(world: World, failed: Notice) -> None:
    stranger = a_world("Southborough").manager
    assert "could not be delivered" not in page(stranger, "home")
    answer = signed_in(stranger).post(reverse("undelivered-phoned", args=[failed.pk]))
    assert answer.status_code == 404
    assert Notice.objects.get().dealt_with_at is None


def test_several_people_are_counted(world: World, failed: Notice, notified: Case) -> None:
    tell(world.chair, notified, number=1, at=FRIDAY)
    tell(world.chair, notified, number=2, at=FRIDAY)
    Notice.objects.filter(recipient=world.chair).become("failed", last_error=NOBODY)
    assert "Mails could not be delivered to 2 people: phone them" in page(world.manager, "home")


def test_who_was_phoned_is_off_the_list_and_it_is_in_the_ledger(world: World, failed: Notice) -> None:
    # Given a list that says whom to phone, about what, and why:
    shown = page(world.manager, "undelivered-list")
    for word in (
        "Phone gp author of Northborough",
        failed.subject.code,
        "A return is asked of your agency",
        NOBODY,
    ):
        assert word in shown, word
    assert not [word for word in CANARIES if word in shown]

    # When the manager says that she phoned, twice by accident:
    client = signed_in(world.manager)
    for _ in range(2):
        answer = client.post(reverse("undelivered-phoned", args=[failed.pk]))
        assert answer["Location"] == reverse("undelivered-list")

    # Then nothing asks for it any more, and the ledger of the case has it once.
    failed.refresh_from_db()
    assert (failed.state, failed.dealt_with_at) == ("failed", FRIDAY)
    client.get(reverse("undelivered-list"))  # says once that it was recorded
    shown = page(world.manager, "undelivered-list")
    assert "Every mail of the last 30 days was delivered, or seen to." in shown
    assert BANNER not in shown
    assert LedgerEntry.objects.filter(action="phoned", actor=str(world.manager.pk)).count() == 1


def test_what_is_older_than_thirty_days_asks_for_nothing(
    world: World, failed: Notice, time_machine: Any
) -> None:
    time_machine.move_to(failed.created_at + timedelta(days=30), tick=False)
    assert BANNER in page(world.manager, "home")
    time_machine.move_to(failed.created_at + timedelta(days=30, seconds=1), tick=False)
    assert BANNER not in page(world.manager, "home")


def test_phoning_is_nothing_that_a_link_can_do(world: World, failed: Notice) -> None:
    assert signed_in(world.manager).get(reverse("undelivered-phoned", args=[failed.pk])).status_code == 405
    assert Client().get(reverse("undelivered-list"))["Location"].startswith(reverse("account_login"))


# ---- Somebody left -----------------------------------------------------------------------------
def test_whoever_left_learns_no_more_than_they_were_told(
    world: World, notified: Case, time_machine: Any
) -> None:
    # Given an author who was reminded of a return due on 27 March, and who left on the 28th:
    asked_returns(world, notified)
    sweep(at=london("2026-03-27 09:00"))
    time_machine.move_to(london("2026-03-27 10:00"), tick=False)
    assert "due today" in page(world.gp_author, "notice-list")
    end_membership(world.gp_author.memberships.get(), on=london("2026-03-28 00:00").date())

    # When they look weeks later, then their notices say the day that they said, and not how it stands.
    time_machine.move_to(london("2026-04-20 09:00"), tick=False)
    shown = page(world.gp_author, "notice-list")
    assert "Agency return, due Friday 27 March 2026" in shown
    assert "(was due" not in shown
    assert "item--late" not in shown
