"""What is put right leaves a row of its own; and of an awareness whose time nobody knows, only the day counts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workflows import triggers


def keep_append_only(apps, schema_editor):
    triggers.keep_append_only(schema_editor, "reviews_correction")


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0010_only_sealed_identifiers_stay'),
        ('workflows', '0008_a_list_that_claims_takes_two'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='aware_precision',
            field=models.CharField(default='instant', help_text='`day`: the time is not known.', max_length=10),
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(help_text='A key of WHAT.', max_length=40)),
                ('was', models.TextField(blank=True, help_text='As a page showed it. Empty: nothing, or an identifier.')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='reviews.case')),
                ('child', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='reviews.child')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='correction_says_why'), models.CheckConstraint(condition=models.Q(('was', ''), models.Q(('what__in', ('name', 'born_on', 'nhs_number', 'place')), _negated=True), _connector='OR'), name='no_identifier_stays_in_the_clear')],
            },
        ),
        migrations.RunPython(keep_append_only, migrations.RunPython.noop),
    ]
