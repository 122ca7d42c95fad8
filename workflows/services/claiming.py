"""What a sweep claims, a batch at a time: rungs whose time has come, locked and marked, and their breaches."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from workflows.calendars import local_date
from workflows.ladders import MISSED
from workflows.models import Deadline, Mute, RuleVersion, Rung, Subject


@dataclass(frozen=True, slots=True)
class Claim:
    """One batch: the ids of its rungs, those that tell somebody (with deadline, rule and subject), and its breaches.

    is_muted says that something is muted in one of their cases; without it nobody need look.
    """

    ids: list[int]
    telling: list[Rung]
    missed: int
    is_muted: bool


def claim(*, at: datetime, most: int, without: Collection[int] = (), only: int | None = None) -> Claim:
    """Take so many rungs whose time has come, the earliest first. Needs a transaction.

    What another holds is skipped, whether a sweep or a person who is changing the deadline. PostgreSQL does it in
    one statement, as the round trips would be half of it; a test holds that equal to the queries beside it.
    """
    if connection.vendor == "postgresql":
        return claim_in_one_statement(at=at, most=most, without=without, only=only)
    return claim_by_queries(at=at, most=most, without=without, only=only)


def claim_by_queries(
    *, at: datetime, most: int, without: Collection[int] = (), only: int | None = None
) -> Claim:
    """The claim in plain queries: what it means, and how it is done where one writer at a time is let in."""
    due = Rung.objects.whose_time_has_come(at=at).order_by("fires_at", "pk").exclude(pk__in=without)
    if only is not None:
        due = due.filter(pk=only)
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(of=("self", "deadline"), skip_locked=True, no_key=True)
    rungs = list(
        due.select_related("deadline__rule", "deadline__subject").defer("deadline__derivation")[:most]
    )
    ids = [rung.pk for rung in rungs]
    Rung.objects.filter(pk__in=ids).update(reached_at=at)
    passed = [rung.deadline_id for rung in rungs if rung.key == MISSED]
    cases = {rung.deadline.subject.root_id or rung.deadline.subject_id for rung in rungs}
    for rung in rungs:
        rung.reached_at = at
    return Claim(
        ids,
        [rung for rung in rungs if rung.tell],
        Deadline.objects.filter(pk__in=passed, rule__duty="by").update(missed_at=at) if passed else 0,
        bool(cases) and Mute.objects.in_force(at=at).filter(case_id__in=cases).exists(),
    )


# ---- In one statement ----------------------------------------------------------------------------
RUNG = [field.attname for field in Rung._meta.concrete_fields]
SUBJECT = [field.attname for field in Subject._meta.concrete_fields if field.attname != "begun_at"]
DEADLINE = [
    "id",
    "subject_id",
    "rule_id",
    "rule_code",
    "calendar_id",
    "state",
    "due_on",
    "due_at",
    "missed_at",
]
RULE = ["id", "code", "partnership_id", "name", "duty", "authority"]
"""What comes with each rung. Whatever else a deadline or a rule has is fetched if somebody asks for it."""


def _of(table: str, names: Sequence[str]) -> str:
    return ", ".join(f"{table}.{name} AS {table}_{name}" for name in names)


ONE_STATEMENT = f"""
WITH due AS (
    SELECT {_of("rung", RUNG)}, {_of("deadline", DEADLINE)}, {_of("subject", SUBJECT)}, {_of("rule", RULE)}
    FROM workflows_rung rung
    JOIN workflows_deadline deadline ON deadline.id = rung.deadline_id
    JOIN workflows_subject subject ON subject.id = deadline.subject_id
    JOIN workflows_ruleversion rule ON rule.id = deadline.rule_id
    WHERE rung.reached_at IS NULL AND rung.fires_at <= %(at)s AND deadline.state = 'running'
      AND rung.id <> ALL(%(without)s) AND (%(only)s::bigint IS NULL OR rung.id = %(only)s)
    ORDER BY rung.fires_at, rung.id LIMIT %(most)s
    FOR NO KEY UPDATE OF rung, deadline SKIP LOCKED
), reached AS (
    UPDATE workflows_rung SET reached_at = %(at)s WHERE id = ANY ((SELECT array_agg(rung_id) FROM due)::bigint[])
), missed AS (
    UPDATE workflows_deadline SET missed_at = %(at)s WHERE id = ANY ((
        SELECT array_agg(deadline_id) FROM due WHERE rung_key = '{MISSED}' AND rule_duty = 'by'
    )::bigint[]) RETURNING id
)
SELECT telling.*,
    due.rung_id,
    EXISTS (SELECT FROM workflows_mute mute
            WHERE mute.case_id = coalesce(due.subject_root_id, due.subject_id)
              AND mute.ended_at IS NULL AND mute.until >= %(today)s) AS is_muted,
    (SELECT count(*) FROM missed) AS missed
FROM due LEFT JOIN due AS telling ON telling.rung_id = due.rung_id AND telling.rung_tell <> ''
ORDER BY due.rung_fires_at, due.rung_id
"""  # noqa: S608 - what is put in are names of our own columns
# Gathered into an array, all that is due is read and locked before anything is marked: a deadline already marked by
# this statement would hide its other rungs. Of a rung that tells nobody no more than its id is read here. And all is
# joined inside: of `due` the planner can know nothing, and to join a table to it would read the whole table.


def claim_in_one_statement(
    *, at: datetime, most: int, without: Collection[int] = (), only: int | None = None
) -> Claim:
    """The same on PostgreSQL, whose snapshot for the whole is the moment before it."""
    given: dict[str, Any] = {
        "at": at, "today": local_date(at), "most": most, "without": list(without), "only": only,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, given)
        rows = cursor.fetchall()
    if not rows:
        return Claim([], [], 0, False)
    rules: dict[int, RuleVersion] = {}
    tell = RUNG.index("tell")
    return Claim(
        [row[-3] for row in rows],
        [_rung(row, at, rules) for row in rows if row[tell]],
        rows[0][-1],
        any(row[-2] for row in rows),
    )


def _rung(row: Sequence[Any], at: datetime, rules: dict[int, RuleVersion]) -> Rung:
    """The rung of a row as it is now, with its deadline, rule and subject."""
    place, parts = 0, []
    for names in (RUNG, DEADLINE, SUBJECT, RULE):
        parts.append(row[place : place + len(names)])
        place += len(names)
    of_rung, of_deadline, of_subject, of_rule = parts
    rung = Rung.from_db(connection.alias, RUNG, of_rung)
    rung.reached_at = at
    rung.deadline = deadline = Deadline.from_db(connection.alias, DEADLINE, of_deadline)
    deadline.subject = Subject.from_db(connection.alias, SUBJECT, of_subject)
    if of_rule[0] not in rules:
        rules[of_rule[0]] = RuleVersion.from_db(connection.alias, RULE, of_rule)
    deadline.rule = rules[of_rule[0]]
    return rung
