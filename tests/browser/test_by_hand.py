"""The pages of who sees a case and of copies, gone through without JavaScript, and by the keyboard alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from reviews.models import AgencyReturn, Case, Disclosure
from tests import factories
from tests.browser.walks import session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opens = Callable[..., Page]


@pytest.fixture
def opens(browser: Browser, live_server: Any) -> Any:
    """A page of a browser in which that person is signed in: `opens(person, path)`, without script if so asked."""
    contexts = []

    def opened(who: User, path: str, *, script: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url, java_script_enabled=script, viewport={"width": 320, "height": 800}
        )
        context.add_cookies([{"name": "sessionid", "value": session_of(who.email), "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_without_javascript_a_case_is_asked_for_opened_and_closed_again(opens: Opens) -> None:
    world = factories.a_world()
    case = factories.a_notified_case(world)

    # Given somebody who asks, wrong at first
    page = opens(world.gp_author, "/break-glass/")
    press(page, "Ask")
    expect(page.locator(".govuk-error-summary__list li")).to_have_text(
        ["Enter the code of the case", "Select why you must see it", "Enter what has happened"]
    )
    page.get_by_label("Code of the case").fill(case.code)
    page.get_by_label("A child may be at risk now").check()
    page.get_by_label("What has happened?").fill("The police wait on the line.")
    press(page, "Ask")
    expect(page.get_by_text("If there is such a case, those who decide were told.")).to_be_visible()

    # When it is agreed to, then they see it under the banner, and end it from there
    manager = opens(world.manager, case.get_absolute_url())
    manager.get_by_role("link", name="Answer it").click()
    manager.get_by_label("Yes").check()
    press(manager, "Record the answer")
    expect(manager.get_by_text("sees this case for 60 minutes.")).to_be_visible()
    page.goto(case.get_absolute_url())
    expect(page.get_by_role("region", name="Emergency access")).to_be_visible()
    page.get_by_role("link", name="End it now").click()
    press(page, "End it now")
    expect(page.get_by_text("You see the case no more.")).to_be_visible()
    answer = page.goto(case.get_absolute_url())
    assert answer is not None
    assert answer.status == 404

    # And somebody looks at it afterwards
    chair = opens(world.chair, case.get_absolute_url())
    chair.get_by_role("link", name="Look at it, and close it").click()
    expect(chair.get_by_text("It was open from")).to_be_visible()
    chair.get_by_label("What did you find?").fill("It was needed.")
    press(chair, "Close it")
    expect(chair.get_by_text("It was needed.")).to_be_visible()


def test_without_javascript_an_interest_is_declared_and_a_copy_made_and_released(opens: Opens) -> None:
    world = factories.a_world()
    case = factories.a_notified_case(world)
    page = opens(world.member, f"{case.get_absolute_url()}interest/")
    page.get_by_label("I worked with the child or the family").check()
    page.get_by_label("Yes").check()
    press(page, "Declare it")
    expect(page.get_by_text(f"You stepped back from {case.code}.")).to_be_visible()

    manager = opens(world.manager, f"{case.get_absolute_url()}copies/add/")
    manager.get_by_label("Child 1").check()
    manager.get_by_label("Reference of the request").fill("SAR 1")
    press(manager, "Make the copy")
    manager.get_by_role("button", name="Black something out").click()
    manager.get_by_label("Black it out wherever it stands in the copy").check()
    manager.get_by_label("What is blacked out?").fill(factories.CANARIES[0])
    manager.get_by_label("It is about somebody else").check()
    press(manager, "Black it out")
    expect(manager.get_by_text("Blacked out 1 time.")).to_be_visible()
    expect(manager.get_by_text("Everywhere, 1 time: it is about somebody else")).to_be_visible()

    copy = Disclosure.objects.get()
    co_chair = opens(world.co_chair, f"{case.get_absolute_url()}copies/{copy.pk}/release/")
    expect(co_chair.get_by_text(factories.CANARIES[0])).to_have_count(0)
    press(co_chair, "Release it")
    expect(co_chair.locator(".govuk-error-summary__list li")).to_have_text(
        ["Confirm that you have read the whole copy"]
    )
    co_chair.get_by_label("I have read the whole copy").check()
    press(co_chair, "Release it")
    expect(co_chair.get_by_text("The copy can be printed or downloaded for 30 days.")).to_be_visible()


def test_without_javascript_a_return_that_came_on_paper_is_typed_in(opens: Opens) -> None:
    world = factories.a_world()
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
    page = opens(world.manager, gp.get_absolute_url())
    page.get_by_role("button", name="Record a return that came another way").click()
    today = timezone.localdate()
    for box, value in (("Day", today.day), ("Month", today.month), ("Year", today.year), ("Time", "0:00")):
        page.get_by_label(box, exact=True).fill(str(value))
    page.get_by_label("On paper").check()
    page.get_by_label("Who gave it?").fill("Dr Ward")
    page.get_by_label("What does it say?").fill("Seen twice.")
    press(page, "Continue")
    expect(page.get_by_text("that cannot be undone")).to_be_visible()
    press(page, "Record it")
    expect(page.get_by_text("The return was recorded, and accepted into the review.")).to_be_visible()
    assert AgencyReturn.objects.get(pk=gp.pk).given == "On paper, from Dr Ward.\n\nSeen twice."


def test_by_the_keyboard_alone_a_case_is_asked_for_after_what_was_wrong_is_mended(opens: Opens) -> None:
    # Given somebody without a mouse, who sends the form too early
    world = factories.a_world()
    case: Case = factories.a_notified_case(world)
    page = opens(world.gp_author, "/break-glass/", script=True)
    keys = page.keyboard
    page.get_by_label("Code of the case").focus()
    keys.press("Enter")
    expect(page.locator(".govuk-error-summary")).to_be_focused()

    # When they go from the summary to the box and on from there
    keys.press("Tab")
    keys.press("Enter")
    expect(page.get_by_label("Code of the case")).to_be_focused()
    keys.type(case.code)
    keys.press("Tab")
    keys.press("Space")
    keys.press("ArrowDown")
    expect(page.get_by_label("Nobody who can see the case can be reached")).to_be_checked()
    keys.press("Tab")
    keys.type("It is due today.")
    keys.press("Tab")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
    keys.press("Enter")

    # Then it is asked for, and the answer is said aloud
    expect(page.get_by_role("alert").get_by_text("If there is such a case")).to_be_visible()
    asked = case.break_glass.get()
    assert (asked.person, asked.kind, asked.words) == (world.gp_author, "nobody-here", "It is due today.")
