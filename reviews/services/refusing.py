"""What several services refuse alike: a time that cannot be, a reason that is missing."""

from datetime import datetime

from reviews.when import in_full
from workflows.exceptions import NotMet, WorkflowError


def to_the_minute(when: datetime) -> datetime:
    """People give times to the minute: what happened in the same minute is not before."""
    return when.replace(second=0, microsecond=0)


def no_earlier(when: datetime | None, floor: datetime | None) -> datetime | None:
    """The instant given, or the one it follows when that lies later in the same minute."""
    return max(when, floor) if when and floor and when >= to_the_minute(floor) else when


def need_reason(reason: str, verb: str) -> None:
    """Raise NotMet without a reason."""
    if not reason.strip():
        raise NotMet(f"Cannot {verb} without a reason.")


def not_before(
    when: datetime | None,
    floor: datetime | None,
    at: datetime,
    what: str,
    after: str,
    *,
    precision: str = "instant",
) -> None:
    """Raise WorkflowError when an event lies in the future, or before the one it must follow, known so exactly."""
    when = when or at
    if when > at:
        raise WorkflowError(f"Cannot record that you {what} in the future.", about="when")
    if floor and when < to_the_minute(floor):
        raise WorkflowError(
            f"Cannot record that you {what} before {after}: that was on {in_full(floor, precision)}.",
            about="when",
        )
