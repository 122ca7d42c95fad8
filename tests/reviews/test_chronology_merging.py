"""Rows on one line of time: their order, the gaps between them, the days on which agencies met. Pure."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.timeline.merging import Gap, Placed, in_time, may_lie_between, met_on, with_gaps

D = date


def day(key: int, on: date, agency: str = "GP", at: time | None = None) -> Placed:
    return Placed(key, agency, on, on, at, True)


def test_rows_stand_by_their_first_day_then_their_last_and_the_undated_at_the_end() -> None:
    rows = [
        Placed(1, "GP"),
        Placed(2, "GP", D(2019, 1, 1), D(2019, 12, 31)),
        day(3, D(2019, 1, 2)),
        day(4, D(2019, 1, 1), at=time(14)),
        day(5, D(2019, 1, 1), at=time(9)),
        day(6, D(2019, 1, 1)),
        day(7, D(2019, 1, 1), "Ambulance"),
    ]
    assert [one.key for one in sorted(rows, key=in_time)] == [7, 6, 5, 4, 2, 3, 1]


@pytest.mark.parametrize(
    ("longer_than", "gaps"),
    [(8, [Gap(D(2019, 3, 2), D(2019, 3, 10))]), (9, []), (None, [])],
)
def test_a_gap_is_the_days_between_of_which_nobody_tells(longer_than: int | None, gaps: list[Gap]) -> None:
    rows = [day(1, D(2019, 3, 1)), day(2, D(2019, 3, 11)), Placed(3, "GP")]
    found = list(with_gaps(rows, longer_than=longer_than))
    assert [one for one in found if isinstance(one, Gap)] == gaps
    assert [one for one in found if isinstance(one, Placed)] == rows
    assert [gap.days for gap in gaps] in ([9], [])


def test_what_may_have_been_on_any_day_of_a_year_leaves_no_gap_in_it() -> None:
    rows = [Placed(1, "GP", D(2019, 1, 1), D(2019, 12, 31)), day(2, D(2019, 2, 1)), day(3, D(2020, 1, 1))]
    assert [one for one in with_gaps(rows, longer_than=0) if isinstance(one, Gap)] == []


def test_a_gap_that_ends_or_begins_at_a_row_counted_from_a_birth_is_not_told_by_its_days() -> None:
    born = Placed(2, "GP", D(2019, 6, 1), D(2019, 6, 1), by_birth=True)
    rows = [day(1, D(2019, 3, 1)), born, day(3, D(2019, 9, 1)), day(4, D(2019, 12, 1))]
    gaps = [one for one in with_gaps(rows, longer_than=9) if isinstance(one, Gap)]
    assert [gap.is_told for gap in gaps] == [False, False, True]


def test_agencies_met_on_a_day_that_each_tells_to_the_day() -> None:
    on = D(2019, 3, 1)
    rows = [
        day(1, on), day(2, on), day(3, on, "Police"), day(4, D(2019, 3, 2), "School"),
        Placed(5, "School", on, on, by_birth=True),
        Placed(6, "Trust", on, D(2019, 3, 31)),
    ]  # fmt: skip
    assert met_on(rows) == {on: ("GP", "Police")}


@pytest.mark.parametrize(
    ("first", "last", "lies"),
    [
        (None, None, True),
        (D(2019, 3, 31), None, True),
        (D(2019, 4, 1), None, False),
        (None, D(2019, 3, 1), True),
        (None, D(2019, 2, 28), False),
    ],
)
def test_a_month_may_lie_in_every_stretch_that_touches_it(
    first: date | None, last: date | None, lies: bool
) -> None:
    assert may_lie_between(Placed(1, "GP", D(2019, 3, 1), D(2019, 3, 31)), first, last) is lies
    assert may_lie_between(Placed(1, "GP"), first, last) is (first is None and last is None)


@given(st.lists(st.tuples(st.dates(), st.integers(0, 400)), max_size=30), st.integers(0, 60))
def test_every_long_stretch_that_no_row_covers_is_a_gap_and_nothing_else_is(
    spans: list[tuple[date, int]], longer_than: int
) -> None:
    rows = [
        Placed(key, "GP", first, date.fromordinal(min(first.toordinal() + days, date.max.toordinal())))
        for key, (first, days) in enumerate(spans)
    ]
    told = list(with_gaps(sorted(rows, key=in_time), longer_than=longer_than))
    assert sorted(one.key for one in told if isinstance(one, Placed)) == list(range(len(rows)))
    for gap in (one for one in told if isinstance(one, Gap)):
        assert gap.days > longer_than
        assert all(one.last < gap.first or one.first > gap.last for one in rows)
    covered = sorted((one.first, one.last) for one in rows)
    ends = [max(last for _, last in covered[: n + 1]) for n in range(len(covered))]
    wanted = sum((b[0] - a).days - 1 > longer_than for a, b in zip(ends, covered[1:], strict=False))
    assert sum(isinstance(one, Gap) for one in told) == wanted
