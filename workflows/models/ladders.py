"""What a partnership has made of a ladder, and what a person has muted: both kept, neither ever undone in the past."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import Partnership, User
from workflows.calendars import local_date
from workflows.ladders import Rung as Step
from workflows.models.subjects import Subject


class LadderVersionQuerySet(models.QuerySet["LadderVersion"]):
    def newest(self) -> "LadderVersionQuerySet":
        """The one in force of each ladder, of whichever partnerships are asked for: the one no other follows."""
        following = LadderVersion.objects.filter(
            partnership=models.OuterRef("partnership"),
            name=models.OuterRef("name"),
            number__gt=models.OuterRef("number"),
        )
        return self.filter(~models.Exists(following))


class LadderVersion(models.Model):
    """The steps of a ladder as a partnership set them, from the instant it did until the next version.

    Rows are only added. Where there is none, the ladder of the book counts. A deadline keeps the version it
    started with, unless its partnership said that running ones climb the new one.
    """

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="ladders")
    name = models.CharField(max_length=40, help_text="Which ladder of the book, such as `rapid-review`.")
    number = models.PositiveIntegerField(
        help_text="1, 2, 3 ...: the database lets one of two at once through."
    )
    steps = models.JSONField(help_text="The keys of its rungs, such as `before-3:author`.")
    valid_from = models.DateTimeField()
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    also_running = models.BooleanField(help_text="Whether deadlines that ran already climb it, too.")

    objects = LadderVersionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "name", "number"], name="one_ladder_version_of_a_number"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="ladder_versions_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.number}"

    @property
    def rungs(self) -> tuple[Step, ...]:
        """The same, as the pure functions take them."""
        return tuple(Step.parse(key) for key in self.steps)


class MuteQuerySet(models.QuerySet["Mute"]):
    def in_force(self, *, at: datetime) -> "MuteQuerySet":
        """Not ended by anybody (ended_at is NULL), and its last day is not over."""
        return self.filter(ended_at=None, until__gte=local_date(at))


class Mute(models.Model):
    """That nobody is told of a case's deadlines, or of one, until the end of a day. Why, and who said so.

    Steps whose time comes meanwhile are reached as ever and point here; breaches are recorded as ever.
    """

    case = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="mutes")
    deadline = models.ForeignKey(
        "workflows.Deadline",
        on_delete=models.PROTECT,
        null=True,
        related_name="mutes",
        help_text="NULL: every deadline of the case and of what belongs to it.",
    )
    reason = models.CharField(max_length=1000)
    until = models.DateField(help_text="Its last day, in London.")
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", help_text="NULL: the system."
    )
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="NULL: nobody ended it before its last day.")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = MuteQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_mute_says_why")]

    def __str__(self) -> str:
        return f"{self.case_id} until {self.until}"
