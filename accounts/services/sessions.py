"""The time that a person is signed in: what began it, what proved them, when it ends, and who may end it.

A session knows when it began and when it was last used; the database keeps beside it from where (allauth's
UserSession), so that its person and an administrator can see and end it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import F
from django.http import HttpRequest

from accounts.models import User
from accounts.services import log
from accounts.services.callers import device_in_words
from accounts.shared_cache import forget_expired

IDLE = timedelta(minutes=15)
WARNED_BEFORE = timedelta(minutes=2)
LONGEST = timedelta(hours=8)
AT_ONCE = 3
"""So many sessions a person may have; one more ends the one that was not used for longest."""
TOUCHED_EVERY = timedelta(minutes=1)
STEP_UP = timedelta(minutes=10)
"""How long ago a second factor may be for what is worth asking twice."""

BEGAN, SEEN = "began_at", "seen_at"
SECOND_FACTOR = "mfa"
"""How allauth calls, in the records of a session, that a second factor was used (a passkey is both factors)."""


# ---- What a session says ---------------------------------------------------------------------
def records_of(session: Mapping[str, Any] | SessionBase) -> list[dict[str, Any]]:
    """How the person of this session proved themselves, in order; none that belong to somebody else."""
    if session.get("account_authentication_methods_user") != session.get(SESSION_KEY):
        return []
    found = session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    return found if isinstance(found, list) else []


def is_whole(session: Mapping[str, Any] | SessionBase) -> bool:
    """Whether a second factor was used in this session. Anything else, also what cannot be read, is no."""
    return any(record.get("method") == SECOND_FACTOR for record in records_of(session))


def proved_within(session: Mapping[str, Any] | SessionBase, within: timedelta, *, at: datetime) -> bool:
    """Whether the person proved themselves so lately: by a second factor, where the session has one."""
    records = records_of(session)
    if is_whole(session):
        records = [record for record in records if record.get("method") == SECOND_FACTOR]
    return any(0 <= at.timestamp() - float(record["at"]) < within.total_seconds() for record in records)


def ends_at(session: Mapping[str, Any] | SessionBase) -> datetime:
    """When it ends unless it is used before (aware, UTC). One that does not say when it began has ended."""
    if BEGAN not in session or SEEN not in session:
        return datetime.min.replace(tzinfo=UTC)
    seen, began = (datetime.fromtimestamp(session[key], UTC) for key in (SEEN, BEGAN))
    return min(seen + IDLE, began + LONGEST)


def begun_at(session: Mapping[str, Any] | SessionBase) -> datetime:
    """When the person signed in (aware, UTC)."""
    return datetime.fromtimestamp(session[BEGAN], UTC)


def ending(session: Mapping[str, Any] | SessionBase, *, at: datetime) -> dict[str, Any]:
    """When it ends if nothing more is done: `ends_at` (aware, UTC), `ends_in` (seconds), and whether using it would
    not make it longer, since it is 8 hours old then (`is_last`)."""
    ends = ends_at(session)
    return {
        "ends_in": max(0, int((ends - at).total_seconds())),
        "ends_at": ends,
        "is_last": ends >= begun_at(session) + LONGEST,
    }


def begin(session: SessionBase, *, at: datetime) -> None:
    """It counts from now."""
    session[BEGAN] = session[SEEN] = at.timestamp()


def extend(session: SessionBase, *, at: datetime) -> None:
    """The person says that they are still there."""
    session[SEEN] = at.timestamp()


def touch(request: HttpRequest, *, at: datetime) -> None:
    """It was used: written down at most once a minute, so that reading costs nothing."""
    session = request.session
    if at.timestamp() - session[SEEN] < TOUCHED_EVERY.total_seconds():
        return
    session[SEEN] = at.timestamp()
    UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=at)
    User.objects.filter(pk=session[SESSION_KEY], suspended_at=None).update(used_at=at)


def prove(request: HttpRequest, user: User, **how: Any) -> None:
    """Write into the session that a second factor was used."""
    record_authentication(request, user, SECOND_FACTOR, **how)


def renew(request: HttpRequest) -> None:
    """Another key for the same session: what somebody learned of it before is worth nothing now."""
    old = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def record_place(request: HttpRequest, user: User) -> None:
    """Keep beside the session from where it is: after its key was changed, under the new one."""
    UserSession.objects.purge_and_list(user)
    UserSession.objects.create_from_request(request)


# ---- Those there are -------------------------------------------------------------------------
@dataclass(frozen=True)
class Sitting:
    """One session, as its person sees it."""

    pk: int
    device: str
    ip: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def sittings_of(user: User, *, at: datetime, this: str | None = None) -> list[Sitting]:
    """The sessions that have not ended, the one used last first. `this`: the key of the one that asks."""
    return [
        Sitting(
            row.pk, device_in_words(row.user_agent), row.ip, row.created_at, row.last_seen_at,
            row.session_key == this,
        )
        for row in _alive(user, at=at)
    ]  # fmt: skip


def _alive(user: User, *, at: datetime) -> list[UserSession]:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = UserSession.objects.filter(
        user=user, last_seen_at__gt=at - IDLE - TOUCHED_EVERY, created_at__gt=at - LONGEST
    )
    return [row for row in rows.order_by("-last_seen_at", "-pk") if store.exists(row.session_key)]


def keep_few(user: User, *, at: datetime, this: str | None) -> int:
    """End what is over the number that a person may have at once, the longest unused first. Returns how many."""
    others = [row for row in _alive(user, at=at) if row.session_key != this]
    ended = others[AT_ONCE - 1 :]
    for row in ended:
        row.end()
    return len(ended)


def end_one(user: User, pk: int, *, by: User, at: datetime, request: HttpRequest | None = None) -> bool:
    """End one session of the person. Returns whether there was such a one."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        return False
    row.end()
    log.write(log.SESSIONS_ENDED, subject=user, actor=by, at=at, request=request)
    return True


def end_all(
    user: User,
    *,
    by: User | None,
    at: datetime,
    but: SessionBase | None = None,
    request: HttpRequest | None = None,
) -> None:
    """End every session of the person with their next request, wherever it is kept.

    The sessions agree with a seal of the account; one that is to stay (`but`) is given the new one.
    """
    User.objects.filter(pk=user.pk).update(session_seal=F("session_seal") + 1)
    user.refresh_from_db(fields=["session_seal"])
    rows = UserSession.objects.filter(user=user)
    if but is not None:
        but["_auth_user_hash"] = user.get_session_auth_hash()
        rows = rows.exclude(session_key=but.session_key)
    for row in rows:
        row.end()
    log.write(log.SESSIONS_ENDED, subject=user, actor=by, at=at, request=request)


# ---- Those there were ------------------------------------------------------------------------
def forget_ended(*, at: datetime) -> int:
    """Delete what the database holds of sessions that have ended, also of who never signed in, and of tries that count
    no more. Returns how many sessions."""
    forget_expired(at=at)
    UserSession.objects.filter(created_at__lte=at - LONGEST).delete()
    return Session.objects.filter(expire_date__lte=at).delete()[0]
