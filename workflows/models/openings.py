"""What opens a case for a time to somebody to whom nothing of it is granted: a share across the border, break-glass."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Seat, User, in_window


class ShareQuerySet(models.QuerySet["Share"]):
    def in_force(self, *, on: date) -> "ShareQuerySet":
        """On the day: neither revoked (revoked_at is NULL), nor before its first or after its last."""
        return self.filter(in_window(on), revoked_at=None)


class Share(models.Model):
    """That whoever holds a seat on the other side of the wall sees a case, from a first day to a last, both inclusive.

    They see its page and change nothing. It ends by itself, or is revoked; the row stays.
    """

    case = models.ForeignKey("workflows.Subject", on_delete=models.PROTECT, related_name="shares")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="shares")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=1000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, help_text="NULL: nobody ended it before its last day.")
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[Any] = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["seat"], condition=Q(revoked_at=None), name="shares_of_a_seat")]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_share_says_why"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="a_share_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="a_revoked_share_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def in_force(self, *, at: datetime) -> "BreakGlassQuerySet":
        """Approved, and their hour not over; nobody ended them before (ended_at is NULL)."""
        return self.filter(opened_at__lte=at, until__gt=at, ended_at=None)

    def to_answer(self, *, since: datetime) -> "BreakGlassQuerySet":
        """Asked for since that instant, and neither opened nor refused: both are NULL."""
        return self.filter(opened_at=None, refused_at=None, asked_at__gt=since)

    def to_review(self) -> "BreakGlassQuerySet":
        """Opened once, and nobody but their user has said what came of it: reviewed_at is NULL."""
        return self.filter(opened_at__isnull=False, reviewed_at=None)


class BreakGlass(models.Model):
    """Break-glass: that a person asked to see a case nobody granted them, who let them, and who looked at it after.

    For an hour it opens the case and what belongs to it for reading. For somebody from outside the partnership two
    people must agree.
    """

    case = models.ForeignKey("workflows.Subject", on_delete=models.PROTECT, related_name="break_glass")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="break_glass")
    kind = models.CharField(max_length=40, help_text="Which line of the list of reasons.")
    words = models.CharField(max_length=1000)
    asked_at = models.DateTimeField()
    needs_two = models.BooleanField(help_text="They hold no seat in the partnership of the case.")
    seconded_at = models.DateTimeField(null=True, help_text="NULL: the first of two has not agreed.")
    seconded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(null=True, help_text="When it was approved. NULL: it was not.")
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True, help_text="The first instant at which it is over.")
    refused_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="NULL: it ran its time.")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, help_text="NULL: still to be looked at.")
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    review = models.CharField(max_length=1000, blank=True)

    objects: ClassVar[Any] = BreakGlassQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [
            models.Index(
                fields=["person", "until"],
                condition=Q(ended_at=None, until__isnull=False),
                name="opened_to_a_person",
            ),
            models.Index(
                fields=["case"],
                condition=Q(opened_at__isnull=False, reviewed_at=None),
                name="openings_to_review",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="break_glass_says_why"),
            models.CheckConstraint(
                condition=Q(opened_at=None, opened_by=None, until=None)
                | Q(opened_at__isnull=False, opened_by__isnull=False, until__isnull=False, refused_at=None),
                name="opened_says_by_whom_and_until_when",
            ),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(needs_two=False) | Q(seconded_by__isnull=False),
                name="an_outsider_needs_two",
            ),
            models.CheckConstraint(
                condition=(Q(opened_by=None) | ~Q(opened_by=F("person")))
                & (Q(seconded_by=None) | (~Q(seconded_by=F("person"))))
                & (Q(seconded_by=None) | Q(opened_by=None) | ~Q(seconded_by=F("opened_by"))),
                name="nobody_opens_for_themselves_or_twice",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None, review="")
                | (
                    Q(reviewed_at__isnull=False, reviewed_by__isnull=False)
                    & ~Q(review="")
                    & ~Q(reviewed_by=F("person"))
                ),
                name="another_reviews_it_in_words",
            ),
        ]

    def __str__(self) -> str:
        return f"break-glass {self.pk}"
