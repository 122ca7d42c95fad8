"""Saying that something was done which is no move of its subject, so that people hear of it."""

from datetime import datetime

from accounts.models import User
from workflows.actors import System
from workflows.models import Subject
from workflows.signals import announced


def announce(subject: Subject, key: str, tells: dict[str, str], *, by: User | System, at: datetime) -> None:
    """Tell every audience its news. Needs a transaction: what is told and what was done stand or fall together.

    key names what was done, such as `signature:42`: announced again, it tells nobody twice.
    """
    announced.send(sender=type(subject), subject=subject, key=key, tells=tells, by=by, at=at)
