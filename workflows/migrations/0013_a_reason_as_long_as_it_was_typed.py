"""The reason of a fact may be as long as that of the move that told it: a reply of the Panel is a letter."""

from django.db import migrations, models


def widen(apps, schema_editor):
    # SQLite holds no text to its length; and to alter the table there would drop the triggers that keep it.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE workflows_fact ALTER COLUMN reason TYPE text")


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0012_lists_name_the_one_in_use"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(widen, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    model_name="fact",
                    name="reason",
                    field=models.TextField(blank=True),
                ),
            ],
        ),
    ]
