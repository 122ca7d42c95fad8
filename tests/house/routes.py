"""Every address of the product, with something in the place of each identifier."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern, RoutePattern

FILLED = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "int": "1",
    "slug": "abc",
    "str": "abc",
    "path": "abc",
}


@dataclass(frozen=True)
class Route:
    """An address as the URLconf writes it, and one that it matches."""

    pattern: str
    path: str


def every_route() -> list[Route]:
    """All of them, in the order of the URLconf."""
    return list(_walk(get_resolver().url_patterns, "", ""))


def _walk(patterns: Sequence[Any], written: str, filled: str) -> Iterator[Route]:
    for pattern in patterns:
        here, there = written + str(pattern.pattern), filled + _filled(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, here, there)
        else:
            assert isinstance(pattern, URLPattern)
            yield Route(here, "/" + there)


def _filled(pattern: Any) -> str:
    """The part of an address. A regular expression of a third party is read for the names of its groups."""
    text = str(pattern)
    if isinstance(pattern, RoutePattern):
        for name, converter in pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            text = text.replace(f"<{kind}:{name}>", FILLED[kind]).replace(f"<{name}>", FILLED["str"])
        return text
    assert isinstance(pattern, RegexPattern)
    return re.sub(r"\(\?P<\w+>(?:[^()]|\[[^]]*\])*\)", "abc", text).strip("^$\\Z").replace("\\", "")
