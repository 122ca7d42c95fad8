"""What others cost who do such work: installed in an environment of their own, and never imported by the product."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.dates import shipped
from benchmarks.measure import Table

HERE = Path(__file__).resolve().parent
UV = HERE.parent.parent / ".uv" / "bin" / "uv"
HELD, DUE, ROUNDS = 10_000, 10, 5
"""How many timers each holds, how many of them are due in a round, and how many rounds: the slow ones need minutes."""
LONGEST = 240
"""Seconds after which an installation, or the measuring, is given up."""

DATES = "A. One working-day date, by the packages that are no part of the product"
TIMERS = f"G. A sweep of {DUE} due among {HELD:,} timers, by schedulers"


class NotInstalled(Exception):
    """The peers cannot be had here, and why."""


def _run(*command: str | Path) -> str:
    try:
        done = subprocess.run(
            [*map(str, command)], capture_output=True, text=True, timeout=LONGEST, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        raise NotInstalled(f"{Path(command[0]).name}: {type(why).__name__}") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise NotInstalled(f"{Path(command[0]).name}: {lines[-1]}")
    return done.stdout


def environment(folder: Path) -> Path:
    """The Python of the environment in that folder, made there if it is not. Raises NotInstalled."""
    python, wanted = folder / "bin" / "python", HERE / "requirements.txt"
    marker = folder / "installed.txt"
    if marker.exists() and marker.read_text() == wanted.read_text():
        return python
    if UV.exists():
        _run(UV, "venv", "-q", "--clear", "-p", sys.executable, folder)
        _run(UV, "pip", "install", "-q", "-p", python, "-r", wanted)
    else:
        _run(sys.executable, "-m", "venv", "--clear", folder)
        _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", wanted)
    marker.write_text(wanted.read_text())
    return python


def _measure(folder: Path) -> list[dict[str, Any]]:
    """What the program beside this one found out, on a database of its own."""
    python = environment(Path(os.environ.get("BENCH_PEERS") or folder / "peers"))
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS peers")
        cursor.execute("CREATE DATABASE peers")
    url = os.environ["DATABASE_URL"].replace("/rapid", "/peers", 1)
    holidays = folder / "holidays.json"
    holidays.write_text(json.dumps([day.isoformat() for day in shipped()]))
    said = _run(python, HERE / "alone.py", url, str(HELD), str(DUE), str(ROUNDS), holidays)
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def measured() -> list[Table]:
    """The tables; or one that says in a sentence why there are none."""
    with tempfile.TemporaryDirectory(prefix="rapid-peers-") as folder:
        try:
            found = _measure(Path(folder))
        except NotInstalled as why:
            return [
                Table("Peers", ("not measured",), [(f"They could not be installed, or not be run. {why}",)])
            ]
    sections: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        sections[one["section"]].append(one)
    return [
        Table(
            DATES,
            ("contender", "us", "x limit", "wrong"),
            [(*_timing(one, sections["dates"], 1e6), one["wrong"]) for one in sections["dates"]],
            f"In a process of their own, from each of {sections['dates'][0]['of']:,} working days of the shipped list.",
        ),
        Table(
            TIMERS,
            ("contender", "ms", "x limit", "done"),
            [
                (one["name"], "-", "-", one["why"])
                if "why" in one
                else (*_timing(one, sections["timers"], 1e3), f"{one['done']} of {one['asked']}")
                for one in sections["timers"]
            ],
            "In a process of their own, each with its own tables, all on one database. The limit is one statement over "
            "a bare table of timers. What is not due is due in 400 days; celery-beat does not hold what is so far off. "
            "APScheduler and procrastinate also run what is due, which does nothing; django-q2 and celery-beat queue "
            "it. Viewflow and SpiffWorkflow end the process that waited: a start, a timer, an end. Viewflow's sweep is "
            "its `fire_due_timers`, with the lock that it advises for PostgreSQL; SpiffWorkflow keeps nothing in a "
            "database here, and asks every process whether its time has come.",
        ),
    ]  # fmt: skip


def _timing(one: dict[str, Any], section: list[dict[str, Any]], unit: float) -> tuple[str, float, float]:
    ratios = [mine / theirs for mine, theirs in zip(one["seconds"], section[0]["seconds"], strict=True)]
    return one["name"], statistics.median(one["seconds"]) * unit, round(statistics.median(ratios), 2)
