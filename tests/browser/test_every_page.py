"""Every page of the demonstration, and of what it has not got, in a real browser: axe, no sideways scroll, no broken words,
nothing that the browser complains of. One walk, read by every test here."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from reviews.services.demonstration import build_demo
from tests.browser.walking import Walk
from tests.browser.walks import pages_by_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_taken: list[Walk] = []


@pytest.fixture
def walked(browser: Browser, live_server: Any) -> Walk:
    """What the walk found. The first test that asks takes it: it is most of a minute, and changes nothing for the next."""
    if not _taken:
        build_demo(at=timezone.now(), password="not used: sessions are made")
        looks = pages_by_person()
        _taken.append(Walk(browser, live_server.url).through(looks, also={"cases": cards_of}))
        assert len({look.name for look in looks}) == len(looks)
    return _taken[0]


def cards_of(page: Page) -> dict[str, Any]:
    """How the list of cases shows itself on a phone: to the eye, and to the ear."""
    cell = page.locator(".rr-cards td[data-label=Stage]").first
    shown = cell.evaluate(
        "it => [getComputedStyle(it).display, getComputedStyle(it, '::before').content.slice(0, 7),"
        " it.closest('.rr-scroll').scrollWidth <= it.closest('.rr-scroll').clientWidth]"
    )
    table = page.get_by_role("table", name="Cases you may see, newest first")
    return {
        "shown": shown,
        "heads": [head.inner_text() for head in table.get_by_role("columnheader").all()],
        "rows": table.get_by_role("row").count() - 1,
        "cells": table.get_by_role("cell").count(),
    }


def test_every_page_is_accessible_wide_and_narrow_as_it_is_and_sent_wrong(walked: Walk) -> None:
    assert walked.wrong == []


def test_no_page_asks_the_browser_for_what_the_policy_refuses(walked: Walk) -> None:
    assert walked.complaints == []


def test_a_table_on_a_phone_is_cards_to_the_eye_and_a_table_to_the_ear(walked: Walk) -> None:
    # Each cell stands on a line of its own under its label, with no scrolling to the side
    cards = walked.seen["cases"]
    assert cards["shown"] == ["block", '"Stage"', True]

    # And who listens hears a table, with its columns, rows and cells
    assert cards["heads"] == ["Case", "Stage", "Next due", "Returns waiting"]
    assert (cards["cells"], cards["rows"] > 3) == (cards["rows"] * 4, True)
