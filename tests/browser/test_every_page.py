"""Every page of the demonstration in a real browser: axe, no sideways scroll, nothing refused by the browser, no script needed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page

from reviews.services.demonstration import build_demo
from tests.browser.walks import pages_by_person, session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = {"wide": (1280, 900), "narrow": (320, 800)}
BROKEN_WORDS = """() => {
  const found = [];
  for (const cell of document.querySelectorAll(".govuk-table td, .govuk-table th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode()); )
      for (const word of node.data.matchAll(/[^\\s@]+(?=\\s|$)/g)) {
        if (word[0].length > 20 || node.data[word.index - 1] === "@") continue;
        const range = document.createRange();
        for (const part of word[0].matchAll(/[^-/]+/g)) {
          range.setStart(node, word.index + part.index);
          range.setEnd(node, word.index + part.index + part[0].length);
          const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
          if (lines.size > 1) found.push(part[0]);
        }
      }
  }
  return found;
}"""
"""The words in tables that are broken in the middle; addresses, and words longer than 20 letters, may be."""


def _page_of(who: str, browser: Browser, live_server: Any) -> Page:
    """A page of a browser in which that person is signed in; nobody, when there is no name."""
    context = browser.new_context(bypass_csp=True)  # axe is put into the page
    if who:
        context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    return context.new_page()


def test_every_page_is_accessible_wide_and_narrow(
    browser: Browser, live_server: Any, axe: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given the demonstration, and a person of each role
    build_demo(at=timezone.now(), password="not used: sessions are made")
    wrong: list[tuple[str, Any]] = []
    open_pages: dict[str, Page] = {}

    # When each looks at their pages
    for who, name, path in pages_by_person():
        page = open_pages.get(who) or open_pages.setdefault(who, _page_of(who, browser, live_server))
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert (name, answer.status) == (name, 404 if name == "not-found" else 200)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            # Colours are the same in both sizes, and comparing them is most of the work.
            given = {} if size == "wide" else {"rules": {"color-contrast": {"enabled": False}}}
            wrong += [(f"{name}, {size}", found) for found in axe(page, **given)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append((f"{name}, {size}", "is wider than its window"))
            if broken := page.evaluate(BROKEN_WORDS):
                wrong.append((f"{name}, {size}", f"breaks words: {broken[:5]}"))
    for page in open_pages.values():
        page.context.close()

    # Then axe finds nothing, and nothing must be scrolled sideways
    assert wrong == []


def test_a_table_on_a_phone_is_cards_to_the_eye_and_a_table_to_the_ear(
    browser: Browser, live_server: Any
) -> None:
    # Given the list of cases on a phone
    build_demo(at=timezone.now(), password="not used: sessions are made")
    who, _, path = next(one for one in pages_by_person() if one[1] == "cases")
    context = browser.new_context(viewport={"width": 320, "height": 800})
    context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + path)

    # Then each cell stands on a line of its own under its label, with no scrolling to the side
    cell = page.locator(".rr-cards td[data-label=Stage]").first
    shown = cell.evaluate(
        "it => [getComputedStyle(it).display, getComputedStyle(it, '::before').content.slice(0, 7),"
        " it.closest('.rr-scroll').scrollWidth <= it.closest('.rr-scroll').clientWidth]"
    )
    assert shown == ["block", '"Stage"', True]

    # And who listens hears a table, with its columns, rows and cells
    table = page.get_by_role("table", name="Cases you may see, newest first")
    heads = [head.inner_text() for head in table.get_by_role("columnheader").all()]
    assert heads == ["Case", "Stage", "Next due", "Returns waiting"]
    rows = table.get_by_role("row").count() - 1
    assert (table.get_by_role("cell").count(), rows > 3) == (rows * 4, True)
    context.close()


def test_no_page_asks_the_browser_for_what_the_policy_refuses(browser: Browser, live_server: Any) -> None:
    build_demo(at=timezone.now(), password="not used: sessions are made")
    said: list[tuple[str, str]] = []
    for who, name, path in pages_by_person()[:8]:
        context = browser.new_context()
        if who:
            context.add_cookies([{"name": "sessionid", "value": session_of(who), "url": live_server.url}])
        page = context.new_page()

        def listen(message: ConsoleMessage, name: str = name) -> None:
            said.append((name, message.text))

        page.on("console", listen)
        page.goto(live_server.url + path, wait_until="networkidle")
        context.close()
    assert said == []
