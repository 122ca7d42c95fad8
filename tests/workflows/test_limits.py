"""Every way in which a rule may say how long somebody has: read, said, counted, explained; against walking the days."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows import naive
from tests.workflows.bench import CALENDAR, Told, london
from workflows.derivation import derive
from workflows.exceptions import NotADate
from workflows.limits import Limit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15wd", "15 working days"), ("1wd", "1 working day"), ("-7wd", "7 working days before"),
        ("0d", "at once, by the end of the same day"), ("0wd", "at once, by the end of the same day"),
        ("24h", "24 hours"), ("1h", "1 hour"), ("09-30", "by 30 September"), ("stated", "as each request states"),
        ("3mo repeating", "every 3 months"), ("1mo repeating", "every month"), ("20wd repeating", "every 20 working days"),
        ("12mo roll", "12 months, or the next working day"), ("7d roll-back", "7 days, or the working day before"),
        ("40wd max 09-30", "40 working days, but no later than 30 September"),
        ("2mo min 20wd", "2 months, but no earlier than 20 working days from the start"),
        ("15wd cutoff 17:00", "15 working days; from 17:00 an event counts as of the next day"),
    ],
)  # fmt: skip
def test_a_limit_is_read_said_and_written_as_it_was_read(text: str, words: str) -> None:
    assert Limit.parse(text).words == words
    assert str(Limit.parse(text)) == text


def test_what_follows_a_limit_may_stand_in_any_order_and_is_written_in_one() -> None:
    text = "2mo max 09-30 min 20wd roll repeating cutoff 09:05"
    assert str(Limit.parse("2mo cutoff 09:05 repeating min 20wd roll MAX 09-30")) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "wd", "15", "15 wd", "0h", "-1h", "15wd roll", "15wd later", "15wd repeating repeating", "0d repeating",
        "-7wd repeating", "09-30 repeating", "15wd max", "15wd max 24h", "15wd max stated", "15wd max 1mo max 2mo",
        "15wd cutoff", "15wd cutoff 25:00", "15wd cutoff 9:00", "24h roll", "24h cutoff 17:00", "stated roll", "7d  roll",
        "09-3", "9-30", "15wd cutoff 17:00 cutoff 18:00", "7d roll roll-back",
    ],
)  # fmt: skip
def test_what_is_not_a_limit_is_refused(text: str) -> None:
    with pytest.raises(NotADate, match="Cannot read the limit"):
        Limit.parse(text)


@pytest.mark.parametrize("text", ["02-31", "02-30", "02-29", "13-01", "00-10", "04-31", "15wd max 02-31"])
def test_a_day_that_not_every_year_has_is_no_limit(text: str) -> None:
    with pytest.raises(NotADate, match="not every year has a day"):
        Limit.parse(text)


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        ("09-30", "2026-03-31", "2026-09-30"), ("09-30", "2026-09-30", "2027-09-30"), ("09-30", "2026-09-29", "2026-09-30"),
        ("7d roll", "2026-03-27", "2026-04-07"),  # Good Friday, the weekend and Easter Monday
        ("7d roll-back", "2026-03-27", "2026-04-02"),
        ("7d roll", "2026-03-26", "2026-04-02"),  # a working day stays
        ("1mo roll", "2026-01-31", "2026-03-02"),  # clamped to Saturday 28 February, then rolled
        ("1mo roll-back", "2026-01-31", "2026-02-27"),
        ("6mo roll", "2026-08-31", "2027-03-01"),
    ],
)  # fmt: skip
def test_edge_14_an_end_rolls_to_a_working_day_when_the_limit_says_so(
    limit: str, start: str, end: str
) -> None:
    assert Limit.parse(limit).from_day(date.fromisoformat(start), CALENDAR) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("limit", "start", "end", "note"),
    [
        ("40wd max 09-30", "2026-06-01", "2026-07-27", []),
        ("40wd max 09-30", "2026-09-01", "2026-09-30",
         ["40 working days would end on Tuesday 27 October 2026; no later than 30 September: Wednesday 30 September 2026."]),
        ("2mo min 50wd", "2026-03-02", "2026-05-14",
         ["2 months would end on Saturday 2 May 2026; no earlier than 50 working days from the start: "
          "Thursday 14 May 2026."]),
        ("2mo max 09-30 roll", "2028-08-15", "2028-10-02",
         ["2 months would end on Sunday 15 October 2028; no later than 30 September: Saturday 30 September 2028.",
          "Saturday 30 September 2028 is not a working day: moved to Monday 2 October 2028."]),
        ("6mo", "2026-08-31", "2027-02-28", ["February 2027 has no day 31: its last day counts."]),
    ],
)  # fmt: skip
def test_edge_54_a_cap_bounds_the_day_and_the_proof_explains_it(
    limit: str, start: str, end: str, note: list[str]
) -> None:
    proof = derive(Limit.parse(limit), [Told(1, "started", london(start))], CALENDAR).as_json()
    assert (proof["due_on"], proof["notes"]) == (end, note)


BASES = st.one_of(
    st.integers(1, 60).map("{}wd".format), st.integers(-30, -1).map("{}wd".format),
    st.integers(0, 90).map("{}d".format), st.integers(0, 20).map("{}w".format), st.integers(1, 24).map("{}mo".format),
    st.dates(date(2001, 1, 1), date(2001, 12, 31)).map("{:%m-%d}".format),
)  # fmt: skip
ROLLING = BASES.filter(lambda text: not text.endswith("wd"))
FOLLOWING = st.tuples(
    st.one_of(st.just(""), BASES.map(" max {}".format)),
    st.one_of(st.just(""), BASES.map(" min {}".format)),
    st.one_of(st.just(""), st.times().map(" cutoff {:%H:%M}".format)),
).map("".join)
TEXTS = st.one_of(
    st.tuples(BASES, FOLLOWING).map("".join),
    st.tuples(ROLLING, st.sampled_from([" roll", " roll-back"]), FOLLOWING).map("".join),
)
STARTS = st.datetimes(datetime(2014, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))


@given(TEXTS, STARTS)
def test_every_kind_of_limit_ends_where_walking_from_day_to_day_ends(text: str, start: datetime) -> None:
    derivation = derive(Limit.parse(text), [Told(1, "started", start)], CALENDAR)
    assert derivation.due_on == naive.last_day(start, text)
    assert str(Limit.parse(str(Limit.parse(text)))) == str(Limit.parse(text))


# ---- The hour of the day -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-03-02 16:59", "5wd cutoff 17:00", "2026-03-09"),
        ("2026-03-02 17:00", "5wd cutoff 17:00", "2026-03-10"),  # Monday evening counts as Tuesday
        ("2026-03-02 23:59", "5wd", "2026-03-09"),  # by default the hour is no matter
        ("2026-03-06 18:00", "5wd cutoff 17:00", "2026-03-13"),  # Friday evening as Saturday: Monday is day 1
        ("2026-03-07 12:00", "5wd cutoff 17:00", "2026-03-13"),  # no later than what came the day after
        ("2026-06-30 17:00", "5wd cutoff 17:00", "2026-07-08"),  # London's hour, in summer too
    ],
)
def test_edge_15_a_cut_off_is_off_unless_set_and_is_londons(start: str, limit: str, due: str) -> None:
    derivation = derive(Limit.parse(limit), [Told(1, "started", london(*start.split()))], CALENDAR)
    assert derivation.due_on == date.fromisoformat(due)


def test_edge_15_the_proof_states_the_cut_off_and_whether_the_event_came_after_it() -> None:
    limit = Limit.parse("5wd cutoff 17:00")
    late, early = (
        derive(limit, [Told(1, "started", london("2026-03-02", hour))], CALENDAR).as_json()
        for hour in ("17:30", "10:00")
    )
    assert late["notes"] == ["The event came at 17:30, after the cut-off of 17:00."]
    assert early["notes"] == []
    for proof in (late, early):
        assert proof["limit_in_words"] == "5 working days; from 17:00 an event counts as of the next day"
        assert proof["counting"].endswith(
            "Day 0 is the London day of the event, or the next day from 17:00 on"
        )


# ---- Hours -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "limit", "late_from", "last_day"),
    [
        ("2026-03-02T10:15:30+00:00", "24h", "2026-03-03T10:15:30+00:00", "2026-03-03"),
        ("2026-03-28T12:00:00+00:00", "24h", "2026-03-29T12:00:00+00:00", "2026-03-29"),  # an hour is skipped
        (
            "2026-10-24T12:00:00+01:00",
            "48h",
            "2026-10-26T11:00:00+00:00",
            "2026-10-26",
        ),  # and one comes twice
        (
            "2026-03-02T00:00:00+00:00",
            "24h",
            "2026-03-03T00:00:00+00:00",
            "2026-03-02",
        ),  # midnight ends the day
    ],
)
def test_hours_are_counted_to_the_second_by_the_clock_that_nobody_changes(
    start: str, limit: str, late_from: str, last_day: str
) -> None:
    derivation = derive(Limit.parse(limit), [Told(1, "started", datetime.fromisoformat(start))], CALENDAR)
    assert derivation.due_at == datetime.fromisoformat(late_from)
    assert derivation.due_on == date.fromisoformat(last_day)


def test_hours_stop_for_as_long_as_the_clock_is_stopped_and_are_extended_by_hours_days_or_to_a_day() -> None:
    start = london("2026-03-02", "10:00")

    def late_from(*facts: Told) -> datetime | None:
        return derive(Limit.parse("24h"), [Told(1, "started", start), *facts], CALENDAR).due_at

    stop, go = (Told(n, kind, start + timedelta(hours=n)) for n, kind in ((2, "paused"), (5, "resumed")))
    too_late = (Told(2, "paused", start + timedelta(days=3)), Told(3, "resumed", start + timedelta(days=4)))
    assert late_from(stop, go) == start + timedelta(hours=27)
    assert late_from(*too_late) == start + timedelta(hours=24)
    assert late_from(Told(2, "extended", start, {"by": "12h"})) == start + timedelta(hours=36)
    assert late_from(Told(2, "extended", start, {"by": "1wd"})) == london("2026-03-05", "00:00")
    assert late_from(Told(2, "extended", start, {"to": "2026-03-06"})) == london("2026-03-07", "00:00")


# ---- Again and again ---------------------------------------------------------------------------
@given(st.integers(1, 6), st.integers(1, 12), st.dates(date(2014, 1, 1), date(2024, 1, 1)))
def test_a_later_round_is_counted_from_the_start_and_loses_no_day_in_february(
    months: int, number: int, day: date
) -> None:
    again = Limit.parse(f"{months}mo repeating").of_round(number)
    assert again.from_day(day, CALENDAR) == naive.in_months(day, months * number)


def test_a_limit_that_does_not_repeat_has_one_round() -> None:
    assert Limit.parse("3mo").of_round(4) == Limit.parse("3mo")


def test_a_day_that_each_request_states_is_not_counted() -> None:
    with pytest.raises(NotADate, match="each request states its own day"):
        Limit.parse("stated").from_day(date(2026, 3, 2), CALENDAR)


@pytest.mark.parametrize(
    ("limit", "counting"),
    [
        ("15wd", "working days of England and Wales; the next working day after day 0 is day 1. "
         "Day 0 is the London day of the event, whatever the hour"),
        ("-7wd", "working days of England and Wales, backwards; the working day before day 0 is the first. "
         "Day 0 is the London day of the event, whatever the hour"),
        ("6mo", "calendar months: the same day of the month, or the last of a shorter one. "
         "Day 0 is the London day of the event, whatever the hour"),
        ("7d", "every day of the calendar; the day after day 0 is day 1. "
         "Day 0 is the London day of the event, whatever the hour"),
        ("24h", "hours of the clock, from the event to the second"),
    ],
)  # fmt: skip
def test_edge_68_how_days_are_counted_is_said_with_every_limit(limit: str, counting: str) -> None:
    assert Limit.parse(limit).counting == counting
