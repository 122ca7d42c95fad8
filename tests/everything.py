"""What `make test` runs: the whole suite on SQLite and on PostgreSQL, side by side. Arguments go to pytest.

What asks no database, and what starts processes with a database of their own, runs once, beside the two.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import services

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST = 4200
"""Seconds after which a run is ended: something hangs."""


def find_chromium() -> str | None:
    """The browser on this machine, installed first where that is possible (Debian, as root)."""
    if os.environ.get("NO_BROWSER") == "1":
        return None
    if found := os.environ.get("CHROMIUM") or browser_on_the_path():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the tests in a browser ...", flush=True)
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    command,
                    env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=300,
                )
    return browser_on_the_path()


def browser_on_the_path() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


class Run:
    """The suite on one database, in a process that writes to a file."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], **given: str) -> None:
        self.name = name
        self.output = folder / f"{name}.txt"
        self.started = time.monotonic()
        self.seconds = 0.0
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **given}
        if not environment.get("DATABASE_URL"):
            environment.pop("DATABASE_URL", None)
        self.program = services.Program(name, command, environment, self.output)
        self.program.start()

    def is_over(self) -> bool:
        self.seconds = self.seconds or (0.0 if self.program.is_running() else time.monotonic() - self.started)
        return not self.program.is_running()

    @property
    def verdict(self) -> str:
        last = (self.program.said().strip().splitlines() or ["nothing was said"])[-1]
        if self.had_nothing_to_do:
            word = "nothing to run"
        else:
            word = "passed" if self.passed else f"FAILED ({self.code})"
        return f"{word} on {self.name} in {self.seconds:.0f} s: {last}"

    @property
    def passed(self) -> bool:
        return self.code == 0

    @property
    def had_nothing_to_do(self) -> bool:
        """Pytest's own 5: what was asked for is not run on this database."""
        return self.code == 5

    @property
    def code(self) -> int:
        """Pytest's return code; that of a killed process is negative."""
        assert self.program.process is not None
        return int(self.program.process.returncode)


@dataclass(frozen=True)
class Bases:
    """What the tests of a database are told: where it is, and of which migrated one theirs is a copy."""

    sqlite: dict[str, str]
    postgresql: dict[str, str]


def migrated(folder: Path, server: services.Postgres | None, given: str = "") -> Bases:
    """Both databases, migrated once, of which every process of the suite takes a copy instead of migrating its own.

    given is the address of a PostgreSQL that is not ours: without a template of ours, each process migrates its own.
    """
    file = folder / "migrated.sqlite3"
    where = {"sqlite": f"sqlite:///{file}"}
    if server is not None:
        where["postgresql"] = server.create_database("migrated")
    makers = [
        services.Program(
            name,
            [sys.executable, "manage.py", "migrate", "-v0"],
            services.environment_with(DJANGO_SETTINGS_MODULE="tests.settings", DATABASE_URL=url),
            folder / f"migrated-{name}.txt",
        )
        for name, url in where.items()
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        assert maker.process is not None
        if maker.process.wait() != 0:
            raise SystemExit(f"The migrations do not run on {maker.name}:\n{maker.said()}")
    return Bases(
        {"DATABASE_URL": "", "EXPECT_VENDOR": "sqlite", "MIGRATED": str(file)},
        {
            "DATABASE_URL": server.url if server else given,
            "EXPECT_VENDOR": "postgresql",
            "MIGRATED": "migrated" if server else "",
        },
    )


def run_all(folder: Path, arguments: Sequence[str], bases: Bases) -> bool:
    """Whether the suite passes on both, and so do the tests that ask no database, which run once beside them."""
    sqlite, postgresql = bases.sqlite, bases.postgresql
    if any(argument.startswith("-m") for argument in arguments):
        # An expression of the caller's own replaces ours; what it chooses runs on both.
        runs = [
            Run("SQLite", folder, arguments, **sqlite),
            Run("PostgreSQL", folder, arguments, **postgresql),
        ]
    else:
        # Two processes for the longest: while one of its tests waits for a browser, another goes on.
        beside = [] if arguments else ["-n", "2", "--dist", "loadfile"]
        runs = [
            Run("no database", folder, ["-m", "once", *arguments], **sqlite),
            Run("SQLite", folder, ["-m", "not once and not browser", *arguments], **sqlite),
            Run("PostgreSQL", folder, ["-m", "not once", *beside, *arguments], **postgresql),
        ]
    try:
        while sum(run.is_over() for run in runs) < len(runs):  # each is asked, and notes its time
            if time.monotonic() - runs[0].started > LONGEST:
                print(f"Ended after {LONGEST} seconds: something hangs.")
                break
            time.sleep(0.2)
    finally:
        for run in runs:
            run.program.kill()
    for run in runs:
        print(f"\n==== {run.name} " + "=" * 60)
        print(run.program.said())
    print()
    for run in runs:
        print(run.verdict)
    if arguments and any(run.passed for run in runs):
        return all(run.passed or run.had_nothing_to_do for run in runs)
    return all(run.passed for run in runs)


def main(arguments: Sequence[str]) -> int:
    """0 when everything passed on both databases, otherwise 1."""
    # What was started must be stopped, however we are told to end.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # Every process would compile all it imports anew: half of what a small one does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    browser = find_chromium()
    os.environ.update({"CHROMIUM": browser} if browser else {"NO_BROWSER": "1"})
    with tempfile.TemporaryDirectory(prefix="rapid-runs-") as folder, contextlib.ExitStack() as stack:
        try:
            given = os.environ.get("DATABASE_URL", "")
            server = None if given else stack.enter_context(services.postgresql())
        except services.NotHere as why:
            print(f"NOT TESTED: {why}")
            return 1
        print(
            "The suite runs on SQLite and on PostgreSQL, side by side; tests in a browser on PostgreSQL, "
            "and what asks no database once, beside them.",
            flush=True,
        )
        passed = run_all(Path(folder), arguments, migrated(Path(folder), server, given))
    if browser is None:
        print(
            "NOT TESTED: everything in a browser. Install Chromium, or name one with CHROMIUM, and run again."
        )
    everything = "Everything" if browser else "Everything that was run"
    print(f"{everything} passed." if passed else "Something failed.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
