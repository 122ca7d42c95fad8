"""Facts added, dates folded from all of them, and ladders armed again: for any number of deadlines at once.

The caller holds the locks of their subjects. Each step is a statement or two, however many deadlines there are.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.db import connection

from accounts.models import User
from workflows.actors import SYSTEM, System
from workflows.calendars import PROVISIONAL_YEARS, Calendar, start_of
from workflows.countdown import day_in_words
from workflows.derivation import Derivation, derive, refuse_impossible
from workflows.exceptions import CalendarEnds, ClockError
from workflows.facts import RE_CALENDARED, RESTARTED, VERBS
from workflows.ladders import MISSED, Step, climb
from workflows.models import CalendarVersion, DateRecord, Deadline, Fact, Rung
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.many import insert_all
from workflows.services.rules import rule_book

Actor = User | System


def person(by: Actor) -> User | None:
    """The person to store, or None for the system."""
    return by if isinstance(by, User) else None


@dataclass(frozen=True, slots=True)
class Told:
    """A fact to be added to the log of a deadline. effective_at is when it took effect in the world."""

    deadline: Deadline
    kind: str
    effective_at: datetime
    authority: str = ""
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def record_all(told: Sequence[Told], *, by: Actor, at: datetime) -> list[Deadline]:
    """Add a fact to the log of each of these deadlines, and fold it in; no deadline has two.

    Raises ClockError for one that cannot be true after those there are; then nothing is written.
    """
    for one in told:
        if one.effective_at > at:
            raise ClockError(f"Cannot {VERBS[one.kind]} this clock from a time still to come.", about="when")
    logs = logs_of([one.deadline for one in told])
    _take_the_list_in_use([one.deadline for one in told], logs)
    for one in told:
        refuse_impossible(
            one.kind, logs[one.deadline.pk], limit=Limit.parse(one.deadline.rule.limit),
            effective_at=one.effective_at, details=one.details,
        )  # fmt: skip
    add_facts(told, logs, by=by, at=at)
    return rederive_all([one.deadline for one in told], logs, at=at)


def _take_the_list_in_use(deadlines: Iterable[Deadline], logs: Mapping[int, Sequence[Fact]]) -> None:
    """Let those that are open and count by an older list count by the one in use, if that gives the date they have.

    No change of the list touched them; but a fact may let days matter that did not before. One to which it gives
    another date is about to be dated anew, which says so in a fact of its own.
    """
    older = [one for one in deadlines if one.is_open and one.calendar.replaced_by_id]
    if not older:
        return
    version = calendars.current_version()
    calendar = calendars.calendar_of(version)
    for deadline in older:
        derivation = derive(Limit.parse(deadline.rule.limit), logs[deadline.pk], calendar)
        if (derivation.due_on, derivation.provisional) == (deadline.due_on, deadline.is_provisional):
            deadline.calendar, deadline.derivation = version, derivation.as_json()


def record(
    deadline: Deadline, kind: str, *, by: Actor, effective_at: datetime, at: datetime,
    authority: str = "", reason: str = "", details: dict[str, Any] | None = None,
) -> Deadline:  # fmt: skip
    """The same for one deadline."""
    told = Told(deadline, kind, effective_at, authority, reason, details or {})
    return record_all([told], by=by, at=at)[0]


def add_facts(told: Iterable[Told], logs: Mapping[int, list[Fact]], *, by: Actor, at: datetime) -> None:
    """Store these facts, and put each where it belongs in the log of its deadline. Nothing is asked of them."""
    facts = Fact.objects.bulk_create(Fact(**_columns(one, by=by, at=at)) for one in told)
    for fact in facts:
        logs[fact.deadline_id].append(fact)
        logs[fact.deadline_id].sort(key=lambda one: (one.effective_at, one.pk))  # as the table is ordered


def insert_facts(told: Iterable[Told], *, by: Actor, at: datetime) -> None:
    """Store these facts, of which no fold is to be made in this transaction."""
    insert_all(Fact, [_columns(one, by=by, at=at) for one in told])


def _columns(told: Told, *, by: Actor, at: datetime) -> dict[str, Any]:
    return {
        "deadline_id": told.deadline.pk, "kind": told.kind, "effective_at": told.effective_at, "recorded_at": at,
        "by_id": by.pk, "authority": told.authority, "reason": told.reason, "details": told.details,
    }  # fmt: skip


def logs_of(deadlines: Iterable[Deadline]) -> defaultdict[int, list[Fact]]:
    """The facts of each deadline, in order, by its id."""
    logs: defaultdict[int, list[Fact]] = defaultdict(list)
    for fact in Fact.objects.filter(deadline__pk__among={deadline.pk for deadline in deadlines}):
        logs[fact.deadline_id].append(fact)
    return logs


# ---- The fold, stored ----------------------------------------------------------------------------
ENDED = (Deadline.State.MET, Deadline.State.VOIDED)

CACHED = ["state", "calendar", "started_at", "due_on", "due_at", "met_at", "derivation"]
"""The columns that the fold gives."""


def cache(deadline: Deadline, derivation: Derivation, version: CalendarVersion) -> None:
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


def fold(deadline: Deadline, facts: Sequence[Fact]) -> Derivation:
    """What the facts give, by the deadline's rule and the list of bank holidays it counts by."""
    return derive(Limit.parse(deadline.rule.limit), facts, calendars.calendar_of(deadline.calendar))


