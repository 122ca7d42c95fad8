"""Who may reach what: the lines of permissions.toml, one for every address; and the middleware that keeps to them."""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLResolver, get_resolver

from accounts.services.limits import PER_PERSON

WRITTEN_IN = Path(__file__).parent / "permissions.toml"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
REFUSE_NOBODY = frozenset(("public", "signed-in", "link"))
"""Rules by which whoever is signed in gets a page."""


class NotAManifest(ValueError):
    """permissions.toml says something that cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is declared of one address, which is written as the URLconf writes it.

    who is one rule, or one permission or several, of which one is enough. refused is 404, or 403 for those who may
    see the thing that the page is about; None where the rule refuses nobody. counted: by which limit one person's
    asking is counted, if by any.
    """

    route: str
    page: str
    who: tuple[str, ...]
    methods: frozenset[str]
    refused: int | None
    counted: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it: the lines by their routes, in the order of the file, and the rules in words."""

    version: str
    dated: date
    rules: dict[str, str]
    lines: dict[str, Line]


def read(text: str) -> Manifest:
    """The manifest that is written there. Raises NotAManifest, which names the line."""
    try:
        written = tomllib.loads(text)
        rules = {str(name): str(words) for name, words in written["rules"].items()}
        lines = {route: _line(route, given, rules) for route, given in written["routes"].items()}
        return Manifest(str(written["version"]), written["dated"], rules, lines)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise NotAManifest(f"permissions.toml cannot be read: {error}") from error


def _line(route: str, given: dict[str, Any], rules: dict[str, str]) -> Line:
    who = (given["who"],) if isinstance(given["who"], str) else tuple(given["who"])
    methods = frozenset(given["methods"].split())
    refused, counted = given.get("refused"), given.get("counted")
    if unknown := set(given) - {"page", "who", "methods", "refused", "counted"}:
        raise NotAManifest(f"{route or '/'}: nothing is called {', '.join(sorted(unknown))}.")
    if not methods or methods - METHODS:
        raise NotAManifest(f"{route or '/'}: {given['methods']!r} are no methods.")
    if not who or (len(who) > 1 and rules.keys() & set(who)):
        raise NotAManifest(f"{route or '/'}: one rule, or permissions of which one is enough.")
    if refused not in ((None,) if REFUSE_NOBODY & set(who) else (403, 404)):
        raise NotAManifest(f"{route or '/'}: {refused} is not what those get who may not.")
    if counted not in (None, *PER_PERSON):
        raise NotAManifest(f"{route or '/'}: nothing is counted as {counted!r}.")
    return Line(route, given["page"], who, methods, refused, counted)


MANIFEST = read(WRITTEN_IN.read_text(encoding="utf-8"))


def routes() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every address of the URLconf, as it is written there, with its view."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: Sequence[Any], before: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


class OnlyDeclared:
    """An address without a line is not there, and a method that its line does not name is not answered.

    First of all that look at the view: whoever asks is told the same, and no view is asked. A browser sends GET and
    POST, and gets a page (refused_in_words); what sends anything else is a program, for which a line of text will do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        assert request.resolver_match is not None
        line = MANIFEST.lines.get(request.resolver_match.route)
        if line is None:
            raise Http404
        if request.method in line.methods:
            return None
        allowed = sorted(line.methods)
        if request.method in ("GET", "POST"):
            return HttpResponseNotAllowed(allowed)
        return HttpResponseNotAllowed(
            allowed, f"This address answers {', '.join(allowed)}.\n", content_type="text/plain; charset=utf-8"
        )
