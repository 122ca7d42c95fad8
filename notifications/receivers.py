"""What this package hears from the engine. Inside the engine's transaction: rows only, nothing outside.

A question, such as what would be told, is answered and writes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from notifications import services
from workflows.calendars import Calendar
from workflows.models import Rung, Subject, TransitionRecord
from workflows.services.simulating import Telling
from workflows.signals import rungs_foreseen, rungs_reached, transitioned


@receiver(transitioned, dispatch_uid="tell-of-a-move")
def tell_of_a_move(
    subject: Subject, record: TransitionRecord, tells: dict[str, str], at: datetime, **kwargs: Any
) -> None:
    services.tell_of_move(subject, record, tells, at=at)


@receiver(rungs_reached, dispatch_uid="tell-of-rungs")
def tell_of_rungs(rungs: Sequence[Rung], at: datetime, **kwargs: Any) -> None:
    services.tell_of_rungs(rungs, at=at)


@receiver(rungs_foreseen, dispatch_uid="foretell-rungs")
def foretell_rungs(
    rungs: Sequence[tuple[datetime, Rung]], calendar: Calendar, **kwargs: Any
) -> list[Telling]:
    return services.foretell(rungs, calendar=calendar)
