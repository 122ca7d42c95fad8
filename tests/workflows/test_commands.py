"""The commands beside `due`: sweep, explain, and the two that look for what is wrong; and `due` without a database."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests import services
from tests.keys import meddle
from tests.workflows.bench import REFERRED_AT, a_notified_case, clock_of, london
from workflows.actors import SYSTEM
from workflows.calendars import end_of
from workflows.models import Deadline, Fact, Rung
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.changing_clocks import extend_deadline, pause_deadline
from workflows.services.clocks import meet_deadline
from workflows.services.proof import proof_lines, proof_of


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def complained(*arguments: str) -> tuple[str, str]:
    """What a command printed, and what it ended with; its exit code is 1."""
    out = io.StringIO()
    with pytest.raises(CommandError) as complaint:
        call_command(*arguments, stdout=out)
    assert complaint.value.returncode == 1
    return out.getvalue(), str(complaint.value)


# ---- sweep -------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-26T08:29", "0 rungs reached, 0 deadlines missed.\n"),
        ("2026-03-26T08:30", "1 rung reached, 0 deadlines missed.\n"),
        ("2026-03-26T08:30+01:00", "0 rungs reached, 0 deadlines missed.\n"),
        ("2026-04-02T23:59", "4 rungs reached, 0 deadlines missed.\n"),  # summer time by now
        ("2026-04-02T23:00Z", "5 rungs reached, 1 deadline missed.\n"),
        ("2026-12-01", "9 rungs reached, 1 deadline missed.\n"),
    ],
)
def test_a_sweep_as_of_a_time_says_what_it_did(at: str, told: str) -> None:
    a_notified_case()
    Rung.objects.exclude(deadline__rule_code="RR_COMPLETE").delete()
    assert said("sweep", "--once", "--at", at) == told


@pytest.mark.django_db
def test_a_sweep_without_a_time_is_of_now() -> None:
    a_notified_case()  # long before any day on which this test is run
    said("sweep", "--once")
    assert not Rung.objects.ahead().exists()
    assert said("sweep", "--once") == "0 rungs reached, 0 deadlines missed.\n"


@pytest.mark.django_db
@pytest.mark.parametrize("at", ["soon", "2026-02-31T10:00", "0001-01-01T00:00+05:00"])
def test_a_sweep_at_no_time_is_refused(at: str) -> None:
    with pytest.raises(CommandError, match="Cannot read the time"):
        said("sweep", "--once", "--at", at)


@pytest.mark.django_db
def test_a_sweep_says_that_it_is_made_once() -> None:
    with pytest.raises(CommandError, match="--once"):
        said("sweep")


# ---- explain -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_deadline_explains_itself() -> None:
    # Given fifteen days that were paused for two, extended by a week and met. When they are explained:
    case = a_notified_case(at=london("2026-03-18"))
    why = {"by": SYSTEM, "authority": "the Panel"}
    pause_deadline(
        case,
        "RR_COMPLETE",
        effective_at=london("2026-03-20", "00:00"),
        at=london("2026-03-20"),
        reason="flood",
        **why,
    )  # type: ignore[arg-type]
    paused = proof_of(clock_of(case), at=london("2026-03-23"))
    meet_at = london("2026-03-24", "12:00")
    extend_deadline(
        case, "RR_COMPLETE", limit=Limit(1, "w"), at=london("2026-03-23"), reason="more floods.", **why
    )  # type: ignore[arg-type]
    meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=meet_at)

    # Then every step of it is told, and every fact, and what the date was before.
    version = calendars.current_version().code
    assert said("explain", str(clock_of(case).pk)).splitlines() == [
        "15 working days after Wednesday 18 March 2026 (notification sent): first due Friday 10 April 2026, "
        "moved to Tuesday 21 April 2026.",
        "It stands so: met on time.",
        "Rule: RR_COMPLETE, Finish the rapid review and send it to the Panel; "
        "owed by safeguarding partners to the Panel.",
        "Version: in force from Friday 15 December 2023.",
        "Source: Panel guidance for safeguarding partners; Working Together 2023 ch. 5 (V: seen in the "
        "source; as at Working Together 2023; the 2026 edition has not been checked).",
        "Starts with: notification sent.",
        "Day 0: Wednesday 18 March 2026.",
        "Limit: 15 working days.",
        "Counted: working days of England and Wales; the next working day after day 0 is day 1. "
        "Day 0 is the London day of the event, whatever the hour.",
        *[f"Does not count: {day}." for day in (
            "Saturday 21 March 2026", "Sunday 22 March 2026", "Saturday 28 March 2026", "Sunday 29 March 2026",
            "Friday 3 April 2026 (Good Friday)", "Saturday 4 April 2026", "Sunday 5 April 2026",
            "Monday 6 April 2026 (Easter Monday)", "Saturday 11 April 2026", "Sunday 12 April 2026",
            "Saturday 18 April 2026", "Sunday 19 April 2026",
        )],
        "First due: Friday 10 April 2026.",
        "Changed: extended, from Friday 10 April 2026 to Friday 17 April 2026, on the authority of the Panel: more floods.",
        "Changed: paused, from Friday 17 April 2026 to Tuesday 21 April 2026, 2 stopped, on the authority of the Panel: flood.",
        "Due: Tuesday 21 April 2026 (met).",
        f"Calendar: bank holidays of England and Wales, list {version}.",
        "Source of the calendar: gov.uk bank holidays, England and Wales, as cached in "
        "govuk-bank-holidays 0.19, published Wednesday 25 February 2026.",
        "Fact 1: started, Wednesday 18 March 2026 at 9am; recorded by the system, Wednesday 18 March 2026 at 9am.",
        "Fact 2: paused, Friday 20 March 2026 at midnight; recorded by the system, Friday 20 March 2026 at 9am, "
        "on the authority of the Panel: flood.",
        "Fact 3: extended by 1 week, Monday 23 March 2026 at 9am; recorded by the system, Monday 23 March 2026 at "
        "9am, on the authority of the Panel: more floods.",
        "Fact 4: met, Tuesday 24 March 2026 at midday; recorded by the system, Tuesday 24 March 2026 at midday.",
        "Counted anew Friday 20 March 2026 at 9am: from Friday 10 April 2026 to paused (paused).",
        "Counted anew Tuesday 24 March 2026 at midday: from paused to Tuesday 21 April 2026 (met).",
    ]  # fmt: skip
    assert paused["sentence"] == (
        "15 working days after Wednesday 18 March 2026 (notification sent): first due Friday 10 April 2026, and paused."
    )
    assert "Due: no date while it is paused." in proof_lines(paused)


@pytest.mark.django_db
def test_a_provisional_date_says_so() -> None:
    case = a_notified_case(at=london("2028-12-11"))
    at, earlier = london("2028-12-12"), a_notified_case(at=london("2028-12-01"))
    assert "Provisional: it reaches past the last bank holiday known, and may yet move." in proof_lines(
        proof_of(clock_of(case), at=at)
    )
    assert "Provisional" not in " ".join(proof_lines(proof_of(clock_of(earlier), at=at)))


@pytest.mark.django_db
def test_a_deadline_that_is_not_there_is_not_explained() -> None:
    assert complained("explain", "123") == ("", "There is no deadline 123.")


# ---- verify_deadlines --------------------------------------------------------------------------
@pytest.mark.django_db
def test_edge_38_a_date_that_is_not_what_the_facts_give_is_found() -> None:
    case = a_notified_case()
    assert said("verify_deadlines") == "3 deadlines are as their facts give them.\n"
    deadline = clock_of(case)
    wrong_day = (deadline.due_on or REFERRED_AT.date()) + timedelta(days=1)
    for change, stored in [
        ({"due_on": wrong_day}, "running, due 2026-04-03"),
        ({"due_at": end_of(wrong_day)}, "running, due 2026-04-02"),
        ({"state": "voided"}, "voided, due 2026-04-02"),
        ({"state": "paused", "due_on": None}, "paused, without a date"),
        ({"met_at": REFERRED_AT}, "running, due 2026-04-02"),
    ]:
        kept = Deadline.objects.filter(pk=deadline.pk).values(*change).get()
        Deadline.objects.filter(pk=deadline.pk).update(**change)
        assert complained("verify_deadlines") == (
            f"Deadline {deadline.pk}, RR_COMPLETE of {case.pk}: stored as {stored}; "
            "its facts give running, due 2026-04-02.\n",
            "1 of 3 deadlines differ from their facts.",
        )
        Deadline.objects.filter(pk=deadline.pk).update(**kept)
    assert said("verify_deadlines") == "3 deadlines are as their facts give them.\n"


@pytest.mark.django_db
def test_a_deadline_without_facts_does_not_hide_the_others() -> None:
    case = a_notified_case()
    bare = Deadline.objects.get(pk=clock_of(case).pk)
    bare.pk, bare.rule_code = None, "NO_FACTS"
    bare.save(force_insert=True)
    Deadline.objects.filter(rule_code="RR_COMPLETE").update(due_on=REFERRED_AT.date())
    printed, verdict = complained("verify_deadlines")
    assert printed.count("\n") == 2
    assert (
        f"Deadline {bare.pk}, NO_FACTS of {case.pk}: stored as running, due 2026-04-02; its facts give no date at all.\n"
        in printed
    )
    assert verdict == "2 of 4 deadlines differ from their facts."
    assert Fact.objects.filter(deadline=bare).count() == 0


# ---- verify_ledger -----------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_broken_chain_is_found_and_named() -> None:
    case, _ = a_notified_case(), a_notified_case()
    assert said("verify_ledger") == "2 chains are whole.\n"
    meddle("UPDATE workflows_ledgerentry SET actor = 'x' WHERE id = %s", case.ledger.get(sequence=2).pk)
    meddle("DELETE FROM workflows_ledgerentry WHERE id = %s", case.ledger.get(sequence=3).pk)
    assert complained("verify_ledger") == (
        f"{case.code}: entry 2 does not follow from the one before it.\n"
        f"{case.code}: entry 2 is not where the chain ended.\n"
        f"{case.code}: no entry tells of the move notify reviews.case {case.pk}.\n",
        "1 of 2 chains are broken.",
    )


# ---- due, and the database ---------------------------------------------------------------------
@pytest.mark.django_db
def test_due_counts_by_the_stored_calendar() -> None:
    document: dict[str, Any] = json.loads(calendars.SHIPPED.read_text())
    document["events"].append({"date": "2026-03-19", "title": "Proclaimed"})
    calendars.load_holidays(document, at=london("2030-01-01"))
    assert said("due", "RR_COMPLETE", "2026-03-18") == "2026-04-13\n"


@pytest.mark.parametrize(
    "database",
    ["sqlite:///{folder}/empty.sqlite3", "sqlite:///{folder}/no/such/folder.sqlite3", "postgres://nobody@/none?host={folder}"],
)  # fmt: skip
def test_due_needs_no_database(tmp_path: Path, database: str) -> None:
    environment = services.environment_with(DATABASE_URL=database.format(folder=tmp_path))
    answer = services.manage("due", "-7wd", "2026-04-09", environment=environment)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "2026-03-27\n", "")
    refusal = services.manage("due", "15wd", "2026-02-31", environment=environment)
    assert (refusal.returncode, refusal.stdout) == (2, "")
    assert "Cannot read the start '2026-02-31'" in refusal.stderr
    assert "Traceback" not in refusal.stderr


def test_the_tables_may_come_and_go_package_by_package(tmp_path: Path) -> None:
    environment = services.environment_with(DATABASE_URL=f"sqlite:///{tmp_path}/some.sqlite3")
    for package in (["accounts"], [], ["reviews", "zero"]):
        answer = services.manage("migrate", *package, environment=environment)
        assert answer.returncode == 0, answer.stderr
