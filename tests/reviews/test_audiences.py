"""Whom an audience of a case means on a day."""

from datetime import UTC, datetime

import pytest

from accounts.models import Agency, Role
from accounts.services import add_member, seat_for
from notifications.models import Notice
from reviews.models import Case
from tests import factories
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
AT = datetime(2026, 4, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize("change", [{"is_safeguarding_partner": False}, {"is_active": False}])
def test_a_body_that_is_a_partner_no_longer_is_not_told_as_one(
    change: dict[str, bool], world: factories.World, case: Case
) -> None:
    # Given three safeguarding partners, of whom one stops being one; its seat, and who sits in it, stay.
    assert world.partner_3 in case.people("delegated-partners", at=AT)
    Agency.objects.filter(pk=world.icb.pk).update(**change)

    # Then the delegated partners are the other two.
    assert case.people("delegated-partners", at=AT) == [world.partner_1, world.partner_2]


def test_lead_partners_are_those_of_the_bodies_that_are_partners(world: factories.World, case: Case) -> None:
    # Given a lead partner of the police, who are a partner, and of the GPs, who are none.
    chief, other = (factories.a_person(f"{name}@northborough.example", name) for name in ("chief", "other"))
    add_member(chief, seat_for(Role.LEAD_PARTNER, agency=world.police))
    add_member(other, seat_for(Role.LEAD_PARTNER, agency=world.gp))

    # Then one of them is meant, and told five working days after the rapid review was due, on 17 April.
    assert case.people("lead-partners", at=AT) == [chief]
    sweep(at=datetime(2026, 4, 17, 7, tzinfo=UTC))
    assert not Notice.objects.filter(recipient=chief).exists()
    sweep(at=datetime(2026, 4, 17, 9, tzinfo=UTC))
    assert Notice.objects.get(recipient=chief).deadline.rule_code == "RR_COMPLETE"


def test_user_administrators_are_an_audience_of_their_partnership() -> None:
    world, _ = factories.a_world(), factories.a_world("Southborough")
    case = factories.a_referral(world)
    assert case.people("user-administrator", at=AT) == [world.administrator]
