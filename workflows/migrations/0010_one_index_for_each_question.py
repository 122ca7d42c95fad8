"""Takes away the indexes whose questions another index answers, or nobody asks: each costs at every change."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0009_shares_and_break_glass'),
    ]

    operations = [
        migrations.AlterField(
            model_name='deadline',
            name='calendar',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflows.calendarversion'),
        ),
        migrations.AlterField(
            model_name='deadline',
            name='subject',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='deadlines', to='workflows.subject'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='chain',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ledger', to='workflows.subject'),
        ),
        migrations.AlterField(
            model_name='rung',
            name='deadline',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rungs', to='workflows.deadline'),
        ),
    ]
