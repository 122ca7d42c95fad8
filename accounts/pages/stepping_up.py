"""What is worth asking twice: exports, break-glass, roles. A second factor within the last ten minutes."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from accounts.pages import errors
from accounts.pages.second_factor import and_then
from accounts.pages.views import at
from accounts.services import sessions


def must_step_up(request: HttpRequest) -> HttpResponseBase | None:
    """The answer that sends the person to confirm that it is them; None if they did within the ten minutes.

    What was posted is not lost: the page for late forms keeps it, and sends it again after the confirmation.
    """
    if sessions.proved_within(request.session, sessions.STEP_UP, at=at(request)):
        return None
    if request.method in ("GET", "HEAD"):
        return HttpResponseRedirect(and_then("confirm", request.get_full_path()))
    return errors.form_has_expired(request, "confirm")


class StepUp:
    """A view class that asks first. Stands before the view in the list of bases."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return must_step_up(request) or super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def step_up(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The same for a view that is a function."""

    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return must_step_up(request) or view(request, *args, **kwargs)

    return asked
