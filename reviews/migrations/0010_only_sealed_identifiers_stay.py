"""The open columns go. A database keeps the bytes of a column it dropped until its tables are written anew: see
docs/running.md, "Keys for who a child is"."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0009_the_identifiers_are_sealed'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='child', name='unborn_has_no_birthday'),
        migrations.RemoveField(model_name='case', name='place'),
        migrations.RemoveField(model_name='child', name='born_on'),
        migrations.RemoveField(model_name='child', name='name'),
        migrations.AddConstraint(
            model_name='child',
            constraint=models.CheckConstraint(
                condition=models.Q(('is_unborn', False), ('sealed_born_on', ''), _connector='OR'),
                name='unborn_has_no_birthday',
            ),
        ),
    ]
