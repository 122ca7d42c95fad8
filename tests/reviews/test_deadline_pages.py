"""The pages of one deadline: the proof, what moves the date, what it would do, and who may."""

import uuid
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.services import add_member
from reviews.models import AgencyReturn, Case
from reviews.services import cases, dates
from tests import factories
from tests.factories import World
from tests.reviews.asking import (
    beside_the_boxes,
    happened,
    row_counts,
    send,
    signed_in,
    summary_of,
    text_of,
)
from tests.reviews.test_stale_and_twice import hidden
from workflows.exceptions import WorkflowError
from workflows.models import Deadline, LedgerEntry
from workflows.rules import Limit

NOW = datetime(2026, 3, 24, 9, tzinfo=UTC)  # Tuesday
WHY = {"authority": "The chair", "reason": "The records are on paper."}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world(db: None) -> World:
    return factories.a_world()


@pytest.fixture
def case(world: World) -> Case:
    return factories.a_notified_case(world)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


def clock(subject: Any, code: str = "LOC_MEETING") -> Deadline:
    """Of a case: due on Wednesday 1 April, and may be paused."""
    return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)


def page_of(deadline: Deadline, page: str = "", *more: Any) -> str:
    kind = "case" if deadline.subject.kind == "reviews.case" else "return"
    name = f"{kind}-deadline{f'-{page}' if page else ''}"
    return reverse(name, args=[deadline.subject_id, deadline.pk, *more])


def boxes(deadline: Deadline, **given: Any) -> dict[str, Any]:
    """What the form of a move holds: what the person saw, and on whose authority and why they do it."""
    seen = max(deadline.facts.values_list("pk", flat=True))
    return {"seen_fact": str(seen), "form_token": str(uuid.uuid4()), **WHY, **given}


def say_yes(client: Client, url: str, given: dict[str, Any]) -> Any:
    """Send the form, and then the yes of the page that says what it would do."""
    asked = client.post(url, given)
    assert asked.status_code == 200, asked
    return client.post(url, {**given, "confirmed": hidden(asked, "confirmed")})


def by_five_days(**given: Any) -> dict[str, Any]:
    return {"how": "wd", "count": "5", **happened(NOW), **given}


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
    told = LedgerEntry.objects.filter(chain_id=case.pk).order_by("sequence")[before:]
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
    assert LedgerEntry.objects.filter(chain_id=case.pk).latest("sequence").action == "extend_deadline"

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


def test_cases_and_returns_there_were_before_have_the_grants_too(world: World, case: Case) -> None:
    # Given a case and a return from before dates could be moved
    gp = factories.asked_returns(world, case)["gp"]
    for one, may in ((case, "move_dates_case"), (gp, "move_dates_agencyreturn")):
        one.group_grants.filter(permission__codename=may).delete()
        assert not one.permits(world.manager, f"reviews.{may}", at=NOW)

    # When the migration has run, twice, then whoever runs them may, and nobody else
    migration = import_module("reviews.migrations.0003_who_may_move_dates")
    for _ in range(2):
        migration.give_to_those_who_run_it(apps, None)
    for one, may in ((case, "reviews.move_dates_case"), (gp, "reviews.move_dates_agencyreturn")):
        assert {who for who, person in world.people.items() if one.permits(person, may, at=NOW)} == {
            "manager"
        }


