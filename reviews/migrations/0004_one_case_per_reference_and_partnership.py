"""A reference is given once in its partnership, and no longer once in the whole installation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_the_partnership_of_a_reference")]

    operations = [
        migrations.RemoveConstraint(model_name="case", name="one_case_per_reference"),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference_year", None), _negated=True),
                fields=("reference_partnership", "reference_body", "reference_year", "reference_number"),
                name="one_case_per_reference_and_partnership",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference_year", None), ("reference_partnership__isnull", False), _connector="OR"),
                name="a_reference_is_of_a_partnership",
            ),
        ),
    ]
