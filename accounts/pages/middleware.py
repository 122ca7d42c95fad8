"""What happens to every request before and after its page: clean input, sign-in, nothing kept in caches."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.pages import errors

Answer = Callable[[HttpRequest], HttpResponseBase]

_DRAINED = 32 * 1024 * 1024
"""How much of a body that is too large is still read: a connection cut while the browser is sending shows
its own error instead of our page."""


def clean_input(get_response: Answer) -> Answer:
    """Refuses what no page could use, before a page sees it, and says once what time it is (`request.at`)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        request.at = timezone.now()  # type: ignore[attr-defined]
        return _refusal(request) or get_response(request)

    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    # Bytes of a path that are no UTF-8 have become "%FF" by now, harmless text that leads nowhere.
    query = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
    if "\0" in request.path_info or not _is_clean(query):
        return errors.bad_request(request)
    if request.method not in ("POST", "PUT", "PATCH"):
        return None
    is_multipart = request.content_type == "multipart/form-data"
    if not is_multipart and _content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        _drain(request)
        return errors.too_large(request)
    try:
        request.POST  # noqa: B018 (reads the body now, where what is wrong with it can be said)
    except RequestDataTooBig:
        return errors.too_large(request)
    except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, BadRequest):
        return errors.bad_request(request)
    return None


def _is_clean(raw: bytes) -> bool:
    """UTF-8 (which has no lone surrogates) without NUL."""
    try:
        return "\0" not in raw.decode()
    except UnicodeDecodeError:
        return False


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest) -> None:
    left = min(_content_length(request), _DRAINED)
    while left > 0 and (chunk := request.read(min(left, 64 * 1024))):
        left -= len(chunk)


def sent_again(get_response: Answer) -> Answer:
    """Lets a form through that our page for late forms sealed, though signing in has made its CSRF token an old one."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if errors.is_sent_again(request):
            request.csrf_processing_done = True  # type: ignore[attr-defined] # Django's own mark, asked first
        return get_response(request)

    return answer


class SignInRequired(LoginRequiredMiddleware):
    """Every page asks for sign-in unless it is marked `login_not_required`; what was typed meanwhile is kept."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        if request.method == "POST":
            return errors.form_has_expired(request, "signed out")
        return super().handle_no_permission(request, view_func)


def only_our_own(get_response: Answer) -> Answer:
    """A page may load, run and send to nothing but this site: typed text that became markup could do no harm."""
    policy = "; ".join(
        [
            "default-src 'none'",
            *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect")),
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return answer


def never_stored(get_response: Answer) -> Answer:
    """No browser and no cache between keeps a page: the next person at the desk must not go back to it."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer
