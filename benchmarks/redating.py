"""A holiday proclaimed while a million deadlines are open: what moves is dated anew, and how long all of it takes."""

import resource
import threading
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.database import copies, empty, one, settle, unchecked
from benchmarks.measure import FULL, Table
from tests.factories import a_referral, a_world
from workflows.actors import SYSTEM
from workflows.calendars import start_of
from workflows.models import Deadline, Fact, Rung, Subject
from workflows.services import calendar as calendars
from workflows.services.redating import redate_in_batches, still_to_date
from workflows.services.verifying import drifted_among, with_facts

SIZES = {100_000: date(2026, 7, 15), 1_000_000: date(2026, 7, 14)}
"""How many are open, and the day that is proclaimed a holiday then: each another, as the one before stays one."""
AT = start_of(date(2026, 7, 7)) + timedelta(hours=12)
BEFORE, ACROSS = datetime.fromisoformat("2026-06-30T09:00Z"), datetime.fromisoformat("2026-07-09T09:00Z")
"""Starts of a count of five working days: one ends before the holiday, one after it."""
EACH = 10
"""One in so many moves."""


def a_hall(total: int) -> None:
    """So many open deadlines, each of a subject of its own, with the fact that began it and its ladder."""
    empty()
    world = a_world(f"Hall {total}")
    numbers = f"generate_series(1, {total}) AS n"
    new_id = "md5('redated ' || n)::uuid"
    for begun, which in ((BEFORE, f"n % {EACH} <> 0"), (ACROSS, f"n % {EACH} = 0")):
        case = a_referral(world, at=begun, aware_at=begun)
        deadline = case.deadlines.get(rule_code="SIN_NOTIFY")
        last = one("SELECT max(id) FROM workflows_deadline")
        with unchecked():
            copies(Subject, numbers, f"it.id = '{case.pk}' AND {which}", id=new_id, code="'B' || n")
            copies(Deadline, numbers, f"it.id = {deadline.pk} AND {which}", subject_id=new_id)
            for model in (Fact, Rung):
                copies(
                    model, "workflows_deadline AS made", f"it.deadline_id = {deadline.pk} AND made.id > {last}",
                    deadline_id="made.id",
                )  # fmt: skip
    settle()


class Memory(threading.Thread):
    """Looks ten times a second how much memory this process holds, and remembers the most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.least = self.most = self.now()
        self.is_over = threading.Event()

    @staticmethod
    def now() -> float:
        """MB resident."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1024 / 1024

    def run(self) -> None:
        while not self.is_over.wait(0.1):
            self.most = max(self.most, self.now())

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        self.join()
        self.most = max(self.most, self.now())


def a_version(holiday: date) -> Any:
    """The list with one holiday more, in use."""
    days = {**calendars.current_calendar().holidays, holiday: "Proclaimed"}
    document = {
        "division": calendars.DIVISION, "source": "a bench", "published_on": "2026-07-06",
        "events": [{"date": day.isoformat(), "title": name} for day, name in sorted(days.items())],
    }  # fmt: skip
    return calendars.load_holidays(document, at=AT)


def of_one_size(total: int) -> tuple[object, ...]:
    """The row of a hall of that size. What was done is looked at: every move told, armed again, no date adrift."""
    a_hall(total)
    version = a_version(SIZES[total])
    marks = {
        table: one(f"SELECT count(*) FROM {table}") for table in ("workflows_fact", "workflows_ledgerentry")
    }
    with Memory() as memory:
        begun = time.perf_counter()
        moved = 0
        for moves in redate_in_batches(version, by=SYSTEM, at=AT, reason="Proclaimed"):
            moved += len(moves)
        took = time.perf_counter() - begun
    told = {table: one(f"SELECT count(*) FROM {table}") - before for table, before in marks.items()}
    assert moved >= total // EACH, f"only {moved} moved"
    assert set(told.values()) == {moved}, f"{moved} moved, and {told} were written"
    assert not still_to_date(version).exists()
    wrong = Rung.objects.ahead().exclude(due_at=_due()).count()
    assert wrong == 0, f"{wrong} rungs ahead belong to another day"
    assert drifted_among(with_facts().order_by("pk")[: total // 100 : 7]) == []
    calendars.current_version().changes.all().delete()
    return total, moved, took, took / moved * 1e6, memory.most - memory.least, memory.most


def _due() -> Any:
    from django.db.models import F

    return F("deadline__due_at")


def measured() -> list[Table]:
    rows = [of_one_size(total) for total in (SIZES if FULL else list(SIZES)[:1])]
    empty()
    return [
        Table(
            "F. Dated anew after a holiday was proclaimed",
            ("open", "moved", "s", "us each moved", "MB more", "MB in all"),
            rows,
            "Each that moves has its date, its proof, a fact, an entry in the ledger, a record of what it was, and its "
            "ladder armed again; each that it cannot touch is left as it is. MB: resident, of the process."
            + ("" if FULL else " A million: BENCH_FULL=1."),
        )
    ]
