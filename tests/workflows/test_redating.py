"""A bank holiday proclaimed while clocks run: what it moves, and what it leaves alone."""

import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from reviews.models import Case
from reviews.services import cases
from tests import factories
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.exceptions import WorkflowError
from workflows.models import CalendarVersion, DateRecord, Deadline, Fact, RuleVersion, Rung
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.changing_clocks import extend_deadline
from workflows.services.govuk import from_govuk
from workflows.services.proof import proof_lines, proof_of
from workflows.services.redating import redate, still_to_date, would_move
from workflows.services.standing import how_it_stands
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db
FUNERAL = date(2022, 9, 19)  # proclaimed on 10 September 2022
NOTIFIED = datetime(2022, 9, 7, 10, tzinfo=UTC)
PROCLAIMED = datetime(2022, 9, 10, 12, tzinfo=UTC)


def the_list(*, without: tuple[date, ...] = (), more: dict[str, str] | None = None) -> dict[str, Any]:
    """The shipped list in the shape of gov.uk, without some days and with others."""
    shipped = json.loads(calendars.SHIPPED.read_text())
    events = [e for e in shipped["events"] if date.fromisoformat(e["date"]) not in without]
    events += [{"date": day, "title": name} for day, name in (more or {}).items()]
    return {
        "england-and-wales": {"division": "england-and-wales", "events": events},
        "scotland": {"division": "scotland", "events": [{"date": "2022-01-04", "title": "2nd January"}]},
    }


def load(document: dict[str, Any], *, published_on: date, at: datetime) -> CalendarVersion:
    given = from_govuk(json.dumps(document), source="a test", published_on=published_on)
    return calendars.load_holidays(given, at=at)


@standing
def case() -> Case:
    """A rapid review that began before the funeral was proclaimed, by the list of that week."""
    load(the_list(without=(FUNERAL,)), published_on=date(2022, 9, 1), at=datetime(2100, 1, 1, tzinfo=UTC))
    world = factories.a_world()
    case = Case(
        partnership=world.partnership, harm="death", summary="x", aware_at=NOTIFIED, incident_at=NOTIFIED
    )
    case = cases.refer_case(case, [], by=world.manager, at=NOTIFIED)
    case = cases.consider_case(case, by=world.manager, at=NOTIFIED)
    return cases.notify_case(case, by=world.manager, at=NOTIFIED)


def test_edge_12_a_holiday_proclaimed_while_a_clock_runs_moves_it_with_old_new_and_reason(case: Case) -> None:
    # Given a rapid review due on 28 September, and a notification that was made in time
    review = case.deadlines.get(rule_code="RR_COMPLETE")
    assert review.due_on == date(2022, 9, 28)
    version = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))

    # When the new list is shown, nothing moves; when it is applied, what runs does
    shown = {m.deadline.rule_code: (m.was, m.becomes) for m in would_move(calendars.calendar_of(version))}
    assert shown["RR_COMPLETE"] == (date(2022, 9, 28), date(2022, 9, 29))
    assert Fact.objects.filter(kind="re-calendared").count() == 0
    moved = redate(version, by=case.records.last().by, at=PROCLAIMED, reason="State Funeral")

    # Then the day, the proof, the fact and the ladder all say so
    review.refresh_from_db()
    assert {m.deadline.rule_code: (m.was, m.becomes) for m in moved} == shown
    assert (review.due_on, review.calendar) == (date(2022, 9, 29), version)
    assert {
        "day": "2022-09-19",
        "why": "Bank Holiday for the State Funeral of Queen Elizabeth II",
    } in review.derivation["skipped"]
    fact = review.facts.get(kind="re-calendared")
    assert (fact.reason, fact.details) == (
        "State Funeral",
        {"calendar": version.code, "from": "2022-09-28", "to": "2022-09-29"},
    )
    assert set(review.rungs.ahead().values_list("due_at", flat=True)) == {review.due_at}

    # And what has ended keeps the list it ended by
    ended = case.deadlines.get(rule_code="SIN_NOTIFY")
    assert (ended.state, ended.calendar.code) == ("met", version_before(version).code)


def version_before(version: CalendarVersion) -> CalendarVersion:
    return CalendarVersion.objects.filter(loaded_at__lt=version.loaded_at).latest("loaded_at")


def test_dating_anew_twice_is_once(case: Case) -> None:
    version = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))
    assert redate(version, by=case.records.last().by, at=PROCLAIMED, reason="State Funeral") != []
    facts, rungs = Fact.objects.count(), Rung.objects.count()
    assert redate(version, by=case.records.last().by, at=PROCLAIMED, reason="State Funeral") == []
    assert (Fact.objects.count(), Rung.objects.count()) == (facts, rungs)


