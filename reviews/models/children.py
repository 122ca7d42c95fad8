"""The children of a case, as they were when the incident was notified."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q

from reviews.models.cases import Case
from reviews.sealing import sealed_text
from workflows.calendars import local_date

ADULT = 18


class Child(models.Model):
    """A child of the incident, as they were when it was notified: a snapshot, never a live link.

    Who they are is sealed: `name`, `born_on` and `nhs_number` open it. Nothing can be found or sorted by them.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", "Female"
        MALE = "male", "Male"
        NOT_KNOWN = "not-known", "Not known"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="children")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3: what papers call the child.")
    sealed_name = models.TextField(blank=True)
    is_unborn = models.BooleanField(default=False)
    sealed_born_on = models.TextField(blank=True, help_text="Empty: unborn, or not known.")
    sealed_nhs_number = models.TextField(blank=True)
    age_as_given = models.CharField(max_length=60, blank=True, help_text="When only an age was published.")
    sex = models.CharField(max_length=10, choices=Sex, default=Sex.NOT_KNOWN)
    is_looked_after = models.BooleanField(default=False)
    has_protection_plan = models.BooleanField(default=False)
    has_in_need_plan = models.BooleanField(default=False)

    SEALED: ClassVar[tuple[str, ...]] = ("sealed_name", "sealed_born_on", "sealed_nhs_number")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="one_number_a_child"),
            models.CheckConstraint(
                condition=Q(is_unborn=False) | Q(sealed_born_on=""), name="unborn_has_no_birthday"
            ),
        ]

    def __str__(self) -> str:
        return f"Child {self.number}"

    @property
    def row_for_sealing(self) -> str:
        return f"{self.case_id}/{self.number}"

    name = sealed_text("sealed_name")
    nhs_number = sealed_text("sealed_nhs_number")
    _born_on = sealed_text("sealed_born_on")

    @property
    def born_on(self) -> date | None:
        """The day of birth; None when unborn, or not known."""
        return date.fromisoformat(self._born_on) if self.sealed_born_on else None

    @born_on.setter
    def born_on(self, day: date | None) -> None:
        self._born_on = day.isoformat() if day else ""

    @property
    def age_in_years(self) -> int | None:
        """Whole years on the day of the incident; None when either day is not known. Asks for the case."""
        born = self.born_on
        if born is None or self.case.incident_at is None:
            return None
        on = local_date(self.case.incident_at)
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

    @property
    def is_adult(self) -> bool:
        """Whether they were 18 or over, by the day of birth: rarely meant, so a page asks to have it checked."""
        return (self.age_in_years or 0) >= ADULT
