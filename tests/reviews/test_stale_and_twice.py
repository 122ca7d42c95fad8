"""Forms that come late, twice or many times at once, and events recorded after the fact."""

import html
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import add_member
from reviews.models import AgencyReturn, Case, Child, Decision
from reviews.services import cases, decisions, returns
from reviews.services.correcting import correct_referral
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import (
    DECIDED,
    a_released_case,
    happened,
    hidden,
    moving,
    row_counts,
    send,
    signed_in,
    summary_of,
    text_of,
    written,
)
from tests.reviews.test_bad_input import REFERRAL, stays
from tests.standing import standing
from tests.workflows.bench import in_one_moment
from workflows.models import LedgerEntry, TransitionRecord

NOW = datetime(2026, 4, 8, 9, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)
SAID = "Last, Second Manager recorded: Partners met, and will notify. Look at it again before you go on."


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def world() -> World:
    world = factories.a_world()
    world.people["second"] = factories.a_person("second@northborough.example", "Second Manager")
    add_member(world.people["second"], world.people["manager"].memberships.get().seat)
    return world


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


# ---- Late --------------------------------------------------------------------------------------
def test_bad_input_36_a_case_that_moved_meanwhile_says_who_moved_it_and_keeps_the_text(
    world: World, manager: Client
) -> None:
    # Given the page for not notifying, opened before somebody else recorded that the partners met
    case = factories.a_referral(world)
    boxes = moving(case, reason="It was an accident.", form_token=str(uuid.uuid4()), **happened(NOW))
    cases.consider_case(case, by=world.second, at=NOW)

    # When it is sent, then it says who did what, keeps the reason, and changes nothing
    before = row_counts()
    answer = send(manager, reverse("case-decline", args=[case.pk]), **boxes)
    assert (answer.status_code, row_counts()) == (200, before)
    assert SAID in text_of(answer)
    assert summary_of(answer) == [SAID]
    assert stays(answer, "It was an accident.")

    # And having seen it, they may send it again
    again = {name: hidden(answer, name) for name in ("form_token", "seen_version")}
    assert again == {"form_token": boxes["form_token"], "seen_version": str(case.version + 1)}
    answer = send(
        manager,
        reverse("case-decline", args=[case.pk]),
        **again,
        **happened(NOW),
        reason="It was an accident.",
    )
    assert answer.status_code == 302
    assert Case.objects.get().state == "not_notified"


def test_bad_input_36_who_first_mends_a_mistake_still_hears_of_the_change(
    world: World, manager: Client
) -> None:
    # Given a stale page that is sent with a mistake in it
    case = factories.a_referral(world)
    address = reverse("case-decline", args=[case.pk])
    boxes = moving(case, reason="", **happened(NOW))
    cases.consider_case(case, by=world.second, at=NOW)
    answer = send(manager, address, **boxes)
    assert summary_of(answer) == ["Enter the reason"]

    # When the mistake is mended, then the change is told: they had not seen it
    boxes |= {"seen_version": hidden(answer, "seen_version"), "reason": "An accident."}
    answer = send(manager, address, **boxes)
    assert summary_of(answer) == [SAID]
    assert Case.objects.get().state == "notification"


@pytest.mark.parametrize("seen", ["", "0", "-1", "99999999999", "abc"])
def test_bad_input_34_a_version_that_was_never_shown_is_refused(
    world: World, manager: Client, seen: str
) -> None:
    case = factories.a_referral(world)
    before = row_counts()
    answer = send(
        manager, reverse("case-decline", args=[case.pk]), seen_version=seen, reason="x", **happened(NOW)
    )
    assert (answer.status_code, row_counts(), len(summary_of(answer))) == (200, before, 1)


