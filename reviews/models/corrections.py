"""What was put right of a case: what, why and by whom. What identifies a child is never kept here."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from reviews.models.cases import Case
from reviews.models.children import Child

IDENTIFIERS = ("name", "born_on", "nhs_number", "place")
"""Of these only that they were corrected is kept: an old name in the clear would undo what seals the new one, and a row
that is never changed cannot be sealed anew when keys change."""

WHAT = {
    "incident": "time of the incident",
    "aware": "time the authority became aware",
    "received": "time the referral was received",
    "notifiable": "kind of incident",
    "harm": "harm",
    "place": "place",
    "referred_by": "who made the referral",
    "summary": "what happened",
    "notified": "time of the notification",
    "notification_reference": "reference of the notification",
    "name": "name",
    "is_unborn": "whether unborn",
    "born_on": "date of birth",
    "nhs_number": "NHS number",
    "age_as_given": "age",
    "sex": "sex",
    "is_looked_after": "whether looked after",
    "has_protection_plan": "whether on a child protection plan",
    "has_in_need_plan": "whether on a child in need plan",
}
"""What can be put right, in words."""


class Correction(models.Model):
    """That one thing which was recorded of a case, or of a child of it, was put right. Append-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="corrections")
    child = models.ForeignKey(Child, on_delete=models.PROTECT, null=True, related_name="corrections")
    what = models.CharField(max_length=40, help_text="A key of WHAT.")
    was = models.TextField(blank=True, help_text="As a page showed it. Empty: nothing, or an identifier.")
    reason = models.TextField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="correction_says_why"),
            models.CheckConstraint(
                condition=Q(was="") | ~Q(what__in=IDENTIFIERS), name="no_identifier_stays_in_the_clear"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.words}, {self.case.code}"

    @property
    def words(self) -> str:
        """What was put right, such as `date of birth`."""
        return WHAT[self.what]
