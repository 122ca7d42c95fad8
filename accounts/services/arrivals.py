"""What happens when a sign-in is whole: written down, others ended if too many, a new device told of."""

import hashlib
import secrets
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from accounts.models import KnownDevice, User
from accounts.services import letters, log, sessions
from accounts.services.callers import agent_of

DEVICE_FOR = 400 * 24 * 60 * 60
"""Seconds for which a browser is known; the longest that browsers keep a cookie."""


def arrived(request: HttpRequest, user: User, *, at: datetime) -> None:
    """The person has proved themselves with two factors."""
    if user.suspended_at is None:
        User.objects.filter(pk=user.pk).update(used_at=at)
    sessions.keep_few(user, at=at, this=request.session.session_key)
    log.write(log.SIGNED_IN, subject=user, actor=user, at=at, request=request)
    _know_device(request, user, at=at)


def _know_device(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Tell the person by mail of a browser in which they have not signed in before; of their first there is no news."""
    secret = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    if secret and user.devices.filter(secret_hash=_hash(secret)).exists():
        return
    is_first = not user.devices.exists()
    if not secret:
        secret = secrets.token_urlsafe(24)
        request.new_device = secret  # type: ignore[attr-defined] # the middleware gives it to the browser
    KnownDevice.objects.create(user=user, secret_hash=_hash(secret), first_at=at)
    log.write(log.NEW_DEVICE, subject=user, actor=user, at=at, request=request)
    if not is_first:
        letters.owe("new-device", user, at=at, about=agent_of(request))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
