"""Deciding, signing, sending to the Panel and its reply, by the services: each success, and each refusal."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import Role
from accounts.pages.text import LONG_TEXT
from accounts.services import add_member, seat_for
from reviews.models import AgencyReturn, Case, Decision, PanelRecord, SignOff
from reviews.questions import DECISION_FORM
from reviews.services import answering, cases, decisions, returns
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import DECIDED, SENT, Released, a_released_case, row_counts, written
from tests.standing import standing
from workflows.exceptions import NotMet, Stale, WorkflowError, WrongState

pytestmark = pytest.mark.django_db
FIRST_LATE = datetime(2026, 4, 10, 23, 0, tzinfo=UTC)  # the midnight that ends 10 April in London
A_MINUTE = timedelta(minutes=1)


@standing
def signed(world: World, decided: Case) -> Case:
    """Signed by all, not yet sent."""
    factories.sign_by_all(world, decided, at=DECIDED)
    return decided


def sign(case: Case, partner: Any, by: Any, **given: Any) -> SignOff:
    return decisions.sign_decision(case, partner, by=by, at=DECIDED, **{"agrees": True, **given})


# ---- Writing -----------------------------------------------------------------------------------
def test_sections_are_kept_in_one_draft(world: World, case: Case) -> None:
    decisions.save_decision_section(case, "safety", {"actions": "One"}, by=world.manager, at=DECIDED)
    later = DECIDED + A_MINUTE
    decision = decisions.save_decision_section(
        case, "incident", {"happened": "Two"}, by=world.manager, at=later
    )
    assert Decision.objects.get() == decision
    assert (decision.answers["safety"], decision.answers["incident"]) == (
        {"actions": "One"},
        {"happened": "Two"},
    )
    assert (decision.number, decision.drafted_by, decision.changed_at) == (1, world.manager, later)


def test_a_second_hand_hears_who_saved_and_nothing_is_overwritten(world: World, case: Case) -> None:
    decisions.save_decision_section(case, "safety", {"actions": "One"}, by=world.manager, at=DECIDED, seen="")
    with pytest.raises(Stale) as refusal:
        decisions.save_decision_section(
            case, "safety", {"actions": "Two"}, by=world.manager, at=DECIDED, seen=""
        )
    assert str(refusal.value) == (
        "Cannot save over Manager of Northborough's answers, saved while this page was open. "
        "Yours are still in the boxes: compare, then save again."
    )
    decision = Decision.objects.get()
    assert decision.answers["safety"] == {"actions": "One"}
    seen = answering.seen_of(decision, "safety")
    again = decisions.save_decision_section(
        case, "safety", {"actions": "Two"}, by=world.manager, at=DECIDED, seen=seen
    )
    assert again.answers["safety"] == {"actions": "Two"}


@pytest.mark.parametrize("who", ["member", "partner_1", "chair", "gp_lead", "administrator"])
def test_only_the_business_manager_writes_the_decision(world: World, case: Case, who: str) -> None:
    before = row_counts()
    with pytest.raises(PermissionDenied):
        decisions.save_decision_section(case, "safety", {}, by=world.people[who], at=DECIDED)
    assert row_counts() == before


def test_a_decision_before_the_partners_is_not_changed(world: World, decided: Case) -> None:
    with pytest.raises(WorkflowError) as refusal:
        decisions.save_decision_section(decided, "safety", {}, by=world.manager, at=DECIDED)
    assert str(refusal.value) == f"Cannot change the decision of {decided.code}: it is LCSPR decision now."


# ---- Sending it to the partners ----------------------------------------------------------------
def test_nothing_written_is_not_sent_to_the_partners(world: World, case: Case) -> None:
    with pytest.raises(NotMet) as refusal:
        decisions.decide_case(case, by=world.manager, at=DECIDED)
    titles = ", ".join(section.title for section in DECISION_FORM)
    assert str(refusal.value) == f"Cannot send the decision to the partners yet. Still to answer: {titles}."


def test_a_decision_with_gaps_is_not_sent_and_says_which_sections_have_them(world: World, case: Case) -> None:
    written(world, case, recurrent_why="", rationale=None)
    with pytest.raises(NotMet) as refusal:
        decisions.decide_case(case, by=world.manager, at=DECIDED)
    assert str(refusal.value) == (
        "Cannot send the decision to the partners yet. Still to answer: The criteria, The decision."
    )
    assert (Case.objects.get().state, Decision.objects.get().decided_at) == ("rapid_review", None)


def test_open_returns_want_a_reason_and_are_named(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    # Given the school's return in, and the GP's not
    returns.declare_nil(asked["school"], searched="SIMS", by=world.school_author, at=NOTIFIED)
    written(world, case)

    # When the decision is sent without a word about it, then it is refused
    for reason in ("", "  "):
        with pytest.raises(NotMet) as refusal:
            decisions.decide_case(case, by=world.manager, at=DECIDED, open_returns_reason=reason)
        assert str(refusal.value) == (
            "Returns are still open: Northborough gp. Say why the partners decide without them."
        )
    assert Case.objects.get().state == "rapid_review"

    # And with a reason it goes out, and the record keeps the reason
    decided = decisions.decide_case(case, by=world.manager, at=DECIDED, open_returns_reason="It moved away.")
    assert (decided.state, decided.records.get(verb="decide").reason) == ("lcspr_decision", "It moved away.")
    assert Decision.objects.get().decided_at == DECIDED


def test_a_cancelled_return_does_not_hold_the_decision_up(world: World, case: Case) -> None:
    for agency_return in factories.asked_returns(world, case).values():
        cases.cancel_return(agency_return, reason="Not needed.", by=world.manager, at=NOTIFIED)
    written(world, case)
    assert decisions.decide_case(case, by=world.manager, at=DECIDED).state == "lcspr_decision"


def test_only_the_business_manager_sends_the_decision(world: World, case: Case) -> None:
    written(world, case)
    before = row_counts()
    for who in ("member", "partner_1", "chair"):
        with pytest.raises(PermissionDenied):
            decisions.decide_case(case, by=world.people[who], at=DECIDED)
    assert row_counts() == before


# ---- Signing -----------------------------------------------------------------------------------
def test_each_partner_signs_and_the_last_signature_meets_the_milestone(world: World, decided: Case) -> None:
    for who, agency in (("partner_1", world.council), ("partner_2", world.police)):
        sign(decided, agency, world.people[who])
        assert decided.deadlines.get(rule_code="LOC_SIGNOFF").state == "running"
    decision = Decision.objects.get()
    assert decisions.waiting_to_sign(decided, decision) == [world.icb]
    sign(decided, world.icb, world.partner_3)
    assert decided.deadlines.get(rule_code="LOC_SIGNOFF").state == "met"
    assert list(
        decision.sign_offs.order_by("pk").values_list("partner__name", "by__full_name", "agrees")
    ) == [
        ("Northborough council", "council partner of Northborough", True),
        ("Northborough police", "police partner of Northborough", True),
        ("Northborough icb", "icb partner of Northborough", True),
    ]


@pytest.mark.parametrize("who", ["partner_2", "manager", "member", "chair", "council_lead", "administrator"])
def test_nobody_signs_for_a_partner_that_is_not_theirs(world: World, decided: Case, who: str) -> None:
    before = row_counts()
    with pytest.raises(PermissionDenied):
        sign(decided, world.council, world.people[who])
    assert row_counts() == before


def test_the_partner_of_another_partnership_does_not_sign(world: World, decided: Case, other: World) -> None:
    with pytest.raises(PermissionDenied):
        sign(decided, other.council, other.partner_1)
    # Nor for it somebody who signs in both
    add_member(world.partner_1, seat_for(Role.DELEGATED_PARTNER, agency=other.council))
    with pytest.raises(PermissionDenied):
        sign(decided, other.council, world.partner_1)
    assert not SignOff.objects.exists()


def test_an_agency_that_is_no_safeguarding_partner_does_not_sign(world: World, decided: Case) -> None:
    add_member(world.partner_1, seat_for(Role.DELEGATED_PARTNER, agency=world.trust))
    with pytest.raises(PermissionDenied):
        sign(decided, world.trust, world.partner_1)


@pytest.mark.parametrize("dissent", ["", "  \n"])
def test_a_dissent_says_why(world: World, decided: Case, dissent: str) -> None:
    with pytest.raises(NotMet) as refusal:
        sign(decided, world.council, world.partner_1, agrees=False, dissent=dissent)
    assert str(refusal.value) == "Cannot record a dissent without its reason."
    assert not SignOff.objects.exists()


def test_a_dissent_counts_as_an_answer_and_stands_in_the_record(world: World, decided: Case) -> None:
    sign(decided, world.council, world.partner_1, agrees=False, dissent="We want a practice review.")
    sign(decided, world.police, world.partner_2)
    sign(decided, world.icb, world.partner_3)
    record = decisions.submit_case(decided, by=world.manager, at=SENT)
    assert [(s["partner"], s["by"], s["agrees"], s["dissent"]) for s in record.document["sign_off"]] == [
        ("Northborough council", "council partner of Northborough", False, "We want a practice review."),
        ("Northborough police", "police partner of Northborough", True, None),
        ("Northborough icb", "icb partner of Northborough", True, None),
    ]


def test_a_partner_signs_once(world: World, decided: Case) -> None:
    sign(decided, world.council, world.partner_1)
    with pytest.raises(WorkflowError) as refusal:
        sign(decided, world.council, world.partner_1, agrees=False, dissent="On reflection, no.")
    assert str(refusal.value) == (
        "Northborough council has signed already: council partner of Northborough did."
    )
    assert SignOff.objects.get().agrees is True


def test_nothing_is_signed_before_it_is_decided_or_after_it_was_sent(world: World, case: Case) -> None:
    written(world, case)
    with pytest.raises(WorkflowError) as refusal:
        sign(case, world.council, world.partner_1)
    assert str(refusal.value) == f"Cannot sign {case.code} off: it is rapid review now."
    assert not SignOff.objects.exists()


# ---- Sending it to the Panel -------------------------------------------------------------------
def test_it_is_not_sent_before_all_have_signed_and_says_who_has_not(world: World, decided: Case) -> None:
    sign(decided, world.police, world.partner_2)
    before = row_counts()
    with pytest.raises(NotMet) as refusal:
        decisions.submit_case(decided, by=world.manager, at=SENT)
    assert str(refusal.value) == (
        f"Cannot send {decided.code} to the Panel: still to sign: Northborough council, Northborough icb."
    )
    assert row_counts() == before


def test_where_there_are_four_partners_four_sign() -> None:
    world = factories.a_world(partners=4)
    case = factories.a_decided_case(world, at=DECIDED)
    for number, code in enumerate(("council", "police", "icb"), start=1):
        sign(case, world.agencies[code], world.people[f"partner_{number}"])
    with pytest.raises(NotMet) as refusal:
        decisions.submit_case(case, by=world.manager, at=SENT)
    assert str(refusal.value).endswith("still to sign: Northborough trust.")
    sign(case, world.trust, world.partner_4)
    record = decisions.submit_case(case, by=world.manager, at=SENT)
    assert [s["partner"].split()[1] for s in record.document["sign_off"]] == [
        "council",
        "police",
        "icb",
        "trust",
    ]


def test_what_is_sent_is_fixed_and_released_and_stops_the_clock(world: World, signed: Case) -> None:
    record = decisions.submit_case(signed, by=world.manager, at=SENT + timedelta(hours=1), sent_at=SENT)
    case = Case.objects.get()
    clock = case.deadlines.get(rule_code="RR_COMPLETE")
    assert (case.state, clock.state, clock.met_at, clock.is_late) == ("with_panel", "met", SENT, False)
    assert (record.state, record.begun_at, record.root_id) == ("released", SENT, case.pk)
    assert record.deadlines.get().rule_code == "PANEL_REPLY"
    with pytest.raises(WrongState):
        decisions.submit_case(signed, by=world.manager, at=SENT)
    assert PanelRecord.objects.get() == record


@pytest.mark.parametrize("who", ["member", "partner_1", "chair", "gp_lead"])
def test_only_the_business_manager_sends_it_to_the_panel(world: World, signed: Case, who: str) -> None:
    before = row_counts()
    with pytest.raises(PermissionDenied):
        decisions.submit_case(signed, by=world.people[who], at=SENT)
    assert row_counts() == before


def test_the_last_minute_in_time_is_not_late_whatever_is_said(world: World, signed: Case) -> None:
    record = decisions.submit_case(
        signed, by=world.manager, at=FIRST_LATE - A_MINUTE, late_reason="We thought so."
    )
    told = record.document["rapid_review"]["timeliness"]
    assert (told["on_time"], told["days_late"], told["in_words"], told["late_reason"]) == (
        True, 0, "met on time", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("late_by", "days", "words"),
    [
        (timedelta(0), 1, "met 1 working day late"),  # midnight: Saturday has begun, which does not count
        (timedelta(days=3), 1, "met 1 working day late"),  # until the end of Monday
        (timedelta(days=5, hours=10), 4, "met 4 working days late"),
    ],
)
def test_a_late_one_says_why_and_by_how_much(
    world: World, signed: Case, late_by: timedelta, days: int, words: str
) -> None:
    # Given the first late minute, or later. When no reason is given, then it is refused
    sent_at = FIRST_LATE + late_by - (A_MINUTE if late_by == timedelta(days=3) else timedelta(0))
    for reason in ("", " "):
        with pytest.raises(NotMet) as refusal:
            decisions.submit_case(signed, by=world.manager, at=sent_at, late_reason=reason)
        assert str(refusal.value) == "This rapid review is late. Say why: the record carries the reason."
    assert not PanelRecord.objects.exists()

    # And with one, the record carries the reason and the days
    record = decisions.submit_case(signed, by=world.manager, at=sent_at, late_reason="The ICB had no cover.")
    told = record.document["rapid_review"]["timeliness"]
    assert (told["on_time"], told["days_late"], told["unit"], told["in_words"], told["late_reason"]) == (
        False, days, "working days", words, "The ICB had no cover.",
    )  # fmt: skip


@pytest.mark.parametrize("sent_at", [SENT + A_MINUTE, DECIDED - A_MINUTE])
def test_it_was_not_sent_in_the_future_nor_before_it_was_decided(
    world: World, signed: Case, sent_at: datetime
) -> None:
    before = row_counts()
    with pytest.raises(WorkflowError):
        decisions.submit_case(signed, by=world.manager, at=SENT, sent_at=sent_at)
    assert row_counts() == before


# ---- The reply, and a second decision ----------------------------------------------------------
def test_the_panel_replies_once(world: World) -> None:
    panel = factories.a_panel_member()
    record = a_released_case(world).record
    replied = decisions.accept_record(record, reply="Agreed.", by=panel, at=SENT)
    assert (replied.state, replied.deadlines.get().state) == ("accepted", "met")
    assert replied.records.get(verb="accept").reason == "Agreed."
    with pytest.raises(WrongState):
        decisions.disagree_with_record(record, reply="No.", by=panel, at=SENT)


def test_a_reply_as_long_as_the_page_takes_is_kept_whole_wherever_it_is_told(world: World) -> None:
    # Given a letter that fills the box
    letter = ("The Panel has read this with care. " * 1000)[:LONG_TEXT]
    record = a_released_case(world).record
    record = decisions.accept_record(record, reply=letter, by=factories.a_panel_member(), at=SENT)

    # Then the move has all of it, and so has the clock that the reply met.
    assert record.records.get(verb="accept").reason == letter
    assert record.deadlines.get().facts.get(kind="met").reason == letter


@pytest.mark.parametrize("reply", ["", " "])
def test_a_panel_that_does_not_agree_says_why(world: World, reply: str) -> None:
    panel = factories.a_panel_member()
    record = a_released_case(world).record
    with pytest.raises(NotMet):
        decisions.disagree_with_record(record, reply=reply, by=panel, at=SENT)
    assert PanelRecord.objects.get().state == "released"
    assert decisions.disagree_with_record(record, reply="Look again.", by=panel, at=SENT).state == "disagreed"


def test_a_partner_does_not_reply_for_the_panel(world: World, released: Released) -> None:
    record = released.record
    for who in ("partner_1", "chair", "member"):
        with pytest.raises(PermissionDenied):
            decisions.accept_record(record, by=world.people[who], at=SENT)


def test_a_decision_taken_up_again_is_a_new_one_with_the_old_text(world: World, released: Released) -> None:
    # Given a decision that was released to the Panel
    case, _, _, record = released
    first = Decision.objects.get()

    # When it is taken up again without a reason, then it is refused
    with pytest.raises(NotMet):
        decisions.revise_decision(case, reason=" ", by=world.manager, at=SENT)

    # And with one, a second begins with its text; the first, its signatures and the record stand
    case = decisions.revise_decision(case, reason="The Panel asked.", by=world.manager, at=SENT)
    second = case.decisions.last()
    assert (case.state, second.number, second.decided_at, second.answers) == (
        "rapid_review", 2, None, first.answers,
    )  # fmt: skip
    assert (second.sign_offs.count(), first.sign_offs.count()) == (0, 3)
    decisions.save_decision_section(case, "safety", {"actions": "More"}, by=world.manager, at=SENT)
    first.refresh_from_db()
    assert first.answers != Decision.objects.get(number=2).answers
    assert PanelRecord.objects.get().document == record.document


def test_a_second_decision_is_signed_and_sent_anew_and_was_in_time_if_the_first_was(
    world: World, released: Released
) -> None:
    # Given a rapid review sent in time, which the Panel wants to see again a month later
    case = released.case
    later = SENT + timedelta(days=30)
    case = decisions.revise_decision(case, reason="The Panel asked.", by=world.manager, at=later)
    case = decisions.decide_case(case, by=world.manager, at=later, open_returns_reason="As before.")

    # When the partners have signed again, then it goes out without being called late
    with pytest.raises(NotMet):
        decisions.submit_case(case, by=world.manager, at=later)
    factories.sign_by_all(world, case, at=later)
    record = decisions.submit_case(case, by=world.manager, at=later)
    told = record.document["rapid_review"]
    assert (told["decision_number"], told["timeliness"]["on_time"], told["timeliness"]["late_reason"]) == (
        2, True, None,
    )  # fmt: skip
    assert PanelRecord.objects.count() == 2
