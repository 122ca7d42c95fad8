"""The calendar feed: what another program reads in it, whom it serves, and when it stops."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Membership, Role, User
from accounts.services import end_membership
from reviews.models import AgencyReturn, CalendarFeed, Case
from reviews.services import cases, feeds
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import bare, row_counts, send, signed_in, text_of
from workflows.actors import SYSTEM
from workflows.countdown import day_in_words
from workflows.models import Deadline, Fact
from workflows.rules import Limit
from workflows.services import changing_clocks, clocks, folding

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 19, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def events(user: User, *, at: datetime = NOW) -> dict[str, Any]:
    """The feed as an independent program reads it: each event by its UID."""
    calendar = vobject.readOne(feeds.write_feed(user, at=at).decode())
    found = {event.uid.value: event for event in calendar.contents.get("vevent", [])}
    assert len(found) == len(calendar.contents.get("vevent", []))  # no UID twice
    return found


def of(rule: str, subject: Any) -> str:
    return f"{subject.code}-{rule}@rapid-review"


def lines(user: User, *, at: datetime = NOW) -> list[str]:
    """The feed's lines, unfolded, as RFC 5545 says."""
    return feeds.write_feed(user, at=at).decode().replace("\r\n ", "").split("\r\n")


def a_feed(person: User) -> str:
    """Make a feed on its page, and take the address that is shown."""
    answer: Any = signed_in(person).post(
        reverse("feed"), {"form_token": "00000000-0000-4000-8000-00000000000a"}, follow=True
    )
    return text_of(answer).partition("https://reviews.example.org")[2].split()[0]


# ---- Edge case 67 ------------------------------------------------------------------------------
def test_edge_67_a_deadline_is_an_event_of_a_whole_day_without_time_or_zone(world: World, case: Case) -> None:
    event = events(world.manager)[of("RR_COMPLETE", case)]

    assert (event.dtstart.value, event.dtend.value) == (date(2026, 4, 10), date(2026, 4, 11))
    assert event.dtstart.params == {"VALUE": ["DATE"]}
    told = lines(world.manager)
    assert "DTSTART;VALUE=DATE:20260410" in told
    assert [
        line for line in told if line.startswith(("DTSTART", "DTEND")) and ("T" in line[8:].partition(":")[2])
    ] == []
    assert [line for line in told if "VTIMEZONE" in line or "TZID" in line] == []


def test_edge_67_a_change_keeps_the_uid_and_raises_the_sequence(world: World, case: Case) -> None:
    before = events(world.manager)[of("RR_COMPLETE", case)]

    changing_clocks.extend_deadline(
        case, "RR_COMPLETE", limit=Limit(2, "wd"), by=SYSTEM, at=NOW, authority="the Panel", reason="Leave"
    )
    after = events(world.manager)[of("RR_COMPLETE", case)]

    assert (before.sequence.value, after.sequence.value) == ("0", "1")
    assert after.dtstart.value == date(2026, 4, 14)
    assert after.status.value == "CONFIRMED"


def test_edge_67_undoing_a_change_raises_the_sequence_again(world: World, case: Case) -> None:
    changing_clocks.extend_deadline(
        case, "RR_COMPLETE", limit=Limit(2, "wd"), by=SYSTEM, at=NOW, authority="the Panel", reason="Leave"
    )
    changing_clocks.undo_fact(
        Fact.objects.get(kind="extended"), by=SYSTEM, at=NOW, reason="It was another case."
    )
    event = events(world.manager)[of("RR_COMPLETE", case)]

    assert (event.sequence.value, event.dtstart.value) == ("2", date(2026, 4, 10))


@pytest.mark.parametrize("how", ["met", "voided", "paused"])
def test_edge_67_what_has_ended_or_stands_still_is_cancelled_with_a_greater_sequence(
    world: World, case: Case, how: str
) -> None:
    act: Callable[[], Any] = {
        "met": lambda: clocks.meet_deadline(case, "LOC_PROGRESS", by=SYSTEM, at=NOW),
        "voided": lambda: clocks.void_deadline(case, "LOC_PROGRESS", by=SYSTEM, at=NOW, reason="No need"),
        "paused": lambda: changing_clocks.pause_deadline(
            case, "LOC_PROGRESS", by=SYSTEM, at=NOW, effective_at=NOW, authority="chair", reason="Leave"
        ),
    }[how]
    act()
    event = events(world.manager)[of("LOC_PROGRESS", case)]

    assert (event.status.value, event.sequence.value, event.dtstart.value) == (
        "CANCELLED",
        "1",
        date(2026, 3, 25),
    )


def test_edge_67_closing_the_case_cancels_all_that_was_due(world: World, case: Case) -> None:
    case = cases.withdraw_case(case, reason="The criteria were not met.", by=world.manager, at=NOW)

    assert {event.status.value for event in events(world.manager).values()} == {"CANCELLED"}


