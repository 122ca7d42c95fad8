"""Starting, meeting, voiding, pausing, extending deadlines: every change is a fact, every date a fold over them.

The caller holds the subject's lock (perform takes it; so does each function here that a person calls).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from workflows.actors import System
from workflows.calendars import PROVISIONAL_YEARS, Calendar, local_date
from workflows.countdown import day_in_words
from workflows.derivation import (
    EXTENDED,
    MET,
    PAUSED,
    RE_CALENDARED,
    RE_RULED,
    REOPENED,
    RESTARTED,
    RESUMED,
    STARTED,
    UNDONE,
    VERBS,
    VOIDED,
    Derivation,
    derive,
    refuse_impossible,
)
from workflows.exceptions import CalendarEnds, ClockError, NoSuchRule
from workflows.ladders import MISSED, climb
from workflows.models import CalendarVersion, DateRecord, Deadline, Fact, RuleVersion, Rung, Subject
from workflows.rules import UNITS, Limit
from workflows.services import calendar as calendars
from workflows.services.rules import rule_book, rules_started_by

Actor = User | System


def person(by: Actor) -> User | None:
    """The person to store, or None for the system."""
    return by if isinstance(by, User) else None


def lock(subject: Subject) -> None:
    """Take the lock of the case this belongs to, then its own: always in that order.

    NO KEY UPDATE, so that rows which only point at the subject (a notice, an upload) do not wait.
    """
    for pk in filter(None, (subject.root_id, subject.pk)):
        Subject.objects.select_for_update(no_key=True).only("pk").get(pk=pk)


CACHED = ["state", "calendar", "started_at", "due_on", "due_at", "met_at", "derivation"]
"""The columns that the fold gives."""


def _cache(deadline: Deadline, derivation: Derivation, version: CalendarVersion) -> None:
    """Give the columns what the fold gives. Raises CalendarEnds for a day on which nobody could count what is left."""
    last = calendars.calendar_of(version).known_until.year + PROVISIONAL_YEARS
    if (day := derivation.due_so_far).year > last:
        raise CalendarEnds(
            f"Cannot make this due on {day.day} {day:%B} {day.year}: dates are counted up to the end of {last}."
        )
    deadline.state = derivation.state
    deadline.calendar = version
    deadline.started_at = derivation.started_at
    deadline.due_on, deadline.due_at, deadline.met_at = (
        derivation.due_on,
        derivation.due_at,
        derivation.met_at,
    )
    deadline.derivation = derivation.as_json()


def rungs_of(deadline: Deadline, calendar: Calendar, *, armed_at: datetime) -> list[Rung]:
    """The rungs a running deadline has ahead of it, not stored."""
    if deadline.state != Deadline.State.RUNNING or deadline.due_on is None or deadline.due_at is None:
        return []
    if deadline.rule.duty == "until" and deadline.due_at <= armed_at:
        return []  # a duty that had already run out when we were told of it has nothing to say
    ladder = rule_book().ladders[deadline.rule.ladder]
    return [
        Rung(deadline=deadline, key=step.key, tell=step.tell, news=step.news, due_at=deadline.due_at,
             fires_at=step.fires_at)
        for step in climb(ladder, deadline.due_on, calendar, armed_at=armed_at)
    ]  # fmt: skip


def rederive(deadline: Deadline, *, at: datetime, facts: Sequence[Fact] | None = None) -> Deadline:
    """Fold all the facts again, store what comes out, and re-arm the ladder if the due value moved."""
    version = deadline.calendar
    before, said = (deadline.state, deadline.due_at), deadline.derivation
    facts = list(deadline.facts.all()) if facts is None else facts  # all, in order, if they were just read
    derivation = derive(Limit.parse(deadline.rule.limit), facts, calendars.calendar_of(version))
    _cache(deadline, derivation, version)
    deadline.save(update_fields=CACHED)  # missed_at is the sweep's, which may be writing it now
    if (deadline.state, deadline.due_at) != before:
        deadline.rungs.ahead().delete()
        ahead = rungs_of(deadline, calendars.calendar_of(version), armed_at=at)
        Rung.objects.bulk_create(ahead, ignore_conflicts=True)
    if deadline.due_at != before[1]:
        _miss_by_the_new_date(deadline)
    _keep_what_it_was(deadline, said, facts, at=at)
    return deadline


def _keep_what_it_was(
    deadline: Deadline, before: dict[str, Any], facts: Sequence[Fact], *, at: datetime
) -> None:
    """Record that the date, or the list it was counted by, is another now."""
    now = deadline.derivation
    if (before["due_on"], before["calendar"]) == (now["due_on"], now["calendar"]):
        return
    is_recounted = before["calendar"] != now["calendar"]
    DateRecord.objects.create(
        deadline=deadline, at=at,
        because=RE_CALENDARED if is_recounted else max(facts, key=lambda fact: fact.pk).kind,
        state_before=before["state"], state_after=now["state"],
        due_before=date.fromisoformat(before["due_on"]) if before["due_on"] else None, due_after=deadline.due_on,
        calendar_before=before["calendar"], calendar_after=now["calendar"],
    )  # fmt: skip


def _miss_by_the_new_date(deadline: Deadline) -> None:
    """A breach of an earlier date is no breach of this one; one already seen of this date is not seen again."""
    if deadline.due_at is None or deadline.rule.duty != "by":
        return
    seen = deadline.rungs.filter(key=MISSED, due_at=deadline.due_at).exclude(reached_at=None).first()
    deadline.missed_at = seen.reached_at if seen else None
    deadline.save(update_fields=["missed_at"])


def _record(
    deadline: Deadline, kind: str, *, by: Actor, effective_at: datetime, at: datetime,
    authority: str = "", reason: str = "", details: dict[str, Any] | None = None,
) -> Deadline:  # fmt: skip
    details = details or {}
    if effective_at > at:
        raise ClockError(f"Cannot {VERBS[kind]} this clock from a time still to come.", about="when")
    facts = list(deadline.facts.all())
    refuse_impossible(
        kind, facts, limit=Limit.parse(deadline.rule.limit),
        effective_at=effective_at, details=details,
    )  # fmt: skip
    fact = Fact.objects.create(
        deadline=deadline, kind=kind, effective_at=effective_at, recorded_at=at, by=person(by),
        authority=authority, reason=reason, details=details,
    )  # fmt: skip
    facts = sorted([*facts, fact], key=lambda one: (one.effective_at, one.pk))  # as the table is ordered
    return rederive(deadline, at=at, facts=facts)


@transaction.atomic
def start_deadlines(
    subject: Subject, rules: Iterable[RuleVersion], *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Start a clock for each rule, all in four statements.

    A rule whose clock runs here already is left alone. One whose clock had ended starts again from the
    event, as a second round: the facts keep how the first one ended. Of two versions of a rule the younger
    one counts, and a relaxation before either.
    """
    in_order = sorted(rules, key=lambda rule: (rule.code, rule.is_relaxation, rule.valid_from))
    rules = list({rule.code: rule for rule in in_order}.values())
    there = Deadline.objects.filter(subject_id=subject.pk, rule_code__in=[rule.code for rule in rules])
    before = {deadline.rule_code: deadline for deadline in there.select_related("rule", "calendar")}
    version = calendars.current_version()
    calendar = calendars.calendar_of(version)
    deadlines = []
    for rule in rules:
        if rule.code in before:
            continue
        deadline = Deadline(subject_id=subject.pk, rule=rule, rule_code=rule.code)
        start = Fact(pk=0, kind=STARTED, effective_at=effective_at)
        _cache(deadline, derive(Limit.parse(rule.limit), [start], calendar), version)
        deadlines.append(deadline)
    Deadline.objects.bulk_create(deadlines)
    Fact.objects.bulk_create(
        Fact(deadline=deadline, kind=STARTED, effective_at=effective_at, recorded_at=at, by=person(by))
        for deadline in deadlines
    )
    Rung.objects.bulk_create(
        rung for deadline in deadlines for rung in rungs_of(deadline, calendar, armed_at=at)
    )
    ended = [
        deadline
        for deadline in before.values()
        if deadline.state in (Deadline.State.MET, Deadline.State.VOIDED)
    ]
    return deadlines + [_start_again(deadline, by=by, effective_at=effective_at, at=at) for deadline in ended]


