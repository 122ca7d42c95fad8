"""The product in one test: an incident goes from referral to an accepted Panel record, in a browser, as each role.

Read this first. The clock is set to March and April 2026; everything else is the real thing.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from jsonschema import Draft202012Validator
from playwright.sync_api import Page, expect

from accounts.services import factors
from notifications.services import deliver_everything_owed
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services.exporting import schema
from tests import factories
from tests.second_factor import code_of
from workflows.services.sweeping import sweep

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clock() -> Iterator[Callable[[str], None]]:
    """Sets the clock of the server: `clock("2026-03-12 16:00")`, UTC. It runs on from there."""
    travelling: list[time_machine.travel] = []

    def set_to(text: str) -> None:
        while travelling:
            travelling.pop().stop()
        travelling.append(time_machine.travel(datetime.fromisoformat(text).replace(tzinfo=UTC), tick=True))
        travelling[-1].start()

    yield set_to
    while travelling:
        travelling.pop().stop()


class Browser:
    """What a person does with a page, in their words."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def sign_in(self, person: Any) -> None:
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/")
        self.page.get_by_label("Email address").fill(person.email)
        self.page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_label("Code", exact=True).fill(code_of(person))
        self.page.get_by_role("button", name="Continue", exact=True).click()
        expect(self.page.get_by_role("heading", name="What needs me, by when")).to_be_visible()

    def open(self, words: str) -> None:
        self.page.get_by_role("link", name=words, exact=True).or_(
            self.page.get_by_role("button", name=words, exact=True)
        ).first.click()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f'input[name="{name}"][value="{value}"]').check()

    def type_date(self, name: str, day: str, month: str, year: str, time: str = "") -> None:
        for box, typed in (("day", day), ("month", month), ("year", year), ("time", time)):
            if typed:
                self.page.locator(f'[name="{name}_{box}"]').fill(typed)

    def answer_everything(self, definition: Definition, **given: str) -> None:
        """Fill each page of a long form and save it."""
        for section in definition:
            expect(self.page.get_by_role("heading", name=section.title, exact=True)).to_be_visible()
            for question in section.questions:
                if question.kind == "yes-no":
                    self.choose(question.code, "yes")
                elif question.choices:
                    self.choose(question.code, given.get(question.code, question.choices[0][0]))
                else:
                    self.page.locator(f'[name="{question.code}"]').fill(f"About {question.label.lower()}")
            self.press("Save and continue")

    def sees(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)


