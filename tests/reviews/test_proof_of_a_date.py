"""One proof for all: page, command, JSON, PDF and decision record say the same of one deadline."""

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from django.core.management import call_command
from django.urls import reverse
from jsonschema import Draft202012Validator

from reviews.models import Case
from reviews.services import dates
from reviews.services.exporting import SCHEMA, timeliness
from reviews.services.printing import proof_on_paper
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import signed_in, text_of
from workflows.actors import SYSTEM
from workflows.models import Deadline
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services import changing_clocks, redating
from workflows.services.proof import proof_lines, proof_of
from workflows.services.standing import how_it_stands

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 7, 9, tzinfo=UTC)  # Tuesday
PROOF_SCHEMA = SCHEMA.parent / "proof.schema.json"
WHY = {"authority": "The *chair* & $partners$ <b>", "reason": "Snow #let x = 1, and “Łódź”."}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def clock(case: Case, code: str = "LOC_DRAFT") -> Deadline:
    found = Deadline.objects.select_related("rule", "calendar", "subject")
    return found.get(subject_id=case.pk, rule_code=code)


def to_everything(case: Case, world: World) -> Deadline:
    """A clock to which everything was done that can be done to one."""
    number = clock(case).pk
    who: dict[str, Any] = {"by": world.manager, "at": NOW, **WHY}
    dates.pause_clock(case, number, since=datetime(2026, 3, 20, tzinfo=UTC), **who)
    dates.resume_clock(case, number, since=datetime(2026, 3, 24, tzinfo=UTC), **who)
    dates.extend_clock(case, number, limit=Limit(3, "wd"), decided_at=NOW, **who)
    dates.extend_clock(case, number, limit=date(2026, 4, 30), decided_at=NOW, **who)
    facts = clock(case).facts
    dates.undo_one(case, number, facts.filter(kind="extended").latest("pk").pk, **who)
    dates.restart_clock(case, number, start=datetime(2026, 3, 19, 9, tzinfo=UTC), **who)
    dates.undo_one(case, number, clock(case).facts.get(kind="restarted").pk, **who)
    known = calendars.current_calendar().holidays | {date(2026, 4, 9): "A day of mourning"}
    version = calendars.load_holidays(
        {
            "division": calendars.DIVISION,
            "source": "a later list",
            "published_on": "2026-04-06",
            "events": [{"date": str(day), "title": name} for day, name in sorted(known.items())],
        },
        at=NOW,
    )
    redating.redate(version, by=SYSTEM, at=NOW, reason="Proclaimed.")
    return clock(case)


