"""Why a deadline is due when it is, in sentences: for the page, the mail, the export and the command line."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from workflows.countdown import day_in_words
from workflows.models import Deadline
from workflows.rules import DeadlineRule
from workflows.services.rules import rule_book

MARKS = {
    "V": "seen in the source",
    "R": "recalled, not yet seen in the source",
    "I": "inferred",
    "L": "set locally",
}
"""How sure we are of a rule's source, in words."""

ENDED = {"met": " (met)", "voided": " (no longer owed)"}


def proof_lines(deadline: Deadline) -> list[str]:
    """The proof of a stored deadline, a sentence a line: its rule, day 0, what did not count, what moved it."""
    return lines_of(deadline.derivation, deadline.rule.as_rule())


def lines_of(proof: Mapping[str, Any], rule: DeadlineRule | None) -> list[str]:
    """The sentences of a derivation in its JSON form, under a rule; None for a limit that no rule set."""
    lines = [] if rule is None else _of_the_rule(rule)
    if rule is not None and (anchor := rule_book().due_days.get(rule.starts)):
        lines.append(f"Planned from: the day {anchor} is due.")
    lines.append(f"Day 0: {_day(proof['start_on'])}.")
    lines.append(f"Limit: {proof['limit_in_words']}.")
    lines += [f"Does not count: {_skipped(one['day'], one['why'])}." for one in proof["skipped"]]
    if proof["changes"]:
        lines.append(f"First due: {_day(proof['first_due_on'])}.")
    lines += [_change(one) for one in proof["changes"]]
    if proof["due_on"]:
        lines.append(f"Due: {_day(proof['due_on'])}{ENDED.get(proof['state'], '')}.")
    else:
        lines.append("Due: no date while it is paused.")
    lines.append(f"Calendar: bank holidays of England and Wales, list {proof['calendar']}.")
    if proof["provisional"]:
        lines.append("Provisional: it reaches past the last bank holiday known, and may yet move.")
    return lines


def _of_the_rule(rule: DeadlineRule) -> list[str]:
    until = "" if rule.valid_to is None else f" to {_day(rule.valid_to.isoformat())}"
    edition = f"; {rule.edition}" if rule.edition else ""
    return [
        f"Rule: {rule.code}, {rule.name}; owed by {rule.owed_by} to {rule.owed_to}.",
        f"Version: in force from {_day(rule.valid_from.isoformat())}{until}.",
        f"Source: {rule.citation} ({rule.mark}: {MARKS[rule.mark]}{edition}).",
    ]


def _day(iso: str) -> str:
    return day_in_words(date.fromisoformat(iso))


def _skipped(iso: str, why: str) -> str:
    """A weekend day is its own name; a holiday has one beside it."""
    return _day(iso) if _day(iso).startswith(why) else f"{_day(iso)} ({why})"


def _change(change: Mapping[str, Any]) -> str:
    stopped = f", {change['stopped_days']} stopped" if change["stopped_days"] else ""
    authority = f", on the authority of {change['authority']}" if change["authority"] else ""
    reason = f": {change['reason'].rstrip('.')}" if change["reason"] else ""
    moved = f"{change['what']}, from {_day(change['from'])} to {_day(change['to'])}"
    return f"Changed: {moved}{stopped}{authority}{reason}."