def test_a_section_saved_by_another_meanwhile_says_who_and_keeps_the_text(world: World) -> None:
    # Given two people of an agency with the same section open
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    address = reverse("return-section", args=[gp.pk, "chronology"])
    lead = signed_in(world.gp_lead)
    seen = hidden(lead.get(address), "seen")
    returns.save_section(gp, "chronology", {"events": "First."}, by=world.gp_author, at=NOW)

    # When the second sends a mistake, and then mends it, then they hear of the first; nothing is lost
    answer = send(lead, address, seen=seen, events="A\x00B")
    answer = send(lead, address, seen=hidden(answer, "seen"), events="Second.")
    assert summary_of(answer)[0].startswith("Cannot save over gp author of Northborough's answers")
    assert stays(answer, "Second.")
    assert AgencyReturn.objects.get(pk=gp.pk).answers["chronology"] == {"events": "First."}
    assert send(lead, address, seen=hidden(answer, "seen"), events="Second.").status_code == 302


def test_a_section_of_the_decision_is_not_written_over_either(world: World, manager: Client) -> None:
    case = factories.a_notified_case(world)
    address = reverse("decision-section", args=[case.pk, "safety"])
    seen = hidden(manager.get(address), "seen")
    decisions.save_decision_section(case, "safety", {"actions": "First."}, by=world.second, at=NOW)
    answer = send(manager, address, seen=seen, actions="Second.")
    assert summary_of(answer)[0].startswith("Cannot save over Second Manager's answers")
    assert stays(answer, "Second.")
    assert Decision.objects.get().answers["safety"] == {"actions": "First."}


def compared(response: Any) -> list[tuple[str, str]]:
    """What stands beside the boxes: whose it is and which box, and the text."""
    page = response.content.decode().partition("<main")[2]
    beside = re.findall(r'<div class="rr-compare__theirs">(.*?)</div>\s*</div>', page, re.DOTALL)
    found = []
    for one in beside:
        head, _, rest = one.partition("</p>")
        plain = [html.unescape(" ".join(re.sub("<[^>]+>", "", part).split())) for part in (head, rest)]
        found.append((plain[0], plain[1]))
    return found


def test_in_a_conflict_the_text_stored_now_stands_beside_what_was_typed(world: World) -> None:
    # Given two people of an agency with the same section open, of which one saves
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    address = reverse("return-section", args=[gp.pk, "involvement"])
    lead = signed_in(world.gp_lead)
    seen = hidden(lead.get(address), "seen")
    theirs = {"known": "Same.", "known_from": "2019", "open": True, "earlier": ""}
    returns.save_section(gp, "involvement", theirs, by=world.gp_author, at=NOW)

    # When the other sends theirs, then each box that differs has the stored answer beside it, by name
    mine = {"known": "Same.", "known_from": "2018", "open": "no", "earlier": "A fall."}
    answer = send(lead, address, seen=seen, **mine)
    assert compared(answer) == [
        ("Saved by gp author of Northborough: When did you first know the family?", "2019"),
        ("Saved by gp author of Northborough: Was the case open to you when the incident happened?", "Yes"),
        ("Saved by gp author of Northborough: "
         "Were there significant events before the period asked about?", "Nothing"),
    ]  # fmt: skip
    assert stays(answer, "A fall.")

    # And it stays there while a mistake is mended, until it is saved
    again = {name: hidden(answer, name) for name in ("seen", "compared")}
    answer = send(lead, address, **again, **{**mine, "known": ""})
    assert summary_of(answer) == ["Enter who is known to your agency"]
    assert [words for _, words in compared(answer)] == ["Same.", "2019", "Yes", "Nothing"]
    again = {name: hidden(answer, name) for name in ("seen", "compared")}
    assert send(lead, address, **again, **mine).status_code == 302
    assert AgencyReturn.objects.get(pk=gp.pk).answers["involvement"]["known_from"] == "2018"


def test_showing_what_another_stored_stands_in_the_ledger(world: World) -> None:
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    address = reverse("return-section", args=[gp.pk, "chronology"])
    returns.save_section(gp, "chronology", {"events": "First."}, by=world.gp_author, at=NOW)
    send(signed_in(world.gp_lead), address, seen="", events="Second.")
    assert LedgerEntry.objects.filter(action="read", actor=str(world.gp_lead.pk)).count() == 1


