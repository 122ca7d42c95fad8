"""A case from referral to its end, by the services: each success, and each refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from reviews.models import AgencyReturn, Case
from reviews.services import cases, practice, returns
from reviews.services.cases import ChildGiven
from tests import factories
from tests.factories import AWARE, NOTIFIED, REFERRED, World
from tests.reviews.asking import SENT, Released, a_released_case, row_counts
from workflows.exceptions import NotMet, Stale, WorkflowError, WrongState

pytestmark = pytest.mark.django_db
A_MINUTE = timedelta(minutes=1)
K = Case.Notifiable


def a_case(world: World, **given: Any) -> Case:
    """Not stored yet."""
    known = {"harm": "death", "summary": "x", "aware_at": AWARE, "incident_at": AWARE - timedelta(days=1)}
    return Case(partnership=world.partnership, **{**known, **given})


def at_notification(world: World, **given: Any) -> Case:
    case = cases.refer_case(a_case(world, **given), [ChildGiven()], by=world.manager, at=REFERRED)
    return cases.consider_case(case, by=world.manager, at=REFERRED)


AWARE_IN_WORDS = "Thursday 12 March 2026 at 3:40pm"


def commissioned(world: World, *, at: datetime = SENT) -> Case:
    case = a_released_case(world, outcome="lcspr").case
    return practice.commission_review(case, method="SILP", by=world.manager, at=at)


def due(subject: Any, code: str) -> date | None:
    found: date | None = subject.deadlines.get(rule_code=code).due_on
    return found


def states(subject: Any) -> dict[str, str]:
    return dict(subject.deadlines.values_list("rule_code", "state"))


# ---- Referring ---------------------------------------------------------------------------------
def test_a_referral_is_logged_with_its_children_in_order(world: World, referral: Case) -> None:
    referral = cases.add_child(referral, ChildGiven(name="Third"), by=world.manager, at=REFERRED)
    assert list(referral.children.values_list("number", "is_unborn")) == [(1, False), (2, True), (3, False)]
    assert [str(child) for child in referral.children.all()] == ["Child 1", "Child 2", "Child 3"]


@pytest.mark.parametrize("who", ["member", "co_chair", "chair", "partner_1", "gp_lead", "administrator"])
def test_only_a_business_manager_logs_a_referral(world: World, who: str) -> None:
    before = row_counts()
    with pytest.raises(PermissionDenied):
        cases.refer_case(a_case(world), [ChildGiven()], by=world.people[who], at=REFERRED)
    assert row_counts() == before


def test_a_business_manager_logs_no_referral_for_a_neighbour(world: World, other: World) -> None:
    with pytest.raises(PermissionDenied):
        cases.refer_case(a_case(other), [], by=world.manager, at=REFERRED)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"incident_at": REFERRED + A_MINUTE}, "the incident lies in the future."),
        ({"aware_at": REFERRED + A_MINUTE}, "the day the authority became aware lies in the future."),
        (
            {"incident_at": AWARE, "aware_at": AWARE - timedelta(days=1)},
            "the authority cannot be aware before the incident happened.",
        ),
    ],
)
def test_times_that_cannot_be_are_refused(world: World, given: dict[str, Any], words: str) -> None:
    before = row_counts()
    with pytest.raises(WorkflowError) as refusal:
        cases.refer_case(a_case(world, **given), [], by=world.manager, at=REFERRED)
    assert str(refusal.value) == f"Cannot log this referral: {words}"
    assert row_counts() == before


@pytest.mark.parametrize(
    ("kind", "clock"),
    [(K.SERIOUS_INCIDENT, "SIN_NOTIFY"), (K.LOOKED_AFTER_DEATH, "LAC_DEATH"), (K.CARE_LEAVER_DEATH, "CARELEAVER_DEATH")],
)  # fmt: skip
def test_each_kind_of_incident_has_its_own_clock(world: World, kind: str, clock: str) -> None:
    case = cases.refer_case(a_case(world, notifiable=kind), [ChildGiven()], by=world.manager, at=REFERRED)
    assert {d.rule_code: d.due_on for d in case.deadlines.all()} == {
        clock: date(2026, 3, 19),
        "LOC_DECIDE": date(2026, 3, 13),
    } | ({"SIN_PARTNERS": date(2026, 3, 19)} if clock == "SIN_NOTIFY" else {})


def test_no_child_is_added_once_the_rapid_review_is_over(world: World, released: Released) -> None:
    case = released.case
    with pytest.raises(WorkflowError) as refusal:
        cases.add_child(case, ChildGiven(name="Third"), by=world.manager, at=SENT)
    assert str(refusal.value) == f"Cannot add a child to {case.code}: the rapid review is over."
    assert case.children.count() == 2


# ---- Considering, declining --------------------------------------------------------------------
@pytest.mark.parametrize("reason", ["", " \n"])
@pytest.mark.parametrize("verb", ["decline", "withdraw", "reconsider"])
def test_what_turns_a_case_away_wants_a_reason(world: World, verb: str, reason: str, referral: Case) -> None:
    case = factories.a_notified_case(world) if verb == "withdraw" else referral
    if verb == "reconsider":
        case = cases.decline_case(case, reason="No harm.", by=world.manager, at=REFERRED)
    before = row_counts()
    with pytest.raises(NotMet) as refusal:
        getattr(cases, f"{verb}_case")(case, reason=reason, by=world.manager, at=NOTIFIED)
    assert str(refusal.value) == f"Cannot {verb} without a reason."
    assert row_counts() == before


def test_a_declined_case_owes_no_notification_and_keeps_why(world: World) -> None:
    case = cases.decline_case(factories.a_referral(world), reason="No harm.", by=world.manager, at=NOTIFIED)
    assert (case.state, case.records.get(verb="decline").reason) == ("not_notified", "No harm.")
    assert states(case) == {"SIN_NOTIFY": "voided", "SIN_PARTNERS": "met", "LOC_DECIDE": "met"}


def test_a_case_looked_at_again_owes_its_notification_from_when_the_authority_was_aware(world: World) -> None:
    # Given a case that was declined. When new information comes a day after the limit:
    case = cases.decline_case(factories.a_referral(world), reason="No harm.", by=world.manager, at=REFERRED)
    case = cases.reconsider_case(case, reason="A scan.", by=world.manager, at=NOTIFIED + timedelta(days=2))

    # Then the clock runs on from where it began, and is late
    clock = case.deadlines.get(rule_code="SIN_NOTIFY")
    assert (case.state, clock.state, clock.due_on) == ("referred", "running", date(2026, 3, 19))
    assert case.deadlines.overdue(at=NOTIFIED + timedelta(days=2)).get() == clock

    # And again after a second refusal
    case = cases.decline_case(case, reason="No.", by=world.manager, at=NOTIFIED + timedelta(days=2))
    assert case.deadlines.get(rule_code="SIN_NOTIFY").state == "voided"
    case = cases.reconsider_case(case, reason="Yes.", by=world.manager, at=NOTIFIED + timedelta(days=2))

    # And it is met by the notification, late
    case = cases.consider_case(case, by=world.manager, at=NOTIFIED + timedelta(days=2))
    case = cases.notify_case(case, by=world.manager, at=NOTIFIED + timedelta(days=2))
    assert case.deadlines.get(rule_code="SIN_NOTIFY").is_late is True


# ---- Notifying ---------------------------------------------------------------------------------
def test_a_notification_may_be_recorded_after_it_was_sent(world: World) -> None:
    case = at_notification(world)
    told = NOTIFIED + timedelta(hours=5)
    case = cases.notify_case(
        case, notification_reference="SIN-7", by=world.manager, at=told, notified_at=NOTIFIED
    )
    assert (case.state, case.notified_at, case.notification_reference) == ("rapid_review", NOTIFIED, "SIN-7")
    assert due(case, "RR_COMPLETE") == date(2026, 4, 10)


@pytest.mark.parametrize("service", [cases.notify_case, cases.notify_only_case])
@pytest.mark.parametrize(
    ("sent_at", "words"),
    [
        (NOTIFIED + A_MINUTE, "in the future."),
        (AWARE - A_MINUTE, f"before the authority became aware: that was on {AWARE_IN_WORDS}."),
    ],
)
def test_bad_input_11_a_notification_before_the_authority_was_aware_or_to_come_is_refused(
    world: World, service: Any, sent_at: datetime, words: str
) -> None:
    case = at_notification(world, notifiable=K.LOOKED_AFTER_DEATH)
    before = row_counts()
    with pytest.raises(WorkflowError) as refusal:
        service(case, by=world.manager, at=NOTIFIED, notified_at=sent_at)
    assert (str(refusal.value), refusal.value.about) == (
        f"Cannot record that you sent the notification {words}", "when",
    )  # fmt: skip
    assert row_counts() == before


def test_a_notification_in_the_minute_of_awareness_is_not_before_it(world: World) -> None:
    case = at_notification(world, aware_at=AWARE.replace(second=40))
    assert cases.notify_case(case, by=world.manager, at=NOTIFIED, notified_at=AWARE).state == "rapid_review"


@pytest.mark.parametrize(("kind", "clock"), [(K.LOOKED_AFTER_DEATH, "LAC_DEATH"), (K.CARE_LEAVER_DEATH, "CARELEAVER_DEATH")])  # fmt: skip
def test_the_death_of_a_looked_after_child_may_be_notified_without_a_rapid_review(
    world: World, kind: str, clock: str
) -> None:
    case = at_notification(world, notifiable=kind)
    case = cases.notify_only_case(case, by=world.manager, at=NOTIFIED)
    assert (case.state, case.notified_at) == ("notified_only", NOTIFIED)
    assert states(case) == {clock: "met", "LOC_DECIDE": "met"}
    assert practice.close_case(case, by=world.manager, at=NOTIFIED).state == "closed"


def test_a_serious_incident_may_not(world: World) -> None:
    case = at_notification(world)
    with pytest.raises(NotMet) as refusal:
        cases.notify_only_case(case, by=world.manager, at=NOTIFIED)
    assert str(refusal.value) == (
        f"Cannot end {case.code} with the notification: a serious incident needs a rapid review."
    )
    assert Case.objects.get().state == "notification"


def test_a_move_by_somebody_who_looked_at_an_older_case_is_refused(world: World, referral: Case) -> None:
    seen = referral.version
    cases.consider_case(referral, by=world.manager, at=REFERRED, seen_version=seen)
    with pytest.raises(Stale) as refusal:
        cases.decline_case(referral, reason="No.", by=world.manager, at=REFERRED, seen_version=seen)
    assert str(refusal.value) == (
        "Last, Manager of Northborough recorded: Partners met, and will notify. Look at it again before you go on."
    )


def test_the_meeting_may_be_held_more_than_once_but_not_before_the_notification(
    world: World, case: Case
) -> None:
    with pytest.raises(WorkflowError):
        cases.hold_meeting(case, by=world.manager, at=SENT, held_at=NOTIFIED - A_MINUTE)
    with pytest.raises(WorkflowError):
        cases.hold_meeting(case, by=world.manager, at=SENT, held_at=SENT + A_MINUTE)
    case = cases.hold_meeting(case, by=world.manager, at=SENT, held_at=NOTIFIED)
    assert case.deadlines.get(rule_code="LOC_MEETING").met_at == NOTIFIED
    assert cases.hold_meeting(case, by=world.manager, at=SENT).state == "rapid_review"


# ---- Withdrawing -------------------------------------------------------------------------------
def test_a_withdrawn_case_owes_nothing_and_asks_nothing(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    # Given a rapid review with a return that is in and one that is open
    returns.declare_nil(asked["gp"], searched="EMIS", by=world.gp_author, at=NOTIFIED)

    # When the notification is withdrawn
    at = NOTIFIED + timedelta(days=1)
    case = cases.withdraw_case(case, reason="It was an accident.", by=world.manager, at=at)

    # Then every clock that ran is void, with the reason, and the open return is cancelled
    assert (case.state, case.records.get(verb="withdraw").reason) == ("withdrawn", "It was an accident.")
    assert not case.deadlines.open().exists()
    clock = case.deadlines.get(rule_code="RR_COMPLETE")
    assert (clock.state, clock.facts.get(kind="voided").reason) == ("voided", "It was an accident.")
    assert dict(case.returns.values_list("agency__name", "state")) == {
        "Northborough gp": "nil",
        "Northborough school": "cancelled",
    }
    assert not asked["school"].deadlines.open().exists()


def test_a_withdrawn_case_goes_nowhere(world: World) -> None:
    case = cases.withdraw_case(factories.a_notified_case(world), reason="No.", by=world.manager, at=NOTIFIED)
    for act in (cases.hold_meeting, practice.close_case, cases.notify_case):
        with pytest.raises(WrongState):
            act(case, by=world.manager, at=NOTIFIED)


# ---- The practice review -----------------------------------------------------------------------
def test_references_are_numbered_through_the_year_which_turns_on_the_first_of_april(world: World) -> None:
    given = []
    for decided in ("2026-04-09", "2027-03-31", "2027-04-01", "2027-04-02"):
        case = a_released_case(world, outcome="lcspr").case
        at = datetime.combine(date.fromisoformat(decided), SENT.timetz())
        given.append(practice.commission_review(case, by=world.manager, at=at).reference)
    assert given == ["NSCP 2026/27-01", "NSCP 2026/27-02", "NSCP 2027/28-01", "NSCP 2027/28-02"]


def test_partnerships_of_one_prefix_number_their_references_apart(world: World) -> None:
    given = []
    for one in (world, factories.a_world("Westvale"), world):
        case = a_released_case(one, outcome="lcspr").case
        given.append(practice.commission_review(case, by=one.manager, at=SENT).reference)
    assert given == ["NSCP 2026/27-01", "NSCP 2026/27-01", "NSCP 2026/27-02"]


def test_the_year_of_a_reference_is_london_s(world: World) -> None:
    """23:30 in summer time on 31 March is still the old year; an hour later is not."""
    case = a_released_case(world, outcome="lcspr").case
    midnight = datetime(2027, 3, 31, 23, 0, tzinfo=UTC)
    assert practice.commission_review(case, by=world.manager, at=midnight).reference == "NSCP 2027/28-01"


def test_a_practice_review_runs_six_months_from_the_decision(world: World) -> None:
    case = commissioned(world, at=datetime(2026, 8, 31, 9, tzinfo=UTC))
    assert (case.state, case.method, due(case, "LCSPR_REPORT")) == (
        "practice_review",
        "SILP",
        date(2027, 2, 28),
    )


@pytest.mark.parametrize("outcome", ["no-lcspr", "alternative", "await-other", "criteria-not-met"])
def test_only_what_the_partners_decided_follows(world: World, outcome: str) -> None:
    case = a_released_case(world, outcome=outcome, serious=outcome != "criteria-not-met").case
    with pytest.raises(NotMet):
        practice.commission_review(case, by=world.manager, at=SENT)
    assert practice.finish_with_learning(case, by=world.manager, at=SENT).state == "learning_only"


def test_who_decided_on_a_practice_review_does_not_end_with_learning_only(world: World) -> None:
    case = a_released_case(world, outcome="lcspr").case
    with pytest.raises(NotMet):
        practice.finish_with_learning(case, by=world.manager, at=SENT)
    assert Case.objects.get().state == "with_panel"


@pytest.mark.parametrize(
    ("planned", "advance"),
    [
        ("2024-07-23", "2024-07-12"),
        ("2026-04-09", "2026-03-27"),  # over Easter
        ("2026-07-20", "2026-07-09"),
    ],
)
def test_the_panel_gets_the_report_seven_working_days_before(
    world: World, planned: str, advance: str
) -> None:
    day = date.fromisoformat(planned)
    case = commissioned(world)
    case = practice.plan_publication(case, publish_on=day, by=world.manager, at=SENT)
    assert (case.publish_on, due(case, "PUB_ADVANCE")) == (day, date.fromisoformat(advance))


def test_without_a_planned_day_nothing_is_due_before_it(world: World) -> None:
    case = practice.plan_publication(commissioned(world), publish_on=None, by=world.manager, at=SENT)
    assert case.state == "publication"
    assert not case.deadlines.filter(rule_code="PUB_ADVANCE").exists()


def test_a_published_report_is_kept_available_for_twelve_months_and_that_is_never_late(world: World) -> None:
    case = practice.plan_publication(commissioned(world), publish_on=None, by=world.manager, at=SENT)
    published = datetime(2026, 7, 23, 9, tzinfo=UTC)
    case = practice.publish_case(case, by=world.manager, at=published)
    clock = case.deadlines.get(rule_code="PUB_AVAILABLE")
    assert (case.published_on, clock.due_on, clock.rule.duty) == (
        date(2026, 7, 23), date(2027, 7, 23), "until",
    )  # fmt: skip
    assert case.deadlines.get(rule_code="LCSPR_REPORT").state == "met"

    # A case closed after the twelve months is not late: nothing was owed by then.
    case = practice.close_case(case, by=world.manager, at=published + timedelta(days=500))
    clock = case.deadlines.get(rule_code="PUB_AVAILABLE")
    assert (clock.state, clock.is_late) == ("met", False)


@pytest.mark.parametrize(
    ("service", "before"),
    [(practice.hold_learning_event, "practice_review"), (practice.hold_recall, "learning_event"), (practice.publish_case, "publication")],
)  # fmt: skip
def test_what_is_still_to_come_is_not_recorded_as_held(world: World, service: Any, before: str) -> None:
    case = commissioned(world)
    if before != "practice_review":
        case = practice.hold_learning_event(case, by=world.manager, at=SENT)
    if before == "publication":
        case = practice.hold_recall(case, by=world.manager, at=SENT)
        case = practice.plan_publication(case, publish_on=None, by=world.manager, at=SENT)
    word = "published_at" if service is practice.publish_case else "held_at"
    with pytest.raises(WorkflowError):
        service(case, by=world.manager, at=SENT, **{word: SENT + timedelta(days=1)})
    assert Case.objects.get().state == before


def test_a_step_of_the_practice_review_is_not_recorded_before_the_one_it_follows(world: World) -> None:
    # Given a notification of Wednesday 18 March: a slip of the year would make the six months end in October 2025
    acts: dict[str, Any] = {"by": world.manager, "at": SENT + timedelta(days=30)}
    case = a_released_case(world, outcome="lcspr").case
    long_ago = NOTIFIED.replace(year=2025)
    with pytest.raises(
        WorkflowError, match="before the notification was sent: that was on Wednesday 18 March 2026"
    ):
        practice.commission_review(case, decided_at=long_ago, **acts)

    # When the partners decided on it on Wednesday 1 April, though it is recorded in May
    decided = datetime(2026, 4, 1, 9, tzinfo=UTC)
    case = practice.commission_review(case, decided_at=decided, **acts)
    assert due(case, "LCSPR_REPORT") == date(2026, 10, 1)

    # Then neither event is before that, and the second is not before the first
    with pytest.raises(
        WorkflowError, match="before the practice review was decided on: that was on Wednesday 1 Ap"
    ):
        practice.hold_learning_event(case, held_at=decided - A_MINUTE, **acts)
    learnt = decided + timedelta(days=9)
    case = practice.hold_learning_event(case, held_at=learnt, **acts)
    with pytest.raises(
        WorkflowError, match="before the learning event was held: that was on Friday 10 April 2026"
    ):
        practice.hold_recall(case, held_at=learnt - A_MINUTE, **acts)
    case = practice.hold_recall(case, held_at=learnt, **acts)
    case = practice.plan_publication(case, publish_on=None, **acts)
    with pytest.raises(WorkflowError, match="published the report before the practice review was decided on"):
        practice.publish_case(case, published_at=decided - A_MINUTE, **acts)
    assert practice.publish_case(case, published_at=learnt, **acts).state == "published"


def test_what_follows_within_a_minute_may_be_recorded_by_that_minute(world: World) -> None:
    """A page that was opened at 4:00 offers 4:00, also for what follows something of 4:00 and a half."""
    half_past = timedelta(seconds=30)
    acts: dict[str, Any] = {"by": world.manager, "at": NOTIFIED + 3 * A_MINUTE}
    case = cases.refer_case(a_case(world), [ChildGiven()], by=world.manager, at=REFERRED + half_past)
    case = cases.consider_case(case, happened_at=REFERRED, **acts)
    assert case.deadlines.get(rule_code="LOC_DECIDE").met_at == REFERRED + half_past
    case = cases.notify_case(case, by=world.manager, at=NOTIFIED + half_past)
    case = cases.hold_meeting(case, held_at=NOTIFIED, **acts)
    assert case.deadlines.get(rule_code="LOC_MEETING").met_at == NOTIFIED + half_past
    case = cases.meet_milestone(case, "LOC_SINCOPY", done_at=NOTIFIED, **acts)
    assert case.deadlines.get(rule_code="LOC_SINCOPY").met_at == NOTIFIED + half_past
    other = cases.refer_case(a_case(world), [ChildGiven()], by=world.manager, at=REFERRED + half_past)
    assert cases.decline_case(other, reason="No.", happened_at=REFERRED, **acts).state == "not_notified"


def test_a_case_goes_from_the_learning_event_to_its_end(world: World) -> None:
    case = commissioned(world)
    case = practice.hold_learning_event(case, by=world.manager, at=SENT)
    assert due(case, "LOC_RECALL") == date(2026, 5, 21)
    case = practice.hold_recall(case, by=world.manager, at=SENT)
    assert due(case, "LOC_QA") == date(2026, 5, 7)
    case = practice.plan_publication(case, publish_on=None, by=world.manager, at=SENT)
    case = practice.close_case(
        practice.publish_case(case, by=world.manager, at=SENT), by=world.manager, at=SENT
    )
    assert [r.verb for r in case.records.all()][-6:] == [
        "commission", "hold_learning_event", "hold_recall", "plan_publication", "publish", "close",
    ]  # fmt: skip
