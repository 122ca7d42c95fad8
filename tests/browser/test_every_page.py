"""Every page of the demonstration in a real browser: axe, no sideways scroll, nothing refused by the browser, no script needed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage

from reviews.services.demonstration import build_demo
from tests.browser.walks import pages_by_person, session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = {"wide": (1280, 900), "narrow": (320, 800)}


def test_every_page_is_accessible_wide_and_narrow(
    browser: Browser, live_server: Any, axe: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given the demonstration, and a person of each role
    build_demo(at=timezone.now(), password="not used: sessions are made")
    wrong: list[tuple[str, Any]] = []
    sessions: dict[str, str] = {}

    # When each looks at their pages
    for who, name, path in pages_by_person():
        context = browser.new_context(bypass_csp=True)  # axe is put into the page
        if who:
            sessions[who] = sessions.get(who) or session_of(who)
            context.add_cookies([{"name": "sessionid", "value": sessions[who], "url": live_server.url}])
        page = context.new_page()
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert (name, answer.status) == (name, 404 if name == "not-found" else 200)
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            wrong += [(f"{name}, {size}", found) for found in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append((f"{name}, {size}", "is wider than its window"))
        context.close()

    # Then axe finds nothing, and nothing must be scrolled sideways
    assert wrong == []


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
