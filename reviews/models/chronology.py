"""The rows of a return's chronology: one contact or event each, with its date as said and what that may mean."""

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from reviews.models.returns import AgencyReturn
from reviews.timeline.dates import Told
from reviews.timeline.rows import CHILD_SEEN, NOT_KNOWN, SHORT


class ChronologyRow(models.Model):
    """One row. Changed while the return can be written; each version of the return keeps them as they were then.

    What is counted from a birth is kept as days of life: a date beside it would tell when that was, which is sealed.
    """

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.PROTECT, related_name="chronology")
    said = models.CharField(max_length=SHORT, help_text="When it was, in the agency's words.")
    first_on = models.DateField(
        null=True, help_text="The first day it may mean. NULL: nobody knows, or of life."
    )
    last_on = models.DateField(null=True, help_text="The last day it may mean.")
    at_time = models.TimeField(null=True)
    first_of_life = models.IntegerField(null=True, help_text="In days; the day of birth is 0.")
    last_of_life = models.IntegerField(null=True)
    source = models.CharField(max_length=SHORT, blank=True)
    event = models.TextField()
    child_seen = models.CharField(max_length=10, choices=CHILD_SEEN, default=NOT_KNOWN)
    voice = models.TextField(blank=True)
    action = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    is_key = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    KEPT = (
        "said", "first_on", "last_on", "at_time", "first_of_life", "last_of_life", "source", "event", "child_seen",
        "voice", "action", "comment", "is_key",
    )  # fmt: skip
    """What a version of the return keeps of each."""

    class Meta:
        verbose_name = "chronology row"
        constraints = [
            models.CheckConstraint(condition=~Q(event=""), name="chronology_row_says_what"),
            models.CheckConstraint(
                condition=Q(first_on=None, last_on=None) | Q(first_on__lte=F("last_on")),
                name="chronology_row_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(first_of_life=None, last_of_life=None)
                | Q(first_of_life__lte=F("last_of_life"), first_on=None),
                name="chronology_row_is_dated_in_one_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.said}, {self.agency_return.code}"

    @property
    def told(self) -> Told:
        return Told(
            self.said, self.first_on, self.last_on, self.at_time, self.first_of_life, self.last_of_life
        )

    def placed(self, born_on: date | None) -> tuple[date | None, date | None]:
        """The first and last day it may mean, counted from the birth where it is told so."""
        return self.told.placed(born_on)

    def as_kept(self) -> dict[str, Any]:
        """As a version of the return keeps it: days and times as ISO says them."""
        values = {name: getattr(self, name) for name in self.KEPT}
        return {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in values.items()}
