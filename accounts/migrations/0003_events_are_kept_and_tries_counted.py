"""Events of accounts are append-only; the table in which tries are counted where there is no Redis."""

from django.core.management import call_command
from django.db import migrations

from accounts import triggers


def make_cache_table(apps, editor):
    call_command("createcachetable", "shared_cache", database=editor.connection.alias, verbosity=0)


def drop_cache_table(apps, editor):
    editor.execute("DROP TABLE shared_cache")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_how_people_get_in")]

    operations = [
        migrations.RunPython(triggers.create, triggers.drop),
        migrations.RunPython(make_cache_table, drop_cache_table),
    ]
