"""On PostgreSQL nobody empties what was put right with TRUNCATE, which triggers of rows do not see."""

from django.db import migrations

from workflows import triggers


def forbid_truncate(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(triggers.never_emptied("reviews_correction"))


def allow_truncate(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER reviews_correction_never_emptied ON reviews_correction")


class Migration(migrations.Migration):
    dependencies = [("reviews", "0014_unusual_access")]

    operations = [migrations.RunPython(forbid_truncate, allow_truncate)]
