"""The pages of one deadline: the proof, what moves the date, and what it would do."""

from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from reviews.models import Case
from tests import factories
from tests.factories import World
from tests.reviews.asking import happened, hidden, row_counts, signed_in, summary_of, text_of
from tests.reviews.moving_dates import NOW, WHY, boxes, by_five_days, clock, page_of, say_yes
from workflows.models import LedgerEntry


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


# ---- The proof ---------------------------------------------------------------------------------
def test_a_clock_on_the_page_says_in_a_sentence_why_and_leads_to_the_whole(
    manager: Client, case: Case, world: World
) -> None:
    page = manager.get(case.get_absolute_url())
    assert (
        "15 working days after Wednesday 18 March 2026 (notification sent): Friday 10 April 2026."
        in text_of(page)
    )
    assert page_of(clock(case, "RR_COMPLETE")) in page.content.decode()
    gp = factories.asked_returns(world, case)["gp"]
    assert (
        page_of(clock(gp, "LOC_RETURN"))
        in signed_in(world.gp_author).get(gp.get_absolute_url()).content.decode()
    )


def test_the_page_shows_the_whole_proof(manager: Client, case: Case) -> None:
    said = text_of(manager.get(page_of(clock(case, "RR_COMPLETE"))))
    for line in (
        "11 working days left (due Friday 10 April 2026)",  # the words of the one function
        "Rule: RR_COMPLETE, Finish the rapid review and send it to the Panel; owed by safeguarding partners to the Panel.",
        "Version: in force from Friday 15 December 2023.",
        "Does not count: Friday 3 April 2026 (Good Friday).",
        "Day 0: Wednesday 18 March 2026.",
        "1. Started Wednesday 18 March 2026 at 9am Recorded by Manager of Northborough, Wednesday 18 March 2026 at 9am",
    ):
        assert line in said


def test_reading_and_taking_a_proof_stand_in_the_ledger(manager: Client, case: Case) -> None:
    deadline = clock(case)
    before = LedgerEntry.objects.count()
    for page in ("", "json", "pdf"):
        assert manager.get(page_of(deadline, page)).status_code == 200
    told = LedgerEntry.objects.filter(chain=case.pk).order_by("sequence")[before:]
    assert [entry.action for entry in told] == ["read", "export", "export"]


@pytest.mark.parametrize("page", ["", "json", "pdf", "pause", "extend", "restart", "resume"])
def test_what_is_not_ones_own_or_not_there_is_not_found(world: World, case: Case, page: str) -> None:
    other = factories.a_world("Westvale")
    deadline = clock(case)
    assert signed_in(other.manager).get(page_of(deadline, page)).status_code == 404
    assert signed_in(world.gp_author).get(page_of(deadline, page)).status_code == 404
    # A deadline of another case of one's own is not to be had by this one's address either.
    second = factories.a_notified_case(world)
    for number in (clock(second).pk, 10**30):
        address = page_of(deadline, page).replace(f"/{deadline.pk}/", f"/{number}/")
        assert signed_in(world.manager).get(address).status_code == 404


# ---- What moves it -----------------------------------------------------------------------------
def test_an_extension_is_shown_first_and_stored_when_it_is_confirmed(
    manager: Client, world: World, case: Case
) -> None:
    # Given a form that extends the clock of the meeting by five working days
    deadline = clock(case)
    before = row_counts()
    given = boxes(deadline, **by_five_days())
    asked = manager.post(page_of(deadline, "extend"), given)

    # Then the page says what it would do, and nothing is stored
    assert "This moves the date from Wednesday 1 April 2026 to Friday 10 April 2026." in text_of(asked)
    assert row_counts() == before

    # When the person says yes
    answer = manager.post(page_of(deadline, "extend"), {**given, "confirmed": hidden(asked, "confirmed")})
    assert answer.url == page_of(deadline)

    # Then it is stored with who, why and on whose authority; the ladder is armed for the new day
    moved = clock(case)
    assert moved.due_on == date(2026, 4, 10)
    fact = moved.facts.get(kind="extended")
    assert (fact.details, fact.authority, fact.reason) == ({"by": "5wd"}, *WHY.values())
    assert fact.by == world.manager
    assert set(moved.rungs.ahead().values_list("due_at", flat=True)) == {moved.due_at}
    assert LedgerEntry.objects.filter(chain=case.pk).latest("sequence").action == "extend_deadline"

    # And the page tells it, and what the date was before; and so does the history of the case
    said = text_of(manager.get(page_of(deadline)))
    assert "first due Wednesday 1 April 2026, moved to Friday 10 April 2026." in said
    assert (
        "Counted anew Tuesday 24 March 2026 at 9am: from Wednesday 1 April 2026 to Friday 10 April 2026 (extended)."
        in said
    )
    history = text_of(manager.get(case.get_absolute_url()))
    assert (
        "Rapid review meeting: extended, on the authority of The chair Tuesday 24 March 2026 Manager of Northborough"
        in history
    )


