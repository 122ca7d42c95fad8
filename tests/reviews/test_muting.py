"""Muting: with a reason, until a day, shown on the case; what is passed over is recorded, and no breach is silent."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from reviews.services.reminders import end_mute, mute_case
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.administering import day, errors_on, form, said, signed_in, text_of
from tests.workflows.bench import clock_of, london
from workflows.calendars import local_date
from workflows.exceptions import ClockError
from workflows.models import Deadline, LedgerEntry, Mute, Rung
from workflows.services.simulating import simulate
from workflows.services.sweeping import sweep
from workflows.supposing import Suppositions

pytestmark = pytest.mark.django_db
WHY = "The family’s funeral is on Thursday."
UNTIL = date(2026, 4, 20)


@pytest.fixture
def manager(world: World, time_machine: Any) -> Client:
    time_machine.move_to(NOTIFIED, tick=False)
    return signed_in(world.manager)


def muted(world: World, case: Case, *, until: date = UNTIL, deadline: Deadline | None = None) -> Mute:
    return mute_case(case, deadline=deadline, reason=WHY, until=until, by=world.manager, at=NOTIFIED)


def told_of(code: str) -> list[tuple[str, str]]:
    """The news of that deadline, and who was told."""
    about = Notice.objects.filter(deadline__rule_code=code).order_by(
        "created_at", "news", "recipient__full_name"
    )
    return list(about.values_list("news", "recipient__full_name"))


# ---- What is passed over, and what never is -----------------------------------------------------
def test_edge_51_while_muted_nobody_is_told_and_every_step_is_recorded_as_muted(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    # Given a case muted until the end of 20 April, of which a milestone and a return pass meanwhile
    mute = muted(world, case)
    Notice.objects.all().delete()

    # When all their steps come
    sweep(at=london("2026-04-09"))

    # Then nobody was told, each step is reached and says what muted it, and the breach is recorded
    assert not Notice.objects.exists()
    reached = Rung.objects.exclude(reached_at=None).exclude(tell="")
    assert set(reached.values_list("mute", flat=True)) == {mute.pk}
    assert reached.filter(deadline__rule_code="LOC_MEETING").count() == 3
    assert clock_of(case, "LOC_MEETING").missed_at == london("2026-04-09")
    assert clock_of(asked["gp"], "LOC_RETURN").missed_at == london("2026-04-09")
    assert Mute.objects.get().rungs.count() == reached.count()


def test_a_statutory_clock_that_is_due_or_late_reaches_the_manager_whatever_is_muted(
    world: World, case: Case
) -> None:
    muted(world, case)
    Notice.objects.all().delete()
    for at in ("2026-04-09", "2026-04-10", "2026-04-11", "2026-04-17"):
        sweep(at=london(at))
    assert told_of("RR_COMPLETE") == [
        ("due-today", "Manager of Northborough"), ("late", "Manager of Northborough"),
    ]  # fmt: skip
    assert clock_of(case).missed_at == london("2026-04-11")
    silent = clock_of(case).rungs.exclude(mute=None).values_list("key", flat=True)
    assert set(silent) == {
        "before-5:business-manager", "before-3:business-manager", "before-1:business-manager",
        "after-1:delegated-partners", "after-3:independent-chair", "after-5:lead-partners",
    }  # fmt: skip


def test_one_deadline_is_muted_and_the_others_are_not(world: World, case: Case) -> None:
    muted(world, case, deadline=clock_of(case, "LOC_MEETING"))
    Notice.objects.all().delete()
    sweep(at=london("2026-04-09"))
    assert told_of("LOC_MEETING") == []
    assert told_of("LOC_DRAFT") != []


def test_another_case_is_not_muted(world: World, case: Case) -> None:
    muted(world, factories.a_notified_case(world))
    Notice.objects.all().delete()
    sweep(at=london("2026-04-09"))
    assert {notice.subject_id for notice in Notice.objects.all()} == {case.pk}


@pytest.mark.parametrize(("until", "is_told"), [(date(2026, 4, 1), False), (date(2026, 3, 31), True)])
def test_the_last_day_is_the_last_without_reminders(
    world: World, case: Case, until: date, is_told: bool
) -> None:
    # The meeting is due on 1 April.
    muted(world, case, until=until)
    sweep(at=london("2026-03-31"))
    Notice.objects.all().delete()
    sweep(at=london("2026-04-01"))
    assert told_of("LOC_MEETING") == ([("due-today", "Manager of Northborough")] if is_told else [])


def test_ended_people_are_told_again_and_what_was_passed_over_is_not_said_afterwards(
    world: World, case: Case
) -> None:
    mute = muted(world, case)
    Notice.objects.all().delete()
    sweep(at=london("2026-03-31"))
    end_mute(mute, by=world.manager, at=london("2026-03-31", "12:00"))
    sweep(at=london("2026-04-01"))
    assert told_of("LOC_MEETING") == [("due-today", "Manager of Northborough")]
    mute.refresh_from_db()
    assert (mute.ended_at, mute.ended_by) == (london("2026-03-31", "12:00"), world.manager)
    assert mute.rungs.filter(deadline__rule_code="LOC_MEETING").count() == 1


# ---- Refusals -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"reason": "  "}, "without a reason"),
        ({"until": date(2026, 3, 17)}, "the last day must be from today to Thursday 18 June 2026"),
        ({"until": date(2026, 6, 19)}, "They can be muted again then"),
    ],
)
def test_a_mute_has_a_reason_and_an_end(world: World, case: Case, given: dict[str, Any], why: str) -> None:
    with pytest.raises(ClockError, match=why):
        mute_case(case, **{"reason": WHY, "until": UNTIL, **given}, by=world.manager, at=NOTIFIED)
    assert not Mute.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Mute.objects.create(case_id=case.pk, reason="", until=UNTIL, at=NOTIFIED)


def test_what_is_muted_is_not_muted_again_and_what_is_ended_is_not_ended_again(
    world: World, case: Case
) -> None:
    mute = muted(world, case)
    with pytest.raises(ClockError, match="muted already"):
        muted(world, case)
    muted(world, case, deadline=clock_of(case, "LOC_MEETING"))
    end_mute(mute, by=world.manager, at=NOTIFIED)
    with pytest.raises(ClockError, match="not muted any more"):
        end_mute(mute, by=world.manager, at=NOTIFIED + timedelta(minutes=1))


def test_the_deadline_of_another_case_is_refused(world: World, case: Case) -> None:
    with pytest.raises(ClockError, match="it is not one of"):
        muted(world, case, deadline=clock_of(factories.a_notified_case(world)))


@pytest.mark.parametrize("who", ["member", "chair", "co_chair", "partner_1", "gp_lead", "administrator"])
def test_only_who_runs_the_case_may_mute_or_end_it(world: World, case: Case, who: str) -> None:
    mute = muted(world, case)
    with pytest.raises(PermissionDenied):
        mute_case(case, reason=WHY, until=UNTIL, by=world.people[who], at=NOTIFIED)
    with pytest.raises(PermissionDenied):
        end_mute(mute, by=world.people[who], at=NOTIFIED)


# ---- The pages ----------------------------------------------------------------------------------
def test_the_case_says_what_is_muted_by_whom_why_and_until_when(
    world: World, case: Case, manager: Client
) -> None:
    # Given a manager who mutes the reminders of a case
    made = factories.asked_returns(world, case)["gp"]
    asked = form(which="case", reason=WHY, **day("until", UNTIL))
    answer = manager.post(reverse("case-mute", args=[case.pk]), asked)
    assert said(manager, answer) == "Nobody is reminded until the end of Monday 20 April 2026."
    sweep(at=london("2026-04-09"))

    # Then everybody who may open the case sees it, and only she may end it
    for person, may_end in ((world.manager, True), (world.member, False)):
        page = text_of(signed_in(person).get(case.get_absolute_url()))  # type: ignore[arg-type]
        assert (
            "Reminders are muted until Monday 20 April 2026</strong> (All of this case and its returns)"
            in page
        )
        assert "by Manager of Northborough on Wednesday 18 March 2026" in page
        assert WHY in page
        assert ("Send them again" in page) is may_end
    mute = Mute.objects.get()
    assert mute.rungs.count() > 10
    assert f"{mute.rungs.count()} reminders were not sent." in page
    assert "Mute reminders" in text_of(manager.get(reverse("case-mute", args=[case.pk])))
    assert f"Only: Agency return ({made.agency})" in text_of(
        manager.get(reverse("case-mute", args=[case.pk]))
    )

    # And the ledger of the case has both.
    answer = manager.post(reverse("case-mute-end", args=[case.pk, mute.pk]), form())
    assert said(manager, answer) == "Reminders are sent again."
    told = LedgerEntry.objects.filter(
        chain=case.pk, action__in=("mute", "unmute"), actor=str(world.manager.pk)
    )
    assert list(told.order_by("sequence").values_list("action", flat=True)) == ["mute", "unmute"]
    page = text_of(manager.get(case.get_absolute_url()))
    assert "Reminders that were muted before" in page
    assert "ended by Manager of Northborough" in page


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"reason": " "}, ["Enter the reason"]),
        (day("until", date(2026, 3, 17)), ["Last day without reminders must be today or in the future"]),
        (
            {"until_day": "31", "until_month": "2", "until_year": "2027"},
            ["Last day without reminders must be a real date"],
        ),
        ({"which": "0"}, ["Select which reminders"]),
        ({"which": ""}, ["Select which reminders"]),
    ],
)
def test_what_cannot_be_muted_is_said(
    case: Case, manager: Client, given: dict[str, Any], messages: list[str]
) -> None:
    asked = form(**{"which": "case", "reason": WHY, **day("until", UNTIL), **given})
    assert errors_on(manager.post(reverse("case-mute", args=[case.pk]), asked)) == messages
    assert not Mute.objects.exists()


def test_the_pages_of_muting_are_for_who_may_and_another_partnership_has_none(
    world: World, case: Case, manager: Client
) -> None:
    mute = muted(world, case)
    addresses = [reverse("case-mute", args=[case.pk]), reverse("case-mute-end", args=[case.pk, mute.pk])]
    for person, status in (
        (world.manager, 200), (world.member, 403), (world.gp_author, 404), (factories.a_world("Southborough").manager, 404),
    ):  # fmt: skip
        client = signed_in(person)  # type: ignore[arg-type]
        assert [client.get(address).status_code for address in addresses] == [status, status]
    other = factories.a_notified_case(world)
    assert manager.get(reverse("case-mute-end", args=[other.pk, mute.pk])).status_code == 404


def test_what_if_foretells_nothing_that_is_muted_and_all_that_is_not(world: World, case: Case) -> None:
    # Given a case muted until the end of 27 March
    muted(world, case, until=date(2026, 3, 27))

    # When it is asked what would follow by 1 April
    foreseen = simulate(Deadline.objects.all(), Suppositions(today=date(2026, 4, 1)), at=NOTIFIED)

    # Then nothing is foretold of the days until then, and the reminders after them are
    days = {local_date(telling.reached_at) for telling in foreseen.tellings}
    assert days
    assert min(days) > date(2026, 3, 27)
