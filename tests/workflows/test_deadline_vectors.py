"""The worked dates: 120 of them, by the command and by the functions, and the table of the domain."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.workflows.bench import CALENDAR
from workflows.management.commands.due import read_start
from workflows.rules import Limit

VECTORS = Path(__file__).resolve().parent.parent / "data" / "deadlines.csv"
ROWS = list(csv.DictReader(VECTORS.open()))

# (rule, start in London or with its offset, due): the table of worked deadlines, section 1.5 of the domain study.
WORKED = [
    ("SIN_NOTIFY", "2026-03-02T10:15", "2026-03-09"),
    ("SIN_NOTIFY", "2026-04-02T16:45", "2026-04-13"),
    ("SIN_NOTIFY", "2026-05-23T23:50", "2026-06-01"),
    ("RR_COMPLETE", "2026-07-10T14:00", "2026-07-31"),
    ("RR_COMPLETE", "2026-12-10T09:30", "2027-01-05"),
    ("RR_COMPLETE", "2026-12-24T17:20", "2027-01-19"),
    ("SIN_NOTIFY", "2026-06-30T23:30Z", "2026-07-08"),
    ("RR_COMPLETE", "2022-09-07T11:00", "2022-09-29"),
    ("RR_COMPLETE", "2023-04-24T11:00", "2023-05-17"),
    ("PUB_ADVANCE", "2027-01-05", "2026-12-22"),
    ("PUB_ADVANCE", "2024-07-23", "2024-07-12"),
    ("PUB_ADVANCE", "2026-04-09", "2026-03-27"),
    ("RR_COMPLETE", "2026-08-31T08:05", "2026-09-21"),
    ("SIN_NOTIFY", "2026-10-23T17:30", "2026-10-30"),
    ("LCSPR_REPORT", "2026-08-31", "2027-02-28"),
    ("LCSPR_REPORT", "2023-08-31", "2024-02-29"),
    ("PUB_AVAILABLE", "2024-07-23", "2025-07-23"),
    ("SIN_NOTIFY", "2026-03-12T15:40", "2026-03-19"),
    ("RR_COMPLETE", "2026-03-18T09:00", "2026-04-10"),
]


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("due", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    """What the command says instead, having printed nothing; it ends with 2."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("due", *arguments, stdout=out)
    assert (refusal.value.returncode, out.getvalue()) == (2, "")
    return str(refusal.value)


@pytest.mark.django_db
def test_a_batch_answers_all_the_vectors() -> None:
    answers = list(csv.DictReader(io.StringIO(said("--batch", str(VECTORS)))))
    assert len(answers) == 120
    assert answers == [{"id": row["id"], "due": row["due"]} for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_functions_agree_with_each_vector(row: dict[str, str]) -> None:
    day = Limit.parse(row["rule"]).from_day(read_start(row["start"]), CALENDAR)
    assert day == date.fromisoformat(row["due"])


@pytest.mark.django_db
@pytest.mark.parametrize(("rule", "start", "due"), WORKED)
def test_each_worked_deadline_comes_out(rule: str, start: str, due: str) -> None:
    assert said(rule, start) == f"{due}\n"


@pytest.mark.django_db
def test_a_limit_before_a_day_is_an_argument_and_not_an_option() -> None:
    assert said("-7wd", "2026-04-09") == "2026-03-27\n"


@pytest.mark.django_db
@pytest.mark.parametrize("rule", ["RR_COMPLETE", "rr_complete", "Rr_Complete", "15wd", "15WD", " 15wd "])
def test_a_rule_may_be_written_small_or_large(rule: str) -> None:
    assert said(rule, "2026-03-18") == "2026-04-10\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-06-30T23:30:00Z", "2026-07-02"),  # Wednesday 1 July in London
        ("2026-06-30T23:30:00+00:00", "2026-07-02"),
        ("2026-06-30T23:30:00", "2026-07-01"),  # no offset: London's own time
        ("2026-01-06T23:59:59Z", "2026-01-07"),  # no difference in winter
        ("2026-03-29T01:30", "2026-03-30"),  # a time that London's clocks skipped
        ("2026-10-25T01:30", "2026-10-26"),  # a time that they showed twice
        ("2026-07-01T05:30+14:00", "2026-07-01"),  # still 30 June in London
    ],
)
def test_day_0_is_the_day_in_london(start: str, due: str) -> None:
    assert said("1wd", start) == f"{due}\n"


