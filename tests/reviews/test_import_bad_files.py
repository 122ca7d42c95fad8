"""Files that cannot be taken in: every fault with its line, nothing stored; and the command that takes one."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from reviews.models import Case
from reviews.services.importing import (
    PUBLISHED_CASES,
    BadFile,
    import_cases,
)
from tests import factories
from tests.factories import World
from tests.reviews.asking import row_counts
from tests.reviews.importing import NOW, a_file, facts, line_of, refused
from workflows.actors import SYSTEM

pytestmark = pytest.mark.django_db
PUBLISHED = PUBLISHED_CASES.read_text()


# ---- Bad files ---------------------------------------------------------------------------------
def many_deep(count: int) -> str:
    return "[" * count + "]" * count


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: this is not JSON: Expecting value"),
        ('{\n "format": "case-facts/1",\n "cases": [,]\n}', "line 3: this is not JSON: Expecting value"),
        ("\ufeff{}", "line 1: this is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig)"),
        ("[]", "line 1: the file must be a object"),
        ("null", "line 1: the file must be a object"),
        ('{"format": "case-facts/1",\n "cases": []}', "line 2: cases: [] should be non-empty"),
        ('{"format": "case-facts/1",\n "cases": [],\n "cases": []}', "line 3: 'cases' is given twice"),
        ("[" * 100_000, "line 1: this is nested too deeply to be a file of cases"),
        (many_deep(3000), "line 1: this is nested too deeply to be a file of cases"),
        ('{"format": ' + "9" * 5000 + "}", "line 1: this holds a number that is too long"),
    ],
    ids=["empty", "not JSON", "BOM", "list", "null", "no case", "twice", "deep", "deep and closed", "long number"],
)  # fmt: skip
def test_bad_input_74_a_file_that_is_none_is_refused_with_its_line(
    world: World, text: str, said: str
) -> None:
    assert refused(text, world) == [said]


def test_every_fault_of_a_file_is_told_with_its_line(world: World) -> None:
    text = a_file(
        facts(harm="sad", review_type="scr"),
        facts(reference={"body": "NSCP", "year": 2020, "number": "5"}, is_superuser=True),
        facts(events=[{"verb": "adopt"}, {"verb": "delete"}], children=[]),
    )
    said = refused(text, world)
    assert said == [
        f"line {line_of(text, 'sad')}: harm must be one of: death, serious-harm, other",
        f"line {[n for n, row in enumerate(text.splitlines(), 1) if row == '  {'][1]}: "
        "in 1: Additional properties are not allowed ('is_superuser' was unexpected)",
        f"line {line_of(text, chr(34) + '5' + chr(34))}: number must be a integer",
        f"line {line_of(text, ': []')}: children: [] should be non-empty",
        f"line {line_of(text, 'delete')}: verb must be one of: "
        "adopt, hold_learning_event, hold_recall, plan_publication, publish, close",
    ]


def test_the_first_event_takes_the_case_in(world: World) -> None:
    text = a_file(facts(events=[{"verb": "publish"}]))
    assert refused(text, world) == [f"line {line_of(text, 'publish')}: verb: 'adopt' was expected"]


@pytest.mark.parametrize("verbs", [["adopt", "publish"], ["adopt", "plan_publication", "close"]])
def test_events_in_an_order_that_cannot_be_are_refused(world: World, verbs: list[str]) -> None:
    text = a_file(facts(events=[{"verb": verb} for verb in verbs]))
    (said,) = refused(text, world)
    place = [n for n, row in enumerate(text.splitlines(), start=1) if row == "    {"][-1]
    assert said.startswith(f"line {place}: Cannot {verbs[-1]} R-")


def test_a_review_is_taken_in_once(world: World) -> None:
    (said,) = refused(a_file(facts(events=[{"verb": "adopt"}, {"verb": "adopt"}])), world)
    assert said.endswith(": a review is taken in once: adopt is the first event, and no other")


WHEN = (
    "is not a time. Write 2020-11-18, 2016-11, 2015-autumn, 2015, 2015/16, "
    "or an instant such as 2026-03-18T09:00:00+00:00."
)


@pytest.mark.parametrize("typed", ["2024-02-30", "2024-13", "2024-fall", "2015/17", "30/01/2024", "", "soon"])
def test_a_time_that_is_none_is_refused(world: World, typed: str) -> None:
    text = a_file(facts(events=[{"verb": "adopt", "on": typed}]))
    (said,) = refused(text, world)
    assert said.endswith(f": {typed!r} {WHEN}")


@pytest.mark.parametrize(
    "given",
    [
        {"events": [{"verb": "adopt", "on": "2026-11-22"}]},
        {"incident": "2026-11-22"},
        {"children": [{"born_on": "2026-11-22"}]},
    ],
    ids=["event", "incident", "child"],
)
def test_what_lies_in_the_future_is_refused(world: World, given: dict[str, Any]) -> None:
    text = a_file(facts(**given))
    (said,) = refused(text, world)
    assert said.endswith(": Sunday 22 November 2026 lies in the future")
    assert int(said.split()[1].rstrip(":")) in (line_of(text, "2026-11-22"), line_of(text, "2026-11-22") - 1,
                                               line_of(text, "2026-11-22") - 2)  # fmt: skip


@pytest.mark.parametrize(
    ("child", "said"),
    [
        ({"born_on": "2024-02-30"}, f"'2024-02-30' {WHEN}"),
        ({"born_on": "2024-02-01", "unborn": True}, "an unborn child has no day of birth"),
    ],
)
def test_a_child_that_cannot_be_is_refused(world: World, child: dict[str, Any], said: str) -> None:
    text = a_file(facts(children=[{"age": "1 year"}, child]))
    assert [one.partition(": ")[2] for one in refused(text, world)] == [said]


@pytest.mark.parametrize("character", ["\0", "\ud800"])
def test_bad_input_22_characters_that_cannot_be_stored_are_refused(world: World, character: str) -> None:
    text = a_file(facts(summary=f"Child A fell.{character}"))
    assert refused(text, world) == [
        f"line {line_of(text, 'fell')}: summary holds characters that cannot be stored"
    ]


def test_one_bad_case_keeps_the_good_ones_out(world: World) -> None:
    bad = facts(reference_as_given="Bad", incident="2024-02-30")
    del bad["reference"]
    text = a_file(facts(), bad)
    assert refused(text, world) == [f"line {line_of(text, '02-30')}: '2024-02-30' {WHEN}"]
    (case,) = import_cases(a_file(facts()), partnership=world.partnership, by=SYSTEM, at=NOW)
    assert case.reference == "NSCP 2020/21-04"


def test_a_file_is_taken_in_by_who_runs_the_partnership(world: World) -> None:
    (case,) = import_cases(a_file(facts()), partnership=world.partnership, by=world.manager, at=NOW)
    assert case.permits(world.manager, "reviews.plan_publication_case", at=NOW)
    before = row_counts()
    other: Any = factories.a_person("olu@example.org", "Olu")
    with pytest.raises((BadFile, PermissionDenied)):
        import_cases(a_file(facts(reference_as_given="B", reference={"body": "NSCP", "year": 2020, "number": 5})),
                     partnership=world.partnership, by=other, at=NOW)  # fmt: skip
    assert {**row_counts(), "accounts.user": 0} == {**before, "accounts.user": 0}


def test_the_example_in_the_manual_can_be_taken_in(world: World) -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "import.md").read_text()
    example = page.partition("```json\n")[2].partition("```")[0]
    (case,) = import_cases(example, partnership=world.partnership, by=SYSTEM, at=NOW)
    assert (case.reference, case.state, case.children.count()) == ("NSCP 2020/21-04", "published", 2)


# ---- The command -------------------------------------------------------------------------------
def test_the_command_takes_a_file_in_and_says_what_it_took(world: World, tmp_path: Path) -> None:
    (tmp_path / "cases.json").write_bytes(
        b"\xef\xbb\xbf" + a_file(facts()).encode()
    )  # with the BOM of a Windows editor
    said = io.StringIO()
    call_command("import_cases", str(tmp_path / "cases.json"), stdout=said)
    assert said.getvalue() == f"{Case.objects.get().code}  NSCP 2020/21-04  Practice review\n"


def test_the_command_prints_every_fault_and_ends_badly(world: World, tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    text = a_file(facts(incident="2024-02-30"), facts(reference_as_given="B", incident="soon"))
    file.write_text(text)
    complaints = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("import_cases", str(file), stderr=complaints)
    assert str(refusal.value) == "Nothing was imported: 2 faults."
    assert complaints.getvalue().splitlines() == [
        f"{file}, line {line_of(text, '02-30')}: '2024-02-30' {WHEN}",
        f"{file}, line {line_of(text, 'soon')}: 'soon' {WHEN}",
    ]
    assert not Case.objects.exists()


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe{", "it is not text in UTF-8."), (None, "No such file or directory.")])  # fmt: skip
def test_the_command_says_what_it_cannot_read(
    world: World, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "cases.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("import_cases", str(file))
    assert str(refusal.value) == f"Cannot read {file}: {said}"


def test_the_command_asks_into_which_partnership_where_there_are_two(world: World, tmp_path: Path) -> None:
    factories.a_world("Westvale")
    file = tmp_path / "cases.json"
    file.write_text(a_file(facts()))
    for given in ({}, {"partnership": "Southborough"}):
        with pytest.raises(CommandError) as refusal:
            call_command("import_cases", str(file), **given)
        assert str(refusal.value) == (
            "Say into which partnership, with --partnership NAME. There are: Northborough, Westvale."
        )
    call_command("import_cases", str(file), partnership="westvale", stdout=io.StringIO())
    assert Case.objects.get().partnership.name == "Westvale"
