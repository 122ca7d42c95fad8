"""Triggers: legal moves only, one version at a time; facts, records and ledger are append-only."""

from django.db import migrations

from workflows import triggers


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_the_engine")]

    operations = [migrations.RunPython(triggers.create, triggers.drop)]
