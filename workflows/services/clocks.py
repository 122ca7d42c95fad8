"""Starting, meeting, voiding deadlines: every change is a fact, every date a fold over them.

How they are stored is in folding.py; what a person does to a clock that runs, in changing_clocks.py. The caller
holds the subject's lock (perform takes it; so does each function here that a person calls).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from workflows.calendars import local_date, start_of
from workflows.derivation import derive
from workflows.exceptions import NoSuchRule, WrongState
from workflows.facts import MET, REOPENED, RESTARTED, STARTED, VOIDED
from workflows.models import CalendarVersion, Deadline, Fact, LadderVersion, RuleVersion, Rung, Subject
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.folding import (
    ENDED,
    Actor,
    Told,
    cache,
    person,
    record,
    record_all,
    restart,
    rungs_of,
)
from workflows.services.rules import rules_counted_from, rules_started_by


def lock(subject: Subject) -> None:
    """Take the lock of the case this belongs to, then its own: always in that order.

    NO KEY UPDATE, so that rows which only point at the subject (a notice, an upload) do not wait. Raises WrongState
    when the case was disposed of: whoever locks means to write, and nothing more is written there.
    """
    for pk in filter(None, (subject.root_id, subject.pk)):
        locked = Subject.objects.select_for_update(no_key=True).filter(pk=pk)
        code, state = locked.values_list("code", "state").get()
        if state == Subject.DISPOSED:
            raise WrongState(
                f"Nothing more can be done to {code}: it was disposed of. Its certificate says what is left."
            )


def lock_all(subjects: QuerySet[Subject]) -> None:
    """The same for many: their cases first, then they themselves, each in the order of their keys."""
    parts = subjects.exclude(root=None)
    for keys in (subjects.filter(root=None).values("pk").union(parts.values("root")), parts.values("pk")):
        there = Subject.objects.filter(pk__among=set(keys.values_list("pk", flat=True)))
        list(there.order_by("pk").select_for_update(no_key=True).values_list("pk"))


@transaction.atomic
def start_deadlines(
    subject: Subject, rules: Iterable[RuleVersion], *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Start a clock for each rule, and for the milestones planned back from their due days, in seven statements.

    A rule whose clock runs here already is left alone. One whose clock had ended starts again from the
    event, as a second round: the facts keep how the first one ended. Of two versions of a rule the younger
    one counts, and a relaxation before either.
    """
    there = {
        deadline.rule_code: deadline
        for deadline in Deadline.objects.filter(subject_id=subject.pk).select_related("rule", "calendar", "ladder")
    }  # fmt: skip
    version = calendars.current_version()
    on = local_date(effective_at)
    ladders = _ladders_set_by(subject.partnership_id)
    begun: list[tuple[Deadline, datetime]] = []
    again: list[Deadline] = []
    wave = [(rule, effective_at) for rule in _one_of_each(rules)]
    while wave:
        due = {}
        for rule, start in wave:
            deadline = there.get(rule.code)
            if deadline is None:
                deadline = there[rule.code] = _begun(subject, rule, start, version)
                deadline.ladder = ladders.get(rule.ladder)
                begun.append((deadline, start))
            elif deadline.state in ENDED:
                terms = (rule, version, ladders.get(rule.ladder))
                deadline = _start_again(deadline, terms, by=by, effective_at=start, at=at)
                again.append(deadline)
            else:
                continue
            if deadline.due_on is not None:
                due[rule.code] = deadline.due_on
        anchors = {rule: code for code, rule in rules_counted_from(subject, due, on=on)}
        wave = [(rule, start_of(due[anchors[rule]])) for rule in _one_of_each(anchors)]
    _store_begun(begun, by=by, at=at)
    return [*(deadline for deadline, _ in begun), *again]


def _one_of_each(rules: Iterable[RuleVersion]) -> list[RuleVersion]:
    """Of the versions of a rule the one that counts: the youngest, and a relaxation before any."""
    in_order = sorted(rules, key=lambda rule: (rule.code, rule.is_relaxation, rule.valid_from))
    return list({rule.code: rule for rule in in_order}.values())


