"""What an answer sheet shows in a real browser: a conflict with both texts, and a check with its warning. Axe, 320 px."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from reviews.services import decisions, returns
from tests import factories
from tests.browser.walks import session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


def opened(browser: Browser, server: str, email: str, path: str) -> Page:
    context = browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": session_of(email), "url": server}])
    page = context.new_page()
    page.goto(server + path)
    return page


def place_of(element: Locator) -> Any:
    """Where it stands on the page."""
    return element.bounding_box()


def wrong_with(page: Page, axe: Callable[..., list[dict[str, Any]]]) -> list[Any]:
    """What axe finds, wide and on a phone, and whether a phone must be scrolled sideways."""
    found: list[Any] = axe(page)
    page.set_viewport_size({"width": 320, "height": 800})
    found += axe(page)
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("is wider than its window")
    return found


def test_a_conflict_shows_both_texts_side_by_side_and_one_below_the_other_on_a_phone(
    browser: Browser, live_server: Any, axe: Callable[..., list[dict[str, Any]]]
) -> None:
    # Given a section that a colleague saves while it is open
    world = factories.a_world()
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    page = opened(browser, live_server.url, world.gp_lead.email, f"/returns/{gp.pk}/write/chronology/")
    long = "On 3 March the health visitor saw the child at home. " * 12
    returns.save_section(gp, "chronology", {"events": long}, by=world.gp_author, at=NOW)

    # When it is sent
    page.locator('[name="events"]').fill("My own words.")
    page.get_by_role("button", name="Save and continue").click()

    # Then theirs stands to the right of the box, and on a phone below it
    theirs, mine = page.locator(".rr-compare__theirs"), page.locator('[name="events"]')
    assert (theirs.locator(".rr-typed").inner_text(), mine.input_value()) == (long.strip(), "My own words.")
    assert place_of(theirs)["x"] >= place_of(mine)["x"] + place_of(mine)["width"]
    assert wrong_with(page, axe) == []
    assert place_of(theirs)["y"] >= place_of(mine)["y"] + place_of(mine)["height"]
    page.context.close()


def test_the_check_of_a_decision_and_its_warning_can_be_read_by_everybody(
    browser: Browser, live_server: Any, axe: Callable[..., list[dict[str, Any]]]
) -> None:
    world = factories.a_world()
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    answers = factories.full_answers(decisions.DECISION_FORM, outcome="no-lcspr", panel_suggested=True)
    for section, given in answers.items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=NOW)
    page = opened(browser, live_server.url, world.manager.email, f"/cases/{case.pk}/decision/send/")
    page.get_by_role("button", name="Send to the partners for sign-off").click()
    assert page.locator(".govuk-error-summary__list li").all_inner_texts() == [
        "Enter why the partners decide without them",
        "Confirm that the decision stands as it is written",
    ]
    assert wrong_with(page, axe) == []
    page.context.close()
