"""The peers, each at its own work: run by `benchmarks.peers` in their environment, with a database of their own.

Imports nothing of the product. Told the address of a PostgreSQL database, how many timers are held, how many are due
and how many rounds; and in a file the bank holidays. Prints a line of JSON for each contender.
"""

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FAR = timedelta(days=400)
DAYS = 15
Ready = tuple[Callable[[], object], Callable[[], object], Callable[[], int]]
"""How to make so many timers due (not timed), how to sweep them, and how many were done ever."""


def told(section: str, name: str, seconds: list[float], **more: object) -> None:
    print(json.dumps({"section": section, "name": name, "seconds": seconds, **more}), flush=True)


# ---- Dates ---------------------------------------------------------------------------------------
def dates(off: set[date], rounds: int) -> None:
    """Each way to count fifteen working days, in turn, beside two bare lists."""
    import pandas
    from workalendar.europe import (
        UnitedKingdom,
    )  # England and Wales; its other nations are classes of their own

    first, last = date(2018, 1, 1), max(off)
    every_day = [first + timedelta(days=n) for n in range((last - first).days + 40)]
    count, working = [], []
    for day in every_day:
        if day.weekday() < 5 and day not in off:
            working.append(day)
        count.append(len(working))
    base = first.toordinal()

    def lists(day: date) -> date:
        return working[count[day.toordinal() - base] + DAYS - 1]

    england, custom = UnitedKingdom(), pandas.offsets.CustomBusinessDay(n=DAYS, holidays=sorted(off))
    ways: dict[str, Callable[[date], date]] = {
        "two bare lists, looked up (limit)": lists,
        "workalendar": lambda day: england.add_working_days(day, DAYS),
        "pandas CustomBusinessDay": lambda day: (pandas.Timestamp(day) + custom).date(),
    }
    # From a day that does not count, pandas steps to the next first: it is asked only for those that do.
    days = working[: count[last.toordinal() - base] - DAYS]
    wrong = {name: sum(way(day) != lists(day) for day in days) for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            some = days if way is lists else days[::16]
            begun = time.perf_counter()
            for day in some:
                way(day)
            seconds[name].append((time.perf_counter() - begun) / len(some))
    for name in ways:
        told("dates", name, seconds[name], wrong=wrong[name], of=len(days))


# ---- Timers --------------------------------------------------------------------------------------
def set_up_django(url: str) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    parts = urlsplit(url)
    from urllib.parse import parse_qs, unquote

    host = parse_qs(parts.query).get("host", [unquote(parts.hostname or "")])[0]
    settings.configure(
        USE_TZ=True,
        SECRET_KEY="for the bench",
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django_q", "django_celery_beat",
            "procrastinate.contrib.django", "viewflow.workflow", "waiting",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "HOST": host,
                "USER": parts.username or "postgres", "PORT": str(parts.port or 5432),
            }
        },
        Q_CLUSTER={"orm": "default", "name": "bench"},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
    )  # fmt: skip
    django.setup()
    call_command("migrate", verbosity=0)