def _begun(subject: Subject, rule: RuleVersion, start: datetime, version: CalendarVersion) -> Deadline:
    """A deadline as it is when its clock has just begun, not stored."""
    deadline = Deadline(subject_id=subject.pk, rule=rule, rule_code=rule.code)
    started = Fact(pk=0, kind=STARTED, effective_at=start)
    cache(deadline, derive(Limit.parse(rule.limit), [started], calendars.calendar_of(version)), version)
    return deadline


def _store_begun(begun: Collection[tuple[Deadline, datetime]], *, by: Actor, at: datetime) -> None:
    """Store new deadlines, each with the fact that it began, and its ladder."""
    Deadline.objects.bulk_create(deadline for deadline, _ in begun)
    Fact.objects.bulk_create(
        Fact(deadline=deadline, kind=STARTED, effective_at=start, recorded_at=at, by=person(by))
        for deadline, start in begun
    )
    Rung.objects.bulk_create(
        rung
        for deadline, _ in begun
        for rung in rungs_of(deadline, calendars.calendar_of(deadline.calendar), armed_at=at)
    )


def _ladders_set_by(partnership_id: UUID) -> dict[str, LadderVersion]:
    """What a partnership has made of its ladders, by name; nothing for those it left as the book has them."""
    return {
        version.name: version
        for version in LadderVersion.objects.filter(partnership_id=partnership_id).newest()
    }


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
    ends: list[Told] = []
    there = Deadline.objects.filter(subject_id=subject.pk).open().select_related("rule", "calendar", "ladder")
    for deadline in there:
        kind = MET if verb in deadline.rule.met_by else VOIDED if verb in deadline.rule.voided_by else None
        if kind:
            ends.append(Told(deadline, kind, effective_at, reason=reason))
        elif is_at_rest:
            since = max(effective_at, _since(deadline, at))
            ends.append(Told(deadline, VOIDED, since, reason="Nothing more is owed here."))
    if ends:
        ended = record_all(ends, by=by, at=at)
        if not is_at_rest:
            met = [deadline for deadline, told in zip(ended, ends, strict=True) if told.kind == MET]
            _go_on_to_the_next_round(met, by=by, effective_at=effective_at, at=at)


def _since(deadline: Deadline, at: datetime) -> datetime:
    """From when the deadline can be ended: its start; now, for one that counts back from a day to come."""
    return min(deadline.started_at, at)


@transaction.atomic
def meet_deadline(subject: Subject, code: str, *, by: Actor, at: datetime, effective_at: datetime | None = None,
                  reason: str = "") -> Deadline:  # fmt: skip
    """Record that what a rule asks for was done. Raises NoSuchRule, ClockError."""
    lock(subject)
    when = effective_at or at
    deadline = record(deadline_of(subject, code), MET, by=by, effective_at=when, at=at, reason=reason)
    _go_on_to_the_next_round([deadline], by=by, effective_at=when, at=at)
    return deadline


def _go_on_to_the_next_round(
    met: Iterable[Deadline], *, by: Actor, effective_at: datetime, at: datetime
) -> list[Deadline]:
    """Of deadlines just met, those that repeat go on to their next round: the first that is still to come.

    Rounds are counted from the start, so that one met early or late does not move those that follow, and
    those that passed while nobody looked do not come all at once.
    """
    told = []
    for deadline in met:
        limit, calendar = (
            Limit.parse(deadline.derivation["limit"]),
            calendars.calendar_of(deadline.calendar),
        )
        if not limit.repeats or deadline.due_on is None:
            continue
        past, number = max(deadline.due_on, local_date(at)), int(deadline.derivation["round"]) + 1
        while limit.of_round(number).from_day(limit.day_0(deadline.started_at), calendar) <= past:
            number += 1
        reason = f"It comes again {limit.words}: round {number}."
        details = {"start": deadline.started_at.isoformat(), "round": number}
        told.append(Told(deadline, RESTARTED, effective_at, reason=reason, details=details))
    return record_all(told, by=by, at=at) if told else []


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
