"""What moves. A case, a return and a practice review are subjects: one row here each, and one of their own."""

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django_fsm import FSMField, FSMModelMixin

from accounts.models import Partnership, Seat, User
from accounts.services import people_in
from workflows.actors import SYSTEM, System, only_the_system
from workflows.calendars import local_date
from workflows.models.recusals import recused_by_case
from workflows.models.sight import Sight, Sql, Through, rows_of

PUBLIC_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_public_code() -> str:
    """A random code such as `R-7K3QF`: what mails and file names call a subject. Says nothing of it."""
    return "R-" + "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(6))


PERSON, SEAT = "person", "seat"
"""Audiences of one: the person, or the holders of the seat, whose key follows after a colon."""


class SubjectQuerySet(models.QuerySet[Any]):
    """Which subjects a person may see, and which may be changed: the one rule. A superuser has no part in it.

    In this order: they are active; they are not recused from its case; then whatever lets them in. That is
    break-glass, and a share with a seat across the border, for looking alone; a grant to a seat they act for, be
    it their own or one of somebody for whom they stand in and who is not recused either; or a grant to them.
    """

    def granted(self, user: User, permission: str, *, at: datetime, through: Through | None = None) -> Self:
        """Those on which the person holds the permission.

        through narrows down the seats that count: some of those that User.stands_for gives.
        """
        return self._in(Sight(self.model, user, at=at, through=through).keys(permission))

    def newest(self, user: User, *, at: datetime, upto: int) -> Self:
        """The first so many that are visible_to the person, the newest first: begun_at, then the key.

        It costs what is shown, and not what could be. Of a kind whose grants to seats carry begun_at: a case.
        """
        found = Sight(self.model, user, at=at).first_keys(self.view_codename, upto=upto)
        return self._in(found).order_by("-begun_at", "pk")

    def visible_to(self, user: User, *, at: datetime) -> Self:
        """Those the person may see at the instant. Every page, list, count, file and export starts here."""
        return self.granted(user, self.view_codename, at=at)

    @property
    def view_codename(self) -> str:
        """The permission to look at one of this kind."""
        return f"view_{self.model._meta.model_name}"

    def _in(self, keys: Sql) -> Self:
        return self.filter(pk__in=RawSQL(keys.text, keys.given))  # noqa: S611 - our own text, with places


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
    VERB_WORDS: ClassVar[dict[str, str]] = {}
    """What its verbs are called in a history, and in what refuses."""
    RESTING_STATES: ClassVar[frozenset[str]] = frozenset()
    """States in which nothing more is owed."""
    DISPOSED: ClassVar[str] = "disposed"
    """The state of a case of which only that it was is left: nothing more is done to it or to its parts."""
    IS_CASE: ClassVar[bool] = False
    """Whether it is the root of its chain, to which others belong."""
    SAYS_WHOM_TO_TELL: ClassVar[tuple[str, ...]] = ()
    """Fields of its kind by which `people` finds an audience, so that only these are read for many at once."""
    READING: ClassVar[frozenset[str]] = frozenset()
    """The permissions to read more of it than who may merely look at it."""

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(state=""), name="every_subject_has_a_state")]

    def __str__(self) -> str:
        return self.code

    def get_state_display(self) -> str:
        """The state in words, as its kind names it."""
        return str(self.State(self.state).label)  # type: ignore[attr-defined] # each kind has its own

    @property
    def state_in_words(self) -> str:
        """The same within a sentence: what begins with an abbreviation keeps it, and so do names."""
        words = self.get_state_display()
        return words if words[:2].isupper() else words[:1].lower() + words[1:]

    @classmethod
    def words_for(cls, verb: str) -> str:
        """A verb of its map as people read it, such as `Partners met`."""
        return cls.VERB_WORDS.get(verb, verb.replace("_", " "))

    @property
    def chain(self) -> "Subject":
        """The case this belongs to: itself, when it is one."""
        return self.root or self

    def people(
        self, audience: str, *, at: datetime, recused: Collection[uuid.UUID] | None = None
    ) -> list[User]:
        """Who is told, asked and waited for when an audience such as `author` is meant: nobody who is recused.

        `person:` and `seat:`, each with a key, mean that one.

        recused saves a query where it was asked for many at once (recused_by_case).
        """
        out = self.recused() if recused is None else recused
        kind, _, key = audience.partition(":")
        if kind == PERSON:
            found = list(User.objects.filter(pk=key, is_active=True))
        elif kind == SEAT:
            found = people_in(Seat.objects.filter(pk=int(key)), on=local_date(at), without=out)
        else:
            found = self.meant_by(audience, at=at, without=out)
        return [person for person in found if person.pk not in out]

    def recused(self) -> frozenset[uuid.UUID]:
        """The keys of those who take no part in its case now."""
        case = self.root_id or self.pk
        return recused_by_case([case]).get(case, frozenset())

    @property
    def ledger(self) -> models.QuerySet[Any]:
        """The entries of its own chain, when it is a case."""
        entries: models.QuerySet[Any] = apps.get_model("workflows", "LedgerEntry")._default_manager.filter(
            chain=self.pk
        )
        return entries

    def specific(self) -> Any:
        """The same thing as an instance of its own kind, fetched."""
        return apps.get_model(self.kind).objects.get(pk=self.pk)

    def permits(self, by: User | System, permission: str, *, at: datetime) -> bool:
        """Whether this actor may do that here. The same grants as sight, asked for one object."""
        if permission == only_the_system or by is SYSTEM:
            return by is SYSTEM
        if not isinstance(by, User):
            return False
        asked = Sight(type(self), by, at=at).keys(permission, only=self.pk)
        return bool(rows_of(asked))

    def permissions_of(self, by: User, *, at: datetime) -> set[str]:
        """Every permission the person holds on this one, in two queries: one of them for their seats."""
        asked = Sight(type(self), by, at=at).codenames(self.pk)
        return {f"{self._meta.app_label}.{codename}" for (codename,) in rows_of(asked)}

    # What a kind says of itself, overridden there.

    group_grants: Any
    user_grants: Any

    def anchors(self, verb: str, *, at: datetime) -> dict[str, datetime]:
        """The events that this transition is, by the name rules know them by, each with its instant."""
        return {}

    def meant_by(self, audience: str, *, at: datetime, without: Collection[uuid.UUID]) -> list[User]:
        """Who is meant by an audience such as `author` at that instant, less those people and their stand-ins."""
        return []

    def audience_key(self, audience: str) -> tuple[object, ...]:
        """What an answer of `people` depends on besides the day and who is recused: one key means the same people."""
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