def test_an_incident_goes_from_referral_to_an_accepted_panel_record(
    page: Page, live_server: Any, clock: Callable[[str], None], tmp_path: Path
) -> None:
    # Given a partnership with three partners, two agencies that may know the family, and the Panel
    clock("2026-03-12 15:50")
    world, panel = factories.a_world(), factories.a_panel_member()
    factors.add_apps([*world.people.values(), panel])
    browser = Browser(page, live_server.url)

    # When the business manager logs a referral on Thursday 12 March
    browser.sign_in(world.manager)
    browser.open("Log a referral")
    browser.choose("notifiable", "serious-incident")
    browser.choose("harm", "serious-harm")
    browser.type_date("incident", "11", "March", "2026")
    browser.type_date("aware", "12", "3", "2026", "3:40pm")
    page.get_by_label("Where did it happen?").fill(factories.CANARIES[2])
    page.get_by_label("Who made the referral?").fill("Children's social care")
    page.get_by_label("What happened?", exact=True).fill(factories.CANARIES[1])
    page.get_by_label("Name of the child").fill(factories.CANARIES[0])
    browser.type_date("child_born_on", "2", "11", "2025")
    browser.press("Log the referral")

    # Then the notification is due in five working days, and the page can say why
    browser.sees("5 working days left (due Thursday 19 March 2026)")
    page.get_by_text("Why this date?").first.click()

    # When the partners decide to notify, and the notification goes on Wednesday 18 March, a day early
    clock("2026-03-18 09:05")
    browser.sign_in(world.manager)
    browser.open("Notify the Panel of a serious incident")
    browser.open("The partners will notify")
    browser.press("The partners will notify")
    browser.open("Record the notification")
    browser.type_date("happened", "18", "3", "2026", "9am")
    browser.press("Record the notification")

    # Then the rapid review is due on Friday 10 April: 15 working days from the day it was sent
    browser.sees("15 working days left (due Friday 10 April 2026)")
    case_page = page.url

    # When two agencies are asked in one action
    browser.open("Ask agencies for their returns")
    for box in page.locator('input[name="agencies"]').all():
        box.uncheck()
    page.get_by_label("Northborough gp").check()
    page.get_by_label("Northborough school").check()
    browser.press("Send the requests")
    browser.sees("2 agencies were asked.")

    # And the GP practice acknowledges, writes its return and sends it for sign-off
    clock("2026-03-20 10:00")
    browser.sign_in(world.gp_author)
    browser.open("Write the return of Northborough gp")
    browser.sees(factories.CANARIES[0])
    browser.open("Acknowledge")
    browser.press("Acknowledge")
    browser.open(RETURN_FORM.sections[0].title)
    browser.answer_everything(RETURN_FORM)
    browser.sees("Check your answers")
    browser.press("Send to the safeguarding lead")

    # And its safeguarding lead signs it off, while the school makes a nil return
    browser.sign_in(world.gp_lead)
    browser.open("Sign off the return of Northborough gp")
    browser.open("Read and sign off")
    browser.press("Sign off")
    browser.sees("Signed off. The partnership has the return.")
    browser.sign_in(world.school_author)
    browser.open("Write the return of Northborough school")
    browser.open("We did not know this family (nil return)")
    page.get_by_label("Which records did you search?").fill("SIMS and the paper files, by name and address")
    browser.press("Send the nil return")

    # Then the business manager accepts both, and writes the decision
    clock("2026-04-07 09:00")
    browser.sign_in(world.manager)
    for agency in ("gp", "school"):
        page.goto(case_page)
        browser.open(f"Northborough {agency}")
        browser.open("Accept")
        browser.press("Accept")
    page.goto(case_page)
    browser.open("Write the decision record")
    browser.open(DECISION_FORM.sections[0].title)
    browser.answer_everything(DECISION_FORM, outcome="no-lcspr")
    browser.sees("Check the decision")
    browser.sees("Every limb of regulation 11 is answered yes, but no review is to follow.")
    page.get_by_label("We have seen this, and the decision stands as it is written").check()
    browser.press("Send to the partners for sign-off")

    # And each of the three partners signs
    for partner in ("partner_1", "partner_2", "partner_3"):
        browser.sign_in(world.people[partner])
        page.get_by_role("link", name="Sign the decision off for").click()
        browser.open("Sign the decision off")
        browser.choose("agrees", "yes")
        browser.press("Record it")

    # And it is sent to the Panel on Thursday 9 April, a day before it is due
    clock("2026-04-09 14:00")
    browser.sign_in(world.manager)
    page.goto(case_page)
    browser.sees("Every safeguarding partner has answered: 3 signed.")
    browser.open("Send to the Panel")
    browser.press("Freeze the record and release it")
    browser.sees("met on time")

    # Then the Panel sees the record, takes its file, and agrees
    browser.sign_in(panel)
    browser.open("Reply to a decision record")
    with page.expect_download() as download:
        browser.open("Download the record (JSON)")
    download.value.save_as(tmp_path / "record.json")
    record = json.loads((tmp_path / "record.json").read_text())
    assert list(Draft202012Validator(schema()).iter_errors(record)) == []
    assert record["rapid_review"]["timeliness"]["on_time"] is True
    assert record["rapid_review"]["timeliness"]["due_on"] == "2026-04-10"
    browser.open("Record the Panel’s reply")
    browser.choose("agrees", "yes")
    browser.press("Record the reply")
    browser.sees("The Panel agrees")

    # And no mail, chasing or other, ever carried a word about the family
    sweep(at=datetime(2026, 4, 9, 14, 30, tzinfo=UTC))
    deliver_everything_owed(at=datetime(2026, 4, 9, 14, 30, tzinfo=UTC))
    assert len(mail.outbox) > 10
    sent = "".join(message.subject + message.body for message in mail.outbox)
    assert [canary for canary in factories.CANARIES if canary in sent] == []
