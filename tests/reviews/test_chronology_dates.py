"""Dates as people tell them: what each may mean, and what is said of one that cannot be read. Pure."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.timeline.dates import HELP, NotADate, Told, read

ON = date(2026, 3, 18)


def span(words: str) -> tuple[str, str]:
    told = read(words, on=ON)
    return f"{told.first}", f"{told.last}"


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("12 March 2019", "2019-03-12", "2019-03-12"),
        ("12th of March, 2019", "2019-03-12", "2019-03-12"),
        ("Tuesday 12 March 2019", "2019-03-12", "2019-03-12"),
        ("March 12, 2019", "2019-03-12", "2019-03-12"),
        ("12/03/2019", "2019-03-12", "2019-03-12"),
        ("12.3.2019", "2019-03-12", "2019-03-12"),
        ("2019-03-12", "2019-03-12", "2019-03-12"),
        ("2019-03-12 00:00:00", "2019-03-12", "2019-03-12"),
        ("12-Mar-19", "2019-03-12", "2019-03-12"),
        ("12/03/19", "2019-03-12", "2019-03-12"),
        ("19/03/26", "1926-03-19", "1926-03-19"),  # the day after today is not what was meant
        ("12Mar2019", "2019-03-12", "2019-03-12"),
        ("March 2019", "2019-03-01", "2019-03-31"),
        ("Sept 2019", "2019-09-01", "2019-09-30"),
        ("02/2020", "2020-02-01", "2020-02-29"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2019", "2019-01-01", "2019-12-31"),
        ("early 2019", "2019-01-01", "2019-04-30"),
        ("mid-2019", "2019-05-01", "2019-08-31"),
        ("the end of 2019", "2019-09-01", "2019-12-31"),
        ("early March 2019", "2019-03-01", "2019-03-10"),
        ("mid March 2019", "2019-03-11", "2019-03-20"),
        ("late February 2019", "2019-02-21", "2019-02-28"),
        ("spring 2018", "2018-03-01", "2018-05-31"),
        ("Summer of 2018", "2018-06-01", "2018-08-31"),
        ("winter 2018", "2018-01-01", "2019-02-28"),
        ("winter 2018/19", "2018-12-01", "2019-02-28"),
        ("Christmas 2018", "2018-12-24", "2019-01-01"),
        ("2018/19", "2018-01-01", "2019-12-31"),
        ("the 1990s", "1990-01-01", "1999-12-31"),
        ("about 3 May 2020", "2020-04-30", "2020-05-06"),
        ("c. 2019", "2018-01-01", "2020-12-31"),
        ("about March 2019", "2019-02-01", "2019-04-30"),
        ("about December 2019", "2019-11-01", "2020-01-31"),
        ("w/c 4 May 2020", "2020-05-04", "2020-05-10"),
        ("3 to 5 May 2020", "2020-05-03", "2020-05-05"),
        ("March to June 2019", "2019-03-01", "2019-06-30"),
        ("between 30 December 2019 and 2 January 2020", "2019-12-30", "2020-01-02"),
        ("3 May 2020 – 5 May 2020", "2020-05-03", "2020-05-05"),
        ("the night of 3 May 2020", "2020-05-03", "2020-05-03"),
        ("unknown", "None", "None"),
        ("Not known", "None", "None"),
        ("n/k", "None", "None"),
        ("2026", "2026-01-01", "2026-12-31"),  # it began
    ],
)  # fmt: skip
def test_what_people_say_means_a_first_and_a_last_day(words: str, first: str, last: str) -> None:
    assert span(words) == (first, last)


@pytest.mark.parametrize(
    ("words", "at"),
    [("12 March 2019 14:30", time(14, 30)), ("12/03/2019, at 2.30pm", time(14, 30)), ("12 March 2019 12am", time(0))],
)  # fmt: skip
def test_an_hour_may_stand_after_the_day(words: str, at: time) -> None:
    told = read(words, on=ON)
    assert (told.first, told.is_a_day, told.at) == (date(2019, 3, 12), True, at)


@pytest.mark.parametrize(
    ("words", "first", "last", "placed"),
    [
        ("13 days after birth", 13, 13, "2025-11-15 2025-11-15"),
        ("at two weeks old", 14, 21, "2025-11-16 2025-11-23"),
        ("aged 3 months", 91, 122, "2026-02-01 2026-03-04"),
        ("3 weeks before birth", -28, -21, "2025-10-05 2025-10-12"),
        ("about 13 days after birth", 10, 16, "2025-11-12 2025-11-18"),
        ("at birth", 0, 0, "2025-11-02 2025-11-02"),
    ],
)
def test_days_of_life_are_kept_as_such_and_placed_where_the_birth_is_known(
    words: str, first: int, last: int, placed: str
) -> None:
    told = read(words, on=ON)
    assert told == Told(words, None, None, None, first, last)
    assert "{} {}".format(*told.placed(date(2025, 11, 2))) == placed
    assert told.placed(None) == (None, None)


def test_the_words_stay_as_they_were_said() -> None:
    assert read("  Early   March 2019 ", on=ON).words == "Early March 2019"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", f"{HELP}."),
        ("next to the school", f"{HELP}."),
        ("12 of Octember 2019", f"{HELP}."),
        ("5", f"{HELP}."),
        ("31 February 2019", "There is no day 31 February 2019: check day and month."),
        ("12/13/2019", "There is no day 12/13/2019: check day and month."),
        ("19 March 2026", "It cannot be after today: check the year."),
        ("2027", "It cannot be after today: check the year."),
        ("12 March 0219", "Check the year: it is before 1900."),
        ("0000", "Check the year."),
        ("winter 9999", "Check the year."),
        ("5 May 2020 to 3 May 2020", "The first of the two dates is after the second."),
        ("９９９９９９ days after birth", f"{HELP}."),
    ],
)
def test_what_is_no_date_is_told_with_what_would_help(words: str, says: str) -> None:
    with pytest.raises(NotADate) as refusal:
        read(words, on=ON)
    assert str(refusal.value) == says


@given(st.text(alphabet="0123456789 /-.,:abcdefgmnrstyu–~", max_size=24) | st.text(max_size=40))
def test_whatever_is_typed_is_read_or_refused_in_words(words: str) -> None:
    told, says = None, "."
    try:
        told = read(words, on=ON)
    except NotADate as refusal:
        says = str(refusal)
    assert says.endswith(".")
    if told is not None:
        assert (told.first is None) == (told.last is None)
        assert told.first is None or told.last is None or told.first <= told.last
        told.placed(date.max)
        told.placed(date.min)


@given(st.dates(date(1900, 1, 1), ON))
def test_every_day_is_read_in_each_of_its_usual_forms(day: date) -> None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%A %d %B %Y"):
        told = read(day.strftime(form), on=ON)
        assert (told.first, told.last) == (day, day)
