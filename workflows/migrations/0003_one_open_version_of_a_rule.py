"""One version of a rule without an end: two would start two clocks of one code."""

from datetime import timedelta

from django.db import migrations, models


def end_what_was_followed(apps, schema_editor):
    """Give every open version that another follows its last day: the day before the other began."""
    versions = apps.get_model("workflows", "RuleVersion").objects
    following = {}
    for version in versions.filter(valid_to=None).order_by("-valid_from"):
        whose = (version.code, version.partnership_id)
        if whose in following:
            versions.filter(pk=version.pk).update(valid_to=following[whose] - timedelta(days=1))
        following[whose] = version.valid_from


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_the_database_enforces")]

    operations = [
        migrations.RunPython(end_what_was_followed, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("partnership", None), ("valid_to", None)),
                fields=("code",),
                name="one_open_statutory_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("partnership__isnull", False), ("valid_to", None)),
                fields=("code", "partnership"),
                name="one_open_local_version",
            ),
        ),
    ]
