"""Fields for days and moments, typed into boxes and read as London's. No clock: the form says what time it is."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import LONDON
from accounts.pages.text import plain, words_for

FIRST_DAY, END_OF_DAYS = date(1900, 1, 1), date(2100, 1, 1)
"""Days outside these two are mistakes of typing."""

Bound = date | datetime | Callable[[Any], date | datetime | None] | None
"""A limit: a day, an instant, or a question asked of the form (which may answer None: no limit)."""

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]  # not strftime's: those follow the machine's locale

_TIME = re.compile(r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?\s*(?P<half>am|pm|a\.m\.|p\.m\.)?")


@dataclass(frozen=True)
class Moment:
    """When something was: the London day, and the instant. Without a time, the instant is the day's first."""

    at: datetime
    """Aware, UTC."""
    on: date
    """In London."""
    has_time: bool


def in_words(value: date | datetime) -> str:
    """A limit in a message: "3 March 2026"."""
    on = value.astimezone(LONDON).date() if isinstance(value, datetime) else value
    return f"{on.day} {on:%B} {on.year}"


class BoxesWidget(forms.Widget):
    """Several named boxes read as one value: a dict of what was typed, by box."""

    def __init__(self, boxes: tuple[str, ...]) -> None:
        super().__init__()
        self.boxes = boxes

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        return {box: data.get(f"{name}_{box}") or "" for box in self.boxes}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return not any(f"{name}_{box}" in data for box in self.boxes)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return f"{id_}_{self.boxes[0]}" if id_ else ""


