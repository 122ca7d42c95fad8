"""That access was unusual: a row for each rule, person, partnership and day, so that it is told once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_an_auditor'),
        ('reviews', '0013_the_review_of_actions_comes_again'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(help_text='The code of the rule, such as `many-cases`.', max_length=40)),
                ('on', models.DateField()),
                ('codes', models.JSONField(default=list)),
                ('made_at', models.DateTimeField()),
                ('partnership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.partnership')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('rule', 'person', 'partnership', 'on'), name='one_alert_a_rule_person_and_day')],
            },
        ),
    ]
