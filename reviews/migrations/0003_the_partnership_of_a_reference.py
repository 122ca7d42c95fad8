"""A reference belongs to the partnership that gave it: two may begin theirs with the same letters."""

import django.db.models.deletion
from django.db import migrations, models


def write_the_partnership(apps, schema_editor):
    """Give every case that has a reference the partnership of its subject."""
    cases = apps.get_model("reviews", "Case").objects
    of_the_subject = apps.get_model("workflows", "Subject").objects.filter(pk=models.OuterRef("pk"))
    cases.exclude(reference_year=None).update(
        reference_partnership=models.Subquery(of_the_subject.values("partnership")[:1])
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_people"),
        ("reviews", "0002_records_may_be_superseded"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="reference_partnership",
            field=models.ForeignKey(
                help_text="Its partnership again, once it has a reference: a constraint sees one table alone.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.partnership",
            ),
        ),
        migrations.RunPython(write_the_partnership, migrations.RunPython.noop),
    ]
