"""What the engine knows of itself: when its tasks last ran, when they did not, and what its inspections found."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q


class Heartbeat(models.Model):
    """When a task that is rung again and again last ended."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"


class Outage(models.Model):
    """That nothing was swept between two instants, for longer than the pause that is usual.

    caught_up_at is NULL while what it left is still being swept.
    """

    began_at = models.DateTimeField(unique=True, help_text="The last sweep before it.")
    ended_at = models.DateTimeField(help_text="The first sweep after it.")
    caught_up_at = models.DateTimeField(null=True)
    reached = models.PositiveIntegerField(default=0, help_text="Rungs reached late.")
    missed = models.PositiveIntegerField(
        default=0, help_text="Breaches seen late. Lateness itself waits for no sweep."
    )

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("began_at")), name="outage_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.began_at} to {self.ended_at}"

    def left(self, fires_at: datetime) -> bool:
        """Whether a rung of that time is one that it left behind."""
        return fires_at <= self.ended_at


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def ended(self) -> "InspectionQuerySet":
        """ended_at is NULL while it is under way."""
        return self.filter(ended_at__isnull=False)

    def under_way(self) -> "InspectionQuerySet":
        return self.filter(ended_at=None)


class Inspection(models.Model):
    """One look at everything of a kind: how much was looked at, and what was wrong. Done in portions."""

    kind = models.CharField(max_length=40, help_text="Such as `verify-deadlines`.")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reached = models.CharField(max_length=60, blank=True, help_text="The last key that was looked at.")
    looked_at = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list, help_text="The first of them, in references only.")

    objects = InspectionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(ended_at=None), name="one_inspection_under_way"
            )
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="inspections_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.begun_at}"
