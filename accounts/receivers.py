"""What accounts does when Django and allauth say that somebody came or went."""

from typing import Any

from allauth.account.signals import user_logged_in as came_in
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.services import log, sessions
from accounts.services.arrivals import arrived


@receiver(user_logged_in)
def session_begins(sender: Any, request: HttpRequest, user: User, **given: Any) -> None:
    sessions.begin(request.session, at=timezone.now())


@receiver(came_in)
def person_arrives(sender: Any, request: HttpRequest, user: User, **given: Any) -> None:
    """Whoever has no second factor yet arrives when they have set one up: see views/factors.py."""
    if sessions.is_whole(request.session):
        arrived(request, user, at=timezone.now())


@receiver(user_logged_out)
def person_leaves(sender: Any, request: HttpRequest, user: User | None, **given: Any) -> None:
    if user is not None:
        log.write(log.SIGNED_OUT, subject=user, actor=user, at=timezone.now(), request=request)


@receiver(user_logged_out)
def forget_on_this_device(sender: Any, request: HttpRequest | None, **given: Any) -> None:
    """The answer to this request tells the browser to drop what it still holds: see `never_stored`."""
    if request is not None:
        request.has_signed_out = True  # type: ignore[attr-defined]
