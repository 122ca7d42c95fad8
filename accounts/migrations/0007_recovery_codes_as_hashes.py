"""Recovery codes that are not used yet are kept as hashes; before, they could be made again from a sealed seed."""

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.hashers import make_password
from django.db import migrations


def keep_hashes(apps, schema_editor):
    rows = apps.get_model("mfa", "Authenticator").objects.filter(type="recovery_codes")
    for row in rows.iterator():
        if "seed" in row.data:
            row.data = {"hashes": [make_password(code) for code in RecoveryCodes(row).get_unused_codes()]}
            row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_the_telephone_number_of_an_agency"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunPython(keep_hashes, migrations.RunPython.noop),
    ]
