"""What the national Panel takes: a decision record, fixed at release, and its reply."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django_fsm import transition
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models import Role, Seat, User
from accounts.services import people_in
from reviews import verbs
from reviews.models.cases import Actor, Case
from reviews.models.decisions import Decision
from workflows.calendars import local_date
from workflows.models import Subject, SubjectQuerySet
from workflows.models.subjects import Beginning


class PanelRecord(Subject):
    """A released decision record. The document is fixed at release; the reply is what moves."""

    class State(models.TextChoices):
        RELEASED = "released", "Released to the Panel"
        ACCEPTED = "accepted", "The Panel agrees"
        DISAGREED = "disagreed", "The Panel does not agree"
        SUPERSEDED = "superseded", "No longer stands"

    subject = models.OneToOneField(
        Subject, on_delete=models.PROTECT, parent_link=True, primary_key=True, related_name="+"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="panel_records")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="panel_record")
    document = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="Of the document as a file.")

    objects: ClassVar[Any] = SubjectQuerySet.as_manager()

    BEGINNINGS: ClassVar[dict[str, Beginning]] = {
        "release": Beginning(State.RELEASED, "reviews.submit_case", {"panel": "record-released"})
    }
    VERB_WORDS: ClassVar[dict[str, str]] = verbs.VERB_WORDS
    SAYS_WHOM_TO_TELL: ClassVar[tuple[str, ...]] = ("case",)
    RESTING_STATES: ClassVar[frozenset[str]] = frozenset((State.ACCEPTED, State.DISAGREED, State.SUPERSEDED))

    class Meta:
        permissions = [
            ("accept_panelrecord", "Can record that the Panel agrees"),
            ("disagree_panelrecord", "Can record that the Panel does not agree"),
            ("supersede_panelrecord", "Can say that the record no longer stands"),
        ]

    def __str__(self) -> str:
        return f"{self.code}, case {self.document['code']}"

    @property
    def is_gone(self) -> bool:
        """Whether it was disposed of with the file of its case: only its code is left."""
        return set(self.document) == {"code"}

    def get_absolute_url(self) -> str:
        return reverse("panel-record", args=[self.pk])

    def anchors(self, verb: str, *, at: datetime) -> dict[str, datetime]:
        return {"rapid review sent": at} if verb == "release" else {}

    def meant_by(self, audience: str, *, at: datetime, without: Collection[uuid.UUID]) -> list[User]:
        if audience == "panel":
            return people_in(Seat.objects.filter(role=Role.PANEL), on=local_date(at), without=without)
        return self.case.people(audience, at=at, recused=without)

    def audience_key(self, audience: str) -> tuple[object, ...]:
        return (audience,) if audience == "panel" else (self.partnership_id, audience)

    @transition(
        "state",
        source=State.RELEASED,
        target=State.ACCEPTED,
        permission="reviews.accept_panelrecord",
        custom={"tells": {"business-manager": "panel-replied"}},
    )
    def accept(self, *, by: Actor, at: datetime) -> None:
        """The Panel agrees with the decision."""

    @transition(
        "state",
        source=State.RELEASED,
        target=State.DISAGREED,
        permission="reviews.disagree_panelrecord",
        custom={"tells": {"business-manager": "panel-replied"}},
    )
    def disagree(self, *, by: Actor, at: datetime) -> None:
        """The Panel does not agree; the record carries what it wrote."""

    @transition(
        "state",
        source=State.RELEASED,
        target=State.SUPERSEDED,
        permission="reviews.supersede_panelrecord",
        custom={"tells": {"panel": "record-superseded"}},
    )
    def supersede(self, *, by: Actor, at: datetime) -> None:
        """The decision is taken up again, or the notification was withdrawn: a reply is no longer awaited."""


class PanelRecordUserGrant(UserObjectPermissionBase):
    """A person may do that on this record."""

    content_object = models.ForeignKey(PanelRecord, on_delete=models.CASCADE, related_name="user_grants")


class PanelRecordGroupGrant(GroupObjectPermissionBase):
    """Whoever holds the seat may do that on this record."""

    content_object = models.ForeignKey(PanelRecord, on_delete=models.CASCADE, related_name="group_grants")
