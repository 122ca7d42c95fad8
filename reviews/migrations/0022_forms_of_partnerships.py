"""Forms of returns that partnerships make their own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_events_are_not_emptied_at_once'),
        ('reviews', '0021_comments_on_sections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReturnForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('code', models.CharField(help_text='What a return that was begun with it keeps.', max_length=20, unique=True)),
                ('sections', models.JSONField(help_text='As reviews.questions.changing has it.')),
                ('edits', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField()),
                ('used_from', models.DateTimeField(null=True)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='return_forms', to='accounts.partnership')),
            ],
            options={
                'ordering': ['partnership', '-number'],
                'constraints': [models.UniqueConstraint(fields=('partnership', 'number'), name='one_number_a_return_form'), models.UniqueConstraint(condition=models.Q(('used_from', None)), fields=('partnership',), name='one_draft_of_a_return_form')],
            },
        ),
    ]
