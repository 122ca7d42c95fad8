"""Moves of a date that are refused: bad input, a date that moved meanwhile, a second yes, and who may not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from accounts.services import add_member
from reviews.models import AgencyReturn, Case
from reviews.services import cases, dates
from tests import factories
from tests.factories import World
from tests.reviews.asking import (
    beside_the_boxes,
    happened,
    hidden,
    row_counts,
    send,
    signed_in,
    summary_of,
    text_of,
)
from tests.reviews.moving_dates import NOW, WHY, boxes, by_five_days, clock, page_of, say_yes
from workflows.exceptions import WorkflowError
from workflows.rules import Limit


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


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
    words = "Last, Second Manager recorded here: extended. Look at it again before you go on."
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
