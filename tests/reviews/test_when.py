"""Times known roughly: what may be written, what it means, and what people read."""

from datetime import UTC, datetime

import pytest

from reviews.when import parse
from workflows.exceptions import NotADate


@pytest.mark.parametrize(
    ("text", "at", "precision", "words"),
    [
        ("2015", "2015-01-01T00:00", "year", "2015"),
        ("2015/16", "2015-03-31T23:00", "fin-year", "2015/16"),  # London's midnight, in summer time
        ("1999/00", "1999-03-31T23:00", "fin-year", "1999/00"),
        ("2015-spring", "2015-03-01T00:00", "season", "spring 2015"),
        ("2015-summer", "2015-05-31T23:00", "season", "summer 2015"),
        ("2015-autumn", "2015-08-31T23:00", "season", "autumn 2015"),
        ("2015-winter", "2015-12-01T00:00", "season", "winter 2015"),
        ("2016-11", "2016-11-01T00:00", "month", "November 2016"),
        ("2020-11-18", "2020-11-18T00:00", "day", "Wednesday 18 November 2020"),
        ("2024-02-29", "2024-02-29T00:00", "day", "Thursday 29 February 2024"),
        ("2026-03-18T09:00:00+00:00", "2026-03-18T09:00", "instant", "Wednesday 18 March 2026"),
        ("2026-07-01T00:30:00+01:00", "2026-06-30T23:30", "instant", "Wednesday 1 July 2026"),
    ],
)
def test_a_time_is_taken_as_exactly_as_it_is_written(text: str, at: str, precision: str, words: str) -> None:
    found = parse(text)
    assert (found.at, found.precision) == (datetime.fromisoformat(at).replace(tzinfo=UTC), precision)
    assert found.words == words


@pytest.mark.parametrize(
    "text",
    [
        "", " 2015", "2015 ", "15", "02015", "2015/17", "2015/2016", "2015-fall", "2015-Autumn", "2015-00",
        "2015-13", "2023-02-29", "2024-2-3", "0000", "2026-03-18T09:00:00", "2026-03-18 09:00", "18/03/2026",
        "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "２０１５-11-18", "autumn 2015", "not known", "2015\n",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_and_says_what_would_be(text: str) -> None:
    with pytest.raises(NotADate) as refusal:
        parse(text)
    assert str(refusal.value) == (
        f"{text!r} is not a time. Write 2020-11-18, 2016-11, 2015-autumn, 2015, 2015/16, "
        "or an instant such as 2026-03-18T09:00:00+00:00."
    )
