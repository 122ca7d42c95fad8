"""What each seat may do with a case and with a return on it: every verb there is, asked one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import Role
from accounts.services import add_member, seat_for
from tests import factories
from tests.factories import World
from tests.reviews.asking import Released, a_released_case, linked, permitted, signed_in
from tests.standing import standing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)

MAY = {
    # who: on the case; on the return of the GP
    "member": ("view read_whole", "view"),
    "co_chair": ("view read_whole recuse open hold dispose disclose", "view"),
    "chair": ("view read_whole see_notices recuse open hold dispose", ""),
    "partner_1": ("view read_whole sign_decision", "view"),
    "lead_partner": ("view read_whole", ""),
    "administrator": ("", ""),
    "gp_author": ("", "view acknowledge draft declare_nil finish"),
    "gp_lead": ("", "view acknowledge draft declare_nil finish sign_off return_to_author"),
    "school_author": ("", ""),
    "school_lead": ("", ""),
}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def released(world: World) -> Released:
    lead = factories.a_person("lead@northborough.example", "Lead Partner")
    add_member(lead, seat_for(Role.LEAD_PARTNER, agency=world.agencies["police"]))
    world.people["lead_partner"] = lead
    return a_released_case(world)


@pytest.mark.parametrize("who", MAY)
def test_a_seat_may_do_this_and_nothing_else(released: Released, world: World, who: str) -> None:
    person = world.people[who]
    on_case, on_return = MAY[who]
    assert permitted(released.case, person) == {f"reviews.{verb}_case" for verb in on_case.split()}
    assert permitted(released.gp, person) == {f"reviews.{verb}_agencyreturn" for verb in on_return.split()}


def test_the_page_of_a_case_leads_to_the_returns_that_one_may_see(released: Released, world: World) -> None:
    # Given the independent chair, who sees the cases of the partnership and none of the returns
    page = reverse("case", args=[released.case.pk])
    both = {str(released.gp.pk), str(released.school.pk)}
    for who, sees in (("manager", both), ("member", both), ("chair", set())):
        assert linked(signed_in(world.people[who]).get(page), "returns") == sees
