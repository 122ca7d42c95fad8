"""The pages that count a deadline by another version of its rule or reopen one alone; when it was undone; the Panel's."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from reviews.deadlines.forms import ReopenForm
from reviews.models import Case
from reviews.services import cases, dates
from reviews.services.rule_changes import change_local_milestone, relax_rule
from tests import factories
from tests.factories import World
from tests.reviews.asking import (
    a_released_case,
    beside_the_boxes,
    happened,
    row_counts,
    signed_in,
    summary_of,
    text_of,
)
from tests.reviews.moving_dates import WHY, boxes, clock, page_of, say_yes
from workflows.exceptions import ClockError
from workflows.models import LedgerEntry, RuleVersion
from workflows.rules import Limit
from workflows.services.changing_clocks import reopen_deadline

NOW = datetime(2026, 3, 24, 9, tzinfo=UTC)  # Tuesday


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


def from_tomorrow(world: World, limit: str, code: str = "LOC_MEETING") -> RuleVersion:
    """Another version of a milestone, for clocks that begin later."""
    version = RuleVersion.objects.get(partnership=world.partnership, code=code, valid_to=None)
    limits = {"limit": Limit.parse(limit), "valid_from": date(2026, 3, 25)}
    return change_local_milestone(version, **limits, by=world.manager, at=NOW)[0]  # type: ignore[arg-type]


# ---- By another version of its rule ------------------------------------------------------------
def test_a_running_deadline_is_counted_by_another_version_after_a_look(
    manager: Client, world: World, case: Case
) -> None:
    # Given a clock that was extended, and a milestone that has another limit from tomorrow on
    deadline = clock(case)
    assert "Count by another version" not in text_of(manager.get(page_of(deadline)))
    assert manager.get(page_of(deadline, "re-rule")).status_code == 302
    dates.extend_clock(
        case, deadline.pk, limit=Limit(1, "wd"), decided_at=NOW, by=world.manager, at=NOW, **WHY
    )
    version = from_tomorrow(world, "12wd")
    assert "Count by another version of the rule" in text_of(manager.get(page_of(deadline)))

    # When its version is chosen, then the page says what it would do
    offered = text_of(manager.get(page_of(deadline, "re-rule")))
    assert (
        "12 working days, in force from Wednesday 25 March 2026 (Local milestone of the partnership)"
        in offered
    )
    assert "10 working days, in force from" not in offered  # it counts by that one now
    given = boxes(deadline, version=str(version.pk), **happened(NOW))
    before = row_counts()
    asked = manager.post(page_of(deadline, "re-rule"), given)
    assert "This moves the date from Thursday 2 April 2026 to Wednesday 8 April 2026." in text_of(asked)
    assert row_counts() == before

    # And after the yes it counts so, the extension kept, its first version still the one it began with
    say_yes(manager, page_of(deadline, "re-rule"), given)
    moved = clock(case)
    assert (moved.due_on, moved.rule_id) == (date(2026, 4, 8), deadline.rule_id)
    fact = moved.facts.get(kind="re-ruled")
    assert fact.details == {"limit": "12wd", "version": "2026-03-25"}
    assert (fact.authority, fact.reason, fact.by) == (*WHY.values(), world.manager)
    assert LedgerEntry.objects.filter(chain=case.pk).latest("sequence").action == "re_rule_deadline"
    assert "Re-ruled to 12 working days, by the version in force from Wednesday 25 March 2026" in text_of(
        manager.get(page_of(deadline))
    )

    # And it can be counted by the first version again, or the fact be undone.
    first = text_of(manager.get(page_of(deadline, "re-rule")))
    assert "10 working days, in force from Wednesday 4 July 2018" in first
    say_yes(manager, page_of(deadline, "undo", fact.pk), boxes(clock(case)))
    assert clock(case).due_on == date(2026, 4, 2)


def test_edge_27_another_version_keeps_the_pauses_there_were(
    manager: Client, world: World, case: Case
) -> None:
    # Given a clock that stood still for two working days
    deadline, day = clock(case), {"by": world.manager, "at": NOW, **WHY}
    dates.pause_clock(case, deadline.pk, since=datetime(2026, 3, 19, tzinfo=UTC), **day)
    dates.resume_clock(case, deadline.pk, since=datetime(2026, 3, 23, tzinfo=UTC), **day)
    assert clock(case).due_on == date(2026, 4, 7)

    # When it counts by a limit of five working days, then they are added to those
    version = from_tomorrow(world, "5wd")
    say_yes(
        manager, page_of(deadline, "re-rule"), boxes(clock(case), version=str(version.pk), **happened(NOW))
    )
    assert clock(case).due_on == date(2026, 3, 27)


def test_edge_13_a_statutory_clock_counts_by_a_relaxation_of_its_rule_and_says_by_whose_authority(
    manager: Client, world: World, case: Case
) -> None:
    # Given a rapid review that runs, and a relaxation recorded after it began
    relax_rule(
        world.partnership, "RR_COMPLETE", limit=Limit(30, "wd"), valid_from=date(2026, 3, 1), valid_to=date(2026, 6, 30),
        authority="The Panel", reason="Pandemic", by=world.manager, at=NOW,
    )  # fmt: skip
    deadline = clock(case, "RR_COMPLETE")
    assert deadline.due_on == date(2026, 4, 10)
    relaxation = RuleVersion.objects.relaxations().get()
    offered = text_of(manager.get(page_of(deadline, "re-rule")))
    words = (
        "30 working days, in force from Sunday 1 March 2026 to Tuesday 30 June 2026 (relaxed by The Panel)"
    )
    assert words in offered

    # When it is counted by that, then the last check planned back from it moves too
    given = boxes(deadline, version=str(relaxation.pk), **happened(NOW))
    say_yes(manager, page_of(deadline, "re-rule"), given)
    assert clock(case, "RR_COMPLETE").due_on == date(2026, 5, 1)
    assert clock(case, "LOC_FINAL").due_on == date(2026, 4, 29)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"version": ""}, "Select a version of the rule"),
        ({"version": "0"}, "Select a version of the rule"),
        ({"version": "abc"}, "Select a version of the rule"),
        ({"authority": " "}, "Enter on whose authority"),
        ({"reason": ""}, "Enter the reason"),
        ({"happened_day": "25"}, "Date of the decision must be today or in the past"),
        ({"happened_day": "31", "happened_month": "2"}, "Date of the decision must be a real date"),
        ({"happened_day": "17"}, "Cannot re-rule this clock before it started, on 18 March 2026"),
    ],
)
def test_what_cannot_be_counted_so_is_said_near_the_box(
    manager: Client, world: World, case: Case, given: dict[str, str], words: str
) -> None:
    deadline, version = clock(case), from_tomorrow(world, "12wd")
    before = row_counts()
    answer = manager.post(
        page_of(deadline, "re-rule"),
        boxes(deadline, **{"version": str(version.pk), **happened(NOW), **given}),
    )
    assert (summary_of(answer), beside_the_boxes(answer), row_counts()) == ([words], [words], before)


def test_the_service_refuses_a_version_that_is_not_one_of_the_rule_and_a_clock_that_has_ended(
    world: World, case: Case
) -> None:
    acting = {"by": world.manager, "at": NOW, "decided_at": NOW, **WHY}
    other = RuleVersion.objects.get(partnership=world.partnership, code="LOC_DRAFT")
    for version in (other.pk, clock(case).rule_id, 0):
        with pytest.raises(ClockError, match="Cannot count by that version"):
            dates.re_rule_clock(case, clock(case).pk, version=version, **acting)  # type: ignore[arg-type]
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    ended = clock(case, "LOC_PROGRESS")
    with pytest.raises(ClockError, match="it is met already"):
        dates.re_rule_clock(case, ended.pk, version=from_tomorrow(world, "9wd", "LOC_PROGRESS").pk, **acting)  # type: ignore[arg-type]


# ---- Reopened alone ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("between", "due_on", "words"),
    [
        ("count", date(2026, 3, 25), "Reopened, and the time between counts"),
        ("stop", date(2026, 3, 27), "Reopened, without the time between"),
    ],
)
def test_edge_30_a_deadline_is_reopened_and_the_time_between_counts_or_does_not(
    manager: Client, world: World, case: Case, between: str, due_on: date, words: str
) -> None:
    # Given a progress meeting, due on 25 March, recorded as held on the evening of the 19th
    held = datetime(2026, 3, 19, 18, tzinfo=UTC)
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=held)
    deadline = clock(case, "LOC_PROGRESS")
    assert "Reopen it" in text_of(manager.get(page_of(deadline)))

    asks = text_of(manager.get(page_of(deadline, "reopen")))
    assert "It was due on Wednesday 25 March 2026, and has ended." in asks

    # When it turns out to be owed once more, as of today
    given = boxes(deadline, between=between, **happened(NOW))
    asked = manager.post(page_of(deadline, "reopen"), given)
    assert "The clock runs again, and is due on" in text_of(asked)
    assert clock(case, "LOC_PROGRESS").state == "met"
    say_yes(manager, page_of(deadline, "reopen"), given)

    # Then it runs, armed again, and how it ended stays
    again = clock(case, "LOC_PROGRESS")
    assert (again.state, again.due_on, again.met_at) == ("running", due_on, None)
    assert again.rungs.ahead().exists()
    assert [fact.kind for fact in again.facts.order_by("pk")] == ["started", "met", "reopened"]
    assert LedgerEntry.objects.filter(chain=case.pk).latest("sequence").action == "reopen_deadline"
    assert words in text_of(manager.get(page_of(deadline)))

    # And the reopening may be undone.
    say_yes(manager, page_of(deadline, "undo", again.facts.get(kind="reopened").pk), boxes(again))
    assert clock(case, "LOC_PROGRESS").met_at == held


def test_what_a_move_ended_is_not_reopened_alone(manager: Client, world: World, case: Case) -> None:
    # Given clocks that run, one that a move met, and one of a case at rest
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    running, notified, progress = clock(case), clock(case, "SIN_NOTIFY"), clock(case, "LOC_PROGRESS")
    acting = {"since": NOW, "counts_between": True, "by": world.manager, "at": NOW, **WHY}
    for deadline, words in ((running, "it is running already"), (notified, "a move ended it")):
        assert manager.get(page_of(deadline, "reopen")).status_code == 302
        with pytest.raises(ClockError, match=words):
            dates.reopen_clock(case, deadline.pk, **acting)  # type: ignore[arg-type]
    cases.withdraw_case(case, by=world.manager, at=NOW, reason="Criteria not met")
    with pytest.raises(ClockError, match="a move ended it"):
        dates.reopen_clock(case, progress.pk, **acting)  # type: ignore[arg-type]


def test_reopening_before_it_ended_and_a_stop_the_law_does_not_allow_are_said_near_the_box(
    manager: Client, world: World, case: Case
) -> None:
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    progress, notified = clock(case, "LOC_PROGRESS"), clock(case, "SIN_NOTIFY")
    before = row_counts()
    given = boxes(progress, between="count", **happened(datetime(2026, 3, 20, 9, tzinfo=UTC)))
    answer = manager.post(page_of(progress, "reopen"), given)
    words = "Cannot reopen this clock on 20 March 2026: at that time it was running, not met or voided"
    assert beside_the_boxes(answer) == [words]
    answer = manager.post(page_of(progress, "reopen"), boxes(progress, between="", **happened(NOW)))
    assert beside_the_boxes(answer) == ["Select what becomes of the days since it ended"]
    with pytest.raises(ClockError, match="does not let a clock be stopped"):
        reopen_deadline(
            case, notified.rule_code, effective_at=NOW, counts_between=False, by=world.manager, at=NOW, **WHY
        )
    assert row_counts() == before

    # And where the law lets no clock stop, there is nothing to choose.
    of_law = ReopenForm({"between": "stop"}, at=NOW, may_stop=False)
    assert of_law.errors["between"] == ["Select what becomes of the days since it ended"]
    assert ReopenForm(at=NOW, may_stop=False).initial["between"] == "count"


@pytest.mark.parametrize("page", ["re-rule", "reopen"])
def test_only_the_manager_may_and_elsewhere_it_is_not_there(world: World, case: Case, page: str) -> None:
    from_tomorrow(world, "12wd")
    deadline = clock(case)
    for who, person in world.people.items():
        sees = person is not world.administrator and Case.objects.visible_to(person, at=NOW).exists()
        wanted = (302 if page == "reopen" else 200) if who == "manager" else 403 if sees else 404
        assert (who, signed_in(person).get(page_of(deadline, page)).status_code) == (who, wanted)
    for deed in (
        lambda: dates.re_rule_clock(
            case, deadline.pk, version=0, decided_at=NOW, by=world.member, at=NOW, **WHY
        ),
        lambda: dates.reopen_clock(
            case, deadline.pk, since=NOW, counts_between=True, by=world.member, at=NOW, **WHY
        ),
    ):
        with pytest.raises(Exception) as refusal:
            deed()
        assert type(refusal.value).__name__ == "PermissionDenied"


# ---- When it was undone ------------------------------------------------------------------------
def test_what_was_undone_says_when_and_by_which_fact(world: World, case: Case, time_machine: Any) -> None:
    deadline = clock(case)
    dates.pause_clock(case, deadline.pk, since=NOW, by=world.manager, at=NOW, **WHY)
    time_machine.move_to(datetime(2026, 3, 25, 14, 5, tzinfo=UTC), tick=False)
    manager = signed_in(world.manager)
    say_yes(manager, page_of(deadline, "undo", clock(case).facts.get(kind="paused").pk), boxes(clock(case)))
    said = text_of(manager.get(page_of(deadline)))
    assert "2. Paused (undone Wednesday 25 March 2026 at 2:05pm, by fact 3)" in said
    assert "3. Fact 2 undone Wednesday 25 March 2026 at 2:05pm" in said
    told = manager.get(page_of(deadline, "json")).json()["facts"]
    assert [fact["undone_by"] for fact in told] == [None, 3, None]
    assert told[1]["undone_at"] == "2026-03-25T14:05:00+00:00"


# ---- The clock of a Panel record ---------------------------------------------------------------
def test_the_clock_of_a_panel_record_has_its_proof_for_whoever_sees_the_record(
    world: World, time_machine: Any
) -> None:
    # Given a record with the Panel, to which it is to reply
    released = a_released_case(world)
    time_machine.move_to(datetime(2026, 4, 10, 9, tzinfo=UTC), tick=False)
    deadline = clock(released.record, "PANEL_REPLY")
    address = reverse("panel-record-deadline", args=[released.record.pk, deadline.pk])
    member = factories.a_panel_member()
    panel = signed_in(member)
    assert address in panel.get(released.record.get_absolute_url()).content.decode()

    # Then the Panel and the manager read why, take it along, and the ledger tells; nobody moves it
    before = LedgerEntry.objects.filter(chain=released.case.pk).count()
    for person in (member, world.manager):
        said = text_of(signed_in(person).get(address))
        assert "Rule: PANEL_REPLY" in said
        assert "What you can do" not in said
    for file, kind in (("json", "application/json; charset=utf-8"), ("pdf", "application/pdf")):
        answer = panel.get(reverse(f"panel-record-deadline-{file}", args=[released.record.pk, deadline.pk]))
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    entries = LedgerEntry.objects.filter(chain=released.case.pk).order_by("sequence")[before:]
    assert [entry.action for entry in entries] == ["read", "read", "export", "export"]
    with pytest.raises(NoReverseMatch):
        reverse("panel-record-deadline-extend", args=[released.record.pk, deadline.pk])

    # And for everybody else there is no such page.
    for person in (world.gp_author, world.member, factories.a_world("Westvale").manager):
        assert signed_in(person).get(address).status_code == 404
