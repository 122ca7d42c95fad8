"""Rungs: whom to tell, how long before or after a deadline. Pure: no database, no clock, no settings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from workflows.calendars import Calendar, at_local, end_of
from workflows.exceptions import LadderError

MORNING = time(8, 30)
"""When a rung's time comes on its day, London time."""

MISSED = "missed"
"""The rung that every deadline has: the first late instant. It tells nobody; it records the breach."""

MOST_STEPS = 12
FARTHEST = 60
"""Working days before or after the day: about twelve weeks."""

_KEY = re.compile(r"(?:(?P<side>before|after)-(?P<count>[1-9][0-9]?)|due):(?P<tell>[a-z-]{1,40})")


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: whom to tell, so many working days before or after the due day; neither means on the day."""

    tell: str
    before: int = 0
    after: int = 0

    @property
    def key(self) -> str:
        """What the step is called in the database and in a notice's key, such as `before-3:author`."""
        place = f"before-{self.before}" if self.before else f"after-{self.after}" if self.after else "due"
        return f"{place}:{self.tell}"

    @classmethod
    def parse(cls, key: str) -> "Rung":
        """From its key. Raises LadderError for anything else."""
        if not (found := _KEY.fullmatch(key)):
            raise LadderError(f"Cannot read the step {key!r}.")
        return cls(found["tell"], **({found["side"]: int(found["count"])} if found["side"] else {}))

    @property
    def place(self) -> int:
        """Working days from the due day: negative before it, 0 on it. Steps are listed in this order."""
        return self.after - self.before

    @property
    def news(self) -> str:
        """Which text the notice has: a reminder, due today, or late."""
        return "reminder" if self.before else "late" if self.after else "due-today"

    def day(self, due_on: date, calendar: Calendar) -> date:
        """The day of the step, counted in the deadline's own calendar."""
        if self.before:
            return calendar.subtract(due_on, self.before)
        return calendar.add(due_on, self.after) if self.after else due_on


def refuse_unfit(rungs: Sequence[Rung], *, must_hear: str = "") -> None:
    """Raise LadderError, which says why, if nobody could climb these steps.

    must_hear is the audience that has to be told on the day or after it, since a statutory clock climbs here.
    """
    for rung in rungs:
        if (rung.before and rung.after) or not 0 <= abs(rung.place) <= FARTHEST:
            raise LadderError(
                f"Cannot use the step {rung.key!r}: give a number from 1 to {FARTHEST} working days, before or after."
            )
    if len({rung.key for rung in rungs}) < len(rungs):
        raise LadderError("Cannot add that step: it is there already.")
    if len(rungs) > MOST_STEPS:
        raise LadderError(
            f"Cannot have more than {MOST_STEPS} steps: nobody reads so many. Remove one first."
        )
    if must_hear and not any(rung.tell == must_hear and rung.place >= 0 for rung in rungs):
        raise LadderError(
            f"Cannot leave a deadline set by law without a step on the day or after it that tells the "
            f"{must_hear.replace('-', ' ')}: it could pass in silence. Add another such step first."
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A rung with its time (aware, UTC), ready to be stored."""

    key: str
    tell: str
    news: str
    fires_at: datetime


def climb(rungs: Sequence[Rung], due_on: date, calendar: Calendar, *, armed_at: datetime) -> list[Step]:
    """The steps of a ladder for a deadline due that day, in order of time.

    What had already passed when the ladder was armed is stale: of those steps only the latest
    for each audience is kept, so that a deadline recorded late says one thing, once.
    """
    steps = _every_step(tuple(rungs), due_on, calendar)
    latest = {step.tell: step for step in steps if step.fires_at <= armed_at}
    return [step for step in steps if step.fires_at > armed_at or latest[step.tell] is step]


@lru_cache(maxsize=1024)
def _every_step(rungs: tuple[Rung, ...], due_on: date, calendar: Calendar) -> tuple[Step, ...]:
    """All of them, in order of time. Kept: those that are due together climb the same few ladders."""
    steps = [
        Step(rung.key, rung.tell, rung.news, at_local(rung.day(due_on, calendar), MORNING)) for rung in rungs
    ]
    steps.append(Step(MISSED, "", MISSED, end_of(due_on)))
    return tuple(sorted(steps, key=lambda step: (step.fires_at, step.key)))