@pytest.mark.django_db
def test_why_is_told_in_a_second_line() -> None:
    first, second = said("RR_COMPLETE", "2026-03-18T09:00", "--why").splitlines()
    assert first == "2026-04-10"
    assert second == (
        "Rule: RR_COMPLETE, Finish the rapid review and send it to the Panel; owed by safeguarding partners to "
        "the Panel. Version: in force from Friday 15 December 2023. Source: Panel guidance for safeguarding "
        "partners; Working Together 2023 ch. 5 (V: seen in the source; as at Working Together 2023; "
        "the 2026 edition has not been checked). Starts with: notification sent. Day 0: Wednesday 18 March 2026. Limit: 15 working days. "
        "Counted: working days of England and Wales; the next working day after day 0 is day 1. "
        "Day 0 is the London day of the event, whatever the hour. "
        "Does not count: Saturday 21 March 2026. Does not count: Sunday 22 March 2026. "
        "Does not count: Saturday 28 March 2026. Does not count: Sunday 29 March 2026. "
        "Does not count: Friday 3 April 2026 (Good Friday). Does not count: Saturday 4 April 2026. "
        "Does not count: Sunday 5 April 2026. Does not count: Monday 6 April 2026 (Easter Monday). "
        "Due: Friday 10 April 2026. Calendar: bank holidays of England and Wales, list 2026-02-25/967b94."
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "start", "beginning"),
    [
        ("FORTNIGHT", "2026-03-02", "There is no rule 'FORTNIGHT'. Use a limit such as 15wd, or one of: "),
        ("15", "2026-03-02", "There is no rule '15'."),
        ("", "2026-03-02", "There is no rule ''."),
        ("SIN_NOTIFY", "2018-06-28", "No version of rule 'SIN_NOTIFY' was in force on 28 June 2018."),
        ("15wd", "soon", "Cannot read the start 'soon': write a day that exists"),
        ("15wd", "", "Cannot read the start ''"),
        ("15wd", "2026-02-31", "Cannot read the start '2026-02-31'"),
        ("15wd", "02/03/2026", "Cannot read the start '02/03/2026'"),
        ("15wd", "2026-03-02T25:00", "Cannot read the start '2026-03-02T25:00'"),
        ("15wd", "9999-12-31", "Cannot count working days at 31 December 9999: the calendar covers 2012 to 2040."),
        ("15wd", "9999-12-31T23:30-05:00", "Cannot read the start '9999-12-31T23:30-05:00'"),
        ("15wd", "0001-01-01T00:30+05:00", "Cannot read the start '0001-01-01T00:30+05:00'"),
        ("1d", "9999-12-31", "Cannot count 1 day from 31 December 9999: no calendar goes that far."),
        ("6mo", "9999-10-01", "Cannot count 6 months from 1 October 9999: no calendar goes that far."),
        ("1wd", "2041-01-01", "Cannot count working days at 1 January 2041: the calendar covers 2012 to 2040."),
        ("5wd", "2040-12-28", "Cannot count that many working days from 28 December 2040: the calendar ends."),
        ("-5wd", "2012-01-05", "Cannot count that many working days from 5 January 2012: the calendar ends."),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_in_a_sentence(rule: str, start: str, beginning: str) -> None:
    said_instead = refused(rule, start)
    assert said_instead.startswith(beginning)
    assert "\n" not in said_instead


@pytest.mark.django_db
def test_the_last_day_of_all_has_no_proof() -> None:
    assert said("1d", "9999-12-30") == "9999-12-31\n"
    assert refused("1d", "9999-12-30", "--why") == (
        "Cannot say when 31 December 9999 ends: no calendar goes that far."
    )


@pytest.mark.django_db
def test_a_batch_with_an_error_answers_nothing_and_names_every_line(tmp_path: Path) -> None:
    batch = tmp_path / "batch.csv"
    batch.write_text('id,rule,start\n1,5wd,2026-03-02\n\n2,5wd,2026-02-31\n"a\nb",NO,2026-03-02\n4,5wd\n')
    assert [line.split(":")[0] for line in refused("--batch", str(batch)).splitlines()] == [
        f"Cannot answer 3 lines of {batch}.", "line 4", "line 6", "line 7",
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_batch_may_have_a_mark_at_its_start_and_columns_of_its_own(tmp_path: Path) -> None:
    batch = tmp_path / "batch.csv"
    batch.write_bytes(
        b"\xef\xbb\xbfnote,start , id,rule\r\nx,2026-03-02T10:15:00Z,first,SIN_NOTIFY,more\r\n"
        b'y,2026-04-09,"se,cond",-7wd\r\n'
    )
    assert said("--batch", str(batch)) == 'id,due\nfirst,2026-03-09\n"se,cond",2026-03-27\n'


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty."),
        (b"\xef\xbb\xbf\n", "it is empty."),
        (b"id,start\n1,2026-03-02\n", "it has no column rule."),
        (b"name\n", "it has no column id or rule or start."),
        (b"id,rule,start\n1,\xff,2026-03-02\n", "it is not UTF-8 text."),
    ],
)
def test_a_file_that_is_no_batch_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    batch = tmp_path / "batch.csv"
    batch.write_bytes(content)
    assert refused("--batch", str(batch)) == f"Cannot read {batch}: {why}"


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused("--batch", str(tmp_path / "no.csv")) == (
        f"Cannot read {tmp_path / 'no.csv'}: No such file or directory."
    )
    assert refused("--batch", str(tmp_path)) == f"Cannot read {tmp_path}: Is a directory."


