"""Nothing runs on after its reason, nothing is signed unread, and no reason reaches who should not read it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Agency
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.questions import RETURN_FORM
from reviews.rules import RULE_BOOK
from reviews.services import cases, decisions, practice, returns
from tests import factories
from tests.factories import NOTIFIED, World
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.models import Deadline

pytestmark = pytest.mark.django_db
DECIDED = datetime(2026, 4, 7, 9, tzinfo=UTC)
SIGNED = datetime(2026, 4, 8, 9, tzinfo=UTC)
SENT = datetime(2026, 4, 9, 9, tzinfo=UTC)


def decide(
    world: World, case: Case, outcome: str = "no-lcspr", *, reason: str = "They were asked twice."
) -> Case:
    for section, given in factories.full_answers(decisions.DECISION_FORM, outcome=outcome).items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=DECIDED)
    return decisions.decide_case(case, by=world.manager, at=DECIDED, open_returns_reason=reason)


def sent(world: World, outcome: str = "no-lcspr") -> tuple[Case, PanelRecord]:
    case = decide(world, factories.a_notified_case(world), outcome)
    factories.sign_by_all(world, case, at=SIGNED)
    record = decisions.submit_case(case, by=world.manager, at=SENT)
    return Case.objects.get(pk=case.pk), record


def page(person: Any, thing: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.get(thing.get_absolute_url()).content.decode()


def test_once_the_review_is_sent_no_agency_is_chased_any_more(world: World, case: Case) -> None:
    # Given a return that never came, and milestones nobody recorded
    late = factories.asked_returns(world, case)["gp"]
    case = decide(world, case)
    factories.sign_by_all(world, case, at=SIGNED)

    # When the rapid review goes to the Panel
    decisions.submit_case(case, by=world.manager, at=SENT)

    # Then nothing of it runs on, and the agency's request is cancelled
    late = AgencyReturn.objects.get(pk=late.pk)
    assert late.state == AgencyReturn.State.CANCELLED
    assert list(Deadline.objects.open().values_list("rule_code", flat=True)) == ["PANEL_REPLY"]


@pytest.mark.parametrize("end", ["learning", "withdrawn"])
def test_a_case_at_rest_owes_nothing(world: World, end: str) -> None:
    case, record = sent(world)
    if end == "learning":
        decisions.accept_record(record, by=world.manager, at=SENT)
        case = practice.finish_with_learning(case, by=world.manager, at=SENT)
    else:
        case = cases.withdraw_case(case, reason="Not met after all.", by=world.manager, at=SENT)
    assert list(Deadline.objects.open()) == []


def test_a_withdrawn_case_awaits_no_reply_and_its_returns_stay_as_they_are(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOTIFIED + timedelta(days=2))
    case = decide(world, case)
    factories.sign_by_all(world, case, at=SIGNED)
    record = decisions.submit_case(case, by=world.manager, at=SENT)
    cases.withdraw_case(Case.objects.get(pk=case.pk), reason="x", by=world.manager, at=SENT)

    assert PanelRecord.objects.get(pk=record.pk).state == PanelRecord.State.SUPERSEDED
    with pytest.raises(NotMet, match="its rapid review is over"):
        returns.send_back_return(gp, reason="More, please.", by=world.manager, at=SENT)


def test_the_reason_of_a_withdrawal_stays_with_the_partnership(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    cases.withdraw_case(case, reason="The injury was an accident at nursery.", by=world.manager, at=SENT)

    assert "nursery" in page(world.manager, case)
    assert "nursery" not in page(world.gp_author, gp)
    assert "The notification was withdrawn." in page(world.gp_author, gp)


def test_what_the_lead_asks_of_the_author_stays_in_the_agency(world: World, gp: AgencyReturn) -> None:
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=NOTIFIED)
    gp = returns.finish_return(gp, by=world.gp_author, at=NOTIFIED)
    gp = returns.send_back_return(gp, reason="Leave the midwife out of it.", by=world.gp_lead, at=NOTIFIED)

    assert "midwife" in page(world.gp_author, gp)
    assert "midwife" not in page(world.manager, gp)
    assert not gp.deadlines.filter(
        rule_code="LOC_RESEND"
    ).exists()  # nothing is owed to the partnership again


def test_a_nil_return_that_was_sent_back_and_written_shows_what_was_written(
    world: World, gp: AgencyReturn
) -> None:
    gp = returns.declare_nil(gp, searched="EMIS by name", by=world.gp_author, at=NOTIFIED)
    gp = returns.send_back_return(gp, reason="Please look by address.", by=world.manager, at=NOTIFIED)
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOTIFIED)

    shown = page(world.manager, gp)
    assert ("EMIS by name" in shown, "What was done well? answered." in shown) == (False, True)


def test_nobody_signs_a_decision_they_did_not_read(world: World) -> None:
    # Given a partner looking at the first decision, which is then revised
    first = decide(world, factories.a_notified_case(world), "no-lcspr")
    case = decisions.revise_decision(first, reason="The police wrote.", by=world.manager, at=DECIDED)
    decide(world, case, "lcspr")

    # When they sign what they had open, then it is refused, saying what happened
    council = Agency.objects.get(pk=world.council.pk)
    with pytest.raises(Stale, match="recorded: Decision sent to the partners\\."):
        decisions.sign_decision(
            first, council, agrees=True, by=world.partner_1, at=SIGNED, seen_version=first.version
        )


def test_a_return_rewritten_meanwhile_is_not_signed_off_unread(world: World, gp: AgencyReturn) -> None:
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=NOTIFIED)
    shown = returns.finish_return(gp, by=world.gp_author, at=NOTIFIED)
    again = returns.send_back_return(shown, reason="More.", by=world.gp_lead, at=NOTIFIED)
    again = returns.save_section(again, "you", factories.full_answers(RETURN_FORM)["you"],
                                 by=world.gp_author, at=NOTIFIED)  # fmt: skip
    returns.finish_return(again, by=world.gp_author, at=NOTIFIED)
    with pytest.raises(Stale):
        returns.sign_off_return(shown, by=world.gp_lead, at=NOTIFIED, seen_version=shown.version)


def test_it_cannot_be_said_to_have_been_sent_before_the_last_signature(world: World) -> None:
    case = decide(world, factories.a_notified_case(world))
    late = datetime(2026, 4, 20, 9, tzinfo=UTC)
    factories.sign_by_all(world, case, at=late)
    with pytest.raises(WorkflowError, match="after the last partner signed"):
        decisions.submit_case(case, by=world.manager, at=late, sent_at=datetime(2026, 4, 10, 9, tzinfo=UTC))


def test_without_a_safeguarding_partner_no_decision_goes_out(world: World) -> None:
    Agency.objects.filter(partnership=world.partnership).update(is_safeguarding_partner=False)
    with pytest.raises(NotMet, match="no safeguarding partner yet"):
        decide(world, factories.a_notified_case(world))


def test_the_meeting_may_be_recorded_after_the_decision_and_stops_mattering_once_sent(world: World) -> None:
    case = decide(world, factories.a_notified_case(world))
    assert case.deadlines.get(rule_code="LOC_MEETING").state == "running"
    case = cases.hold_meeting(case, by=world.manager, at=DECIDED)
    assert case.deadlines.get(rule_code="LOC_MEETING").state == "met"


def test_the_panel_may_reverse_what_was_finished(world: World) -> None:
    case, record = sent(world)
    case = practice.finish_with_learning(case, by=world.manager, at=SENT)
    decisions.disagree_with_record(record, reply="Please review it.", by=world.manager, at=SENT)
    case = decisions.revise_decision(case, reason="The Panel does not agree.", by=world.manager, at=SENT)
    assert (case.state, case.decisions.count()) == (Case.State.RAPID_REVIEW, 2)


def test_publication_may_be_planned_later_moved_and_put_off(world: World) -> None:
    # Given a report approved without a day
    case, _ = sent(world, "lcspr")
    case = practice.commission_review(case, by=world.manager, at=SENT)
    case = practice.plan_publication(case, publish_on=None, by=world.manager, at=SENT)
    assert not case.deadlines.filter(rule_code="PUB_ADVANCE").exists()

    # When a day is planned, moved and given up, then the advance copy follows
    def advance() -> tuple[str, date | None]:
        found = case.deadlines.get(rule_code="PUB_ADVANCE")
        return found.state, found.due_on

    case = practice.plan_publication(case, publish_on=date(2026, 7, 23), by=world.manager, at=SENT)
    assert advance() == ("running", date(2026, 7, 14))
    case = practice.plan_publication(case, publish_on=date(2026, 9, 2), by=world.manager, at=SENT)
    assert advance() == ("running", date(2026, 8, 21))  # the August bank holiday lies between
    case = practice.plan_publication(case, publish_on=None, by=world.manager, at=SENT)
    assert advance()[0] == "voided"
    case = practice.plan_publication(case, publish_on=date(2026, 7, 23), by=world.manager, at=SENT)
    assert advance() == ("running", date(2026, 7, 14))


def test_every_event_a_rule_waits_for_comes_about(world: World, case: Case, gp: AgencyReturn) -> None:
    """A rule whose start nothing gives would be a promise nobody keeps."""
    # Given a case that goes all the way, with every turn on the way
    returns.ask_agencies(case, [world.police], by=world.manager, at=NOTIFIED + timedelta(days=9))
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOTIFIED)
    returns.send_back_return(gp, reason="More.", by=world.manager, at=NOTIFIED)
    case = decide(world, case, "lcspr")
    case = decisions.revise_decision(case, reason="x", by=world.manager, at=DECIDED)
    case = decisions.decide_case(case, by=world.manager, at=DECIDED, open_returns_reason="x")
    factories.sign_by_all(world, case, at=SIGNED)
    decisions.submit_case(case, by=world.manager, at=SENT)
    case = practice.commission_review(Case.objects.get(pk=case.pk), by=world.manager, at=SENT)
    for code in ("LOC_BRIEFING", "LOC_AGREPORT"):
        case = cases.meet_milestone(case, code, by=world.manager, at=SENT)
    for step in (practice.hold_learning_event, practice.hold_recall):
        case = step(case, by=world.manager, at=SENT)
    case = practice.plan_publication(case, publish_on=date(2026, 9, 2), by=world.manager, at=SENT)
    practice.publish_case(case, by=world.manager, at=SENT)
    for notifiable in (Case.Notifiable.LOOKED_AFTER_DEATH, Case.Notifiable.CARE_LEAVER_DEATH):
        other = Case(
            partnership=world.partnership, harm="death", summary="x", notifiable=notifiable, aware_at=NOTIFIED
        )
        cases.refer_case(other, [], by=world.manager, at=NOTIFIED)

    # Then each rule of the book that this system keeps has run, but for the one limit that is asked for by itself
    ran = set(Deadline.objects.values_list("rule_code", flat=True))
    kept = {rule.code for rule in (*RULE_BOOK.statutory, *RULE_BOOK.local) if rule.is_kept}
    assert kept - ran == {"LOC_TOGETHER"}
    assert ran <= kept


def test_what_people_must_do_cannot_be_ticked_off_by_hand(world: World) -> None:
    case = decide(world, factories.a_notified_case(world))
    client = Client()
    client.force_login(world.manager)
    assert client.get(reverse("milestone-done", args=[case.pk, "LOC_SIGNOFF"])).status_code == 404
    with pytest.raises(WorkflowError):
        cases.meet_milestone(case, "LOC_SIGNOFF", by=world.manager, at=DECIDED)


def test_the_death_of_a_looked_after_child_says_whether_it_was_notified_in_time(world: World) -> None:
    case = Case(partnership=world.partnership, harm="death", summary="x", incident_at=NOTIFIED, aware_at=NOTIFIED,
                notifiable=Case.Notifiable.LOOKED_AFTER_DEATH)  # fmt: skip
    case = cases.refer_case(case, [cases.ChildGiven()], by=world.manager, at=NOTIFIED)
    case = cases.consider_case(case, by=world.manager, at=NOTIFIED)
    case = cases.notify_case(case, by=world.manager, at=NOTIFIED)
    case = decide(world, case)
    factories.sign_by_all(world, case, at=SIGNED)
    record = decisions.submit_case(case, by=world.manager, at=SENT)
    timeliness = record.document["notification"]["timeliness"]
    assert (timeliness["proof"]["rule"]["code"], timeliness["on_time"]) == ("LAC_DEATH", True)


@pytest.mark.django_db(transaction=True)
def test_the_export_command_works_outside_any_transaction(capsys: pytest.CaptureFixture[str]) -> None:
    case, _ = sent(factories.a_world())
    call_command("export_decisions", "--case", case.code)
    assert '"format": "decision-record/1"' in capsys.readouterr().out