@pytest.mark.parametrize(
    ("given", "due_on"),
    [
        ({"how": "wd", "count": "1"}, date(2026, 4, 2)),
        ({"how": "d", "count": "3"}, date(2026, 4, 4)),  # days of the calendar: a Saturday
        ({"how": "mo", "count": "1"}, date(2026, 5, 1)),
        ({"how": "to", "to_day": "7", "to_month": "4", "to_year": "2026"}, date(2026, 4, 7)),
    ],
)
def test_edge_36_a_person_extends_by_days_working_days_months_or_to_a_day(
    manager: Client, case: Case, given: dict[str, str], due_on: date
) -> None:
    deadline = clock(case)
    answer = say_yes(manager, page_of(deadline, "extend"), boxes(deadline, **happened(NOW), **given))
    assert answer.status_code == 302
    assert clock(case).due_on == due_on


def test_a_pause_told_late_a_resume_and_both_undone(manager: Client, case: Case) -> None:
    # Given a clock paused from last Thursday, as told today
    thursday, monday = datetime(2026, 3, 19, tzinfo=UTC), datetime(2026, 3, 23, tzinfo=UTC)
    deadline = clock(case)
    asked = manager.post(page_of(deadline, "pause"), boxes(deadline, **happened(thursday)))
    assert (
        "This stops the clock. It is due on Wednesday 1 April 2026 now, and shows no date until it is resumed."
        in text_of(asked)
    )
    say_yes(manager, page_of(deadline, "pause"), boxes(deadline, **happened(thursday)))
    assert (clock(case).state, clock(case).due_on) == ("paused", None)
    assert "first due Wednesday 1 April 2026, and paused." in text_of(manager.get(case.get_absolute_url()))

    # When it is resumed as of Monday, then two days are added
    asked = manager.post(page_of(deadline, "resume"), boxes(clock(case), **happened(monday)))
    assert "The clock runs on, and is due on Tuesday 7 April 2026." in text_of(asked)
    say_yes(manager, page_of(deadline, "resume"), boxes(clock(case), **happened(monday)))
    assert clock(case).due_on == date(2026, 4, 7)

    # When the pause is undone, then it is as it was, and each fact is still there
    undo = page_of(deadline, "undo", clock(case).facts.get(kind="paused").pk)
    assert "fact 2: paused" in text_of(manager.get(undo))
    asked = manager.post(undo, boxes(clock(case)))
    assert "This moves the date from Tuesday 7 April 2026 to Wednesday 1 April 2026." in text_of(asked)
    say_yes(manager, undo, boxes(clock(case)))
    assert clock(case).due_on == date(2026, 4, 1)
    kinds = ["started", "paused", "resumed", "undone"]
    assert [fact.kind for fact in clock(case).facts.order_by("pk")] == kinds

    # And the undo may be undone
    say_yes(manager, page_of(deadline, "undo", clock(case).facts.get(kind="undone").pk), boxes(clock(case)))
    assert clock(case).due_on == date(2026, 4, 7)
    assert "2. Paused" in text_of(manager.get(page_of(deadline)))


