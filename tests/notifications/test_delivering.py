"""Delivery: claimed once, looked at again, sent over real SMTP, tried again when that fails."""

import threading
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from accounts.models import User
from notifications import services
from notifications.models import Notice
from notifications.services.delivering import Delivered
from notifications.tasks import deliver
from reviews.models import AgencyReturn, Case
from reviews.services import cases
from tests.factories import CANARIES, World, asked_returns
from tests.notifications.conftest import FRIDAY, london, owe, states
from tests.services import MailSink, wait_for
from workflows.actors import SYSTEM
from workflows.management.commands import sweep as sweep_command
from workflows.rules import Limit
from workflows.services.changing_clocks import extend_deadline
from workflows.services.clocks import void_deadline
from workflows.services.sweeping import Swept, sweep

pytestmark = pytest.mark.django_db
several_connections = pytest.mark.django_db(transaction=True)
"""For tests in which somebody else must see the rows, or in which nobody may be in a transaction."""


def test_each_person_gets_a_mail_of_their_own(case: Case, smtp: MailSink) -> None:
    # Given three people who are told the same. When it is delivered:
    notices = owe(case, people=3)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=3, sent=3)

    # Then each has one mail with nobody else's address, and the row's own Message-ID.
    for notice in notices:
        [mail] = smtp.to(notice.recipient.email)
        assert (mail["To"], mail["Cc"], mail["Bcc"]) == (notice.recipient.email, None, None)
        assert mail["Message-ID"] == notice.message_id
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Subject"] == "The Panel replied"
    assert states() == {"sent": 3}
    assert (
        Notice.objects.filter(sent_at__gte=FRIDAY, attempts=1, last_error="", lease_until=None).count() == 3
    )


def test_what_was_delivered_is_not_owed_any_more(case: Case, smtp: MailSink) -> None:
    owe(case)
    services.deliver_waiting(at=FRIDAY)
    assert services.deliver_waiting(at=FRIDAY + timedelta(days=30)) == Delivered()
    assert len(smtp.received) == 1


def test_nothing_leaves_before_its_time(case: Case, smtp: MailSink) -> None:
    owe(case, at=FRIDAY + timedelta(seconds=1))
    assert services.deliver_waiting(at=FRIDAY) == Delivered()
    assert services.deliver_waiting(at=FRIDAY + timedelta(seconds=1)).sent == 1


def test_a_hundred_are_claimed_at_a_time_and_everything_leaves(case: Case, smtp: MailSink) -> None:
    owe(case, people=101)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=100, sent=100)
    assert services.deliver_everything_owed(at=FRIDAY) == Delivered(claimed=1, sent=1)


@several_connections
def test_no_mail_leaves_inside_a_transaction(case: Case, smtp: MailSink) -> None:
    # Given a watch on the mail server: at every recipient it is named, is anybody in a transaction?
    owe(case, people=3)
    in_transaction: list[bool] = []
    ask = smtp._mode_for

    def watch(address: str) -> Any:
        in_transaction.append(connection_of_the_test.in_atomic_block)
        return ask(address)

    connection_of_the_test = connections["default"]
    smtp._mode_for = watch  # type: ignore[method-assign]
    services.deliver_waiting(at=FRIDAY)
    assert in_transaction
    assert not any(in_transaction)


# ---- Looked at again ---------------------------------------------------------------------------
def test_what_was_met_meanwhile_is_not_chased(world: World, case: Case, smtp: MailSink) -> None:
    # Given people who are to be told on Monday that the notification is late:
    sweep(at=london("2026-03-21 02:00"))
    late = Notice.objects.filter(deadline__rule_code="SIN_NOTIFY")

    # When it is sent on Sunday, and delivery comes round on Monday:
    sunday = london("2026-03-22 10:00")
    cases.consider_case(case, by=world.manager, at=sunday)
    cases.notify_case(case, by=world.manager, at=sunday)
    services.deliver_waiting(at=london("2026-03-23 08:30"))

    # Then nobody is chased for it, the rows say why, and they never come back.
    assert set(late.values_list("state", "last_error")) == {("dropped", "It was done first.")}
    assert services.deliver_waiting(at=london("2026-06-23 08:30")) == Delivered()
    assert not [mail for mail in smtp.received if "Notify the Panel" in mail.get_content()]


