"""Small things that new users stumbled over: slips that are told, dates that can be put right, news that arrives."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from notifications.models import Notice
from reviews.contradictions import contradictions
from reviews.models import AgencyReturn, Case, Child
from reviews.questions import DECISION_FORM, LIMBS
from reviews.services import cases, decisions, practice
from reviews.services.cases import ChildGiven
from reviews.services.correcting import correct_notification
from reviews.services.history import history_of
from tests import factories
from tests.factories import AWARE, NOTIFIED, World
from tests.reviews.asking import (
    DECIDED,
    SENT,
    Released,
    a_released_case,
    happened,
    hidden,
    moving,
    send,
    signed_in,
    summary_of,
    text_of,
    written,
)
from workflows.actors import SYSTEM
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.models import LedgerEntry
from workflows.rules import Limit
from workflows.services.changing_clocks import extend_deadline, pause_deadline, resume_deadline
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 1, 8, 15, tzinfo=UTC)  # 9:15 in London


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


# ---- What is needed, and when ------------------------------------------------------------------
def test_a_reason_that_is_needed_sometimes_says_when_and_never_optional(world: World, decided: Case) -> None:
    sign = text_of(signed_in(world.partner_1).get(reverse("decision-sign", args=[decided.pk])))
    assert "Why not? (needed if the partner does not agree)" in sign
    submit = text_of(signed_in(world.manager).get(reverse("case-submit", args=[decided.pk])))
    assert "Why is it late? (needed if it is late)" in submit
    assert ("(optional)" in sign, "(optional)" in submit) == (False, False)


def test_the_reason_for_open_returns_is_asked_only_while_there_are_any(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    written(world, case, at=NOW)
    manager, address = signed_in(world.manager), reverse("decision-send", args=[case.pk])
    question = "Why do the partners decide without the returns that are still open?"
    answer = manager.get(address)
    assert (question in text_of(answer), f"{question} (optional)" in text_of(answer)) == (True, False)
    answer = send(manager, address, **moving(case, seen=hidden(answer, "seen"), open_returns_reason=""))
    assert summary_of(answer) == ["Enter why the partners decide without them"]
    for one in asked.values():
        cases.cancel_return(one, reason="Not needed.", by=world.manager, at=NOW)
    assert question not in text_of(manager.get(address))


def test_now_stands_in_the_boxes_of_a_form_that_asks_when(world: World) -> None:
    case = cases.consider_case(factories.a_referral(world), by=world.manager, at=NOTIFIED)
    page = signed_in(world.manager).get(reverse("case-notify", args=[case.pk])).content.decode()
    for box, value in (("day", "1"), ("month", "4"), ("year", "2026"), ("time", "09:15")):
        assert f'name="happened_{box}" type="text" value="{value}"' in page


# ---- An empty child ----------------------------------------------------------------------------
def test_an_empty_child_is_not_added(world: World, case: Case) -> None:
    manager, address = signed_in(world.manager), reverse("case-add-child", args=[case.pk])
    empty = {"child_name": "  ", "child_is_unborn": "no", "child_sex": "not-known"}
    answer = send(manager, address, **empty)
    assert summary_of(answer) == ["Enter the name of the child, or something else that is known of them"]
    with pytest.raises(NotMet):
        cases.add_child(case, ChildGiven(), by=world.manager, at=NOW)
    assert Child.objects.count() == 2
    assert send(manager, address, **{**empty, "child_is_unborn": "yes"}).status_code == 302
    assert Child.objects.count() == 3


# ---- A decision that contradicts itself --------------------------------------------------------
def record_of(outcome: str, *, limbs: bool | None, serious: bool = True) -> dict[str, dict[str, object]]:
    """A decision record in which every limb is so; None: one yes, the others no."""
    given = {code: (n == 0 if limbs is None else limbs) for n, (code, _) in enumerate(LIMBS)}
    return {"criteria": {**given, "serious": serious}, "decision": {"outcome": outcome}}


@pytest.mark.parametrize(
    ("record", "count"),
    [
        (record_of("no-lcspr", limbs=True), 1),
        (record_of("criteria-not-met", limbs=True), 2),
        (record_of("criteria-not-met", limbs=False, serious=False), 0),
        (record_of("lcspr", limbs=False), 1),
        (record_of("lcspr", limbs=False, serious=False), 2),
        (record_of("lcspr", limbs=True), 0),
        (record_of("no-lcspr", limbs=False), 0),
        (record_of("no-lcspr", limbs=None), 0),
        (record_of("lcspr", limbs=None), 0),
        (record_of("alternative", limbs=True), 0),
        (record_of("await-other", limbs=True), 0),
        ({}, 0),
        ({"criteria": {}, "decision": {"outcome": "lcspr"}}, 0),
    ],
)
def test_what_contradicts_itself_is_told(record: dict[str, dict[str, object]], count: int) -> None:
    assert len(contradictions(record)) == count


def test_a_decision_that_contradicts_itself_is_sent_when_that_is_confirmed(world: World, case: Case) -> None:
    # Given every limb yes, and no review to follow
    written(world, case, at=NOW, panel_suggested=True, outcome="no-lcspr")
    manager, address = signed_in(world.manager), reverse("decision-send", args=[case.pk])
    answer = manager.get(address)
    warning = "Every limb of regulation 11 is answered yes, but no review is to follow."
    assert warning in text_of(answer)

    # When it is sent as it is, then it asks to confirm that
    seen = hidden(answer, "seen")
    answer = send(manager, address, **moving(case, seen=seen))
    assert summary_of(answer) == ["Confirm that the decision stands as it is written"]
    with pytest.raises(NotMet, match="Confirm that the decision stands"):
        decisions.decide_case(case, by=world.manager, at=NOW)

    # And confirmed, it goes; the history tells that it was
    assert send(manager, address, **moving(case, seen=seen, is_confirmed="yes")).status_code == 302
    assert Case.objects.get().records.get(verb="decide").reason == f"Confirmed: {warning}"


def test_a_decision_that_goes_together_asks_nothing(world: World, case: Case) -> None:
    written(world, case, at=NOW, outcome="no-lcspr")
    page = text_of(signed_in(world.manager).get(reverse("decision-send", args=[case.pk])))
    assert ("the decision stands" in page, "contradict" in page) == (False, False)


# ---- The manager hears -------------------------------------------------------------------------
def test_the_manager_hears_of_each_signature_and_of_the_last(world: World, decided: Case) -> None:

    def told() -> list[str]:
        signed = Notice.objects.filter(subject_id=decided.pk, news__endswith="signed")
        assert set(signed.values_list("recipient", flat=True)) <= {world.manager.pk}
        return list(signed.order_by("created_at", "key").values_list("news", flat=True))

    for number, (who, agency) in enumerate(
        (("partner_1", world.council), ("partner_2", world.police), ("partner_3", world.icb)), start=1
    ):
        decisions.sign_decision(
            decided, agency, agrees=number != 2, dissent="No." if number == 2 else "", by=world.people[who],
            at=DECIDED + timedelta(minutes=number),
        )  # fmt: skip
        assert len(told()) == number
    assert told() == ["partner-signed", "partner-signed", "all-signed"]


# ---- History -----------------------------------------------------------------------------------
def test_a_history_shows_day_and_time(world: World, case: Case) -> None:
    page = text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert "Referred Thursday 12 March 2026 at 4pm Manager of Northborough" in page
    assert "Notification sent Wednesday 18 March 2026 at 9am Manager of Northborough" in page


# ---- A record on paper -------------------------------------------------------------------------
def test_a_record_for_paper_has_everything_and_nothing_folded_away(world: World) -> None:
    # Given a released record, and the Panel
    record, panel = a_released_case(world).record, signed_in(factories.a_panel_member())
    page = panel.get(reverse("panel-record-print", args=[record.pk]))
    text = text_of(page)

    # Then its page for paper has every answer, the proof of its dates and its fingerprint, all unfolded
    asked = [q.label for s in DECISION_FORM if s.code != "criteria" for q in s.questions]
    assert [label for label in asked if label not in text] == []
    assert (record.sha256 in text, "Rule: PANEL_REPLY" in text) == (True, True)
    assert ("<details" in page.content.decode(), "Record the Panel" in text) == (False, False)

    # And that it was printed stands in the ledger; others have no such page
    assert LedgerEntry.objects.filter(action="print").count() == 1
    for who in ("gp_author", "member"):
        answer = signed_in(world.people[who]).get(reverse("panel-record-print", args=[record.pk]))
        assert answer.status_code == 404


def test_the_history_tells_who_signed_who_did_not_agree_and_that_a_child_was_added(
    world: World, case: Case
) -> None:
    cases.add_child(case, ChildGiven(name="Zoe"), by=world.manager, at=NOTIFIED)
    written(world, case)
    case = decisions.decide_case(case, by=world.manager, at=DECIDED)
    decisions.sign_decision(case, world.council, agrees=True, by=world.partner_1, at=DECIDED)
    decisions.sign_decision(
        case, world.police, agrees=False, dissent="Too soon.", by=world.partner_2, at=DECIDED
    )
    lines = {line.what: (line.by, line.text) for line in history_of(case)}
    assert lines["Child added"] == (world.manager.full_name, "")
    assert lines["Decision 1 signed for Northborough council"] == (world.partner_1.full_name, "")
    assert lines["Northborough police does not agree with decision 1"] == (
        world.partner_2.full_name,
        "Too soon.",
    )

    # And after the release the page still says who agreed
    decisions.sign_decision(case, world.icb, agrees=True, by=world.partner_3, at=DECIDED)
    decisions.submit_case(case, by=world.manager, at=DECIDED)
    page = text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert f"Signed for Northborough council: {world.partner_1.full_name}, Tuesday 7 April 2026" in page


# ---- Told afterwards ---------------------------------------------------------------------------
def test_a_refusal_a_withdrawal_and_an_approval_happened_when_the_page_says(world: World, case: Case) -> None:
    manager = signed_in(world.manager)

    def tell(subject: Case, verb: str, at: datetime, **boxes: Any) -> Any:
        address = reverse(f"case-{verb.replace('_', '-')}", args=[subject.pk])
        return send(manager, address, **moving(subject, **happened(at), **boxes))

    # Given a referral: not before it came in, and not in the future
    referred = factories.a_referral(world)
    for wrong in (factories.REFERRED - timedelta(days=1), NOW + timedelta(days=1)):
        answer = tell(referred, "decline", wrong, reason="x")
        assert (answer.status_code, len(summary_of(answer))) == (200, 1)
    decided = factories.REFERRED + timedelta(days=1)
    assert tell(referred, "decline", decided, reason="x").status_code == 302
    assert referred.records.get(verb="decline").at == decided

    # And a notification withdrawn: its clocks end on that day
    answer = tell(case, "withdraw", NOTIFIED - timedelta(days=1), reason="x")
    assert summary_of(answer)[0].startswith("Cannot record that you withdrew the notification before")
    withdrawn = NOTIFIED + timedelta(days=2)
    assert tell(case, "withdraw", withdrawn, reason="x").status_code == 302
    clock = case.deadlines.get(rule_code="RR_COMPLETE")
    assert (clock.state, clock.facts.get(kind="voided").effective_at) == ("voided", withdrawn)

    # And a report approved: the review of the action plan is counted from that day
    other = a_released_case(world, outcome="lcspr").case
    other = practice.commission_review(other, by=world.manager, at=SENT, decided_at=SENT)
    later = SENT + timedelta(days=40)
    with time_machine.travel(later, tick=False):
        manager = signed_in(world.manager)
        answer = tell(other, "plan_publication", SENT - timedelta(days=1))
        assert summary_of(answer)[0].startswith("Cannot record that you approved the report before")
        assert tell(other, "plan_publication", SENT + timedelta(days=5)).status_code == 302
    assert other.deadlines.get(rule_code="LOC_ACTIONS").due_on == date(2026, 7, 14)


# ---- The notification, corrected ---------------------------------------------------------------
def corrected(case: Case, notified_at: datetime, by: Any, **given: Any) -> Case:
    return correct_notification(
        case, notified_at=notified_at, notification_reference="SIN-1",
        **{"reason": "The portal says otherwise.", "by": by, "at": NOW, **given},
    )  # fmt: skip


def test_a_corrected_notification_moves_every_clock_that_runs_from_it_and_says_why(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    # Given a rapid review due on 10 April, and the GP's return on 27 March
    assert case.deadlines.get(rule_code="RR_COMPLETE").due_on == date(2026, 4, 10)

    # When the notification turns out to have been sent a day earlier
    earlier = NOTIFIED - timedelta(days=1)
    case = corrected(case, earlier, world.manager)

    # Then both are due a day earlier, and their ladders, and the reason stands with the date
    clock, of_gp = case.deadlines.get(rule_code="RR_COMPLETE"), gp.deadlines.get(rule_code="LOC_RETURN")
    assert (case.notified_at, clock.due_on, of_gp.due_on) == (earlier, date(2026, 4, 9), date(2026, 3, 26))
    assert [change["reason"] for change in clock.derivation["changes"]] == ["The portal says otherwise."]
    assert set(clock.rungs.ahead().values_list("due_at", flat=True)) == {clock.due_at}
    assert case.deadlines.get(rule_code="SIN_NOTIFY").met_at == earlier
    assert gp.deadlines.get(rule_code="LOC_ACK").due_on == date(2026, 3, 20)  # it runs from the request
    assert drifted() == []

    # And the history tells who corrected it, when and why
    page = text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert (
        "Corrected: time of the notification Wednesday 1 April 2026 at 9:15am Manager of Northborough "
        "The portal says otherwise. Time of the notification, before: Wednesday 18 March 2026 at 9am" in page
    )


def test_a_corrected_notification_takes_back_no_extension_and_resumes_no_clock(
    world: World, case: Case
) -> None:
    # Given that the GP has three working days more, and that the meeting's clock stands still
    gp = factories.asked_returns(world, case)["gp"]
    given: dict[str, Any] = {
        "by": SYSTEM,
        "at": NOTIFIED + timedelta(days=1),
        "authority": "Chair",
        "reason": "Leave.",
    }
    extend_deadline(gp, "LOC_RETURN", limit=Limit(3, "wd"), **given)
    pause_deadline(case, "LOC_MEETING", effective_at=given["at"], **given)

    # When only the hour of the notification was wrong, the date stays; a day earlier, it is a day earlier
    case = corrected(case, NOTIFIED + timedelta(hours=1), world.manager)
    assert gp.deadlines.get(rule_code="LOC_RETURN").due_on == date(2026, 4, 1)
    case = corrected(case, NOTIFIED - timedelta(days=1), world.manager, at=NOW + timedelta(minutes=1))
    clock = gp.deadlines.get(rule_code="LOC_RETURN")
    assert (clock.derivation["first_due_on"], clock.due_on) == ("2026-03-26", date(2026, 3, 31))

    # And what stands still counts from the true day once it runs on
    meeting = case.deadlines.get(rule_code="LOC_MEETING")
    assert (meeting.state, meeting.started_at) == ("paused", NOTIFIED - timedelta(days=1))
    resumed = resume_deadline(case, "LOC_MEETING", by=SYSTEM, at=NOW + timedelta(hours=1), effective_at=NOW)
    assert resumed.due_on == date(2026, 4, 14)  # ten working days from 17 March, and eight that stood still
    assert drifted() == []


def test_whether_the_notification_was_in_time_is_judged_by_the_corrected_time(
    world: World, case: Case
) -> None:
    case = corrected(case, datetime(2026, 3, 20, 9, tzinfo=UTC), world.manager)
    clock = case.deadlines.get(rule_code="SIN_NOTIFY")
    assert (clock.state, clock.is_late, clock.due_on) == ("met", True, date(2026, 3, 19))
    case = corrected(case, NOTIFIED, world.manager, at=NOW + timedelta(minutes=1))
    assert case.deadlines.get(rule_code="SIN_NOTIFY").is_late is False
    assert case.deadlines.get(rule_code="RR_COMPLETE").due_on == date(2026, 4, 10)
    assert drifted() == []


@pytest.mark.parametrize(
    ("notified_at", "given"),
    [
        (NOTIFIED, {"reason": " "}),
        (NOW + timedelta(minutes=1), {}),
        (AWARE - timedelta(minutes=1), {}),
    ],
)
def test_a_correction_that_cannot_be_is_refused_and_changes_nothing(
    world: World, case: Case, notified_at: datetime, given: dict[str, Any]
) -> None:
    with pytest.raises(WorkflowError):
        corrected(case, notified_at, world.manager, **given)
    case = Case.objects.get()
    assert (case.notified_at, case.deadlines.get(rule_code="RR_COMPLETE").due_on) == (
        NOTIFIED,
        date(2026, 4, 10),
    )


def test_once_the_record_is_with_the_panel_the_notification_stands(world: World, released: Released) -> None:
    case = released.case
    with pytest.raises(NotMet, match="it is with the Panel now"):
        corrected(case, NOTIFIED - timedelta(days=1), world.manager, at=SENT)


@pytest.mark.parametrize("who", ["member", "partner_1", "chair", "administrator"])
def test_only_who_runs_the_case_corrects_the_notification(world: World, case: Case, who: str) -> None:
    with pytest.raises(PermissionDenied):
        corrected(case, NOTIFIED - timedelta(days=1), world.people[who])
    answer = signed_in(world.people[who]).get(reverse("case-correct-notification", args=[case.pk]))
    assert answer.status_code in (403, 404)


def test_of_two_who_correct_the_notification_the_second_sees_what_the_first_made_of_it(
    world: World, case: Case
) -> None:
    manager, address = signed_in(world.manager), reverse("case-correct-notification", args=[case.pk])
    page = manager.get(address)
    seen = hidden(page, "seen")
    assert 'value="SIN-1"' in page.content.decode()
    corrected(case, NOTIFIED - timedelta(hours=1), world.manager)
    typed = {**happened(NOTIFIED - timedelta(hours=2)), "notification_reference": "SIN-1", "reason": "Slip."}
    answer = send(manager, address, **moving(case, seen=seen, **typed))
    assert summary_of(answer)[0].startswith("Somebody corrected the notification while this page was open.")
    assert "Saved by Manager of Northborough" in text_of(answer)
    assert "18 3 2026 08:00" in text_of(answer)
    answer = send(manager, address, **moving(case, seen=hidden(answer, "seen"), **typed))
    assert (answer.status_code, Case.objects.get().notified_at) == (302, NOTIFIED - timedelta(hours=2))
    with pytest.raises(Stale):
        corrected(case, NOTIFIED, world.manager, seen=seen)
