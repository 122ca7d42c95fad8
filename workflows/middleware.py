"""Nothing is shown of which the ledger does not tell: the one place through which every page goes."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from accounts.pages.views import at
from accounts.services.callers import ip_of
from workflows.origin import Origin, coming_from, mark_of_session
from workflows.services.ledger import append_all
from workflows.showing import Notes, Shows, declared_of, note_ignored, notes_of


class NothingTold(RuntimeError):
    """A page that shows cases noted none: it is withheld. A fault of the program, never of what was typed."""


class ToldInTheLedger:
    """Wraps every view. Last of all middleware: it must be next to the view.

    The page of a case is read in one transaction with its entry. A list is read first, and its entry committed
    before the list leaves: what is only read needs no transaction, and on SQLite beginning one locks everybody out.
    If an entry cannot be written, the error rises and nothing is shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        here = Origin(
            session=mark_of_session(request.session.session_key),
            ip=(ip_of(request) or "")[:45],
            request=getattr(request, "error_id", ""),
        )
        with coming_from(here):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase:
        what = declared_of(view) or Shows.CASE
        only_reads = request.method in ("GET", "HEAD")
        try:
            with transaction.atomic() if what is Shows.CASE and only_reads else nullcontext():
                response = view(request, *args, **kwargs)
                _tell_what_is_shown(request, what, response)
        except (Http404, PermissionDenied):
            _tell_aside(request)
            raise
        _tell_aside(request)
        return response


def _tell_what_is_shown(request: HttpRequest, what: Shows, response: HttpResponseBase) -> None:
    """Write what the page shows. A redirect, a calendar that is still as it was, and a refusal show nothing."""
    if 300 <= response.status_code < 400:
        return
    notes: Notes = notes_of(request)
    if what is not Shows.NOTHING and 200 <= response.status_code < 300:
        if response.streaming:
            raise NothingTold("A page that is made while it leaves cannot be told of before.")
        if not notes.is_told:
            raise NothingTold("This page shows cases, and noted none.")
    if notes.shown:
        with transaction.atomic():
            append_all(notes.shown, at=at(request))


def _tell_aside(request: HttpRequest) -> None:
    """Write what was refused and what was ignored."""
    note_ignored(request, getattr(request, "ignored_fields", ()))
    notes = notes_of(request)
    if notes.aside:
        with transaction.atomic():
            append_all(notes.aside, at=at(request))
