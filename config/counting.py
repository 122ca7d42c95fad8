"""How often one person may search and take files: by what permissions.toml says, and before the page is made."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from accounts.pages import errors
from accounts.services import limits
from config.manifest import MANIFEST

log = logging.getLogger(__name__)

TURNS_A_PAGE = frozenset(("page", "before", "partnership"))
"""What an address may ask for without searching: the next part of the same list."""


class CountedPerPerson:
    """Refuses with a page that says how often, and when again. Stands after what knows who it is.

    A file or page that may not be seen counts like one that may: the answer must not tell them apart. Who is only sent
    on, to confirm that it is them, has had nothing yet.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        tried: limits.Try | None = getattr(request, "tried", None)
        if tried and 300 <= response.status_code < 400:
            tried.forget()
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        assert request.resolver_match is not None
        line = MANIFEST.lines.get(request.resolver_match.route)
        if line is None or line.counted is None:
            return None
        if line.counted == limits.SEARCH and not _is_search(request):
            return None
        tried = limits.count(request, line.counted)
        if tried is None:
            log.warning("Too often (%s): person %s", line.counted, request.user.pk)
            return errors.too_many(request, said=limits.SAID[line.counted])
        request.tried = tried  # type: ignore[attr-defined]
        return None


def _is_search(request: HttpRequest) -> bool:
    return any(value for name, value in request.GET.items() if name not in TURNS_A_PAGE)
