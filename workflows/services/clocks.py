"""Starting, meeting, voiding deadlines: every change is a fact, every date a fold over them.

What a person does to a clock that runs is in changing_clocks.py. The caller holds the subject's lock (perform
takes it; so does each function here that a person calls).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from workflows.actors import SYSTEM, System
from workflows.calendars import PROVISIONAL_YEARS, Calendar, local_date, start_of
from workflows.countdown import day_in_words
from workflows.derivation import Derivation, derive, refuse_impossible
from workflows.exceptions import CalendarEnds, ClockError, NoSuchRule
from workflows.facts import MET, RE_CALENDARED, REOPENED, RESTARTED, STARTED, VERBS, VOIDED
from workflows.ladders import MISSED, climb
from workflows.models import (
    CalendarVersion,
    DateRecord,
    Deadline,
    Fact,
    LadderVersion,
    RuleVersion,
    Rung,
    Subject,
)
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.rules import rule_book, rules_counted_from, rules_started_by

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


ENDED = (Deadline.State.MET, Deadline.State.VOIDED)

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
    ladder = deadline.ladder.rungs if deadline.ladder else rule_book().ladders[deadline.rule.ladder]
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
    if before[0] in ENDED and derivation.state not in ENDED:
        # While it had ended, no change of the list dated it anew.
        version = calendars.current_version()
        derivation = derive(Limit.parse(deadline.rule.limit), facts, calendars.calendar_of(version))
    _cache(deadline, derivation, version)
    deadline.save(update_fields=CACHED)  # missed_at is the sweep's, which may be writing it now
    if (deadline.state, deadline.due_at) != before:
        deadline.rungs.ahead().delete()
        ahead = rungs_of(deadline, calendars.calendar_of(version), armed_at=at)
        Rung.objects.bulk_create(ahead, ignore_conflicts=True)
    _keep_what_it_was(deadline, said, facts, at=at)
    if deadline.due_at != before[1]:
        _miss_by_the_new_date(deadline)
        _move_what_is_planned_from(deadline, at=at)
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


def planned_from(anchor: Deadline) -> list[Deadline]:
    """The open milestones that are planned back from the due day of this deadline. No query if the book plans none."""
    events = rule_book().events_of_the_due_day(anchor.rule_code)
    if not events:
        return []
    planned = Deadline.objects.open().filter(subject_id=anchor.subject_id, rule__starts__in=events)
    return list(planned.select_related("rule", "calendar"))


def _move_what_is_planned_from(anchor: Deadline, *, at: datetime) -> None:
    """Count what is planned back from this due day from the new one. Paused, it has none.

    By the list of bank holidays that the anchor counts by now, if that is the newer: both move at once.
    """
    if anchor.due_on is None:
        return
    for deadline in planned_from(anchor):
        deadline.calendar = max(deadline.calendar, anchor.calendar, key=lambda version: version.pk)
        restart(
            deadline, by=SYSTEM, at=at, start=start_of(anchor.due_on), decided_at=at,
            reason=f"“{anchor.rule.name}” is due on {day_in_words(anchor.due_on)} now.",
        )  # fmt: skip


def _miss_by_the_new_date(deadline: Deadline) -> None:
    """A breach of an earlier date is no breach of this one; one already seen of this date is not seen again."""
    if deadline.due_at is None or deadline.rule.duty != "by":
        return
    seen = deadline.rungs.filter(key=MISSED, due_at=deadline.due_at).exclude(reached_at=None).first()
    deadline.missed_at = seen.reached_at if seen else None
    deadline.save(update_fields=["missed_at"])


def record(
    deadline: Deadline, kind: str, *, by: Actor, effective_at: datetime, at: datetime,
    authority: str = "", reason: str = "", details: dict[str, Any] | None = None,
) -> Deadline:  # fmt: skip
    """Add a fact to the log and fold it in. Raises ClockError for one that cannot be true after those there are."""
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
    ladders = _ladders_set_by(subject.partnership_id, {rule.ladder for rule in rules})
    deadlines = []
    for rule in rules:
        if rule.code in before:
            continue
        deadline = Deadline(
            subject_id=subject.pk, rule=rule, rule_code=rule.code, ladder=ladders.get(rule.ladder)
        )
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
    ended = [deadline for deadline in before.values() if deadline.state in ENDED]
    by_code = {rule.code: rule for rule in rules}
    for deadline in ended:
        rule = by_code[deadline.rule_code]
        terms = (rule, version, ladders.get(rule.ladder))
        deadlines.append(_start_again(deadline, terms, by=by, effective_at=effective_at, at=at))
    return deadlines + _start_what_is_planned_from(
        subject, deadlines, by=by, at=at, on=local_date(effective_at)
    )


def _start_what_is_planned_from(
    subject: Subject, anchors: Sequence[Deadline], *, by: Actor, at: datetime, on: date
) -> list[Deadline]:
    """Start the milestones that are planned back from the due days of these, by the rules in force on a day."""
    due = {anchor.rule_code: anchor.due_on for anchor in anchors if anchor.due_on}
    return [
        deadline
        for code, rule in rules_counted_from(subject, due, on=on)
        for deadline in start_deadlines(subject, [rule], by=by, effective_at=start_of(due[code]), at=at)
    ]


def _ladders_set_by(partnership_id: UUID, names: Collection[str]) -> dict[str, LadderVersion]:
    """What a partnership has made of these ladders; nothing for those it left as the book has them."""
    set_here = LadderVersion.objects.filter(partnership_id=partnership_id, name__in=names)
    return {version.name: version for version in set_here.newest()}


def rearm(deadline: Deadline, *, at: datetime) -> None:
    """Climb the deadline's ladder anew, from now on: what was reached stays, what is past is not said any more."""
    deadline.rungs.ahead().filter(fires_at__gt=at).delete()
    steps = rungs_of(deadline, calendars.calendar_of(deadline.calendar), armed_at=at)
    Rung.objects.bulk_create([step for step in steps if step.fires_at > at], ignore_conflicts=True)


