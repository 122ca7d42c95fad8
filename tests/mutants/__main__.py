"""`make mutants`: take each rule out of a copy of the source, run the tests that should notice, and print a table.

A mutant is caught when a test fails, and survives when all pass. Where pytest could do neither (it found no test, or
the source could not be read), the mutant is no good: that counts as survived. Words given choose mutants, by file or rule.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import ALL
from tests.mutants.mutant import ROOT, Mutant

AT_ONCE = int(os.environ.get("AT_ONCE", "2"))
LONGEST = 600
"""Seconds after which a run is ended: without the rule, something hangs."""
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "var", "node_modules", "screenshots")
ANY_DATABASE_TEST = "tests/accounts/test_deputies.py"
VERDICTS = {0: "SURVIVED", 1: "caught"}


@dataclass(slots=True)
class Copy:
    """A copy of the tree in which one rule at a time is taken out, and a database that no mutant has touched."""

    folder: Path
    runs: int = 0

    @property
    def template(self) -> Path:
        return self.folder / "var" / "template.sqlite3"

    def run(self, tests: Sequence[str], *, on_new_database: bool = False) -> tuple[int, str]:
        """Pytest's code and what it said."""
        database = self.folder / "var" / "mutant.sqlite3"
        for old in database.parent.glob(f"{database.name}*"):
            old.unlink()
        if not on_new_database:
            copy_database(self.template, database)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "--no-header",
            "--reuse-db",
        ]
        environment = {
            **os.environ,
            "DATABASE_URL": "",
            "EXPECT_VENDOR": "sqlite",
            "TEST_DATABASE": str(database),
        }
        try:
            ran = subprocess.run(
                [*command, *tests],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=LONGEST,
            )
        except subprocess.TimeoutExpired:
            return 1, "it hung, which is noticed"
        return ran.returncode, ran.stdout + ran.stderr

    def make_template(self) -> None:
        """The database as migrations make it, once."""
        (self.folder / "var").mkdir()
        code, said = self.run([ANY_DATABASE_TEST], on_new_database=True)
        if code:
            raise SystemExit(f"The tests cannot be run in a copy of the tree:\n{said}")
        copy_database(self.folder / "var" / "mutant.sqlite3", self.template)

    @contextlib.contextmanager
    def without(self, mutant: Mutant) -> Iterator[None]:
        """The copy, with the rule taken out meanwhile."""
        file = self.folder / mutant.file
        whole, mutated, stamp = file.read_text(encoding="utf-8"), mutant.mutated(self.folder), file.stat()
        self.runs += 1
        file.write_text(mutated, encoding="utf-8")
        os.utime(
            file, (stamp.st_atime, stamp.st_mtime + 10 * self.runs)
        )  # or Python would take what it compiled before
        try:
            yield
        finally:
            file.write_text(whole, encoding="utf-8")
            os.utime(file, (stamp.st_atime, stamp.st_mtime))


def copy_database(one: Path, other: Path) -> None:
    """With its log of what is not yet in it, where SQLite left one."""
    for end in ("", "-wal"):
        if (file := one.with_name(one.name + end)).exists():
            shutil.copyfile(file, other.with_name(other.name + end))


def try_without(mutant: Mutant, copies: SimpleQueue[Copy]) -> tuple[str, float, str]:
    """The verdict, the seconds it took, and by what it was caught."""
    copy, began = copies.get(), time.monotonic()
    try:
        if mutant.times_found(copy.folder) != 1:
            return f"STANDS {mutant.times_found(copy.folder)} TIMES", 0.0, ""
        with copy.without(mutant):
            code, said = copy.run(mutant.tests, on_new_database=mutant.in_the_database)
    finally:
        copies.put(copy)
    failed = re.search(r"^(?:FAILED|ERROR) \S*?::(\S+)", said, re.MULTILINE)
    by = failed[1] if failed else said.strip().splitlines()[-1] if said.strip() else ""
    return VERDICTS.get(code, f"NO VERDICT ({code})"), time.monotonic() - began, by


def main(words: Sequence[str]) -> int:
    """0 when every mutant was caught, otherwise 1."""
    chosen = [one for one in ALL if not words or any(word in f"{one.file} {one.rule}" for word in words)]
    with tempfile.TemporaryDirectory(prefix="rapid-mutants-") as place, ThreadPoolExecutor(AT_ONCE) as pool:
        copies = [Copy(Path(place) / str(number)) for number in range(AT_ONCE)]
        waiting: SimpleQueue[Copy] = SimpleQueue()
        for copy in copies:
            shutil.copytree(ROOT, copy.folder, ignore=LEFT_OUT)
            waiting.put(copy)
        list(pool.map(Copy.make_template, copies))
        named = sorted({test for one in chosen for test in one.tests})
        code, said = copies[0].run(named)
        if code:
            print(said)
            print("With every rule in place these tests fail: nothing can be learnt from them.")
            return 1
        print(
            f"With every rule in place the {len(named)} tests and files named pass. Now without, one rule at a time."
        )
        caught = 0
        for one, (verdict, seconds, by) in zip(
            chosen, pool.map(lambda mutant: try_without(mutant, waiting), chosen), strict=True
        ):
            caught += verdict == "caught"
            print(f"{verdict:9} {seconds:4.0f} s  {one.rule}  [{one.file}]  {by}", flush=True)
    print(f"{caught} of {len(chosen)} caught.")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
