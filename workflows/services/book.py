"""The rule book as it stood on a day: what a reader of a page, or of the command, is shown. Reads only."""

from dataclasses import dataclass
from datetime import date

from accounts.models import Partnership
from workflows.countdown import day_in_words
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.rules import must_be_in_the_book, rule_book


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule on a day: the version that applied, and every version there is, in order."""

    applied: RuleVersion
    versions: list[RuleVersion]

    @property
    def counting(self) -> str:
        """By which rule its days are counted."""
        return Limit.parse(self.applied.limit).counting


@dataclass(frozen=True, slots=True)
class Book:
    """Every rule that applied on a day, and those that did not: the latter with all their versions."""

    on: date
    law: list[Entry]
    local: list[Entry]
    not_then: list[Entry]
    stands_as: dict[str, str]

    @property
    def unchecked(self) -> int:
        """How many of the rules of law and guidance were not seen in a text."""
        return sum(entry.applied.mark in ("R", "I") for entry in self.law)


def book_on(day: date, partnership: Partnership | None = None) -> Book:
    """The rule book of a partnership (without one, of law and guidance) as it stood on a day. One query.

    Raises NotADate for a day that no book covers.
    """
    must_be_in_the_book(day)
    there = (
        RuleVersion.objects.of(partnership) if partnership else RuleVersion.objects.filter(partnership=None)
    )
    by_code: dict[str, list[RuleVersion]] = {}
    for version in there.order_by("pk"):
        by_code.setdefault(version.code, []).append(version)
    law: list[Entry] = []
    local: list[Entry] = []
    not_then: list[Entry] = []
    for versions in by_code.values():
        versions.sort(key=lambda version: (version.valid_from, version.is_relaxation))
        applied = [version for version in versions if version.is_in_force(day)]
        if not applied:
            not_then.append(Entry(versions[-1], versions))
            continue
        entry = Entry(max(applied, key=lambda version: version.is_relaxation), versions)
        (local if versions[0].is_local else law).append(entry)
    order = {rule.code: place for place, rule in enumerate((*rule_book().statutory, *rule_book().local))}
    for entries in (law, local, not_then):
        entries.sort(key=lambda entry: (order.get(entry.applied.code, len(order)), entry.applied.code))
    return Book(day, law, local, not_then, rule_book().stands_as)


def span_in_words(version: RuleVersion) -> str:
    """On which days a version is in force."""
    until = f" to {day_in_words(version.valid_to)}" if version.valid_to else ""
    return f"from {day_in_words(version.valid_from)}{until}"