def _start_again(deadline: Deadline, *, by: Actor, effective_at: datetime, at: datetime) -> Deadline:
    """Run an ended clock again from a new event, which for a count backwards is still to come."""
    reopened_at = min(max(effective_at, deadline.met_at or effective_at), at)
    again = "It happened again."
    deadline = _record(deadline, REOPENED, by=by, effective_at=reopened_at, at=at, reason=again)
    return _restart(deadline, by=by, at=at, start=effective_at, decided_at=reopened_at, reason=again)


def _restart(
    deadline: Deadline, *, by: Actor, at: datetime, start: datetime, decided_at: datetime, reason: str,
    authority: str = "",
) -> Deadline:  # fmt: skip
    details = {} if start == decided_at else {"start": start.isoformat()}
    return _record(deadline, RESTARTED, by=by, effective_at=decided_at, at=at, authority=authority, reason=reason,
                   details=details)  # fmt: skip


@transaction.atomic
def restart_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, start: datetime, reason: str,
                     authority: str = "") -> Deadline:  # fmt: skip
    """Count a running clock from another event, because the one it counted from was wrong or has moved.

    What was paused and extended before has no part in it. Only a count backwards starts from a day to come.
    """
    lock(subject)
    if not reason.strip():
        raise ClockError("Cannot restart a clock without a reason.", about="reason")
    deadline = _open(subject, code)
    if start > at and Limit.parse(deadline.derivation["limit"]).count >= 0:
        raise ClockError("Cannot count from a time still to come: what starts the clock has not happened.",
                         about="start")  # fmt: skip
    return _restart(deadline, by=by, at=at, start=start, decided_at=at, reason=reason, authority=authority)


