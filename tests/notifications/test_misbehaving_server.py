"""When the mail server misbehaves: put off, given up, never lost, and stopping nobody else."""

from datetime import timedelta
from typing import Any

import pytest

from notifications import services
from notifications.models import Notice
from notifications.services.delivering import BROKEN_OFF, Delivered
from reviews.models import Case
from tests.notifications.conftest import FRIDAY, owe, states
from tests.services import MailSink

pytestmark = pytest.mark.django_db


def test_come_back_later_is_tried_after_a_minute_then_five(case: Case, smtp: MailSink) -> None:
    # Given a server that asks us to come back later (421). When it is tried:
    [notice] = owe(case)
    smtp.mode = "421"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, put_off=1)

    # Then it waits a minute, and then five, with the reason in plain words.
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("waiting", 1)
    assert notice.last_error == "The mail server asked us to come back later (421 4.3.2 Come back later)."
    assert timedelta(0) <= notice.next_try_at - FRIDAY - timedelta(minutes=1) < timedelta(seconds=10)
    again = FRIDAY + timedelta(minutes=1, seconds=10)
    assert services.deliver_waiting(at=FRIDAY + timedelta(seconds=30)).claimed == 0
    services.deliver_waiting(at=again)
    notice.refresh_from_db()
    assert timedelta(0) <= notice.next_try_at - again - timedelta(minutes=5) < timedelta(seconds=10)

    # And when the server is well again, it leaves, once.
    smtp.mode = "accept"
    assert services.deliver_waiting(at=again + timedelta(minutes=6)).sent == 1
    assert len(smtp.received) == 1


def test_one_that_kills_its_worker_every_time_is_given_up(case: Case, smtp: MailSink) -> None:
    # Given a notice of which ten attempts in a row were begun and none ended. When its lease ends once more:
    owe(case)
    Notice.objects.update(attempts=BROKEN_OFF + 2, broken_off=BROKEN_OFF)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, failed=1)
    assert Notice.objects.get().last_error == "Every attempt broke off."
    assert smtp.attempts == 0


def test_an_attempt_that_ends_forgives_those_that_broke_off(case: Case, smtp: MailSink) -> None:
    owe(case)
    Notice.objects.update(broken_off=BROKEN_OFF - 1)
    smtp.mode = "421"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, put_off=1)
    assert Notice.objects.get().broken_off == 0


def test_an_address_that_is_refused_fails_at_once_and_stops_nobody_else(case: Case, smtp: MailSink) -> None:
    # Given three people, of whom the second is unknown to the server (550). When it is delivered:
    notices = owe(case, people=3)
    smtp.for_address[notices[1].recipient.email] = "550"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=3, sent=2, failed=1)

    # Then the second has failed, says so in plain words, and is not tried again.
    failed = Notice.objects.get(state="failed")
    assert failed.recipient == notices[1].recipient
    assert (
        failed.last_error == "The mail server does not accept this address (550 5.1.1 Nobody of that name)."
    )
    assert services.deliver_waiting(at=FRIDAY + timedelta(days=3)).claimed == 0


def test_one_mail_that_hangs_does_not_stop_the_others(case: Case, smtp: MailSink, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    notices = owe(case, people=3)
    smtp.for_address[notices[1].recipient.email] = "hang"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=3, sent=2, put_off=1)
    assert Notice.objects.get(state="waiting").last_error == "The mail server did not answer in time."


def test_a_server_that_always_hangs_costs_two_waits_and_not_a_hundred(
    case: Case, smtp: MailSink, settings: Any
) -> None:
    settings.EMAIL_TIMEOUT = 0.5
    owe(case, people=20)
    smtp.mode = "hang"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=20, put_off=20)
    assert smtp.attempts == 2
    assert set(Notice.objects.values_list("attempts", flat=True)) == {1}


def test_a_server_that_is_not_there_puts_everything_off(case: Case, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    owe(case, people=3)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=3, put_off=3)
    assert set(Notice.objects.values_list("last_error", flat=True)) == {
        "The mail server could not be reached (Connection refused)."
    }


def test_a_server_that_hangs_up_after_its_answer_has_taken_the_mail(case: Case, smtp: MailSink) -> None:
    # Given a server that says 250 and hangs up. When three are delivered, then each is sent once.
    owe(case, people=3)
    smtp.mode = "drop-after-250"
    services.deliver_everything_owed(at=FRIDAY)
    services.deliver_everything_owed(at=FRIDAY + timedelta(minutes=2))
    assert states() == {"sent": 3}
    assert len(smtp.received) == 3


def test_a_server_that_hangs_up_without_an_answer_is_sent_the_same_message_again(
    case: Case, smtp: MailSink
) -> None:
    # Given a server that kept the mail but hung up before it said so. When it is well and we try again:
    [notice] = owe(case)
    smtp.mode = "drop-before-250"
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, put_off=1)
    smtp.mode = "accept"
    services.deliver_waiting(at=FRIDAY + timedelta(minutes=2))

    # Then the person has it twice, and their mail program can see that it is one.
    assert [mail["Message-ID"] for mail in smtp.to(notice.recipient.email)] == [notice.message_id] * 2
    assert states() == {"sent": 1}
