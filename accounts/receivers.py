"""What the pages note when Django says that somebody signed out, whichever page did it."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest


@receiver(user_logged_out)
def forget_on_this_device(sender: Any, request: HttpRequest | None, **given: Any) -> None:
    """The answer to this request tells the browser to drop what it still holds: see `never_stored`."""
    if request is not None:
        request.has_signed_out = True  # type: ignore[attr-defined]
