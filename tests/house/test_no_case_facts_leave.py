"""Words that only a case may hold are looked for in everything that leaves its pages: mail, log, addresses, file names,
cookies, the broker, the monitor's figures, the pages for errors."""

import html
import logging
import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

import kombu
import pytest
from celery import current_app
from django.conf import settings as configured
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.logs import Line
from notifications.tasks import deliver
from reviews.services.cases import ChildGiven
from tests import factories, services
from tests.factories import CANARIES, World
from tests.house.routes import FILLED, every_route
from tests.reviews.asking import Released, a_released_case, happened, moving, send, signed_in
from workflows.models import Subject
from workflows.services.watching import watch
from workflows.tasks import sweep

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 6, 1, 10, tzinfo=UTC)
TYPED = "Quenby Canary was seen at the window"
"""Typed into forms while we look on; the others are in the case from the start."""
WORDS = (*CANARIES, "Quenby", "Xanthe", "9434765919", "943 476 5919", "2025-11-02", "2 November 2025")


class Out:
    """What left: by sink, the words of a case that were in it."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}
        self.looked_at: dict[str, int] = {}

    def see(self, sink: str, text: str) -> None:
        self.looked_at[sink] = self.looked_at.get(sink, 0) + 1
        plain = html.unescape(text).lower()
        if found := {word for word in WORDS if word.lower() in plain}:
            self.found.setdefault(sink, set()).update(found)

    def see_answer(self, answer: Any) -> None:
        """Everything of an answer but what the page says to the person it is for."""
        assert answer.status_code != 500, answer.request["PATH_INFO"]
        self.see("headers and cookies", f"{answer.headers} {answer.cookies}")
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            return
        page = answer.content.decode()
        self.see("titles", page.partition("<title>")[2].partition("</title>")[0])
        self.see("addresses", "\n".join(re.findall(r'(?:href|action|src)="([^"]*)"', page)))
        if answer.status_code >= 400:
            self.see("pages for errors", page)


@pytest.fixture
def world() -> World:
    return factories.a_world()


def test_no_word_of_a_case_is_in_anything_that_leaves_it(
    world: World, time_machine: Any, caplog: pytest.LogCaptureFixture, settings: Any, valkey: services.Broker
) -> None:
    caplog.handler.setFormatter(Line("%(levelname)s %(name)s: %(message)s"))
    caplog.set_level(logging.DEBUG)
    settings.STATUS_TOKEN, out = "for-a-monitor", Out()

    # Given a case that has been through, and another that is late, with mail for all of it
    released = a_released_case(world)
    late = factories.a_notified_case(world)
    factories.asked_returns(world, late)
    factories.cases.add_child(
        late, ChildGiven(name="Xanthe", born_on=date(2025, 11, 2), nhs_number="9434765919"),
        by=world.manager, at=factories.NOTIFIED,
    )  # fmt: skip
    time_machine.move_to(LATER, tick=False)
    watch(at=LATER)
    deliver()
    assert len(mail.outbox) > 5

    # When people open every address there is, and type words that no page takes, or that are refused, or stored
    manager, panel = signed_in(world.manager), signed_in(factories.a_panel_member())
    for client in (manager, signed_in(world.gp_author), panel, Client()):
        client.raise_request_exception = False
        for path in filled(released, late):
            out.see_answer(client.get(path))
    for path in filled(released, late):
        out.see_answer(send(manager, path, summary=TYPED, reason=TYPED, name=TYPED, text=TYPED))
    for boxes in (
        {"reason": TYPED},
        {"reason": TYPED, **moving(Subject.objects.get(pk=late.pk)), **happened(LATER)},
    ):
        out.see_answer(send(manager, reverse("case-withdraw", args=[late.pk]), **boxes))
    forged = Client(enforce_csrf_checks=True)
    out.see_answer(forged.post(reverse("refer"), {"summary": TYPED}))
    out.see_answer(manager.get("/health/status", headers={"Authorization": "Bearer for-a-monitor"}))
    out.see(
        "figures",
        manager.get("/health/status", headers={"Authorization": "Bearer for-a-monitor"}).content.decode(),
    )
    watch(at=LATER)
    deliver()

    # Then none of them is anywhere but on the pages for those people.
    for message in mail.outbox:
        out.see("mail", message.message().as_string() + message.subject + message.body)
    out.see("log", caplog.text)
    for text in in_the_broker(valkey):
        out.see("broker", text)
    assert out.found == {}
    assert {sink for sink, count in out.looked_at.items() if count} == {
        "headers and cookies", "titles", "addresses", "pages for errors", "figures", "mail", "log", "broker",
    }  # fmt: skip


def filled(released: Released, late: Any) -> list[str]:
    """Every address, with a case, a return or a record in the place of each identifier."""
    nobody = FILLED["uuid"]
    found = []
    for route in every_route():
        subjects = (
            [released.record]
            if "panel/" in route.path
            else [released.gp]
            if "returns/" in route.path
            else [late]
        )
        found += [route.path.replace(nobody, str(uuid.UUID(str(subject.pk)))) for subject in subjects]
    return [path for path in found if "sign-out" not in path]


def in_the_broker(broker: services.Broker) -> list[str]:
    """Keys and values, after the clock rang for everything that it rings for."""
    with kombu.Connection(broker.url) as line:
        client = line.channel().client
        client.flushall()
        for entry in configured.CELERY_BEAT_SCHEDULE.values():
            current_app.send_task(entry["task"], connection=line, **entry["options"])
        keys = [key.decode() for key in client.keys("*")]
        lists = [str(client.lrange(key, 0, -1)) for key in keys if client.type(key) == b"list"]
        hashes = [str(client.hgetall(key)) for key in keys if client.type(key) == b"hash"]
    assert len(lists) >= 1
    return [*keys, *lists, *hashes]


def test_what_is_rung_for_is_a_name_and_nothing_else() -> None:
    assert (sweep.name, deliver.name) == ("workflows.tasks.sweep", "notifications.tasks.deliver")
    assert [
        entry
        for entry in configured.CELERY_BEAT_SCHEDULE.values()
        if set(entry) - {"task", "schedule", "options"}
    ] == []
