"""Why a deadline is due when it is: one object, and its sentences, for page, command, file, print and record."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from workflows import countdown
from workflows.calendars import local_date, start_of
from workflows.countdown import day_in_words
from workflows.derivation import derive
from workflows.facts import STARTED, UNDONE, undone_facts
from workflows.models import DateRecord, Deadline, Fact
from workflows.rules import DeadlineRule, Limit
from workflows.services.calendar import calendar_in_use_for
from workflows.services.rules import rule_book
from workflows.services.standing import how_it_stands

FORMAT = "proof/1"

MARKS = {
    "V": "seen in the source",
    "R": "recalled, not yet seen in the source",
    "I": "inferred",
    "L": "set locally",
}
"""How sure we are of a rule's source, in words."""

ENDED = {"met": " (met)", "voided": " (no longer owed)"}


# ---- The object ----------------------------------------------------------------------------------
def proof_of(deadline: Deadline, *, at: datetime) -> dict[str, Any]:
    """Everything that makes the date what it is, as data and in sentences, as it stands at the instant.

    Reads rule, calendar and subject (fetch them with it), the facts and the dates there were. Page, command,
    JSON and PDF show this object; the decision record holds its `rule` and `derivation`.
    """
    facts = sorted(deadline.facts.select_related("by"), key=lambda fact: fact.pk)
    left = how_it_stands(deadline, at=at)
    proof = {
        "format": FORMAT,
        "deadline": deadline.pk,
        "subject": deadline.subject.code,
        "at": at.isoformat(),
        "stands": {"in_words": left.words, "days": left.days, "unit": f"{left.unit}s"},
        **rule_and_derivation(deadline),
        "calendar": {
            "list": deadline.calendar.code,
            "source": deadline.calendar.source,
            "published_on": deadline.calendar.published_on.isoformat(),
            "known_until": deadline.calendar.known_until.isoformat(),
            **_by_the_list_in_use(deadline, facts),
        },
        "facts": _facts(facts),
        "dates": [_date_record(record) for record in deadline.dates.all()],
    }
    proof["sentence"] = sentence_of(proof["derivation"], starts=deadline.rule.starts)
    proof["in_words"] = _sections(proof, deadline.rule.as_rule())
    return proof


def _by_the_list_in_use(deadline: Deadline, facts: Sequence[Fact]) -> dict[str, Any]:
    """What the list gives that has taken the place of the one an open deadline was counted by."""
    if not deadline.is_open or not deadline.calendar.replaced_by_id:
        return {}
    calendar = calendar_in_use_for(deadline.calendar)
    in_order = sorted(facts, key=lambda fact: (fact.effective_at, fact.pk))
    due_on = derive(Limit.parse(deadline.rule.limit), in_order, calendar).due_on
    return {"in_use": {"list": calendar.version, "due_on": due_on and due_on.isoformat()}}


def rule_and_derivation(deadline: Deadline) -> dict[str, Any]:
    """The two parts of a proof that a decision record holds: the rule with its source, and the count."""
    rule = deadline.rule
    return {
        "rule": {
            "code": rule.code,
            "name": rule.name,
            "limit": rule.limit_in_words,
            "starts": rule.starts,
            "owed_by": rule.owed_by,
            "owed_to": rule.owed_to,
            "citation": rule.citation,
            "mark": rule.mark,
            "edition": rule.edition,
            "valid_from": rule.valid_from.isoformat(),
            "valid_to": rule.valid_to.isoformat() if rule.valid_to else None,
        },
        "derivation": deadline.derivation,
    }