def one(sql: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def limit(total: int, due: int) -> Ready:
    """The least: a table of timers, and one statement that claims those due and writes that it did."""
    one(
        "CREATE TABLE timer (id bigserial PRIMARY KEY, due_at timestamptz NOT NULL, done_at timestamptz);"
        "CREATE INDEX ON timer (due_at) WHERE done_at IS NULL;"
        "CREATE TABLE done (timer_id bigint PRIMARY KEY REFERENCES timer, at timestamptz NOT NULL)"
    )
    one(f"INSERT INTO timer (due_at) SELECT now() + interval '400 days' FROM generate_series(1, {total})")
    sql = (
        "WITH due AS (SELECT id FROM timer WHERE done_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT 500 "
        "FOR UPDATE SKIP LOCKED), marked AS (UPDATE timer SET done_at = now() FROM due WHERE timer.id = due.id) "
        "INSERT INTO done SELECT id, now() FROM due"
    )
    add = f"INSERT INTO timer (due_at) SELECT now() - interval '1 s' FROM generate_series(1, {due})"
    return lambda: one(add), lambda: one(sql), lambda: one("SELECT count(*) FROM done")


def django_q(total: int, due: int) -> Ready:
    """Schedules that run once; the sweep queues a task for each and takes the schedule away."""
    from django.utils import timezone
    from django_q.brokers import get_broker
    from django_q.models import OrmQ, Schedule
    from django_q.scheduler import scheduler

    def add(number: int, at: datetime) -> None:
        Schedule.objects.bulk_create(
            [
                Schedule(func="math.sqrt", args="4", schedule_type="O", next_run=at, repeats=-1)
                for _ in range(number)
            ]
        )

    add(total, timezone.now() + FAR)
    broker = get_broker()
    return (
        lambda: add(due, timezone.now() - timedelta(seconds=1)), lambda: scheduler(broker), OrmQ.objects.count,
    )  # fmt: skip


def celery_beat(total: int, due: int) -> Ready:
    """Clocked tasks that run once; the sweep is what beat does when it has been told of a change."""
    from celery import Celery
    from django.utils import timezone
    from django_celery_beat.models import ClockedSchedule, PeriodicTask, PeriodicTasks
    from django_celery_beat.schedulers import DatabaseScheduler

    app = Celery("bench", broker="memory://")
    app.conf.timezone, app.conf.enable_utc = "UTC", True
    sent: list[str] = []

    class Counting(DatabaseScheduler):  # type: ignore[misc]
        def apply_async(self, entry: Any, *given: Any, **more: Any) -> Any:
            sent.append(entry.name)
            return super().apply_async(entry, *given, **more)

    numbers: Iterator[int] = iter(range(10**9))

    def add(number: int, at: datetime) -> None:
        clocked = ClockedSchedule.objects.create(clocked_time=at)
        PeriodicTask.objects.bulk_create(
            [
                PeriodicTask(name=f"t{next(numbers)}", task="t", clocked=clocked, one_off=True)
                for _ in range(number)
            ]
        )
        PeriodicTasks.update_changed()

    add(total, timezone.now() + FAR)
    beat = Counting(app=app, lazy=False)

    def sweep() -> None:
        before = len(sent)
        for _ in range(50 * due):
            beat.tick()
            if len(sent) >= before + due:
                break
        beat.sync()

    return lambda: add(due, timezone.now() - timedelta(seconds=1)), sweep, lambda: len(sent)


def procrastinate(total: int, due: int) -> Ready:
    """Jobs for later; the sweep is a worker that ends when nothing is to be done."""
    from django.db import connection
    from procrastinate import App, PsycopgConnector

    given = connection.get_connection_params()
    names = ("dbname", "user", "host", "port")
    app = App(connector=PsycopgConnector(kwargs={n: given[n] for n in names if given.get(n)}))

    @app.task(name="t")
    def t() -> None:
        """Nothing."""

    insert = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at) "
        "SELECT 'default', 't', 0, '{{}}', now() + interval '{when}' FROM generate_series(1, {number})"
    )
    one(insert.format(when="400 days", number=total))
    return (
        lambda: one(insert.format(when="-1 second", number=due)),
        lambda: app.run_worker(wait=False, concurrency=1, listen_notify=False, install_signal_handlers=False),
        lambda: one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"),
    )  # fmt: skip


ran: list[int] = []


def run_once(number: int = 0) -> None:
    ran.append(number)


def apscheduler(total: int, due: int) -> Ready:
    """Jobs of one date in a store of SQLAlchemy; the sweep runs each where it stands and takes it away."""
    import pickle

    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.schedulers.base import STATE_RUNNING
    from django.db import connection
    from sqlalchemy import create_engine

    given = connection.get_connection_params()
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args={n: given[n] for n in ("dbname", "user", "host", "port") if given.get(n)},
    )
    store = SQLAlchemyJobStore(engine=engine)
    scheduler = BackgroundScheduler(
        jobstores={"default": store}, executors={"default": DebugExecutor()}, timezone=UTC,
        job_defaults={"misfire_grace_time": None},
    )  # fmt: skip
    scheduler.start(paused=True)  # so that its thread waits, and it is we who sweep
    pattern = scheduler.add_job(run_once, "date", run_date=datetime.now(UTC) + FAR, id="pattern")
    numbers: Iterator[int] = iter(range(10**9))

    def add(number: int, at: datetime) -> None:
        rows = []
        for _ in range(number):
            state = {**pattern.__getstate__(), "id": f"j{next(numbers)}", "next_run_time": at}
            rows.append(
                {
                    "id": state["id"],
                    "next_run_time": at.timestamp(),
                    "job_state": pickle.dumps(state, store.pickle_protocol),
                }
            )
        with engine.begin() as there:
            there.execute(store.jobs_t.insert(), rows)

    add(total, datetime.now(UTC) + FAR)
    scheduler.state = STATE_RUNNING
    return (
        lambda: add(due, datetime.now(UTC) - timedelta(seconds=1)), scheduler._process_jobs, lambda: len(ran),
    )  # fmt: skip


