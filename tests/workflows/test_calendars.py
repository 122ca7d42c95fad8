"""Which days count: two second opinions, the clock changes, and where the list of bank holidays ends."""

import json
from datetime import UTC, date, datetime, time, timedelta

import govuk_bank_holidays.bank_holidays
import holidays
import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.bench import CALENDAR, HOLIDAYS, london
from workflows.calendars import LONDON, Calendar, SendWindow, at_local, end_of, local_date, start_of
from workflows.exceptions import CalendarEnds
from workflows.models import CalendarVersion
from workflows.services import calendar as calendars

FIRST, LAST = date(2018, 1, 1), date(2028, 11, 1)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
OFF = np.array(sorted(HOLIDAYS), dtype="datetime64[D]")
ANY_DAY = st.dates(date(2013, 1, 1), date(2039, 1, 1))
COUNT = st.integers(1, 300)


# ---- Second opinions ---------------------------------------------------------------------------
def test_the_list_is_the_one_that_the_holidays_package_computes() -> None:
    computed = holidays.country_holidays("GB", subdiv="ENG", years=range(2018, 2029))
    theirs = {day for day in computed if day.weekday() < 5}
    ours = {day for day in HOLIDAYS if 2018 <= day.year <= 2028 and day.weekday() < 5}
    assert ours == theirs


def test_the_list_is_the_one_that_gov_uk_publishes() -> None:
    published = govuk_bank_holidays.bank_holidays.BankHolidays(use_cached_holidays=True)
    theirs = {
        row["date"]: f"{row['title']} ({row['notes']})" if row["notes"] else row["title"]
        for row in published.get_holidays(division="england-and-wales")
    }
    assert theirs == HOLIDAYS


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 10, 12, 14, 15, 20, 30])
def test_numpy_counts_the_same_days_forward_from_every_day(count: int) -> None:
    starts = np.array(DAYS, dtype="datetime64[D]")
    # From a day that does not count the next that does is the first; from one that does, the next is too.
    day_0 = np.busday_offset(starts, 0, roll="backward", holidays=OFF)
    theirs = np.busday_offset(day_0, count, holidays=OFF)
    assert [CALENDAR.add(day, count) for day in DAYS] == theirs.tolist()


@pytest.mark.parametrize("count", [1, 7, 20])
def test_numpy_counts_the_same_days_backward_from_every_day(count: int) -> None:
    starts = np.array(DAYS, dtype="datetime64[D]")
    day_0 = np.busday_offset(starts, 0, roll="forward", holidays=OFF)
    theirs = np.busday_offset(day_0, -count, holidays=OFF)
    assert [CALENDAR.subtract(day, count) for day in DAYS] == theirs.tolist()


# ---- Counting ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "day", ["2026-12-28", "2027-12-27", "2027-12-28", "2028-01-03", "2022-09-19", "2023-05-08", "2020-05-08"]
)
def test_edge_5_substitute_and_single_days_do_not_count(day: str) -> None:
    assert not CALENDAR.is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day", ["2026-01-02", "2026-11-30", "2026-08-03", "2026-03-17", "2020-05-04", "2022-05-30"]
)
def test_edge_6_days_of_other_nations_and_moved_days_count(day: str) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day))


@given(ANY_DAY, COUNT)
def test_what_is_added_is_what_lies_between(day: date, count: int) -> None:
    later = CALENDAR.add(day, count)
    assert CALENDAR.is_working_day(later)
    assert CALENDAR.between(day, later) == count
    assert CALENDAR.between(later, day) == -count


@given(ANY_DAY, st.integers(1, 200))
def test_subtracting_undoes_adding_between_days_that_count(day: date, count: int) -> None:
    day = CALENDAR.first_working_day(day)
    assert CALENDAR.subtract(CALENDAR.add(day, count), count) == day
    earlier = CALENDAR.subtract(day + timedelta(days=400), count)
    assert CALENDAR.add(earlier, count) == CALENDAR.first_working_day(day + timedelta(days=400))


@given(ANY_DAY, st.integers(0, 500))
def test_every_day_between_two_is_counted_or_skipped(day: date, length: int) -> None:
    end = day + timedelta(days=length)
    skipped = CALENDAR.skipped(day + timedelta(days=1), end)
    assert CALENDAR.between(day, end) + len(skipped) == length
    assert [CALENDAR.is_working_day(off) for off, _ in skipped] == [False] * len(skipped)


def test_a_day_that_does_not_count_says_why() -> None:
    assert CALENDAR.skipped(date(2026, 4, 2), date(2026, 4, 7)) == [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 4, 4), "Saturday"),
        (date(2026, 4, 5), "Sunday"),
        (date(2026, 4, 6), "Easter Monday"),
    ]


def test_the_first_working_day_is_the_day_itself_or_the_next() -> None:
    assert CALENDAR.first_working_day(date(2026, 4, 2)) == date(2026, 4, 2)
    assert CALENDAR.first_working_day(date(2026, 4, 3)) == date(2026, 4, 7)