def test_a_holiday_taken_away_moves_them_back(case: Case) -> None:
    review = case.deadlines.get(rule_code="RR_COMPLETE")
    with_it = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))
    redate(with_it, by=case.records.last().by, at=PROCLAIMED, reason="State Funeral")
    without = load(
        the_list(without=(FUNERAL,)), published_on=date(2022, 9, 12), at=datetime(2100, 1, 3, tzinfo=UTC)
    )
    redate(without, by=case.records.last().by, at=PROCLAIMED, reason="A mistake")
    review.refresh_from_db()
    assert review.due_on == date(2022, 9, 28)
    assert review.rungs.ahead().exclude(tell="").count() > 0


def a_list_with(day: str) -> CalendarVersion:
    """The list of that week in use, with one day more."""
    days = the_list(without=(FUNERAL,), more={day: "Proclaimed"})
    return load(days, published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))


def test_what_the_change_cannot_reach_is_left_as_it_was_and_the_proof_says_that_it_gives_the_same(
    case: Case,
) -> None:
    # Given clocks that all end in 2022 or 2023, and a holiday proclaimed for 2024:
    open_ones = Deadline.objects.open().order_by("pk")
    before = list(open_ones.values())
    version = a_list_with("2024-06-03")

    # When it is applied, then nothing moves, and not one row of theirs is written.
    assert redate(version, by=SYSTEM, at=PROCLAIMED, reason="Proclaimed") == []
    assert list(open_ones.values()) == before
    assert not Fact.objects.filter(kind="re-calendared").exists()
    assert not DateRecord.objects.filter(at=PROCLAIMED).exists()
    assert not still_to_date(version).exists()
    assert drifted() == []

    # And whoever asks why this date, is told of both lists.
    review = case.deadlines.select_related("rule", "calendar", "subject").get(rule_code="RR_COMPLETE")
    proof = proof_of(review, at=PROCLAIMED)
    assert proof["calendar"]["in_use"] == {"list": version.code, "due_on": "2022-09-28"}
    assert f"The list in use now, {version.code}, gives the same date." in proof_lines(proof)


def test_what_is_late_is_counted_by_the_list_in_use_though_its_date_was_counted_by_another(
    case: Case,
) -> None:
    # Given a review due on Wednesday 28 September, and the Friday after it proclaimed a holiday
    version = a_list_with("2022-09-30")
    redate(version, by=SYSTEM, at=PROCLAIMED, reason="Proclaimed")

    # When it is still owed on the Monday, then the Thursday was one working day late, and today is the second.
    review = case.deadlines.select_related("rule", "calendar").get(rule_code="RR_COMPLETE")
    assert review.calendar != version
    on_monday = how_it_stands(review, at=datetime(2022, 10, 3, 9, tzinfo=UTC))
    assert on_monday.words == "2 working days late (was due Wednesday 28 September 2022)"


def test_a_fact_on_one_that_was_left_as_it_was_is_counted_by_the_list_in_use(case: Case) -> None:
    # Given a review due on 28 September, and a holiday proclaimed for the day after, which does not touch it
    version = a_list_with("2022-09-29")
    redate(version, by=SYSTEM, at=PROCLAIMED, reason="Proclaimed")
    assert case.deadlines.get(rule_code="RR_COMPLETE").calendar != version

    # When it is extended by a working day, then that day is not the holiday, and the extension moved it alone.
    extend_deadline(
        case,
        "RR_COMPLETE",
        limit=Limit(1, "wd"),
        by=SYSTEM,
        at=PROCLAIMED,
        authority="Chair",
        reason="More time",
    )
    review = case.deadlines.get(rule_code="RR_COMPLETE")
    assert (review.due_on, review.calendar) == (date(2022, 9, 30), version)
    record = review.dates.get()
    assert (record.because, record.due_before, record.due_after) == (
        "extended",
        date(2022, 9, 28),
        date(2022, 9, 30),
    )
    assert drifted() == []


