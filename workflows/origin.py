"""Where what is being done comes from: the session, address and number of the request. Empty for a command or task.

Ambient on purpose: it decides nothing, and every service would have to hand it through to the ledger.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """session is a mark and not the key, which would let its reader in; ip as text; request a random number."""

    session: str = ""
    ip: str = ""
    request: str = ""


_here: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039 (it is frozen)


def origin() -> Origin:
    return _here.get()


@contextmanager
def coming_from(here: Origin) -> Iterator[None]:
    """All that is written meanwhile says that it came from there."""
    token = _here.set(here)
    try:
        yield
    finally:
        _here.reset(token)


def mark_of_session(key: str | None) -> str:
    """Sixteen letters by which the entries of one session are known, and nobody can sign in."""
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key else ""
