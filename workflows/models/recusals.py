"""Who takes no part in a case, and who declared an interest in it. Rows are ended and answered, never deleted."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, Q

from accounts.models import User


class RecusalQuerySet(models.QuerySet["Recusal"]):
    def in_force(self) -> "RecusalQuerySet":
        """Not lifted: ended_at is NULL."""
        return self.filter(ended_at=None)

    def bars(self, person: Any, case: Any) -> Exists:
        """The condition that the person is barred from the case: both a value, or a column of the row outside."""
        # No order and one row: an anti-join on the index of (person, case), whatever stands around it.
        return Exists(self.in_force().filter(person=person, case=case).order_by())


class Recusal(models.Model):
    """That a person takes no part in a case: they see nothing of it, do nothing in it, and are told nothing of it.

    It bars them from everything that belongs to the case, ahead of every grant, deputy and flag, from the next
    request on. Nobody lifts their own; a lifted one stays as it was, with who lifted it and why.
    """

    case = models.ForeignKey("workflows.Subject", on_delete=models.PROTECT, related_name="recusals")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recusals")
    kind = models.CharField(max_length=40, help_text="Which line of the list of interests.")
    reason = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person themselves, if they stepped back.",
    )
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="NULL: it holds.")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_reason = models.CharField(max_length=1000, blank=True)

    objects: ClassVar[Any] = RecusalQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "case"], condition=Q(ended_at=None), name="one_recusal_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, ended_reason="")
                | (Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_reason="")),
                name="a_lifted_recusal_says_by_whom_and_why",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | ~Q(ended_by=models.F("person")), name="nobody_lifts_their_own"
            ),
        ]

    def __str__(self) -> str:
        return f"recusal {self.pk}"


class InterestQuerySet(models.QuerySet["Interest"]):
    def unanswered(self) -> "InterestQuerySet":
        """Those about which nobody said yet whether the person takes part: answered_at is NULL."""
        return self.filter(answered_at=None)


class Interest(models.Model):
    """That a person declared an interest in a case, and what was answered: they take part, or are recused.

    Declared before anything is released to them or after; whoever steps back at once needs no answer.
    """

    case = models.ForeignKey("workflows.Subject", on_delete=models.PROTECT, related_name="interests")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="interests")
    kind = models.CharField(max_length=40, help_text="Which line of the list of interests.")
    words = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, help_text="NULL: nobody answered yet.")
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=1000, blank=True, help_text="Why they take part, or do not.")
    recusal = models.OneToOneField(
        Recusal,
        on_delete=models.PROTECT,
        null=True,
        related_name="interest",
        help_text="NULL: they take part, or nobody answered yet.",
    )

    objects: ClassVar[Any] = InterestQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "case"], condition=Q(answered_at=None), name="one_open_interest_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, recusal=None)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="an_answer_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"interest {self.pk}"


def recused_by_case(cases: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, frozenset[uuid.UUID]]:
    """Who is recused now from each of these cases; cases from which nobody is are left out. One query."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    rows = Recusal.objects.in_force().filter(case__pk__among=set(cases)).order_by()
    for case, person in rows.values_list("case", "person"):
        found.setdefault(case, set()).add(person)
    return {case: frozenset(people) for case, people in found.items()}
