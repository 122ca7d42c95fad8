"""The decision record as a file: valid, the same from page and command, without a child's name, and accounted for."""

import csv
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from jsonschema import Draft202012Validator

from reviews.models import Case, Child, PanelRecord
from reviews.services import cases, decisions, exporting, practice
from reviews.services.cases import ChildGiven
from reviews.views.cases import plain_cell
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import SENT, Released, a_released_case, signed_in, text_of
from workflows.calendars import local_date

pytestmark = pytest.mark.django_db
LATE = datetime(2026, 4, 14, 9, tzinfo=UTC)  # Tuesday, two working days after it was due


def exported(case: str, *more: str) -> str:
    said = io.StringIO()
    call_command("export_decisions", f"--case={case}", *more, stdout=said)
    return said.getvalue()


def ledger_of(case: Case) -> list[tuple[str, str, str]]:
    return list(case.ledger.values_list("actor", "action", "target"))


# ---- The document ------------------------------------------------------------------------------
def test_the_record_is_valid_by_the_schema_that_comes_with_it(released: Released) -> None:
    schema = json.loads(exporting.SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert list(validator.iter_errors(released.record.document)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(child_name="x"),
        lambda d: d.pop("sign_off"),
        lambda d: d["children"][0].update(name="x"),
        lambda d: d["rapid_review"]["timeliness"].update(days_late=-1),
        lambda d: d.update(format="decision-record/2"),
    ],
)
def test_the_schema_refuses_what_does_not_belong(released: Released, change: Any) -> None:
    document = json.loads(json.dumps(released.record.document))
    change(document)
    assert list(Draft202012Validator(exporting.schema()).iter_errors(document))


def test_in_time_is_said_in_the_words_of_the_page(world: World, released: Released) -> None:
    told = released.record.document["rapid_review"]["timeliness"]
    assert {k: told[k] for k in ("due_on", "met_at", "on_time", "days_late", "in_words", "late_reason")} == {
        "due_on": "2026-04-10",
        "met_at": "2026-04-09T15:00:00+00:00",
        "on_time": True,
        "days_late": 0,
        "in_words": "met on time",
        "late_reason": None,
    }
    page = text_of(signed_in(world.manager).get(released.record.get_absolute_url()))
    assert f"Rapid review: {told['in_words']}" in page
    assert f"Notification: {released.record.document['notification']['timeliness']['in_words']}" in page


def test_late_is_said_in_the_words_of_the_page_with_the_reason(world: World) -> None:
    released = a_released_case(world, sent_at=LATE, late_reason="The ICB had no cover.")
    told = released.record.document["rapid_review"]["timeliness"]
    assert (told["on_time"], told["days_late"], told["unit"], told["in_words"], told["late_reason"]) == (
        False, 2, "working days", "met 2 working days late", "The ICB had no cover.",
    )  # fmt: skip
    client = signed_in(world.manager)
    record = text_of(client.get(released.record.get_absolute_url()))
    case = text_of(client.get(released.case.get_absolute_url()))
    assert "Rapid review: met 2 working days late" in record
    assert "The ICB had no cover." in record
    assert "Finish the rapid review and send it to the Panel met 2 working days late" in case


def test_the_proof_of_the_date_goes_with_it(released: Released) -> None:
    proof = released.record.document["rapid_review"]["timeliness"]["proof"]
    assert (proof["rule"]["code"], proof["rule"]["limit"], proof["rule"]["mark"]) == (
        "RR_COMPLETE",
        "15 working days",
        "V",
    )
    assert (proof["derivation"]["start_on"], proof["derivation"]["due_on"]) == ("2026-03-18", "2026-04-10")
    assert [
        (s["day"], s["why"])
        for s in proof["derivation"]["skipped"]
        if "Easter" in s["why"] or "Friday" in s["why"]
    ] == [
        ("2026-04-03", "Good Friday"),
        ("2026-04-06", "Easter Monday"),
    ]


def test_a_child_has_a_number_and_an_age_and_neither_name_nor_birthday(released: Released) -> None:
    document = json.dumps(released.record.document)
    assert {(c.name, c.born_on) for c in Child.objects.all()} >= {(CANARIES[0], date(2025, 11, 2))}
    assert not any(canary in document for canary in CANARIES)
    assert "2025-11-02" not in document
    assert [
        (c["pseudonym"], c["unborn"], c["age_in_years"]) for c in released.record.document["children"]
    ] == [
        ("Child 1", False, 0),
        ("Child 2", True, None),
    ]


@pytest.mark.parametrize(
    ("incident_at", "age"),
    [
        (datetime(2025, 6, 30, 22, 59, tzinfo=UTC), 1),  # 23:59 in London on the last day of being one
        (datetime(2025, 6, 30, 23, 0, tzinfo=UTC), 2),  # midnight in London: the second birthday
    ],
)
def test_an_age_is_counted_on_the_london_day_of_the_incident(
    world: World, incident_at: datetime, age: int
) -> None:
    case = Case(
        partnership=world.partnership,
        harm="death",
        summary="x",
        incident_at=incident_at,
        aware_at=factories.AWARE,
    )
    case = cases.refer_case(
        case, [ChildGiven(born_on=date(2023, 7, 1))], by=world.manager, at=factories.REFERRED
    )
    assert local_date(incident_at).day == (30 if age == 1 else 1)
    assert [child["age_in_years"] for child in exporting._child(case)] == [age]


def test_what_happens_later_does_not_change_the_record(world: World, released: Released) -> None:
    before = PanelRecord.objects.get().document
    decisions.revise_decision(released.case, reason="New facts.", by=world.manager, at=SENT)
    decisions.save_decision_section(
        released.case,
        "decision",
        {"outcome": "lcspr"},
        by=world.manager,
        at=SENT,
    )
    Child.objects.update(sex="male")
    assert PanelRecord.objects.get().document == before


