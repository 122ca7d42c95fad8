"""What can happen to a deadline: the kinds of fact, which of them hold, and when each can be true. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

STARTED = "started"
RESTARTED = "restarted"
PAUSED = "paused"
RESUMED = "resumed"
EXTENDED = "extended"
RE_RULED = "re-ruled"
RE_CALENDARED = "re-calendared"
MET = "met"
VOIDED = "voided"
REOPENED = "reopened"
UNDONE = "undone"

VERBS = {
    STARTED: "start",
    RESTARTED: "restart",
    PAUSED: "pause",
    RESUMED: "resume",
    EXTENDED: "extend",
    RE_RULED: "re-rule",
    RE_CALENDARED: "re-calendar",
    MET: "meet",
    VOIDED: "void",
    REOPENED: "reopen",
    UNDONE: "undo a fact of",
}
"""What doing each is called, for a refusal."""

State = Literal["running", "paused", "met", "voided"]


class FactLike(Protocol):
    """What the fold needs of a fact; the stored model and a test's plain object both have it."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def effective_at(self) -> datetime: ...
    @property
    def authority(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def details(self) -> Mapping[str, Any]: ...


def undone_facts(facts: Iterable[FactLike]) -> set[int]:
    """The ids of facts taken back. An undo may itself be taken back, and then has no effect."""
    undone: set[int] = set()
    undos = (fact for fact in facts if fact.kind == UNDONE)
    for fact in sorted(undos, key=lambda fact: fact.id, reverse=True):
        if fact.id not in undone:
            undone.add(int(fact.details["fact"]))
    return undone


def standing_facts(facts: Iterable[FactLike]) -> list[FactLike]:
    """The facts that still hold, in order of effect: an undone fact, and what undid it, are left out."""
    rows = list(facts)
    undone = undone_facts(rows)
    return sorted(
        (fact for fact in rows if fact.kind != UNDONE and fact.id not in undone),
        key=lambda fact: (fact.effective_at, fact.id),
    )


ONLY_WHEN: dict[str, tuple[State, ...]] = {
    PAUSED: ("running",),
    RESUMED: ("paused",),
    EXTENDED: ("running", "paused"),
    RE_RULED: ("running", "paused"),
    MET: ("running", "paused"),
    VOIDED: ("running", "paused"),
    REOPENED: ("met", "voided"),
}
"""The states in which a fact can be true. One that no longer fits, since another was undone, has no effect."""

THEN: dict[str, State] = {
    PAUSED: "paused",
    RESUMED: "running",
    MET: "met",
    VOIDED: "voided",
    REOPENED: "running",
    RESTARTED: "running",
}
"""The state that a fact leads to; one that is not named here leaves it as it is."""


def state_after(fact: FactLike, state: State) -> State:
    """The state of a clock after a fact that fits. One whose start alone was put right stays as it was."""
    return state if fact.details.get("keeps") else THEN.get(fact.kind, state)


def fits(kind: str, state: State) -> bool:
    """Whether a fact of that kind can be true of a clock in that state."""
    return kind not in ONLY_WHEN or state in ONLY_WHEN[kind]
