"""The case: one incident, its children, its three times, and the map it moves on."""

import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django_fsm import transition
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from accounts.models import Partnership, Role, Seat, User
from accounts.services import people_in
from reviews import verbs
from reviews.sealing import sealed_text
from workflows.actors import System
from workflows.calendars import local_date, start_of
from workflows.models import Subject, SubjectQuerySet
from workflows.models.subjects import Beginning

Actor = User | System

VERBS = (
    "refer",
    "adopt",
    "consider",
    "decline",
    "reconsider",
    "notify",
    "notify_only",
    "hold_meeting",
    "decide",
    "revise",
    "submit",
    "withdraw",
    "finish_with_learning",
    "commission",
    "hold_learning_event",
    "hold_recall",
    "plan_publication",
    "publish",
    "close",
    "dispose",
)

AUDIENCE_ROLES = {
    "business-manager": Role.BUSINESS_MANAGER,
    "delegated-partners": Role.DELEGATED_PARTNER,
    "lead-partners": Role.LEAD_PARTNER,
    "independent-chair": Role.INDEPENDENT_CHAIR,
    "sub-group": Role.SUB_GROUP_MEMBER,
    "user-administrator": Role.USER_ADMINISTRATOR,
}


class Case(Subject):
    """A serious incident under review. Three times are kept apart: incident, aware, notified."""

    class State(models.TextChoices):
        REFERRED = "referred", "Referred"
        NOTIFICATION = "notification", "Notification"
        NOT_NOTIFIED = "not_notified", "Not notified"
        NOTIFIED_ONLY = "notified_only", "Notified, no rapid review"
        RAPID_REVIEW = "rapid_review", "Rapid review"
        LCSPR_DECISION = "lcspr_decision", "LCSPR decision"
        WITH_PANEL = "with_panel", "With the Panel"
        LEARNING_ONLY = "learning_only", "Learning only"
        PRACTICE_REVIEW = "practice_review", "Practice review"
        LEARNING_EVENT = "learning_event", "Learning event"
        RECALL = "recall", "Recall event"
        PUBLICATION = "publication", "Publication"
        PUBLISHED = "published", "Published"
        CLOSED = "closed", "Closed"
        WITHDRAWN = "withdrawn", "Withdrawn"
        DISPOSED = "disposed", "Disposed of"

    class Notifiable(models.TextChoices):
        SERIOUS_INCIDENT = "serious-incident", "Serious incident: abuse or neglect known or suspected"
        LOOKED_AFTER_DEATH = (
            "looked-after-death",
            "Death of a looked-after child, abuse or neglect not suspected",
        )
        CARE_LEAVER_DEATH = "care-leaver-death", "Death of a care leaver up to the age of 24"

    class Harm(models.TextChoices):
        DEATH = "death", "Death"
        SERIOUS_HARM = "serious-harm", "Serious harm"
        OTHER = "other", "Other"

    class ReviewType(models.TextChoices):
        LCSPR = "lcspr", "Local child safeguarding practice review"
        SCR = "scr", "Serious case review (before 2019)"

    subject = models.OneToOneField(
        Subject, on_delete=models.PROTECT, parent_link=True, primary_key=True, related_name="+"
    )
    notifiable = models.CharField(max_length=30, choices=Notifiable, default=Notifiable.SERIOUS_INCIDENT)
    harm = models.CharField(max_length=20, choices=Harm)
    review_type = models.CharField(max_length=10, choices=ReviewType, default=ReviewType.LCSPR)
    summary = models.TextField()
    referred_by = models.CharField(max_length=200, blank=True)
    sealed_place = models.TextField(blank=True)

    incident_at = models.DateTimeField(null=True, help_text="NULL when not known.")
    incident_precision = models.CharField(max_length=10, default="instant")
    aware_at = models.DateTimeField(
        null=True, help_text="When the local authority became aware. NULL: not known."
    )
    aware_precision = models.CharField(
        max_length=10, default="instant", help_text="`day`: the time is not known."
    )
    notified_at = models.DateTimeField(null=True, help_text="When the notification was sent. NULL: not sent.")
    notification_reference = models.CharField(max_length=60, blank=True)

    method = models.CharField(
        max_length=100, blank=True, help_text="How the practice review is done, such as SILP."
    )
    publish_on = models.DateField(null=True, help_text="The planned day.")
    published_on = models.DateField(null=True)

    reference_partnership = models.ForeignKey(
        Partnership,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Its partnership again, once it has a reference: a constraint sees one table alone.",
    )
    reference_body = models.CharField(max_length=10, blank=True)
    reference_year = models.PositiveSmallIntegerField(
        null=True, help_text="The April in which the year began."
    )
    reference_number = models.PositiveSmallIntegerField(null=True)
    reference_as_given = models.CharField(max_length=60, blank=True, help_text="As a document printed it.")
    sources = models.JSONField(default=list, help_text="Documents an imported case was taken from.")

    objects: ClassVar[Any] = SubjectQuerySet.as_manager()

    BEGINNINGS: ClassVar[dict[str, Beginning]] = {
        "refer": Beginning(State.REFERRED, "reviews.refer_case", {"business-manager": "referred"}),
        "adopt": Beginning(State.PRACTICE_REVIEW, "reviews.adopt_case"),
    }
    VERB_WORDS: ClassVar[dict[str, str]] = verbs.VERB_WORDS
    RESTING_STATES: ClassVar[frozenset[str]] = frozenset(
        (
            State.NOT_NOTIFIED,
            State.NOTIFIED_ONLY,
            State.LEARNING_ONLY,
            State.CLOSED,
            State.WITHDRAWN,
            State.DISPOSED,
        )
    )

    IS_CASE: ClassVar[bool] = True
    READING: ClassVar[frozenset[str]] = frozenset(("read_whole_case",))

    AWARE_EVENTS: ClassVar[dict[str, str]] = {
        Notifiable.SERIOUS_INCIDENT: "aware of the incident",
        Notifiable.LOOKED_AFTER_DEATH: "aware of the death of a looked-after child",
        Notifiable.CARE_LEAVER_DEATH: "aware of the death of a care leaver",
    }
    """What starts the clocks to notify, for each kind of incident."""

    class Meta:
        permissions: ClassVar[list[Any]] = [
            *((f"{verb}_case", f"Can {verb.replace('_', ' ')} a case") for verb in VERBS),
            ("ask_agencies_case", "Can ask agencies for returns"),
            ("meet_milestone_case", "Can record that a milestone was met"),
            ("move_dates_case", "Can pause, extend and restart the clocks of a case"),
            ("sign_decision_case", "Can sign a decision off for a safeguarding partner"),
            ("see_notices_case", "Can see what was sent"),
            ("recuse_case", "Can record and lift recusals, and answer a declared interest"),
            ("read_whole_case", "Can read what was decided, said and done in a case"),
            ("share_case", "Can share a case across the border"),
            ("open_case", "Can approve break-glass on a case, and review it"),
            ("hold_case", "Can hold a case for a court, and lift that"),
            ("disclose_case", "Can make, release and take a subject-access copy"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["reference_partnership", "reference_body", "reference_year", "reference_number"],
                condition=~Q(reference_year=None),
                name="one_case_per_reference_and_partnership",
            ),
            models.CheckConstraint(
                # NULLs are never equal: without the partnership the constraint above would let all through.
                condition=Q(reference_year=None) | Q(reference_partnership__isnull=False),
                name="a_reference_is_of_a_partnership",
            ),
            models.CheckConstraint(
                condition=Q(notified_at=None) | Q(aware_at=None) | Q(notified_at__gte=models.F("aware_at")),
                name="notified_after_aware",
            ),
        ]

    SEALED: ClassVar[tuple[str, ...]] = ("sealed_place",)

    def __str__(self) -> str:
        return self.reference or self.code

    @property
    def row_for_sealing(self) -> str:
        return str(self.id)

    place = sealed_text("sealed_place")
    """Where it happened: often an address, so sealed."""

    @property
    def reference(self) -> str:
        """The partnership's reference in its one spelling, `BSCP 2019/20-01`; empty before there is one."""
        if self.reference_year is None or self.reference_number is None:
            return self.reference_as_given
        following = (self.reference_year + 1) % 100
        return f"{self.reference_body} {self.reference_year}/{following:02}-{self.reference_number:02}"

    @property
    def aware_event(self) -> str:
        """The event that starts its clocks to notify."""
        return self.AWARE_EVENTS[self.notifiable]

    @property
    def is_legacy(self) -> bool:
        return self.review_type == self.ReviewType.SCR

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.pk])

    def anchors(self, verb: str, *, at: datetime) -> dict[str, datetime]:
        match verb:
            case "refer":
                return {"referred": at} | ({self.aware_event: self.aware_at} if self.aware_at else {})
            case "notify":
                return {"notification sent": at}
            case "decide" if self.decisions.count() > 1:
                return {"revised decision sent": at}
            case "commission":
                return {"practice review decided": at}
            case "hold_learning_event":
                return {"learning event held": at}
            case "hold_recall":
                return {"recall event held": at}
            case "plan_publication":
                planned = {"publication planned": start_of(self.publish_on)} if self.publish_on else {}
                is_first = not self.deadlines.filter(rule_code="LOC_ACTIONS").exists()
                return planned | ({"report approved": at} if is_first else {})
            case "publish":
                return {"published": at}
        return {}

    def meant_by(self, audience: str, *, at: datetime, without: Collection[uuid.UUID]) -> list[User]:
        """Who holds the role in this partnership on the day, and their deputies; none for an unknown audience."""
        if (role := AUDIENCE_ROLES.get(audience)) is None:
            return []
        seats = Seat.objects.filter(partnership_id=self.partnership_id, role=role)
        if role in (Role.DELEGATED_PARTNER, Role.LEAD_PARTNER):
            # A body that is a partner no longer keeps its seat, and the people in it.
            seats = seats.filter(agency__is_safeguarding_partner=True, agency__is_active=True)
        return people_in(seats, on=local_date(at), without=without)

    def audience_key(self, audience: str) -> tuple[object, ...]:
        return (self.partnership_id, audience)

    # The map. A body sets fields and nothing else; only perform() calls one.

    @transition("state", source=State.REFERRED, target=State.NOTIFICATION, permission="reviews.consider_case")
    def consider(self, *, by: Actor, at: datetime) -> None:
        """The partners met: the incident looks notifiable."""

    @transition(
        "state",
        source=[State.REFERRED, State.NOTIFICATION],
        target=State.NOT_NOTIFIED,
        permission="reviews.decline_case",
    )
    def decline(self, *, by: Actor, at: datetime) -> None:
        """The partners considered it and will not notify; the record carries the reason."""

    @transition(
        "state", source=State.NOT_NOTIFIED, target=State.REFERRED, permission="reviews.reconsider_case"
    )
    def reconsider(self, *, by: Actor, at: datetime) -> None:
        """New information: the partners look again."""

    @transition(
        "state",
        source=State.NOTIFICATION,
        target=State.RAPID_REVIEW,
        permission="reviews.notify_case",
        custom={"tells": {"delegated-partners": "notified", "independent-chair": "notified"}},
    )
    def notify(self, *, by: Actor, at: datetime, notification_reference: str = "") -> None:
        """The serious incident notification was sent to the Panel."""
        self.notified_at = at
        self.notification_reference = notification_reference

    @transition(
        "state", source=State.NOTIFICATION, target=State.NOTIFIED_ONLY, permission="reviews.notify_only_case"
    )
    def notify_only(self, *, by: Actor, at: datetime, notification_reference: str = "") -> None:
        """A looked-after child's or care leaver's death was notified; no rapid review follows."""
        self.notified_at = at
        self.notification_reference = notification_reference

    @transition(
        "state",
        source=State.LCSPR_DECISION,
        target=State.LCSPR_DECISION,
        permission="reviews.hold_meeting_case",
    )
    @transition(
        "state", source=State.RAPID_REVIEW, target=State.RAPID_REVIEW, permission="reviews.hold_meeting_case"
    )
    def hold_meeting(self, *, by: Actor, at: datetime) -> None:
        """The rapid review meeting was held."""

    @transition(
        "state",
        source=State.RAPID_REVIEW,
        target=State.LCSPR_DECISION,
        permission="reviews.decide_case",
        custom={"tells": {"delegated-partners": "sign-off-wanted"}},
    )
    def decide(self, *, by: Actor, at: datetime) -> None:
        """The decision record is complete and goes to the partners for sign-off."""

    @transition(
        "state",
        source=[State.LCSPR_DECISION, State.WITH_PANEL, State.LEARNING_ONLY, State.PRACTICE_REVIEW],
        target=State.RAPID_REVIEW,
        permission="reviews.revise_case",
    )
    def revise(self, *, by: Actor, at: datetime) -> None:
        """The decision is taken up again: a new record, the old one kept."""

    @transition(
        "state", source=State.LCSPR_DECISION, target=State.WITH_PANEL, permission="reviews.submit_case"
    )
    def submit(self, *, by: Actor, at: datetime) -> None:
        """The rapid review and its decision were sent to the Panel."""

    @transition(
        "state",
        source=[State.RAPID_REVIEW, State.LCSPR_DECISION, State.WITH_PANEL],
        target=State.WITHDRAWN,
        permission="reviews.withdraw_case",
    )
    def withdraw(self, *, by: Actor, at: datetime) -> None:
        """The notification was withdrawn: the criteria were not met after all."""

    @transition(
        "state",
        source=State.WITH_PANEL,
        target=State.LEARNING_ONLY,
        permission="reviews.finish_with_learning_case",
    )
    def finish_with_learning(self, *, by: Actor, at: datetime) -> None:
        """No practice review: the learning is captured and shared."""

    @transition(
        "state", source=State.WITH_PANEL, target=State.PRACTICE_REVIEW, permission="reviews.commission_case"
    )
    def commission(self, *, by: Actor, at: datetime, review_method: str = "") -> None:
        """The partners commission a local child safeguarding practice review."""
        self.method = review_method

    @transition(
        "state",
        source=State.PRACTICE_REVIEW,
        target=State.LEARNING_EVENT,
        permission="reviews.hold_learning_event_case",
    )
    def hold_learning_event(self, *, by: Actor, at: datetime) -> None:
        """Practitioners, managers and authors met at the learning event."""

    @transition(
        "state", source=State.LEARNING_EVENT, target=State.RECALL, permission="reviews.hold_recall_case"
    )
    def hold_recall(self, *, by: Actor, at: datetime) -> None:
        """The same group tested the draft report at the recall event."""

    @transition(
        "state",
        source=[State.PRACTICE_REVIEW, State.RECALL, State.PUBLICATION],
        target=State.PUBLICATION,
        permission="reviews.plan_publication_case",
    )
    def plan_publication(self, *, by: Actor, at: datetime, publish_on: date | None = None) -> None:
        """The report is approved, and a day may be planned for its publication; later, another day, or none."""
        self.publish_on = publish_on

    @transition("state", source=State.PUBLICATION, target=State.PUBLISHED, permission="reviews.publish_case")
    def publish(self, *, by: Actor, at: datetime) -> None:
        """The report was published."""
        self.published_on = local_date(at)

    @transition(
        "state",
        source=[State.PUBLISHED, State.LEARNING_ONLY, State.NOTIFIED_ONLY],
        target=State.CLOSED,
        permission="reviews.close_case",
    )
    def close(self, *, by: Actor, at: datetime) -> None:
        """Nothing more is owed."""

    @transition(
        "state",
        source=[
            State.NOT_NOTIFIED,
            State.NOTIFIED_ONLY,
            State.LEARNING_ONLY,
            State.CLOSED,
            State.WITHDRAWN,
        ],
        target=State.DISPOSED,
        permission="reviews.dispose_case",
    )
    def dispose(self, *, by: Actor, at: datetime) -> None:
        """What was written was disposed of, by two people. Only reviews.services.disposing comes here."""


class CaseUserGrant(UserObjectPermissionBase):
    """A person may do that on this case."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="user_grants")


class CaseGroupGrant(GroupObjectPermissionBase):
    """Whoever holds the seat may do that on this case."""

    content_object = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="group_grants")
    begun_at = models.DateTimeField(help_text="The case's own: in this order a list shows cases.")

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        indexes = [
            models.Index(
                fields=["group", "permission", "-begun_at", "content_object"], name="cases_of_a_seat_in_order"
            )
        ]
