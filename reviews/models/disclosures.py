"""What is given to somebody who asks what is held about them: a copy, blacked out in parts, and checked by another."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from reviews.models.cases import Case
from reviews.models.children import Child
from reviews.sealing import sealed_text

LASTS = timedelta(days=30)
"""So long a released copy can be taken; after that its words are emptied."""

REASONS: dict[str, str] = {
    "third-party": "It is about somebody else",
    "safety": "It could put somebody in danger",
    "privilege": "Legal advice, or made for proceedings",
    "other": "Another exemption",
}
"""Why something is blacked out. The code stands in the copy where it stood."""


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def in_work(self) -> "DisclosureQuerySet":
        """Neither released nor ended: both are NULL."""
        return self.filter(released_at=None, ended_at=None)

    def to_empty(self, *, at: datetime) -> "DisclosureQuerySet":
        """Released so long ago that it has expired, while its words are still there."""
        return self.filter(expires_at__lte=at).exclude(sealed_document="")


class Disclosure(models.Model):
    """A copy of what is held about a child of a case, or about the case. What is blacked out is not in it any more.

    Sealed, since it says who a child is. While in work it changes; a second person releases it; then it is fixed
    (sha256) until it expires, and its words are emptied.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="disclosures")
    child = models.ForeignKey(
        Child,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="NULL: no child is named in it.",
    )
    reference = models.CharField(max_length=200, help_text="The partnership's own, of the request.")
    sealed_document = models.TextField(
        blank=True, help_text="Parts, as JSON. Empty once it expired or ended."
    )
    redactions = models.JSONField(default=list, help_text="Part, reason and how often; never the words.")
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True, help_text="NULL: a second person has not checked it.")
    expires_at = models.DateTimeField(
        null=True, help_text="The first instant at which it can be taken no more."
    )
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file of data, as released.")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="NULL: nobody withdrew it.")

    objects: ClassVar[Any] = DisclosureQuerySet.as_manager()
    SEALED: ClassVar[tuple[str, ...]] = ("sealed_document",)

    class Meta:
        ordering = ["-prepared_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reference=""), name="a_disclosure_has_a_reference"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by=None, expires_at=None, sha256="")
                | (
                    Q(released_at__isnull=False, released_by__isnull=False, expires_at__isnull=False)
                    & ~Q(sha256="")
                    & ~Q(released_by=F("prepared_by"))
                ),
                name="another_person_releases_a_disclosure",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False, sealed_document=""),
                name="an_ended_disclosure_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"disclosure {self.pk}"

    @property
    def row_for_sealing(self) -> str:
        return str(self.id)

    _document = sealed_text("sealed_document")

    @property
    def parts(self) -> list[dict[str, str]]:
        """The parts, each with key, heading, label and text; none once it was emptied."""
        found: list[dict[str, str]] = json.loads(self._document) if self.sealed_document else []
        return found

    @parts.setter
    def parts(self, parts: list[dict[str, str]]) -> None:
        self._document = json.dumps(parts, ensure_ascii=False)

    def can_be_taken(self, *, at: datetime) -> bool:
        """Whether it was released, and neither ended nor expired."""
        return bool(self.released_at and self.expires_at and not self.ended_at and at < self.expires_at)
