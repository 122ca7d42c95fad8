"""A file that an agency gives with its return: what it is, whether a scanner has looked at it, where its bytes lie."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from reviews.files.kinds import KINDS, Kind
from reviews.files.names import LONGEST
from reviews.files.remarks import in_words
from reviews.models.returns import AgencyReturn

SHORT = 200
LOOKED_AGAIN_AFTER = timedelta(days=7)
"""A clean file is looked at again after this: scanners learn."""
LONGEST_WAIT = timedelta(minutes=5)


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def there(self) -> "AttachmentQuerySet":
        """Those that the return has now: nobody removed them (NULL), and they were not disposed of ("")."""
        return self.filter(removed_at=None).exclude(stored="").order_by("added_at", "pk")

    def kept(self) -> "AttachmentQuerySet":
        """Those whose bytes are there, also of files that only an earlier version of the return has."""
        return self.exclude(stored="")

    def waiting(self) -> "AttachmentQuerySet":
        """Those that no scanner has looked at yet."""
        return self.kept().filter(state=Attachment.State.HELD)

    def to_scan(self, *, at: datetime) -> "AttachmentQuerySet":
        """Those that wait, and those whose last look is a week old; the ones that wait first."""
        is_due = Q(state=Attachment.State.HELD) | Q(
            state=Attachment.State.CLEAN, scanned_at__lte=at - LOOKED_AGAIN_AFTER
        )
        return self.kept().filter(is_due).order_by("-state", "added_at", "pk")


class Attachment(models.Model):
    """One file. Its bytes lie sealed in the store, and nobody gets them before a scanner has found them clean."""

    class State(models.TextChoices):
        HELD = "held", "Waiting for a check"
        CLEAN = "clean", "Checked"
        INFECTED = "infected", "A virus was found"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=LONGEST, help_text="As it is shown and saved by.")
    about = models.CharField(max_length=SHORT, blank=True, help_text="What it is, in the agency's words.")
    kind = models.CharField(max_length=10, choices=[(kind.code, kind.words) for kind in KINDS.values()])
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64, help_text="Of what came. Empty once it was disposed of.")
    remarks = models.JSONField(default=list, help_text="What it holds besides what it shows, by codes.")
    stored = models.CharField(
        max_length=32, help_text="Its name in the store. Empty once it was disposed of."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    virus = models.CharField(max_length=120, blank=True, help_text="The scanner's name for what it found.")
    scanned_at = models.DateTimeField(null=True, help_text="NULL: no scanner has looked at it.")
    tried_at = models.DateTimeField(null=True, help_text="When a scanner was last asked. NULL: never.")
    tries = models.PositiveIntegerField(default=0, help_text="Since a scanner last answered.")
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(
        null=True, help_text="NULL: the return has it. Otherwise only an earlier version of it does."
    )

    objects: ClassVar[Any] = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agency_return", "sha256"],
                condition=Q(removed_at=None) & ~Q(sha256=""),
                name="a_return_has_a_file_once",
            ),
            models.CheckConstraint(
                condition=Q(state="held", scanned_at=None, virus="")
                | Q(state="clean", scanned_at__isnull=False, virus="")
                | (Q(state="infected", scanned_at__isnull=False) & ~Q(virus="")),
                name="an_attachment_is_clean_because_it_was_scanned",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by=None)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="an_attachment_is_removed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def is_a(self) -> Kind:
        return KINDS[self.kind]

    @property
    def also_holds(self) -> str:
        """What it holds besides what it shows, in words; "" for nothing that we know of."""
        return in_words(self.remarks)

    @property
    def can_be_taken(self) -> bool:
        """Whether its bytes may leave: a scanner found it clean, or the operator chose to do without one."""
        if self.state == self.State.HELD:
            return not settings.CLAMAV and settings.UNSCANNED_FILES == "served"
        return self.state == self.State.CLEAN

    def is_to_be_tried(self, *, at: datetime) -> bool:
        """Whether the scanner may be asked now: at once, then after ever longer, at most five minutes."""
        if self.tried_at is None:
            return True
        wait = min(LONGEST_WAIT, timedelta(seconds=20 * 2 ** min(self.tries, 4)))
        return at >= self.tried_at + wait

    def as_kept(self) -> dict[str, Any]:
        """As a version of the return keeps it."""
        kept = {name: getattr(self, name) for name in ("name", "about", "kind", "size", "sha256")}
        return {"id": str(self.pk), **kept}
