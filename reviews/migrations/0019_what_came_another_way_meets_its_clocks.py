"""The milestones that partnerships have already are met by a return that came another way: also the clocks that run."""

from django.db import migrations

MET_BY_IT = ("LOC_ACK", "LOC_RETURN", "LOC_RETURN_LATER", "LOC_RESEND")


def meet_them(apps, schema_editor):
    RuleVersion = apps.get_model("workflows", "RuleVersion")
    for rule in RuleVersion.objects.filter(code__in=MET_BY_IT, partnership__isnull=False):
        if "receive" not in rule.met_by:
            RuleVersion.objects.filter(pk=rule.pk).update(met_by=[*rule.met_by, "receive"])


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0018_a_return_that_came_another_way'),
        ('workflows', '0011_the_ledger_in_full'),
    ]

    operations = [migrations.RunPython(meet_them, migrations.RunPython.noop)]