def test_what_is_no_longer_owed_is_not_chased(world: World, case: Case, smtp: MailSink) -> None:
    sweep(at=london("2026-03-21 02:00"))
    void_deadline(case, "SIN_NOTIFY", by=SYSTEM, at=london("2026-03-22 10:00"), reason="Not our area")
    services.deliver_waiting(at=london("2026-03-23 08:30"))
    chased = Notice.objects.filter(deadline__rule_code="SIN_NOTIFY")
    assert set(chased.values_list("state", "last_error")) == {("dropped", "It was no longer owed.")}


def test_a_deadline_that_moved_is_not_chased_for_its_old_day(
    world: World, notified: Case, smtp: MailSink, gp: AgencyReturn
) -> None:
    sweep(at=london("2026-03-24 20:00"))
    extend_deadline(gp, "LOC_RETURN", limit=Limit(5, "wd"), authority="Chair", reason="Records are on paper",
                    by=SYSTEM, at=london("2026-03-24 21:00"))  # fmt: skip
    services.deliver_everything_owed(at=london("2026-03-25 08:30"))
    chased = Notice.objects.filter(deadline__subject=gp, deadline__rule_code="LOC_RETURN")
    assert set(chased.values_list("state", "last_error")) == {
        ("dropped", "Its date was moved, and has reminders of its own.")
    }


def test_steps_of_one_ladder_that_an_outage_heaped_up_make_one_mail(
    world: World, case: Case, smtp: MailSink
) -> None:
    # Given a week without a sweep, after which the manager is told four things about one deadline:
    sweep(at=FRIDAY)
    told = Notice.objects.filter(recipient=world.manager, deadline__rule_code="SIN_NOTIFY")
    assert sorted(told.values_list("news", flat=True)) == ["due-today", "late", "reminder", "reminder"]

    # When it is delivered, then all four are on her page, and one mail says how it stands.
    services.deliver_everything_owed(at=FRIDAY)
    assert sorted(told.values_list("state", flat=True)) == ["dropped", "dropped", "dropped", "sent"]
    about_it = [m for m in smtp.to(world.manager.email) if "Notify the Panel" in m.get_content()]
    assert [mail["Subject"] for mail in about_it] == ["A deadline has passed"]


def test_whoever_left_is_not_written_to(case: Case, smtp: MailSink) -> None:
    [notice] = owe(case)
    User.objects.filter(pk=notice.recipient_id).update(is_active=False)
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=1, dropped=1)
    assert Notice.objects.get().last_error == "The person's account was closed."
    assert smtp.received == []


def test_no_mail_holds_a_childs_name_or_a_fact(world: World, notified: Case, smtp: MailSink) -> None:
    # Given a case whose every private word is a canary. When everything told of it in a month is delivered:
    asked_returns(world, notified)
    sweep(at=london("2026-04-20 09:00"))
    services.deliver_everything_owed(at=london("2026-04-20 09:00"))

    # Then no mail sings, in its body or its headers.
    assert len(smtp.received) > 10
    everything = smtp.file.read_text() + "".join(mail.as_string() for mail in smtp.received)
    assert not [word for word in CANARIES if word in everything]


# ---- Leases, and two at once -------------------------------------------------------------------
def test_what_a_dead_worker_held_is_sent_when_its_lease_ends(
    case: Case, smtp: MailSink, settings: Any
) -> None:
    # Given a notice whose worker died. Before its lease ends nobody touches it; then it is sent.
    owe(case)
    until = FRIDAY + timedelta(seconds=settings.NOTICE_LEASE_SECONDS)
    Notice.objects.all().become(Notice.State.SENDING, lease_until=until)
    assert services.deliver_waiting(at=until - timedelta(seconds=1)).claimed == 0
    assert services.deliver_waiting(at=until) == Delivered(claimed=1, sent=1)


