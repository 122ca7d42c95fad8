"""What a person does to a date: pause, resume, extend, restart, re-rule, reopen, undo; on an authority, with a reason.

Each takes the permission to move dates, goes into the ledger, and refuses when the deadline has changed since it was
looked at: seen is the number of its newest fact then, None not to ask.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from reviews.services.cases import EVENTS_OF_MILESTONES, Actor, to_the_minute
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import ClockError, NoSuchRule, Stale
from workflows.facts import (
    EXTENDED,
    MET,
    PAUSED,
    RE_CALENDARED,
    RE_RULED,
    REOPENED,
    RESTARTED,
    RESUMED,
    UNDONE,
    VOIDED,
    standing_facts,
    undone_facts,
)
from workflows.models import Deadline, Fact, RuleVersion, Subject
from workflows.rules import Limit
from workflows.services import changing_clocks
from workflows.services.folding import planned_from
from workflows.services.moving import change

ON_AUTHORITY = (PAUSED, RESUMED, EXTENDED, RESTARTED, RE_RULED, REOPENED, UNDONE)
"""Facts that a person records, and may take back."""


# ---- The deeds -----------------------------------------------------------------------------------
@transaction.atomic
def pause_clock(subject: Subject, number: int, *, since: datetime, authority: str, reason: str,
                by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Stop a clock whose rule allows it. Raises PermissionDenied, ClockError, Stale."""
    subject, deadline = _begin(subject, number, "pause_deadline", by=by, at=at, seen=seen)
    return changing_clocks.pause_deadline(subject, deadline.rule_code, effective_at=_in_its_minute(since, deadline),
                                          authority=authority, reason=reason, by=by, at=at)  # fmt: skip


