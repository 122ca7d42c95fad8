"""The children of a case, as they were when the incident was notified."""

from django.db import models
from django.db.models import Q

from reviews.models.cases import Case


class Child(models.Model):
    """A child of the incident, as they were when it was notified: a snapshot, never a live link."""

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        NOT_KNOWN = "not-known", "Not known"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="children")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3: what papers call the child.")
    name = models.CharField(max_length=200, blank=True)
    is_unborn = models.BooleanField(default=False)
    born_on = models.DateField(null=True, help_text="NULL: unborn, or not known.")
    age_as_given = models.CharField(max_length=60, blank=True, help_text="When only an age was published.")
    sex = models.CharField(max_length=10, choices=Sex, default=Sex.NOT_KNOWN)
    is_looked_after = models.BooleanField(default=False)
    has_protection_plan = models.BooleanField(default=False)
    has_in_need_plan = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="one_number_a_child"),
            models.CheckConstraint(
                condition=Q(is_unborn=False) | Q(born_on=None), name="unborn_has_no_birthday"
            ),
        ]

    def __str__(self) -> str:
        return f"Child {self.number}"
