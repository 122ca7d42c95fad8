"""The outbox: what people are to be told, as rows. The row is the record; the e-mail is a nudge."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from accounts.models import User
from workflows.models import Deadline, Outage, Recusal, Subject

DIGEST = "after-outage"
"""The news that tells together what an outage made stale."""
ANCHORED = "ledger-anchored"
"""The news that tells a witness where the ledger's chains ended."""
SHOWN_FOR = timedelta(days=30)
"""So long a mail that could not be delivered asks for a telephone call."""


SAYS_WHOM_TO_TELL = ("kind", "code", "partnership", "root")
"""The columns of every subject that an audience is found by."""


def in_their_own_kind(subjects: Iterable[Subject]) -> dict[uuid.UUID, Any]:
    """Each subject as an instance of its own kind, by id: one query a kind, for what says whom to tell of it.

    Whatever else it has is fetched if somebody asks for it.
    """
    ids: dict[str, set[uuid.UUID]] = {}
    for subject in subjects:
        ids.setdefault(subject.kind, set()).add(subject.pk)
    found: dict[uuid.UUID, Any] = {}
    for kind, members in ids.items():
        model: Any = apps.get_model(kind)
        things = model._default_manager.filter(pk__in=members)
        found |= {thing.pk: thing for thing in things.only(*SAYS_WHOM_TO_TELL, *model.SAYS_WHOM_TO_TELL)}
    return found


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_person(self, user: User) -> "NoticeQuerySet":
        """Those that tell this person something."""
        return self.filter(recipient=user)

    def visible_to(self, user: User, *, at: datetime) -> "NoticeQuerySet":
        """The person's own, while they are active: being told is theirs, whatever they may open by now.

        A notice says no more than a reference and a duty; the page it leads to asks for itself. But of a case
        from which they are recused they hear nothing more, not even what they were told before.
        """
        return self.for_person(user).not_barred() if user.is_active else self.none()

    def not_barred(self) -> "NoticeQuerySet":
        """Those whose recipient is not recused from the case that they are about."""
        case = Coalesce(OuterRef("subject__root"), OuterRef("subject"))
        return self.filter(~Recusal.objects.bars(OuterRef("recipient"), case))

    def unseen(self) -> "NoticeQuerySet":
        """Not opened yet: seen_at is NULL until the person follows the link on the page of notices."""
        return self.filter(seen_at=None)

    def told_late(self, outage: Outage) -> "NoticeQuerySet":
        """What the rungs of an outage had to tell, each to each person; not the digests, which tell it again."""
        return self.filter(outage=outage).exclude(news=DIGEST)

    def digests_of(self, outage: Outage) -> "NoticeQuerySet":
        """Those that tell together what the outage made stale: one a person."""
        return self.filter(outage=outage, news=DIGEST)

    def about(self, case: Subject) -> "NoticeQuerySet":
        """Those about a case, or about something that belongs to it."""
        return self.filter(Q(subject=case) | Q(subject__root=case))

    def owed_or_held(self) -> "NoticeQuerySet":
        """Neither sent nor given up, now or later: next_try_at is NULL once nothing more will be tried."""
        return self.filter(next_try_at__isnull=False)

    def become(self, state: str, **columns: Any) -> int:
        """Set the state of these, and end their lease unless a new one is given. Returns how many there were.

        A notice is no subject: nobody moves it but its own workers, and this is their one door.
        """
        if state in FINISHED:
            columns["next_try_at"] = None
        return self.update(**dict({"lease_until": None, **columns}, state=state))

    def undelivered(self, *, at: datetime) -> "NoticeQuerySet":
        """Given up in the last thirty days, and the person not told in another way since; nor recused by now."""
        return self.given_up(at=at).not_barred()

    def given_up(self, *, at: datetime) -> "NoticeQuerySet":
        """The same, whoever is recused."""
        return self.filter(state="failed", dealt_with_at=None, created_at__gte=at - SHOWN_FOR)

    def of_cases(self, user: User, permission: str, *, at: datetime) -> "NoticeQuerySet":
        """Those about cases on which the person holds the permission. Asks for cases only if there are any notices."""
        kinds = set(self.values_list(Coalesce("subject__root__kind", "subject__kind"), flat=True))
        if None in kinds:  # a digest is about what was collapsed into it
            told = Notice.objects.filter(collapsed_into__in=self.filter(news=DIGEST))
            kinds |= set(told.values_list(Coalesce("subject__root__kind", "subject__kind"), flat=True))
        mine = Q(pk__in=[])
        for kind in kinds - {None}:
            cases = apps.get_model(kind)._default_manager.all().granted(user, permission, at=at).values("pk")
            about = Q(subject__in=cases) | Q(subject__root__in=cases)
            mine |= about | Q(news=DIGEST, pk__in=Notice.objects.filter(about).values("collapsed_into"))
        return self.filter(mine)

    def newest_first(self) -> "NoticeQuerySet":
        return self.order_by("-created_at", "-pk")

    def owed(self, *, at: datetime) -> "NoticeQuerySet":
        """Neither sent nor given up, whose time to try has come, and at which nobody is at work.

        A digest waits until all that its outage left is swept: what came later would not be told.
        """
        ready = self.filter(
            Q(lease_until=None) | Q(lease_until__lte=at), send_after__lte=at, next_try_at__lte=at
        )
        return ready.exclude(news=DIGEST, outage__in=Outage.objects.filter(caught_up_at=None))


