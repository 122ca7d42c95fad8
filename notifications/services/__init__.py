"""What this package does: tell (rows, in the teller's transaction) and deliver (mails, by workers, later)."""

from notifications.services.bouncing import take_report
from notifications.services.chasing import chasing_of, told_of
from notifications.services.delivering import (
    BATCH,
    DELIVER,
    Delivered,
    deliver_everything_owed,
    deliver_waiting,
)
from notifications.services.foretelling import foretell
from notifications.services.reading import (
    SEE_NOTICES,
    address_of,
    case_with_notices,
    mark_dealt_with,
    mark_seen,
    names_to_phone,
    undelivered_to,
    unseen_count,
)
from notifications.services.telling import (
    tell_administrators,
    tell_of_event,
    tell_of_move,
    tell_of_rungs,
    tell_people,
    tell_witnesses,
)

__all__ = [
    "BATCH",
    "DELIVER",
    "SEE_NOTICES",
    "Delivered",
    "address_of",
    "case_with_notices",
    "chasing_of",
    "deliver_everything_owed",
    "deliver_waiting",
    "foretell",
    "mark_dealt_with",
    "mark_seen",
    "names_to_phone",
    "take_report",
    "tell_administrators",
    "tell_of_event",
    "tell_of_move",
    "tell_of_rungs",
    "tell_people",
    "tell_witnesses",
    "told_of",
    "undelivered_to",
    "unseen_count",
]
