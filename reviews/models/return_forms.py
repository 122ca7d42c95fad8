"""The forms of a return that partnerships made their own, and which form a version stands for."""

from functools import lru_cache

from django.db import models
from django.db.models import Q

from accounts.models import Partnership, User
from reviews.questions import DEFINITIONS, Definition
from reviews.questions.changing import of_data


class ReturnForm(models.Model):
    """One version of a partnership's own form. In use it is never changed: a return keeps the one it was begun with.

    used_from is NULL while it is a draft, of which a partnership has one at most; edits counts its changes.
    """

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="return_forms")
    number = models.PositiveSmallIntegerField()
    code = models.CharField(
        max_length=20, unique=True, help_text="What a return that was begun with it keeps."
    )
    sections = models.JSONField(help_text="As reviews.questions.changing has it.")
    edits = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    used_from = models.DateTimeField(null=True)

    class Meta:
        ordering = ["partnership", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "number"], name="one_number_a_return_form"),
            models.UniqueConstraint(
                fields=["partnership"], condition=Q(used_from=None), name="one_draft_of_a_return_form"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partnership}, return form {self.number}"

    def as_definition(self) -> Definition:
        return of_data(self.code, self.sections)


def definition(version: str) -> Definition:
    """The form that a sheet of this version is answered by. Raises ReturnForm.DoesNotExist."""
    return DEFINITIONS.get(version) or _own(version)


@lru_cache(maxsize=64)
def _own(code: str) -> Definition:
    """Kept in memory: a form that is in use never changes."""
    return ReturnForm.objects.exclude(used_from=None).get(code=code).as_definition()
