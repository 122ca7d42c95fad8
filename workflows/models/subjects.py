"""What moves. A case, a return and a practice review are subjects: one row here each, and one of their own."""

import secrets
import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin

from accounts.models import Partnership, User
from workflows.actors import SYSTEM, System, only_the_system

PUBLIC_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_public_code() -> str:
    """A random code such as `R-7K3QF`: what mails and file names call a subject. Says nothing of it."""
    return "R-" + "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(6))


class SubjectQuerySet(models.QuerySet[Any]):
    """Which subjects a person may see, and which may be changed."""

    def granted(self, user: User, permission: str, *, at: datetime) -> Self:
        """Those on which the person holds the permission, by a grant to them or to a seat they act for."""
        # From the grants to the subjects: an OR of two EXISTS would look at every subject there is.
        return self.filter(pk__in=self.keys_granted(user, permission, at=at))

    def keys_granted(
        self, user: User, permission: str, *, at: datetime, only: uuid.UUID | None = None
    ) -> models.QuerySet[Any]:
        """The keys of those, or of the one that is asked about.

        The order of the rule, for whoever adds to it: active first, then recusal, which denies; then
        deputies and grants. A superuser has no part in it.
        """
        # The permission by its key, so that the index on (group, permission, subject) finds those of a seat.
        by_key = Permission.objects.filter(
            content_type__app_label=self.model._meta.app_label,
            content_type__model=self.model._meta.model_name,
            codename=permission.split(".")[-1],
        ).order_by()
        here = {} if only is None else {"content_object": only}
        to_seats, to_them = (
            grants.filter(permission=by_key.values("pk")[:1], **here).values("content_object")
            for grants in self.grants_to(user, at=at)
        )
        return to_seats.union(to_them)

    def grants_to(self, user: User, *, at: datetime) -> tuple[models.QuerySet[Any], models.QuerySet[Any]]:
        """The rows that grant the person anything on this kind: to the seats they act for, and to themselves."""
        to_seats = self.model.group_grants.rel.related_model.objects
        to_them = self.model.user_grants.rel.related_model.objects
        if not user.is_active:
            return to_seats.none(), to_them.none()
        return to_seats.filter(group__in=user.seats_acted_for(at=at)), to_them.filter(user=user)

    def visible_to(self, user: User, *, at: datetime) -> Self:
        """Those the person may see at the instant. Every page, list, count, file and export starts here."""
        return self.granted(user, f"view_{self.model._meta.model_name}", at=at)


class Subject(FSMModelMixin, models.Model):
    """One thing with a state. Engine columns only; what it is about stands in the table of its kind."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60, editable=False, help_text="The model it is, such as reviews.case.")
    code = models.CharField(max_length=12, unique=True, default=new_public_code, editable=False)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    root = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="parts", help_text="The case it belongs to."
    )
    state = FSMField(max_length=40, protected=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    definition = models.CharField(max_length=20, default="1", editable=False)
    begun_at = models.DateTimeField(help_text="When it began, in the world.")

    BEGINNINGS: ClassVar[dict[str, "Beginning"]] = {}
    """The verbs that make one of this kind, each with the state it starts in."""
    RESTING_STATES: ClassVar[frozenset[str]] = frozenset()
    """States in which nothing more is owed."""

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(state=""), name="every_subject_has_a_state")]

    def __str__(self) -> str:
        return self.code

    def get_state_display(self) -> str:
        """The state in words, as its kind names it."""
        return str(self.State(self.state).label)  # type: ignore[attr-defined] # each kind has its own

    @property
    def chain(self) -> "Subject":
        """The case this belongs to: itself, when it is one."""
        return self.root or self

    def specific(self) -> Any:
        """The same thing as an instance of its own kind, fetched."""
        return apps.get_model(self.kind).objects.get(pk=self.pk)

    def permits(self, by: User | System, permission: str, *, at: datetime) -> bool:
        """Whether this actor may do that here. The same grants as sight, asked for one object."""
        if permission == only_the_system or by is SYSTEM:
            return by is SYSTEM
        kind: SubjectQuerySet = type(self).objects.all()  # type: ignore[assignment]
        return isinstance(by, User) and kind.keys_granted(by, permission, at=at, only=self.pk).exists()

    def permissions_of(self, by: User, *, at: datetime) -> set[str]:
        """Every permission the person holds on this one, in two queries."""
        kind: SubjectQuerySet = type(self).objects.all()  # type: ignore[assignment]
        return {
            f"{self._meta.app_label}.{codename}"
            for grants in kind.grants_to(by, at=at)
            for codename in grants.filter(content_object=self.pk).values_list(
                "permission__codename", flat=True
            )
        }

    # What a kind says of itself, overridden there.

    group_grants: Any
    user_grants: Any

    def anchors(self, verb: str, *, at: datetime) -> dict[str, datetime]:
        """The events that this transition is, by the name rules know them by, each with its instant."""
        return {}

    def people(self, audience: str, *, at: datetime) -> list[User]:
        """Who is meant by an audience such as `author`, for this subject at that instant."""
        return []

    def audience_key(self, audience: str) -> tuple[object, ...]:
        """What an answer of `people` depends on besides the day: subjects with one key mean the same people."""
        return (self.kind, self.pk, audience)

    def get_absolute_url(self) -> str:
        raise NotImplementedError  # pragma: no cover - every kind has a page


class Beginning:
    """How a subject of a kind comes to be: the state it starts in, and the permission it takes.

    The permission is asked of the parent (the case, for a return); a kind without a parent asks it of
    the person's seat in the partnership, which the service that begins it checks.
    """

    def __init__(self, target: str, permission: str, tells: dict[str, str] | None = None) -> None:
        self.target = target
        self.permission = permission
        self.tells = tells or {}


class LegalMove(models.Model):
    """One edge of a kind's map, as the database enforces it. source is empty for a beginning."""

    kind = models.CharField(max_length=60)
    source = models.CharField(max_length=40, blank=True)
    verb = models.CharField(max_length=60)
    target = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "verb", "target"], name="one_row_per_move")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.source or 'nothing'} -{self.verb}-> {self.target}"
