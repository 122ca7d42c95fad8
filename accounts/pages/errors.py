"""The pages for what cannot be shown. None says more than the person may know; none loses what was typed."""

import hashlib
import logging
import re
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.template.loader import get_template
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.pages.forms import SENT_AGAIN, TOKEN, typed_into
from accounts.pages.rendering import humanised

log = logging.getLogger(__name__)

_NEVER_REPEATED = re.compile("password|secret|otp|csrfmiddlewaretoken|^code$|^credential$", re.IGNORECASE)
"""Boxes whose content is not written into a page."""


# ---- The handlers that config.urls names -----------------------------------------------------
def bad_request(
    request: HttpRequest, exception: Exception | None = None, *, only_forms: bool = False
) -> HttpResponse:
    """only_forms: what is amiss is that something else than a form was sent."""
    return _error(request, 400, only_forms=only_forms)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


def too_large(request: HttpRequest) -> HttpResponse:
    """The way back is to the page that the form was on, when that is one of ours."""
    return _error(request, 413, back_url=way_back(request))


def too_many(request: HttpRequest, exception: Exception | None = None, *, said: str = "") -> HttpResponse:
    """For whoever tried the same too often: a guess at a password, a search by a machine. said: of what, until when."""
    return _error(request, 429, said=said)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request's context: what failed may be the database, on which that depends."""
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        return unavailable(request)
    try:
        page = get_template("500.html").render(_named(request))
    except Exception:
        # The last line of defence: a broken template must not turn into a bare connection error.
        log.exception("The page for errors could not be written")
        page = "Sorry, there is a problem with the service. Try again later."
    return _never_stored(HttpResponse(page, status=500))


def unavailable(request: HttpRequest) -> HttpResponse:
    """For a moment in which the service cannot answer: a restore, a database that is away or too busy."""
    page = get_template("503.html").render(_named(request))
    return _never_stored(HttpResponse(page, status=503, headers={"Retry-After": "60"}))


def page_of(request: HttpRequest, name: str, **more: Any) -> bytes:
    """An error page, with the id that the lines of the log about this request carry."""
    return render(request, name, {**_named(request), **more}).content


def _error(request: HttpRequest, status: int, **more: Any) -> HttpResponse:
    return _never_stored(HttpResponse(page_of(request, f"{status}.html", **more), status=status))


def _named(request: HttpRequest) -> dict[str, Any]:
    return {"error_id": getattr(request, "error_id", "")}


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
    kept = _kept(request)
    context: dict[str, Any] = {
        "kept": [*kept, (SENT_AGAIN, signing.dumps(_digest(request, kept), salt=SENT_AGAIN))],
        "typed": _typed(request, kept),
        "has_files": bool(request.FILES) or getattr(request, "file_is_left_out", False),
        "is_signed_in": request.user.is_authenticated,
        "must_confirm": reason == "confirm",
        "path": request.get_full_path(),
        "sign_in_url": resolve_url("confirm" if reason == "confirm" else settings.LOGIN_URL),
    }
    return _never_stored(render(request, "pages/form_has_expired.html", context, status=403))


def is_sent_again(request: HttpRequest) -> bool:
    """Whether this is the very form that form_has_expired showed, sent from there, within the hour.

    Signing in writes a new CSRF token, which that page cannot have: without this it would ask a second
    time. The seal is ours and holds only for this address and these words, and the browser must say, as
    always there, that the request was made by a page of this site.
    """
    seal = request.POST.get(SENT_AGAIN)
    if request.method != "POST" or not seal or request.FILES or not is_from_our_own_page(request):
        return False
    try:
        sealed = signing.loads(seal, salt=SENT_AGAIN, max_age=timedelta(hours=1))
    except signing.BadSignature:
        return False
    return bool(sealed == _digest(request, _kept(request)))


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, but for what is not written into a page."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != SENT_AGAIN and not _NEVER_REPEATED.search(name)
        for value in values
    ]


def _digest(request: HttpRequest, kept: list[tuple[str, str]]) -> str:
    """Of the address and the words, however the browser writes their line ends."""
    words = sorted((name, " ".join(value.split())) for name, value in kept)
    return hashlib.sha256(repr((request.get_full_path(), words)).encode()).hexdigest()


def _typed(request: HttpRequest, kept: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was typed, by the labels of the page's form; by the names of its boxes if the page has none."""
    match = request.resolver_match
    asked = getattr(getattr(match.func, "view_class", None), "asked", None) if match else None
    if match and asked:
        return typed_into(asked(**match.kwargs), request.POST)
    return [(humanised(name), value) for name, value in kept if name != TOKEN and value.strip()]


def is_from_our_own_page(request: HttpRequest) -> bool:
    """Whether the browser says that the request was made by a page of this site. Silence is a no."""
    ours = f"{request.scheme}://{request.get_host()}"
    if origin := request.headers.get("Origin"):
        return origin == ours
    try:
        referer = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return False
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