def test_what_nobody_changed_has_nothing_beside_it(world: World) -> None:
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    address = reverse("return-section", args=[gp.pk, "chronology"])
    answer = send(signed_in(world.gp_lead), address, seen="", events="A\x00B")
    assert (compared(answer), "compared" in answer.content.decode()) == ([], False)


def test_of_two_who_correct_a_referral_at_once_the_second_sees_what_the_first_made_of_it(
    world: World, manager: Client
) -> None:
    # Given a correction, open while a colleague saves another
    case = factories.a_referral(world)
    address = reverse("case-correct", args=[case.pk])
    seen = hidden(manager.get(address), "seen")
    correct_referral(
        case, incident_at=factories.INCIDENT, incident_precision="instant", aware_at=factories.AWARE,
        place="Elsewhere", summary=factories.CANARIES[1], reason="Slip.", by=world.second, at=NOW,
    )  # fmt: skip
    typed = {
        **happened(factories.INCIDENT, "incident"), **happened(factories.AWARE, "aware"),
        "place": "Mine", "summary": factories.CANARIES[1], "reason": "My slip.", "harm": "serious-harm",
        "notifiable": "serious-incident", "referred_by": "Children's social care", **happened(factories.REFERRED, "received"),
    }  # fmt: skip

    # When it is sent, then nothing is written over, and what is stored stands beside the box
    answer = send(manager, address, **moving(case, seen=seen, **typed))
    assert summary_of(answer) == [
        "Cannot save over what Second Manager corrected while this page was open. "
        "Your text is still in the boxes: compare, then save again."
    ]
    assert compared(answer) == [("Saved by Second Manager: Where did it happen?", "Elsewhere")]
    assert (stays(answer, "My slip."), Case.objects.get().place) == (True, "Elsewhere")
    answer = send(manager, address, **moving(case, seen=hidden(answer, "seen"), **typed))
    assert (answer.status_code, Case.objects.get().place) == (302, "Mine")


def test_a_page_for_what_cannot_be_done_now_leads_back_and_says_so(world: World, manager: Client) -> None:
    case = factories.a_referral(world)
    answer = manager.get(reverse("case-publish", args=[case.pk]), follow=True)
    assert answer.redirect_chain == [(case.get_absolute_url(), 302)]
    assert "That cannot be done now: the case is at “Referred”." in answer.content.decode()


# ---- After the fact ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sent_at", "message"),
    [
        (factories.AWARE - A_MINUTE, "Cannot record that you sent the notification before the authority became aware: that was on "
         "Thursday 12 March 2026 at 3:40pm"),
        (NOW + A_MINUTE, "When was the notification sent? must be in the past"),
        (NOW + timedelta(days=1), "When was the notification sent? must be today or in the past"),
    ],
)  # fmt: skip
def test_bad_input_11_a_notification_is_sent_after_awareness_and_before_now(
    world: World, manager: Client, sent_at: datetime, message: str
) -> None:
    case = cases.consider_case(factories.a_referral(world), by=world.manager, at=NOTIFIED)
    address = reverse("case-notify", args=[case.pk])
    before = row_counts()
    answer = send(manager, address, **moving(case, notification_reference="SIN-4", **happened(sent_at)))
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == [message]
    assert html.unescape(answer.content.decode()).count(message) == 2  # above the form, and beside the boxes
    assert stays(answer, 'value="SIN-4"')
    answer = send(manager, address, **moving(case, notification_reference="SIN-4", **happened(NOTIFIED)))
    assert answer.status_code == 302
    assert Case.objects.get().notified_at == NOTIFIED


def test_a_practice_review_is_commissioned_on_the_day_the_partners_decided(
    world: World, manager: Client
) -> None:
    case = a_released_case(world, outcome="lcspr").case
    day = datetime(2026, 3, 31, 9, tzinfo=UTC)
    answer = send(
        manager, reverse("case-commission", args=[case.pk]), **moving(case, method="", **happened(day))
    )
    assert answer.status_code == 302
    assert Case.objects.get().deadlines.get(rule_code="LCSPR_REPORT").due_on == date(2026, 9, 30)


