"""The auditor: reads the ledger, and no case."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_events_are_kept_and_tries_counted'),
    ]

    operations = [
        migrations.AlterField(
            model_name='seat',
            name='role',
            field=models.CharField(choices=[('business-manager', 'Business manager'), ('sub-group-member', 'Serious-cases sub-group member'), ('co-chair', 'Co-chair of the serious-cases sub-group'), ('independent-chair', 'Independent chair'), ('delegated-partner', 'Delegated safeguarding partner'), ('lead-partner', 'Lead safeguarding partner'), ('author', 'Agency contact and author'), ('safeguarding-lead', 'Agency safeguarding lead'), ('panel', 'Child Safeguarding Practice Review Panel'), ('user-administrator', 'User administrator'), ('auditor', 'Auditor')], max_length=40),
        ),
    ]
