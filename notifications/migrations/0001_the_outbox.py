"""The outbox: what people are to be told, as rows."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('workflows', '0002_the_database_enforces'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(help_text='What is told to whom: `rung:...` or `move:...`, and the person.', max_length=200, unique=True)),
                ('news', models.CharField(help_text='Which text it has, such as `reminder`.', max_length=40)),
                ('due_on', models.DateField(help_text='The due day when it was written. NULL: about a move.', null=True)),
                ('created_at', models.DateTimeField(help_text='When the rung was reached, or the move recorded.')),
                ('send_after', models.DateTimeField(help_text='Not by mail before this: people sleep.')),
                ('state', models.CharField(choices=[('waiting', 'Waiting to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Could not be sent'), ('dropped', 'Not sent: no longer needed')], default='waiting', max_length=10)),
                ('lease_until', models.DateTimeField(help_text='While sending: when others may take it up. It also says whose it is.', null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='Mails begun, finished or not.')),
                ('next_try_at', models.DateTimeField(help_text='NULL: nothing more will be tried.', null=True)),
                ('message_id', models.CharField(help_text='Made from the id: every attempt has the same, so that a mail program sees one.', max_length=120)),
                ('sent_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, help_text='Why it is not sent, in words fit to show.', max_length=300)),
                ('seen_at', models.DateTimeField(null=True)),
                ('deadline', models.ForeignKey(help_text='NULL: about a move.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='workflows.deadline')),
                ('recipient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to=settings.AUTH_USER_MODEL)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='workflows.subject')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('next_try_at__isnull', False)), fields=['next_try_at'], name='notices_owed'), models.Index(fields=['recipient', '-created_at', '-id'], name='notices_of_a_person'), models.Index(condition=models.Q(('seen_at', None)), fields=['recipient'], name='notices_unseen')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'sending', 'sent', 'failed', 'dropped'])), name='notice_state_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending')), models.Q(models.Q(('state', 'sending'), _negated=True), ('lease_until', None)), _connector='OR'), name='sending_has_a_lease'), models.CheckConstraint(condition=models.Q(models.Q(('next_try_at__isnull', False), ('state__in', ['waiting', 'sending'])), models.Q(('next_try_at', None), ('state__in', ['sent', 'failed', 'dropped'])), _connector='OR'), name='only_what_is_owed_is_tried'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', False), _connector='OR'), name='sent_has_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['failed', 'dropped']), _negated=True), models.Q(('last_error', ''), _negated=True), _connector='OR'), name='not_sent_says_why')],
            },
        ),
    ]
