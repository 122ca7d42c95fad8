"""Nobody reaches an address of which nobody has said who may."""

from dataclasses import replace

import pytest
from django.test import Client

from config import checks, manifest
from config.manifest import MANIFEST, WRITTEN_IN, Line, NotAManifest, read, routes

LINE = Line("cases/<uuid:pk>/spy/", "Look through the wall", ("view_case",), frozenset(("GET",)), 404)


def found() -> list[tuple[str | None, str]]:
    return [(one.id, one.msg) for one in checks.every_address_is_declared(None)]


def declare(monkeypatch: pytest.MonkeyPatch, *lines: Line, without: str = "-") -> None:
    kept = {route: line for route, line in MANIFEST.lines.items() if route != without}
    changed = replace(MANIFEST, lines=kept | {line.route: line for line in lines})
    for module in (manifest, checks):
        monkeypatch.setattr(module, "MANIFEST", changed)


# ---- Every address has a line, and every line an address ---------------------------------------
def test_every_address_is_declared_and_nothing_else() -> None:
    assert found() == []
    assert [route for route, _ in routes()] != []
    assert {route for route, _ in routes()} == set(MANIFEST.lines)


def test_an_address_that_nobody_declared_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, without="cases/")
    assert found() == [("config.E020", "Nobody has said who may reach /cases/.")]


def test_a_line_without_an_address_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, LINE)
    assert found() == [("config.E021", "/cases/<uuid:pk>/spy/ is declared, and not there.")]


def test_a_line_with_a_rule_that_is_none_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, replace(LINE, route="cases/<uuid:pk>/", who=("peek_case",)))
    assert found() == [("config.E022", "/cases/<uuid:pk>/: there is no rule or permission 'peek_case'.")]


def test_a_rule_without_an_address_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, without="health/status")
    assert ("config.E023", "No address is for 'monitor'.") in found()


# ---- And the program keeps to it ---------------------------------------------------------------
@pytest.mark.django_db
def test_an_address_that_nobody_declared_is_not_there(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    assert client.get("/health/live").status_code == 200
    declare(monkeypatch, without="health/live")
    assert client.get("/health/live").status_code == 404


@pytest.mark.django_db
def test_a_method_that_is_not_declared_is_answered_before_anybody_asks_who_it_is(client: Client) -> None:
    # Given somebody who is not signed in. When their browser posts to a page that is only read, they are told in words:
    posted = client.post("/cases/")
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")
    assert "<main" in posted.content.decode()

    # And a program in one line.
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"):
        answer = client.generic(method, "/cases/refer/")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
        assert answer.content == b"This address answers GET, HEAD, POST.\n"


# ---- How it is written -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('page = "X", who = "public", methods = "GET", role = "chair"', "nothing is called role"),
        ('page = "X", who = "public", methods = "GET BREW"', "'GET BREW' are no methods"),
        ('page = "X", who = "public", methods = ""', "'' are no methods"),
        ('page = "X", who = [], methods = "GET", refused = 404', "one rule, or permissions"),
        ('page = "X", who = ["public", "view_case"], methods = "GET", refused = 404', "one rule, or permissions"),
        ('page = "X", who = "public", methods = "GET", refused = 404', "404 is not what those get who may not"),
        ('page = "X", who = "view_case", methods = "GET"', "None is not what those get who may not"),
        ('page = "X", who = "view_case", methods = "GET", refused = 200', "200 is not what those get who may not"),
        ('page = "X", who = "public", methods = "GET", counted = "sheep"', "nothing is counted as 'sheep'"),
        ('page = "X", who = "view_case", methods = ', "Invalid value"),
        ('page = "X", methods = "GET"', "'who'"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(line: str, why: str) -> None:
    text = (
        f'version = "1"\ndated = 2026-11-26\n[rules]\npublic = "anybody"\n[routes]\n"here/" = {{ {line} }}\n'
    )
    with pytest.raises(NotAManifest, match=why):
        read(text)


def test_the_file_is_in_the_order_of_its_headings_and_names_each_page_once() -> None:
    pages = [line.page for line in MANIFEST.lines.values()]
    assert sorted(pages) == sorted(set(pages))
    assert read(WRITTEN_IN.read_text(encoding="utf-8")) == MANIFEST
