"""The grants of a seat stand in the order in which a list shows cases, so that its first page is found along an index."""

from django.db import migrations, models

FILL = """
UPDATE reviews_casegroupgrant SET begun_at =
    (SELECT begun_at FROM workflows_subject WHERE workflows_subject.id = reviews_casegroupgrant.content_object_id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('workflows', '0009_shares_and_break_glass'),
        ('reviews', '0011_what_was_put_right'),
    ]

    operations = [
        migrations.AddField(
            model_name='casegroupgrant',
            name='begun_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='casegroupgrant',
            name='begun_at',
            field=models.DateTimeField(help_text="The case's own: in this order a list shows cases."),
        ),
        migrations.AddIndex(
            model_name='casegroupgrant',
            index=models.Index(fields=['group', 'permission', '-begun_at', 'content_object'], name='cases_of_a_seat_in_order'),
        ),
    ]