def test_edge_67_what_ended_long_ago_leaves_the_feed(world: World, case: Case) -> None:
    clocks.meet_deadline(case, "LOC_PROGRESS", by=SYSTEM, at=NOW)

    assert of("LOC_PROGRESS", case) in events(world.manager, at=NOW + timedelta(days=89))
    assert of("LOC_PROGRESS", case) not in events(world.manager, at=NOW + timedelta(days=91))
    assert of("RR_COMPLETE", case) in events(world.manager, at=NOW + timedelta(days=91))


def test_edge_67_nothing_of_a_child_or_a_case_is_in_it(
    world: World, case: Case, asked: dict[str, AgencyReturn]
) -> None:
    told = "\r\n".join(lines(world.manager))

    assert [canary for canary in CANARIES if canary in told] == []
    assert world.gp.name not in told
    assert {event.summary.value for event in events(world.manager).values()} == {
        *(
            f"{case.code}: {deadline.rule.name}"
            for deadline in Deadline.objects.filter(subject=case.pk).select_related("rule")
        ),
        *(f"{case.code}: {name} ({ret.code})" for ret in asked.values() for name in ("Acknowledge the request", "Agency return")),
    }  # fmt: skip


def test_edge_67_who_may_not_see_the_case_is_told_the_return_s_own_code(world: World, case: Case) -> None:
    made = factories.asked_returns(world, case)
    told = "\r\n".join(lines(world.gp_author))

    assert {event.summary.value for event in events(world.gp_author).values()} == {
        f"{made['gp'].code}: {name}" for name in ("Acknowledge the request", "Agency return")
    }
    assert case.code not in told
    assert made["school"].code not in told


def test_edge_67_commas_and_long_lines_are_written_as_the_standard_says(world: World, case: Case) -> None:
    rule = Deadline.objects.get(subject=case.pk, rule_code="LOC_PROGRESS").rule
    rule.name = "Meet, weigh; and decide: " + "é" * 80
    rule.save()
    written = feeds.write_feed(world.manager, at=NOW)

    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    assert events(world.manager)[of("LOC_PROGRESS", case)].summary.value == f"{case.code}: {rule.name}"


def test_edge_67_an_ended_address_is_not_found_and_a_new_one_ends_the_old(world: World, case: Case) -> None:
    client = signed_in(world.manager)
    first = a_feed(world.manager)
    assert Client().get(first).status_code == 200

    assert send(client, reverse("feed")).status_code == 302
    assert Client().get(first).status_code == 404
    [second] = [client.session["calendar_feed"]]
    assert Client().get(f"/due/feed.ics?key={second}").status_code == 200

    send(client, reverse("feed-end"))
    assert Client().get(f"/due/feed.ics?key={second}").status_code == 404
    assert "No calendar" not in text_of(client.get(reverse("feed")))


# ---- Edge case 11 ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 28), date(2026, 10, 26)]
)
def test_edge_11_a_day_on_which_the_clocks_change_is_the_same_day_in_the_feed_and_in_the_year(
    world: World, case: Case, day: date
) -> None:
    # Given a deadline that falls due on the very day, counted in days
    rule = Deadline.objects.get(subject=case.pk, rule_code="RR_COMPLETE").rule
    rule.limit = f"{(day - date(2026, 3, 18)).days}d"
    rule.save()
    folding.rederive(Deadline.objects.get(subject=case.pk, rule_code="RR_COMPLETE"), at=NOW)

    # Then both show that day, whatever midnight was
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}" in lines(world.manager)
    page = text_of(signed_in(world.manager).get(reverse("due"), {"rule": "RR_COMPLETE"}))
    assert f"{day_in_words(day)} {case.code}: {rule.name}" in page


# ---- Whom it serves ----------------------------------------------------------------------------
def test_the_feed_needs_no_session_and_shows_what_its_owner_may_see(world: World, case: Case) -> None:
    answer = Client().get(a_feed(world.manager))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    assert answer.content == feeds.write_feed(world.manager, at=NOW)
    assert len(events(world.manager)) == Deadline.objects.filter(subject=case.pk).count() > 3


def test_a_seat_that_ended_takes_its_events_away_at_the_next_fetch(world: World, case: Case) -> None:
    address = a_feed(world.manager)
    seat = Membership.objects.get(user=world.manager, seat__role=Role.BUSINESS_MANAGER)
    end_membership(seat, on=date(2026, 3, 18))

    answer = Client().get(address)
    assert answer.status_code == 200
    assert b"VEVENT" not in answer.content


def test_the_feed_of_an_inactive_person_and_of_nobody_are_the_same_not_found(
    world: World, case: Case
) -> None:
    address = a_feed(world.manager)
    world.manager.is_active = False
    world.manager.save()

    of_the_inactive, of_nobody = Client().get(address), Client().get("/due/feed.ics?key=nothing-like-it")
    assert (of_the_inactive.status_code, of_nobody.status_code) == (404, 404)
    assert bare(of_the_inactive) == bare(of_nobody)


def test_the_feed_of_a_suspended_person_waits_until_they_are_let_back(world: World, case: Case) -> None:
    address = a_feed(world.manager)
    for suspended_at, status in ((NOW, 404), (None, 200)):
        User.objects.filter(pk=world.manager.pk).update(suspended_at=suspended_at)
        assert Client().get(address).status_code == status


