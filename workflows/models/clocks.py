"""Rules as stored, deadlines, the facts they are derived from, and the rungs still to come."""

from datetime import date, datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from accounts.models import Partnership, User
from workflows.models.calendar import CalendarVersion
from workflows.models.ladders import LadderVersion, Mute
from workflows.models.subjects import Subject
from workflows.rules import DeadlineRule, Limit


class RuleVersionQuerySet(models.QuerySet["RuleVersion"]):
    def in_force(self, on: date) -> "RuleVersionQuerySet":
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gte=on))

    def of(self, partnership: Partnership) -> "RuleVersionQuerySet":
        """The statutory rules, and this partnership's own milestones and relaxations."""
        return self.filter(Q(partnership=None) | Q(partnership=partnership))

    def relaxations(self) -> "RuleVersionQuerySet":
        """Emergency relaxations of statutory rules: the versions that have an authority."""
        return self.exclude(authority="")


class RuleVersion(models.Model):
    """One version of a rule. Statutory rules are code, copied here so that deadlines can point at them;
    local milestones (partnership set) are rows that the business manager edits.

    A partnership's version of a statutory rule is an emergency relaxation: it has the authority by which that
    limit counts there for a time. A deadline keeps the version it started with.
    """

    code = models.CharField(max_length=60)
    partnership = models.ForeignKey(
        Partnership, on_delete=models.PROTECT, null=True, related_name="milestones"
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=60, blank=True, help_text="Empty: no clock of this system.")
    limit = models.CharField(max_length=60)
    starts = models.CharField(max_length=60)
    met_by = models.JSONField(default=list)
    voided_by = models.JSONField(default=list)
    owed_by = models.CharField(max_length=100)
    owed_to = models.CharField(max_length=100)
    citation = models.CharField(max_length=300)
    mark = models.CharField(max_length=1)
    edition = models.CharField(max_length=100, blank=True)
    duty = models.CharField(max_length=5, default="by")
    ladder = models.CharField(max_length=40)
    allows = models.JSONField(default=list, help_text="What a person may do to its clocks, such as `pause`.")
    force = models.CharField(max_length=6, blank=True, help_text="How it binds: must, should or may.")
    note = models.CharField(max_length=300, blank=True, help_text="What a reader should know besides.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    authority = models.CharField(
        max_length=300, blank=True, help_text="Who relaxed the rule. Empty: not relaxed."
    )
    reason = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)

    objects = RuleVersionQuerySet.as_manager()

    class Meta:
        ordering = ["code", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "valid_from"],
                condition=Q(partnership=None),
                name="one_statutory_version_a_day",
            ),
            models.UniqueConstraint(
                fields=["code", "partnership", "valid_from"],
                condition=Q(partnership__isnull=False),
                name="one_local_version_a_day",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(partnership=None, valid_to=None),
                name="one_open_statutory_version",
            ),
            models.UniqueConstraint(
                fields=["code", "partnership"],
                condition=Q(partnership__isnull=False, valid_to=None),
                name="one_open_local_version",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="rule_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(authority="") | (Q(partnership__isnull=False) & ~Q(reason="")),
                name="a_relaxation_has_a_partnership_and_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.valid_from}"

    @property
    def limit_in_words(self) -> str:
        return Limit.parse(self.limit).words

    def is_in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def is_relaxation(self) -> bool:
        return bool(self.authority)

    @property
    def is_local(self) -> bool:
        """A milestone that the partnership set itself."""
        return self.partnership_id is not None and not self.is_relaxation

    @property
    def is_kept(self) -> bool:
        """Whether anything in this system starts its clock."""
        return bool(self.kind)

    def as_rule(self) -> DeadlineRule:
        """The same, as the pure functions take it."""
        return DeadlineRule(
            code=self.code, name=self.name, kind=self.kind, limit=Limit.parse(self.limit), starts=self.starts,
            owed_by=self.owed_by, owed_to=self.owed_to, citation=self.citation, mark=self.mark,  # type: ignore[arg-type]
            valid_from=self.valid_from, valid_to=self.valid_to, met_by=tuple(self.met_by),
            voided_by=tuple(self.voided_by), ladder=self.ladder, duty=self.duty, edition=self.edition,  # type: ignore[arg-type]
            allows=tuple(self.allows), force=self.force, note=self.note,
        )  # fmt: skip


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def open(self) -> "DeadlineQuerySet":
        """Neither met nor voided: running or paused."""
        return self.filter(state__in=("running", "paused"))

    def running(self) -> "DeadlineQuerySet":
        return self.filter(state="running")

    def overdue(self, *, at: datetime) -> "DeadlineQuerySet":
        """Running, though their time has passed. due_at is NULL only while paused."""
        return self.running().filter(due_at__lte=at, rule__duty="by")

    def late(self, *, at: datetime) -> "DeadlineQuerySet":
        """Met after their time, or past it unmet at the instant."""
        return self.filter(due_at__lte=Coalesce("met_at", models.Value(at)), rule__duty="by").exclude(
            state="voided"
        )


class Deadline(models.Model):
    """A rule applied to a subject. due_on and due_at are caches of the fold over its facts.

    due_on is the last day in time (London); due_at the midnight that ends it: the first late
    instant (aware, UTC). Both are NULL while paused.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        MET = "met"
        VOIDED = "voided"

    # Without an index of its own: the one on (subject, rule_code) finds it.
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="deadlines", db_index=False)
    rule = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="deadlines")
    rule_code = models.CharField(max_length=60)
    # Nearly all open ones count by the one list in use: an index on it finds nothing, and costs at every change.
    calendar = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    ladder = models.ForeignKey(
        LadderVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="deadlines",
        help_text="NULL: as the book has it.",
    )
    state = models.CharField(max_length=10, choices=State)
    started_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(
        null=True, help_text="When the sweep saw the breach. Lateness does not wait for it."
    )
    derivation = models.JSONField()

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "rule_code"], name="one_clock_per_rule_and_subject"),
            models.CheckConstraint(
                condition=Q(state__in=["running", "paused", "met", "voided"]), name="deadline_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(due_at__isnull=False), name="running_has_a_date"
            ),
            models.CheckConstraint(
                condition=~Q(state="met") | Q(met_at__isnull=False), name="met_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="running"), name="running_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} of {self.subject_id}"

    @property
    def is_open(self) -> bool:
        """Neither met nor voided: running or paused."""
        return self.state in (self.State.RUNNING, self.State.PAUSED)

    @property
    def is_provisional(self) -> bool:
        return bool(self.derivation.get("provisional"))

    @property
    def is_late(self) -> bool:
        """Met after its time. For one that is open, ask QuerySet.overdue with an instant."""
        return bool(self.met_at and self.due_at and self.met_at >= self.due_at and self.rule.duty == "by")


class Fact(models.Model):
    """Something that happened to a deadline. Append-only: the database refuses to change one."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=20)
    effective_at = models.DateTimeField(help_text="When it took effect, in the world.")
    recorded_at = models.DateTimeField(help_text="When we were told.")
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    authority = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["effective_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} ({self.deadline_id})"


class DateRecord(models.Model):
    """That a deadline was counted anew and came out otherwise: what was, what became. Append-only.

    The facts say what happened, and give the date there is now; this keeps what was shown before.
    """

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="dates")
    at = models.DateTimeField()
    because = models.CharField(max_length=20, help_text="The kind of fact that led to it.")
    state_before = models.CharField(max_length=10)
    state_after = models.CharField(max_length=10)
    due_before = models.DateField(null=True, help_text="NULL: paused, so without a date.")
    due_after = models.DateField(null=True)
    calendar_before = models.CharField(max_length=40)
    calendar_after = models.CharField(max_length=40)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.due_before} to {self.due_after} ({self.deadline_id})"