class DayField(forms.Field):
    """A day in three boxes. Returns a date, or None when it may be empty and is.

    `not_before` and `not_after` are each (limit, words); `words` completes "{label} must be ...", and when
    they are empty the limit itself is named: "must be on or after 3 March 2026".
    """

    component = "date"
    first_box = "day"
    boxes: tuple[str, ...] = ("day", "month", "year")

    # Set by PageForm.
    form: Any = None
    at: datetime | None = None

    def __init__(
        self,
        *,
        subject: str,
        label: str | None = None,
        in_past: bool = False,
        in_future: bool = False,
        not_before: tuple[Bound, str] | None = None,
        not_after: tuple[Bound, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("widget", BoxesWidget(self.boxes))
        super().__init__(label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.in_past, self.in_future = in_past, in_future
        self.not_before, self.not_after = not_before, not_after

    # ---- What the boxes show
    def prepare_value(self, value: Any) -> dict[str, str]:
        """What stands in each box: as typed, or from a date."""
        if isinstance(value, datetime):
            value = value.astimezone(LONDON).date()
        if isinstance(value, date):
            return {"day": str(value.day), "month": str(value.month), "year": str(value.year)}
        return value or {}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != self.prepare_value(data))

    # ---- What they mean
    def clean(self, value: Any) -> date | None:
        on = self.read_day(value or {})
        if on is not None:
            self.check_day(on)
        return on

    def read_day(self, value: Mapping[str, str]) -> date | None:
        """The day in the boxes, if any; ValidationError if it is not one that exists."""
        typed = {box: plain(value.get(box)) for box in DayField.boxes}
        lacking = tuple(box for box in DayField.boxes if not typed[box])
        if len(lacking) == 3:
            if self.required:
                raise self.wrong(f"Enter {self.subject}", *DayField.boxes, code="required")
            return None
        if lacking:
            raise self.wrong(f"{self.label} must include a {' and '.join(lacking)}", *lacking)
        if not re.fullmatch("[0-9]+", typed["day"]):
            raise self.wrong("Day must be a number", "day")
        month = self._month(typed["month"])
        if not re.fullmatch("[0-9]{4}", typed["year"]):
            raise self.wrong("Year must have 4 numbers", "year")
        try:
            return date(int(typed["year"]), month, int(typed["day"][-3:]) if len(typed["day"]) <= 3 else 99)
        except ValueError:
            raise self.wrong(f"{self.label} must be a real date", *DayField.boxes) from None

    def _month(self, typed: str) -> int:
        if re.fullmatch("[0-9]+", typed):
            return int(typed) if len(typed) <= 3 else 99
        word = typed.lower().rstrip(".")
        for number, name in enumerate(_MONTHS, start=1):
            if len(word) >= 3 and (name.startswith(word) or word == name[:4]):
                return number
        raise self.wrong("Month must be a number or the name of a month", "month")

    def check_day(self, on: date) -> None:
        """Raises ValidationError if the day is outside the limits."""
        if on <= FIRST_DAY:
            raise self.wrong(f"{self.label} must be after {in_words(FIRST_DAY)}", "year")
        if self.in_past and on > self.today:
            raise self.wrong(f"{self.label} must be today or in the past", *DayField.boxes)
        if self.in_future and on < self.today:
            raise self.wrong(f"{self.label} must be today or in the future", *DayField.boxes)
        if on >= END_OF_DAYS:
            raise self.wrong(f"{self.label} must be before {in_words(END_OF_DAYS)}", "year")
        self.check_bounds(on, None)

    def check_bounds(self, on: date, at: datetime | None) -> None:
        """Raises ValidationError if the day (or the instant, where both have one) is outside the two limits."""
        for bound, sign, fallback in (
            (self.not_before, 1, "on or after"),
            (self.not_after, -1, "on or before"),
        ):
            limit = self._limit(bound)
            if bound is None or limit is None:
                continue
            if isinstance(limit, datetime) and at is not None:
                is_outside = (at - limit) * sign < timedelta(0)
            else:
                day = limit.astimezone(LONDON).date() if isinstance(limit, datetime) else limit
                is_outside = (on - day) * sign < timedelta(0)
            if is_outside:
                words = bound[1] or f"{fallback} {in_words(limit)}"
                raise self.wrong(f"{self.label} must be {words}", *DayField.boxes)

    def _limit(self, bound: tuple[Bound, str] | None) -> date | datetime | None:
        limit = bound[0] if bound else None
        return limit(self.form) if callable(limit) else limit

    @property
    def now(self) -> datetime:
        if self.at is None:
            raise RuntimeError(
                f"{self.label} compares with now: put it on a PageForm, which is told what time it is"
            )
        return self.at

    @property
    def today(self) -> date:
        return self.now.astimezone(LONDON).date()

    @staticmethod
    def wrong(message: str, *boxes: str, code: str = "invalid") -> ValidationError:
        """An error that knows which boxes it is about."""
        return ValidationError(message.replace("%", "%%"), code=code, params={"boxes": boxes})


class MomentField(DayField):
    """A day, and a time if there is one. Returns a Moment, or None.

    A London time that came twice (an hour each October) asks which; one that never came is refused.
    """

    component = "moment"
    boxes = ("day", "month", "year", "time", "which")

    WHICH = (("before", "Before the clocks went back"), ("after", "After the clocks went back"))

    def __init__(
        self,
        *,
        subject: str,
        is_time_required: bool = True,
        time_subject: str | None = None,
        time_label: str = "Time",
        **kwargs: Any,
    ) -> None:
        super().__init__(subject=subject, **kwargs)
        self.is_time_required = is_time_required
        self.time_subject = time_subject or _time_of(subject)
        self.time_label = time_label

    def prepare_value(self, value: Any) -> dict[str, str]:
        has_time = True
        if isinstance(value, Moment):
            has_time, value = value.has_time, value.at
        boxes = super().prepare_value(value)
        if isinstance(value, datetime) and has_time:
            local = value.astimezone(LONDON)
            boxes["time"] = f"{local:%H:%M}"
            if _comes_twice(local):
                boxes["which"] = "after" if local.fold else "before"
        return boxes

    def asks_which(self, value: Mapping[str, str]) -> bool:
        """Whether the boxes hold a time that came twice, so that the page must ask which of the two."""
        try:
            on, clock = self.read_day(value), self.read_time(value.get("time"))
        except ValidationError:
            return False
        return on is not None and clock is not None and _comes_twice(datetime.combine(on, clock, LONDON))

    def clean(self, value: Any) -> Moment | None:  # type: ignore[override]
        typed = value or {}
        on = self.read_day(typed)
        if on is None:
            if plain(typed.get("time")):
                raise self.wrong(f"Enter {self.subject}", *DayField.boxes, code="required")
            return None
        self.check_day(on)
        clock = self.read_time(typed.get("time"))
        if clock is None:
            if self.is_time_required:
                raise self.wrong(f"Enter {self.time_subject}", "time", code="required")
            return Moment(datetime.combine(on, time(), LONDON).astimezone(UTC), on, has_time=False)
        at = self._instant(on, clock, typed.get("which") or "")
        if self.in_past and at > self.now:
            raise self.wrong(f"{self.label} must be in the past", "time")
        self.check_bounds(on, at)
        return Moment(at, on, has_time=True)

    def read_time(self, raw: Any) -> time | None:
        """The time in the box: "14:30", "2:30pm", "2pm", "midday"; None when it is empty."""
        typed = plain(raw).lower()
        if not typed:
            return None
        if typed in ("midday", "noon", "midnight"):
            return time(0 if typed == "midnight" else 12)
        if re.fullmatch("[0-9]{4}", typed):
            typed = f"{typed[:2]}:{typed[2:]}"
        found = _TIME.fullmatch(typed)
        if found and (found["minute"] or found["half"]):
            hour, minute, half = int(found["hour"]), int(found["minute"] or 0), (found["half"] or "")[:1]
            if half and 1 <= hour <= 12:
                hour, half = hour % 12 + (12 if half == "p" else 0), ""
            if not half and hour < 24 and minute < 60:
                return time(hour, minute)
        raise self.wrong(f"{self.label} must have a time like 14:30 or 2:30pm", "time")

    def _instant(self, on: date, clock: time, which: str) -> datetime:
        local = datetime.combine(on, clock, LONDON)
        if local.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise self.wrong("That time did not exist: the clocks went forward at 1am", "time")
        if _comes_twice(local):
            if which not in ("before", "after"):
                shown = f"{clock.hour % 12 or 12}:{clock.minute:02}{'am' if clock.hour < 12 else 'pm'}"
                raise self.wrong(
                    f"Say whether {shown} was before or after the clocks went back", "which", code="which"
                )
            local = local.replace(fold=1 if which == "after" else 0)
        return local.astimezone(UTC)


def _comes_twice(local: datetime) -> bool:
    first, second = local.replace(fold=0), local.replace(fold=1)
    return (
        first.utcoffset() != second.utcoffset()
        # In the hour that never came the two offsets differ as well, but neither leads back to the time.
        and first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == first.replace(tzinfo=None)
    )


def _time_of(subject: str) -> str:
    """ "the date of the incident" asks for "the time of the incident"."""
    replaced = re.sub(r"\bdate and time\b|\bdate\b|\bday\b", "time", subject, count=1)
    return replaced if replaced != subject else "the time"
