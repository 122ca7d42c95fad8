"""Taking cases in from a file: the published ones with their own dates, and every bad file with its line."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from reviews import when
from reviews.models import Case
from reviews.services.importing import (
    PUBLISHED_CASES,
    import_cases,
    import_published_cases,
)
from reviews.services.references import find_case, parse_reference
from tests.factories import World
from tests.reviews.importing import NOW, a_file, facts, line_of, refused
from workflows.actors import SYSTEM
from workflows.exceptions import WorkflowError

pytestmark = pytest.mark.django_db
PUBLISHED = PUBLISHED_CASES.read_text()


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
    assert [(child.name, child.born_on, child.age_as_given) for child in case.children.all()] == [
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


def test_two_partnerships_may_have_a_case_of_the_same_name(world: World, other: World) -> None:
    given = facts(reference_as_given="Child A")
    del given["reference"]
    for partnership in (world.partnership, other.partnership):
        (case,) = import_cases(a_file(given), partnership=partnership, by=SYSTEM, at=NOW)
        assert case.partnership == partnership


def test_two_partnerships_of_one_prefix_have_references_of_their_own(world: World, other: World) -> None:
    # Given two partnerships whose references begin with the same letters. When both take in the same reference:
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