def viewflow(total: int, due: int) -> Ready:
    """Processes at a timer; the sweep fires each in a transaction, under a lock, and the process ends.

    To begin one takes a dozen statements. So the rows of those that are not due are written at once, as it would
    write them; those that are due it begins itself.
    """
    from django.utils import timezone
    from viewflow.workflow.models import Process, Task
    from viewflow.workflow.status import PROCESS, STATUS
    from viewflow.workflow.timers import fire_due_timers
    from waiting.flows import Waiting

    now = timezone.now()
    far = now + FAR

    def tasks(node: Any, **given: object) -> list[Any]:
        return Task.objects.bulk_create(
            [Task(process=each, flow_task=node, flow_task_type=node.task_type, **given) for each in held]
        )  # fmt: skip

    held = Process.objects.bulk_create(
        [Process(flow_class=Waiting, data={"at": far.isoformat()}) for _ in range(total)]
    )
    begun = tasks(Waiting.start, status=STATUS.DONE, started=now, finished=now)
    waits = tasks(Waiting.wait, status=STATUS.SCHEDULED, scheduled=far)
    link = Task.previous.through
    link.objects.bulk_create([link(from_task=w, to_task=b) for w, b in zip(waits, begun, strict=True)])

    def begin() -> None:
        for _ in range(due):
            Waiting.start.run(at=timezone.now() - timedelta(seconds=1))

    return begin, fire_due_timers, Process.objects.filter(status=PROCESS.DONE).count


SPIFF = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="waiting" isExecutable="true">
<startEvent id="start"/><sequenceFlow id="begun" sourceRef="start" targetRef="wait"/>
<intermediateCatchEvent id="wait"><timerEventDefinition><timeDate>due</timeDate></timerEventDefinition>
</intermediateCatchEvent><sequenceFlow id="fired" sourceRef="wait" targetRef="end"/><endEvent id="end"/>
</process></definitions>"""


def spiff(total: int, due: int) -> Ready:
    """Processes in memory, each waiting at a timer; the sweep asks every one of them, and lets go of what ended."""
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

    parser = BpmnParser()
    parser.add_bpmn_str(SPIFF)
    spec = parser.get_spec("waiting")
    held: set[Any] = set()
    ended: list[Any] = []

    def add(number: int, at: datetime) -> None:
        for _ in range(number):
            process = BpmnWorkflow(spec)
            process.task_tree.set_data(due=at.isoformat())
            process.do_engine_steps()
            held.add(process)

    def add_due() -> None:
        """Due in a moment, and that waited for: what is due when it begins does not wait at all."""
        at = datetime.now(UTC) + timedelta(milliseconds=500)
        add(due, at)
        while datetime.now(UTC) <= at:
            time.sleep(0.01)

    def sweep() -> None:
        for process in [*held]:
            process.refresh_timers()
            if not process.waiting_events():
                process.do_engine_steps()
                if process.completed:
                    held.remove(process)
                    ended.append(process)

    add(total, datetime.now(UTC) + FAR)
    return add_due, sweep, lambda: len(ended)


TIMERS: dict[str, Callable[[int, int], Ready]] = {
    "raw SQL, one statement (limit)": limit,
    "APScheduler": apscheduler,
    "django-q2": django_q,
    "django-celery-beat, clocked": celery_beat,
    "procrastinate": procrastinate,
    "Viewflow": viewflow,
    "SpiffWorkflow, in memory": spiff,
}


def timers(total: int, due: int, rounds: int) -> None:
    """Each, in turn, with the limit before it; one that fails is told with why, and hides no other."""
    ready: dict[str, Ready] = {}
    for name, prepare in TIMERS.items():
        try:
            ready[name] = prepare(total, due)
        except Exception as why:
            told("timers", name, [], why=f"{type(why).__name__}: {why}")
    one("ANALYZE")
    gc.collect()
    gc.freeze()  # so that no sweep is held up by a look through what another holds in memory
    seconds: dict[str, list[float]] = {name: [] for name in ready}
    before = {name: done() for name, (_, _, done) in ready.items()}
    for number in range(rounds + 1):
        for name, (add, sweep, _) in ready.items():
            add()
            begun = time.perf_counter()
            sweep()
            if number:
                seconds[name].append(time.perf_counter() - begun)
    for name, (_, _, done) in ready.items():
        told("timers", name, seconds[name], done=done() - before[name], asked=due * (rounds + 1))


def main(url: str, total: str, due: str, rounds: str, holidays: str) -> None:
    off = {date.fromisoformat(day) for day in json.loads(Path(holidays).read_text())}
    os.chdir(tempfile.gettempdir())
    dates(off, int(rounds))
    set_up_django(url)
    timers(int(total), int(due), int(rounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
