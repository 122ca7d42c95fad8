"""A return as an agency writes it once a year: on a phone without JavaScript, by the keyboard alone, on a bad line."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from reviews.models import AgencyReturn, Case
from reviews.questions import RETURN_FORM
from tests import factories
from tests.browser.test_by_hand import Opens, opens, press

__all__ = ["opens"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked() -> tuple[factories.World, AgencyReturn]:
    """A GP practice that was asked for a return yesterday."""
    world = factories.a_world()
    case: Case = factories.a_notified_case(world)
    return world, factories.asked_returns(world, case)["gp"]


def pages_seen_by(page: Page) -> list[str]:
    """The addresses of the pages that the browser loads from now on."""
    seen: list[str] = []
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    return seen


# ---- Nil ---------------------------------------------------------------------------------------
def test_a_nil_return_is_three_pages_on_a_phone_without_javascript(opens: Opens, asked: Any) -> None:
    # Given an author who opens the request from the mail
    world, gp = asked
    page = opens(world.gp_author, "/")
    seen = pages_seen_by(page)
    page.goto(gp.get_absolute_url())

    # When they did not know the family, then one box is all they fill in
    page.get_by_role("button", name="We did not know this family (nil return)").click()
    page.get_by_label("Which records did you search?").fill("SystmOne, by name, date of birth and address.")
    answer_why_it_is_late(page)
    press(page, "Send the nil return")
    expect(page.locator("main")).to_contain_text("Nil return")
    assert AgencyReturn.objects.get(pk=gp.pk).state == "nil"
    assert len(seen) == 3


def test_a_nil_return_is_sent_by_the_keyboard_alone(opens: Opens, asked: Any) -> None:
    world, gp = asked
    page = opens(world.gp_author, f"{gp.get_absolute_url()}nil/", script=True)
    keys = page.keyboard
    tab_to(page, page.get_by_label("Which records did you search?"))
    keys.type("SystmOne.")
    if page.get_by_label("Why is it late?").count():
        tab_to(page, page.get_by_label("Why is it late?"))
        keys.type("Leave.")
    tab_to(page, page.get_by_role("button", name="Send the nil return"))
    keys.press("Enter")
    expect(page.locator("main")).to_contain_text("Nil return")
    assert AgencyReturn.objects.get(pk=gp.pk).searched == "SystmOne."


# ---- A whole one -------------------------------------------------------------------------------
def answer_why_it_is_late(page: Page) -> None:
    """The tests run on a day on which the return of March is late."""
    if page.get_by_label("Why is it late?").count():
        page.get_by_label("Why is it late?").fill("The practice was closed.")


def test_a_first_time_author_writes_a_return_on_a_phone_without_javascript(opens: Opens, asked: Any) -> None:
    # Given an author who has never seen this, and follows the green buttons
    world, gp = asked
    page = opens(world.gp_author, gp.get_absolute_url())
    page.get_by_role("link", name=RETURN_FORM.sections[0].title).click()
    for section in RETURN_FORM:
        expect(page.get_by_role("heading", level=1)).to_contain_text(section.title)
        for question in section.questions:
            if question.kind == "yes-no":
                page.locator(f'[name="{question.code}"][value="no"]').check()
            elif question.required:
                page.locator(f'[name="{question.code}"]').fill(f"About {question.label.lower()}")
        press(page, "Save and continue")

    # Then all answers stand on one page, and go to the safeguarding lead
    expect(page.locator("main")).to_contain_text("About what was done well?")
    answer_why_it_is_late(page)
    press(page, "Send to the safeguarding lead")
    assert AgencyReturn.objects.get(pk=gp.pk).state == "submitted"


def tab_to(page: Page, element: Any) -> None:
    """Press Tab until it has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if element.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {element}")


def test_a_section_is_written_saved_and_gone_on_from_by_the_keyboard_alone(opens: Opens, asked: Any) -> None:
    world, gp = asked
    page = opens(world.gp_author, f"{gp.get_absolute_url()}write/family/", script=True)
    for name, words in (("household", "A mother and two children."), ("men", "None known.")):
        tab_to(page, page.locator(f'[name="{name}"]'))
        page.keyboard.type(words)
    tab_to(page, page.get_by_role("button", name="Save and continue"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What happened")
    assert AgencyReturn.objects.get(pk=gp.pk).answers["family"] == {
        "household": "A mother and two children.",
        "men": "None known.",
    }


# ---- A bad line --------------------------------------------------------------------------------
def lost_before_it_arrives(route: Route) -> None:
    """The server never sees it: it was killed, or the line is down."""
    route.abort("connectionreset")


def lost_on_the_way_back(route: Route) -> None:
    """The server has saved it, and is killed before the answer arrives."""
    route.fetch(max_redirects=0)
    route.abort("connectionreset")


@pytest.mark.parametrize("lose", [lost_before_it_arrives, lost_on_the_way_back])
def test_a_server_killed_while_a_page_is_saved_loses_nothing_and_saves_once(
    opens: Opens, asked: Any, lose: Callable[[Route], None]
) -> None:
    # Given an author whose page is sent, and no answer comes
    world, gp = asked
    page = opens(world.gp_author, f"{gp.get_absolute_url()}write/family/")
    page.locator('[name="household"]').fill("A mother and two children.")
    page.locator('[name="men"]').fill("None known.")
    page.route(
        "**/write/family/", lambda route: lose(route) if route.request.method == "POST" else route.continue_()
    )
    press(page, "Save and continue")
    page.wait_for_url("chrome-error://**")

    # When they load it again, as the browser offers
    page.unroute("**/write/family/")
    page.reload()

    # Then it is saved, once, and they go on
    expect(page.get_by_role("heading", level=1)).to_contain_text("What happened")
    gp = AgencyReturn.objects.get(pk=gp.pk)
    assert gp.answers["family"] == {"household": "A mother and two children.", "men": "None known."}
    assert gp.records.filter(verb="draft").count() == 1


def test_the_back_button_shows_what_was_saved_and_saving_again_asks_first(opens: Opens, asked: Any) -> None:
    # Given a section that was saved, and the page of before
    world, gp = asked
    page = opens(world.gp_author, f"{gp.get_absolute_url()}write/family/", script=True)
    page.locator('[name="household"]').fill("A mother and two children.")
    page.locator('[name="men"]').fill("None known.")
    press(page, "Save and continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What happened")
    page.go_back()

    # Then nothing is kept by the browser: the page is asked for anew, and has what was saved
    expect(page.locator('[name="household"]')).to_have_value("A mother and two children.")
    page.locator('[name="household"]').fill("A mother and three children.")
    press(page, "Save and continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text("What happened")
    assert AgencyReturn.objects.get(pk=gp.pk).answers["family"]["household"] == "A mother and three children."
