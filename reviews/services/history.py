"""The history of a case, a return or a record: its moves, and what was done between them, each with day and time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from accounts.models import User
from reviews import when
from reviews.models import Case, SignOff
from reviews.services import dates
from reviews.services.exporting import TO_NOTIFY
from workflows.actors import SYSTEM
from workflows.facts import RESTARTED
from workflows.models import Fact, LedgerEntry, Subject, TransitionRecord


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: what, when (aware, UTC, known so exactly), by whom, and what was said of it."""

    what: str
    at: datetime
    precision: str
    by: str
    text: str
    recorded_at: datetime

    @property
    def is_to_the_minute(self) -> bool:
        return self.precision == "instant"

    @property
    def when(self) -> str:
        """The time as exactly as it is known, to the day at most."""
        return when.in_words(self.at, self.precision)


def name_of(person: User | None) -> str:
    return person.full_name if person else SYSTEM.full_name


def history_of(
    subject: Subject,
    *,
    tells: Callable[[TransitionRecord], bool] = lambda record: True,
    between: tuple[Line, ...] = (),
) -> list[Line]:
    """What happened, in the order in which we were told. tells: whether a record's reason may be read.

    between: what happened besides the moves and the corrections of a date.
    """
    moves = [
        Line(
            subject.words_for(r.verb),
            r.at,
            r.precision,
            name_of(r.by),
            r.reason if tells(r) else "",
            r.recorded_at,
        )
        for r in subject.records.select_related("by")
    ]
    told = [*moves, *_corrections(subject), *_added_children(subject), *_signatures(subject)]
    return sorted([*told, *_moved_dates(subject), *between], key=lambda line: line.recorded_at)


def _corrections(subject: Any) -> list[Line]:
    """What was put right of a case, each with the reason and, where it may be told, how it read before."""
    if not isinstance(subject, Case):
        return []
    lines = []
    rows = subject.corrections.select_related("by", "child")
    for (at, child, by, reason), group in groupby(
        rows, key=lambda one: (one.at, one.child, one.by, one.reason)
    ):
        put_right = list(group)
        what = listed([one.words for one in put_right]) + (f" of {child}" if child else "")
        before = [f"{one.words.capitalize()}, before: {one.was}" for one in put_right if one.was]
        text = "\n\n".join([reason, *before])
        lines.append(Line(f"Corrected: {what}", at, "instant", name_of(by), text, at))
    return lines + _corrections_by_facts(subject, {line.recorded_at for line in lines})


def _added_children(subject: Any) -> list[Line]:
    """Children added after the referral, by the ledger: which case, not which child, is all that it may hold."""
    if not isinstance(subject, Case):
        return []
    added = subject.ledger.filter(action="add_child").order_by("sequence")
    names = (
        {str(user.pk): user.full_name for user in User.objects.filter(pk__in=_actors(added))} if added else {}
    )
    return [
        Line("Child added", entry.at, "instant", names.get(entry.actor, SYSTEM.full_name), "", entry.at)
        for entry in added
    ]


def _actors(entries: Iterable[LedgerEntry]) -> list[str]:
    return [entry.actor for entry in entries if entry.actor != "system"]


def _signatures(subject: Any) -> list[Line]:
    """The partners' signatures under each decision of a case, and their dissents with the reason."""
    if not isinstance(subject, Case):
        return []
    signed = SignOff.objects.filter(decision__case=subject).select_related("decision", "partner", "by")
    return [
        Line(
            f"Decision {one.decision.number} signed for {one.partner}"
            if one.agrees
            else f"{one.partner} does not agree with decision {one.decision.number}",
            one.at,
            "instant",
            name_of(one.by),
            one.dissent,
            one.at,
        )
        for one in signed
    ]


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _corrections_by_facts(subject: Case, told: set[datetime]) -> list[Line]:
    """Dates put right before corrections were rows of their own, by the facts that moved a clock: what, and why."""
    corrected = {
        "RR_COMPLETE": "Time of the notification corrected",
        **dict.fromkeys(TO_NOTIFY, "Referral corrected"),
    }
    facts = Fact.objects.filter(
        deadline__subject_id=subject.pk,
        deadline__rule_code__in=corrected,
        kind=RESTARTED,
        by__isnull=False,
        authority="",
    ).select_related("by", "deadline")
    return [
        Line(corrected[fact.deadline.rule_code], fact.recorded_at, "instant", name_of(fact.by), fact.reason,
             fact.recorded_at)
        for fact in facts if fact.recorded_at not in told
    ]  # fmt: skip


def _moved_dates(subject: Subject) -> list[Line]:
    """What was done to the dates on somebody's authority, as it was told."""
    return [
        Line(
            f"{fact.deadline.rule.name}: {fact.kind}, on the authority of {fact.authority}",
            fact.effective_at, "day", name_of(fact.by), fact.reason, fact.recorded_at,
        )
        for fact in dates.moved_on_authority(subject)
    ]  # fmt: skip