@several_connections
def test_two_deliverers_at_once_send_each_notice_once(case: Case, smtp: MailSink) -> None:
    # Given sixty notices. When four deliver at the same moment:
    owe(case, people=60)
    together = threading.Barrier(4)
    done: list[Delivered] = []

    def work() -> None:
        together.wait()
        try:
            done.append(services.deliver_everything_owed(at=FRIDAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    # Then each is sent once.
    assert sum(delivered.sent for delivered in done) == 60
    assert len(smtp.received) == len({mail["Message-ID"] for mail in smtp.received}) == 60
    assert states() == {"sent": 60}


@several_connections
def test_whoever_lost_the_lease_does_not_send(case: Case, smtp: MailSink, settings: Any) -> None:
    # Given a deliverer that is held up at its first mail for longer than its lease:
    settings.NOTICE_LEASE_SECONDS = 1
    owe(case, people=3)
    first_in_order = Notice.objects.order_by("pk").select_related("recipient")[0].recipient
    smtp.for_address[first_in_order.email] = "hang"
    held_up = threading.Thread(target=deliver_in_a_thread)
    held_up.start()
    wait_for(lambda: smtp.attempts, saying="the first mail")

    # When another takes up what it held, then the first finds nothing left to send.
    other = services.deliver_waiting(at=FRIDAY + timedelta(seconds=5))
    held_up.join(timeout=60)
    assert other == Delivered(claimed=3, sent=2, put_off=1)
    assert states() == {"sent": 2, "waiting": 1}
    assert len(smtp.received) == 2


def deliver_in_a_thread() -> None:
    try:
        services.deliver_waiting(at=FRIDAY)
    finally:
        connection.close()


def test_what_there_was_no_time_for_is_left_to_the_next(case: Case, smtp: MailSink) -> None:
    owe(case, people=3)
    assert services.deliver_waiting(at=FRIDAY, within=timedelta(0)) == Delivered(claimed=3)
    assert states() == {"waiting": 3}
    assert set(Notice.objects.values_list("attempts", flat=True)) == {0}


# ---- The edges ---------------------------------------------------------------------------------
def test_a_text_that_cannot_be_written_stops_nobody_else(case: Case, smtp: MailSink) -> None:
    notices = owe(case, people=2)
    Notice.objects.filter(pk=notices[0].pk).update(news="no-such-news")
    assert services.deliver_waiting(at=FRIDAY) == Delivered(claimed=2, sent=1, put_off=1)


def test_the_task_delivers_what_is_owed_now(case: Case, smtp: MailSink) -> None:
    owe(case)
    deliver()
    assert states() == {"sent": 1}


def test_the_command_does_what_the_task_does(case: Case, smtp: MailSink) -> None:
    owe(case, people=2)
    said = StringIO()
    call_command("deliver", "--once", "--at", "2026-03-20T09:00Z", stdout=said)
    assert said.getvalue() == "2 sent, 0 put off, 0 failed, 0 no longer needed.\n"


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01T00:00Z"])
def test_the_command_says_how_a_time_is_written(time: str) -> None:
    with pytest.raises(CommandError, match="write a day and a time, such as"):
        call_command("deliver", "--at", time)


@pytest.mark.parametrize("command", ["sweep", "deliver"])
def test_both_commands_take_a_time_without_an_offset_as_londons(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a summer day, on which London is an hour ahead of UTC. When either command is told a bare time:
    asked: list[datetime] = []
    answer = {"sweep": Swept(), "deliver": Delivered()}[command]
    monkeypatch.setattr(sweep_command, "watch", lambda at: (asked.append(at), answer)[1])
    monkeypatch.setattr(services, "deliver_waiting", lambda at: (asked.append(at), answer)[1])
    call_command(command, "--once", "--at", "2026-07-01T09:00", stdout=StringIO())

    # Then both mean the same instant.
    assert asked == [london("2026-07-01 08:00")]