class Notice(models.Model):
    """That one person is told one thing. The key makes it one: the database refuses the second copy.

    Exactly once as a record, at least once as a mail: see notifications.services.delivering.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"
        DROPPED = "dropped", "Not sent: no longer needed"
        COLLAPSED = "collapsed", "Told together with others"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(
        max_length=200,
        unique=True,
        help_text="What is told to whom: `rung:...` or `move:...`, and the person.",
    )
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices")
    subject = models.ForeignKey(
        Subject,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        help_text="NULL: about the service itself, or about several things.",
    )
    deadline = models.ForeignKey(
        Deadline, on_delete=models.PROTECT, null=True, related_name="notices", help_text="NULL: about a move."
    )
    news = models.CharField(max_length=40, help_text="Which text it has, such as `reminder`.")
    due_on = models.DateField(null=True, help_text="The due day when it was written. NULL: about a move.")
    rung_at = models.DateTimeField(null=True, help_text="When its rung's time came. NULL: about no rung.")
    created_at = models.DateTimeField(help_text="When the rung was reached, or the move recorded.")
    send_after = models.DateTimeField(help_text="Not by mail before this: people sleep.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    lease_until = models.DateTimeField(
        null=True, help_text="While sending: when others may take it up. It also says whose it is."
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Mails begun, finished or not.")
    broken_off = models.PositiveSmallIntegerField(
        default=0, help_text="Of these, how many the last in a row that had no end: their worker died."
    )
    next_try_at = models.DateTimeField(null=True, help_text="NULL: nothing more will be tried.")
    message_id = models.CharField(
        max_length=120,
        help_text="Made from the id: every attempt has the same, so that a mail program sees one.",
    )
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(
        max_length=300, blank=True, help_text="Why it is not sent, in words fit to show."
    )
    seen_at = models.DateTimeField(null=True)
    dealt_with_at = models.DateTimeField(null=True, help_text="When a person was told in another way.")

    outage = models.ForeignKey(
        Outage,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        help_text="Which left its rung behind.",
    )
    collapsed_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="told_here",
        help_text="The digest that tells it.",
    )

    objects: ClassVar[Any] = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending", "sent", "failed", "dropped", "collapsed"]),
                name="notice_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until=None)),
                name="sending_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sending"], next_try_at__isnull=False)
                | Q(state__in=["sent", "failed", "dropped", "collapsed"], next_try_at=None),
                name="only_what_is_owed_is_tried",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False), name="sent_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "dropped", "collapsed"]) | ~Q(last_error=""),
                name="not_sent_says_why",
            ),
            models.CheckConstraint(
                condition=Q(collapsed_into=None) | Q(state="collapsed"),
                name="only_what_is_collapsed_is_told_elsewhere",
            ),
        ]
        indexes = [
            # IS NOT NULL and no list of states: both databases see that `next_try_at <= now` falls under it.
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="notices_owed"),
            models.Index(fields=["recipient", "-created_at", "-id"], name="notices_of_a_person"),
            models.Index(fields=["recipient"], condition=Q(seen_at=None), name="notices_unseen"),
            models.Index(
                fields=["created_at"],
                condition=Q(state="failed", dealt_with_at=None),
                name="notices_undelivered",
            ),
            models.Index(
                fields=["outage", "-created_at"],
                condition=Q(outage__isnull=False),
                name="notices_of_an_outage",
            ),
        ]

    def __str__(self) -> str:
        return self.key


FINISHED = (Notice.State.SENT, Notice.State.FAILED, Notice.State.DROPPED, Notice.State.COLLAPSED)
"""Nothing more is tried: the row stays as the record."""