@transaction.atomic
def resume_clock(subject: Subject, number: int, *, since: datetime, authority: str, reason: str,
                 by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Let a stopped clock run on."""
    subject, deadline = _begin(subject, number, "resume_deadline", by=by, at=at, seen=seen)
    _need(authority, reason)
    return changing_clocks.resume_deadline(subject, deadline.rule_code, effective_at=_in_its_minute(since, deadline),
                                           authority=authority, reason=reason, by=by, at=at)  # fmt: skip


@transaction.atomic
def extend_clock(subject: Subject, number: int, *, limit: Limit | date, decided_at: datetime, authority: str,
                 reason: str, by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Give a clock whose rule allows it more time: so many days of a kind, or until a day."""
    subject, deadline = _begin(subject, number, "extend_deadline", by=by, at=at, seen=seen)
    return changing_clocks.extend_deadline(subject, deadline.rule_code, limit=limit, authority=authority, reason=reason,
                                           effective_at=_in_its_minute(decided_at, deadline), by=by, at=at)  # fmt: skip


@transaction.atomic
def restart_clock(subject: Subject, number: int, *, start: datetime, authority: str, reason: str,
                  by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Count an open clock from another time than the one it was started with."""
    subject, deadline = _begin(subject, number, "restart_deadline", by=by, at=at, seen=seen)
    _need(authority, reason)
    if not is_open(deadline):
        raise ClockError(f"Cannot restart this clock: it is {deadline.state} already.")
    if "restart" not in deadline.rule.allows:
        raise ClockError("Cannot restart this clock: its date moves with what it is counted from.")
    return changing_clocks.restart_deadline(subject, deadline.rule_code, start=start, authority=authority,
                                            reason=reason, by=by, at=at)  # fmt: skip


@transaction.atomic
def re_rule_clock(subject: Subject, number: int, *, version: int, decided_at: datetime, authority: str, reason: str,
                  by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Count an open clock by another version of its rule, from its start on; version is that version's key."""
    subject, deadline = _begin(subject, number, "re_rule_deadline", by=by, at=at, seen=seen)
    if not is_open(deadline):
        raise ClockError(f"Cannot count this clock by another version: it is {deadline.state} already.")
    chosen = next((one for one in versions_open_to(deadline, subject) if one.pk == version), None)
    if chosen is None:
        raise ClockError(
            "Cannot count by that version: it is none of this rule, or it gives the limit that there is already.",
            about="version",
        )
    return changing_clocks.re_rule_deadline(
        subject, deadline.rule_code, limit=Limit.parse(chosen.limit), version=chosen,
        effective_at=_in_its_minute(decided_at, deadline), authority=authority, reason=reason, by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def reopen_clock(subject: Subject, number: int, *, since: datetime, counts_between: bool, authority: str, reason: str,
                 by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Let a clock that a person ended by itself run again. What a move ended runs again by another move."""
    subject, deadline = _begin(subject, number, "reopen_deadline", by=by, at=at, seen=seen)
    if is_open(deadline):
        raise ClockError(f"Cannot reopen this clock: it is {deadline.state} already.")
    if not can_be_reopened(deadline, subject):
        raise ClockError("Cannot reopen this clock: a move ended it, and only another move starts it again.")
    return changing_clocks.reopen_deadline(
        subject, deadline.rule_code, effective_at=_in_its_minute(since, deadline), counts_between=counts_between,
        authority=authority, reason=reason, by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def undo_one(subject: Subject, number: int, fact: int, *, authority: str, reason: str,
             by: Actor, at: datetime, seen: int | None = None) -> Deadline:  # fmt: skip
    """Take back a fact that a person recorded. It stays in the log, marked."""
    subject, deadline = _begin(subject, number, "undo_fact", by=by, at=at, seen=seen)
    _need(authority, reason)
    facts = list(deadline.facts.all())
    found = next((one for one in facts if one.pk == fact), None)
    if found is None or found.pk in undone_facts(facts):
        raise ClockError("Cannot undo that: it is not there, or was undone already.")
    if not can_be_undone(found, deadline, subject):
        raise ClockError(
            f"Cannot undo {found.kind!r} here: it followed from a move, and is taken back by another move."
        )
    return changing_clocks.undo_fact(found, authority=authority, reason=reason, by=by, at=at)


# ---- What may be done ----------------------------------------------------------------------------
def is_open(deadline: Deadline) -> bool:
    """Neither met nor voided."""
    return deadline.state in (Deadline.State.RUNNING, Deadline.State.PAUSED)


def deeds_open_to(deadline: Deadline, subject: Subject) -> list[str]:
    """What the state and the rule of a deadline let a person do to it, whoever that is."""
    allows = deadline.rule.allows
    deeds = {
        "pause": deadline.state == Deadline.State.RUNNING and "pause" in allows,
        "resume": deadline.state == Deadline.State.PAUSED,
        "extend": is_open(deadline) and "extend" in allows,
        "restart": is_open(deadline) and "restart" in allows,
        "re-rule": is_open(deadline) and bool(versions_open_to(deadline, subject)),
        "reopen": can_be_reopened(deadline, subject),
    }
    return [deed for deed, is_possible in deeds.items() if is_possible]


def versions_open_to(deadline: Deadline, subject: Subject) -> list[RuleVersion]:
    """The other versions of its rule, by date: of the same event, and with another limit than it counts by now."""
    rule = deadline.rule
    versions = RuleVersion.objects.of(subject.partnership).filter(
        code=rule.code, kind=rule.kind, starts=rule.starts
    )
    return list(
        versions.exclude(limit=deadline.derivation["limit"]).order_by(
            "valid_from", F("partnership").asc(nulls_first=True)
        )
    )


def can_be_reopened(deadline: Deadline, subject: Subject) -> bool:
    """Whether a person may let it run again: what one of them ended by itself, while the subject still moves."""
    if is_open(deadline) or subject.state in subject.RESTING_STATES:
        return False
    ended = [one for one in standing_facts(deadline.facts.all()) if one.kind in (MET, VOIDED)]
    last = ended[-1] if ended else None
    return isinstance(last, Fact) and last.kind == MET and can_be_undone(last, deadline, subject)


def can_be_undone(fact: Fact, deadline: Deadline, subject: Subject) -> bool:
    """Whether a person may take a fact back: what one recorded on an authority, or as done where no move says so.

    What followed from a move of the case stays with the move.
    """
    if fact.kind == MET:
        is_of_a_move = bool(deadline.rule.met_by) or subject.state in subject.RESTING_STATES
        return not is_of_a_move and deadline.rule_code not in EVENTS_OF_MILESTONES
    return fact.kind in ON_AUTHORITY and bool(fact.authority)


def facts_to_undo(deadline: Deadline, subject: Subject) -> set[int]:
    """The ids of the facts that may be taken back now."""
    facts = list(deadline.facts.all())
    undone = undone_facts(facts)
    return {one.pk for one in facts if one.pk not in undone and can_be_undone(one, deadline, subject)}


def newest_fact(facts: Iterable[Fact]) -> int:
    """The mark of what a page shows of a deadline: the key of its newest fact."""
    return max((fact.pk for fact in facts), default=0)


# ---- In words ------------------------------------------------------------------------------------
def planned_days(anchor: Deadline) -> dict[int, date | None]:
    """The due days of the open milestones that are planned back from this deadline, by their keys."""
    return {one.pk: one.due_on for _, one in planned_from([anchor])}


def move_in_words(
    before: Deadline, after: Deadline, *, at: datetime, planned: Mapping[int, date | None] | None = None
) -> str:
    """What a deed does, or did, to the date, in a sentence or two; and to what is planned back from it.

    planned holds the days that those had before.
    """
    said = _moved_in_words(before, after, at=at)
    for _, one in planned_from([after]) if planned else ():
        was = (planned or {}).get(one.pk)
        if was and one.due_on and was != one.due_on:
            said += (
                f" “{one.rule.name}” moves with it, from {day_in_words(was)} to {day_in_words(one.due_on)}."
            )
    return said


def _moved_in_words(before: Deadline, after: Deadline, *, at: datetime) -> str:
    was, becomes = (day_in_words(one.due_on) if one.due_on else "" for one in (before, after))
    if after.state == Deadline.State.PAUSED:
        if before.state == Deadline.State.PAUSED:
            return "The clock stays paused: it shows a date when it is resumed."
        return f"This stops the clock. It is due on {was} now, and shows no date until it is resumed."
    if before.state == Deadline.State.PAUSED:
        said = f"The clock runs on, and is due on {becomes}."
    elif not is_open(before) and is_open(after):
        said = f"The clock runs again, and is due on {becomes}."
    elif was == becomes:
        said = f"The date stays {was}."
    else:
        said = f"This moves the date from {was} to {becomes}."
    is_said = Deadline.State.PAUSED in (before.state, after.state) or (not is_open(before) and is_open(after))
    if before.state != after.state and not is_said:
        said += f" The clock was {before.state}, and is {after.state} then."
    if after.state == Deadline.State.RUNNING and after.due_on and after.due_on < local_date(at):
        said += " That day has passed: it is late."
    return said


def moved_on_authority(subject: Subject) -> QuerySet[Fact]:
    """What moved the dates of a subject on somebody's authority, in the order it was told: for its history."""
    kinds = (*ON_AUTHORITY, RE_CALENDARED)
    found = Fact.objects.filter(deadline__subject_id=subject.pk, kind__in=kinds).exclude(authority="")
    return found.select_related("by", "deadline__rule").order_by("recorded_at", "pk")


# ---- What they share -----------------------------------------------------------------------------
def _begin(
    subject: Subject, number: int, action: str, *, by: Actor, at: datetime, seen: int | None
) -> tuple[Any, Deadline]:
    """Lock, permission, ledger; and the deadline as it is now, unless it changed since it was seen."""
    permission = f"{subject._meta.app_label}.move_dates_{subject._meta.model_name}"
    subject = change(subject, action, permission=permission, by=by, at=at)
    rows = Deadline.objects.select_related("rule", "calendar").filter(subject_id=subject.pk, pk=number)
    deadline = rows.first()
    if deadline is None:
        raise NoSuchRule(f"{subject.code} has no such deadline.")
    facts = list(deadline.facts.select_related("by"))
    if seen is not None and seen != newest_fact(facts):
        last = max(facts, key=lambda fact: fact.pk)
        who = last.by.full_name if last.by else "the system"
        raise Stale(f"Last, {who} recorded here: {last.kind}. Look at it again before you go on.")
    return subject, deadline


def _in_its_minute(when: datetime, deadline: Deadline) -> datetime:
    """People give times to the minute: what they say of a minute comes after what happened in it."""
    if when != to_the_minute(when):
        return when
    there = [f.effective_at for f in deadline.facts.all() if to_the_minute(f.effective_at) == when]
    return max([when, *there])


def _need(authority: str, reason: str) -> None:
    if not authority.strip():
        raise ClockError("Cannot do this without an authority: say who decided it.", about="authority")
    if not reason.strip():
        raise ClockError("Cannot do this without a reason.", about="reason")
