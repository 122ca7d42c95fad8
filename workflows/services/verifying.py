"""Deriving every deadline again, to see whether what is stored is what its facts give."""

from collections.abc import Iterable

from workflows.derivation import Derivation, derive
from workflows.exceptions import WorkflowError
from workflows.models import Deadline
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
    for deadline in deadlines:
        try:
            derivation = derive(
                Limit.parse(deadline.rule.limit),
                deadline.facts.all(),
                calendars.calendar_of(deadline.calendar),
            )
        except WorkflowError:  # one that gives no date must not hide the others
            wrong.append((deadline, None))
            continue
        if (derivation.due_on, derivation.due_at, derivation.state, derivation.met_at) != (
            deadline.due_on,
            deadline.due_at,
            deadline.state,
            deadline.met_at,
        ):
            wrong.append((deadline, derivation))
    return wrong