def test_another_partnership_s_feed_has_nothing_of_ours(world: World, case: Case, other: World) -> None:

    assert events(other.manager) == {}


def test_the_secret_is_stored_as_a_hash_and_shown_once(world: World) -> None:
    address = a_feed(world.manager)
    token = address.removeprefix("/due/feed.ics?key=")
    feed = CalendarFeed.objects.get()

    assert len(token) == 43
    assert token not in repr(vars(feed))
    again = signed_in(world.manager).get(reverse("feed-made"))
    assert (again.status_code, again.headers["Location"]) == (302, reverse("feed"))


def test_the_secret_is_in_no_log_also_when_it_works_no_more(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    address = a_feed(world.manager)
    feeds.end_feed(world.manager, at=NOW)
    caplog.set_level("DEBUG")
    assert Client().get(address).status_code == 404

    assert "Not Found: /due/feed.ics" in caplog.text
    assert address.partition("=")[2] not in caplog.text


def test_a_second_copy_of_the_form_makes_no_second_address(world: World) -> None:
    client = signed_in(world.manager)
    token = "00000000-0000-4000-8000-00000000000b"
    answers = [client.post(reverse("feed"), {"form_token": token}) for _ in range(2)]

    assert [answer.headers["Location"] for answer in answers] == [reverse("feed-made")] * 2
    assert CalendarFeed.objects.count() == 1


# ---- Gentle to the server ----------------------------------------------------------------------
def test_what_has_not_changed_is_not_sent_again_and_what_has_is(world: World, case: Case) -> None:
    address = a_feed(world.manager)
    etag = Client().get(address).headers["ETag"]

    same = Client().get(address, headers={"If-None-Match": etag})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)

    clocks.meet_deadline(case, "LOC_PROGRESS", by=SYSTEM, at=NOW)
    assert Client().get(address, headers={"If-None-Match": etag}).status_code == 200


def test_a_feed_fetched_too_often_is_told_when_to_come_again_and_no_other_is_kept_waiting(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    # Given a program that fetched a feed as often as may be in an hour, twenty minutes before its end
    monkeypatch.setattr(feeds, "MOST", 2)
    time_machine.move_to(NOW.replace(minute=40), tick=False)
    address = a_feed(world.manager)
    other = f"{reverse('feed-file')}?key={feeds.make_feed(world.member, at=NOW)}"
    assert [Client().get(address).status_code for _ in range(2)] == [200, 200]

    # When it fetches it once more, then it is told to wait, and other feeds and guesses are answered as ever
    refused = Client().get(address)
    assert (refused.status_code, refused["Retry-After"], refused["Cache-Control"]) == (
        429,
        "1200",
        "no-store",
    )
    assert (
        refused.content.decode() == "This feed was fetched 2 times in this hour. Ask again in 1200 seconds."
    )
    assert Client().get(other).status_code == 200
    assert {Client().get(f"{reverse('feed-file')}?key=guess").status_code for _ in range(4)} == {404}

    # And in the next hour it is written again.
    time_machine.move_to(NOW.replace(hour=NOW.hour + 1), tick=False)
    assert Client().get(address).status_code == 200


def test_a_fetch_writes_nothing_but_when_it_was_and_that_once_an_hour(
    world: World, case: Case, time_machine: Any
) -> None:
    address = a_feed(world.manager)
    before = row_counts()
    seen = []
    for minutes in (0, 59, 60):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        Client().get(address)
        seen.append(CalendarFeed.objects.get().read_at)

    assert seen == [NOW, NOW, NOW + timedelta(hours=1)]
    assert row_counts() == before


@pytest.mark.parametrize("rows", [1, 4])
def test_a_fetch_takes_as_many_queries_for_four_cases_as_for_one(
    world: World, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        factories.asked_returns(world, factories.a_notified_case(world))
    address = a_feed(world.manager)
    Client().get(address)
    with django_assert_num_queries(14 + 2):  # two count the fetch, where the shared cache is a table
        Client().get(address)


# ---- In the open, and not at all ---------------------------------------------------------------
def test_by_http_a_calendar_is_refused_and_not_led_on(world: World, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    address = f"{reverse('feed-file')}?key={feeds.make_feed(world.manager, at=NOW)}"
    refused = Client().get(address)
    assert (refused.status_code, refused.headers.get("Location")) == (403, None)
    assert refused.content.decode().startswith("This is answered by https only")
    assert Client().get(address, secure=True).status_code == 200


def test_where_no_address_may_hold_a_secret_nobody_has_a_feed(world: World, settings: Any) -> None:
    # Given a feed that works
    address = f"{reverse('feed-file')}?key={feeds.make_feed(world.manager, at=NOW)}"
    assert Client().get(address).status_code == 200

    # When feeds are switched off, then it ends, none is made, and no page leads to one
    settings.CALENDAR_FEEDS = False
    assert Client().get(address).status_code == 404
    manager = signed_in(world.manager)
    assert manager.get(reverse("feed")).status_code == 404
    assert send(manager, reverse("feed")).status_code == 404
    assert "See this in your own calendar" not in text_of(manager.get(reverse("due")))
