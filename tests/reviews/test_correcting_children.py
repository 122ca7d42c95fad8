"""What is recorded of a child can be put right: agencies look for who it says, and are told when that changes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from notifications.models import Notice
from reviews.models import Case, Correction
from reviews.services import cases
from reviews.services.cases import ChildGiven
from reviews.services.children import correct_child
from reviews.services.history import history_of
from tests import factories
from tests.factories import CANARIES, NOTIFIED, World
from tests.reviews.asking import hidden, moving, send, signed_in, summary_of, text_of
from workflows.exceptions import NotMet, Stale, WorkflowError
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
RIGHT = ChildGiven(name="Zachary Canary", born_on=date(2025, 2, 11), sex="male")


@pytest.fixture
def world() -> World:
    return factories.a_world()


@pytest.fixture
def case(world: World) -> Case:
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    Notice.objects.all().delete()
    return case


def correct(world: World, case: Case, given: ChildGiven = RIGHT, **how: Any) -> Any:
    how = {"reason": "The register says so.", "by": world.manager, "at": AT, **how}
    return correct_child(case.children.get(number=1), given, **how)


def test_a_wrong_name_and_day_of_birth_are_put_right_and_every_agency_asked_hears_that_they_changed(
    world: World, case: Case
) -> None:
    child = correct(world, case)

    # Then the agency reads who to look for
    page = text_of(signed_in(world.gp_author).get(case.returns.get(agency=world.gp).get_absolute_url()))
    assert "Child 1: Zachary Canary, born Tuesday 11 February 2025, male" in page

    # And is told without a fact, as is every other
    told = Notice.objects.values_list("recipient__email", "news").order_by("recipient__email")
    assert list(told) == [
        (f"{who}@northborough.example", "details-changed")
        for who in ("gp-author", "gp-lead", "school-author", "school-lead")
    ]
    # And what it said before stands nowhere, but that it was corrected, why, by whom and when
    rows = case.corrections.values_list("child__number", "what", "was", "reason", "by__full_name", "at")
    who, why = world.manager.full_name, "The register says so."
    assert list(rows) == [
        (1, "name", "", why, who, AT), (1, "born_on", "", why, who, AT), (1, "sex", "not known", why, who, AT),
    ]  # fmt: skip
    assert [(line.what, line.text) for line in history_of(case)][-1] == (
        "Corrected: name, date of birth and sex of Child 1", f"{why}\n\nSex, before: not known",
    )  # fmt: skip
    assert CANARIES[0] not in text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert LedgerEntry.objects.filter(chain=case.pk, action="correct_child").count() == 1
    assert child.born_on == RIGHT.born_on


def test_another_child_is_told_of_too_and_a_correction_that_changes_nothing_is_not(
    world: World, case: Case
) -> None:
    correct(world, case, ChildGiven(name=CANARIES[0], born_on=date(2025, 11, 2)))
    assert (Notice.objects.count(), Correction.objects.count()) == (0, 0)
    cases.add_child(case, RIGHT, by=world.manager, at=AT)
    assert Notice.objects.filter(news="details-changed").count() == 4


@pytest.mark.parametrize("reason", [" ", "It is Zachary.", "He was called CANARY before."])
def test_without_a_reason_or_with_one_that_tells_the_name_nothing_changes(
    world: World, case: Case, reason: str
) -> None:
    with pytest.raises(WorkflowError, match="without a reason|it tells a name"):
        correct(world, case, reason=reason)
    assert (case.children.get(number=1).name, Correction.objects.count()) == (CANARIES[0], 0)


def test_only_who_runs_the_case_corrects_and_only_while_something_is_owed(world: World, case: Case) -> None:
    for who in (world.member, world.gp_author):
        with pytest.raises(PermissionDenied):
            correct(world, case, by=who)
    case = cases.withdraw_case(case, reason="Not met.", by=world.manager, at=NOTIFIED)
    with pytest.raises(NotMet, match="Cannot correct Child 1 of .*: it is withdrawn now"):
        correct(world, case)
    address = reverse("case-correct-child", args=[case.pk, 1])
    assert signed_in(world.manager).get(address).status_code == 404


def test_the_page_holds_what_is_recorded_and_of_two_the_second_sees_what_the_first_made_of_it(
    world: World, case: Case
) -> None:
    manager, address = signed_in(world.manager), reverse("case-correct-child", args=[case.pk, 1])
    page = manager.get(address)
    assert f'value="{CANARIES[0]}"' in page.content.decode()
    seen = hidden(page, "seen")
    typed = {
        "child_name": "Zachary Canary", "child_is_unborn": "no", "child_born_on_day": "11",
        "child_born_on_month": "2", "child_born_on_year": "2025", "child_sex": "male", "reason": "Slip.",
    }  # fmt: skip

    correct(world, case, ChildGiven(name="Zebedee Kanary"))
    answer = send(manager, address, **moving(case, seen=seen, **typed))
    assert summary_of(answer)[0].startswith("Somebody corrected Child 1 while this page was open.")
    assert "Zebedee Kanary" in text_of(answer)
    with pytest.raises(Stale):
        correct(world, case, seen=seen)

    answer = send(manager, address, **moving(case, seen=hidden(answer, "seen"), **typed))
    assert answer.status_code == 302
    child = case.children.get(number=1)
    assert (child.name, child.born_on, child.sex) == (RIGHT.name, RIGHT.born_on, RIGHT.sex)
    assert manager.get(reverse("case-correct-child", args=[case.pk, 7])).status_code == 404
