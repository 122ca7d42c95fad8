"""`make bench`: starts a PostgreSQL of its own, measures, prints the tables and writes results.md."""

import importlib
import os
import platform
import signal
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from time import perf_counter

from benchmarks.measure import FULL, ROUNDS, Table
from tests import services

RESULTS = Path(__file__).resolve().parent / "results.md"
SECTIONS = ("dates", "sweep", "redating", "moves", "sight", "ledger", "guessing", "peers")


def prepare(database_url: str, folder: str) -> None:
    """The product's own settings, on this database, with its migrations applied."""
    (Path(folder) / "static").mkdir()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=database_url,
        VAR_DIR=folder,
        HTTPS="0",
        SECRET_KEY="for-benchmarks-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
        IDENTIFIER_KEYS="for-benchmarks-only:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        STATIC_STORAGE="django.contrib.staticfiles.storage.StaticFilesStorage",
        BROKER_URL="memory://",
        LOG_LEVEL="WARNING",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def heading() -> str:
    """When, where and how it was measured."""
    import django
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    size = "" if FULL else " Sizes above 100,000 deadlines and 10,000 cases: BENCH_FULL=1."
    return "\n".join(
        [
            "# What was measured",
            "",
            f"{datetime.now():%-d %B %Y}; Python {platform.python_version()}, PostgreSQL {server.split()[0]}, "
            f"Django {django.get_version()}; {os.cpu_count()} cores.",
            "",
            f"Medians of {ROUNDS} rounds, contenders in turn in one run; use the ratios. "
            "A ratio is the median of the ratios of the rounds. PostgreSQL does not wait for the disk here, which "
            f"is harder on us: a commit costs the limit nothing either.{size}",
            "",
        ]
    )


def main(chosen: list[str]) -> int:
    """Measure the sections named, or all. Only a whole run is written down."""
    if unknown := set(chosen) - set(SECTIONS):
        print(f"There is no section {', '.join(sorted(unknown))}. There are: {', '.join(SECTIONS)}.")
        return 2
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    began = perf_counter()
    with tempfile.TemporaryDirectory(prefix="rapid-bench-") as folder:
        try:
            with services.postgresql() as server:
                prepare(server.url, folder)
                pages = [heading()]
                print(pages[0], flush=True)
                for name in chosen or SECTIONS:
                    tables: list[Table] = importlib.import_module(f"benchmarks.{name}").measured()
                    pages += [table.as_markdown() for table in tables]
                    print("\n".join(pages[-len(tables) :]), flush=True)
                from django.db import connection

                connection.close()
        except services.NotHere as why:
            print(f"NOT MEASURED: {why}")
            return 1
    if not chosen:
        RESULTS.write_text("\n".join(pages).rstrip() + "\n")
    print(f"Measured in {perf_counter() - began:.0f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
