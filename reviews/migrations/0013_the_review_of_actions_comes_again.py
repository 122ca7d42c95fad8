"""Partnerships that were there before the review of an action plan came again every three months get that, too."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

from workflows.calendars import local_date


def come_again(apps, schema_editor):
    """From tomorrow, for what starts then: no clock that runs changes. What a partnership has changed is left alone."""
    RuleVersion = apps.get_model("workflows", "RuleVersion")
    today = local_date(timezone.now())
    of_partnerships = RuleVersion.objects.filter(code="LOC_ACTIONS", partnership__isnull=False)
    for old in of_partnerships.filter(limit="3mo", valid_to=None, valid_from__lte=today):
        if of_partnerships.filter(partnership_id=old.partnership_id).count() > 1:
            continue
        columns = {
            field.attname: getattr(old, field.attname)
            for field in RuleVersion._meta.concrete_fields
            if not field.primary_key
        }
        RuleVersion.objects.filter(pk=old.pk).update(valid_to=today)
        RuleVersion.objects.create(
            **{**columns, "limit": "3mo repeating", "valid_from": today + timedelta(days=1)}
        )


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0012_the_cases_of_a_seat_in_order'),
        ('workflows', '0009_shares_and_break_glass'),
    ]

    operations = [migrations.RunPython(come_again, migrations.RunPython.noop)]
