"""What opens a case for a time: shares across the border, and break-glass."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_people'),
        ('workflows', '0008_a_list_that_claims_takes_two'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='Which line of the list of reasons.', max_length=40)),
                ('words', models.CharField(max_length=1000)),
                ('asked_at', models.DateTimeField()),
                ('needs_two', models.BooleanField(help_text='They hold no seat in the partnership of the case.')),
                ('seconded_at', models.DateTimeField(help_text='NULL: the first of two has not agreed.', null=True)),
                ('opened_at', models.DateTimeField(help_text='When it was approved. NULL: it was not.', null=True)),
                ('until', models.DateTimeField(help_text='The first instant at which it is over.', null=True)),
                ('refused_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(help_text='NULL: it ran its time.', null=True)),
                ('reviewed_at', models.DateTimeField(help_text='NULL: still to be looked at.', null=True)),
                ('review', models.CharField(blank=True, max_length=1000)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='break_glass', to='workflows.subject')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='break_glass', to=settings.AUTH_USER_MODEL)),
                ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seconded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['asked_at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('ended_at', None), ('until__isnull', False)), fields=['person', 'until'], name='opened_to_a_person'), models.Index(condition=models.Q(('opened_at__isnull', False), ('reviewed_at', None)), fields=['case'], name='openings_to_review')],
                'constraints': [models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='break_glass_says_why'), models.CheckConstraint(condition=models.Q(models.Q(('opened_at', None), ('opened_by', None), ('until', None)), models.Q(('opened_at__isnull', False), ('opened_by__isnull', False), ('refused_at', None), ('until__isnull', False)), _connector='OR'), name='opened_says_by_whom_and_until_when'), models.CheckConstraint(condition=models.Q(('opened_at', None), ('needs_two', False), ('seconded_by__isnull', False), _connector='OR'), name='an_outsider_needs_two'), models.CheckConstraint(condition=models.Q(models.Q(('opened_by', None), models.Q(('opened_by', models.F('person')), _negated=True), _connector='OR'), models.Q(('seconded_by', None), models.Q(('seconded_by', models.F('person')), _negated=True), _connector='OR'), models.Q(('seconded_by', None), ('opened_by', None), models.Q(('seconded_by', models.F('opened_by')), _negated=True), _connector='OR')), name='nobody_opens_for_themselves_or_twice'), models.CheckConstraint(condition=models.Q(models.Q(('review', ''), ('reviewed_at', None), ('reviewed_by', None)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False), models.Q(('review', ''), _negated=True), models.Q(('reviewed_by', models.F('person')), _negated=True)), _connector='OR'), name='another_reviews_it_in_words')],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField()),
                ('reason', models.CharField(max_length=1000)),
                ('at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(help_text='NULL: nobody ended it before its last day.', null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='workflows.subject')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seat', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='accounts.seat')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('revoked_at', None)), fields=['seat'], name='shares_of_a_seat')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_share_says_why'), models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='a_share_ends_after_it_starts'), models.CheckConstraint(condition=models.Q(models.Q(('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False)), _connector='OR'), name='a_revoked_share_says_by_whom')],
            },
        ),
    ]
