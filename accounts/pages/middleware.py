"""What happens to every request before and after its page: clean input, sign-in, nothing kept in caches."""

import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts.pages import errors

Answer = Callable[[HttpRequest], HttpResponseBase]

_DRAINED = 32 * 1024 * 1024
"""How much of a body that is too large is still read: a connection cut while the browser is sending shows
its own error instead of our page."""
_DRAINED_OF_A_FILE = 600 * 1024 * 1024
"""The same for a file that somebody signed in chose without knowing how large it is, such as a film."""


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def numbered(get_response: Answer) -> Answer:
    """Gives the request an id that an error page shows and the lines of the log about it carry (`request.error_id`)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        request.error_id = secrets.token_hex(5)  # type: ignore[attr-defined]
        return get_response(request)

    return answer


def clean_input(get_response: Answer) -> Answer:
    """Refuses what no page could use, before a page sees it, and says once what time it is (`request.at`)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        request.at = timezone.now()  # type: ignore[attr-defined]
        return _refusal(request) or get_response(request)

    return answer


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if not _is_readable(request):
        return errors.bad_request(request)
    # A cookie may write NUL as \000 inside quotes, and no database looks that up: it is nobody's session.
    request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
    if request.method not in ("POST", "PUT", "PATCH"):
        return None
    if _content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        if _may_be_a_file(request):
            request.is_unread = True  # type: ignore[attr-defined] # until it is known who sends it: `files_let_in`
            return None
        # Also one with a file in it: Django limits its fields alone, and would write the file to the disk for anybody.
        _drain(request)
        return errors.too_large(request)
    if _content_length(request) and request.content_type not in _FORMS:
        # No page takes JSON or anything else: how deep, how long and how often a key comes need not be read.
        return errors.bad_request(request, only_forms=True)
    return _unreadable(request)


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """Reads the body now, where what is wrong with it can be said."""
    try:
        request.POST  # noqa: B018
    except RequestDataTooBig:
        return errors.too_large(request)
    except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError, UnreadablePostError, BadRequest):
        return errors.bad_request(request)
    return None if _came_whole(request) else errors.bad_request(request)


def _came_whole(request: HttpRequest) -> bool:
    """Whether all bytes came that were promised: of a connection that was cut Django takes what there is for all."""
    came = getattr(getattr(request, "_stream", None), "_pos", None)
    return came is None or came >= _content_length(request) or getattr(request, "file_is_left_out", False)


def _may_be_a_file(request: HttpRequest) -> bool:
    """Whether the page at this address takes files, and this may be one: its view says so with `takes_files`."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    is_form = request.content_type == "multipart/form-data"
    return is_form and getattr(getattr(view, "view_class", view), "takes_files", False)


def files_let_in(get_response: Answer) -> Answer:
    """Reads a body with a file in it, for who is signed in. Stands behind what knows who it is, before what reads.

    The file stays in memory: what is about a child never lies on the disk unsealed. Not read is the file of who is not
    signed in, and one larger than any page takes: what was typed before it is kept, and the page that answers says so
    (`request.file_is_left_out`, and for the second `request.file_is_too_large`).
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        if not getattr(request, "is_unread", False):
            return get_response(request)
        is_too_large = _content_length(request) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        if request.user.is_authenticated and not is_too_large:
            return _unreadable(request) or get_response(request)
        request.file_is_left_out = True  # type: ignore[attr-defined]
        request.file_is_too_large = is_too_large  # type: ignore[attr-defined]
        request.upload_handlers = [_NotRead(request)]
        refusal = _unreadable(request)
        _drain(request, _DRAINED_OF_A_FILE if request.user.is_authenticated else _DRAINED)
        return refusal or get_response(request)

    return answer


class _NotRead(FileUploadHandler):
    """Stops at the first file: what stands before it was typed."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


def _is_readable(request: HttpRequest) -> bool:
    """Whether the address and the headers are such as a browser sends.

    Bytes of a path that are no UTF-8 have become "%FF" by now, harmless text that leads nowhere. A line end in
    a path would be one in a log. Of other alphabets than UTF-8 some (`hex`, `zip`) are no alphabets at all.
    """
    query = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
    length = request.META.get("CONTENT_LENGTH") or "0"
    charset = (request.content_params or {}).get("charset", "utf-8")
    return (
        not _CONTROL.search(request.path_info)
        and _is_clean(query)
        and length.isascii()
        and length.isdecimal()
        and charset.lower() in ("utf-8", "utf8", "us-ascii")
    )


def _is_clean(raw: bytes) -> bool:
    """UTF-8 (which has no lone surrogates) without NUL."""
    try:
        return "\0" not in raw.decode()
    except UnicodeDecodeError:
        return False


def _content_length(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _drain(request: HttpRequest, most: int = _DRAINED) -> None:
    left = min(_content_length(request), most)
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


def refused_in_words(get_response: Answer) -> Answer:
    """A page for a request made in a way that the address does not answer, where Django would send an empty one."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code == 405 and isinstance(response, HttpResponse) and not response.content:
            response.content = errors.page_of(request, "405.html")
        return response

    return answer


def _policy() -> str:
    """What a page may load, run and send to: this site alone; and the places to which we send on who sends a form.

    No `report-to`: a report holds the address of a page, and whoever may send one may fill the disk. That no page
    breaks the policy is tested in a real browser instead.
    """
    return "; ".join(
        [
            "default-src 'none'",
            *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect")),
            "object-src 'none'",
            " ".join(["form-action 'self'", *settings.FORM_ORIGINS]),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


_NOT_USED = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "sync-xhr", "usb", "xr-spatial-tracking",
)  # fmt: skip
_USED_BY_US_ALONE = ("publickey-credentials-create", "publickey-credentials-get")

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        [*(f"{name}=()" for name in _NOT_USED), *(f"{name}=(self)" for name in _USED_BY_US_ALONE)]
    ),
}


def only_our_own(get_response: Answer) -> Answer:
    """A page may load, run and send to nothing but this site: typed text that became markup could do no harm.

    And no other site may load, frame or open into it. Django's own middleware adds the rest of the headers.
    """

    headers = {"Content-Security-Policy": _policy(), **HEADERS}

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return answer


def never_stored(get_response: Answer) -> Answer:
    """No browser and no cache between keeps a page: the next person at the desk must not go back to it.

    With a sign-out, the browser also drops what it holds in memory to go back to, and what a page could have
    stored. Not "cookies": that is all cookies of the deployer's domain, and would sign people out of its other
    services. Ours end by name.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        if getattr(request, "has_signed_out", False):
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    return answer
