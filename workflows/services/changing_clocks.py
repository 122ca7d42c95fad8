"""What a person does to a clock: restart, pause, resume, extend, count by another limit, reopen, take back a fact.

Each takes the lock of the subject. Starting, meeting and ending clocks is in clocks.py.
"""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import ClockError
from workflows.facts import (
    EXTENDED,
    PAUSED,
    RE_RULED,
    REOPENED,
    RESTARTED,
    RESUMED,
    STARTED,
    UNDONE,
    standing_facts,
)
from workflows.models import Deadline, Fact, RuleVersion, Subject
from workflows.rules import UNITS, Limit
from workflows.services.clocks import deadline_of, lock
from workflows.services.folding import Actor, record, restart
from workflows.services.rules import rules_started_by


@transaction.atomic
def restart_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, start: datetime, reason: str,
                     authority: str = "", keeps: bool = False) -> Deadline:  # fmt: skip
    """Count a clock from another event, because the one it counted from was wrong or has moved.

    What was paused and extended before has no part in it, unless it keeps that: then its start alone is put right.
    Only a count backwards starts from a day to come.
    """
    lock(subject)
    if not reason.strip():
        raise ClockError("Cannot restart a clock without a reason.", about="reason")
    deadline = deadline_of(subject, code)
    if start > at and Limit.parse(deadline.derivation["limit"]).count >= 0:
        raise ClockError("Cannot count from a time still to come: what starts the clock has not happened.",
                         about="start")  # fmt: skip
    so_from = at
    if keeps:
        so_from = _start_put_right(deadline, start, by=by, at=at, reason=reason)
        deadline = deadline_of(subject, code)  # as it is now
    deadline = restart(deadline, by=by, at=at, start=start, decided_at=so_from, reason=reason,
                       authority=authority, keeps=keeps)  # fmt: skip
    return _count_by_the_version_of_its_start(subject, deadline, by=by, at=at) if keeps else deadline


BY_ITS_START = "the rule: the version in force on the day it counts from is the one that counts"
"""The authority by which a clock counts by another version when its start is put right."""


def _count_by_the_version_of_its_start(
    subject: Subject, deadline: Deadline, *, by: Actor, at: datetime
) -> Deadline:
    """When a start that was put right lies in the time of another version of the rule, count by that one's limit.

    What a person let count by another limit on purpose stays so.
    """
    start_on = local_date(deadline.started_at)
    facts = deadline.facts.filter(pk__in=[fact.id for fact in standing_facts(deadline.facts.all())])
    ruled = facts.filter(kind=RE_RULED).order_by("effective_at", "pk").last()
    if ruled is not None and ruled.authority != BY_ITS_START:
        return deadline
    counts_by = ruled.details["version"] if ruled else deadline.rule.valid_from.isoformat()
    versions = [
        rule
        for rule in rules_started_by(subject, deadline.rule.starts, on=start_on)
        if rule.code == deadline.rule_code
    ]
    if not versions:
        return deadline
    version = max(versions, key=lambda rule: (rule.is_relaxation, rule.valid_from))
    if version.valid_from.isoformat() == counts_by:
        return deadline
    details = {"limit": version.limit, "version": version.valid_from.isoformat()}
    return record(deadline, RE_RULED, by=by, effective_at=at, at=at, authority=BY_ITS_START,
                  reason="Start corrected.", details=details)  # fmt: skip


def _start_put_right(
    deadline: Deadline, start: datetime, *, by: Actor, at: datetime, reason: str
) -> datetime:
    """From when a start that is put right holds: when it is earlier, from then on, so that what happened between the
    two can be told; one that was put right so before makes way. Otherwise, and in a later round, from now on.
    """
    facts = standing_facts(deadline.facts.all())
    begun = next(fact for fact in facts if fact.kind == STARTED)
    restarts = [fact for fact in facts if fact.kind in (RESTARTED, REOPENED)]
    before = [fact for fact in restarts if fact.details.get("keeps") and "start" not in fact.details]
    if start >= begun.effective_at or len(before) < len(restarts):
        return at
    for fact in deadline.facts.filter(pk__in=[fact.id for fact in before]):
        undo_fact(fact, by=by, at=at, reason=reason)
    return start


@transaction.atomic
def pause_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime,
                   authority: str, reason: str) -> Deadline:  # fmt: skip
    """Stop a clock from an instant. Needs an authority and a reason, and a rule that lets a person do it."""
    lock(subject)
    _need(authority, reason)
    return record(
        _that_allows("pause", deadline_of(subject, code), by),
        PAUSED,
        by=by,
        effective_at=effective_at,
        at=at,
        authority=authority,
        reason=reason,
    )


