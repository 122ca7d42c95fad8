"""Bank holidays as data: immutable lists, each with where it came from and when it was published."""

from django.db import models

from workflows.calendars import Calendar


class CalendarVersionQuerySet(models.QuerySet["CalendarVersion"]):
    def current(self) -> "CalendarVersion":
        """The list in use: the one loaded last. Raises DoesNotExist when none ever was."""
        return self.latest("loaded_at")


class CalendarVersion(models.Model):
    """One list of bank holidays. Never edited: a change is a new version, and the old one explains old dates."""

    code = models.CharField(max_length=40, unique=True, help_text="Such as `2026-02-25/8f3a01`.")
    division = models.CharField(max_length=40, default="england-and-wales")
    source = models.CharField(max_length=200)
    published_on = models.DateField()
    loaded_at = models.DateTimeField()
    known_until = models.DateField()

    objects = CalendarVersionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.code

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
