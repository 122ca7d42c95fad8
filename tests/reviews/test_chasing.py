"""Chasing a return by hand: one reminder for one press, and phone calls that are kept."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.services import add_member
from notifications.channels import texts
from notifications.models import Notice
from reviews.models import AgencyReturn, Case, PhoneCall
from reviews.questions import RETURN_FORM
from reviews.services import cases, chasing, returns
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import happened, hidden, row_counts, send, signed_in, summary_of, text_of
from workflows.exceptions import NotMet, WorkflowError
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 25, 10, 30, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


def told(gp: AgencyReturn) -> list[str]:
    """Who was reminded by hand, in order."""
    found = Notice.objects.filter(subject_id=gp.pk, news="asked-again").order_by("created_at", "key")
    return list(found.values_list("recipient__email", flat=True))


# ---- A reminder now ----------------------------------------------------------------------------
def test_a_reminder_goes_through_the_outbox_to_whose_turn_it_is(world: World, gp: AgencyReturn) -> None:
    chasing.send_reminder(gp, by=world.manager, at=NOW)
    assert told(gp) == ["gp-author@northborough.example"]
    notice = Notice.objects.get(news="asked-again")
    assert (notice.state, notice.send_after, notice.deadline) == ("waiting", NOW, None)
    text = texts.text_of(notice, at=NOW)
    assert text.subject == "A return is still awaited"
    assert "- Agency return: 2 working days left (due Friday 27 March 2026)" in text.body
    assert [canary for canary in CANARIES if canary in text.body] == []

    # Once it is written, the safeguarding lead is the one to ask
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=NOW)
    gp = returns.finish_return(gp, by=world.gp_author, at=NOW)
    chasing.send_reminder(gp, by=world.manager, at=NOW + A_MINUTE)
    assert told(gp)[-1] == "gp-lead@northborough.example"


def test_a_double_click_sends_one(gp: AgencyReturn, manager: Client) -> None:
    address = reverse("return-remind", args=[gp.pk])
    page = manager.get(address)
    assert "No reminder was sent by hand yet." in text_of(page)
    boxes = {name: hidden(page, name) for name in ("form_token", "seen", "seen_version")}
    answers = [manager.post(address, boxes) for _ in range(2)]
    assert [a.status_code for a in answers] == [302, 302]
    assert told(gp) == ["gp-author@northborough.example"]


def test_of_two_who_remind_at_once_one_does_and_the_other_hears_of_it(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    # Given a colleague with the same page open
    second = factories.a_person("second@northborough.example", "Second Manager")
    add_member(second, world.manager.memberships.get().seat)
    address = reverse("return-remind", args=[gp.pk])
    seen = hidden(manager.get(address), "seen")
    chasing.send_reminder(gp, by=second, at=NOW)

    # When the first sends too, then nothing goes, and the page says when the last one went
    answer = send(manager, address, seen=seen)
    assert summary_of(answer)[0].startswith("Second Manager has just sent a reminder.")
    assert "The last reminder by hand went on Wednesday 25 March 2026 at 10:30am." in text_of(answer)
    assert len(told(gp)) == 1

    # And having seen it, they may
    assert send(manager, address, seen=hidden(answer, "seen")).status_code == 302
    assert len(told(gp)) == 2


def test_the_page_of_the_return_says_when_the_last_one_went_and_so_does_its_history(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    assert "No reminder was sent by hand yet." in text_of(manager.get(gp.get_absolute_url()))
    chasing.send_reminder(gp, by=world.manager, at=NOW)
    page = text_of(manager.get(gp.get_absolute_url()))
    assert "The last reminder by hand went on Wednesday 25 March 2026 at 10:30am." in page
    assert "Reminder sent Wednesday 25 March 2026 at 10:30am Manager of Northborough" in page


def test_a_reminder_for_one_return_is_not_told_of_another(world: World, case: Case, gp: AgencyReturn) -> None:
    school = AgencyReturn.objects.get(case=case, agency=world.school)
    chasing.send_reminder(gp, by=world.manager, at=NOW)
    assert (chasing.last_reminder(school), told(school)) == (None, [])
    chasing.send_reminder(school, by=world.manager, at=NOW, seen="none")
    assert told(school) == ["school-author@northborough.example"]


def test_a_return_that_is_in_or_cancelled_is_not_chased(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    gp = cases.cancel_return(gp, reason="Not needed.", by=world.manager, at=NOW)
    with pytest.raises(NotMet) as refusal:
        chasing.send_reminder(gp, by=world.manager, at=NOW)
    assert str(refusal.value) == "Cannot remind Northborough gp: its return is no longer needed now."
    assert manager.get(reverse("return-remind", args=[gp.pk])).status_code == 302
    assert "Send a reminder now" not in text_of(manager.get(gp.get_absolute_url()))


# ---- What to do next ---------------------------------------------------------------------------
OFFERED = [
    "Phone list: everybody to ring",
    "Send a reminder now",
    "Note a phone call",
    "Record a return that came another way",
    "Cancel the request",
]


def next_of(client: Client, gp: AgencyReturn) -> tuple[str, list[str]]:
    """What the box says, and what it offers, in order."""
    page = client.get(gp.get_absolute_url()).content.decode()
    box = page.partition('id="next"')[2].partition("</section>")[0]
    said = " ".join(re.sub("<[^>]+>", " ", box.partition(">")[2]).split())
    return said, [" ".join(found.split()) for found in re.findall("<a [^>]*>(.*?)</a>", box, re.DOTALL)]


def test_who_runs_the_review_reads_what_a_return_waits_for_whom_to_ask_and_what_they_can_do(
    world: World, gp: AgencyReturn, manager: Client
) -> None:
    author = "Author gp author of Northborough, gp-author@northborough.example"
    lead = "Safeguarding lead gp lead of Northborough, gp-lead@northborough.example"
    asked = (
        "What to do next {} Whom to ask {} {} Number of the agency No number is known No "
        "reminder was sent by hand yet. Reminders also go by themselves, before and after the day. "
        + " ".join(OFFERED)
    )
    waits = [next_of(manager, gp)]
    gp = returns.acknowledge_return(gp, by=world.gp_author, at=NOW)
    waits.append(next_of(manager, gp))
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=NOW)
        if section == "involvement":
            waits.append(next_of(manager, gp))
    gp = returns.finish_return(gp, by=world.gp_author, at=NOW)
    waits.append(next_of(manager, gp))
    gp = returns.send_back_return(gp, reason="The dates.", by=world.gp_lead, at=NOW)
    waits.append(next_of(manager, gp))
    assert waits == [
        (
            asked.format(words, *((lead, author) if words.startswith("It is written") else (author, lead))),
            OFFERED,
        )
        for words in (
            "The agency has not said yet that it has the request.",
            "The agency has the request, and has not begun to write.",
            "The agency is writing it: 2 of 9 sections are complete.",
            "It is written, and waits for the safeguarding lead of the agency to sign it off.",
            "It was sent back, and the agency has not begun to write again.",
        )
    ]

    # Once it is in, there is nobody to ask
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=NOW)
    gp = returns.finish_return(gp, by=world.gp_author, at=NOW)
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=NOW)
    assert next_of(manager, gp) == ("What to do next Accept Send it back", ["Accept", "Send it back"])


@pytest.mark.parametrize("who", ["gp_author", "gp_lead", "member", "partner_1", "chair"])
def test_nobody_else_is_told_whom_to_ask(world: World, gp: AgencyReturn, who: str) -> None:
    said, offered = next_of(signed_in(world.people[who]), gp)
    assert (set(OFFERED) & set(offered), "Whom to ask" in said) == (set(), False)


@pytest.mark.parametrize("who", ["gp_author", "gp_lead", "school_author", "member", "partner_1", "chair"])
def test_only_who_runs_the_review_chases(world: World, gp: AgencyReturn, who: str) -> None:
    before, person = row_counts(), world.people[who]
    with pytest.raises(PermissionDenied):
        chasing.send_reminder(gp, by=person, at=NOW)
    with pytest.raises(PermissionDenied):
        chasing.note_call(gp, spoke_to="A", said="B", called_at=NOW, by=person, at=NOW)
    assert row_counts() == before
    for page in ("return-remind", "return-call"):
        assert signed_in(person).get(reverse(page, args=[gp.pk])).status_code in (403, 404)


# ---- A phone call ------------------------------------------------------------------------------
def test_a_phone_call_is_kept_with_who_when_and_what(world: World, gp: AgencyReturn, manager: Client) -> None:
    called_at = NOW - timedelta(hours=1)
    answer = send(
        manager, reverse("return-call", args=[gp.pk]), **happened(called_at),
        spoke_to="Dr Ward", said="It will come on Friday.",
    )  # fmt: skip
    assert answer.status_code == 302
    call = PhoneCall.objects.get()
    assert (call.spoke_to, call.said, call.called_at, call.by, call.recorded_at) == (
        "Dr Ward", "It will come on Friday.", called_at, world.manager, NOW,
    )  # fmt: skip
    assert LedgerEntry.objects.filter(action="note_call", actor=str(world.manager.pk)).count() == 1
    page = text_of(manager.get(gp.get_absolute_url()))
    assert (
        "Phone call with Dr Ward Wednesday 25 March 2026 at 9:30am Manager of Northborough "
        "It will come on Friday." in page
    )


@pytest.mark.parametrize("who", ["gp_author", "gp_lead", "member"])
def test_a_phone_call_is_for_those_who_run_the_review(world: World, gp: AgencyReturn, who: str) -> None:
    chasing.note_call(gp, spoke_to="Dr Ward", said="Overworked.", called_at=NOW, by=world.manager, at=NOW)
    page = text_of(signed_in(world.people[who]).get(gp.get_absolute_url()))
    assert ("Dr Ward" in page, "Overworked." in page) == (False, False)


@pytest.mark.parametrize(
    "given",
    [
        {"spoke_to": " "},
        {"said": ""},
        {"called_at": NOW + A_MINUTE},
        {"called_at": factories.NOTIFIED - timedelta(days=1)},
    ],
)
def test_a_phone_call_that_cannot_be_is_refused(
    world: World, gp: AgencyReturn, given: dict[str, Any]
) -> None:
    before = row_counts()
    with pytest.raises(WorkflowError):
        chasing.note_call(
            gp, **{"spoke_to": "A", "said": "B", "called_at": NOW, "by": world.manager, "at": NOW, **given}
        )
    assert row_counts() == before


def test_the_database_keeps_no_phone_call_without_words(world: World, gp: AgencyReturn) -> None:
    for words in ({"spoke_to": "", "said": "B"}, {"spoke_to": "A", "said": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PhoneCall.objects.create(
                agency_return=gp, called_at=NOW, by=world.manager, recorded_at=NOW, **words
            )
