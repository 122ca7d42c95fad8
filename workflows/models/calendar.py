"""Bank holidays as data: immutable lists, each with where it came from, and the changes proposed to them."""

from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from workflows.calendars import Calendar, local_date

GOVUK, HAND = "govuk", "hand"
"""Where a list, or a change to one, comes from: gov.uk published it, or people here added or took away a day."""


class CalendarVersionQuerySet(models.QuerySet["CalendarVersion"]):
    def current(self) -> "CalendarVersion":
        """The list in use: the one loaded last. Raises DoesNotExist when none ever was."""
        return self.latest("pk")  # not by loaded_at: two lists may have one instant

    def official(self) -> "CalendarVersion":
        """The last list that gov.uk published. Raises DoesNotExist when there is none."""
        return self.filter(origin=GOVUK).latest("pk")


class CalendarVersion(models.Model):
    """One list of bank holidays. Never edited: a change is a new version, and the old one explains old dates.

    All but the list in use name that one, so that whoever holds a deadline knows it without asking again.
    """

    code = models.CharField(max_length=40, unique=True, help_text="Such as `2026-02-25/8f3a01`.")
    division = models.CharField(max_length=40, default="england-and-wales")
    source = models.CharField(max_length=200)
    published_on = models.DateField()
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    checked_at = models.DateTimeField(
        null=True, help_text="When gov.uk was last seen to say the same. NULL: not since it was loaded."
    )
    known_until = models.DateField()
    origin = models.CharField(max_length=10, default=GOVUK, help_text="`govuk`, or `hand`.")
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        to_field="code",
        null=True,
        related_name="+",
        db_index=False,
        help_text="The list in use. NULL: this one is.",
    )

    objects = CalendarVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.code

    def age_in_days(self, *, at: datetime) -> int:
        """Days since it was published, or since gov.uk was last seen to say the same."""
        last = self.published_on if self.checked_at is None else local_date(self.checked_at)
        return (local_date(at) - max(last, self.published_on)).days

    def as_calendar(self) -> Calendar:
        return Calendar(self.code, dict(self.holidays.values_list("day", "name")))


class BankHoliday(models.Model):
    """A day that does not count, and its name."""

    calendar = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="one_holiday_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"


class CalendarChangeQuerySet(models.QuerySet["CalendarChange"]):
    def waiting(self) -> "CalendarChangeQuerySet":
        """Neither confirmed nor withdrawn. One whose base is no longer in use is overtaken."""
        return self.filter(state="proposed")

    def still_dating(self) -> "CalendarChangeQuerySet":
        """Confirmed, while there may be deadlines still to date anew: redated_at is NULL until there are none."""
        return self.filter(state="confirmed", redated_at=None)


class CalendarChange(models.Model):
    """That another list should take the place of the one in use: proposed, then confirmed or withdrawn.

    base is the list that was in use when it was proposed; document the whole list as it would be, so that
    what is confirmed is what was shown. What people claim themselves takes a second person, and the database
    insists: a day added or taken away by hand, and a file that says otherwise than the lists held here.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "Waits to be confirmed"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Withdrawn"

    origin = models.CharField(max_length=10)
    takes_two = models.BooleanField(
        default=False, help_text="Somebody else than who proposed it confirms it."
    )
    base = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    reason = models.CharField(max_length=1000)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    decided_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="NULL: nobody yet, or the system.",
    )
    decided_at = models.DateTimeField(null=True)
    version = models.ForeignKey(
        CalendarVersion,
        on_delete=models.PROTECT,
        null=True,
        related_name="changes",
        help_text="What it became.",
    )
    redated_at = models.DateTimeField(null=True, help_text="When every open deadline counted by it.")
    moved = models.PositiveIntegerField(default=0, help_text="Open deadlines whose day it moved.")

    objects = CalendarChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "confirmed", "withdrawn"]), name="change_state_is_known"
            ),
            models.CheckConstraint(condition=Q(origin__in=[GOVUK, HAND]), name="change_origin_is_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="change_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False)),
                name="change_is_decided_once",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", version__isnull=False)
                | (~Q(state="confirmed") & Q(version=None)),
                name="confirmed_change_has_a_list",
            ),
            models.CheckConstraint(
                # Both named: a comparison with NULL is neither true nor false, and a check lets that pass.
                condition=~Q(takes_two=True, state="confirmed")
                | (Q(proposed_by__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="what_takes_two_has_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(origin=HAND) | Q(takes_two=True), name="a_day_changed_by_hand_takes_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.state})"

    @property
    def source(self) -> str:
        return str(self.document["source"])

    @property
    def days(self) -> dict[date, str]:
        """The days of the list as it would be, with their names."""
        events: list[dict[str, Any]] = self.document["events"]
        return {date.fromisoformat(event["date"]): event["title"] for event in events}