def test_a_statutory_clock_may_be_counted_from_its_true_start_and_nothing_else(
    manager: Client, case: Case
) -> None:
    # Given the clock of the rapid review, which the law set
    deadline = clock(case, "RR_COMPLETE")
    page = manager.get(page_of(deadline))
    assert "It cannot be paused or extended here: the limit is set by Panel guidance" in text_of(page)
    for deed in ("pause", "extend", "resume"):
        assert manager.get(page_of(deadline, deed)).status_code == 302

    # When somebody sends the form all the same, then it is refused
    before = row_counts()
    answer = manager.post(page_of(deadline, "pause"), boxes(deadline, **happened(NOW)))
    assert "which does not let you" in summary_of(answer)[0]
    answer = manager.post(page_of(deadline, "extend"), boxes(deadline, **by_five_days()))
    assert "which does not let you" in summary_of(answer)[0]
    assert row_counts() == before

    # And a start that was wrong is put right, and says what it was
    monday = datetime(2026, 3, 16, 10, tzinfo=UTC)
    asked = manager.post(page_of(deadline, "restart"), boxes(deadline, **happened(monday)))
    assert (
        "This moves the date from Friday 10 April 2026 to Wednesday 8 April 2026. “Last check of the rapid review "
        "before it is sent” moves with it, from Wednesday 8 April 2026 to Thursday 2 April 2026."
    ) in text_of(asked)
    say_yes(manager, page_of(deadline, "restart"), boxes(deadline, **happened(monday)))
    assert clock(case, "RR_COMPLETE").due_on == date(2026, 4, 8)


def test_the_clock_of_a_return_is_moved_by_the_manager_and_seen_by_the_agency(
    manager: Client, world: World, case: Case
) -> None:
    gp = factories.asked_returns(world, case)["gp"]
    deadline = clock(gp, "LOC_RETURN")
    author = signed_in(world.gp_author)
    assert author.get(page_of(deadline, "extend")).status_code == 403
    assert "Extend it" not in text_of(author.get(page_of(deadline)))
    say_yes(manager, page_of(deadline, "extend"), boxes(deadline, **by_five_days()))
    said = text_of(author.get(gp.get_absolute_url()))
    assert "Agency return: extended, on the authority of The chair" in said
    assert "moved to" in said


def test_a_time_given_to_the_minute_is_after_what_happened_in_it(manager: Client, world: World) -> None:
    # Given a notification twenty seconds past nine. When its clock is paused from nine o'clock, as people say it:
    case = factories.a_notified_case(world, notified_at=factories.NOTIFIED.replace(second=20))
    deadline = clock(case)
    say_yes(manager, page_of(deadline, "pause"), boxes(deadline, **happened(factories.NOTIFIED)))

    # Then it is not before the start.
    assert clock(case).facts.get(kind="paused").effective_at == factories.NOTIFIED.replace(second=20)


def test_a_new_day_that_has_passed_is_said_to_be_late(manager: Client, case: Case) -> None:
    deadline = clock(case, "LOC_SINCOPY")  # due on 19 March
    asked = manager.post(page_of(deadline, "extend"), boxes(deadline, **by_five_days(count="1")))
    assert (
        "This moves the date from Thursday 19 March 2026 to Friday 20 March 2026. That day has passed: it is late."
        in text_of(asked)
    )


def test_an_extension_of_a_paused_clock_leaves_it_paused_until_it_runs_on(
    manager: Client, case: Case
) -> None:
    deadline = clock(case)
    say_yes(manager, page_of(deadline, "pause"), boxes(deadline, **happened(NOW)))
    asked = manager.post(page_of(deadline, "extend"), boxes(clock(case), **by_five_days()))
    assert "The clock stays paused: it shows a date when it is resumed." in text_of(asked)
    say_yes(manager, page_of(deadline, "extend"), boxes(clock(case), **by_five_days()))
    asked = manager.post(page_of(deadline, "resume"), boxes(clock(case), **happened(NOW)))
    assert "The clock runs on, and is due on Friday 10 April 2026." in text_of(asked)


def test_returns_there_were_before_have_the_grants_too(world: World, case: Case) -> None:
    # Given a return from before dates could be moved, and no case: the grants of a case have since another column,
    # which the migration of that time does not know.
    gp = factories.asked_returns(world, case)["gp"]
    may = "move_dates_agencyreturn"
    gp.group_grants.filter(permission__codename=may).delete()
    case.group_grants.filter(permission__codename="meet_milestone_case").delete()
    assert not gp.permits(world.manager, f"reviews.{may}", at=NOW)

    # When the migration has run, twice, then whoever runs them may, and nobody else
    migration = import_module("reviews.migrations.0003_who_may_move_dates")
    for _ in range(2):
        migration.give_to_those_who_run_it(apps, None)
    permitted = {who for who, person in world.people.items() if gp.permits(person, f"reviews.{may}", at=NOW)}
    assert permitted == {"manager"}
