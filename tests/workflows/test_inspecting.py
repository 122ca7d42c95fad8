"""The nightly look at everything: in portions, once a night, and once told."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from reviews.models import Case
from tests.keys import meddle
from tests.workflows.bench import a_case, a_notified_case, clock_of, london
from workflows import tasks
from workflows.models import Deadline, Inspection, LedgerEntry
from workflows.services import calendar as calendars
from workflows.services import inspecting
from workflows.services.inspecting import inspect_what_is_due, last_night
from workflows.signals import service_news

pytestmark = pytest.mark.django_db
NIGHT = london("2026-03-20", "03:05")
DEADLINES, LEDGER, CALENDAR, ANCHOR = "verify-deadlines", "verify-ledger", "check-calendar", "anchor-ledger"


@pytest.fixture
def told() -> Any:
    """(news, key) of everything announced."""
    heard: list[tuple[str, str]] = []

    def listen(sender: Any, news: str, key: str, **rest: Any) -> None:
        heard.append((news, key))

    service_news.connect(listen)
    yield heard
    service_news.disconnect(listen)


def seen() -> dict[str, tuple[int, int]]:
    """The last of each kind: how much it looked at, how much was wrong."""
    return {i.kind: (i.looked_at, i.wrong) for i in Inspection.objects.order_by("pk")}


@pytest.mark.parametrize(
    ("at", "night"),
    [
        (("2026-03-20", "02:59"), "2026-03-19"),
        (("2026-03-20", "03:00"), "2026-03-20"),
        (("2026-03-20", "23:59"), "2026-03-20"),
        (("2026-03-29", "03:00"), "2026-03-29"),  # the clocks went forward two hours after midnight
        (("2026-10-25", "02:59"), "2026-10-24"),  # and back
        (("2026-10-25", "03:00"), "2026-10-25"),
    ],
)
def test_edge_44_a_night_begins_at_three_in_london_on_both_sides_of_a_change_of_clocks(
    at: tuple[str, str], night: str
) -> None:
    assert last_night(london(*at)) == london(night, "03:00")


def test_every_night_everything_is_looked_at_once() -> None:
    a_notified_case()
    for minute in range(3):
        inspect_what_is_due(at=NIGHT + timedelta(minutes=minute))
    assert seen() == {
        CALENDAR: (1, 0),
        DEADLINES: (Deadline.objects.count(), 0),
        LEDGER: (1, 0),
        ANCHOR: (1, 0),
    }
    assert Inspection.objects.count() == 4
    inspect_what_is_due(at=NIGHT + timedelta(days=1))
    assert Inspection.objects.count() == 8


def test_edge_47_nights_that_were_slept_through_are_made_up_for_by_one_look() -> None:
    inspect_what_is_due(at=NIGHT)
    later = NIGHT + timedelta(days=5, hours=9)
    for minute in range(3):
        inspect_what_is_due(at=later + timedelta(minutes=minute))
    assert Inspection.objects.filter(kind=DEADLINES).count() == 2

    # And the next is that of the coming night, at its own hour
    assert inspect_what_is_due(at=london("2026-03-26", "02:59")) == []
    assert len(inspect_what_is_due(at=london("2026-03-26", "03:00"))) == 4


def test_a_date_that_drifted_is_counted_named_and_told_once(told: list[tuple[str, str]]) -> None:
    # Given a date that is not what its facts give
    inspect_what_is_due(at=NIGHT - timedelta(days=1))
    case = a_notified_case()
    Deadline.objects.filter(pk=clock_of(case).pk).update(due_on="2026-04-17")

    # Then every night finds it, and one tells of it
    for night in range(3):
        inspect_what_is_due(at=NIGHT + timedelta(days=night))
    last = Inspection.objects.filter(kind=DEADLINES).first()
    assert last
    assert (last.wrong, last.findings) == (
        1,
        [f"{case.code} RR_COMPLETE: stored Friday 17 April 2026, its facts give Thursday 2 April 2026"],
    )
    assert len(set(told)) == 1


def test_it_goes_on_where_it_stopped_and_counts_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given more deadlines than a portion has, and rings that have time for one portion each
    for _ in range(3):
        a_notified_case()
    monkeypatch.setattr(inspecting, "DEADLINES_AT_ONCE", 2)
    clock = iter(range(100_000))
    monkeypatch.setattr(inspecting.time, "monotonic", lambda: next(clock))
    for _ in range(100):
        inspect_what_is_due(at=NIGHT, within=timedelta(seconds=2))
    assert seen()[DEADLINES] == (Deadline.objects.count(), 0)
    assert not Inspection.objects.under_way().exists()


def test_a_portion_that_another_process_did_is_not_counted_again() -> None:
    a_notified_case()
    mine = inspecting._begin_or_go_on(DEADLINES, at=NIGHT)
    theirs = Inspection.objects.get(pk=mine.pk)  # type: ignore[union-attr]
    inspecting._one_portion(theirs, inspecting.INSPECTIONS[DEADLINES], at=NIGHT)
    assert inspecting._one_portion(mine, inspecting.INSPECTIONS[DEADLINES], at=NIGHT) == (None, False)  # type: ignore[arg-type]
    assert Inspection.objects.get().looked_at == Deadline.objects.count()


def test_a_chain_that_was_cut_is_found(case: Case) -> None:
    gone = LedgerEntry.objects.get(chain=case.pk, sequence=2)
    meddle("DELETE FROM workflows_ledgerentry WHERE id = %s", gone.pk)
    inspect_what_is_due(at=NIGHT)
    assert seen()[LEDGER] == (1, 1)
    assert case.code in Inspection.objects.get(kind=LEDGER).findings[0]


def test_findings_are_kept_up_to_fifty_and_counted_beyond() -> None:
    for _ in range(26):
        a_notified_case()
    Deadline.objects.update(due_on="2026-04-17")
    inspect_what_is_due(at=NIGHT)
    found = Inspection.objects.get(kind=DEADLINES)
    assert (len(found.findings), found.wrong) == (50, Deadline.objects.count())


def test_what_is_found_names_no_child_and_no_person() -> None:
    case = a_case(summary="the canary fell")
    Deadline.objects.update(due_on="2026-04-17")
    inspect_what_is_due(at=NIGHT)
    said = " ".join(Inspection.objects.get(kind=DEADLINES).findings)
    assert case.code in said
    assert "canary" not in said


def test_the_task_reads_the_clock() -> None:
    with time_machine.travel(NIGHT, tick=False):
        tasks.inspect()
    assert set(Inspection.objects.values_list("begun_at", flat=True)) == {NIGHT}


def test_the_command_does_what_the_task_does_and_fails_if_something_is_amiss(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("inspect", "--once", "--at", "2026-03-20T03:05")
    assert "verify-deadlines: 0 looked at, 0 amiss." in capsys.readouterr().out
    a_notified_case()
    Deadline.objects.update(due_on="2026-04-17")
    with pytest.raises(CommandError, match="Something is amiss"):
        call_command("inspect", "--once", "--at", "2026-03-21T03:05")


def test_what_a_change_of_the_list_left_behind_is_dated_anew_that_night() -> None:
    # Given a review that began, by the list of before, in the moment in which another was put into use
    case = a_notified_case()
    document = json.loads(calendars.SHIPPED.read_text())
    document["events"].append({"date": "2026-03-18", "title": "A day of mourning"})
    version = calendars.load_holidays(document, at=NIGHT - timedelta(hours=12))
    assert clock_of(case).due_on == date(2026, 4, 2)

    # When it is night
    inspect_what_is_due(at=NIGHT)

    # Then it counts by the list in use, as everything does
    assert (clock_of(case).due_on, clock_of(case).calendar) == (date(2026, 4, 7), version)
    assert not Deadline.objects.open().exclude(calendar=version).exists()