def words_in(pdf: bytes) -> str:
    """What a PDF says, its spaces made one."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def test_edge_40_page_command_json_and_pdf_say_the_same(world: World, case: Case) -> None:
    # Given a deadline that was paused, resumed, extended, restarted, undone and counted by another list
    deadline = to_everything(case, world)
    proof = proof_of(deadline, at=NOW)
    client = signed_in(world.manager)
    page, file, pdf = (
        client.get(reverse(f"case-deadline{part}", args=[case.pk, deadline.pk]))
        for part in ("", "-json", "-pdf")
    )

    # When each way to ask is asked
    out = io.StringIO()
    call_command("explain", str(deadline.pk), stdout=out)

    # Then it is the same object, and each sentence of it is in each
    taken = json.loads(file.content)
    ledger = taken.pop("ledger")
    assert taken == proof
    assert ledger["hash"] in case.ledger.values_list(
        "hash", flat=True
    )  # what is taken away says where that ended
    stands = f"It stands so: {proof['stands']['in_words']}."
    assert out.getvalue().splitlines() == [proof["sentence"], stands, *proof_lines(proof)]
    paper, shown = words_in(pdf.content), text_of(page)
    for line in (proof["stands"]["in_words"], proof["sentence"], *proof_lines(proof)):
        assert " ".join(line.split()) in paper
    for section in proof["in_words"]:
        if section["about"] != "The facts":  # those stand in a list, each with a way to take it back
            for line in section["lines"]:
                assert line in shown
    for fact in proof["facts"]:
        for said in (fact["authority"], fact["reason"], fact["by"] or ""):
            assert said in shown
    assert proof["stands"]["in_words"] == how_it_stands(deadline, at=NOW).words
    assert [fact["kind"] for fact in proof["facts"]] == [
        "started", "paused", "resumed", "extended", "extended", "undone", "restarted", "undone", "re-calendared",
    ]  # fmt: skip
    assert [fact["undoes"] for fact in proof["facts"] if fact["kind"] == "undone"] == [5, 7]


def test_the_decision_record_holds_the_rule_and_the_count_of_the_same_proof(world: World, case: Case) -> None:
    deadline = clock(case, "RR_COMPLETE")
    proof = proof_of(deadline, at=NOW)
    assert timeliness(deadline)["proof"] == {part: proof[part] for part in ("rule", "derivation")}
    of_the_record = json.loads(SCHEMA.read_text())["$defs"]["proof"]["properties"]
    of_the_proof = json.loads(PROOF_SCHEMA.read_text())["properties"]
    for part in ("rule", "derivation"):
        assert of_the_proof[part]["properties"] == of_the_record[part]["properties"]


def test_the_json_is_by_its_schema_and_the_schema_knows_nothing_else(world: World, case: Case) -> None:
    schema = json.loads(PROOF_SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    started, moved = proof_of(clock(case), at=NOW), proof_of(to_everything(case, world), at=NOW)
    paused = proof_of(
        changing_clocks.pause_deadline(case, "LOC_MEETING", effective_at=NOW, by=SYSTEM, at=NOW, **WHY),
        at=NOW,
    )
    for proof in (started, moved, paused):
        check.validate(proof)
        assert list(check.iter_errors({**proof, "more": 1})) != []
        for name in proof:
            assert list(check.iter_errors({k: v for k, v in proof.items() if k != name})) != [], name


def test_every_date_there_was_is_kept_with_what_changed_it(world: World, case: Case) -> None:
    deadline = to_everything(case, world)
    first, *_, last = (record for record in proof_of(deadline, at=NOW)["dates"])
    assert (first["because"], first["from"], first["to"]) == ("paused", "2026-04-07", None)
    assert (last["because"], last["from"], last["to"]) == ("re-calendared", "2026-04-14", "2026-04-15")
    assert (last["calendar_before"] != last["calendar_after"]) is True
    assert last["calendar_after"] == deadline.calendar.code
    steps = [(record["from"], record["to"]) for record in proof_of(deadline, at=NOW)["dates"]]
    assert [to for _, to in steps[:-1]] == [since for since, _ in steps[1:]]
    assert steps[-1][1] == str(deadline.due_on)


def test_the_paper_is_one_tagged_page_in_english_with_a_title(world: World, case: Case) -> None:
    made = proof_on_paper(proof_of(to_everything(case, world), at=NOW))
    reader = pypdf.PdfReader(io.BytesIO(made))
    root: Any = reader.trailer["/Root"]
    assert len(reader.pages) == 1
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF's own boolean
    assert root["/StructTreeRoot"]["/K"]
    assert str(root["/Lang"]).startswith("en")
    assert reader.metadata
    assert reader.metadata.title == "Proof of a date: Draft of the rapid review"
    assert b"pdfuaid" in made
    assert {str(font) for page in reader.pages for font in fonts_of(page)} == {
        "LiberationSans",
        "LiberationSans-Bold",
    }


def fonts_of(page: Any) -> set[str]:
    """The fonts of a page, all of which must be in the file."""
    found = set()
    for font in page["/Resources"]["/Font"].values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]
        found.add(str(inner["/BaseFont"]).rpartition("+")[2].removeprefix("/"))
    return found


def test_what_does_not_fit_on_a_page_goes_on_to_the_next_and_is_all_there(world: World, case: Case) -> None:
    number = clock(case).pk
    long = "A reason that takes its time. " * 30
    for days in range(12):
        dates.extend_clock(case, number, limit=Limit(1, "d"), decided_at=NOW, authority=f"Chair {days}",
                           reason=long, by=world.manager, at=NOW)  # fmt: skip
    proof = proof_of(clock(case), at=NOW)
    made = proof_on_paper(proof)
    assert len(pypdf.PdfReader(io.BytesIO(made)).pages) > 1
    for days in range(12):
        assert f"Chair {days}" in words_in(made)


def test_the_same_proof_makes_the_same_file(case: Case) -> None:
    proof = proof_of(clock(case), at=NOW)
    assert proof_on_paper(proof) == proof_on_paper(proof)


def test_the_proof_costs_the_same_however_many_facts_there_are(
    world: World, case: Case, django_assert_num_queries: Any
) -> None:
    for deadline in (clock(case), to_everything(case, world)):
        with django_assert_num_queries(2):  # the facts, and the dates there were
            proof_of(deadline, at=NOW)


def test_a_proof_names_no_child(world: World, case: Case) -> None:
    text = json.dumps(proof_of(to_everything(case, world), at=NOW))
    assert [canary for canary in factories.CANARIES if canary in text] == []
    assert NOTIFIED.isoformat() in text