class RungQuerySet(models.QuerySet["Rung"]):
    def ahead(self) -> "RungQuerySet":
        """Still to come: reached_at is NULL until the sweep claims one."""
        return self.filter(reached_at=None)

    def whose_time_has_come(self, *, at: datetime) -> "RungQuerySet":
        return self.ahead().filter(fires_at__lte=at, deadline__state="running")


class Rung(models.Model):
    """One step of a deadline's ladder, with its time. Those ahead are a cache; those reached are history."""

    # Without an index of its own: the one on (deadline, key, due_at) finds it.
    deadline = models.ForeignKey(Deadline, on_delete=models.CASCADE, related_name="rungs", db_index=False)
    key = models.CharField(max_length=60)
    tell = models.CharField(max_length=40, blank=True)
    news = models.CharField(max_length=40)
    due_at = models.DateTimeField(help_text="The due value it belongs to: a moved deadline has new rungs.")
    fires_at = models.DateTimeField()
    reached_at = models.DateTimeField(null=True)
    mute = models.ForeignKey(
        Mute, on_delete=models.PROTECT, null=True, related_name="rungs", help_text="Why nobody was told."
    )

    objects = RungQuerySet.as_manager()

    class Meta:
        ordering = ["fires_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["deadline", "key", "due_at"], name="one_rung_per_step_and_due_value"
            )
        ]
        indexes = [models.Index(fields=["fires_at"], condition=Q(reached_at=None), name="rungs_ahead")]

    def __str__(self) -> str:
        return f"{self.key} of {self.deadline_id}"

    @property
    def dedupe_key(self) -> str:
        """Which rung, for which due value: the same words for the same rung, however often it is swept."""
        return f"rung:{self.deadline_id}:{self.key}:{self.due_at:%Y%m%dT%H%MZ}"