@pytest.mark.django_db
def test_a_batch_and_a_rule_are_not_answered_together() -> None:
    assert refused("--batch", str(VECTORS), "5wd", "2026-03-02") == (
        "Give --batch and a file, or a rule and a start, not both."
    )
    assert refused() == refused("5wd") == "Give a rule and a start, such as: due RR_COMPLETE 2026-03-02"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "start", "due"),
    [
        ("24h", "2026-03-28T12:00", "2026-03-29T13:00+01:00"),  # an hour was skipped that night
        ("CDR_NOTIFY", "2026-03-02T10:15Z", "2026-03-04T10:15+00:00"),
        ("24h", "2026-03-02", "2026-03-03T00:00+00:00"),
        ("YEARLY_SEPT", "2026-03-31", "2026-09-30"),
        ("LCSPR_TELL", "2026-03-31T16:00", "2026-03-31"),
        ("5wd cutoff 17:00", "2026-03-02T17:30", "2026-03-10"),
        ("5wd cutoff 17:00", "2026-03-02T16:30", "2026-03-09"),
        ("5wd cutoff 17:00", "2026-03-02", "2026-03-09"),  # of a day alone the hour is not known: before it
        ("7d roll", "2026-03-27", "2026-04-07"),
        ("40wd max 09-30", "2026-09-01", "2026-09-30"),
        ("LOC_SUBMIT", "2026-03-18", "2026-04-10"),
    ],
)
def test_every_kind_of_limit_is_answered(rule: str, start: str, due: str) -> None:
    assert said(rule, start) == f"{due}\n"


@pytest.mark.django_db
def test_what_each_request_states_is_not_counted() -> None:
    assert refused("INFO_16H", "2026-03-02").startswith(
        "Cannot count this limit: each request states its own day"
    )