def _start_again(
    deadline: Deadline, terms: tuple[RuleVersion, CalendarVersion, LadderVersion | None], *,
    by: Actor, effective_at: datetime, at: datetime,
) -> Deadline:  # fmt: skip
    """Run an ended clock again from a new event, which for a count backwards is still to come.

    On the terms of a clock that starts now: the rule, the list of bank holidays and the ladder of the earlier
    round, and another limit that was let count in it, have no part in this one.
    """
    reopened_at = min(max(effective_at, deadline.met_at or effective_at), at)
    again = "It happened again."
    deadline = record(deadline, REOPENED, by=by, effective_at=reopened_at, at=at, reason=again)
    deadline.rule, deadline.calendar, deadline.ladder = terms
    deadline.save(update_fields=["rule", "ladder"])  # the fold gives the rest
    limit = deadline.rule.limit if deadline.derivation["limit"] != deadline.rule.limit else ""
    return restart(
        deadline, by=by, at=at, start=effective_at, decided_at=reopened_at, reason=again, limit=limit
    )


def restart(
    deadline: Deadline, *, by: Actor, at: datetime, start: datetime, decided_at: datetime, reason: str,
    authority: str = "", limit: str = "", keeps: bool = False,
) -> Deadline:  # fmt: skip
    """Count the deadline anew from an instant, by a decision of another; by a limit, if one is given.

    keeps says that only its start was wrong: it stays paused, or extended, as it was.
    """
    details: dict[str, Any] = {} if start == decided_at else {"start": start.isoformat()}
    details |= {"limit": limit} if limit else {}
    details |= {"keeps": True} if keeps else {}
    return record(deadline, RESTARTED, by=by, effective_at=decided_at, at=at, authority=authority, reason=reason,
                   details=details)  # fmt: skip


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
            record(deadline, kind, by=by, effective_at=effective_at, at=at, reason=reason)
        elif is_at_rest:
            record(
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
    return _meet(deadline_of(subject, code), by=by, effective_at=effective_at or at, at=at, reason=reason)


def _meet(deadline: Deadline, *, by: Actor, effective_at: datetime, at: datetime, reason: str) -> Deadline:
    """What was asked was done. One that repeats goes on to its next round: the first that is still to come.

    Rounds are counted from the start, so that one met early or late does not move those that follow, and
    those that passed while nobody looked do not come all at once.
    """
    deadline = record(deadline, MET, by=by, effective_at=effective_at, at=at, reason=reason)
    limit, calendar = Limit.parse(deadline.derivation["limit"]), calendars.calendar_of(deadline.calendar)
    if not limit.repeats or deadline.due_on is None:
        return deadline
    past, number = max(deadline.due_on, local_date(at)), int(deadline.derivation["round"]) + 1
    while limit.of_round(number).from_day(limit.day_0(deadline.started_at), calendar) <= past:
        number += 1
    return record(
        deadline, RESTARTED, by=by, effective_at=effective_at, at=at,
        reason=f"It comes again {limit.words}: round {number}.",
        details={"start": deadline.started_at.isoformat(), "round": number},
    )  # fmt: skip


@transaction.atomic
def void_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, reason: str) -> Deadline:
    """Record that what a rule asks for is no longer owed, and why."""
    lock(subject)
    return record(deadline_of(subject, code), VOIDED, by=by, effective_at=at, at=at, reason=reason)


def deadline_of(subject: Subject, code: str) -> Deadline:
    """The deadline of a subject by its rule's code. Raises NoSuchRule."""
    try:
        return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)
    except Deadline.DoesNotExist:
        raise NoSuchRule(f"{subject.code} has no deadline {code!r}.") from None
