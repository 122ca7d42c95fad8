"""Signing in with real parts: a passkey in Chromium's own authenticator, and the warning before a session ends."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from config.providers import for_allauth
from tests import services
from tests.second_factor import an_app, code_of, session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct-horse-battery"
Axe = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann@example.org", "Ann Example", PASSWORD)


@pytest.fixture
def page(browser: Browser, live_server: Any, settings: Any) -> Iterator[Page]:
    settings.SITE_URL = live_server.url  # a passkey belongs to its host
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    yield context.new_page()
    context.close()


def give_password(page: Page, user: User) -> None:
    page.goto("/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def wrong_with(page: Page, axe: Axe) -> list[Any]:
    """What axe finds, wide and on a phone, and whether a phone must be scrolled sideways."""
    found: list[Any] = []
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        found += axe(page)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{page.url} is wider than its window")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


def test_a_person_makes_a_passkey_and_from_then_on_signs_in_with_it_alone(
    page: Page, user: User, axe: Axe
) -> None:
    # Given a device that can hold passkeys, and somebody who has no second factor
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    held = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    wrong: list[Any] = []
    page.goto("/sign-in/")
    wrong += wrong_with(page, axe)
    give_password(page, user)

    # When they make one
    expect(page.get_by_role("heading", name="Set up how you confirm your sign-in")).to_be_visible()
    wrong += wrong_with(page, axe)
    page.get_by_role("button", name="Use a passkey").click()
    wrong += wrong_with(page, axe)
    page.get_by_label("What do you call this device?").fill("Work laptop")
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Keep your recovery codes")).to_be_visible()
    wrong += wrong_with(page, axe)
    page.get_by_role("button", name="I have kept them").click()
    page.goto("/your-sign-in/")
    expect(page.get_by_text("Work laptop, added")).to_be_visible()
    wrong += wrong_with(page, axe)

    # Then they sign in with it and nothing else
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("link", name="Your sign-in")).to_be_visible()

    # And confirm with it
    page.goto("/confirm/?next=/your-sign-in/sessions/end/")
    wrong += wrong_with(page, axe)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Sign out everywhere else")).to_be_visible()

    # And after a password it is asked for; a device that does not know its holder is told so, in words
    page.get_by_role("button", name="Sign out", exact=True).click()
    give_password(page, user)
    wrong += wrong_with(page, axe)
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("link", name="Your sign-in")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    device.send("WebAuthn.setUserVerified", {"authenticatorId": held, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").get_by_text("The passkey was not used")).to_be_visible()
    assert wrong == []


def test_without_javascript_a_code_signs_in_and_the_page_says_until_when(
    browser: Browser, live_server: Any, user: User
) -> None:
    an_app(user)
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    give_password(page, user)
    expect(page.get_by_role("button", name="Use your passkey")).to_have_count(0)

    page.get_by_label("Code", exact=True).fill(code_of(user))
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_text("You stay signed in until")).to_be_visible()
    page.goto("/your-sign-in/passkey/")
    expect(page.get_by_text("This browser cannot make passkeys, or its JavaScript is off.")).to_be_visible()
    context.close()


def test_the_warning_comes_two_minutes_before_and_one_press_of_the_keyboard_is_enough(
    page: Page, user: User, live_server: Any, axe: Axe
) -> None:
    # Given somebody who types, and does nothing else for 13 minutes
    page.context.add_cookies([{"name": "sessionid", "value": session_of(user.email), "url": live_server.url}])
    page.clock.install()
    page.goto("/change-password/")
    page.get_by_label("Your current password").fill("typed")
    warning = page.get_by_role("alertdialog", name="You will be signed out soon")
    page.clock.fast_forward("12:30")
    expect(warning).to_be_hidden()

    # When the warning comes, then it has the keyboard, and one press keeps them signed in
    page.clock.fast_forward("00:40")
    expect(warning).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    assert wrong_with(page, axe) == []
    page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    assert page.get_by_label("Your current password").input_value() == "typed"

    # And if they do not press, it says that they were signed out, and takes nothing away that they typed
    page.clock.fast_forward("13:10")
    expect(warning).to_be_visible()
    page.clock.fast_forward("02:10")
    over = page.get_by_role("alertdialog", name="You were signed out")
    expect(over).to_contain_text("What you have typed is still here")
    page.keyboard.press("Escape")
    expect(over).to_be_hidden()
    assert page.get_by_label("Your current password").input_value() == "typed"
    expect(page.get_by_role("heading", name="Change your password")).to_have_count(0)


def test_a_page_on_which_nothing_was_typed_is_empty_when_its_session_has_ended(
    page: Page, user: User, live_server: Any
) -> None:
    # Given a page that somebody reads and leaves open, while the server cannot be reached
    page.context.add_cookies([{"name": "sessionid", "value": session_of(user.email), "url": live_server.url}])
    page.clock.install()
    page.goto("/your-sign-in/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.context.set_offline(True)

    # When their session ends, then what the page showed is no longer there to be read
    page.clock.fast_forward("15:10")
    over = page.get_by_role("alertdialog", name="You were signed out")
    expect(over).to_contain_text("What this page showed was taken away.")
    assert page.locator("main").inner_text().strip() == ""
    assert page.title() == "You were signed out"


def test_a_press_leads_to_the_sign_in_of_ones_organisation_and_back(
    browser: Browser, live_server: Any, settings: Any, tmp_path: Path
) -> None:
    # Given a provider that has seen a second factor, under the policy of the product, which lets no form end elsewhere
    ann = User.objects.create_user("ann@barset.example", "Ann Example")
    claims = {"s-ann": {"email": ann.email, "amr": ["mfa"]}}
    with services.openid_provider(claims, tmp_path / "log") as address:
        given = {"id": "barset", "name": "Barset Council", "client_id": "us", "secret": "ours",
                 "server_url": address, "domains": ["barset.example"], "second_factor": {"amr": ["mfa"]}}  # fmt: skip
        settings.OIDC_PROVIDERS, settings.SOCIALACCOUNT_PROVIDERS = [given], for_allauth([given])
        context = browser.new_context(base_url=live_server.url)
        page = context.new_page()
        page.goto("/sign-in/?next=/your-sign-in/")

        # When it is pressed, and the provider asks who it is
        page.get_by_role("button", name="Sign in with Barset Council").click()
        page.get_by_role("button", name="s-ann").click()

        # Then the person is where they wanted to go
        expect(page.get_by_role("heading", name="Your sign-in")).to_be_visible()
        context.close()
