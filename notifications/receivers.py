"""What this package hears from the engine. Inside the engine's transaction: rows only, nothing outside.

A question, such as what would be told, is answered and writes nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from notifications import services
from workflows.actors import System
from workflows.calendars import Calendar
from workflows.models import LedgerAnchor, Outage, Rung, Subject, TransitionRecord
from workflows.services.simulating import Telling
from workflows.signals import (
    announced,
    ledger_anchored,
    people_told,
    rungs_foreseen,
    rungs_reached,
    service_news,
    transitioned,
)


@receiver(transitioned, dispatch_uid="tell-of-a-move")
def tell_of_a_move(
    subject: Subject, record: TransitionRecord, tells: dict[str, str], at: datetime, **kwargs: Any
) -> None:
    services.tell_of_move(subject, record, tells, at=at)


@receiver(announced, dispatch_uid="tell-of-an-event")
def tell_of_an_event(
    subject: Subject, key: str, tells: dict[str, str], by: User | System, at: datetime, **kwargs: Any
) -> None:
    services.tell_of_event(subject, key, tells, by=by, at=at)


@receiver(rungs_reached, dispatch_uid="tell-of-rungs")
def tell_of_rungs(rungs: Sequence[Rung], at: datetime, outage: Outage | None = None, **kwargs: Any) -> None:
    services.tell_of_rungs(rungs, at=at, outage=outage)


@receiver(service_news, dispatch_uid="tell-administrators")
def tell_administrators(news: str, key: str, by: object, at: datetime, **kwargs: Any) -> None:
    services.tell_administrators(news, key, by=by, at=at)


@receiver(people_told, dispatch_uid="tell-people")
def tell_people(news: str, key: str, people: Sequence[User], at: datetime, **kwargs: Any) -> None:
    services.tell_people(news, key, people, at=at)


@receiver(ledger_anchored, dispatch_uid="tell-witnesses")
def tell_witnesses(anchor: LedgerAnchor, at: datetime, **kwargs: Any) -> None:
    services.tell_witnesses(anchor, at=at)


@receiver(rungs_foreseen, dispatch_uid="foretell-rungs")
def foretell_rungs(
    rungs: Sequence[tuple[datetime, Rung]], calendar: Calendar, **kwargs: Any
) -> list[Telling]:
    return services.foretell(rungs, calendar=calendar)
