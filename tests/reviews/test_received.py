"""A return that came by email, on paper, by phone or in person: typed in later, and in time by when it was received."""

import importlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from reviews.services import cases, dates, disclosing, returns
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import (
    beside_the_boxes,
    happened,
    hidden,
    moving,
    row_counts,
    send,
    signed_in,
    summary_of,
    text_of,
)
from tests.reviews.moving_dates import say_yes
from workflows.countdown import moment_in_words
from workflows.exceptions import NotMet, Stale, WorkflowError, WrongState
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)  # Tuesday: the return was due on Friday 27 March
IN_TIME = datetime(2026, 3, 27, 16, 30, tzinfo=UTC)
GIVEN = {"way": "phone", "given_by": "Dr Ward, practice manager", "said": "Seen twice.\n\nNo concerns."}
WORDS = "By phone, from Dr Ward, practice manager.\n\nSeen twice.\n\nNo concerns."


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


def received(gp: AgencyReturn, world: World, **given: Any) -> AgencyReturn:
    return returns.receive_return(
        gp, **{**GIVEN, "received_at": IN_TIME, "by": world.manager, "at": NOW, **given}
    )


def typed(gp: AgencyReturn, **boxes: str) -> dict[str, Any]:
    """The form as it is sent, with a token of its own."""
    return moving(gp, **{**happened(IN_TIME), **GIVEN, "form_token": str(uuid.uuid4()), **boxes})


