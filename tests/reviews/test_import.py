"""Taking cases in from a file: the published ones with their own dates, and every bad file with its line."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from reviews import when
from reviews.models import Case
from reviews.services.importing import (
    PUBLISHED_CASES,
    BadFile,
    import_cases,
    import_published_cases,
)
from reviews.services.references import find_case, parse_reference
from tests import factories
from tests.factories import World
from tests.reviews.asking import row_counts
from workflows.actors import SYSTEM
from workflows.exceptions import WorkflowError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PUBLISHED = PUBLISHED_CASES.read_text()


@pytest.fixture
def world() -> World:
    return factories.a_world()


def facts(**given: Any) -> dict[str, Any]:
    """One case that can be imported; what is given replaces what is there."""
    return {
        "reference_as_given": "NSCP 2020-21/04",
        "reference": {"body": "NSCP", "year": 2020, "number": 4},
        "review_type": "lcspr",
        "harm": "death",
        "summary": "What happened.",
        "children": [{"age": "3 months"}],
        "sources": [{"title": "Statement"}],
        "events": [{"verb": "adopt", "on": "2020/21"}],
        **given,
    }


def a_file(*cases: dict[str, Any], **given: Any) -> str:
    """A file with each value on a line of its own."""
    return json.dumps({"format": "case-facts/1", "cases": list(cases), **given}, indent=1)


def line_of(text: str, word: str) -> int:
    """The line on which a word first stands."""
    return next(n for n, line in enumerate(text.splitlines(), start=1) if word in line)


def refused(text: str, world: World) -> list[str]:
    """What is said of a file; and that nothing of it was stored."""
    before = row_counts()
    with pytest.raises(BadFile) as refusal:
        import_cases(text, partnership=world.partnership, by=SYSTEM, at=NOW)
    assert row_counts() == before
    return [str(fault) for fault in refusal.value.faults]


# ---- The published cases -----------------------------------------------------------------------
def test_the_published_cases_have_their_own_dates_and_no_others(world: World) -> None:
    made = import_published_cases(world.partnership, at=NOW)
    told = [
        (
            case.reference,
            case.state,
            when.in_words(case.incident_at, case.incident_precision),
            [(r.verb, when.in_words(r.at, r.precision)) for r in case.records.all()],
        )
        for case in made
    ]
    assert told == [
        ("BSCB 2015/16-03", "published", "autumn 2015", [
            ("adopt", "2015/16"), ("plan_publication", "November 2016"), ("publish", "Wednesday 18 November 2020"),
        ]),
        ("BSCP 2019/20-01", "published", "2019", [
            ("adopt", "2019/20"), ("plan_publication", "date not known"), ("publish", "Tuesday 23 July 2024"),
        ]),
        ("BSCB 2018/19-01", "published", "November 2017", [
            ("adopt", "2018/19"), ("plan_publication", "date not known"), ("publish", "Wednesday 21 February 2024"),
        ]),
        ("Child RS", "published", "June 2019", [
            ("adopt", "2019"), ("hold_learning_event", "December 2019"), ("hold_recall", "January 2020"),
            ("plan_publication", "date not known"), ("publish", "date not known"),
        ]),
    ]  # fmt: skip


def test_only_what_is_known_to_the_day_starts_a_clock(world: World) -> None:
    clocks = {
        case.reference: {d.rule_code: d.due_on for d in case.deadlines.all()}
        for case in import_published_cases(world.partnership, at=NOW)
    }
    assert clocks == {
        "BSCB 2015/16-03": {"PUB_AVAILABLE": date(2021, 11, 18)},
        "BSCP 2019/20-01": {"PUB_AVAILABLE": date(2025, 7, 23)},
        "BSCB 2018/19-01": {"PUB_AVAILABLE": date(2025, 2, 21)},
        "Child RS": {},
    }


def test_a_day_of_publication_is_kept_only_when_the_day_is_known(world: World) -> None:
    # Given the published cases, of which one was published on a day that nobody noted. When they are taken in:
    import_published_cases(world.partnership, at=NOW)

    # Then that one has no day, and its history says that it is not known.
    days = dict(Case.objects.values_list("reference_as_given", "published_on"))
    assert sorted(days.values(), key=str) == [
        date(2020, 11, 18), date(2024, 2, 21), date(2024, 7, 23), None,
    ]  # fmt: skip
    assert days["Child RS"] is None


@pytest.mark.parametrize(
    ("on", "day", "words"),
    [
        ("2020", None, "2020"), ("2020/21", None, "2020/21"), ("2020-autumn", None, "autumn 2020"),
        ("2020-11", None, "November 2020"), ("2020-11-18", date(2020, 11, 18), "Wednesday 18 November 2020"),
        ("2020-11-18T23:30:00+00:00", date(2020, 11, 18), "Wednesday 18 November 2020"),
    ],
)  # fmt: skip
def test_a_publication_known_roughly_is_told_roughly(
    world: World, on: str, day: date | None, words: str
) -> None:
    events = [{"verb": "adopt", "on": "2019"}, {"verb": "plan_publication"}, {"verb": "publish", "on": on}]
    (case,) = import_cases(a_file(facts(events=events)), partnership=world.partnership, by=SYSTEM, at=NOW)
    assert (Case.objects.get(pk=case.pk).published_on, case.state) == (day, "published")
    last = case.records.last()
    assert last is not None
    assert (last.verb, when.in_words(last.at, last.precision)) == ("publish", words)


def test_what_is_not_known_is_left_empty(world: World) -> None:
    import_published_cases(world.partnership, at=NOW)
    case = Case.objects.get(reference_as_given="Child RS")
    assert (case.aware_at, case.notified_at, case.publish_on, case.reference_year) == (None, None, None, None)
    assert list(case.children.values_list("name", "born_on", "age_as_given")) == [
        ("", None, "a few months"),
        ("", None, "about 1 year"),
    ]
    assert case.sources[0]["publisher"] == "Sandwell Children's Safeguarding Partnership"


@pytest.mark.parametrize(
    "spelling",
    ["BSCB 2015-16/03", "BSCB 2015-16-03", "BSCB2015/16-03", "bscb 2015/16-3", " BSCB 2015/16-03 "],
)
def test_a_reference_finds_its_case_in_any_spelling(world: World, spelling: str) -> None:
    made = import_published_cases(world.partnership, at=NOW)
    assert find_case(spelling) == made[0]


@pytest.mark.parametrize(
    "text", ["", "BSCB", "BSCB 2015-03", "BSCB 15/16-03", "2015/16-03", "BSCB 2015/16-1234"]
)
def test_what_is_no_reference_is_not_taken_for_one(text: str) -> None:
    assert parse_reference(text) is None


def test_what_names_no_case_says_what_would(world: World) -> None:
    for text in ("NSCP 2020/21-99", "R-XXXXXX", "00000000-0000-0000-0000-000000000000", "", "x\0y"[:1]):
        with pytest.raises(WorkflowError) as refusal:
            find_case(text)
        assert str(refusal.value) == (
            f"There is no case {text!r}. Use its reference, its code (R-...) or its id."
        )


# ---- Twice -------------------------------------------------------------------------------------
def test_the_same_file_twice_is_refused_case_by_case(world: World) -> None:
    import_published_cases(world.partnership, at=NOW)
    lines = [n for n, line in enumerate(PUBLISHED.splitlines(), start=1) if '"reference": {' in line]
    assert refused(PUBLISHED, world) == [
        *(f"line {n}: a case of this reference is here already" for n in lines),
        f"line {line_of(PUBLISHED, 'Child RS')}: a case called that is here already",
    ]


def test_one_reference_twice_in_a_file_is_refused(world: World) -> None:
    text = a_file(facts(), facts(reference_as_given="Other"))
    second = [n for n, line in enumerate(text.splitlines(), start=1) if '"reference": {' in line][1]
    assert refused(text, world) == [f"line {second}: a case of this reference is here already"]


def test_two_partnerships_may_have_a_case_of_the_same_name(world: World) -> None:
    other = factories.a_world("Westvale")
    given = facts(reference_as_given="Child A")
    del given["reference"]
    for partnership in (world.partnership, other.partnership):
        (case,) = import_cases(a_file(given), partnership=partnership, by=SYSTEM, at=NOW)
        assert case.partnership == partnership


def test_two_partnerships_of_one_prefix_have_references_of_their_own(world: World) -> None:
    # Given two partnerships whose references begin with the same letters. When both take in the same reference:
    other = factories.a_world("Westvale")
    here, there = (
        import_cases(a_file(facts()), partnership=one.partnership, by=SYSTEM, at=NOW)[0]
        for one in (world, other)
    )

    # Then each has its own, and the command asks which one is meant.
    assert here.reference == there.reference == "NSCP 2020/21-04"
    with pytest.raises(WorkflowError) as refusal:
        find_case(" NSCP 2020-21/04")
    assert str(refusal.value) == (
        "Several partnerships have a case NSCP 2020-21/04. Use the code (R-...) or the id of the one you mean."
    )
    assert [find_case(case.code) for case in (here, there)] == [here, there]


def test_the_database_refuses_a_reference_twice_or_without_its_partnership(world: World) -> None:
    case, other = (
        import_cases(
            a_file(facts(reference_as_given=str(number), reference={"body": "NSCP", "year": 2020, "number": number})),
            partnership=world.partnership, by=SYSTEM, at=NOW,
        )[0]
        for number in (4, 5)
    )  # fmt: skip
    for change in ({"reference_number": other.reference_number}, {"reference_partnership": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case.pk).update(**change)


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
