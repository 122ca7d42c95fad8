"""What the engine's tests share: the shipped calendar, London times, cases, and people who may do things."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection
from guardian.shortcuts import assign_perm

from accounts.models import Partnership, User
from reviews.models import Case
from workflows.actors import SYSTEM, System
from workflows.calendars import LONDON, Calendar
from workflows.models import Deadline, Subject
from workflows.services.calendar import SHIPPED
from workflows.services.moving import begin, perform

HOLIDAYS = {
    date.fromisoformat(event["date"]): event["title"] for event in json.loads(SHIPPED.read_text())["events"]
}
CALENDAR = Calendar("shipped", HOLIDAYS)

REFERRED_AT = datetime(2026, 3, 12, 15, 40, tzinfo=UTC)
"""A Thursday afternoon: the referral of the story."""


def london(day: str, hour: str = "09:00") -> datetime:
    """That wall-clock time in London, aware, in UTC."""
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=LONDON).astimezone(UTC)


@dataclass(frozen=True)
class Told:
    """A fact without a database."""

    id: int
    kind: str
    effective_at: datetime
    details: dict[str, Any] = field(default_factory=dict)
    authority: str = ""
    reason: str = ""


def a_partnership(name: str = "Northtown") -> Partnership:
    return Partnership.objects.create(name=name, reference_prefix="NT")


def a_person(name: str = "Una", *, may: str = "", on: Subject | None = None) -> User:
    """Somebody, granted the permissions named (in one string) on the subject."""
    user = User.objects.create_user(f"{name.lower()}@example.org", name)
    for permission in may.split():
        assign_perm(permission, user, on)
    return user


def a_case(
    partnership: Partnership | None = None, *, at: datetime = REFERRED_AT, aware_at: datetime | None = None,
    by: User | System = SYSTEM, **given: Any,
) -> Case:  # fmt: skip
    """A case referred at the instant; the authority knew then too, unless told otherwise."""
    case = Case(
        partnership=partnership or Partnership.objects.first() or a_partnership(),
        aware_at=aware_at or at, **{"harm": "death", "summary": "x", **given},
    )  # fmt: skip
    return begin(case, "refer", by=by, at=at)


def a_notified_case(*, at: datetime = REFERRED_AT) -> Case:
    """A case whose serious incident notification was sent at the instant: its fifteen working days run."""
    case = a_case(at=at)
    perform(case, Case.consider, by=SYSTEM, at=at)
    return perform(case, Case.notify, by=SYSTEM, at=at)


def clock_of(subject: Subject, code: str = "RR_COMPLETE") -> Deadline:
    return Deadline.objects.select_related("rule", "calendar").get(subject_id=subject.pk, rule_code=code)


def in_one_moment(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all of them at once, each in a thread with a connection of its own. Returns answers, or errors."""
    barrier = threading.Barrier(len(deeds))
    answers: list[Any] = [None] * len(deeds)

    def run(place: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            answers[place] = deed()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return answers
