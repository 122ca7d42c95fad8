"""Limits, rules and the rule book. Pure: no database, no clock, no settings."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from dateutil.relativedelta import relativedelta

from workflows.calendars import Calendar
from workflows.exceptions import CalendarEnds, NoSuchRule, NotADate
from workflows.ladders import Rung

UNITS = {"wd": "working day", "d": "day", "w": "week", "mo": "month"}
_LIMIT = re.compile(r"(?P<count>-?[0-9]{1,4})(?P<unit>wd|d|w|mo)")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many working days (`wd`), days (`d`), weeks (`w`) or calendar months (`mo`); before, when negative."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """From `15wd`, `-7wd`, `6mo`, `7d` or `6w`. Raises NotADate for anything else."""
        if not (found := _LIMIT.fullmatch(text.strip().lower())):
            raise NotADate(
                f"Cannot read the limit {text!r}: write a number and a unit, such as 15wd (working days), "
                "-7wd (working days before), 7d (days), 6w (weeks) or 6mo (months)."
            )
        return cls(int(found["count"]), found["unit"])

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def words(self) -> str:
        """For people: `15 working days`, `7 working days before`, `6 months`."""
        count = abs(self.count)
        plural = "" if count == 1 else "s"
        return f"{count} {UNITS[self.unit]}{plural}{' before' if self.count < 0 else ''}"

    @property
    def in_working_days(self) -> bool:
        return self.unit == "wd"

    def from_day(self, day: date, calendar: Calendar) -> date:
        """The day on which the limit ends, counted from day 0.

        Working days: day N is the Nth working day after (or, negative, before) day 0. Months: the
        same day number, clamped to the end of a shorter month, never rolled on. Raises CalendarEnds.
        """
        try:
            match self.unit:
                case "wd" if self.count > 0:
                    return calendar.add(day, self.count)
                case "wd" if self.count < 0:
                    return calendar.subtract(day, -self.count)
                case "d" | "wd":
                    return day + timedelta(days=self.count)
                case "w":
                    return day + timedelta(weeks=self.count)
                case _:
                    return day + relativedelta(months=self.count)
        except (OverflowError, ValueError):
            raise CalendarEnds(
                f"Cannot count {self.words} from {day:%-d %B} {day.year}: no calendar goes that far."
            ) from None

    def stretched(self, due_on: date, stopped: int, calendar: Calendar) -> date:
        """The day, so many stopped days later: working days for a working-day limit, else calendar days."""
        if not stopped:
            return due_on
        return calendar.add(due_on, stopped) if self.in_working_days else due_on + timedelta(days=stopped)


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """A limit with a source. A new text is a new version; the old one gets valid_to.

    starts names the event that starts the clock; met_by and voided_by the transitions that end it.
    mark says how sure we are of the source: V verified, R recalled, I inferred, L local.
    duty is `by` (do it by then) or `until` (keep it up until then, so passing it is no breach).
    """

    code: str
    name: str
    kind: str
    limit: Limit
    starts: str
    owed_by: str
    owed_to: str
    citation: str
    mark: Literal["V", "R", "I", "L"]
    valid_from: date
    valid_to: date | None = None
    met_by: tuple[str, ...] = ()
    voided_by: tuple[str, ...] = ()
    ladder: str = "quiet"
    duty: Literal["by", "until"] = "by"
    edition: str = ""

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class RuleBook:
    """Every statutory rule, the local milestones a partnership begins with, and the ladders they name.

    must_hear is the audience that always hears of a statutory clock on its day and after it. due_days names
    events that are the due day of another deadline of the same subject, by its code: milestones are planned
    back from them.
    """

    statutory: tuple[DeadlineRule, ...]
    local: tuple[DeadlineRule, ...]
    ladders: dict[str, tuple[Rung, ...]]
    must_hear: str = ""
    due_days: dict[str, str] = field(default_factory=dict)

    def events_of_the_due_day(self, code: str) -> list[str]:
        """What the due day of a deadline is called by the rules that are counted from it."""
        return [event for event, anchor in self.due_days.items() if anchor == code]

    def in_force(self, code: str, on: date) -> DeadlineRule:
        """The version of a rule in force on a day. Raises NoSuchRule."""
        return find_rule((*self.statutory, *self.local), code, on)


def find_rule(rules: Iterable[DeadlineRule], code: str, on: date) -> DeadlineRule:
    """The version of the rule in force on the day. Raises NoSuchRule, naming what there is."""
    there = list(rules)
    versions = [rule for rule in there if rule.code == code]
    if not versions:
        known = ", ".join(sorted({rule.code for rule in there}))
        raise NoSuchRule(f"There is no rule {code!r}. Use a limit such as 15wd, or one of: {known}.")
    for rule in versions:
        if rule.in_force(on):
            return rule
    raise NoSuchRule(f"No version of rule {code!r} was in force on {on:%-d %B %Y}.")
