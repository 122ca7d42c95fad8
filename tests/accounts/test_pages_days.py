"""What a day and a moment accept, and which box is told otherwise. The numbers are rows of the bad-input corpus."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError

from accounts.pages import fields
from accounts.pages.forms import PageForm
from tests.accounts.asking import AT, said

INCIDENT = date(2026, 3, 3)
ALL = ("day", "month", "year")


class IncidentForm(PageForm):
    incident = fields.DayField(subject="the date of the incident", label="Date of incident", in_past=True)


class BornForm(PageForm):
    born = fields.DayField(
        subject="the date of birth",
        in_past=True,
        not_after=(lambda form: form.incident, "before the incident"),
    )
    incident = INCIDENT


class ReceivedForm(PageForm):
    received = fields.DayField(subject="the date received", not_before=(INCIDENT, ""), required=False)


class KnownForm(PageForm):
    known = fields.MomentField(
        subject="the date and time of the incident",
        label="Time of incident",
        in_past=True,
        is_time_required=False,
    )


def day(name: str, typed: str, *, sep: str = "/") -> dict[str, str]:
    return dict(zip((f"{name}_day", f"{name}_month", f"{name}_year"), typed.split(sep), strict=True))


@pytest.mark.parametrize(
    ("typed", "message", "boxes"),
    [
        pytest.param("//", "Enter the date of the incident", ALL, id="01-empty"),
        pytest.param(
            "3//", "Date of incident must include a month and year", ("month", "year"), id="01-half-empty"
        ),
        pytest.param("31/02/2026", "Date of incident must be a real date", ALL, id="02-no-such-day"),
        pytest.param("29/02/2026", "Date of incident must be a real date", ALL, id="03-no-leap-year"),
        pytest.param("01/02/24", "Year must have 4 numbers", ("year",), id="04-two-digit-year"),
        pytest.param("02/12/2027", "Date of incident must be today or in the past", ALL, id="05-tomorrow"),
        pytest.param(
            "01/01/1850", "Date of incident must be after 1 January 1900", ("year",), id="06-too-old"
        ),
        pytest.param("31/12/9999", "Date of incident must be today or in the past", ALL, id="07-no-overflow"),
        pytest.param("00/00/0000", "Date of incident must be a real date", ALL, id="08-zeros"),
        pytest.param("1 2/Feb/2026", "Day must be a number", ("day",), id="09-day-of-two-words"),
        pytest.param(
            "1/Feber/2026", "Month must be a number or the name of a month", ("month",), id="09-no-month"
        ),
        pytest.param(
            "9" * 5000 + "/1/2026", "Date of incident must be a real date", ALL, id="33-many-digits"
        ),
        pytest.param("1/1/\x002026", "Year must have 4 numbers", ("year",), id="22-nul"),
        pytest.param("٣/1/2026", "Day must be a number", ("day",), id="10-other-digits"),
    ],
)
def test_bad_input_of_a_day_is_refused_at_the_box_in_error(
    typed: str, message: str, boxes: tuple[str, ...]
) -> None:
    assert said(IncidentForm, day("incident", typed), "incident") == (message, boxes)


@pytest.mark.parametrize(
    "typed",
    [
        "3/2/2026",
        "03/02/2026",
        "3/Feb/2026",
        "3/february/2026",
        "\uff13/\uff10\uff12/\uff12\uff10\uff12\uff16",  # row 10: full-width digits
        " 3 /2/2026\u200b",
    ],
)
def test_a_day_may_be_typed_in_several_ways(typed: str) -> None:
    form = IncidentForm(day("incident", typed), at=AT)

    assert form.is_valid()
    assert form.cleaned_data == {"incident": date(2026, 2, 3)}


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize(("month", "word"), list(enumerate(MONTHS, start=1)))
def test_each_month_may_be_a_word(month: int, word: str) -> None:
    form = IncidentForm(day("incident", f"3/{word}/2026"), at=AT)

    assert form.is_valid()
    assert form.cleaned_data["incident"] == date(2026, month, 3)


def test_bad_input_05_today_is_londons_today_at_the_instant_of_the_request() -> None:
    # Half past midnight in London on 1 July is still 30 June in UTC.
    at = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)

    assert IncidentForm(day("incident", "1/7/2026"), at=at).is_valid()
    assert not IncidentForm(day("incident", "2/7/2026"), at=at).is_valid()


def test_bad_input_07_a_day_that_may_lie_ahead_has_an_end_too() -> None:
    message, boxes = said(ReceivedForm, day("received", "31/12/9999"), "received")

    assert (message, boxes) == ("Date received must be before 1 January 2100", ("year",))


def test_bad_input_11_a_day_before_the_limit_is_told_the_limit() -> None:
    message, _ = said(ReceivedForm, day("received", "2/3/2026"), "received")

    assert message == "Date received must be on or after 3 March 2026"
    assert ReceivedForm(day("received", "3/3/2026"), at=AT).is_valid()


def test_a_day_that_need_not_be_given_is_none() -> None:
    form = ReceivedForm({}, at=AT)

    assert form.is_valid()
    assert form.cleaned_data == {"received": None}


def test_bad_input_14_a_birth_after_the_incident_is_refused_in_words() -> None:
    message, _ = said(BornForm, day("born", "4/3/2026"), "born")

    assert message == "Date of birth must be before the incident"
    assert BornForm(day("born", "3/3/2026"), at=AT).is_valid()


def test_a_day_outside_a_page_form_fails_loudly_instead_of_reading_the_clock() -> None:
    field = fields.DayField(subject="the date of the incident", in_past=True)

    with pytest.raises(RuntimeError, match="put it on a PageForm"):
        field.clean({"day": "1", "month": "1", "year": "2026"})


# ---- Moments -----------------------------------------------------------------------------------
def moment(typed: str, clock: str = "", **more: str) -> dict[str, str]:
    return {**day("known", typed), "known_time": clock, **more}


@pytest.mark.parametrize(
    ("clock", "hour", "minute"),
    [
        ("14:30", 14, 30),
        ("2:30pm", 14, 30),
        ("2.30 p.m.", 14, 30),
        ("2pm", 14, 0),
        ("1430", 14, 30),
        ("midday", 12, 0),
        ("12:05am", 0, 5),
        ("00:05", 0, 5),
        ("\uff11\uff14:\uff13\uff10", 14, 30),
    ],
)
def test_a_time_may_be_typed_in_several_ways(clock: str, hour: int, minute: int) -> None:
    form = KnownForm(moment("10/1/2026", clock), at=AT)

    assert form.is_valid()
    assert form.cleaned_data["known"] == fields.Moment(
        datetime(2026, 1, 10, hour, minute, tzinfo=UTC), date(2026, 1, 10), has_time=True
    )


@pytest.mark.parametrize(
    "clock", ["25:00", "14:60", "14", "2:30xm", "13:00pm", "half past", "-1:00", "9" * 5000]
)
def test_what_is_no_time_is_refused_with_examples(clock: str) -> None:
    assert said(KnownForm, moment("10/1/2026", clock), "known") == (
        "Time of incident must have a time like 14:30 or 2:30pm",
        ("time",),
    )


def test_bad_input_12_a_time_that_came_twice_asks_which() -> None:
    assert said(KnownForm, moment("31/10/2027", "01:30"), "known") == (
        "Say whether 1:30am was before or after the clocks went back",
        ("which",),
    )
    first = KnownForm(moment("31/10/2027", "01:30", known_which="before"), at=AT)
    second = KnownForm(moment("31/10/2027", "01:30", known_which="after"), at=AT)
    assert first.is_valid()
    assert second.is_valid()
    assert first.cleaned_data["known"].at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert second.cleaned_data["known"].at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_bad_input_13_a_time_that_never_came_is_refused() -> None:
    assert said(KnownForm, moment("28/3/2027", "1:30am"), "known") == (
        "That time did not exist: the clocks went forward at 1am",
        ("time",),
    )
    # The first instant after the gap did exist.
    assert KnownForm(moment("28/3/2027", "2am"), at=AT).is_valid()


def test_a_moment_without_its_time_is_the_first_instant_of_the_london_day() -> None:
    form = KnownForm(moment("10/7/2026"), at=AT)

    assert form.is_valid()
    assert form.cleaned_data["known"] == fields.Moment(
        datetime(2026, 7, 9, 23, 0, tzinfo=UTC), date(2026, 7, 10), has_time=False
    )


def test_a_moment_later_today_is_not_yet_past() -> None:
    assert said(KnownForm, moment("1/12/2027", "12:01"), "known") == (
        "Time of incident must be in the past",
        ("time",),
    )
    assert KnownForm(moment("1/12/2027", "12:00"), at=AT).is_valid()


def test_a_time_that_must_be_given_is_asked_for() -> None:
    field = fields.MomentField(subject="the date of the meeting")

    with pytest.raises(ValidationError, match="Enter the time of the meeting"):
        field.clean({"day": "1", "month": "2", "year": "2026"})


def test_a_stored_moment_comes_back_into_its_boxes() -> None:
    field = fields.MomentField(subject="the date of the meeting")

    assert field.prepare_value(datetime(2027, 10, 31, 1, 30, tzinfo=UTC)) == {
        "day": "31",
        "month": "10",
        "year": "2027",
        "time": "01:30",
        "which": "after",
    }
