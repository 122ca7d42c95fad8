"""A slip at the referral can be put right, and the date it fixed moves with it, saying why."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from reviews.services import cases
from reviews.services.correcting import correct_referral
from tests import factories
from tests.factories import AWARE, INCIDENT, World
from workflows.exceptions import NotMet, WorkflowError

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 13, 9, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return factories.a_world()


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
def test_a_corrected_time_moves_the_date_and_says_why(world: World, aware_at: datetime, due_on: date) -> None:
    case = factories.a_referral(world)
    assert case.deadlines.get(rule_code="SIN_NOTIFY").due_on == date(2026, 3, 19)

    case = correct(world, case, aware_at=aware_at)

    clock = case.deadlines.get(rule_code="SIN_NOTIFY")
    assert (case.aware_at, clock.due_on, clock.state) == (aware_at, due_on, "running")
    assert [change["reason"] for change in clock.derivation["changes"]] == ["Typed wrongly."]
    assert set(clock.rungs.ahead().values_list("due_at", flat=True)) == {clock.due_at}


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
def test_what_cannot_be_is_refused_and_changes_nothing(world: World, wrong: dict[str, object]) -> None:
    case = factories.a_referral(world)
    with pytest.raises(WorkflowError):
        correct(world, case, **wrong)
    case = Case.objects.get(pk=case.pk)
    assert (case.aware_at, case.summary) == (AWARE, factories.CANARIES[1])
    assert case.deadlines.get(rule_code="SIN_NOTIFY").due_on == date(2026, 3, 19)


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
