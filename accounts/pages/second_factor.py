"""Every page needs a second factor, of everybody, and a session that has not ended. There is no exempt person."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from accounts.pages import errors
from accounts.services import sessions
from accounts.services.arrivals import DEVICE_FOR

View = TypeVar("View", bound=Callable[..., Any])


def before_second_factor(view: View) -> View:
    """Mark a view that somebody may use who has signed in and set up no second factor yet: to set one up."""
    view.is_before_second_factor = True  # type: ignore[attr-defined]
    return view


def while_suspended(view: View) -> View:
    """Mark a view that somebody may use whose account is suspended: to read why, and to sign out."""
    view.is_while_suspended = True  # type: ignore[attr-defined]
    return view


class SecondFactorRequired:
    """Asks it of every session and every page. What is not marked is refused.

    Until a second factor was used, the person of the request is nobody: for the pages, for what they show of
    navigation and names, and for the page about an address that leads nowhere. Only a view that is marked
    `before_second_factor` meets the person. A session that was idle for 15 minutes or is 8 hours old is no more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.half_signed_in = None  # type: ignore[attr-defined]
        if SESSION_KEY in request.session:
            at = getattr(request, "at", None) or timezone.now()
            if at >= sessions.ends_at(request.session):
                request.session.flush()
                request.user = AnonymousUser()
            elif not sessions.is_whole(request.session):
                request.half_signed_in = request.user  # type: ignore[attr-defined]
                request.user = AnonymousUser()
            else:
                sessions.touch(request, at=at)
        answer = self.get_response(request)
        if device := getattr(request, "new_device", None):
            answer.set_cookie(
                settings.DEVICE_COOKIE_NAME, device, max_age=DEVICE_FOR, secure=settings.SESSION_COOKIE_SECURE,
                httponly=True, samesite="Lax",
            )  # fmt: skip
        return answer

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        half = request.half_signed_in  # type: ignore[attr-defined]
        if half is not None and half.is_authenticated:
            if getattr(view, "is_before_second_factor", False):
                request.user = half
            elif getattr(view, "login_required", True):
                return _first_set_up(request)
        if (
            getattr(view, "login_required", True)
            and getattr(request.user, "suspended_at", None)
            and not getattr(view, "is_while_suspended", False)
        ):
            request.user = AnonymousUser()  # nothing on the way there may show more
            return HttpResponseRedirect(reverse("suspended"))
        return None


def _first_set_up(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return errors.form_has_expired(request, "no second factor")
    return HttpResponseRedirect(and_then("set-up", request.get_full_path()))


def and_then(name: str, then: str) -> str:
    """The address of the named page, from which one goes on to another of ours."""
    query = QueryDict(mutable=True)
    query["next"] = then
    return f"{reverse(name)}?{query.urlencode(safe='/')}"