def test_a_fact_on_one_that_is_still_to_date_does_not_hide_what_the_list_did(case: Case) -> None:
    # Given a list that touches the review, and that nobody has dated it anew by yet
    version = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))

    # When it is extended in that moment, then it counts by the list of before, until it is dated anew with a reason.
    extend_deadline(
        case,
        "RR_COMPLETE",
        limit=Limit(1, "wd"),
        by=SYSTEM,
        at=PROCLAIMED,
        authority="Chair",
        reason="More time",
    )
    review = case.deadlines.get(rule_code="RR_COMPLETE")
    assert (review.due_on, review.calendar) == (date(2022, 9, 29), version_before(version))
    redate(version, by=SYSTEM, at=PROCLAIMED, reason="State Funeral")
    review.refresh_from_db()
    assert (review.due_on, review.calendar) == (date(2022, 9, 30), version)
    assert review.facts.get(kind="re-calendared").details == {
        "calendar": version.code,
        "from": "2022-09-29",
        "to": "2022-09-30",
    }


def test_one_that_a_list_should_have_moved_is_found_by_the_nightly_look(case: Case) -> None:
    # Given a list in use by which nothing was dated anew, and no change that says it is about to be
    load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))

    # Then the review is named, with the day that it should have.
    found = {deadline.rule_code: gives.due_on for deadline, gives in drifted() if gives}
    assert found["RR_COMPLETE"] == date(2022, 9, 29)


def test_one_that_cannot_be_dated_anew_is_left_and_hides_no_other(case: Case) -> None:
    # Given a clock within reach of the day, whose rule gives no date by any list:
    broken = case.deadlines.open().filter(rule_code="LOC_MEETING", due_on__gt=FUNERAL).get()
    RuleVersion.objects.filter(pk=broken.rule_id).update(limit="stated")
    version = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))

    # When the list is applied, then all others move, and that one is as it was.
    moved = {move.deadline.rule_code for move in redate(version, by=SYSTEM, at=PROCLAIMED, reason="Funeral")}
    assert "RR_COMPLETE" in moved
    assert set(still_to_date(version).values_list("rule_code", flat=True)) == {broken.rule_code}


def test_no_deadline_is_dated_anew_without_a_reason(case: Case) -> None:
    version = load(the_list(), published_on=date(2022, 9, 10), at=datetime(2100, 1, 2, tzinfo=UTC))
    with pytest.raises(WorkflowError, match="without a reason"):
        redate(version, by=case.records.last().by, at=PROCLAIMED, reason=" ")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("refresh_holidays", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_first_and_moves_only_when_told(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "bank-holidays.json"
    path.write_text(json.dumps(the_list()))
    with time_machine.travel("2100-02-01T09:00:00Z", tick=False):
        shown = run(str(path))
        assert "+ Monday 19 September 2022" in shown
        assert f"{case.code} RR_COMPLETE: Wednesday 28 September 2022 -> Thursday 29 September 2022" in shown
        assert case.deadlines.get(rule_code="RR_COMPLETE").due_on == date(2022, 9, 28)

        run(str(path), "--apply", "--reason", "State Funeral")
        assert case.deadlines.get(rule_code="RR_COMPLETE").due_on == date(2022, 9, 29)
        assert run(str(path)).startswith("The list in use says the same.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html>503</html>", "not JSON"),
        ('{"scotland": {"events": []}}', "Cannot find the division 'england-and-wales'"),
        ('{"england-and-wales": {"division": "scotland", "events": []}}', "Cannot find the division"),
        ('{"england-and-wales": {"division": "england-and-wales", "events": []}}', "empty list"),
        ('{"england-and-wales": {"events": [{"date": "2022-02-30", "title": "x"}]}}', "Cannot read the list"),
        (
            '{"england-and-wales": {"events": [{"date": "2022-01-03", "title": "x"}, {"date": "2022-01-03", "title": "y"}]}}',
            "gives a day twice: 2022-01-03",
        ),
        ('{"england-and-wales": {"events": "none"}}', "has no events"),
        ("[1, 2]", "Cannot find the division"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_and_the_one_in_use_kept(
    text: str, says: str, tmp_path: Path
) -> None:
    before = calendars.current_version()
    path = tmp_path / "list.json"
    path.write_text(text)
    with pytest.raises(CommandError, match=says) as refused:
        run(str(path), "--apply")
    assert "The list in use is unchanged." in str(refused.value)
    assert (calendars.current_version(), CalendarVersion.objects.count()) == (before, 1)


def test_edge_07_a_list_that_cannot_be_fetched_leaves_the_last_good_one_and_says_how_old_it_is(
    tmp_path: Path,
) -> None:
    with (
        time_machine.travel("2026-03-07T09:00:00Z", tick=False),
        pytest.raises(CommandError, match="It is 10 days old, and is kept."),
    ):
        run(str(tmp_path / "nowhere.json"))
