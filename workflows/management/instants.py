"""How a command reads a time that somebody types."""

from datetime import UTC, datetime

from django.core.management.base import CommandError

from workflows.calendars import LONDON


def instant(text: str) -> datetime:
    """An aware instant from ISO text; a time without an offset is London's. Raises CommandError."""
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=LONDON)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"Cannot read the time {text!r}: write a day and a time, such as 2026-03-02T10:15 or 2026-03-02T10:15Z.",
            returncode=2,
        ) from None
