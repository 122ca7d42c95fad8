"""What this package does: tell (rows, in the teller's transaction) and deliver (mails, by workers, later)."""

from notifications.services.delivering import BATCH, Delivered, deliver_everything_owed, deliver_waiting
from notifications.services.reading import open_notice, unseen_count
from notifications.services.telling import tell_of_move, tell_of_rungs

__all__ = [
    "BATCH",
    "Delivered",
    "deliver_everything_owed",
    "deliver_waiting",
    "open_notice",
    "tell_of_move",
    "tell_of_rungs",
    "unseen_count",
]