def start_clocks(
    subject: Subject, anchor: str, *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Start every clock that an event starts for this subject, by the rules in force on its London day."""
    rules = rules_started_by(subject, anchor, on=local_date(effective_at))
    return start_deadlines(subject, rules, by=by, effective_at=effective_at, at=at)


def stop_clocks(
    subject: Subject,
    verb: str,
    *,
    by: Actor,
    effective_at: datetime,
    at: datetime,
    reason: str,
    is_at_rest: bool = False,
) -> None:
    """Meet or void the open clocks that a transition ends, as their rules say. At rest, nothing more is owed."""
    for deadline in Deadline.objects.filter(subject_id=subject.pk).open().select_related("rule", "calendar"):
        kind = MET if verb in deadline.rule.met_by else VOIDED if verb in deadline.rule.voided_by else None
        if kind == MET and not is_at_rest:
            _meet(deadline, by=by, effective_at=effective_at, at=at, reason=reason)
        elif kind:
            _record(deadline, kind, by=by, effective_at=effective_at, at=at, reason=reason)
        elif is_at_rest:
            _record(
                deadline,
                VOIDED,
                by=by,
                effective_at=max(effective_at, _since(deadline, at)),
                at=at,
                reason="Nothing more is owed here.",
            )


def _since(deadline: Deadline, at: datetime) -> datetime:
    """From when the deadline can be ended: its start; now, for one that counts back from a day to come."""
    return min(deadline.started_at, at)


@transaction.atomic
def meet_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime | None = None,
                  reason: str = "") -> Deadline:  # fmt: skip
    """Record that what a rule asks for was done. Raises NoSuchRule, ClockError."""
    lock(subject)
    return _meet(_open(subject, code), by=by, effective_at=effective_at or at, at=at, reason=reason)


def _meet(deadline: Deadline, *, by: Actor, effective_at: datetime, at: datetime, reason: str) -> Deadline:
    """What was asked was done. One that repeats goes on to its next round: the first that is still to come.

    Rounds are counted from the start, so that one met early or late does not move those that follow, and
    those that passed while nobody looked do not come all at once.
    """
    deadline = _record(deadline, MET, by=by, effective_at=effective_at, at=at, reason=reason)
    limit, calendar = Limit.parse(deadline.derivation["limit"]), calendars.calendar_of(deadline.calendar)
    if not limit.repeats or deadline.due_on is None:
        return deadline
    past, number = max(deadline.due_on, local_date(at)), int(deadline.derivation["round"]) + 1
    while limit.of_round(number).from_day(limit.day_0(deadline.started_at), calendar) <= past:
        number += 1
    return _record(
        deadline, RESTARTED, by=by, effective_at=effective_at, at=at,
        reason=f"It comes again {limit.words}: round {number}.",
        details={"start": deadline.started_at.isoformat(), "round": number},
    )  # fmt: skip


@transaction.atomic
def void_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, reason: str) -> Deadline:
    """Record that what a rule asks for is no longer owed, and why."""
    lock(subject)
    return _record(_open(subject, code), VOIDED, by=by, effective_at=at, at=at, reason=reason)


@transaction.atomic
def pause_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime,
                   authority: str, reason: str) -> Deadline:  # fmt: skip
    """Stop a clock from an instant. Needs an authority and a reason, and a rule that lets a person do it."""
    lock(subject)
    _need(authority, reason)
    return _record(
        _that_allows("pause", _open(subject, code), by),
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
    return _record(_open(subject, code), RESUMED, by=by, effective_at=effective_at, at=at,
                   authority=authority, reason=reason)  # fmt: skip


@transaction.atomic
def extend_deadline(subject: Subject, code: str, *, limit: Limit | date, by: Actor, at: datetime,
                    authority: str, reason: str, effective_at: datetime | None = None) -> Deadline:  # fmt: skip
    """Give a clock more time: so many working days, days or months, or until a day.

    Needs an authority and a reason, and a rule that lets a person do it. effective_at is when it was decided.
    """
    lock(subject)
    _need(authority, reason)
    deadline = _that_allows("extend", _open(subject, code), by)
    details = {"to": limit.isoformat()} if isinstance(limit, date) else {"by": str(limit)}
    if isinstance(limit, Limit) and limit.count <= 0:
        raise ClockError("Cannot extend by nothing or less: give a number of 1 or more.", about="by")
    if isinstance(limit, Limit) and limit.unit not in UNITS:
        raise ClockError(
            "Cannot extend by that: give a number of working days, days, weeks or months.", about="by"
        )
    if isinstance(limit, date):
        _must_be_later(limit, deadline)
    return _record(deadline, EXTENDED, by=by, effective_at=effective_at or at, at=at, authority=authority,
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
def re_rule_deadline(subject: Subject, code: str, *, limit: Limit, by: Actor, at: datetime,
                     authority: str, reason: str) -> Deadline:  # fmt: skip
    """Let a clock count by another limit from its start on, with the pauses and extensions it had."""
    lock(subject)
    _need(authority, reason)
    return _record(_open(subject, code), RE_RULED, by=by, effective_at=at, at=at, authority=authority,
                   reason=reason, details={"limit": str(limit)})  # fmt: skip


@transaction.atomic
def undo_fact(fact: Fact, *, by: Actor, at: datetime, reason: str, authority: str = "") -> Deadline:
    """Take back a fact that was not so. It stays in the log; the date is derived without it."""
    lock(fact.deadline.subject)
    if not reason.strip():
        raise ClockError("Cannot undo without a reason.", about="reason")
    deadline = Deadline.objects.select_related("rule", "calendar").get(pk=fact.deadline_id)  # as it is now
    return _record(deadline, UNDONE, by=by, effective_at=at, at=at, authority=authority, reason=reason,
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


def _open(subject: Subject, code: str) -> Deadline:
    try:
        return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)
    except Deadline.DoesNotExist:
        raise NoSuchRule(f"{subject.code} has no deadline {code!r}.") from None
