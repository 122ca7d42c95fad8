"""Before answers are sent or signed they are read: all of them, on one page, as they are stored at that moment."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn, Case
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services import decisions, returns
from tests import factories
from tests.factories import World
from tests.reviews.asking import DECIDED, hidden, moving, send, signed_in, summary_of, text_of, written
from tests.standing import standing
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def gp(world: World, case: Case) -> AgencyReturn:
    """Written whole, and not sent."""
    made = factories.asked_returns(world, case)["gp"]
    for section, given in factories.full_answers(RETURN_FORM).items():
        made = returns.save_section(made, section, given, by=world.gp_author, at=NOW)
    return made


def check(it: AgencyReturn) -> str:
    return reverse("return-finish", args=[it.pk])


def changes(response: Any) -> list[str]:
    """Where the Change links of a page lead."""
    return re.findall(r'href="([^"]*[?]check#[^"]*)"', response.content.decode())


def everything_of(definition: Definition) -> list[str]:
    return [words for s in definition for words in (s.title, *(q.label for q in s.questions))]


# ---- A return ----------------------------------------------------------------------------------
def test_an_author_reads_every_answer_with_a_way_to_change_it_before_sending(
    world: World, gp: AgencyReturn
) -> None:
    answer = signed_in(world.gp_author).get(check(gp))
    text = text_of(answer)
    assert [words for words in everything_of(RETURN_FORM) if words not in text] == []
    assert f"{RETURN_FORM.section('analysis').questions[2].label} answered." in text
    assert changes(answer) == [
        f"/returns/{gp.pk}/write/{s.code}/?check#id_{q.code}" for s in RETURN_FORM for q in s.questions
    ]


def test_the_last_section_leads_to_the_check_and_a_change_leads_back_to_it(
    world: World, gp: AgencyReturn
) -> None:
    client = signed_in(world.gp_author)
    section = reverse("return-section", args=[gp.pk, "chronology"])
    seen = hidden(client.get(section), "seen")
    answer = send(client, f"{section}?check", seen=seen, events="Changed.")
    assert answer.headers["Location"] == check(gp)
    assert "Changed." in text_of(client.get(check(gp)))

    # Without it, the next section follows, and after the last the check
    seen = hidden(client.get(section), "seen")
    answer = send(client, section, seen=seen, events="Changed.")
    assert answer.headers["Location"] == reverse("return-section", args=[gp.pk, "child"])
    last = reverse("return-section", args=[gp.pk, "care"])
    seen = hidden(client.get(last), "seen")
    answer = send(client, last, seen=seen, sensitive="no")
    assert answer.headers["Location"] == check(gp)


def test_with_gaps_the_check_says_which_and_offers_no_button(world: World, gp: AgencyReturn) -> None:
    gp = returns.save_section(gp, "safety", {}, by=world.gp_author, at=NOW)
    answer = signed_in(world.gp_author).get(check(gp))
    assert "This cannot be sent yet. Still to answer: Safety now." in text_of(answer)
    assert "Send to the safeguarding lead" not in text_of(answer)
    assert changes(answer)


def test_what_another_author_changed_meanwhile_is_shown_before_it_can_be_sent(
    world: World, gp: AgencyReturn
) -> None:
    # Given the page of all answers, open while a colleague saves another text
    author = signed_in(world.gp_author)
    seen = hidden(author.get(check(gp)), "seen")
    returns.save_section(gp, "chronology", {"events": "Quite another."}, by=world.gp_lead, at=NOW + A_MINUTE)

    # When it is sent, then nothing is sent, and the page shows what stands there now
    answer = send(author, check(gp), **moving(gp, seen=seen))
    assert summary_of(answer) == [
        "gp lead of Northborough changed the answers while this page was open. "
        "They are shown below as they are now: read them again, then send."
    ]
    assert "Quite another." in text_of(answer)
    assert AgencyReturn.objects.get(pk=gp.pk).state == "in_progress"

    # And having read them, the author may
    answer = send(author, check(gp), **moving(gp, seen=hidden(answer, "seen")))
    assert (answer.status_code, AgencyReturn.objects.get(pk=gp.pk).state) == (302, "submitted")


@pytest.mark.parametrize("seen", ["", "abc", "0" * 32])
def test_what_was_never_read_is_not_sent(world: World, gp: AgencyReturn, seen: str) -> None:
    answer = send(signed_in(world.gp_author), check(gp), **moving(gp, seen=seen))
    assert (answer.status_code, AgencyReturn.objects.get(pk=gp.pk).state) == (200, "in_progress")


def test_the_lead_reads_the_same_text_before_signing_and_changes_nothing(
    world: World, gp: AgencyReturn
) -> None:
    author = signed_in(world.gp_author)
    sent = text_of(author.get(check(gp)))
    gp = returns.finish_return(gp, by=world.gp_author, at=NOW)
    lead = signed_in(world.gp_lead)
    answer = lead.get(reverse("return-sign-off", args=[gp.pk]))
    assert [words for words in everything_of(RETURN_FORM) if words not in text_of(answer)] == []
    assert f"{RETURN_FORM.section('analysis').questions[2].label} answered." in sent
    assert f"{RETURN_FORM.section('analysis').questions[2].label} answered." in text_of(answer)
    assert changes(answer) == []
    assert send(lead, reverse("return-sign-off", args=[gp.pk]), **moving(gp)).status_code == 302


def test_reading_the_answers_stands_in_the_ledger_also_when_sending_is_refused(
    world: World, gp: AgencyReturn
) -> None:
    def reads() -> int:
        return LedgerEntry.objects.filter(action="read", actor=str(world.gp_author.pk)).count()

    author = signed_in(world.gp_author)
    author.get(check(gp))
    assert reads() == 1
    send(author, check(gp), **moving(gp, seen="never"))
    assert reads() == 2


@pytest.mark.parametrize("who", ["school_author", "manager", "member", "partner_1"])
def test_nobody_else_reads_what_is_not_signed(world: World, gp: AgencyReturn, who: str) -> None:
    answer = signed_in(world.people[who]).get(check(gp))
    assert answer.status_code in (302, 403, 404)
    assert RETURN_FORM.section("analysis").title not in answer.content.decode()


# ---- A decision --------------------------------------------------------------------------------
def test_the_decision_is_read_before_it_goes_to_the_partners_and_by_them_before_they_sign(
    world: World, case: Case
) -> None:
    # Given a decision written whole
    written(world, case, at=NOW)
    manager = signed_in(world.manager)
    address = reverse("decision-send", args=[case.pk])

    # When the manager opens the page that sends it, then all of it stands there, to be changed
    answer = manager.get(address)
    assert [words for words in everything_of(DECISION_FORM) if words not in text_of(answer)] == []
    assert len(changes(answer)) == sum(len(s.questions) for s in DECISION_FORM)
    seen = hidden(answer, "seen")
    assert send(manager, address, **moving(case, seen=seen)).status_code == 302

    # And a partner reads the same, and cannot change it
    partner = signed_in(world.partner_1)
    answer = partner.get(reverse("decision-sign", args=[case.pk]))
    assert [words for words in everything_of(DECISION_FORM) if words not in text_of(answer)] == []
    assert changes(answer) == []


def test_a_decision_changed_meanwhile_is_shown_before_it_can_be_sent(world: World, case: Case) -> None:
    written(world, case, at=NOW)
    manager, address = signed_in(world.manager), reverse("decision-send", args=[case.pk])
    seen = hidden(manager.get(address), "seen")
    decisions.save_decision_section(case, "safety", {"actions": "Later."}, by=world.manager, at=DECIDED)
    answer = send(manager, address, **moving(case, seen=seen))
    assert summary_of(answer)[0].startswith("Manager of Northborough changed the answers while this page")
    assert ("Later." in text_of(answer), Case.objects.get().state) == (True, "rapid_review")


def test_a_section_of_the_decision_opened_from_the_check_leads_back_to_it(world: World, case: Case) -> None:
    written(world, case, at=NOW)
    manager: Client = signed_in(world.manager)
    section = reverse("decision-section", args=[case.pk, "safety"])
    seen = hidden(manager.get(section), "seen")
    answer = send(manager, f"{section}?check", seen=seen, actions="Changed.")
    assert answer.headers["Location"] == reverse("decision-send", args=[case.pk])
