"""An agency's own record: how many of its returns came in time, came late, and are owed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from reviews.services import returns
from reviews.services.timeliness import Timeliness, own_timeliness
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import signed_in, text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATE = NOTIFIED + 30 * DAY


def nil(world: World, case: object, *, at: object) -> None:
    gp = case.returns.get(agency=world.gp)  # type: ignore[attr-defined]
    returns.declare_nil(
        gp, searched="SystmOne", late_reason="Leave." if at == LATE else "", by=world.gp_author, at=at
    )  # type: ignore[arg-type]


def test_an_agency_reads_how_timely_it_was_and_nobody_reads_that_of_another(world: World) -> None:
    # Given three cases: the GP answered one in time, one late, and owes the third, which is late by now
    cases = [factories.a_notified_case(world) for _ in range(3)]
    for case in cases:
        returns.ask_agencies(case, [world.gp, world.agencies["school"]], by=world.manager, at=NOTIFIED)
    nil(world, cases[0], at=NOTIFIED + DAY)
    nil(world, cases[1], at=LATE)

    # Then its author and its lead read that, and the school reads of its own three
    gp = Timeliness("Northborough gp", in_time=1, late=1, owed=1, overdue=1)
    assert own_timeliness(world.gp_author, at=LATE) == own_timeliness(world.gp_lead, at=LATE) == [gp]
    school = Timeliness("Northborough school", in_time=0, late=0, owed=3, overdue=3)
    assert own_timeliness(world.school_author, at=LATE) == [school]
    assert own_timeliness(world.manager, at=LATE) == []


def test_who_was_never_asked_has_no_record(world: World) -> None:
    assert own_timeliness(world.gp_author, at=LATE) == []


def test_the_page_says_it_and_each_return_how_it_stands(world: World, time_machine: object) -> None:
    case = factories.a_notified_case(world)
    returns.ask_agencies(case, [world.gp], by=world.manager, at=NOTIFIED)
    time_machine.move_to(NOTIFIED + DAY, tick=False)  # type: ignore[attr-defined]
    said = text_of(signed_in(world.gp_author).get(reverse("return-list")))
    assert "Northborough gp: no return has come in yet. 1 is owed now." in said
    assert "6 working days left (due Friday 27 March 2026)" in said
    nil(world, case, at=NOTIFIED + DAY)
    said = text_of(signed_in(world.gp_author).get(reverse("return-list")))
    assert "Northborough gp: of 1 return that came in, 1 came in time and 0 late. 0 are owed now." in said
