"""A return that came by email, on paper, by phone or in person is typed in: how, from whom, and what it says."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('reviews', '0017_a_copy_for_who_asks')]

    operations = [
        migrations.AddField(
            model_name='agencyreturn',
            name='given',
            field=models.TextField(blank=True, default='', help_text='What came by another way than this service: how, from whom, and what it says.'),
            preserve_default=False,
        ),
    ]
