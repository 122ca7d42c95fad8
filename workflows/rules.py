"""Rules and the rule book. Pure: no database, no clock, no settings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from workflows.exceptions import NoSuchRule
from workflows.ladders import Rung
from workflows.limits import UNITS, Limit

__all__ = ["UNITS", "DeadlineRule", "Limit", "RuleBook", "find_rule", "not_then", "unknown"]


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A limit with a source. A new text is a new version; the old one gets valid_to.

    starts names the event that starts the clock; met_by and voided_by the transitions that end it.
    kind is what it is a deadline of; empty for a rule that stands in the book and starts no clock here.
    mark says how sure we are of the source: V verified, R recalled, I inferred, L local.
    duty is `by` (do it by then) or `until` (keep it up until then, so passing it is no breach).
    force is how it binds (must, should, may, or nothing); note, what a reader of the book should know besides.
    allows says what a person may do to its clocks: `pause`, `extend`, `restart`. What the law set does not
    pause, and is not extended here, unless its rule says so; a start that was wrong may be put right.
    """

    code: str
    name: str
    kind: str
    limit: Limit
    starts: str
    owed_by: str
    owed_to: str
    citation: str
    mark: Literal["V", "R", "I", "L"]
    valid_from: date
    valid_to: date | None = None
    met_by: tuple[str, ...] = ()
    voided_by: tuple[str, ...] = ()
    ladder: str = "quiet"
    duty: Literal["by", "until"] = "by"
    edition: str = ""
    allows: tuple[str, ...] = ("restart",)
    force: str = ""
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Whether anything in this system starts its clock."""
        return bool(self.kind)

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class RuleBook:
    """Every statutory rule, the local milestones a partnership begins with, and the ladders they name.

    must_hear is the audience that always hears of a statutory clock on its day and after it. stands_as names
    codes that are another rule by its local name: asked for one, the book gives the other. due_days names
    events that are the due day of another deadline of the same subject, by its code: milestones are planned
    back from them.
    """

    statutory: tuple[DeadlineRule, ...]
    local: tuple[DeadlineRule, ...]
    ladders: dict[str, tuple[Rung, ...]]
    must_hear: str = ""
    stands_as: dict[str, str] = field(default_factory=dict)
    due_days: dict[str, str] = field(default_factory=dict)

    def events_of_the_due_day(self, code: str) -> list[str]:
        """What the due day of a deadline is called by the rules that are counted from it."""
        return [event for event, anchor in self.due_days.items() if anchor == code]

    def in_force(self, code: str, on: date) -> DeadlineRule:
        """The version of a rule in force on a day. Raises NoSuchRule."""
        return find_rule((*self.statutory, *self.local), self.stands_as.get(code, code), on)


def find_rule(rules: Iterable[DeadlineRule], code: str, on: date) -> DeadlineRule:
    """The version of the rule in force on the day. Raises NoSuchRule, naming what there is."""
    there = list(rules)
    versions = [rule for rule in there if rule.code == code]
    if not versions:
        raise unknown(code, (rule.code for rule in there))
    for rule in versions:
        if rule.in_force(on):
            return rule
    raise not_then(code, on, ((rule.valid_from, rule.valid_to) for rule in versions))


def unknown(code: str, known: Iterable[str]) -> NoSuchRule:
    """What is said of a code that is not in the book."""
    return NoSuchRule(
        f"There is no rule {code!r}. Use a limit such as 15wd, or one of: {', '.join(sorted(set(known)))}."
    )


def not_then(code: str, on: date, spans: Iterable[tuple[date, date | None]]) -> NoSuchRule:
    """What is said of a day on which no version of a rule was in force: when there was one."""
    when = " and ".join(
        f"from {since:%-d %B %Y}{f' to {until:%-d %B %Y}' if until else ''}" for since, until in sorted(spans)
    )
    return NoSuchRule(
        f"No version of rule {code!r} was in force on {on:%-d %B} {on.year}. There was one {when}."
    )
