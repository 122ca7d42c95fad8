"""Alarms about the calendar: when they hold, that each is told once, and that a failed fetch changes nothing."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from notifications.models import Notice
from tests import factories
from tests.https_site import Site, https_site
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


@pytest.fixture
def gov_uk(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Where the list is asked for, as a site of our own."""
    with https_site(tmp_path, monkeypatch) as site:
        settings.HOLIDAYS_URL = f"{site.address}/bank-holidays.json"
        yield site


def publish(gov_uk: Site, more: dict[date, str]) -> str:
    events = [{"date": day.isoformat(), "title": name} for day, name in sorted({**HOLIDAYS, **more}.items())]
    text = json.dumps({"england-and-wales": {"division": "england-and-wales", "events": events}})
    gov_uk.says("/bank-holidays.json", text)
    return text


def test_a_list_that_the_worker_fetched_waits_for_a_person_and_moves_nothing(
    world: factories.World, gov_uk: Site
) -> None:
    # Given that gov.uk publishes another list, which a worker sees on three nights
    publish(gov_uk, {date(2029, 1, 1): "New Year’s Day"})
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


def test_a_list_that_is_the_same_is_noted_and_nobody_is_told(world: factories.World, gov_uk: Site) -> None:
    publish(gov_uk, {})
    inspect_what_is_due(at=london("2026-06-20", "03:05"))
    assert (news(london("2026-06-20")), told()) == ([], [])


def test_only_https_is_asked(settings: Any) -> None:
    for address in ("http://www.gov.uk/bank-holidays.json", "file:///etc/passwd", "ftp://x"):
        with pytest.raises(govuk.CannotFetch, match="only https addresses are asked"):
            govuk.fetch(address)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_where_the_list_has_moved_within_its_site_it_is_followed(gov_uk: Site, status: int) -> None:
    text = publish(gov_uk, {})
    old = gov_uk.leads("/old.json", "/bank-holidays.json", status)

    assert govuk.fetch(old) == text
    whole = gov_uk.leads("/whole.json", f"{gov_uk.address}/bank-holidays.json", status)
    assert govuk.fetch(whole) == text


@pytest.mark.parametrize(
    "to",
    [
        "https://127.0.0.1:1/bank-holidays.json",
        "https://localhost:{port}/bank-holidays.json",
        "http://127.0.0.1:{port}/bank-holidays.json",
        "//other.example/bank-holidays.json",
        "ftp://127.0.0.1:{port}/bank-holidays.json",
        "https://127.0.0.1:{port}@other.example/bank-holidays.json",
    ],
)
def test_to_another_site_or_without_https_it_is_not_followed(
    world: factories.World, gov_uk: Site, settings: Any, to: str
) -> None:
    # Given a site that sends on elsewhere, after one step within itself
    publish(gov_uk, {date(2029, 1, 1): "New Year’s Day"})
    to = to.format(port=urlsplit(gov_uk.address).port)
    gov_uk.leads("/away.json", to)
    settings.HOLIDAYS_URL = gov_uk.leads("/old.json", "/away.json")

    inspect_what_is_due(at=london("2026-03-20", "03:05"))

    # Then it is told in a sentence, nothing else is asked and nothing changes
    [found] = Inspection.objects.get(kind="refresh-holidays").findings
    away = f"{gov_uk.address}/away.json"
    to = f"https:{to}" if to.startswith("//") else to
    assert found == (
        f"Cannot read {away}: it sends us on to {to}, and only its own site is asked, by https. "
        "If the list has moved, give its new address."
    )
    assert (gov_uk.asked, CalendarChange.objects.count()) == (["/old.json", "/away.json"], 0)


def test_where_it_leads_in_a_circle_or_is_too_large_or_no_address_it_is_told_in_words(gov_uk: Site) -> None:
    circle = gov_uk.leads("/circle.json", "/circle.json")
    large = gov_uk.says("/large.json", b" " * govuk.LONGEST + b"1")
    gov_uk.leads("/moved.json", "/large.json")

    assert len(govuk.fetch(gov_uk.says("/limit.json", b" " * govuk.LONGEST))) == govuk.LONGEST
    for address, words in (
        (circle, "Cannot read .*circle.json: HTTP Error 302: .*infinite loop"),
        (large, "larger than 1 MB"),
        (f"{gov_uk.address}/moved.json", "larger than 1 MB"),
        (f"{gov_uk.address}/nowhere.json", "HTTP Error 404"),
        ("https://[", "Cannot read"),
        ("https://127.0.0.1:port/", "Cannot read"),
    ):
        with pytest.raises(calendars.BadHolidayList, match=words):
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
