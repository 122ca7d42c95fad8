"""Processes that stop and die: what fell due meanwhile is told once, and nothing is lost or doubled."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from notifications.models import Notice
from tests.factories import a_person, a_referral, a_world
from tests.services import (
    Broker,
    MailSink,
    Program,
    celery_beat,
    celery_worker,
    environment_with,
    smtp_sink,
    wait_for,
)
from workflows.models import Rung, Subject
from workflows.services.sweeping import sweep

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


def url_of_the_test_database() -> str:
    """What another process is told, to see the same rows."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    given = urlsplit(os.environ["DATABASE_URL"])
    return given._replace(path=f"/{name}").geturl()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with smtp_sink(tmp_path / "mail.jsonl") as made:
        yield made


@pytest.fixture
def programs(tmp_path: Path, valkey: Broker, sink: MailSink) -> Iterator[Callable[[], list[Program]]]:
    """Makes a worker and a beat that run every second, not started; all are gone afterwards."""
    made: list[Program] = []
    environment = environment_with(
        DATABASE_URL=url_of_the_test_database(), BROKER_URL=valkey.url, EMAIL_URL=sink.url,
        SEND_WINDOW="always",
        SWEEP_EVERY="1", DELIVER_EVERY="1", NOTICE_LEASE_SECONDS="2", SITE_URL="https://reviews.example.org",
        BEAT_SCHEDULE=str(tmp_path / "beat-schedule"),
    )  # fmt: skip

    def make() -> list[Program]:
        pair = [
            celery_worker(environment, tmp_path / f"worker-{len(made)}.log", name=f"worker{len(made)}"),
            celery_beat(environment, tmp_path / f"beat-{len(made)}.log"),
        ]
        made.extend(pair)
        return pair

    yield make
    for program in made:
        program.kill()


def a_quiet_case() -> Subject:
    """A case of today about which nothing is owed for now."""
    now = timezone.now()
    case = a_referral(a_world(), at=now, aware_at=now - timedelta(hours=1))
    sweep(at=now)
    Notice.objects.all().delete()
    return case


def owe(subject: Subject, *, people: int, at: Callable[[int], datetime]) -> None:
    """One notice for each of so many people, the nth owed from at(n)."""
    for number in range(people):
        person = a_person(f"reader-{number}@northborough.example", f"Reader {number}")
        Notice.objects.create(
            key=f"move:1:panel-replied:{person.pk}", recipient=person, subject_id=subject.pk, news="panel-replied",
            created_at=at(number), send_after=at(number), next_try_at=at(number),
            message_id=f"<{number}@reviews.example.org>",
        )  # fmt: skip


def nothing_is_owed() -> bool:
    return Notice.objects.exists() and not Notice.objects.owed_or_held().exists()


def rounds(worker: Program) -> int:
    """How many deliveries the worker has finished."""
    return sum(
        "notifications.tasks.deliver" in line and "succeeded" in line for line in worker.said().splitlines()
    )


def let_it_run_on(worker: Program) -> None:
    """Three more rounds, in which a second copy would show."""
    before = rounds(worker)
    wait_for(lambda: rounds(worker) >= before + 3, saying="three more rounds")


def test_what_fell_due_while_everything_was_stopped_is_told_once_after_the_start(
    programs: Callable[[], list[Program]], sink: MailSink
) -> None:
    # Given a case that was referred ten days ago. Its deadlines pass, and no process runs: nobody is told.
    long_ago = timezone.now() - timedelta(days=10)
    a_referral(a_world(), at=long_ago, aware_at=long_ago - timedelta(hours=1))
    assert Rung.objects.whose_time_has_come(at=timezone.now()).exists()
    assert not Notice.objects.exists()

    # When worker and beat are started:
    worker, beat = programs()
    with worker, beat:
        wait_for(nothing_is_owed, within=60, saying="delivery")
        let_it_run_on(worker)

    # Then every rung has told its people once, and every person has one mail about each deadline.
    assert not Rung.objects.whose_time_has_come(at=timezone.now()).exists()
    assert set(Notice.objects.values_list("state", flat=True)) <= {"sent", "dropped"}
    sent = Notice.objects.filter(state="sent")
    assert {mail["Message-ID"] for mail in sink.received} == set(sent.values_list("message_id", flat=True))
    assert len(sink.received) == sent.count()
    told = Counter(sent.values_list("recipient", "deadline"))
    assert set(told.values()) == {1}
    assert set(told) == set(Notice.objects.values_list("recipient", "deadline"))


def test_killing_the_worker_in_the_middle_loses_none_and_doubles_none(
    programs: Callable[[], list[Program]], sink: MailSink
) -> None:
    # Given thirty notices, and a mail server that takes its time:
    owe(a_quiet_case(), people=30, at=lambda number: timezone.now())
    take = sink.handle_DATA

    async def slowly(*given: Any) -> str:
        await asyncio.sleep(0.1)
        return await take(*given)

    sink.handle_DATA = slowly  # type: ignore[method-assign]

    # When the worker's whole group is killed in the middle, and another is started:
    worker, beat = programs()
    with worker, beat:
        wait_for(lambda: len(sink.received) >= 10, within=60, saying="the middle")
        worker.kill()
    in_the_middle = len(sink.received)
    assert in_the_middle < 30
    assert Notice.objects.filter(state="sending").exists()
    worker, beat = programs()
    with worker, beat:
        wait_for(nothing_is_owed, within=60, saying="delivery")
        let_it_run_on(worker)

    # Then all thirty are sent, each once as a record; at most the mail on the wire left twice, with one Message-ID.
    assert Notice.objects.filter(state="sent").count() == Notice.objects.count() == 30
    mails = Counter(mail["Message-ID"] for mail in sink.received)
    assert set(mails) == set(Notice.objects.values_list("message_id", flat=True))
    assert sum(mails.values()) <= 31


def test_a_day_without_a_worker_is_made_good_on_its_return(
    programs: Callable[[], list[Program]], sink: MailSink
) -> None:
    # Given notices that fell due in every hour of a day in which no worker ran. When one returns:
    day_ago = timezone.now() - timedelta(days=1)
    owe(a_quiet_case(), people=24, at=lambda number: day_ago + timedelta(hours=number))
    worker, beat = programs()
    with worker, beat:
        wait_for(nothing_is_owed, within=60, saying="delivery")
        let_it_run_on(worker)

    # Then everything leaves, once, the oldest first.
    assert set(Notice.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert [mail["Message-ID"] for mail in sink.received] == [f"<{n}@reviews.example.org>" for n in range(24)]