@transaction.atomic
def resume_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime,
                    authority: str = "", reason: str = "") -> Deadline:  # fmt: skip
    """Let a stopped clock run on from an instant."""
    lock(subject)
    return record(deadline_of(subject, code), RESUMED, by=by, effective_at=effective_at, at=at,
                   authority=authority, reason=reason)  # fmt: skip


@transaction.atomic
def extend_deadline(subject: Subject, code: str, *, limit: Limit | date, by: Actor, at: datetime,
                    authority: str, reason: str, effective_at: datetime | None = None) -> Deadline:  # fmt: skip
    """Give a clock more time: so many working days, days or months, or until a day.

    Needs an authority and a reason, and a rule that lets a person do it. effective_at is when it was decided.
    """
    lock(subject)
    _need(authority, reason)
    deadline = _that_allows("extend", deadline_of(subject, code), by)
    details = {"to": limit.isoformat()} if isinstance(limit, date) else {"by": str(limit)}
    if isinstance(limit, Limit) and limit.count <= 0:
        raise ClockError("Cannot extend by nothing or less: give a number of 1 or more.", about="by")
    if isinstance(limit, Limit) and limit.unit not in UNITS:
        raise ClockError(
            "Cannot extend by that: give a number of working days, days, weeks or months.", about="by"
        )
    if isinstance(limit, date):
        _must_be_later(limit, deadline)
    return record(deadline, EXTENDED, by=by, effective_at=effective_at or at, at=at, authority=authority,
                   reason=reason, details=details)  # fmt: skip


def _must_be_later(day: date, deadline: Deadline) -> None:
    """Raise ClockError if an extension to that day gives no more time than there is; also for a paused clock."""
    changes = deadline.derivation["changes"]
    due_on = date.fromisoformat(changes[-1]["to"] if changes else deadline.derivation["first_due_on"])
    if day <= due_on:
        raise ClockError(
            f"Cannot extend to {day_in_words(day)}: it is due on {day_in_words(due_on)} already. Give a later day.",
            about="to",
        )


@transaction.atomic
def re_rule_deadline(subject: Subject, code: str, *, limit: Limit, by: Actor, at: datetime, authority: str,
                     reason: str, version: RuleVersion | None = None,
                     effective_at: datetime | None = None) -> Deadline:  # fmt: skip
    """Let a clock count by another limit from its start on, with the pauses and extensions it had.

    version is whose limit it is, where a version of its rule is; effective_at, when it was decided.
    """
    lock(subject)
    _need(authority, reason)
    details = {"limit": str(limit)} | ({"version": version.valid_from.isoformat()} if version else {})
    return record(deadline_of(subject, code), RE_RULED, by=by, effective_at=effective_at or at, at=at,
                   authority=authority, reason=reason, details=details)  # fmt: skip


@transaction.atomic
def reopen_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime,
                    counts_between: bool, authority: str, reason: str) -> Deadline:  # fmt: skip
    """Let a clock that ended run again from an instant; how it ended stays in the log.

    counts_between: whether the days since it ended count. Only a rule that may be paused lets them be stopped.
    """
    lock(subject)
    _need(authority, reason)
    deadline = deadline_of(subject, code)
    if not counts_between and "pause" not in deadline.rule.allows:
        raise ClockError(
            f"Cannot leave out the days since “{deadline.rule.name}” ended: the limit is set by "
            f"{deadline.rule.citation}, which does not let a clock be stopped.", about="between",
        )  # fmt: skip
    return record(deadline, REOPENED, by=by, effective_at=effective_at, at=at, authority=authority, reason=reason,
                   details={"closed_time": "counted" if counts_between else "stopped"})  # fmt: skip


@transaction.atomic
def undo_fact(fact: Fact, *, by: Actor, at: datetime, reason: str, authority: str = "") -> Deadline:
    """Take back a fact that was not so. It stays in the log; the date is derived without it."""
    lock(fact.deadline.subject)
    if not reason.strip():
        raise ClockError("Cannot undo without a reason.", about="reason")
    deadline = Deadline.objects.select_related("rule", "calendar").get(pk=fact.deadline_id)  # as it is now
    return record(deadline, UNDONE, by=by, effective_at=at, at=at, authority=authority, reason=reason,
                   details={"fact": fact.pk})  # fmt: skip


def _need(authority: str, reason: str) -> None:
    if not authority.strip() or not reason.strip():
        raise ClockError(
            "Cannot move this deadline: say on whose authority, and why.",
            about="reason" if authority.strip() else "authority",
        )


def _that_allows(deed: str, deadline: Deadline, by: Actor) -> Deadline:
    """The deadline, if its rule lets a person do that. The system records what others had the power to do."""
    if isinstance(by, User) and deed not in deadline.rule.allows:
        raise ClockError(
            f"Cannot {deed} “{deadline.rule.name}”: the limit is set by {deadline.rule.citation}, "
            f"which does not let you."
        )
    return deadline