# ---- Clocks ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "starts", "ends"),
    [
        ("2026-03-28", "2026-03-28T00:00Z", "2026-03-29T00:00Z"),
        ("2026-03-29", "2026-03-29T00:00Z", "2026-03-29T23:00Z"),  # 23 hours
        ("2026-03-30", "2026-03-29T23:00Z", "2026-03-30T23:00Z"),
        ("2026-10-24", "2026-10-23T23:00Z", "2026-10-24T23:00Z"),
        ("2026-10-25", "2026-10-24T23:00Z", "2026-10-26T00:00Z"),  # 25 hours
        ("2026-10-26", "2026-10-26T00:00Z", "2026-10-27T00:00Z"),
    ],
)
def test_edge_18_a_day_is_londons_also_when_the_clocks_change(day: str, starts: str, ends: str) -> None:
    on = date.fromisoformat(day)
    assert (start_of(on), end_of(on)) == (datetime.fromisoformat(starts), datetime.fromisoformat(ends))
    assert local_date(start_of(on)) == on
    assert local_date(start_of(on) - timedelta(microseconds=1)) == on - timedelta(days=1)
    assert local_date(end_of(on) - timedelta(microseconds=1)) == on


@given(st.dates(date(2012, 1, 1), date(2040, 1, 1)), st.times())
def test_a_london_time_is_on_its_london_day(day: date, hour: time) -> None:
    if hour.hour == 1 and hour.minute < 60:  # on one night of the year this hour does not exist
        hour = hour.replace(hour=2)
    assert local_date(at_local(day, hour)) == day
    assert start_of(day) <= at_local(day, hour) < end_of(day)


# ---- Where it ends -----------------------------------------------------------------------------
def test_edge_8_past_the_last_known_holiday_a_day_is_provisional() -> None:
    assert CALENDAR.known_until == date(2028, 12, 26)
    assert not CALENDAR.is_provisional(date(2028, 12, 26))
    assert CALENDAR.is_provisional(date(2028, 12, 27))


def test_edge_9_the_shipped_list_reaches_eighteen_months_past_its_publication() -> None:
    document = json.loads(calendars.SHIPPED.read_text())
    published_on = date.fromisoformat(document["published_on"])
    assert CALENDAR.known_until >= published_on + timedelta(days=549)


@pytest.mark.parametrize(
    "counting",
    [
        lambda: CALENDAR.add(date(2041, 1, 1), 1),
        lambda: CALENDAR.add(date(2040, 12, 1), 40),
        lambda: CALENDAR.add(date(2011, 12, 31), 1),
        lambda: CALENDAR.subtract(date(2012, 1, 4), 3),
        lambda: CALENDAR.subtract(date(2045, 1, 1), 3),
        lambda: CALENDAR.between(date(2026, 1, 1), date(2041, 1, 1)),
        lambda: CALENDAR.between(date(1999, 1, 1), date(2026, 1, 1)),
        lambda: CALENDAR.is_working_day(date(2041, 1, 1)),
        lambda: CALENDAR.first_working_day(date(1999, 1, 1)),
        lambda: end_of(date.max),
        lambda: Calendar("none", {}),
    ],
)
def test_outside_its_years_the_calendar_refuses_to_count(counting: object) -> None:
    with pytest.raises(CalendarEnds):
        counting()  # type: ignore[operator]


def test_the_years_that_it_covers_are_counted_to_their_ends() -> None:
    assert CALENDAR.add(date(2040, 12, 28), 1) == date(2040, 12, 31)
    assert CALENDAR.subtract(date(2012, 1, 5), 2) == date(2012, 1, 3)


# ---- As stored ---------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_new_database_has_the_shipped_list() -> None:
    version = CalendarVersion.objects.get()
    assert (version.known_until, version.published_on) == (date(2028, 12, 26), date(2026, 2, 25))
    assert dict(calendars.current_calendar().holidays) == HOLIDAYS


def a_list(**other: object) -> dict[str, object]:
    return json.loads(calendars.SHIPPED.read_text()) | other


@pytest.mark.django_db
def test_the_same_list_twice_is_one_version_and_another_takes_its_place() -> None:
    first = calendars.current_version()
    at = london("2030-01-01")
    assert calendars.load_holidays(a_list(), at=at) == first
    proclaimed = [*a_list()["events"], {"date": "2026-09-21", "title": "Proclaimed"}]  # type: ignore[misc]
    second = calendars.load_holidays(a_list(events=proclaimed), at=at)
    assert calendars.current_version() == second
    assert set(calendars.current_calendar().holidays) - set(HOLIDAYS) == {date(2026, 9, 21)}
    assert dict(calendars.calendar_of(first).holidays) == HOLIDAYS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "document",
    [
        a_list(division="scotland"),
        a_list(events=[]),
        a_list(events=[{"date": "2026-02-31", "title": "x"}]),
        a_list(events=[{"date": "2026-02-28"}]),
        a_list(published_on="soon"),
        {key: value for key, value in a_list().items() if key != "source"},
        {key: value for key, value in a_list().items() if key != "events"},
    ],
)
def test_edge_10_a_list_that_is_not_of_england_and_wales_or_not_a_list_is_refused(
    document: dict[str, object],
) -> None:
    with pytest.raises(calendars.BadHolidayList):
        calendars.load_holidays(document, at=london("2030-01-01"))
    assert CalendarVersion.objects.count() == 1


