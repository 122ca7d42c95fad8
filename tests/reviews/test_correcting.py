"""A slip at the referral can be put right, and the date it fixed moves with it, saying why."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from reviews.services import cases
from reviews.services.correcting import correct_notification, correct_referral
from reviews.services.history import history_of
from reviews.services.rule_changes import change_local_milestone
from tests import factories
from tests.factories import AWARE, INCIDENT, World
from tests.reviews.asking import signed_in, text_of
from workflows.actors import SYSTEM
from workflows.exceptions import NotMet, WorkflowError
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.ruling import open_deadlines, re_rule, would_move
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 13, 9, tzinfo=UTC)


def correct(world: World, case: Case, **given: object) -> Case:
    known = {
        "incident_at": INCIDENT, "incident_precision": "instant", "aware_at": AWARE, "place": "x", "summary": "y",
        "reason": "Typed wrongly.", "by": world.manager, "at": AT,
    }  # fmt: skip
    return correct_referral(case, **{**known, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("aware_at", "due_on"),
    [
        (datetime(2026, 3, 11, 10, tzinfo=UTC), date(2026, 3, 18)),  # a day earlier
        (datetime(2026, 3, 13, 8, tzinfo=UTC), date(2026, 3, 20)),  # a day later
    ],
)
def test_a_corrected_time_moves_the_date_and_says_why(
    world: World, aware_at: datetime, due_on: date, referral: Case
) -> None:
    assert referral.deadlines.get(rule_code="SIN_NOTIFY").due_on == date(2026, 3, 19)

    referral = correct(world, referral, aware_at=aware_at)

    clock = referral.deadlines.get(rule_code="SIN_NOTIFY")
    assert (referral.aware_at, clock.due_on, clock.state) == (aware_at, due_on, "running")
    assert [change["reason"] for change in clock.derivation["changes"]] == ["Typed wrongly."]
    assert set(clock.rungs.ahead().values_list("due_at", flat=True)) == {clock.due_at}


def test_every_word_that_is_put_right_keeps_why_and_how_it_read(world: World) -> None:
    # Given a referral of which only words are wrong
    case = factories.a_referral(world)

    # When they are corrected
    correct(
        world, case, place="y", summary="New words.", harm="death", referred_by="Police", reason="Heard wrongly.",
    )  # fmt: skip

    # Then each has a row, with the reason; but no address, which can tell who a child is
    rows = case.corrections.values_list("what", "was", "reason", "by__full_name", "at")
    who = world.manager.full_name
    assert list(rows) == [
        ("harm", "Serious harm", "Heard wrongly.", who, AT),
        ("place", "", "Heard wrongly.", who, AT),
        ("referred_by", "Children's social care", "Heard wrongly.", who, AT),
        ("summary", factories.CANARIES[1], "Heard wrongly.", who, AT),
    ]
    line = history_of(case)[-1]
    assert (line.what, line.by) == ("Corrected: harm, place, who made the referral and what happened", who)
    assert line.text == (
        "Heard wrongly.\n\nHarm, before: Serious harm\n\nWho made the referral, before: Children's social care\n\n"
        f"What happened, before: {factories.CANARIES[1]}"
    )


def test_what_is_corrected_twice_or_not_at_all_has_as_many_rows(world: World) -> None:
    case = factories.a_referral(world)
    case = correct(world, case, place=factories.CANARIES[2], summary=factories.CANARIES[1])
    assert case.corrections.count() == 0
    correct(world, correct(world, case), place="z")
    assert list(case.corrections.values_list("what", flat=True)) == ["place", "summary", "place"]


def test_a_correction_is_never_changed(world: World) -> None:
    case = correct(world, factories.a_referral(world))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        case.corrections.update(reason="Another.")
    with pytest.raises(IntegrityError, match="no_identifier_stays_in_the_clear"), transaction.atomic():
        case.corrections.create(what="name", was="Zebedee", reason="x", at=AT)


def test_a_receipt_put_right_lets_the_meeting_be_recorded_that_came_before_it(world: World) -> None:
    # Given a referral logged as received a day too late, and partners who met before that
    case, met = factories.a_referral(world), datetime(2026, 3, 12, 15, 50, tzinfo=UTC)
    with pytest.raises(WorkflowError, match="cannot have met before the referral was received"):
        cases.consider_case(case, by=world.manager, at=AT, happened_at=met)

    # When the receipt is corrected
    received = datetime(2026, 3, 11, 16, tzinfo=UTC)
    case = correct(world, case, received_at=received)

    # Then the clock counts from it, and the meeting can be recorded
    clock = case.deadlines.get(rule_code="LOC_DECIDE")
    assert (case.begun_at, clock.due_on, clock.state) == (received, date(2026, 3, 12), "running")
    assert set(case.group_grants.values_list("begun_at", flat=True)) == {received}  # the order of the list
    case = cases.consider_case(case, by=world.manager, at=AT, happened_at=met)
    assert case.deadlines.get(rule_code="LOC_DECIDE").is_late is False

    # And a receipt after the meeting is refused; one before it judges anew whether they met in time
    with pytest.raises(WorkflowError, match="cannot have been received after the partners met"):
        correct(world, case, received_at=datetime(2026, 3, 12, 15, 55, tzinfo=UTC))
    case = correct(world, case, received_at=datetime(2026, 3, 9, 10, tzinfo=UTC))
    clock = case.deadlines.get(rule_code="LOC_DECIDE")
    assert (clock.due_on, clock.state, clock.met_at, clock.is_late) == (date(2026, 3, 10), "met", met, True)
    assert drifted() == []


def clocks(case: Case) -> dict[str, tuple[str, date | None]]:
    """The clocks that run from awareness."""
    rows = case.deadlines.filter(rule__starts__startswith="aware").values_list("rule_code", "state", "due_on")
    return {code: (state, due_on) for code, state, due_on in rows}


def test_an_incident_of_another_kind_is_notified_by_its_own_duty(world: World) -> None:
    # Given a death that was logged as a serious incident, and was looked at by the partners
    case = cases.consider_case(factories.a_referral(world), by=world.manager, at=AT)
    assert clocks(case) == {
        "SIN_NOTIFY": ("running", date(2026, 3, 19)), "SIN_PARTNERS": ("met", date(2026, 3, 19)),
    }  # fmt: skip

    # When the kind is corrected, then the other duty runs from the day of awareness
    case = correct(world, case, notifiable="looked-after-death")
    ended = {"SIN_NOTIFY": ("voided", date(2026, 3, 19)), "SIN_PARTNERS": ("met", date(2026, 3, 19))}
    assert clocks(case) == {**ended, "LAC_DEATH": ("running", date(2026, 3, 19))}

    # And refusing to notify and looking again brings back its own clock alone
    case = cases.decline_case(case, reason="No.", by=world.manager, at=AT)
    case = cases.reconsider_case(case, reason="Yes.", by=world.manager, at=AT)
    assert clocks(case) == {**ended, "LAC_DEATH": ("running", date(2026, 3, 19))}

    # And back: the first runs on, from another day if that is corrected as well
    earlier = datetime(2026, 3, 11, 10, tzinfo=UTC)
    case = correct(world, case, notifiable="serious-incident", aware_at=earlier)
    assert clocks(case) == {
        "SIN_NOTIFY": ("running", date(2026, 3, 18)), "SIN_PARTNERS": ("met", date(2026, 3, 19)),
        "LAC_DEATH": ("voided", date(2026, 3, 19)),
    }  # fmt: skip
    assert drifted() == []


def test_of_an_awareness_without_a_time_the_day_counts_and_none_is_shown(world: World) -> None:
    case = factories.a_referral(world)
    day = datetime(2026, 3, 11, tzinfo=UTC)
    case = correct(world, case, aware_at=day, aware_precision="day")
    assert clocks(case)["SIN_NOTIFY"] == ("running", date(2026, 3, 18))
    client = signed_in(world.manager)
    page = text_of(client.get(case.get_absolute_url()))
    assert "Authority became aware Wednesday 11 March 2026 Notified" in page
    clock = case.deadlines.get(rule_code="SIN_NOTIFY")
    shown = text_of(client.get(reverse("case-deadline", args=[case.pk, clock.pk])))
    assert ("counting from Wednesday 11 March 2026, with" in shown, "midnight" in page + shown) == (
        True,
        False,
    )

    boxes = client.get(reverse("case-correct", args=[case.pk])).content.decode()
    assert re.search(r'name="aware_day"[^>]*value="11"', boxes)
    assert not re.search(r'name="aware_time"[^>]*value="[^"]', boxes)
    case = cases.consider_case(case, by=world.manager, at=AT)
    with pytest.raises(WorkflowError, match=r"that was on Wednesday 11 March 2026\."):
        cases.notify_case(case, by=world.manager, at=AT, notified_at=datetime(2026, 3, 10, 9, tzinfo=UTC))


def test_edge_13_a_start_put_right_into_the_time_of_another_version_counts_by_that_one(world: World) -> None:
    # Given a meeting due in 12 working days for what is notified from 18 March on, and in 10 before
    version = RuleVersion.objects.get(partnership=world.partnership, code="LOC_MEETING", valid_to=None)
    change_local_milestone(
        version, limit=Limit(12, "wd"), valid_from=date(2026, 3, 18), by=world.manager, at=factories.REFERRED
    )
    case = factories.a_notified_case(world)
    assert case.deadlines.get(rule_code="LOC_MEETING").due_on == date(2026, 4, 7)

    def put_right(notified_at: datetime) -> tuple[date | None, list[str]]:
        correct_notification(
            case, notified_at=notified_at, notification_reference="SIN-1", reason="The portal.",
            by=world.manager, at=factories.NOTIFIED,
        )  # fmt: skip
        clock = case.deadlines.get(rule_code="LOC_MEETING")
        return clock.due_on, [one["reason"] for one in clock.derivation["changes"]]

    # When it was notified a day earlier, then it counts by the version of that day, and says why; and back
    day = timedelta(days=1)
    assert put_right(factories.NOTIFIED - day) == (date(2026, 3, 31), ["The portal.", "Start corrected."])
    assert put_right(factories.NOTIFIED)[0] == date(2026, 4, 7)
    assert drifted() == []
    # And what somebody let count by another limit on purpose stays so
    [move] = would_move(
        open_deadlines("LOC_MEETING", world.partnership), Limit(11, "wd"), at=factories.NOTIFIED
    )
    re_rule([move], Limit(11, "wd"), by=SYSTEM, at=factories.NOTIFIED, authority="x", reason="y")
    assert put_right(factories.NOTIFIED - day)[0] == date(2026, 4, 1)


def test_once_notified_the_times_stand(world: World) -> None:
    case = factories.a_notified_case(world)
    with pytest.raises(NotMet, match="it is rapid review now"):
        correct(world, case, at=factories.NOTIFIED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"aware_at": datetime(2026, 3, 14, tzinfo=UTC)},
        {"aware_at": datetime(2026, 3, 1, tzinfo=UTC)},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    world: World, wrong: dict[str, object], referral: Case
) -> None:
    with pytest.raises(WorkflowError):
        correct(world, referral, **wrong)
    referral = Case.objects.get(pk=referral.pk)
    assert (referral.aware_at, referral.summary) == (AWARE, factories.CANARIES[1])
    assert referral.deadlines.get(rule_code="SIN_NOTIFY").due_on == date(2026, 3, 19)


def test_only_who_runs_the_case_corrects_it(world: World) -> None:
    with pytest.raises(PermissionDenied):
        correct(world, factories.a_referral(world), by=world.member)


def test_the_page_holds_what_was_typed_before(world: World) -> None:
    case = cases.consider_case(factories.a_referral(world), by=world.manager, at=AT)
    client = Client()
    client.force_login(world.manager)
    page = client.get(reverse("case-correct", args=[case.pk])).content.decode()
    assert (factories.CANARIES[1] in page, 'value="15:40"' in page, 'value="9:00"' in page or 'value="09:00"' in page) == (
        True, True, True,
    )  # fmt: skip
