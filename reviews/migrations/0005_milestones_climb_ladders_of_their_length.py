"""Local milestones that partnerships have already climb ladders that suit their length, as the book's do now."""

from django.db import migrations

LADDERS = {
    "day": ("LOC_DECIDE", "LOC_SINCOPY", "LOC_REQUEST"),
    "weeks": ("LOC_REVIEWER", "LOC_TOR", "LOC_BRIEFING", "LOC_AGREPORT", "LOC_RECALL", "LOC_QA"),
    "quarter": ("LOC_ACTIONS",),
}


def climb_them(apps, schema_editor):
    rules = apps.get_model("workflows", "RuleVersion").objects.exclude(partnership=None)
    for ladder, codes in LADDERS.items():
        rules.filter(code__in=codes, ladder="milestone").update(ladder=ladder)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0004_calendar_feeds"), ("workflows", "0006_ladders_of_partnerships_and_mutes")]

    operations = [migrations.RunPython(climb_them, migrations.RunPython.noop)]
