"""Deriving every deadline again, to see whether what is stored is what its facts give.

An open one that counts by an older list is derived by the list in use as well: a change that was said not to touch
it must give the same date.
"""

from collections.abc import Iterable

from workflows.derivation import Derivation, derive
from workflows.exceptions import WorkflowError
from workflows.models import CalendarChange, Deadline
from workflows.models.clocks import DeadlineQuerySet
from workflows.rules import Limit
from workflows.services import calendar as calendars

BATCH = 500


def drifted() -> list[tuple[Deadline, Derivation | None]]:
    """Deadlines whose stored date is not what their facts give, each with what they give: None if nothing."""
    return drifted_among(with_facts().iterator(chunk_size=BATCH))


def with_facts() -> DeadlineQuerySet:
    """Every deadline with what it is derived from."""
    return Deadline.objects.select_related("rule", "calendar").prefetch_related("facts")


def drifted_among(deadlines: Iterable[Deadline]) -> list[tuple[Deadline, Derivation | None]]:
    """The same of these, fetched with_facts."""
    wrong: list[tuple[Deadline, Derivation | None]] = []
    is_dating = CalendarChange.objects.still_dating().exists()
    for deadline in deadlines:
        lists = [calendars.calendar_of(deadline.calendar)]
        if deadline.is_open and deadline.calendar.replaced_by_id and not is_dating:
            lists.append(calendars.calendar_in_use_for(deadline.calendar))
        for calendar in lists:
            try:
                derivation = derive(Limit.parse(deadline.rule.limit), deadline.facts.all(), calendar)
            except WorkflowError:  # one that gives no date must not hide the others
                wrong.append((deadline, None))
                break
            if not _is_as_stored(deadline, derivation):
                wrong.append((deadline, derivation))
                break
    return wrong


def _is_as_stored(deadline: Deadline, derivation: Derivation) -> bool:
    return (derivation.due_on, derivation.due_at, derivation.state, derivation.met_at) == (
        deadline.due_on,
        deadline.due_at,
        deadline.state,
        deadline.met_at,
    )
