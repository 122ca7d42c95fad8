"""A timeline as a picture: where rows lie, what is one mark, and what must not be drawn."""

from datetime import date
from typing import Any

from reviews.timeline.drawing import LEFT, STEP, WIDE, picture_of
from reviews.timeline.merging import Gap, Placed


def a_day(text: str, agency: str = "GP", **given: Any) -> Placed:
    day = date.fromisoformat(text)
    return Placed(given.pop("key", 1), agency, day, day, is_a_day=True, **given)


FIRST, LAST = a_day("2019-01-01"), a_day("2021-01-01", "School")


def test_the_first_day_lies_left_the_last_right_and_each_agency_has_its_lane() -> None:
    picture = picture_of([FIRST, LAST], {}, ["GP", "School", "Police"])
    assert picture is not None
    assert [(lane.name, [(mark.x, mark.width) for mark in lane.marks]) for lane in picture.lanes] == [
        ("GP", [(LEFT, STEP)]),
        ("School", [(WIDE - STEP, STEP)]),
    ]
    assert picture.lanes[1].y > picture.lanes[0].y
    assert picture.ticks == ((LEFT, "2019"), (LEFT + 367, "2020"), (WIDE - STEP, "2021"))


def test_rows_that_lie_close_together_are_one_mark_that_counts_them() -> None:
    near = [a_day("2019-06-01", key=2), a_day("2019-06-02", key=3, is_key=True)]
    picture = picture_of([FIRST, *near, LAST], {}, ["GP"])
    assert picture is not None
    assert [(mark.count, mark.is_key) for mark in picture.lanes[0].marks] == [(1, False), (2, True)]


def test_what_is_told_roughly_is_as_wide_as_the_days_it_may_mean_and_hides_nothing() -> None:
    rough = Placed(2, "GP", date(2019, 1, 1), date(2019, 12, 31))
    picture = picture_of([FIRST, rough, LAST], {}, ["GP"])
    assert picture is not None
    assert [(mark.x, mark.width) for mark in picture.lanes[0].marks] == [(LEFT, 364), (LEFT, STEP)]


def test_what_is_counted_from_a_birth_or_has_no_date_is_left_out_and_counted() -> None:
    born = Placed(2, "GP", date(2020, 2, 2), date(2020, 2, 2), by_birth=True)
    picture = picture_of([FIRST, born, LAST, Placed(3, "GP")], {}, ["GP"])
    assert picture is not None
    assert (picture.drawn, picture.left_out) == (2, 2)
    assert [mark.x for lane in picture.lanes for mark in lane.marks] == [LEFT, WIDE - STEP]


def test_a_gap_is_a_band_but_not_one_whose_end_would_tell_a_birth() -> None:
    told = Gap(date(2019, 2, 1), date(2019, 12, 31))
    untold = Gap(date(2020, 2, 1), date(2020, 12, 31), is_told=False)
    picture = picture_of([FIRST, told, untold, LAST], {}, ["GP"])
    assert picture is not None
    assert picture.bands == ((LEFT + 31, 335),)


def test_days_on_which_several_met_are_marked_if_their_rows_are_shown() -> None:
    met = {date(2019, 1, 1): ("GP", "School"), date(2020, 5, 5): ("GP", "School")}
    picture = picture_of([FIRST, LAST], met, ["GP"])
    assert picture is not None
    assert picture.together == (LEFT,)


def test_a_few_months_are_told_by_month_and_many_years_not_one_by_one() -> None:
    few = picture_of([a_day("2019-11-15"), a_day("2020-02-15")], {}, ["GP"])
    many = picture_of([a_day("1990-01-01"), a_day("2020-06-01")], {}, ["GP"])
    assert few is not None
    assert many is not None
    assert [label for _, label in few.ticks] == ["Dec 2019", "Jan 2020", "Feb 2020"]
    assert [label for _, label in many.ticks] == [str(year) for year in range(1990, 2021, 3)]


def test_fewer_than_two_days_make_no_picture() -> None:
    assert picture_of([], {}, []) is None
    assert picture_of([FIRST, a_day("2019-01-01", "School")], {}, ["GP"]) is None


def test_a_long_name_is_cut_in_the_picture_alone() -> None:
    name = "Northborough and Westvale Community Health Trust"
    picture = picture_of([a_day("2019-01-01", name), LAST], {}, [name])
    assert picture is not None
    assert (picture.lanes[0].short_name, picture.lanes[0].name) == ("Northborough and Westvale…", name)
