"""What if: the dates and the mails that would follow if today, a holiday, a limit or a pause were otherwise.

Everything is worked out by the pure functions that set the real dates, on copies that are never stored. No
row is written, also not to be rolled back: there is nothing that could be left behind.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from workflows.calendars import Calendar, end_of, local_date
from workflows.countdown import TimeLeft, day_in_words, time_left
from workflows.derivation import Derivation
from workflows.exceptions import WorkflowError
from workflows.facts import RE_RULED, FactLike
from workflows.ladders import MISSED
from workflows.models import Deadline, Rung
from workflows.models.clocks import DeadlineQuerySet
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.folding import rungs_of
from workflows.services.muting import not_muted
from workflows.services.rules import rule_book
from workflows.services.standing import how_it_stands
from workflows.signals import rungs_foreseen
from workflows.supposing import Leg, SupposedFact, Suppositions, legs_of, legs_planned_from


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One open deadline as it is, and as it would be. A day is None while it is paused."""

    deadline: Deadline
    was: date | None
    becomes: date | None
    now: TimeLeft
    then: TimeLeft
    trouble: str = ""
    """Why it could not be supposed of this one; it is then shown as it is."""
    moves_with: str = ""
    """The name of the deadline it is planned back from, if it moves with that one."""

    @property
    def is_moved(self) -> bool:
        return self.was != self.becomes

    @property
    def becomes_late(self) -> bool:
        """Not late now, and late then if nobody does anything."""
        return self.then.tone == "late" and self.now.tone != "late"


@dataclass(frozen=True, slots=True)
class Telling:
    """What a rung would tell: when it would be reached, when its mail would go, the subject line, and to whom."""

    rung: Rung
    reached_at: datetime
    goes_at: datetime
    says: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """All that would follow: the deadlines by their new day, and the mails in order of time."""

    on: date
    deadlines: list[Foreseen]
    tellings: list[Telling]


def must_be_possible(supposed: Suppositions, *, at: datetime) -> None:
    """Raise WorkflowError, in a sentence, for what cannot be supposed."""
    calendar, now = calendars.current_calendar(), local_date(at)
    if supposed.today is not None and supposed.today < now:
        raise WorkflowError(
            f"Cannot suppose that today is {day_in_words(supposed.today)}: that is in the past. "
            f"Give today, {day_in_words(now)}, or a later day."
        )
    for day in filter(None, (supposed.today, *supposed.holidays, *supposed.working_days)):
        calendar.is_working_day(day)  # raises CalendarEnds outside its years
    for day in supposed.holidays:
        if why := calendar.why_not(day):
            raise WorkflowError(f"{day_in_words(day)} does not count already ({why}): nothing would change.")
    for day in supposed.working_days:
        if day not in calendar.holidays:
            raise WorkflowError(f"{day_in_words(day)} is not a bank holiday in the list in use.")
    for limit in supposed.limits.values():
        calendar.is_working_day(limit.from_day(now, calendar))
    for pause in supposed.pauses:
        if pause.last < pause.first:
            raise WorkflowError(
                f"Cannot pause from {day_in_words(pause.first)} to {day_in_words(pause.last)}: it would end first."
            )
        for day in (pause.first, pause.last):
            calendar.is_working_day(day)


def simulate(deadlines: DeadlineQuerySet, supposed: Suppositions, *, at: datetime) -> Simulation:
    """What would follow for the open ones among these deadlines, if nobody did anything meanwhile.

    The mails are those of every rung from now to the end of the supposed today; without one, all that are
    still to come of the deadlines that would move. Raises WorkflowError for what cannot be supposed.
    """
    must_be_possible(supposed, at=at)
    on = supposed.today or local_date(at)
    until = end_of(on) if supposed.today else None
    then = max(at, end_of(on) - timedelta(seconds=1))
    seen, rungs = [], []
    anchors: dict[tuple[Any, str], tuple[Deadline, list[Leg]]] = {}
    due_days = rule_book().due_days
    rows = (
        deadlines.open()
        .select_related("rule", "calendar", "subject", "ladder")
        .prefetch_related("facts", "rungs")
    )
    for deadline in sorted(
        rows, key=lambda one: one.rule.starts in due_days
    ):  # what others are planned from, first
        anchor = anchors.get((deadline.subject_id, due_days.get(deadline.rule.starts, "")))
        foreseen, legs, calendar = _foresee(deadline, supposed, at=at, then=then, anchor=anchor)
        seen.append(foreseen)
        if foreseen.is_moved:
            anchors[deadline.subject_id, deadline.rule_code] = deadline, legs
        if until is None and not foreseen.is_moved:
            continue
        ahead = _rungs(deadline, legs, calendar, at=at)
        rungs += [(when, rung) for when, rung in ahead if until is None or when < until]
    return Simulation(
        on,
        sorted(seen, key=lambda one: (one.becomes is None, one.becomes or on, one.deadline.pk)),
        _ask(not_muted(rungs, at=at), supposed.changed(calendars.current_calendar())),
    )


