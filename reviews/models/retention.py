"""How long records are kept, what is held for a court, who reviewed it, and what was disposed of."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Partnership, User
from reviews.models.cases import Case
from reviews.retention import CLASSES, Kept


class RetentionRuleQuerySet(models.QuerySet["RetentionRule"]):
    def in_force(self, *, on: date) -> "RetentionRuleQuerySet":
        """On the day. valid_to is NULL while no later version was set."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)


class RetentionRule(models.Model):
    """A line of a partnership's own schedule, between two days. Changed, it ends, and another row begins."""

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="retention_rules")
    record_class = models.CharField(max_length=20)
    trigger = models.CharField(max_length=30)
    years = models.PositiveSmallIntegerField(null=True, help_text="NULL: without end.")
    citation = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, help_text="Inclusive. NULL: no later version was set.")
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    recorded_at = models.DateTimeField()

    objects: ClassVar[Any] = RetentionRuleQuerySet.as_manager()

    class Meta:
        ordering = ["record_class", "trigger", "valid_from", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(citation="") | ~Q(reason=""), name="retention_rule_says_why"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="retention_rule_ends_after_it_began",
            ),
            models.UniqueConstraint(
                fields=["partnership", "record_class", "trigger"],
                condition=Q(valid_to=None),
                name="one_open_retention_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_class}, {self.trigger}"

    @property
    def as_kept(self) -> Kept:
        """The same for the count, which knows no database."""
        return Kept(self.record_class, self.trigger, self.years, self.citation, self.reason)


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def in_force(self) -> "LegalHoldQuerySet":
        """Not lifted: lifted_at is NULL."""
        return self.filter(lifted_at=None)


class LegalHold(models.Model):
    """That nothing of a case may be disposed of, for a court, an inquiry or the like, until it is lifted.

    While one is in force the database refuses a certificate of disposal. A lifted one stays, and says who and why.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="legal_holds")
    kind = models.CharField(max_length=40, help_text="Which line of the list of reasons.")
    reference = models.CharField(max_length=300, help_text="Who asked for it, and under which reference.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, help_text="NULL: it holds.")
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_reason = models.CharField(max_length=1000, blank=True)

    objects: ClassVar[Any] = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="a_hold_says_for_whom"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None, lifted_reason="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_reason="")),
                name="a_lifted_hold_says_by_whom_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class RetentionReviewQuerySet(models.QuerySet["RetentionReview"]):
    def waiting(self) -> "RetentionReviewQuerySet":
        """Proposed, and neither agreed nor withdrawn."""
        return self.filter(settled_at=None)

    def keeping(self, *, on: date) -> "RetentionReviewQuerySet":
        """By which two people agreed that something is kept longer, to be looked at on a day after this one."""
        return self.filter(answer="agreed", outcome="keep", next_review_on__gt=on)


class RetentionReview(models.Model):
    """That somebody proposes to dispose of a class of a case, or to keep it longer, and what a second person said.

    basis is what the proposal went by: a second person agrees to that, and to nothing that has changed since.
    """

    class Outcome(models.TextChoices):
        DISPOSE = "dispose", "Dispose of it"
        KEEP = "keep", "Keep it longer"

    class Answer(models.TextChoices):
        AGREED = "agreed", "Agreed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="retention_reviews")
    record_class = models.CharField(max_length=20)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=1000)
    next_review_on = models.DateField(null=True, help_text="NULL: it is to be disposed of.")
    basis = models.JSONField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True, help_text="Empty: it waits for one.")
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, help_text="NULL: it waits.")

    objects: ClassVar[Any] = RetentionReviewQuerySet.as_manager()

    class Meta:
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_retention_review_says_why"),
            models.CheckConstraint(
                condition=Q(outcome="keep", next_review_on__isnull=False)
                | Q(outcome="dispose", next_review_on=None),
                name="what_is_kept_is_looked_at_again",
            ),
            models.CheckConstraint(
                condition=Q(answer="", settled_at=None, settled_by=None)
                | Q(answer__in=["agreed", "withdrawn"], settled_at__isnull=False, settled_by__isnull=False),
                name="a_retention_review_is_settled_once",
            ),
            models.CheckConstraint(
                condition=~Q(answer="agreed") | ~Q(settled_by=F("proposed_by")),
                name="two_people_agree_what_becomes_of_a_record",
            ),
            models.UniqueConstraint(
                fields=["case", "record_class"],
                condition=Q(settled_at=None),
                name="one_retention_review_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.record_class}"

    @property
    def class_in_words(self) -> str:
        return CLASSES[self.record_class][0]


class Disposal(models.Model):
    """The certificate that a class of a case was disposed of. Append-only; the database refuses it while a hold stands.

    digest is the SHA-256 of all that was removed, as it was stored: who has a copy can prove that it is the same, and
    nobody can learn from it what it was.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="disposals")
    record_class = models.CharField(max_length=20)
    review = models.OneToOneField(RetentionReview, on_delete=models.PROTECT, related_name="disposal")
    due_from = models.DateField(help_text="From when it might be disposed of, by the rules of that day.")
    rules = models.JSONField(help_text="Each rule by which that day was counted, in words, with its source.")
    removed = models.JSONField(help_text="How many rows of each kind something was removed from.")
    digest = models.CharField(max_length=64)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ledger_sequence = models.PositiveIntegerField(help_text="The entry of the case's chain that tells of it.")
    ledger_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "record_class"], name="disposed_of_once"),
            models.CheckConstraint(condition=~Q(agreed_by=F("proposed_by")), name="a_disposal_takes_two"),
        ]

    def __str__(self) -> str:
        return f"Certificate {self.pk}"

    @property
    def class_in_words(self) -> str:
        return CLASSES[self.record_class][0]