def rederive(deadline: Deadline, *, at: datetime) -> Deadline:
    """Fold all the facts of one deadline again, and store what comes out."""
    return rederive_all([deadline], logs_of([deadline]), at=at)[0]


def rederive_all(
    deadlines: Sequence[Deadline], logs: Mapping[int, Sequence[Fact]], *, at: datetime
) -> list[Deadline]:
    """Fold all their facts again, store what comes out, and arm again the ladder of each whose due value moved.

    logs has every fact of each deadline, in order. A milestone that is planned back from one of them moves with it.
    """
    derivations = []
    for deadline in deadlines:
        derivation = fold(deadline, logs[deadline.pk])
        if deadline.state in ENDED and derivation.state not in ENDED:
            deadline.calendar = (
                calendars.current_version()
            )  # while it had ended, no change of the list dated it anew
            derivation = fold(deadline, logs[deadline.pk])
        derivations.append(derivation)
    return store_all(deadlines, derivations, logs, at=at)


def store_all(
    deadlines: Sequence[Deadline], derivations: Sequence[Derivation], logs: Mapping[int, Sequence[Fact]], *,
    at: datetime,
) -> list[Deadline]:  # fmt: skip
    """The same, for deadlines that are folded already: each has its derivation in the same place."""
    before = {one.pk: (one.state, one.due_at, one.derivation) for one in deadlines}
    for deadline, derivation in zip(deadlines, derivations, strict=True):
        cache(deadline, derivation, deadline.calendar)
    _store(deadlines)
    turned = [one for one in deadlines if (one.state, one.due_at) != before[one.pk][:2]]
    if turned:
        Rung.objects.ahead().filter(deadline__pk__among={one.pk for one in turned}).delete()
        _arm(turned, at=at)
    records = [
        _what_it_was(one, before[one.pk][2], logs[one.pk], at=at)
        for one in deadlines
        if _is_another(before[one.pk][2], one.derivation)
    ]
    insert_all(DateRecord, records)
    moved = [one for one in deadlines if one.due_at != before[one.pk][1]]
    _miss_by_the_new_date(moved)
    _move_what_is_planned_from(moved, at=at)
    return list(deadlines)


STORE = """
UPDATE workflows_deadline deadline SET state = now.state, calendar_id = now.calendar_id, started_at = now.started_at,
    due_on = now.due_on, due_at = now.due_at, met_at = now.met_at, derivation = now.derivation
FROM jsonb_to_recordset(%s::jsonb) AS now (
    id bigint, state text, calendar_id bigint, started_at timestamptz, due_on date, due_at timestamptz,
    met_at timestamptz, derivation jsonb
) WHERE deadline.id = now.id
"""
"""Each deadline its own columns, in one document: a parameter for every value costs more than the update."""


