"""What an upgrade brings to partnerships that were there before."""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from accounts.models import Partnership
from reviews.services import partnerships
from workflows.models import RuleVersion

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 26)


def versions(partnership: Partnership) -> list[tuple[str, date, date | None]]:
    rows = RuleVersion.objects.filter(partnership=partnership, code="LOC_ACTIONS").order_by("valid_from")
    return list(rows.values_list("limit", "valid_from", "valid_to"))


def test_the_review_of_actions_comes_again_from_tomorrow_where_nobody_changed_it(time_machine: Any) -> None:
    # Given a partnership founded when it came once, another that set it so itself, and one of today
    time_machine.move_to(datetime(2026, 11, 26, 9, tzinfo=UTC), tick=False)
    old, own, new = (
        partnerships.found_partnership(name, reference_prefix=name, on=date(2019, 1, 1))
        for name in ("A", "B", "C")
    )
    RuleVersion.objects.filter(partnership__in=(old, own), code="LOC_ACTIONS").update(limit="3mo")
    [first] = RuleVersion.objects.filter(partnership=own, code="LOC_ACTIONS")
    RuleVersion.objects.filter(pk=first.pk).update(valid_to=date(2020, 12, 31))
    first.pk, first.valid_from = None, date(2021, 1, 1)
    first.save()
    begun = versions(old)[0][1]
    before = versions(own), versions(new)

    # When it is brought, twice
    migration = import_module("reviews.migrations.0013_the_review_of_actions_comes_again")
    for _ in range(2):
        migration.come_again(apps, None)

    # Then it comes again there for what starts from tomorrow on, and the others are as they were
    assert versions(old) == [("3mo", begun, TODAY), ("3mo repeating", date(2026, 11, 27), None)]
    assert (versions(own), versions(new)) == before
