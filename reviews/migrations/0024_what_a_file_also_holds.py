"""What a file holds besides what it shows is kept with it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0023_files_of_a_return'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='remarks',
            field=models.JSONField(default=list, help_text='What it holds besides what it shows, by codes.'),
        ),
    ]
