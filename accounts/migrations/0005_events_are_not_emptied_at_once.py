"""On PostgreSQL nobody empties the events of accounts with TRUNCATE, which triggers of rows do not see."""

from django.db import migrations

from accounts import triggers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_an_auditor")]

    operations = [migrations.RunPython(triggers.forbid_truncate, triggers.allow_truncate)]
