"""Accepted is not delivered: what comes back is phoned, and does not count as chased."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command

from notifications import services
from notifications.models import Notice
from notifications.services.bouncing import Bounce, read_bounce
from reviews.models import Case
from tests.factories import World, asked_returns
from tests.notifications.conftest import london
from tests.notifications.test_pages import page
from workflows.models import Rung
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
TUESDAY = london("2026-03-24 09:00")
"""Three working days before the returns of `notified` are due: their authors are reminded."""

REPORT = """\
From: MAILER-DAEMON@mail.example.org
To: reviews@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; gp-author@northborough.example
Action: {action}
Status: {status}

--B
Content-Type: {kind}

Message-ID: {message_id}
Subject: Reminder: a deadline is coming

--B--
"""


def a_report(
    message_id: str, *, action: str = "failed", status: str = "5.1.1", kind: str = "message/rfc822"
) -> bytes:
    return REPORT.format(message_id=message_id, action=action, status=status, kind=kind).encode()


@pytest.fixture
def sent(world: World, notified: Case, time_machine: Any) -> Notice:
    """The reminder of a GP's return, which the mail server took; looked at a day later."""
    time_machine.move_to(london("2026-03-25 09:00"), tick=False)
    asked_returns(world, notified)
    Notice.objects.all().delete()
    Rung.objects.exclude(deadline__rule_code__in=("LOC_RETURN", "RR_COMPLETE")).delete()
    sweep(at=TUESDAY)
    services.deliver_everything_owed(at=TUESDAY)
    found: Notice = Notice.objects.get(recipient=world.gp_author, news="reminder", state="sent")
    return found


def row_of(agency: Any, shown: str) -> str:
    return " ".join(shown.split(f">{agency.name}</a>")[1].split("</tr>")[0].split())


def test_edge_55_a_mail_that_was_accepted_and_came_back_is_phoned_and_does_not_count_as_chased(
    world: World, notified: Case, sent: Notice
) -> None:
    # Given a return of which the author was reminded, and the case says so:
    shown = page(world.manager, "case", notified.pk)
    assert "Chased once, last on Tuesday 24 March 2026." in row_of(world.gp, shown)

    # When the mail comes back, then it counts no more: the case, the list and every page say whom to phone.
    assert services.take_report(a_report(sent.message_id))
    shown = page(world.manager, "case", notified.pk)
    assert "Chased" not in row_of(world.gp, shown)
    assert "Not reached" in row_of(world.gp, shown)
    assert "Phone gp author of Northborough." in row_of(world.gp, shown)
    assert "Chased once, last on Tuesday 24 March 2026." in row_of(world.school, shown)
    assert "A mail could not be delivered: phone gp author of Northborough" in shown
    assert "The mail was accepted, and came back (5.1.1)." in page(world.manager, "undelivered-list")
    assert "Could not be sent" in page(world.manager, "sent-list", notified.pk)

    # When she phoned, then he was chased, on that day.
    sent.refresh_from_db()
    services.mark_dealt_with(sent, by=world.manager, at=london("2026-03-25 10:00"))  # type: ignore[arg-type]
    assert "Chased once, last on Wednesday 25 March 2026." in row_of(
        world.gp, page(world.manager, "case", notified.pk)
    )


def test_who_may_not_see_what_was_sent_is_not_told_who_was_chased(
    world: World, notified: Case, sent: Notice
) -> None:
    services.take_report(a_report(sent.message_id))
    sweep(at=london("2026-04-10 09:00"))
    services.deliver_everything_owed(at=london("2026-04-10 09:00"))
    assert "Reminded of these once, last on Friday 10 April 2026." in page(world.chair, "case", notified.pk)
    shown = page(world.member, "case", notified.pk)
    assert [word for word in ("Chased", "Not reached", "Reminded of these") if word in shown] == []


def test_who_was_not_chased_yet_has_nothing_said_of_it(world: World, notified: Case) -> None:
    asked_returns(world, notified)
    assert "Chased" not in row_of(world.gp, page(world.manager, "case", notified.pk))


def test_taking_it_twice_changes_nothing(sent: Notice) -> None:
    assert [services.take_report(a_report(sent.message_id)) for _ in range(2)] == [True, False]
    sent.refresh_from_db()
    assert (sent.state, sent.next_try_at) == ("failed", None)
    assert sent.sent_at is not None  # it was taken, once


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_the_mail_whole_or_by_its_headers(kind: str) -> None:
    assert read_bounce(a_report("<1@x>", kind=kind)) == Bounce("<1@x>", "5.1.1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: Out of office\n\nI am away.",
        a_report("<1@x>", action="delayed", status="4.4.1"),
        a_report("<1@x>", action="delivered", status="2.0.0"),
        a_report("<1@x>", action="failed", status="4.4.7"),
        a_report("", action="failed"),
        a_report("<1@x>")[:300],
    ],
)
def test_what_is_no_report_of_a_failure_is_left_alone(raw: bytes) -> None:
    assert read_bounce(raw) is None


def test_a_report_of_somebody_elses_mail_changes_nothing(sent: Notice) -> None:
    assert not services.take_report(a_report("<other@example.org>"))
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_the_mail_server_pipes_it_into_a_command(
    sent: Notice, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for raw, said in (
        (a_report(sent.message_id), "A notice could not be delivered.\n"),
        (b"Subject: Hello\n\n", "Nothing to do: no report that a notice failed.\n"),
    ):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        call_command("take_bounce")
        assert capsys.readouterr().out == said
