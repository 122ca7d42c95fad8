"""The sweep beside one raw statement that makes the same writes; idle, two at once, and how much it holds."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import connection

from benchmarks.database import copies, empty, one, settle, statements_of, unchecked
from benchmarks.measure import FULL, ROUNDS, Contender, Table, in_turn, memory_peak
from notifications.models import Notice
from notifications.receivers import tell_of_rungs
from reviews.models import Case
from tests.factories import World, a_referral, a_world
from workflows.models import Deadline, Rung, Subject
from workflows.services.sweeping import sweep
from workflows.signals import rungs_reached

FIRST_AT = datetime(2030, 3, 6, 10, 0, tzinfo=UTC)
"""A Wednesday morning, inside the send window: when the first cohort's time comes."""

CLAIM = """
WITH due AS (
    SELECT rung.id, rung.deadline_id, rung.key, rung.tell, rung.news, rung.due_at, rung.fires_at,
           rule.duty, deadline.subject_id, deadline.due_on
    FROM workflows_rung rung
    JOIN workflows_deadline deadline ON deadline.id = rung.deadline_id
    JOIN workflows_ruleversion rule ON rule.id = deadline.rule_id
    WHERE rung.reached_at IS NULL AND rung.fires_at <= %(at)s AND deadline.state = 'running'
    ORDER BY rung.fires_at, rung.id LIMIT 500
    FOR NO KEY UPDATE OF rung, deadline SKIP LOCKED
), reached AS (
    UPDATE workflows_rung SET reached_at = %(at)s FROM due WHERE workflows_rung.id = due.id
), missed AS (
    UPDATE workflows_deadline SET missed_at = %(at)s FROM due
    WHERE workflows_deadline.id = due.deadline_id AND due.key = 'missed' AND due.duty = 'by'
)
"""
NOTICE = {
    "id": "new.id",
    "key": "concat('rung:', due.deadline_id, ':', due.key, ':', "
    """to_char(due.due_at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MI"Z"'), ':', membership.user_id)""",
    "recipient_id": "membership.user_id",
    "subject_id": "due.subject_id",
    "deadline_id": "due.deadline_id",
    "news": "due.news",
    "due_on": "due.due_on",
    "rung_at": "due.fires_at",
    "created_at": "%(at)s",
    "send_after": "%(at)s",
    "next_try_at": "%(at)s",
    "message_id": "concat('<', new.id, '@localhost>')",
}
"""What a notice of a rung says, column by column; the others are as the model begins them."""


def tell() -> str:
    """The part of the statement that writes a notice for each rung that tells somebody."""
    columns, values = [], []
    for column in Notice._meta.local_concrete_fields:
        first = column.get_default()
        columns.append(column.column)
        values.append(NOTICE.get(column.column) or ("NULL" if first is None else f"'{first}'"))
    return f"""
, told AS (
    INSERT INTO notifications_notice ({", ".join(columns)})
    SELECT {", ".join(values)}
    FROM due
    JOIN workflows_subject subject ON subject.id = due.subject_id
    JOIN accounts_seat seat ON seat.partnership_id = subject.partnership_id AND seat.role = due.tell
    JOIN accounts_membership membership ON membership.seat_id = seat.group_id
    CROSS JOIN LATERAL (SELECT gen_random_uuid() AS id WHERE due.id IS NOT NULL) new
    WHERE due.tell <> ''
    ON CONFLICT (key) DO NOTHING
)
"""


COUNT = " SELECT count(*) FROM due"


@dataclass
class Hall:
    """So many running deadlines, each with its ladder. A cohort of them falls due every minute, half of it missed.

    Every run takes a cohort of its own, so that nothing is put back between two runs.
    """

    total: int
    each: int
    taken: int = 0
    stride: int = field(init=False)

    def __post_init__(self) -> None:
        self.stride = self.total // self.each

    def next_at(self) -> datetime:
        """The instant at which the next cohort, and none after it, is due."""
        assert self.taken < self.stride, "every cohort was swept"
        self.taken += 1
        return FIRST_AT + timedelta(minutes=self.taken)

    @property
    def idle_at(self) -> datetime:
        """An instant at which everything due was swept."""
        return FIRST_AT + timedelta(minutes=self.taken, seconds=30)