# ---- The command and the button ----------------------------------------------------------------
def test_the_command_finds_a_case_by_reference_code_or_id(world: World) -> None:
    released = a_released_case(world, outcome="lcspr")
    case = practice.commission_review(released.case, by=world.manager, at=SENT)
    for name in ("NSCP 2026/27-01", "nscp 2026-27/1", case.code, case.code.lower(), str(case.pk)):
        assert json.loads(exported(name)) == released.record.document, name


def test_the_newest_of_two_records_is_exported(world: World, released: Released) -> None:
    later = SENT + timedelta(days=1)
    case = decisions.revise_decision(released.case, reason="New facts.", by=world.manager, at=later)
    case = decisions.decide_case(case, by=world.manager, at=later, open_returns_reason="As before.")
    factories.sign_by_all(world, case, at=later)
    second = decisions.submit_case(case, by=world.manager, at=later)
    assert json.loads(exported(case.code)) == second.document != released.record.document


@pytest.mark.parametrize("name", ["NSCP 2026/27-99", "R-XXXXXX", "' OR 1=1--", "%", ""])
def test_a_case_that_is_not_there_is_one_clear_sentence(released: Released, name: str) -> None:
    with pytest.raises(CommandError) as refusal:
        exported(name)
    assert str(refusal.value) == (
        f"There is no case {name!r}. Use its reference, its code (R-...) or its id."
    )
    assert refusal.value.returncode != 0


def test_a_name_that_two_cases_share_names_neither(world: World) -> None:
    for number in (1, 2):
        case = factories.a_referral(world)
        Case.objects.filter(pk=case.pk).update(reference_as_given="Child A", reference_number=number)
    with pytest.raises(CommandError) as refusal:
        exported("child a")
    assert str(refusal.value) == "Several cases are called 'child a'. Use the code (R-...) or the id of one."


def test_a_case_without_a_record_is_one_clear_sentence(world: World, case: Case) -> None:
    before = ledger_of(case)
    with pytest.raises(CommandError) as refusal:
        exported(case.code)
    assert str(refusal.value) == (
        f"{case.code} has no decision record yet: it is rapid review. "
        "The record is made when the rapid review is sent to the Panel."
    )
    assert ledger_of(case) == before


def test_the_file_of_the_button_is_the_file_of_the_command(
    world: World, released: Released, tmp_path: Path
) -> None:
    panel = factories.a_panel_member()
    answer = signed_in(panel).get(reverse("panel-record-json", args=[released.record.pk]))
    said = exported(released.case.code, f"--output={tmp_path / 'record.json'}")
    written = (tmp_path / "record.json").read_bytes()
    assert answer.content == written == exported(released.case.code).encode()
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{released.case.code}-decision-record.json"'
    )

    # And its fingerprint can be made again from the file alone.
    fingerprint = hashlib.sha256(written).hexdigest()
    assert answer.headers["X-Record-SHA256"] == released.record.sha256 == fingerprint
    assert said == f"{tmp_path / 'record.json'}  sha256 {fingerprint}\n"
    assert fingerprint in text_of(signed_in(panel).get(released.record.get_absolute_url()))


def test_a_file_that_cannot_be_written_is_one_clear_sentence(released: Released, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refusal:
        exported(released.case.code, f"--output={tmp_path}")
    assert str(refusal.value) == f"Cannot write {tmp_path}: Is a directory."


# ---- The account of it -------------------------------------------------------------------------
def test_each_reading_and_each_export_is_in_the_ledger(world: World, released: Released) -> None:
    case, gp, _, record = released
    before = ledger_of(case)
    manager: Any = world.manager
    client = signed_in(manager)
    for page in (case, gp, record):
        client.get(page.get_absolute_url())
    client.get(reverse("decision", args=[case.pk]))
    client.get(reverse("panel-record-json", args=[record.pk]))
    exported(case.code)
    assert ledger_of(case)[len(before):] == [
        (str(manager.pk), "read", f"reviews.case {case.pk}"),
        (str(manager.pk), "read", f"reviews.agencyreturn {gp.pk}"),
        (str(manager.pk), "read", f"reviews.panelrecord {record.pk}"),
        (str(manager.pk), "read_decision", f"reviews.case {case.pk}"),
        (str(manager.pk), "export", f"reviews.panelrecord {record.pk}"),
        ("system", "export", f"reviews.case {case.pk}"),
    ]  # fmt: skip


def test_who_may_not_read_leaves_no_trace_of_reading(world: World, released: Released) -> None:
    before = ledger_of(released.case)
    client = signed_in(world.council_author)
    for page in (released.case, released.gp, released.record):
        assert client.get(page.get_absolute_url()).status_code == 404
    assert ledger_of(released.case) == before


# ---- The list as a file ------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])
def test_no_cell_of_a_file_is_taken_for_a_formula(typed: str) -> None:
    assert plain_cell(typed) == "'" + typed
    assert [plain_cell(value) for value in ("R-234567", "2026/27", None, 3)] == [
        "R-234567",
        "2026/27",
        "",
        "3",
    ]


def test_the_list_as_a_file_has_no_fact_of_a_case_and_no_formula(world: World, released: Released) -> None:
    Case.objects.update(reference_as_given='=HYPERLINK("https://evil.test")')
    answer: Any = signed_in(world.manager).get(reverse("case-list-csv"))
    text = answer.getvalue().decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["code", "reference", "stage", "next due", "returns asked", "returns waiting"],
        [released.case.code, '\'=HYPERLINK("https://evil.test")', "With the Panel", "", "2", "0"],
    ]
    assert not any(canary in text for canary in CANARIES)
    assert not re.search(r"(^|,)\"?[=+@-]", text)