# ---- Bad input ---------------------------------------------------------------------------------
DAY = {"happened_day": "24", "happened_month": "3", "happened_year": "2026", "happened_time": "9:00"}
EXTENSION = {"how": "wd", "count": "5", **DAY}
TO = {"how": "to", "to_day": "7", "to_month": "4", "to_year": "2026", **DAY}
BAD: list[tuple[str, str, dict[str, str], str]] = [
    ("extend", "without authority", {**EXTENSION, "authority": " "}, "Enter on whose authority"),
    ("extend", "without reason", {**EXTENSION, "reason": ""}, "Enter the reason"),
    ("extend", "no number", {**EXTENSION, "count": ""}, "Enter how many working days"),
    ("extend", "by nothing", {**EXTENSION, "count": "0"}, "Number of days or months must be a whole number between 1 and 999"),
    ("extend", "by less", {**EXTENSION, "count": "-5"}, "Number of days or months must be a whole number between 1 and 999"),
    ("extend", "no unit", {**EXTENSION, "how": ""}, "Select how the time is given"),
    ("extend", "no day", {**TO, "to_day": "", "to_month": "", "to_year": ""}, "Enter the day until which it is extended"),
    ("extend", "31 February", {**TO, "to_day": "31", "to_month": "2"}, "New last day must be a real date"),
    ("extend", "the year 9999", {**TO, "to_year": "9999"}, "New last day must be before 1 January 2100"),
    ("extend", "past the horizon", {**TO, "to_year": "2060"},
     "Cannot make this due on 7 April 2060: dates are counted up to the end of 2040."),
    ("extend", "past the horizon by months", {**EXTENSION, "how": "mo", "count": "999"},
     "Cannot make this due on 1 July 2109: dates are counted up to the end of 2040."),
    ("extend", "to an earlier day", {**TO, "to_month": "3"},
     "Cannot extend to Saturday 7 March 2026: it is due on Wednesday 1 April 2026 already. Give a later day."),
    ("extend", "to the same day", {**TO, "to_day": "1"},
     "Cannot extend to Wednesday 1 April 2026: it is due on Wednesday 1 April 2026 already. Give a later day."),
    ("pause", "31 February", {**DAY, "happened_day": "31", "happened_month": "2"}, "Start of the pause must be a real date"),
    ("pause", "without a time", {**DAY, "happened_time": ""}, "Enter the time from which the clock is paused"),
    ("pause", "in the future", {**DAY, "happened_day": "25"}, "Start of the pause must be today or in the past"),
    ("pause", "later today", {**DAY, "happened_time": "9:01"}, "Start of the pause must be in the past"),
    ("pause", "before the start", {**DAY, "happened_day": "17"}, "Cannot pause this clock before it started, on 18 March 2026."),
    ("restart", "in the future", {**DAY, "happened_day": "25"}, "Start of the count must be today or in the past"),
    ("restart", "the year 9999", {**DAY, "happened_year": "9999"}, "Start of the count must be today or in the past"),
    ("restart", "before the calendar", {**DAY, "happened_year": "1901"},
     "Cannot count working days at 24 March 1901: the calendar covers 2012 to 2040."),
    ("restart", "a time that never was", {**DAY, "happened_day": "29", "happened_year": "2025", "happened_month": "30"},
     "Start of the count must be a real date"),
    ("pause", "text without end", {**DAY, "reason": "x" * 1001}, "Reason must be 1,000 characters or less"),
    ("pause", "an authority without end", {**DAY, "authority": "x" * 301}, "Authority must be 300 characters or less"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("deed", "given", "words"), [(d, g, w) for d, _, g, w in BAD], ids=[f"{d} {n}" for d, n, _, _ in BAD]
)
def test_what_cannot_be_is_said_near_the_box_and_nothing_changes(
    manager: Client, case: Case, deed: str, given: dict[str, str], words: str
) -> None:
    deadline = clock(case)
    before = row_counts()
    answer = manager.post(page_of(deadline, deed), boxes(deadline, **given))
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == [words.rstrip(".")]
    assert beside_the_boxes(answer) == [words.rstrip(".")]

    # And nothing that was typed is lost.
    for typed in {**WHY, **given}.values():
        if typed.strip() and typed not in ("wd", "mo", "to"):
            assert typed in answer.content.decode()


def test_edge_29_a_pause_inside_another_is_said_near_the_day(manager: Client, case: Case) -> None:
    deadline = clock(case)
    for deed, day in (("pause", 19), ("resume", 23)):
        given = boxes(clock(case), **happened(datetime(2026, 3, day, 9, tzinfo=UTC)))
        say_yes(manager, page_of(deadline, deed), given)
    before = row_counts()
    for day, words in (
        (20, "Cannot pause this clock on 20 March 2026: at that time it was paused, not running."),
        (18, "Cannot pause this clock on 18 March 2026: it was paused after that, on 19 March 2026. "
             "Undo that first, or give a later time."),
    ):  # fmt: skip
        given = boxes(clock(case), **happened(datetime(2026, 3, day, 10, tzinfo=UTC)))
        answer = manager.post(page_of(deadline, "pause"), given)
        assert (beside_the_boxes(answer), row_counts()) == ([words.rstrip(".")], before)


def test_an_undo_of_what_is_not_there_is_refused(manager: Client, case: Case) -> None:
    deadline = clock(case)
    assert manager.post(page_of(deadline, "undo", 10**9), boxes(deadline)).status_code == 404
    assert manager.post(page_of(deadline, "undo", 10**30), boxes(deadline)).status_code == 404
    start = deadline.facts.get().pk
    assert manager.get(page_of(deadline, "undo", start)).status_code == 302
    before = row_counts()
    answer = manager.post(page_of(deadline, "undo", start), boxes(deadline))
    assert summary_of(answer) == [
        "Cannot undo 'started' here: it followed from a move, and is taken back by another move."
    ]
    assert row_counts() == before


def test_what_followed_from_a_move_is_not_undone_and_what_was_done_by_hand_is(
    manager: Client, world: World, case: Case
) -> None:
    # Given a clock that a move ended, and one that the manager recorded as done
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    notified, progress = clock(case, "SIN_NOTIFY"), clock(case, "LOC_PROGRESS")
    assert manager.get(page_of(notified, "undo", notified.facts.get(kind="met").pk)).status_code == 302
    met = progress.facts.get(kind="met").pk

    # When what was recorded by hand is taken back, then that clock runs again
    answer = say_yes(manager, page_of(progress, "undo", met), boxes(progress))
    assert answer.status_code == 302
    assert clock(case, "LOC_PROGRESS").state == "running"


# ---- Late, twice, and by whom ------------------------------------------------------------------
def test_a_date_that_moved_meanwhile_says_who_moved_it_and_keeps_the_text(
    manager: Client, world: World, case: Case
) -> None:
    # Given the form for an extension, opened before a second manager extended it
    second = factories.a_person("second@northborough.example", "Second Manager")
    add_member(second, world.manager.memberships.get().seat)
    deadline = clock(case)
    given = boxes(deadline, **by_five_days())
    asked = manager.post(page_of(deadline, "extend"), given)
    dates.extend_clock(case, deadline.pk, limit=Limit(5, "wd"), decided_at=NOW, by=second, at=NOW, **WHY)

    # When the yes is sent, then it says who did what, changes nothing, and keeps what was typed
    before = row_counts()
    answer = manager.post(page_of(deadline, "extend"), {**given, "confirmed": hidden(asked, "confirmed")})
    words = "Last, Second Manager recorded 'extended' here. Look at it again before you go on."
    assert (summary_of(answer), row_counts()) == ([words], before)
    assert WHY["reason"] in answer.content.decode()

    # And having seen it, they may go on, and are shown the date there is now
    given["seen_fact"] = hidden(answer, "seen_fact")
    asked = manager.post(page_of(deadline, "extend"), given)
    assert "from Friday 10 April 2026 to Friday 17 April 2026" in text_of(asked)


def test_a_yes_sent_twice_is_done_once(manager: Client, case: Case) -> None:
    deadline = clock(case)
    given = boxes(deadline, **by_five_days())
    asked = manager.post(page_of(deadline, "extend"), given)
    given["confirmed"] = hidden(asked, "confirmed")
    answers = [manager.post(page_of(deadline, "extend"), given) for _ in range(2)]
    assert [answer.url for answer in answers] == [page_of(deadline)] * 2
    assert clock(case).facts.filter(kind="extended").count() == 1


def test_a_yes_to_another_date_is_asked_again(manager: Client, case: Case) -> None:
    deadline = clock(case)
    before = row_counts()
    given = boxes(deadline, **by_five_days(), confirmed="running 2026-04-02")
    answer = manager.post(page_of(deadline, "extend"), given)
    assert "The date has changed since you were asked." in text_of(answer)
    assert (hidden(answer, "confirmed"), row_counts()) == ("running 2026-04-10", before)


def test_who_wants_to_change_what_they_typed_finds_it_in_the_boxes(manager: Client, case: Case) -> None:
    deadline = clock(case)
    before = row_counts()
    given = boxes(deadline, **by_five_days(reason="Because of <b>snow</b>"), change="yes")
    answer = manager.post(page_of(deadline, "extend"), given)
    assert (answer.status_code, summary_of(answer), row_counts()) == (200, [], before)
    assert "Because of &lt;b&gt;snow&lt;/b&gt;" in answer.content.decode()
    assert 'name="confirmed"' not in answer.content.decode()


@pytest.mark.parametrize("seen", ["", "0", "-1", "9" * 40, "abc"])
def test_a_mark_that_was_never_shown_is_refused(manager: Client, case: Case, seen: str) -> None:
    deadline = clock(case)
    before = row_counts()
    answer = manager.post(page_of(deadline, "extend"), boxes(deadline, **by_five_days(), seen_fact=seen))
    assert (answer.status_code, row_counts(), len(summary_of(answer))) == (200, before, 1)


def test_only_the_business_manager_moves_dates(world: World, case: Case) -> None:
    deadline = clock(case)
    for who, person in world.people.items():
        before = row_counts()
        answer = send(signed_in(person), page_of(deadline, "extend"), **boxes(deadline, **by_five_days()))
        sees = person is not world.administrator and Case.objects.visible_to(person, at=NOW).exists()
        wanted = 200 if who == "manager" else 403 if sees else 404
        assert (who, answer.status_code, row_counts()) == (who, wanted, before)


def test_the_service_itself_asks_who_does_it(world: World, case: Case) -> None:
    deadline = clock(case)
    for deed in (
        lambda: dates.pause_clock(case, deadline.pk, since=NOW, by=world.member, at=NOW, **WHY),
        lambda: dates.extend_clock(case, deadline.pk, limit=Limit(1, "wd"), decided_at=NOW, by=world.member, at=NOW, **WHY),
        lambda: dates.restart_clock(case, deadline.pk, start=NOW, by=world.member, at=NOW, **WHY),
        lambda: dates.undo_one(case, deadline.pk, 1, by=world.member, at=NOW, **WHY),
        lambda: dates.resume_clock(case, deadline.pk, since=NOW, by=world.member, at=NOW, **WHY),
    ):  # fmt: skip
        with pytest.raises(Exception) as refusal:
            deed()
        assert type(refusal.value).__name__ == "PermissionDenied"


def test_a_deadline_of_another_subject_is_not_moved(world: World, case: Case) -> None:
    gp = factories.asked_returns(world, case)["gp"]
    with pytest.raises(WorkflowError, match="no such deadline"):
        dates.pause_clock(
            AgencyReturn.objects.get(pk=gp.pk), clock(case).pk, since=NOW, by=world.manager, at=NOW, **WHY
        )


def test_a_clock_that_ended_is_neither_moved_nor_restarted(manager: Client, world: World, case: Case) -> None:
    cases.meet_milestone(case, "LOC_PROGRESS", by=world.manager, at=NOW)
    deadline = clock(case, "LOC_PROGRESS")
    for deed in ("pause", "resume", "extend", "restart"):
        assert manager.get(page_of(deadline, deed)).status_code == 302
    before = row_counts()
    answer = manager.post(page_of(deadline, "restart"), boxes(deadline, **happened(NOW)))
    assert (summary_of(answer), row_counts()) == (["Cannot restart this clock: it is met already."], before)
