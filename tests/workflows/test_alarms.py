"""Alarms about the calendar: when they hold, that each is told once, and that a failed fetch changes nothing."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from notifications.models import Notice
from tests import factories
from tests.workflows.bench import HOLIDAYS, a_notified_case, london
from workflows.models import CalendarChange, CalendarVersion, Deadline, Inspection
from workflows.services import calendar as calendars
from workflows.services import changing, govuk
from workflows.services.alarms import calendar_alarms
from workflows.services.inspecting import inspect_what_is_due

pytestmark = pytest.mark.django_db
PUBLISHED = date(2026, 2, 25)


def news(at: datetime) -> list[str]:
    return [alarm.news for alarm in calendar_alarms(at=at)]


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        ("2026-05-26", []),  # ninety days
        ("2026-05-27", ["calendar-old"]),
        ("2027-12-26", ["calendar-old"]),  # a year to the day before the list ends
        ("2027-12-27", ["calendar-horizon", "calendar-old"]),
        ("2028-02-29", ["calendar-horizon", "calendar-old"]),
    ],
)
def test_edge_8_a_horizon_under_a_year_and_a_list_over_ninety_days_raise_an_alarm(
    on: str, holds: list[str]
) -> None:
    assert news(london(on)) == holds


def test_on_29_february_the_year_ends_on_the_day_before() -> None:
    Deadline.objects.all().delete()
    CalendarVersion.objects.update(known_until=date(2029, 2, 28), checked_at=london("2028-02-29"))
    assert news(london("2028-02-29")) == []


def test_a_look_at_gov_uk_makes_an_old_list_young_again() -> None:
    CalendarVersion.objects.update(checked_at=london("2026-06-01"))
    assert news(london("2026-06-02")) == []
    [alarm] = calendar_alarms(at=london("2026-09-01"))
    assert (
        alarm.words == "The list of bank holidays is 92 days old: nobody has compared it with gov.uk since."
    )


def test_edge_8_an_open_deadline_past_the_horizon_is_provisional_and_raises_an_alarm() -> None:
    CalendarVersion.objects.update(checked_at=london("2028-12-11"))
    a_notified_case(at=london("2028-12-11"))
    assert news(london("2028-12-11")) == ["calendar-horizon", "calendar-provisional"]


@pytest.fixture
def world(settings: Any) -> factories.World:
    settings.HOLIDAYS_URL = "https://127.0.0.1:1/bank-holidays.json"  # nobody listens there
    return factories.a_world()


def told(*people: User | Any) -> list[tuple[str, str]]:
    return sorted(Notice.objects.filter(subject=None).values_list("recipient__email", "news"))


def test_edge_7_a_failed_fetch_keeps_the_last_good_list_and_is_told_once(world: factories.World) -> None:
    # Given an address at which nobody answers, asked every night of a week
    in_use = calendars.current_version()
    for night in range(7):
        inspect_what_is_due(at=london("2026-03-20", "03:05") + timedelta(days=night))

    # Then nothing has changed, the page will say so, and both administrators were told once
    assert (calendars.current_version(), CalendarChange.objects.count()) == (in_use, 0)
    assert news(london("2026-03-27")) == ["calendar-refresh-failed"]
    assert told() == [
        ("administrator@northborough.example", "calendar-refresh-failed"),
        ("manager@northborough.example", "calendar-refresh-failed"),
    ]
    assert Inspection.objects.filter(kind="refresh-holidays", wrong=1).count() == 7


def test_a_fetch_that_fails_again_after_a_success_is_told_again(world: factories.World) -> None:
    inspect_what_is_due(at=london("2026-03-20", "03:05"))
    Inspection.objects.create(
        kind="refresh-holidays", begun_at=london("2026-03-21"), ended_at=london("2026-03-21")
    )
    assert news(london("2026-03-21")) == []
    inspect_what_is_due(at=london("2026-03-22", "03:05"))
    assert len(told()) == 4


class Answer:
    """What the network gives: a page of bytes."""

    def __init__(self, content: str) -> None:
        self.content = content.encode()

    def read(self, size: int) -> bytes:
        return self.content[:size]

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *given: object) -> None:
        pass


def answering(monkeypatch: pytest.MonkeyPatch, more: dict[date, str]) -> None:
    events = [{"date": day.isoformat(), "title": name} for day, name in sorted({**HOLIDAYS, **more}.items())]
    text = json.dumps({"england-and-wales": {"division": "england-and-wales", "events": events}})
    monkeypatch.setattr(govuk, "urlopen", lambda address, timeout: Answer(text))


def test_a_list_that_the_worker_fetched_waits_for_a_person_and_moves_nothing(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given that gov.uk publishes another list, which a worker sees on three nights
    answering(monkeypatch, {date(2029, 1, 1): "New Year’s Day"})
    in_use = calendars.current_version()
    for night in range(3):
        inspect_what_is_due(at=london("2026-03-20", "03:05") + timedelta(days=night))

    # Then one change waits, both administrators are told once, and the list in use is the old one
    [change] = CalendarChange.objects.all()
    assert (change.proposed_by, change.state, calendars.current_version()) == (None, "proposed", in_use)
    assert [news for _, news in told()] == ["calendar-proposed"] * 2

    # When the manager confirms it, then the other administrator is told
    changing.confirm_change(change, by=world.manager, at=london("2026-03-23"))
    assert told()[-1:] + told()[:1] == [
        ("manager@northborough.example", "calendar-proposed"),
        ("administrator@northborough.example", "calendar-changed"),
    ]
    assert calendars.current_version().known_until == date(2029, 1, 1)


def test_a_list_that_is_the_same_is_noted_and_nobody_is_told(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, {})
    inspect_what_is_due(at=london("2026-06-20", "03:05"))
    assert (news(london("2026-06-20")), told()) == ([], [])


def test_only_https_is_asked(settings: Any) -> None:
    for address in ("http://www.gov.uk/bank-holidays.json", "file:///etc/passwd", "ftp://x"):
        with pytest.raises(govuk.CannotFetch, match="only https addresses are asked"):
            govuk.fetch(address)


def test_without_an_address_nothing_is_fetched() -> None:
    inspect_what_is_due(at=london("2026-03-20", "03:05"))
    assert not Inspection.objects.filter(kind="refresh-holidays").exists()


def test_what_began_by_the_old_list_in_the_moment_of_a_change_is_dated_anew_at_night(
    world: factories.World, settings: Any
) -> None:
    settings.HOLIDAYS_URL = ""
    # Given a clock that was started by the old list while the new one was being confirmed
    case = factories.a_notified_case(world)
    old = calendars.current_version()
    change = changing.propose_day(
        date(2026, 3, 30),
        "x",
        adding=True,
        source="x",
        reason="Proclaimed",
        by=world.manager,
        at=london("2026-03-20"),
    )
    changing.confirm_change(change, by=world.administrator, at=london("2026-03-20"))
    CalendarChange.objects.update(redated_at=london("2026-03-20"))
    clock = case.deadlines.get(rule_code="RR_COMPLETE")
    assert clock.calendar == old

    # Then the night finds it, dates it anew with the reason, and nothing is amiss
    inspect_what_is_due(at=london("2026-03-21", "03:05"))
    clock.refresh_from_db()
    assert (clock.due_on, clock.facts.get(kind="re-calendared").reason) == (date(2026, 4, 13), "Proclaimed")
    assert Inspection.objects.get(kind="check-calendar").wrong == 0
