"""The wiring between packages that do not know each other: what happens to accounts stands in the ledger."""

from typing import Any

from accounts.models import AccountEvent
from workflows.services.ledger import SERVICE, Line, append_all


def tell_the_ledger(event: AccountEvent, **given: Any) -> None:
    """Write what happened to an account into the service's own chain, in the transaction in which it happened.

    event is what accounts wrote of it: its kind, at, who did it (actor) and to whom (subject); NULL: a stranger.
    """
    target = f"accounts.user {event.subject_id}" if event.subject_id else "accounts.user"
    append_all([Line(SERVICE, event.kind, target, event.actor)], at=event.at)
