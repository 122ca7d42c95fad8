"""What the partners decided, why, and who signed it off."""

from django.db import models
from django.db.models import Q

from accounts.models import Agency, User
from reviews.models.cases import Case


class Decision(models.Model):
    """The decision record of a rapid review. A changed decision is a new record; a frozen one is never edited."""

    class Outcome(models.TextChoices):
        LCSPR = "lcspr", "Commission a local child safeguarding practice review"
        NO_LCSPR = "no-lcspr", "No practice review: the learning is captured"
        ALTERNATIVE = "alternative", "An alternative local learning review"
        AWAIT_OTHER = "await-other", "Join or await another review"
        NOT_MET = "criteria-not-met", "The criteria were not met after all"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    number = models.PositiveSmallIntegerField()
    form_version = models.CharField(max_length=20)
    answers = models.JSONField(default=dict)
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    decided_at = models.DateTimeField(
        null=True, help_text="When it went to the partners. NULL: still a draft."
    )
    late_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="one_number_a_decision")]

    def __str__(self) -> str:
        return f"Decision {self.number} of {self.case.code}"

    @property
    def outcome(self) -> str:
        return str(self.answers.get("decision", {}).get("outcome", ""))


class SignOff(models.Model):
    """One safeguarding partner's signature, or dissent."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="sign_offs")
    partner = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    agrees = models.BooleanField()
    dissent = models.TextField(blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "partner"], name="one_signature_a_partner"),
            models.CheckConstraint(condition=Q(agrees=True) | ~Q(dissent=""), name="dissent_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {'agrees' if self.agrees else 'dissents'}"