def _store(deadlines: Sequence[Deadline]) -> None:
    """Write the columns that the fold gives; missed_at is the sweep's, which may be writing it now."""
    if len(deadlines) == 1:
        deadlines[0].save(update_fields=CACHED)
    elif connection.vendor == "postgresql":
        columns = ["id", *(Deadline._meta.get_field(name).attname for name in CACHED)]  # type: ignore[union-attr]
        rows = [{column: getattr(one, column) for column in columns} for one in deadlines]
        with connection.cursor() as cursor:
            cursor.execute(STORE, [json.dumps(rows, default=str)])
    else:
        # All the rows are there, so this inserts none.
        Deadline.objects.bulk_create(
            deadlines, update_conflicts=True, unique_fields=["pk"], update_fields=CACHED
        )


def steps_of(deadline: Deadline, calendar: Calendar, *, armed_at: datetime) -> Sequence[Step]:
    """The steps of its ladder that a running deadline has ahead of it."""
    if deadline.state != Deadline.State.RUNNING or deadline.due_on is None or deadline.due_at is None:
        return ()
    if deadline.rule.duty == "until" and deadline.due_at <= armed_at:
        return ()  # a duty that had already run out when we were told of it has nothing to say
    ladder = deadline.ladder.rungs if deadline.ladder else rule_book().ladders[deadline.rule.ladder]
    return climb(ladder, deadline.due_on, calendar, armed_at=armed_at)


def rungs_of(deadline: Deadline, calendar: Calendar, *, armed_at: datetime) -> list[Rung]:
    """The same as rungs, not stored."""
    return [
        Rung(deadline=deadline, due_at=deadline.due_at, **asdict(step))  # type: ignore[misc] # steps have a due day
        for step in steps_of(deadline, calendar, armed_at=armed_at)
    ]


ARM = """
WITH step (key, tell, news, due_at, fires_at) AS (VALUES {steps})
INSERT INTO workflows_rung (deadline_id, key, tell, news, due_at, fires_at)
SELECT deadline.id, step.key, step.tell, step.news, step.due_at, step.fires_at
FROM workflows_deadline deadline, step WHERE deadline.id IN ({deadlines}) ON CONFLICT DO NOTHING
"""
"""The same steps for each of these deadlines, on either database. A rung that was reached is there, and stays."""


def _arm(deadlines: Iterable[Deadline], *, at: datetime) -> None:
    """Store the rungs ahead of these: those that are due together climb together, in one statement."""
    moment = connection.ops.adapt_datetimefield_value
    together: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
    for deadline in deadlines:
        steps = steps_of(deadline, calendars.calendar_of(deadline.calendar), armed_at=at)
        together[tuple((step, deadline.due_at) for step in steps)].append(deadline.pk)
    together.pop((), None)
    with connection.cursor() as cursor:
        for climbed, keys in together.items():
            values = [
                (step.key, step.tell, step.news, moment(due_at), moment(step.fires_at))
                for step, due_at in climbed
            ]
            sql = ARM.format(
                steps=", ".join(["(%s, %s, %s, %s, %s)"] * len(values)),
                deadlines=", ".join(map(str, keys)),  # numbers of ours, and hundreds of them
            )
            cursor.execute(sql, list(chain.from_iterable(values)))


