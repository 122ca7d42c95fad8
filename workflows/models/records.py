"""What happened: every transition, and the ledger of who did or saw what. Append-only."""

from django.db import models

from accounts.models import User
from workflows.models.subjects import Subject


class TransitionRecord(models.Model):
    """That a subject moved: once for each time, in order."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="records")
    sequence = models.PositiveIntegerField(
        help_text="1 for the beginning; equals the subject's version after it."
    )
    verb = models.CharField(max_length=60)
    source = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    at = models.DateTimeField(help_text="When it happened, in the world.")
    precision = models.CharField(max_length=10, default="instant", help_text="How exactly `at` is known.")
    recorded_at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["sequence"]
        constraints = [models.UniqueConstraint(fields=["subject", "sequence"], name="one_record_per_move")]

    def __str__(self) -> str:
        return f"{self.verb} ({self.subject_id} #{self.sequence})"


class LedgerEntry(models.Model):
    """Who did or saw what. One hash chain per case; no names of children, no free text."""

    # Without an index of its own: the one on (chain, sequence) finds it.
    chain = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="ledger", db_index=False)
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=40, help_text="The person's id, or `system`.")
    action = models.CharField(max_length=60, help_text="`read`, or the verb.")
    target = models.CharField(max_length=80, help_text="What kind of thing, and its id.")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["chain", "sequence"]
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="one_ledger_place")]

    def __str__(self) -> str:
        return f"{self.action} {self.target} #{self.sequence}"
