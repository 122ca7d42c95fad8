"""What an agency returns: asked for, written, signed off, taken; or nil, with what was searched."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django_fsm import transition
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models import Agency, Role, Seat, User
from accounts.services import people_in
from reviews import verbs
from reviews.models.cases import Actor, Case
from workflows.calendars import local_date
from workflows.models import Subject, SubjectQuerySet
from workflows.models.subjects import Beginning

AGENCY_AUDIENCES = ("author", "safeguarding-lead", "delegated-partner")
"""Those that mean the agency's own people; every other audience is the case's."""

RETURN_VERBS = (
    "acknowledge",
    "draft",
    "declare_nil",
    "finish",
    "sign_off",
    "send_back",
    "accept",
    "cancel",
    "return_to_author",
)


class AgencyReturn(Subject):
    """One agency's answer about one case. Belongs to the case (root); seen by that agency and the case's people."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Requested"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        IN_PROGRESS = "in_progress", "In progress"
        SUBMITTED = "submitted", "Waiting for sign-off"
        SIGNED_OFF = "signed_off", "Signed off"
        NIL = "nil", "Nil return"
        SENT_BACK = "sent_back", "Sent back"
        ACCEPTED = "accepted", "Accepted"
        CANCELLED = "cancelled", "No longer needed"

    subject = models.OneToOneField(
        Subject, on_delete=models.PROTECT, parent_link=True, primary_key=True, related_name="+"
    )
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="returns")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="returns")
    is_asked_later = models.BooleanField(
        default=False, help_text="Asked after the first days: it has its own clock."
    )
    form_version = models.CharField(max_length=20)
    answers = models.JSONField(default=dict)
    searched = models.TextField(blank=True, help_text="For a nil return: systems searched, identifiers used.")
    given = models.TextField(
        blank=True, help_text="What came by another way than this service: how, from whom, and what it says."
    )
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_off_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_off_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = SubjectQuerySet.as_manager()

    BEGINNINGS: ClassVar[dict[str, Beginning]] = {
        "request": Beginning(
            State.REQUESTED,
            "reviews.ask_agencies_case",
            {"author": "return-requested", "safeguarding-lead": "return-requested"},
        ),
    }
    VERB_WORDS: ClassVar[dict[str, str]] = verbs.VERB_WORDS
    RESTING_STATES: ClassVar[frozenset[str]] = frozenset((State.ACCEPTED, State.CANCELLED))
    SAYS_WHOM_TO_TELL: ClassVar[tuple[str, ...]] = ("case", "agency")
    OPEN: ClassVar[tuple[str, ...]] = (
        State.REQUESTED,
        State.ACKNOWLEDGED,
        State.IN_PROGRESS,
        State.SUBMITTED,
        State.SENT_BACK,
    )
    """States in which the agency still owes something."""

    class Meta:
        permissions = [
            *((f"{verb}_agencyreturn", f"Can {verb.replace('_', ' ')} a return") for verb in RETURN_VERBS),
            ("move_dates_agencyreturn", "Can pause, extend and restart the clocks of a return"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case", "agency"], name="one_return_per_agency_and_case")
        ]

    def __str__(self) -> str:
        return f"{self.agency}, {self.code}"

    @property
    def is_in(self) -> bool:
        """Whether the partnership has it: signed off, nil or accepted."""
        return self.state in (self.State.SIGNED_OFF, self.State.NIL, self.State.ACCEPTED)

    @property
    def can_be_written(self) -> bool:
        return self.state in (
            self.State.REQUESTED,
            self.State.ACKNOWLEDGED,
            self.State.IN_PROGRESS,
            self.State.SENT_BACK,
        )

    def get_absolute_url(self) -> str:
        return reverse("return", args=[self.pk])

    def anchors(self, verb: str, *, at: datetime) -> dict[str, datetime]:
        if verb == "send_back":
            last = self.records.order_by("-sequence").first()
            is_between_lead_and_author = last is not None and last.source == self.State.SUBMITTED
            return {} if is_between_lead_and_author else {"return sent back": at}
        if verb != "request":
            return {}
        if self.is_asked_later or self.case.notified_at is None:
            return {"return requested": at, "return requested later": at}
        return {"return requested": at, "notification sent": self.case.notified_at}

    def meant_by(self, audience: str, *, at: datetime, without: Collection[uuid.UUID]) -> list[User]:
        """The agency's own people for its audiences (an escalation goes to all partners if it has none)."""
        if audience not in AGENCY_AUDIENCES:
            return self.case.people(audience, at=at, recused=without)
        role = {
            "author": Role.AUTHOR,
            "safeguarding-lead": Role.SAFEGUARDING_LEAD,
            "delegated-partner": Role.DELEGATED_PARTNER,
        }[audience]
        seats = Seat.objects.filter(agency_id=self.agency_id, role=role)
        found = people_in(seats, on=local_date(at), without=without)
        if not found and audience == "delegated-partner":
            return self.case.people("delegated-partners", at=at, recused=without)
        if not found:
            return self.case.people("business-manager", at=at, recused=without)
        return found

    def audience_key(self, audience: str) -> tuple[object, ...]:
        of_the_agency = (self.agency_id,) if audience in AGENCY_AUDIENCES else ()
        return (self.partnership_id, *of_the_agency, audience)

    @transition(
        "state",
        source=State.REQUESTED,
        target=State.ACKNOWLEDGED,
        permission="reviews.acknowledge_agencyreturn",
    )
    def acknowledge(self, *, by: Actor, at: datetime) -> None:
        """The agency has the request and is looking."""

    @transition(
        "state",
        source=[State.REQUESTED, State.ACKNOWLEDGED, State.SENT_BACK],
        target=State.IN_PROGRESS,
        permission="reviews.draft_agencyreturn",
    )
    def draft(self, *, by: User, at: datetime) -> None:
        """Somebody began to write: what was said before in short no longer holds."""
        self.written_by = by
        self.searched = ""

    @transition(
        "state",
        source=[State.REQUESTED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.SENT_BACK],
        target=State.NIL,
        permission="reviews.declare_nil_agencyreturn",
        custom={"tells": {"business-manager": "return-in", "safeguarding-lead": "nil-declared"}},
    )
    def declare_nil(self, *, by: User, at: datetime, searched: str) -> None:
        """The agency did not know the family, and says where it looked."""
        self.searched = searched
        self.written_by = by

    @transition(
        "state",
        source=[State.IN_PROGRESS, State.SENT_BACK],
        target=State.SUBMITTED,
        permission="reviews.finish_agencyreturn",
        custom={"tells": {"safeguarding-lead": "return-to-sign"}},
    )
    def finish(self, *, by: User, at: datetime) -> None:
        """The author sends it to the safeguarding lead for sign-off."""
        self.written_by = by

    @transition(
        "state",
        source=State.SUBMITTED,
        target=State.SIGNED_OFF,
        permission="reviews.sign_off_agencyreturn",
        custom={"tells": {"business-manager": "return-in"}},
    )
    def sign_off(self, *, by: User, at: datetime) -> None:
        """The agency's safeguarding lead stands behind it."""
        self.signed_off_by = by
        self.signed_off_at = at

    @transition(
        "state",
        source=[State.SIGNED_OFF, State.NIL],
        target=State.SENT_BACK,
        permission="reviews.send_back_agencyreturn",
        custom={"tells": {"author": "return-sent-back", "safeguarding-lead": "return-sent-back"}},
    )
    @transition(
        "state",
        source=State.SUBMITTED,
        target=State.SENT_BACK,
        permission="reviews.return_to_author_agencyreturn",
        custom={"tells": {"author": "return-sent-back"}},
    )
    def send_back(self, *, by: Actor, at: datetime) -> None:
        """It needs more; the record carries what. Before sign-off the lead says so, after it the partnership."""

    @transition(
        "state",
        source=[State.SIGNED_OFF, State.NIL],
        target=State.ACCEPTED,
        permission="reviews.accept_agencyreturn",
    )
    def accept(self, *, by: Actor, at: datetime) -> None:
        """The partnership takes it into the review."""

    @transition(
        "state",
        source=[State.REQUESTED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.SUBMITTED, State.SENT_BACK],
        target=State.ACCEPTED,
        permission="reviews.accept_agencyreturn",
        custom={"tells": {"author": "return-received", "safeguarding-lead": "return-received"}},
    )
    def receive(self, *, by: Actor, at: datetime, given: str) -> None:
        """It came by another way than this service, and the partnership takes it into the review as it was given."""
        self.given = given
        self.searched = ""

    @transition(
        "state",
        source=[State.REQUESTED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.SUBMITTED, State.SENT_BACK],
        target=State.CANCELLED,
        permission="reviews.cancel_agencyreturn",
        custom={"tells": {"author": "return-cancelled"}},
    )
    def cancel(self, *, by: Actor, at: datetime) -> None:
        """The review no longer needs it."""


class AgencyReturnUserGrant(UserObjectPermissionBase):
    """A person may do that on this return."""

    content_object = models.ForeignKey(AgencyReturn, on_delete=models.CASCADE, related_name="user_grants")


class AgencyReturnGroupGrant(GroupObjectPermissionBase):
    """Whoever holds the seat may do that on this return."""

    content_object = models.ForeignKey(AgencyReturn, on_delete=models.CASCADE, related_name="group_grants")


class ReturnVersion(models.Model):
    """A return as it was sent for sign-off: never changed."""

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    answers = models.JSONField()
    form_version = models.CharField(max_length=20)
    chronology = models.JSONField(default=list, help_text="The rows as they were, each an object.")
    attachments = models.JSONField(default=list, help_text="The files as they were, each an object.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["agency_return", "number"], name="one_number_a_version")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
