"""Files that an agency gives with its return, and which of them each version had."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0022_forms_of_partnerships'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='returnversion',
            name='attachments',
            field=models.JSONField(default=list, help_text='The files as they were, each an object.'),
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(help_text='As it is shown and saved by.', max_length=100)),
                ('about', models.CharField(blank=True, help_text="What it is, in the agency's words.", max_length=200)),
                ('kind', models.CharField(choices=[('pdf', 'PDF'), ('docx', 'Word document'), ('xlsx', 'Excel workbook'), ('png', 'PNG picture'), ('jpeg', 'JPEG picture'), ('text', 'Plain text')], max_length=10)),
                ('size', models.PositiveIntegerField(help_text='In bytes.')),
                ('sha256', models.CharField(help_text='Of what came. Empty once it was disposed of.', max_length=64)),
                ('stored', models.CharField(help_text='Its name in the store. Empty once it was disposed of.', max_length=32)),
                ('state', models.CharField(choices=[('held', 'Waiting for a check'), ('clean', 'Checked'), ('infected', 'A virus was found')], default='held', max_length=10)),
                ('virus', models.CharField(blank=True, help_text="The scanner's name for what it found.", max_length=120)),
                ('scanned_at', models.DateTimeField(help_text='NULL: no scanner has looked at it.', null=True)),
                ('tried_at', models.DateTimeField(help_text='When a scanner was last asked. NULL: never.', null=True)),
                ('tries', models.PositiveIntegerField(default=0, help_text='Since a scanner last answered.')),
                ('added_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(help_text='NULL: the return has it. Otherwise only an earlier version of it does.', null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('agency_return', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='reviews.agencyreturn')),
                ('removed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['added_at', 'pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at', None), models.Q(('sha256', ''), _negated=True)), fields=('agency_return', 'sha256'), name='a_return_has_a_file_once'), models.CheckConstraint(condition=models.Q(models.Q(('scanned_at', None), ('state', 'held'), ('virus', '')), models.Q(('scanned_at__isnull', False), ('state', 'clean'), ('virus', '')), models.Q(('scanned_at__isnull', False), ('state', 'infected'), models.Q(('virus', ''), _negated=True)), _connector='OR'), name='an_attachment_is_clean_because_it_was_scanned'), models.CheckConstraint(condition=models.Q(models.Q(('removed_at', None), ('removed_by', None)), models.Q(('removed_at__isnull', False), ('removed_by__isnull', False)), _connector='OR'), name='an_attachment_is_removed_by_somebody')],
            },
        ),
    ]