def again(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


def test_a_return_typed_in_after_its_day_is_in_time_by_when_it_was_received(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    # Given a return that was late by what was recorded
    sweep(at=NOW)
    assert gp.deadlines.get(rule_code="LOC_RETURN").missed_at is not None

    # When the manager types in what she was told on the phone on its last day
    page = manager.get(gp.get_absolute_url())
    assert "Record a return that came another way" in text_of(page)
    address = reverse("return-received", args=[gp.pk])
    answer = say_yes(manager, address, typed(gp))

    # Then it is in, and was in time
    assert answer.status_code == 302
    it, clock = again(gp), gp.deadlines.get(rule_code="LOC_RETURN")
    assert (it.state, it.given.replace("\r\n", "\n"), it.is_in) == ("accepted", WORDS, True)
    assert (clock.state, clock.met_at) == ("met", IN_TIME)
    assert "Agency return met on time" in text_of(signed_in(world.manager).get(gp.get_absolute_url()))
    assert gp.deadlines.get(rule_code="LOC_ACK").state == "met"
    record = it.records.get(verb="receive")
    assert (record.at, record.recorded_at, record.by, record.reason) == (IN_TIME, NOW, world.manager, "")

    # And its page says how it came, and when, to the agency too, which is told
    for person in (world.manager, world.gp_author, world.gp_lead, world.member):
        text = text_of(signed_in(person).get(gp.get_absolute_url()))
        assert "By phone, from Dr Ward, practice manager. Seen twice. No concerns." in text
        assert "Came another way Friday 27 March 2026 at 4:30pm" in text
        assert "Not answered" not in text
    told = Notice.objects.filter(news="return-received").values_list("recipient__email", flat=True)
    assert set(told) == {world.gp_author.email, world.gp_lead.email}


@pytest.mark.parametrize(
    ("received_at", "how"),
    [
        (IN_TIME, "Agency return: met on time."),
        (NOW - timedelta(days=1), "Agency return: met 1 working day late."),
        (NOW, "Agency return: met 2 working days late."),
    ],
)
def test_what_will_be_recorded_is_shown_first_and_recorded_when_it_is_confirmed(
    world: World, gp: AgencyReturn, manager: Client, received_at: datetime, how: str
) -> None:
    # Given what the manager typed. When she goes on:
    before, address = row_counts(), reverse("return-received", args=[gp.pk])
    boxes = typed(gp, **happened(received_at))
    asked = manager.post(address, boxes)

    # Then the page says whose it is, how and when it came, whether that is in time and what it says; nothing is stored
    said = text_of(asked)
    assert "Check: record a return that came another way" in said
    for line in (
        f"The return of Northborough gp is taken into the review: that cannot be undone. {how}",
        f"How it came By phone Who gave it Dr Ward, practice manager Date received {moment_in_words(received_at)}",
        "What it says Seen twice. No concerns.",
    ):
        assert line in said
    assert (row_counts(), again(gp).state) == (before, "requested")

    # When she goes back, what she typed is still there; and nothing is stored
    page = manager.post(address, {**boxes, "change": "yes"}).content.decode()
    assert 'value="Dr Ward, practice manager"' in page
    assert "No concerns.</textarea>" in page
    assert "error" not in page.partition("<main")[2]
    assert row_counts() == before

    # When she says yes, twice, then it is recorded once
    yes = {**boxes, "confirmed": hidden(asked, "confirmed")}
    for _ in range(2):
        answer = manager.post(address, yes)
        assert (answer.status_code, answer.headers["Location"]) == (302, gp.get_absolute_url())
    assert again(gp).records.filter(verb="receive").count() == 1


def test_a_yes_to_what_has_changed_meanwhile_is_asked_again(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    # Given a return that would be two working days late. When its clock is extended before the yes:
    address, boxes = reverse("return-received", args=[gp.pk]), typed(gp, **happened(NOW))
    yes = {**boxes, "confirmed": hidden(manager.post(address, boxes), "confirmed")}
    clock = gp.deadlines.get(rule_code="LOC_RETURN")
    dates.extend_clock(
        gp, clock.pk, limit=Limit(5, "wd"), decided_at=NOW, authority="The chair", reason="Paper.",
        seen=max(clock.facts.values_list("pk", flat=True)), by=world.manager, at=NOW,
    )  # fmt: skip
    before = row_counts()
    asked = manager.post(address, yes)

    # Then it says what it does now, and records that on the next yes; one made up by hand is no yes
    assert "Something has changed since you were asked. This is what it does now:" in text_of(asked)
    assert "Agency return: met on time." in text_of(asked)
    assert manager.post(address, {**boxes, "confirmed": "yes"}).status_code == 200
    assert row_counts() == before
    assert manager.post(address, {**yes, "confirmed": hidden(asked, "confirmed")}).status_code == 302


def test_a_yes_to_a_return_that_came_in_meanwhile_says_what_happened(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    address, boxes = reverse("return-received", args=[gp.pk]), typed(gp)
    yes = {**boxes, "confirmed": hidden(manager.post(address, boxes), "confirmed")}
    returns.declare_nil(gp, searched="SystmOne.", late_reason="Leave.", by=world.gp_author, at=NOW)
    before = row_counts()
    answer = manager.post(address, yes)
    [message] = summary_of(answer)
    assert "recorded: Nil return" in message
    assert "No concerns." in answer.content.decode()
    assert (row_counts(), again(gp).state) == (before, "nil")


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        (happened(NOTIFIED - timedelta(days=1)), "Date received must be on or after 18 March 2026"),
        (happened(NOTIFIED - timedelta(minutes=1)), "Date received must be on or after 18 March 2026"),
        (happened(NOW + timedelta(days=1)), "Date received must be today or in the past"),
        (happened(NOW + timedelta(minutes=1)), "Date received must be in the past"),
        ({"happened_day": "", "happened_month": "", "happened_year": ""}, "Enter the date on which the return was received"),
        ({"happened_time": ""}, "Enter the time on which the return was received"),
        ({"happened_day": "31", "happened_month": "2"}, "Date received must be a real date"),
        ({"way": "pigeon"}, "Select how it came"),
        ({"given_by": " "}, "Enter who gave it"),
        ({"said": "\u200b"}, "Enter what it says"),
    ],
)  # fmt: skip
def test_bad_input_11_a_return_is_not_received_before_it_was_asked_for(
    gp: AgencyReturn, manager: Client, boxes: dict[str, str], message: str
) -> None:
    before = row_counts()
    answer = send(
        manager,
        reverse("return-received", args=[gp.pk]),
        **moving(gp, **{**happened(IN_TIME), **GIVEN, **boxes}),
    )
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == beside_the_boxes(answer) == [message]
    if "said" not in boxes:
        assert "No concerns." in answer.content.decode()


def test_the_minute_in_which_it_was_asked_for_is_not_before(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    address = reverse("return-received", args=[gp.pk])
    assert say_yes(manager, address, typed(gp, **happened(NOTIFIED))).status_code == 302
    assert again(gp).records.get(verb="receive").at == NOTIFIED


def test_what_was_sent_back_is_not_received_before_that(world: World, gp: AgencyReturn) -> None:
    # Given a return that was sent back on Thursday 26 March
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOTIFIED + timedelta(days=2))
    back_at = NOTIFIED + timedelta(days=8)
    gp = returns.send_back_return(gp, reason="The dates.", by=world.manager, at=back_at)
    with pytest.raises(
        WorkflowError, match="before the agency was asked for it: that was on Thursday 26 March 2026"
    ):
        received(gp, world, received_at=back_at - timedelta(minutes=1))

    # When it comes by another way after that, then the clock of the second round is met
    gp = received(gp, world)
    assert gp.deadlines.get(rule_code="LOC_RESEND").met_at == IN_TIME


def test_what_the_agency_had_begun_to_write_is_not_taken_for_what_it_gave(
    world: World, gp: AgencyReturn
) -> None:
    returns.save_section(gp, "you", {"service": "Half a draft"}, by=world.gp_author, at=NOTIFIED)
    received(gp, world)
    text = text_of(signed_in(world.member).get(gp.get_absolute_url()))
    assert "Half a draft" not in text
    assert "Seen twice." in text


def test_it_is_refused_to_everybody_else_and_where_nothing_is_owed(world: World, gp: AgencyReturn) -> None:
    before, address = row_counts(), reverse("return-received", args=[gp.pk])
    for who in ("gp_author", "gp_lead", "member", "co_chair", "partner_1", "administrator", "school_author"):
        with pytest.raises(PermissionDenied):
            received(gp, world, by=world.people[who])
        assert signed_in(world.people[who]).get(address).status_code in (403, 404), who
    with pytest.raises(Stale):
        received(gp, world, seen_version=gp.version + 1)
    for lacking in ({"way": "pigeon"}, {"given_by": " "}, {"said": ""}):
        with pytest.raises(NotMet, match="without saying how it came, from whom, and what it says"):
            received(gp, world, **lacking)
    assert row_counts() == before
    cases.cancel_return(gp, reason="Not needed.", by=world.manager, at=NOW)
    with pytest.raises(WrongState):
        received(gp, world)
    assert signed_in(world.manager).get(address).status_code == 302
    assert "came another way" not in text_of(signed_in(world.manager).get(gp.get_absolute_url()))


def test_it_is_in_the_copy_for_who_asks_and_goes_with_the_returns(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    received(gp, world)
    copy = disclosing.prepare(case, child=None, reference="SAR 1", by=world.manager, at=NOW)
    [part] = [part for part in copy.parts if part["label"] == "Came another way"]
    assert (part["heading"], part["text"]) == ("Return of Northborough gp", WORDS)


def test_the_milestones_of_partnerships_that_were_there_before_are_met_by_it(world: World) -> None:
    # Given a partnership whose milestones are as they were
    RuleVersion.objects.filter(code__in=("LOC_RETURN", "LOC_RETURN_LATER", "LOC_RESEND")).update(
        met_by=["sign_off"]
    )
    module = importlib.import_module("reviews.migrations.0019_what_came_another_way_meets_its_clocks")
    for _ in range(2):
        module.meet_them(apps, None)
    found = RuleVersion.objects.filter(code__in=module.MET_BY_IT).order_by("code")
    assert [(rule.code, rule.met_by) for rule in found] == [
        ("LOC_ACK", ["acknowledge", "draft", "declare_nil", "receive"]),
        ("LOC_RESEND", ["sign_off", "receive"]),
        ("LOC_RETURN", ["sign_off", "receive"]),
        ("LOC_RETURN_LATER", ["sign_off", "receive"]),
    ]
