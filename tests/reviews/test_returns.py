"""What agencies are asked and what they answer, by the services: each success, and each refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from reviews.models import AgencyReturn, Case, ReturnVersion
from reviews.questions import RETURN_1, RETURN_FORM
from reviews.services import answering, cases, decisions, partnerships, returns
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import row_counts, signed_in, text_of, written
from workflows.actors import SYSTEM
from workflows.exceptions import NotMet, Stale, WorkflowError, WrongState
from workflows.models import LedgerEntry, RuleVersion
from workflows.rules import Limit
from workflows.services.rules import change_milestone

pytestmark = pytest.mark.django_db
LATER = NOTIFIED + timedelta(hours=3)
GIVEN = {"service": "Health visiting", "role": "Nurse", "searched": "SystmOne"}


def dates(agency_return: AgencyReturn) -> dict[str, tuple[str, date | None]]:
    return {d.rule_code: (d.state, d.due_on) for d in agency_return.deadlines.all()}


def filled(gp: AgencyReturn, world: World, *, at: datetime = LATER) -> AgencyReturn:
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=at)
    return gp


def submitted(gp: AgencyReturn, world: World, *, at: datetime = LATER) -> AgencyReturn:
    return returns.finish_return(filled(gp, world, at=at), by=world.gp_author, at=at)


# ---- Asking ------------------------------------------------------------------------------------
def test_each_agency_that_is_asked_gets_its_return_its_clocks_and_its_grants(
    world: World, case: Case
) -> None:
    made = returns.ask_agencies(case, [world.gp, world.school], by=world.manager, at=NOTIFIED)
    assert [(r.agency, r.state, r.root_id, r.is_asked_later) for r in made] == [
        (world.gp, "requested", case.pk, False),
        (world.school, "requested", case.pk, False),
    ]
    assert dates(made[0]) == {
        "LOC_ACK": ("running", date(2026, 3, 20)),
        "LOC_RETURN": ("running", date(2026, 3, 27)),
    }
    assert list(AgencyReturn.objects.visible_to(world.gp_author, at=LATER)) == [made[0]]
    assert case.deadlines.get(rule_code="LOC_REQUEST").state == "met"


def test_asking_twice_is_asking_once(world: World, case: Case) -> None:
    factories.asked_returns(world, case)
    before = row_counts()
    again = returns.ask_agencies(case, [world.gp, world.school], by=world.manager, at=LATER)
    after = row_counts()
    assert again == []
    assert {table for table in after if after[table] != before[table]} == set()


def test_asking_for_one_more_leaves_the_others_as_they_are(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    returns.acknowledge_return(gp, by=world.gp_author, at=LATER)
    (police,) = returns.ask_agencies(case, [world.gp, world.police], by=world.manager, at=LATER)
    assert police.agency == world.police
    assert list(case.returns.order_by("agency__name").values_list("agency__name", "state")) == [
        ("Northborough gp", "acknowledged"),
        ("Northborough police", "requested"),
        ("Northborough school", "requested"),
    ]


@pytest.mark.parametrize(
    ("asked_on", "code", "due"),
    [
        ("2026-03-20", "LOC_RETURN", "2026-03-27"),  # the second working day: the common clock
        ("2026-03-22", "LOC_RETURN", "2026-03-27"),  # a Sunday does not count
        ("2026-03-23", "LOC_RETURN_LATER", "2026-03-30"),  # the third: five days of its own
        ("2026-03-30", "LOC_RETURN_LATER", "2026-04-08"),  # over Easter
    ],
)
def test_an_agency_asked_later_has_its_own_clock(
    world: World, case: Case, asked_on: str, code: str, due: str
) -> None:
    asked_at = datetime.combine(date.fromisoformat(asked_on), NOTIFIED.timetz())
    (school,) = returns.ask_agencies(case, [world.school], by=world.manager, at=asked_at)
    found = {d.rule_code: d.due_on for d in school.deadlines.exclude(rule_code="LOC_ACK")}
    if code == "LOC_RETURN":
        found.pop("LOC_RETURN_LATER", None)
    assert found == {code: date.fromisoformat(due)}


def test_until_when_requests_share_one_clock_is_a_milestone_that_the_partnership_sets(
    world: World, case: Case
) -> None:
    # Given a partnership that gives itself four working days to ask everybody
    rule = RuleVersion.objects.get(partnership=world.partnership, code="LOC_TOGETHER")
    assert (rule.limit, rule.is_local) == ("2wd", True)
    change_milestone(rule, limit=Limit(4, "wd"), valid_from=date(2026, 3, 1), by=world.manager, at=NOTIFIED)

    # Then the fourth working day is in time for the common clock, and the fifth is not
    (school,) = returns.ask_agencies(case, [world.school], by=world.manager, at=NOTIFIED + timedelta(days=6))
    (gp,) = returns.ask_agencies(case, [world.gp], by=world.manager, at=NOTIFIED + timedelta(days=7))
    assert (school.is_asked_later, gp.is_asked_later) == (False, True)


def test_a_partnership_that_never_set_it_has_what_the_book_says(world: World, case: Case) -> None:
    RuleVersion.objects.filter(code="LOC_TOGETHER").delete()
    (gp,) = returns.ask_agencies(case, [world.gp], by=world.manager, at=NOTIFIED + timedelta(days=5))
    assert gp.is_asked_later is True


@pytest.mark.parametrize("asked_on", [date(2026, 3, 18), date(2026, 3, 23)])
def test_a_return_has_one_clock_to_answer_by(world: World, case: Case, asked_on: date) -> None:
    """Either the common one from the notification or its own from the request: never both."""
    asked_at = datetime.combine(asked_on, NOTIFIED.timetz())
    (school,) = returns.ask_agencies(case, [world.school], by=world.manager, at=asked_at)
    assert school.deadlines.filter(rule_code__startswith="LOC_RETURN").count() == 1


def test_an_agency_of_another_partnership_is_not_asked_and_nor_are_those_beside_it(
    world: World, case: Case, other: World
) -> None:
    before = row_counts()
    with pytest.raises(WorkflowError) as refusal:
        returns.ask_agencies(case, [world.gp, other.gp], by=world.manager, at=NOTIFIED)
    assert str(refusal.value) == "Cannot ask Westvale gp: it is not an agency of this partnership."
    assert row_counts() == before


def test_an_agency_that_is_no_longer_active_is_not_asked(world: World, case: Case) -> None:
    school: Any = world.school
    partnerships.change_agency(
        school, name=school.name, kind=school.kind, email_domain="", is_safeguarding_partner=False,
        is_asked_first=True, is_active=False, by=SYSTEM, at=NOTIFIED,
    )  # fmt: skip
    with pytest.raises(WorkflowError):
        returns.ask_agencies(case, [school], by=world.manager, at=NOTIFIED)
    assert world.school not in returns.suggested_agencies(case)


def test_nobody_is_asked_before_the_notification(world: World) -> None:
    case = factories.a_referral(world)
    with pytest.raises(WorkflowError) as refusal:
        returns.ask_agencies(case, [world.gp], by=world.manager, at=LATER)
    assert str(refusal.value) == f"Cannot ask agencies about {case.code}: it is referred now."


@pytest.mark.parametrize("who", ["member", "co_chair", "chair", "administrator", "partner_1", "gp_lead"])
def test_only_the_business_manager_asks(world: World, case: Case, who: str) -> None:
    before = row_counts()
    for asked in ([world.gp], []):
        with pytest.raises(PermissionDenied):
            returns.ask_agencies(case, asked, by=world.people[who], at=NOTIFIED)
    assert row_counts() == before


def test_those_usually_asked_first_are_suggested_first_and_those_asked_not_again(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    assert [a.name for a in returns.suggested_agencies(case)] == [
        "Northborough council", "Northborough police", "Northborough icb", "Northborough trust",
    ]  # fmt: skip


# ---- A nil return ------------------------------------------------------------------------------
@pytest.mark.parametrize("searched", ["", "  \n"])
def test_a_nil_return_says_where_the_agency_looked(world: World, gp: AgencyReturn, searched: str) -> None:
    with pytest.raises(NotMet) as refusal:
        returns.declare_nil(gp, searched=searched, by=world.gp_author, at=LATER)
    assert str(refusal.value) == "Cannot send a nil return without saying which records were searched."
    assert AgencyReturn.objects.get(pk=gp.pk).state == "requested"


def test_a_nil_return_is_in_and_stops_its_clocks(world: World, gp: AgencyReturn) -> None:
    gp = returns.declare_nil(gp, searched="EMIS, by name", by=world.gp_author, at=LATER)
    assert (gp.state, gp.searched, gp.written_by, gp.is_in) == ("nil", "EMIS, by name", world.gp_author, True)
    assert {code: state for code, (state, _) in dates(gp).items()} == {"LOC_ACK": "met", "LOC_RETURN": "met"}


# ---- Writing -----------------------------------------------------------------------------------
def test_the_first_section_begins_the_draft_and_acknowledges(world: World, gp: AgencyReturn) -> None:
    gp = returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER)
    gp = returns.save_section(gp, "involvement", {"known": "All"}, by=world.gp_author, at=LATER)
    assert (gp.state, gp.written_by, gp.answers["you"]) == ("in_progress", world.gp_author, GIVEN)
    assert list(gp.records.values_list("verb", flat=True)) == ["request", "draft"]
    assert gp.deadlines.get(rule_code="LOC_ACK").state == "met"


def test_a_second_author_hears_who_saved_and_nothing_is_overwritten(world: World, gp: AgencyReturn) -> None:
    # Given two people of the agency with the same empty section before them. When one saves:
    seen = answering.seen_of(gp, "you")
    returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER, seen=seen)

    # Then the other is told who, and what the first wrote stands
    with pytest.raises(Stale) as refusal:
        returns.save_section(gp, "you", {"service": "Mine"}, by=world.gp_lead, at=LATER, seen=seen)
    assert str(refusal.value) == (
        "Cannot save over gp author of Northborough's answers, saved while this page was open. "
        "Yours are still in the boxes: compare, then save again."
    )
    gp = AgencyReturn.objects.get(pk=gp.pk)
    assert gp.answers["you"] == GIVEN

    # And having seen it, may save
    gp = returns.save_section(
        gp, "you", {"service": "Mine"}, by=world.gp_lead, at=LATER, seen=answering.seen_of(gp, "you")
    )
    assert gp.answers["you"] == {"service": "Mine"}


def test_another_section_saved_meanwhile_is_no_conflict(world: World, gp: AgencyReturn) -> None:
    seen = answering.seen_of(gp, "involvement")
    returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER)
    gp = returns.save_section(gp, "involvement", {"known": "All"}, by=world.gp_lead, at=LATER, seen=seen)
    assert (gp.answers["you"], gp.answers["involvement"]) == (GIVEN, {"known": "All"})


def test_a_section_that_the_form_does_not_have_is_refused(world: World, gp: AgencyReturn) -> None:
    with pytest.raises(KeyError):
        returns.save_section(gp, "saved", {"you": "x"}, by=world.gp_author, at=LATER)


@pytest.mark.parametrize(
    "who", ["manager", "member", "school_author", "school_lead", "police_author", "chair"]
)
def test_only_the_agency_writes_its_return(world: World, gp: AgencyReturn, who: str) -> None:
    before = row_counts()
    with pytest.raises(PermissionDenied):
        returns.save_section(gp, "you", GIVEN, by=world.people[who], at=LATER)
    assert row_counts() == before


def test_a_return_that_waits_for_sign_off_is_not_changed(world: World, gp: AgencyReturn) -> None:
    gp = submitted(gp, world)
    with pytest.raises(WorkflowError) as refusal:
        returns.save_section(gp, "you", {}, by=world.gp_author, at=LATER)
    assert str(refusal.value) == "Cannot change this return: it is waiting for sign-off now."
    assert AgencyReturn.objects.get(pk=gp.pk).answers == gp.answers


# ---- Sending for sign-off ----------------------------------------------------------------------
def test_a_return_with_gaps_is_not_sent_and_says_which_sections_have_them(
    world: World, gp: AgencyReturn
) -> None:
    gp = filled(gp, world)
    gp = returns.save_section(gp, "you", {**GIVEN, "role": ""}, by=world.gp_author, at=LATER)
    gp = returns.save_section(gp, "safety", {}, by=world.gp_author, at=LATER)
    with pytest.raises(NotMet) as refusal:
        returns.finish_return(gp, by=world.gp_author, at=LATER)
    assert str(refusal.value) == (
        "Cannot send this return for sign-off yet. Still to answer: "
        "Who you are and where you looked, Safety now."
    )
    assert AgencyReturn.objects.get(pk=gp.pk).state == "in_progress"
    assert not ReturnVersion.objects.exists()


def test_a_return_keeps_the_form_it_was_begun_with(world: World, gp: AgencyReturn) -> None:
    # Given a return that was begun with an earlier form, of which all is answered
    AgencyReturn.objects.filter(pk=gp.pk).update(form_version=RETURN_1.version)
    gp = AgencyReturn.objects.get(pk=gp.pk)
    for section, given in factories.full_answers(RETURN_1).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)

    # Then nothing that came with a later form is asked of it, and it is sent as what it is.
    assert answering.how_far(gp) == (5, 5)
    with pytest.raises(KeyError):
        returns.save_section(gp, "family", {"household": "All"}, by=world.gp_author, at=LATER)
    gp = returns.finish_return(gp, by=world.gp_author, at=LATER)
    assert gp.versions.get().form_version == "return-1"


def test_no_is_an_answer(world: World, gp: AgencyReturn) -> None:
    gp = filled(gp, world)
    for section, question in (("safety", "risk"), ("care", "sensitive")):
        answers = {**gp.answers[section], question: False}
        gp = returns.save_section(gp, section, answers, by=world.gp_author, at=LATER)
    assert returns.finish_return(gp, by=world.gp_author, at=LATER).state == "submitted"


def test_what_was_sent_is_kept_as_it_was(world: World, gp: AgencyReturn) -> None:
    # Given a return sent, sent back, changed, and sent again
    gp = submitted(gp, world)
    first = gp.answers
    gp = returns.send_back_return(gp, reason="Say more.", by=world.gp_lead, at=LATER)
    gp = returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER + timedelta(hours=1))
    gp = returns.finish_return(gp, by=world.gp_author, at=LATER + timedelta(hours=1))

    # Then both versions are there
    assert list(gp.versions.values_list("number", "answers", "by")) == [
        (1, first, world.gp_author.pk),
        (2, gp.answers, world.gp_author.pk),
    ]
    assert gp.answers["you"] == GIVEN != first["you"]


# ---- Signing off, sending back, accepting ------------------------------------------------------
@pytest.mark.parametrize("who", ["gp_author", "school_lead", "manager", "member"])
def test_only_the_safeguarding_lead_of_the_agency_signs_off(world: World, gp: AgencyReturn, who: str) -> None:
    gp = submitted(gp, world)
    with pytest.raises(PermissionDenied):
        returns.sign_off_return(gp, by=world.people[who], at=LATER)
    gp = AgencyReturn.objects.get(pk=gp.pk)
    assert (gp.state, gp.signed_off_by, gp.deadlines.get(rule_code="LOC_RETURN").state) == (
        "submitted", None, "running",
    )  # fmt: skip


def test_a_signed_return_is_in_and_its_clock_stops(world: World, gp: AgencyReturn) -> None:
    gp = returns.sign_off_return(submitted(gp, world), by=world.gp_lead, at=LATER)
    assert (gp.state, gp.signed_off_by, gp.signed_off_at, gp.is_in) == (
        "signed_off", world.gp_lead, LATER, True,
    )  # fmt: skip
    clock = gp.deadlines.get(rule_code="LOC_RETURN")
    assert (clock.state, clock.met_at, clock.is_late) == ("met", LATER, False)


def test_a_return_signed_in_the_first_late_minute_is_late(world: World, gp: AgencyReturn) -> None:
    first_late = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    gp = returns.sign_off_return(submitted(gp, world), by=world.gp_lead, at=first_late)
    assert gp.deadlines.get(rule_code="LOC_RETURN").is_late is True


def test_the_lead_sends_back_before_the_signature_and_the_partnership_after_it(
    world: World, gp: AgencyReturn
) -> None:
    gp = submitted(gp, world)
    with pytest.raises(PermissionDenied):
        returns.send_back_return(gp, reason="More.", by=world.manager, at=LATER)
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)
    with pytest.raises(PermissionDenied):
        returns.send_back_return(gp, reason="More.", by=world.gp_lead, at=LATER)
    assert AgencyReturn.objects.get(pk=gp.pk).state == "signed_off"
    assert returns.send_back_return(gp, reason="More.", by=world.manager, at=LATER).state == "sent_back"


@pytest.mark.parametrize("reason", ["", " \t"])
def test_a_return_is_not_sent_back_without_saying_what_it_needs(
    world: World, gp: AgencyReturn, reason: str
) -> None:
    gp = submitted(gp, world)
    with pytest.raises(NotMet):
        returns.send_back_return(gp, reason=reason, by=world.gp_lead, at=LATER)
    assert AgencyReturn.objects.get(pk=gp.pk).state == "submitted"


def test_a_return_goes_back_and_comes_again_until_it_is_accepted(world: World, gp: AgencyReturn) -> None:
    # Given a signed return that the business manager sends back
    gp = returns.sign_off_return(submitted(gp, world), by=world.gp_lead, at=LATER)
    gp = returns.send_back_return(gp, reason="Which records?", by=world.manager, at=LATER)
    assert gp.is_in is False

    # When the agency answers again, and signs again
    gp = returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER)
    gp = returns.finish_return(gp, by=world.gp_author, at=LATER)
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)

    # Then it is accepted, and nothing more can be done with it
    gp = returns.accept_return(gp, by=world.manager, at=LATER)
    assert [r.verb for r in gp.records.all()] == [
        "request", "draft", "finish", "sign_off", "send_back", "draft", "finish", "sign_off", "accept",
    ]  # fmt: skip
    assert gp.records.get(verb="send_back").reason == "Which records?"
    with pytest.raises(WrongState):
        returns.accept_return(gp, by=world.manager, at=LATER)


def test_an_agency_does_not_accept_its_own_return(world: World, gp: AgencyReturn) -> None:
    gp = returns.sign_off_return(submitted(gp, world), by=world.gp_lead, at=LATER)
    with pytest.raises(PermissionDenied):
        returns.accept_return(gp, by=world.gp_lead, at=LATER)


def test_what_is_cancelled_is_owed_no_longer(world: World, gp: AgencyReturn) -> None:
    gp = cases.cancel_return(gp, reason="It moved away.", by=world.manager, at=LATER)
    assert gp.state == "cancelled"
    assert {code: state for code, (state, _) in dates(gp).items()} == {
        "LOC_ACK": "voided",
        "LOC_RETURN": "voided",
    }
    with pytest.raises(WorkflowError):
        returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=LATER)


def test_a_return_still_writes_after_the_partners_decided_without_it(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    written(world, case, at=LATER)
    decisions.decide_case(case, by=world.manager, at=LATER, open_returns_reason="On leave.")
    assert returns.acknowledge_return(asked["gp"], by=world.gp_author, at=LATER).state == "acknowledged"


# ---- Whom they name ----------------------------------------------------------------------------
def test_whom_agencies_name_besides_is_read_where_more_are_asked_and_the_ledger_says_so(
    world: World, gp: AgencyReturn
) -> None:
    # Given a return that names the housing service, not sent yet
    gp = filled(gp, world)
    answers = {**gp.answers["involvement"], "others": "The housing service."}
    gp = returns.save_section(gp, "involvement", answers, by=world.gp_author, at=LATER)
    manager, address = signed_in(world.manager), reverse("case-ask", args=[gp.case_id])
    assert "The housing service." not in text_of(manager.get(address))

    # When it is signed off, then whoever asks agencies reads it there, and it stands in the ledger as read
    gp = returns.finish_return(gp, by=world.gp_author, at=LATER)
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)
    before = LedgerEntry.objects.order_by("-pk")[0].pk
    page = text_of(manager.get(address))
    assert "Others that were involved, as agencies tell Northborough gp The housing service." in page
    told = LedgerEntry.objects.filter(pk__gt=before, target=f"reviews.agencyreturn {gp.pk}")
    assert list(told.values_list("action", flat=True)) == ["read"]
