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


class LedgerHead(models.Model):
    """Where a chain of the ledger ends. Whoever adds an entry locks it: chains do not wait for one another."""

    chain = models.UUIDField(primary_key=True)
    sequence = models.PositiveIntegerField(default=0, help_text="How many entries there are.")
    hash = models.CharField(max_length=64, help_text="Of the last; of nothing, sixty-four noughts.")

    def __str__(self) -> str:
        return f"{self.chain} #{self.sequence}"


class LedgerEntry(models.Model):
    """Who did or saw what. One hash chain a case, one a person, one for the service.

    No names, no free text, no addresses of pages. Outlives what it tells of: its references are no foreign keys.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    chain = models.UUIDField(
        db_column="chain_id", help_text="The id of the case, or of the person; noughts for the service."
    )
    sequence = models.PositiveIntegerField()
    form = models.PositiveSmallIntegerField(help_text="Which columns are sealed: see workflows.sealing.")
    at = models.DateTimeField(help_text="When it was done, as the program had it.")
    recorded_at = models.DateTimeField(null=True, help_text="By the clock of the database. NULL: first form.")
    actor = models.CharField(max_length=40, help_text="The person's id, `system`, or `nobody`.")
    on_behalf_of = models.CharField(
        max_length=40, blank=True, help_text="The id of whom a deputy stood in for; empty: for themselves."
    )
    session = models.CharField(max_length=16, blank=True, help_text="A mark of the session, not its key.")
    ip = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=60, help_text="`read`, `list`, `export`, or the verb.")
    target = models.CharField(max_length=80, help_text="What kind of thing, and its id.")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, help_text="Empty: first form.")
    reason = models.CharField(max_length=40, blank=True, help_text="A code, such as `not-visible`.")
    request = models.CharField(max_length=32, blank=True, help_text="The number of the request.")
    changed = models.TextField(
        blank=True, help_text="The names of fields, with spaces between. Never a value."
    )
    listed = models.TextField(blank=True, help_text="The codes that a list showed, with spaces between.")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["chain", "sequence"]
        constraints = [models.UniqueConstraint(fields=["chain", "sequence"], name="one_ledger_place")]
        indexes = [
            models.Index(fields=["actor", "-id"], name="ledger_of_a_person"),
            models.Index(fields=["at"], name="ledger_of_a_day"),
            models.Index(fields=["target"], condition=models.Q(outcome="refused"), name="ledger_refusals"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target} #{self.sequence}"


class LedgerAnchor(models.Model):
    """That the ends of all chains were written down outside, on a London day. Append-only, like what it vouches for."""

    on = models.DateField(unique=True)
    made_at = models.DateTimeField()
    chains = models.PositiveIntegerField()
    entries = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file, as was mailed and logged.")

    class Meta:
        ordering = ["-on"]

    def __str__(self) -> str:
        return f"{self.on}: {self.digest}"