@pytest.mark.django_db
def test_edge_11_a_day_stays_the_day_it_is_whatever_zone_the_machine_is_in() -> None:
    # Given machines on both sides of the date line, then what is stored, read and counted is the same day
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        with timezone.override(zone):
            version = calendars.load_holidays(
                a_list(source=zone, events=[*a_list()["events"], {"date": "2026-09-21", "title": zone}]),  # type: ignore[misc]
                at=london("2030-01-01"),
            )
            version.refresh_from_db()
            assert version.holidays.get(name=zone).day == date(2026, 9, 21)
            assert version.published_on == date(2026, 2, 25)
            assert calendars.calendar_of(version).add(date(2026, 9, 18), 1) == date(2026, 9, 22)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "day", ["2026-12-25T00:00:00Z", "2026-12-25 00:00", "20261225", "2026-W52-5", "25/12/2026"]
)
def test_edge_11_a_day_with_a_time_or_in_another_form_is_refused(day: str) -> None:
    with pytest.raises(calendars.BadHolidayList, match="is not a day such as 2026-12-25"):
        calendars.load_holidays(a_list(events=[{"date": day, "title": "x"}]), at=london("2030-01-01"))


@pytest.mark.django_db
@pytest.mark.parametrize("year", [2012, 2026, 2028])
def test_edge_20_a_list_that_leaves_no_working_day_in_a_month_is_refused_and_nothing_loops(year: int) -> None:
    all_of_june = [{"date": f"{year}-06-{day:02}", "title": "x"} for day in range(1, 31)]
    kept = [event for event in a_list()["events"] if not event["date"].startswith(f"{year}-06")]  # type: ignore[attr-defined]
    with pytest.raises(calendars.BadHolidayList, match=f"leaves no working day in June {year}"):
        calendars.load_holidays(a_list(events=kept + all_of_june), at=london("2030-01-01"))
    assert CalendarVersion.objects.count() == 1


@given(
    day=st.dates(date(2013, 1, 1), date(2027, 12, 31)),
    minutes=st.integers(0, 24 * 60 - 1),
    count=st.integers(1, 60),
)
def test_edge_21_the_minute_of_a_day_moves_nothing(day: date, minutes: int, count: int) -> None:
    # Given an event in any minute of a day, then what is due is due at the same midnight, and no minute is added
    moment = at_local(day, time(minutes // 60, minutes % 60))
    due = CALENDAR.add(local_date(moment), count)
    assert due == CALENDAR.add(day, count)
    assert end_of(due) == start_of(due + timedelta(days=1))
    assert end_of(due).astimezone(LONDON).time() == time(0)


def test_edge_21_the_last_minute_of_a_day_and_the_first_of_the_next_are_two_days() -> None:
    last, first = at_local(date(2026, 3, 18), time(23, 59, 59)), at_local(date(2026, 3, 19), time(0))
    assert [CALENDAR.add(local_date(at), 15) for at in (last, first)] == [
        date(2026, 4, 10),
        date(2026, 4, 13),
    ]


# ---- When mail may go out ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-12 08:29", "2026-03-12 08:30"),
        ("2026-03-12 08:30", "2026-03-12 08:30"),
        ("2026-03-12 17:29", "2026-03-12 17:29"),
        ("2026-03-12 17:30", "2026-03-13 08:30"),
        ("2026-03-13 18:00", "2026-03-16 08:30"),  # Friday evening
        ("2026-04-02 23:00", "2026-04-07 08:30"),  # over Easter
        ("2026-03-28 12:00", "2026-03-30 08:30"),  # the clocks go forward in between
        ("2026-10-25 01:30", "2026-10-26 08:30"),  # and back
        ("2026-12-24 17:30", "2026-12-29 08:30"),
    ],
)
def test_edge_50_mail_waits_for_the_morning_of_a_working_day(at: str, opens: str) -> None:
    window = SendWindow.parse("08:30-17:30")
    assert window == SendWindow()
    assert window.next_open(london(*at.split()), CALENDAR) == london(*opens.split())


def test_a_window_that_is_always_open_is_open_at_night() -> None:
    at = datetime(2026, 4, 5, 3, 0, tzinfo=UTC)
    assert SendWindow.parse("always").next_open(at, CALENDAR) == at


@pytest.mark.parametrize(
    "text", ["", "never", "08:30", "08:30-", "17:30-08:30", "08:30-08:30", "8-17", "08:30-25:00"]
)
def test_a_window_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        SendWindow.parse(text)