def _is_another(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the date, or the list it was counted by, is another now."""
    return (before["due_on"], before["calendar"]) != (now["due_on"], now["calendar"])


def _what_it_was(
    deadline: Deadline, before: Mapping[str, Any], facts: Sequence[Fact], *, at: datetime
) -> dict[str, Any]:
    """The columns of the record of what was shown before, and of what is shown now."""
    now = deadline.derivation
    is_recounted = before["calendar"] != now["calendar"]
    return {
        "deadline_id": deadline.pk, "at": at,
        "because": RE_CALENDARED if is_recounted else max(facts, key=lambda fact: fact.pk).kind,
        "state_before": before["state"], "state_after": now["state"],
        "due_before": date.fromisoformat(before["due_on"]) if before["due_on"] else None,
        "due_after": deadline.due_on, "calendar_before": before["calendar"], "calendar_after": now["calendar"],
    }  # fmt: skip


def _miss_by_the_new_date(moved: Iterable[Deadline]) -> None:
    """A breach of an earlier date is no breach of this one; one already seen of this date is not seen again."""
    by_then = [one for one in moved if one.due_at is not None and one.rule.duty == "by"]
    if not by_then:
        return
    reached = Rung.objects.filter(key=MISSED, deadline__pk__among={one.pk for one in by_then})
    seen: dict[tuple[int, datetime | None], datetime | None] = {
        (deadline_id, due_at): reached_at
        for deadline_id, due_at, reached_at in reached.exclude(reached_at=None).values_list(
            "deadline_id", "due_at", "reached_at"
        )
    }
    for one in by_then:
        one.missed_at = seen.get((one.pk, one.due_at))
        if one.missed_at is not None:
            one.save(update_fields=["missed_at"])
    in_time = {one.pk for one in by_then if one.missed_at is None}
    Deadline.objects.filter(pk__among=in_time).exclude(missed_at=None).update(missed_at=None)


# ---- What is planned back from another ------------------------------------------------------------
def planned_from(anchors: Iterable[Deadline]) -> list[tuple[Deadline, Deadline]]:
    """The open milestones that are planned back from the due days of these, each after its anchor.

    No query if the book plans none.
    """
    anchor_of = {(anchor.subject_id, anchor.rule_code): anchor for anchor in anchors}
    codes = {code for _, code in anchor_of}
    due_days = {event: code for event, code in rule_book().due_days.items() if code in codes}
    if not due_days:
        return []
    planned = Deadline.objects.open().filter(
        subject_id__in={subject_id for subject_id, _ in anchor_of}, rule__starts__in=due_days
    )
    pairs = [
        (anchor_of.get((one.subject_id, due_days[one.rule.starts])), one)
        for one in planned.select_related("rule", "calendar", "ladder")
    ]
    return [(anchor, one) for anchor, one in pairs if anchor is not None]


def _move_what_is_planned_from(anchors: Sequence[Deadline], *, at: datetime) -> None:
    """Count what is planned back from these due days from the new ones. Paused, a deadline has none.

    By the list of bank holidays that the anchor counts by now, if that is the newer: both move at once.
    """
    told = []
    for anchor, one in planned_from(anchor for anchor in anchors if anchor.due_on is not None):
        assert anchor.due_on is not None
        one.calendar = max(one.calendar, anchor.calendar, key=lambda version: version.pk)
        reason = f"“{anchor.rule.name}” is due on {day_in_words(anchor.due_on)} now."
        told.append(restarting(one, start=start_of(anchor.due_on), decided_at=at, reason=reason))
    if told:
        record_all(told, by=SYSTEM, at=at)


def restarting(
    deadline: Deadline, *, start: datetime, decided_at: datetime, reason: str, authority: str = "",
    limit: str = "", keeps: bool = False,
) -> Told:  # fmt: skip
    """The fact that a deadline is counted anew from an instant, by a decision of another; by a limit, if one is given.

    keeps says that only its start was wrong: it stays paused, or extended, as it was.
    """
    details: dict[str, Any] = {} if start == decided_at else {"start": start.isoformat()}
    details |= {"limit": limit} if limit else {}
    details |= {"keeps": True} if keeps else {}
    return Told(deadline, RESTARTED, decided_at, authority, reason, details)


def restart(deadline: Deadline, *, by: Actor, at: datetime, **told: Any) -> Deadline:
    """Count the deadline anew: what is told is that of `restarting`."""
    return record_all([restarting(deadline, **told)], by=by, at=at)[0]


def rearm(deadline: Deadline, *, at: datetime) -> None:
    """Climb the deadline's ladder anew, from now on: what was reached stays, what is past is not said any more."""
    deadline.rungs.ahead().filter(fires_at__gt=at).delete()
    steps = rungs_of(deadline, calendars.calendar_of(deadline.calendar), armed_at=at)
    Rung.objects.bulk_create([step for step in steps if step.fires_at > at], ignore_conflicts=True)
