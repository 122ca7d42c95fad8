"""Whom an audience of a case means on a day."""

from datetime import UTC, datetime

import pytest

from accounts.models import Agency
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 4, 7, 9, tzinfo=UTC)


@pytest.mark.parametrize("change", [{"is_safeguarding_partner": False}, {"is_active": False}])
def test_a_body_that_is_a_partner_no_longer_is_not_told_as_one(change: dict[str, bool]) -> None:
    # Given three safeguarding partners, of whom one stops being one; its seat, and who sits in it, stay.
    world = factories.a_world()
    case = factories.a_notified_case(world)
    assert world.partner_3 in case.people("delegated-partners", at=AT)
    Agency.objects.filter(pk=world.icb.pk).update(**change)

    # Then the delegated partners are the other two.
    assert case.people("delegated-partners", at=AT) == [world.partner_1, world.partner_2]


def test_user_administrators_are_an_audience_of_their_partnership() -> None:
    world, _ = factories.a_world(), factories.a_world("Southborough")
    case = factories.a_referral(world)
    assert case.people("user-administrator", at=AT) == [world.administrator]
