"""docs/asvs.csv answers OWASP's ASVS 5.0.0 by its ids, and whatever it names as evidence is there."""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once
ROOT = Path(settings.BASE_DIR)
KNOWN = ROOT / "tests" / "data" / "asvs-5.0-ids.csv"
"""The ids and levels of the standard at levels 1 and 2, and none of its text."""
TABLE = ROOT / "docs" / "asvs.csv"
ANSWERS = ("met", "deployer", "not yet", "not applicable")
CHECKS = ("config/checks.py", "config/vitals.py", "config/management/commands/doctor.py")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named_in(row: dict[str, str]) -> list[str]:
    """What a row points to, each in backticks: `tests/path.py::test`, `docs/page.md#Heading`, a check, a file."""
    return re.findall(r"`([^`]+)`", row["evidence"])


# ---- What is named is there --------------------------------------------------------------------
@cache
def collected_from(path: str) -> frozenset[str]:
    """The tests that pytest collects from a file of ours: functions of the module, in a file that it looks into."""
    file = ROOT / path
    if not re.fullmatch(r"tests/(?:\w+/)*test_\w+\.py", path) or not file.is_file():
        return frozenset()
    body = ast.parse(file.read_text(encoding="utf-8")).body
    return frozenset(
        one.name
        for one in body
        if isinstance(one, ast.FunctionDef)
        and one.name.startswith("test_")
        and not any(mark in ast.unparse(d) for d in one.decorator_list for mark in ("skip", "xfail"))
    )


@cache
def headings_in(path: str) -> frozenset[str]:
    file = ROOT / path
    return frozenset(
        re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M) if file.is_file() else ()
    )


@cache
def checks_of_the_doctor() -> frozenset[str]:
    said = "".join((ROOT / path).read_text(encoding="utf-8") for path in CHECKS)
    return frozenset(re.findall(r'"((?:config|security)\.[EW]\d{3})"', said))


def kind_of(name: str) -> str:
    """Which of these it is: test, heading, check or file; "" for what is not there."""
    path, _, part = name.partition("::")
    if part:
        return "test" if part in collected_from(path) else ""
    path, _, part = name.partition("#")
    if part:
        return "heading" if part in headings_in(path) else ""
    if re.fullmatch(r"(?:config|security)\.[EW]\d{3}", name):
        return "check" if name in checks_of_the_doctor() else ""
    return "file" if (ROOT / name).is_file() else ""


# ---- The table ---------------------------------------------------------------------------------
def test_it_has_its_columns_and_each_requirement_once_at_its_level() -> None:
    rows, known = rows_of(TABLE), rows_of(KNOWN)

    assert list(rows[0]) == ["req_id", "level", "answer", "evidence"]
    assert [id for id, times in Counter(row["req_id"] for row in rows).items() if times > 1] == []
    assert {(row["req_id"], row["level"]) for row in rows} == {(row["req_id"], row["level"]) for row in known}
    assert {row["answer"] for row in rows} <= set(ANSWERS)
    assert [row["req_id"] for row in rows if not row["evidence"].strip()] == []
    assert len(known) == 253


def test_it_answers_at_least_190_that_concern_the_product() -> None:
    answered = [row for row in rows_of(TABLE) if row["answer"] != "not applicable"]

    assert len(answered) >= 190


def test_whatever_it_names_is_there() -> None:
    gone = {(row["req_id"], name) for row in rows_of(TABLE) for name in named_in(row) if not kind_of(name)}

    assert gone == set()


def test_each_answer_has_the_evidence_that_it_needs() -> None:
    needed = {"met": {"test", "file", "heading"}, "deployer": {"heading", "check"}}
    without = [
        row["req_id"]
        for row in rows_of(TABLE)
        if row["answer"] in needed and not needed[row["answer"]] & {kind_of(name) for name in named_in(row)}
    ]

    assert without == []


def test_what_is_not_yet_or_not_applicable_says_why() -> None:
    bare = [
        row["req_id"]
        for row in rows_of(TABLE)
        if row["answer"].startswith("not ") and len(re.sub(r"`[^`]+`", "", row["evidence"]).split()) < 4
    ]

    assert bare == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/house/test_asvs.py::test_that_nobody_wrote",
        "tests/house/test_asvs.py::kind_of",
        "tests/factories.py::a_world",
        "docs/running.md#A heading that is none",
        "config.E999",
        "docs/nowhere.md",
        "docs",
    ],
)
def test_what_is_not_there_is_found(name: str) -> None:
    assert kind_of(name) == ""
