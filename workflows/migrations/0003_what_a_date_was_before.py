"""What a deadline's date was before, and what a person may do to the clocks of a rule."""

import django.db.models.deletion
from django.db import migrations, models

from workflows import triggers


def local_milestones_move(apps, schema_editor):
    """What a partnership set itself it may pause and extend; what code sets is written after each migration."""
    RuleVersion = apps.get_model("workflows", "RuleVersion")
    RuleVersion.objects.filter(partnership__isnull=False).update(allows=["pause", "extend", "restart"])


def keep_append_only(apps, schema_editor):
    triggers.keep_append_only(schema_editor, "workflows_daterecord")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_the_database_enforces")]

    operations = [
        migrations.AddField(
            model_name="ruleversion",
            name="allows",
            field=models.JSONField(default=list, help_text="What a person may do to its clocks, such as `pause`."),
        ),
        migrations.CreateModel(
            name="DateRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("because", models.CharField(help_text="The kind of fact that led to it.", max_length=20)),
                ("state_before", models.CharField(max_length=10)),
                ("state_after", models.CharField(max_length=10)),
                ("due_before", models.DateField(help_text="NULL: paused, so without a date.", null=True)),
                ("due_after", models.DateField(null=True)),
                ("calendar_before", models.CharField(max_length=40)),
                ("calendar_after", models.CharField(max_length=40)),
                (
                    "deadline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="dates", to="workflows.deadline"
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.RunPython(local_milestones_move, migrations.RunPython.noop),
        migrations.RunPython(keep_append_only, migrations.RunPython.noop),
    ]