def a_hall(world: World, total: int, each: int) -> Hall:
    """Fill the tables anew: a subject with its case, one deadline and its rungs, as often as wanted."""
    hall = Hall(total, each)
    empty()
    case = a_referral(world)
    deadline = case.deadlines.get(rule_code="SIN_NOTIFY")
    numbers = f"generate_series(1, {total}) AS n"
    new_id = "md5('hall ' || n)::uuid"
    with unchecked():
        copies(Subject, numbers, f"it.id = '{case.pk}'", id=new_id, code="'B' || n")
        copies(Case, numbers, f"it.subject_id = '{case.pk}'", subject_id=new_id)
        copies(Deadline, numbers, f"it.id = {deadline.pk}", subject_id=new_id)
        rung = f"CASE n / {hall.stride} % 2 WHEN 0 THEN 'missed' ELSE 'due:business-manager' END"
        copies(
            Rung,
            f"{numbers} JOIN workflows_deadline made ON made.subject_id = {new_id}",
            f"it.deadline_id = {deadline.pk}",
            deadline_id="made.id",
            fires_at=f"CASE WHEN it.key = {rung} THEN timestamptz '{FIRST_AT.isoformat()}' "
            f"+ (n % {hall.stride} + 1) * interval '1 minute' ELSE it.fires_at + interval '20 years' END",
        )
    Rung.objects.filter(deadline__subject=case).delete()
    settle()
    return hall


def raw(statement: str, at: datetime) -> None:
    """The limit: one statement that claims, marks and writes, until it finds less than a batch."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(statement, {"at": at})
            if cursor.fetchone()[0] < 500:
                return


@contextlib.contextmanager
def nobody_listening() -> Iterator[None]:
    """The engine by itself: no notices are written."""
    rungs_reached.disconnect(dispatch_uid="tell-of-rungs")
    try:
        yield
    finally:
        rungs_reached.connect(tell_of_rungs, dispatch_uid="tell-of-rungs")


def ours(at: datetime) -> None:
    sweep(at=at)


def of_one_size(world: World, total: int, each: int, rounds: int) -> list[tuple[object, ...]]:
    """The rows of the table for a hall of one size."""
    hall = a_hall(world, total, each)
    engine, notices = CLAIM + COUNT, CLAIM + tell() + COUNT
    rows: list[tuple[object, ...]] = []
    for what, statement in (("engine only", engine), ("with notices", notices)):
        with nobody_listening() if what == "engine only" else contextlib.nullcontext():
            limit, mine = in_turn(
                [
                    Contender("raw", partial(raw, statement), hall.next_at),
                    Contender("ours", ours, hall.next_at),
                ],
                rounds,
            )
            sent = statements_of(lambda: sweep(at=hall.next_at()))
            held = memory_peak(lambda: sweep(at=hall.next_at()))
        rows.append(
            (f"{total:,}", each, what, limit.median * 1e3, mine.median * 1e3, mine.times(limit), sent, held)
        )
    idle = in_turn(
        [
            Contender("raw", lambda _: raw(engine, hall.idle_at)),
            Contender("ours", lambda _: ours(hall.idle_at)),
        ],
        rounds * 3,
    )
    sent = statements_of(lambda: sweep(at=hall.idle_at))
    held = memory_peak(lambda: sweep(at=hall.idle_at))
    limit, mine = idle
    rows.append(
        (f"{total:,}", 0, "nothing due", limit.median * 1e3, mine.median * 1e3, mine.times(limit), sent, held)
    )
    return rows


def two_at_once(world: World) -> tuple[object, ...]:
    """Two sweepers begin together at 2,000 due rungs: how many each reached, and what was done twice."""
    hall = a_hall(world, 4_000, 2_000)
    at = hall.next_at()
    together = threading.Barrier(2)
    reached = []

    def one_of_them() -> None:
        try:
            connection.ensure_connection()
            together.wait()
            reached.append(sweep(at=at).reached)
        finally:
            connection.close()

    sweepers = [threading.Thread(target=one_of_them) for _ in range(2)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    sweep(at=at)  # what both skipped because the other was at it
    marked = one("SELECT count(*) FROM workflows_rung WHERE reached_at = %s", at)
    told = one("SELECT count(*) FROM workflows_rung WHERE reached_at = %s AND tell <> ''", at)
    notices = one("SELECT count(*) FROM notifications_notice WHERE created_at = %s", at)
    return 2_000, *sorted(reached, reverse=True), sum(reached) - marked, notices - told


def measured() -> list[Table]:
    world = a_world()
    sizes = [(10_000, 10, ROUNDS), (10_000, 100, ROUNDS), (100_000, 100, ROUNDS)]
    if FULL:
        sizes += [(1_000_000, 100, ROUNDS), (1_000_000, 1_000, ROUNDS)]
    rows = [row for total, each, rounds in sizes for row in of_one_size(world, total, each, rounds)]
    twice = two_at_once(world)
    empty()
    return [
        Table(
            "B. The sweep",
            ("deadlines", "due", "what", "raw ms", "ours ms", "x raw", "statements", "MB held"),
            rows,
            "Raw: one statement that claims with SKIP LOCKED, marks the rungs and the missed deadlines and, with "
            "notices, writes one for each rung that tells somebody. Half of the due rungs are misses, which tell "
            "nobody. Statements: without BEGIN and COMMIT.",
        ),
        Table(
            "B. Two sweepers at once",
            ("due", "by one", "by the other", "rungs reached twice", "notices too many"),
            [twice],
        ),
    ]
