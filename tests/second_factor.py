"""How the tests sign people in: with a second factor, since without one the product shows nobody anything.

`Client.force_login` stands for a whole sign-in, in one place. The product has no setting that asks for less.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import factors, sessions

_half = Client._login  # type: ignore[attr-defined]


def proved(session: Any, user: User, *, at: datetime | None = None) -> None:
    """Write into a session that its person used a second factor, now or at the instant."""
    at = at or timezone.now()
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": at.timestamp()}]


def _whole(client: Client, user: User, backend: str | None = None) -> None:
    _half(client, user, backend)
    session = client.session
    proved(session, user)
    session.save()


def sign_in_wholly() -> None:
    """From now on `force_login` stands for a whole sign-in."""
    Client._login = _whole  # type: ignore[attr-defined]


def half_signed_in(user: User) -> Client:
    """A browser in which the person gave their password and nothing more."""
    client = Client()
    _half(client, user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    at = timezone.now().timestamp()
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [{"method": "password", "at": at}]
    session.save()
    return client


def session_of(email: str) -> str:
    """The key of a session for that person, as signing in would make it."""
    user = User.objects.get(email=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    sessions.begin(session, at=timezone.now())
    proved(session, user)
    session.create()
    return str(session.session_key)


def an_app(user: User) -> str:
    """An authenticator app for the person. Returns its secret."""
    secret = factors.new_secret()
    factors.add_app(user, secret)
    return secret


def code_of(user: User) -> str:
    """What the person's app shows now, by the clock of the tests."""
    secret = factors.secret_of(user)
    assert secret, f"{user.email} has no app"
    return factors.code_at(secret, timezone.now())
