"""The pages for what cannot be shown. None says more than the person may know; none loses what was typed."""

import logging
import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.template.loader import get_template
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.pages.forms import TOKEN
from accounts.pages.rendering import humanised

log = logging.getLogger(__name__)

_NEVER_REPEATED = re.compile("password|secret|otp|csrfmiddlewaretoken", re.IGNORECASE)
"""Boxes whose content is not written into a page."""


# ---- The handlers that config.urls names -----------------------------------------------------
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _never_stored(render(request, "400.html", status=400))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _never_stored(render(request, "403.html", status=403))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _never_stored(render(request, "404.html", status=404))


def too_large(request: HttpRequest) -> HttpResponse:
    """The way back is to the page that the form was on, when that is one of ours."""
    return _never_stored(render(request, "413.html", {"back_url": way_back(request)}, status=413))


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request's context: what failed may be the database, on which that depends."""
    try:
        page = get_template("500.html").render({})
    except Exception:
        # The last line of defence: a broken template must not turn into a bare connection error.
        log.exception("The page for errors could not be written")
        page = "Sorry, there is a problem with the service. Try again later."
    return _never_stored(HttpResponse(page, status=500))


def unavailable(request: HttpRequest) -> HttpResponse:
    """For a moment in which the service knows that it cannot answer, such as a restore."""
    return _never_stored(
        HttpResponse(get_template("503.html").render({}), status=503, headers={"Retry-After": "60"})
    )


# ---- A form that came too late ---------------------------------------------------------------
def form_has_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A POST without a good CSRF token, or after the sign-in ended: shows what was typed, to be sent again.

    Only to a page of our own: another site that posts here is told nothing, and the hidden form with its
    good token, made for it, would be the forgery that the token is there to stop.
    """
    if not is_from_our_own_page(request):
        return forbidden(request)
    if request.path == resolve_url(settings.LOGIN_URL):
        messages.warning(request, "That page had been open for too long. Sign in again.")
        return HttpResponseRedirect(request.get_full_path())
    get_token(request)  # a cookie to go with the token in the page, if there is none yet
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        if not _NEVER_REPEATED.search(name)
        for value in values
    ]
    typed = [(humanised(name), value) for name, value in kept if name != TOKEN and value.strip()]
    context: dict[str, Any] = {
        "kept": kept,
        "typed": typed,
        "has_files": bool(request.FILES),
        "is_signed_in": request.user.is_authenticated,
        "path": request.get_full_path(),
        "sign_in_url": resolve_url(settings.LOGIN_URL),
    }
    return _never_stored(render(request, "pages/form_has_expired.html", context, status=403))


def is_from_our_own_page(request: HttpRequest) -> bool:
    """Whether the browser says that the request was made by a page of this site. Silence is a no."""
    ours = f"{request.scheme}://{request.get_host()}"
    if origin := request.headers.get("Origin"):
        return origin == ours
    referer = urlsplit(request.headers.get("Referer", ""))
    return f"{referer.scheme}://{referer.netloc}" == ours


def way_back(request: HttpRequest) -> str:
    """The address of the page that the person came from if it is ours, or home."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        referer, {request.get_host()}, require_https=request.is_secure()
    )
    return referer if is_ours else "/"


def _never_stored(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
