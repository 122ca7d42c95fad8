"""Each list of bank holidays that is no longer in use names the one that is."""

import django.db.models.deletion
from django.db import migrations, models


def name_the_one_in_use(apps, schema_editor):
    CalendarVersion = apps.get_model("workflows", "CalendarVersion")
    newest = CalendarVersion.objects.order_by("-pk").first()
    if newest is not None:
        CalendarVersion.objects.exclude(pk=newest.pk).update(replaced_by=newest)


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0011_the_ledger_in_full"),
    ]

    operations = [
        migrations.AddField(
            model_name="calendarversion",
            name="replaced_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="The list in use. NULL: this one is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workflows.calendarversion",
                to_field="code",
            ),
        ),
        migrations.RunPython(name_the_one_in_use, migrations.RunPython.noop),
    ]
