"""Columns for what is sealed, beside what stands open; the next two migrations move it and take the open ones away."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0007_who_reads_shares_and_opens_a_case'),
    ]

    operations = [
        migrations.AddField(model_name='case', name='sealed_place', field=models.TextField(blank=True)),
        migrations.AddField(
            model_name='child',
            name='sealed_born_on',
            field=models.TextField(blank=True, help_text='Empty: unborn, or not known.'),
        ),
        migrations.AddField(model_name='child', name='sealed_name', field=models.TextField(blank=True)),
        migrations.AddField(model_name='child', name='sealed_nhs_number', field=models.TextField(blank=True)),
    ]