def _foresee(
    deadline: Deadline,
    supposed: Suppositions,
    *,
    at: datetime,
    then: datetime,
    anchor: tuple[Deadline, list[Leg]] | None = None,
) -> tuple[Foreseen, list[Leg], Calendar]:
    """One deadline; with its legs, and the calendar it would be counted by.

    anchor is what it is planned back from, with the legs of that, if that one would move.
    """
    another = supposed.limits.get(deadline.rule_code)
    limit = another or Limit.parse(deadline.rule.limit)
    pauses = [pause for pause in supposed.pauses if deadline.subject_id in pause.subjects]
    own = calendars.calendar_in_use_for(deadline.calendar)
    calendar, trouble = supposed.changed(own), ""
    try:
        facts: list[FactLike] = list(deadline.facts.all())
        if another and Limit.parse(deadline.derivation["limit"]) != Limit.parse(deadline.rule.limit):
            # It was let count by a limit of its own, which only a later decision of that kind would change.
            number = max(fact.id for fact in facts) + 1
            facts.append(SupposedFact(number, RE_RULED, at, details={"limit": str(another)}))
        if anchor:
            legs = legs_planned_from(anchor[1], limit, facts, calendar)
        else:
            legs = legs_of(limit, facts, calendar, pauses)
    except WorkflowError as refusal:
        limit, calendar, trouble = Limit.parse(deadline.rule.limit), own, str(refusal)
        legs = legs_of(limit, list(deadline.facts.all()), own, ())
    running = next((leg for leg in legs if leg.until is None or then < leg.until), legs[-1])
    is_stopped = running.since is not None and then < running.since
    left = time_left(
        running.derivation.due_on,
        calendar,
        at=then,
        duty=deadline.rule.duty,
        state="paused" if is_stopped else running.derivation.state,
        working=running.derivation.limit.in_working_days,
    )
    becomes = legs[-1].derivation.due_on
    now = how_it_stands(deadline, at=at)
    moves_with = anchor[0].rule.name if anchor and becomes != deadline.due_on else ""
    return Foreseen(deadline, deadline.due_on, becomes, now, left, trouble, moves_with), legs, calendar


def _rungs(
    deadline: Deadline, legs: list[Leg], calendar: Calendar, *, at: datetime
) -> Iterator[tuple[datetime, Rung]]:
    """Every rung that would be reached from now on, with the instant: that of its leg, or now if it has passed."""
    reached = {(rung.key, rung.due_at) for rung in deadline.rungs.all() if rung.reached_at is not None}
    for leg in legs:
        if leg.until is not None and leg.until <= at:
            continue
        if _is_as_stored(deadline, leg.derivation) and leg.since is None:
            ahead = [rung for rung in deadline.rungs.all() if rung.reached_at is None]
        else:
            armed_at = max(leg.since or at, at)
            ahead = rungs_of(_as_it_would_be(deadline, leg.derivation), calendar, armed_at=armed_at)
            ahead = [rung for rung in ahead if (rung.key, rung.due_at) not in reached]
        for rung in ahead:
            when = max(rung.fires_at, at, leg.since or at)
            if rung.key != MISSED and (leg.until is None or when < leg.until):
                yield when, rung


def _is_as_stored(deadline: Deadline, derivation: Derivation) -> bool:
    return (derivation.state, derivation.due_at) == (deadline.state, deadline.due_at)


def _as_it_would_be(deadline: Deadline, derivation: Derivation) -> Deadline:
    """A copy with another date, for the pure functions. Never to be saved."""
    supposed = copy(deadline)
    supposed.state, supposed.due_on, supposed.due_at = (
        derivation.state,
        derivation.due_on,
        derivation.due_at,
    )
    return supposed


def _ask(rungs: list[tuple[datetime, Rung]], calendar: Calendar) -> list[Telling]:
    """What whoever tells people would make of these rungs."""
    if not rungs:
        return []
    answers: list[Any] = rungs_foreseen.send(sender=Rung, rungs=rungs, calendar=calendar)
    return [telling for _, answer in answers for telling in answer]