def test_a_milestone_is_recorded_as_done_on_its_own_day(world: World, manager: Client) -> None:
    # Given a notified case whose progress meeting was held in time, and is recorded later
    case = factories.a_notified_case(world)
    address = reverse("milestone-done", args=[case.pk, "LOC_PROGRESS"])
    held = datetime(2026, 3, 24, 10, 0, tzinfo=UTC)
    assert send(manager, address, **happened(NOW + timedelta(days=1))).status_code == 200
    assert case.deadlines.get(rule_code="LOC_PROGRESS").state == "running"
    assert send(manager, address, **happened(held)).status_code == 302

    # Then its clock stopped when it was held; a second time there is nothing to record
    clock = case.deadlines.get(rule_code="LOC_PROGRESS")
    assert (clock.state, clock.met_at, clock.is_late) == ("met", held, False)
    before = row_counts()
    assert manager.get(address).status_code == 404
    assert "That has been recorded already" in text_of(send(manager, address, **happened(held)))
    assert row_counts() == before


# ---- Twice, and many times at once -------------------------------------------------------------
def test_the_same_form_twice_is_answered_twice_and_done_once(world: World, manager: Client) -> None:
    boxes = {**REFERRAL, "form_token": str(uuid.uuid4())}
    first, second = (manager.post(reverse("refer"), boxes) for _ in range(2))
    case = Case.objects.get()
    assert {first.headers["Location"], second.headers["Location"]} == {case.get_absolute_url()}
    changed = manager.post(reverse("refer"), {**boxes, "summary": "Something else."})
    assert (changed.status_code, Case.objects.count(), Child.objects.count()) == (422, 1, 1)


def test_a_move_sent_twice_is_made_once_and_both_are_led_on(world: World, manager: Client) -> None:
    case = factories.a_notified_case(world)
    written(world, case)
    seen = hidden(manager.get(reverse("decision-send", args=[case.pk])), "seen")
    boxes = moving(case, open_returns_reason="", seen=seen, form_token=str(uuid.uuid4()))
    answers = [manager.post(reverse("decision-send", args=[case.pk]), boxes) for _ in range(2)]
    assert [a.headers["Location"] for a in answers] == [case.get_absolute_url()] * 2
    assert case.records.filter(verb="decide").count() == 1
    assert DECIDED < NOW


@pytest.mark.django_db(transaction=True)
def test_bad_input_78_twenty_copies_of_a_referral_at_once_are_one_case(now: None) -> None:
    # Given one page, sent twenty times in the same moment
    world = factories.a_world()
    boxes = {**REFERRAL, "form_token": str(uuid.uuid4())}
    clients = [signed_in(world.manager) for _ in range(20)]
    answers = in_one_moment(*(lambda c=client: c.post(reverse("refer"), boxes) for client in clients))

    # Then there is one case, with one child, one record and one ledger entry; all are led to it
    case = Case.objects.get()
    assert [getattr(a, "status_code", a) for a in answers] == [302] * 20
    assert {a.headers["Location"] for a in answers} == {case.get_absolute_url()}
    counted = (Child.objects.count(), TransitionRecord.objects.count(), LedgerEntry.objects.count())
    assert counted == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_moves_of_one_case_at_once_are_one_move(now: None) -> None:
    """Each with a token of its own, from the same page: one goes through, the others hear of it."""
    world = factories.a_world()
    case = factories.a_referral(world)
    client_and_boxes = [
        (signed_in(world.manager), moving(case, reason="x", **happened(NOW))) for _ in range(4)
    ]
    address = reverse("case-decline", args=[case.pk])
    answers = in_one_moment(*(lambda c=c, b=b: send(c, address, **b) for c, b in client_and_boxes))
    assert sorted(getattr(a, "status_code", 0) for a in answers) == [200, 200, 200, 302]
    assert list(case.records.values_list("verb", flat=True)) == ["refer", "decline"]
