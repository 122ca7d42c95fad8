"""What takes two people is a column of its own: a day changed by hand, and a list that says otherwise than those held."""

from django.db import migrations, models


def days_by_hand_take_two(apps, schema_editor):
    apps.get_model("workflows", "CalendarChange").objects.filter(origin="hand").update(takes_two=True)


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0007_who_takes_no_part'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='calendarchange',
            name='a_day_changed_by_hand_takes_two_people',
        ),
        migrations.AddField(
            model_name='calendarchange',
            name='takes_two',
            field=models.BooleanField(default=False, help_text='Somebody else than who proposed it confirms it.'),
        ),
        migrations.RunPython(days_by_hand_take_two, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='calendarchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), ('takes_two', True), _negated=True), models.Q(('decided_by__isnull', False), ('proposed_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='what_takes_two_has_two_people'),
        ),
        migrations.AddConstraint(
            model_name='calendarchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('origin', 'hand'), _negated=True), ('takes_two', True), _connector='OR'), name='a_day_changed_by_hand_takes_two'),
        ),
    ]