def _facts(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """The log in the order in which it was told, numbered from 1; who undid what, by those numbers."""
    numbers = {fact.pk: number for number, fact in enumerate(facts, start=1)}
    undone = undone_facts(facts)
    undoing = {
        int(fact.details["fact"]): fact for fact in facts if fact.kind == UNDONE and fact.pk not in undone
    }
    return [
        {
            "number": numbers[fact.pk],
            "id": fact.pk,
            "kind": fact.kind,
            "effective_at": fact.effective_at.isoformat(),
            "recorded_at": fact.recorded_at.isoformat(),
            "by": fact.by.full_name if fact.by else None,
            "authority": fact.authority,
            "reason": fact.reason,
            "details": dict(fact.details),
            "undoes": numbers[fact.details["fact"]] if fact.kind == UNDONE else None,
            "is_undone": fact.pk in undone,
            "undone_by": numbers[undoing[fact.pk].pk] if fact.pk in undoing else None,
            "undone_at": undoing[fact.pk].recorded_at.isoformat() if fact.pk in undoing else None,
        }
        for fact in facts
    ]


def _date_record(record: DateRecord) -> dict[str, Any]:
    return {
        "at": record.at.isoformat(),
        "because": record.because,
        "from": record.due_before.isoformat() if record.due_before else None,
        "to": record.due_after.isoformat() if record.due_after else None,
        "calendar_before": record.calendar_before,
        "calendar_after": record.calendar_after,
    }


# ---- In sentences --------------------------------------------------------------------------------
def sentence_of(derivation: Mapping[str, Any], *, starts: str) -> str:
    """The whole in one short sentence: `15 working days after Wednesday 18 March 2026 (notification sent)`."""
    count = Limit.parse(derivation["limit"])
    limit = count.words if count.count < 0 else f"{count.words} after"
    sentence = f"{limit} {_day(derivation['start_on'])} ({starts})"
    first = derivation["first_due_on"]
    if derivation["due_on"] is None:
        return f"{sentence}: first due {_day(first)}, and paused."
    if derivation["changes"] and derivation["due_on"] != first:
        return f"{sentence}: first due {_day(first)}, moved to {_day(derivation['due_on'])}."
    return f"{sentence}: {_day(derivation['due_on'])}."


def lines_of(derivation: Mapping[str, Any], rule: DeadlineRule | None) -> list[str]:
    """The sentences of a derivation in its JSON form, under a rule; None for a limit that no rule set."""
    lines = [] if rule is None else rule_lines(rule)
    return [*lines, *_of_the_count(derivation)]


def proof_lines(proof: Mapping[str, Any]) -> list[str]:
    """Every sentence of a proof, in order."""
    return [line for section in proof["in_words"] for line in section["lines"]]


def _sections(proof: Mapping[str, Any], rule: DeadlineRule) -> list[dict[str, Any]]:
    calendar = proof["calendar"]
    published = f"{calendar['source']}, published {_day(calendar['published_on'])}"
    sections = [
        ("The rule", rule_lines(rule)),
        (
            "The count",
            [
                *_of_the_count(proof["derivation"]),
                f"Source of the calendar: {published}.",
                *_of_the_list_in_use(proof),
            ],
        ),
        ("The facts", [_of_a_fact(fact) for fact in proof["facts"]]),
        ("When the date was another", [_of_a_date(record) for record in proof["dates"]]),
    ]
    return [{"about": about, "lines": lines} for about, lines in sections if lines]


def rule_lines(rule: DeadlineRule) -> list[str]:
    """The sentences of a rule: what it is, from when to when, by which source, and what starts it."""
    until = "" if rule.valid_to is None else f" to {_day(rule.valid_to.isoformat())}"
    edition = f"; {rule.edition}" if rule.edition else ""
    return [
        f"Rule: {rule.code}, {rule.name}; owed by {rule.owed_by} to {rule.owed_to}.",
        f"Version: in force from {_day(rule.valid_from.isoformat())}{until}.",
        f"Source: {rule.citation} ({rule.mark}: {MARKS[rule.mark]}{edition}).",
        f"Starts with: {rule.starts}.",
        *_planned_from(rule),
    ]


def _planned_from(rule: DeadlineRule) -> list[str]:
    """Whose due day the rule counts from, if it counts from one."""
    anchor = rule_book().due_days.get(rule.starts)
    return [f"Planned from: the day {anchor} is due."] if anchor else []


def _of_the_count(derivation: Mapping[str, Any]) -> list[str]:
    limit = Limit.parse(derivation["limit"])  # what was stored before a counting was stored still has one
    lines = [
        f"Day 0: {_day(derivation['start_on'])}.",
        f"Limit: {derivation['limit_in_words']}{_round(derivation)}.",
        f"Counted: {derivation.get('counting', limit.counting)}.",
        *derivation.get("notes", []),
    ]
    lines += [f"Does not count: {_skipped(one['day'], one['why'])}." for one in derivation["skipped"]]
    if derivation["changes"]:
        lines.append(f"First due: {_day(derivation['first_due_on'])}.")
    lines += [_change(one) for one in derivation["changes"]]
    if derivation["due_on"]:
        lines.append(f"Due: {_day(derivation['due_on'])}{ENDED.get(derivation['state'], '')}.")
    else:
        lines.append("Due: no date while it is paused.")
    lines.append(f"Calendar: bank holidays of England and Wales, list {derivation['calendar']}.")
    if derivation["provisional"]:
        lines.append("Provisional: it reaches past the last bank holiday known, and may yet move.")
    return lines


def _of_the_list_in_use(proof: Mapping[str, Any]) -> list[str]:
    """Whether a list that came since would give another date."""
    if not (now := proof["calendar"].get("in_use")):
        return []
    if now["due_on"] == proof["derivation"]["due_on"]:
        return [f"The list in use now, {now['list']}, gives the same date."]
    return [
        f"The list in use now is {now['list']}. It gives another date, by which this is being dated anew."
    ]


def fact_in_words(fact: Mapping[str, Any]) -> str:
    """What a fact in its JSON form says: `extended by 5 working days`, `restarted, counting from ...`."""
    details = fact["details"]
    match fact["kind"]:
        case "extended" if "to" in details:
            return f"extended to {_day(details['to'])}"
        case "extended":
            return f"extended by {Limit.parse(details['by']).words}"
        case "re-ruled":
            by_version = (
                f", by the version in force from {_day(details['version'])}" if "version" in details else ""
            )
            return f"re-ruled to {Limit.parse(details['limit']).words}{by_version}"
        case "re-calendared":
            return f"re-calendared, by list {details['calendar']}"
        case "restarted" if "start" in details or details.get("keeps"):
            kept = ", with its pauses and extensions" if details.get("keeps") else ""
            return f"restarted, counting from {_start(details.get('start', fact['effective_at']))}{kept}"
        case "reopened" if details.get("closed_time") == "stopped":
            return "reopened, without the time between"
        case "reopened" if details.get("closed_time") == "counted":
            return "reopened, and the time between counts"
        case "undone":
            return f"fact {fact['undoes']} undone"
    return str(fact["kind"])


def effective_in_words(fact: Mapping[str, Any]) -> str:
    """When a fact in its JSON form was so."""
    is_start = fact["kind"] == "started" or fact["details"].get("keeps")
    return (_start if is_start else moment_in_words)(fact["effective_at"])


def undone_in_words(fact: Mapping[str, Any]) -> str:
    """When a fact was taken back, and by which; empty for one that holds."""
    if not fact["is_undone"]:
        return ""
    return f"undone {moment_in_words(fact['undone_at'])}, by fact {fact['undone_by']}"


def _of_a_fact(fact: Mapping[str, Any]) -> str:
    who = fact["by"] or "the system"
    effective, recorded = effective_in_words(fact), moment_in_words(fact["recorded_at"])
    undone = f" ({undone_in_words(fact)})" if fact["is_undone"] else ""
    told = f"Fact {fact['number']}: {fact_in_words(fact)}{undone}, {effective}; recorded by {who}, {recorded}"
    return f"{told}{_why(fact)}."


def _of_a_date(record: Mapping[str, Any]) -> str:
    was, becomes = (_day(day) if day else "paused" for day in (record["from"], record["to"]))
    moved = f"from {was} to {becomes}" if was != becomes else f"still {becomes}"
    lists = (record["calendar_before"], record["calendar_after"])
    by_list = "" if lists[0] == lists[1] else f", by list {lists[1]} instead of {lists[0]}"
    because = "" if record["because"] in (STARTED, "re-calendared") else f" ({record['because']})"
    return f"Counted anew {moment_in_words(record['at'])}: {moved}{by_list}{because}."


def moment_in_words(iso: str) -> str:
    """An instant of the JSON form, as it is written for people."""
    return countdown.moment_in_words(datetime.fromisoformat(iso))


def _start(iso: str) -> str:
    """What a clock counts from. The first instant of a day is how a day without a time is stored, so it shows none."""
    at = datetime.fromisoformat(iso)
    return day_in_words(local_date(at)) if at == start_of(local_date(at)) else moment_in_words(iso)


def _round(proof: Mapping[str, Any]) -> str:
    """Which round of a limit that repeats."""
    return f"; this is round {proof['round']}" if proof.get("round", 1) > 1 else ""


def _day(iso: str) -> str:
    return day_in_words(date.fromisoformat(iso))


def _skipped(iso: str, why: str) -> str:
    """A weekend day is its own name; a holiday has one beside it."""
    return _day(iso) if _day(iso).startswith(why) else f"{_day(iso)} ({why})"


def _change(change: Mapping[str, Any]) -> str:
    stopped = f", {change['stopped_days']} stopped" if change["stopped_days"] else ""
    moved = f"{change['what']}, from {_day(change['from'])} to {_day(change['to'])}"
    return f"Changed: {moved}{stopped}{_why(change)}."


def _why(told: Mapping[str, Any]) -> str:
    """On whose authority, and the reason, where they are given."""
    authority = f", on the authority of {told['authority']}" if told["authority"] else ""
    reason = f": {told['reason'].strip().rstrip('.')}" if told["reason"] else ""
    return f"{authority}{reason}"
