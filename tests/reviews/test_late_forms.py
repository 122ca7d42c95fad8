"""A form sent after the session ended shows what was typed in the words of its page, and is sent once more, not twice."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn, Case
from tests import factories
from tests.accounts.test_pages_middleware import OURS, kept
from tests.reviews.asking import happened, hidden, moving

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def typed(response: Any) -> list[tuple[str, str]]:
    """The labels and the texts of the page for a late form."""
    page = response.content.decode()
    found = re.findall(r'for="typed-\d+">(.*?)</label>\s*<textarea[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return [(html.unescape(label), html.unescape(text)) for label, text in found]


def signed_out(client: Client, address: str, **boxes: Any) -> Any:
    """Send a form of the page just opened, after the session has ended."""
    token = client.cookies["csrftoken"].value
    del client.cookies["sessionid"]
    return client.post(address, {**boxes, "csrfmiddlewaretoken": token}, headers=OURS)


def test_a_section_that_came_late_is_shown_by_its_questions_and_saved_after_one_sign_in(
    world: factories.World, gp: AgencyReturn
) -> None:
    # Given an author whose session ends while they write
    address = reverse("return-section", args=[gp.pk, "analysis"])
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.gp_author)
    page = client.get(address)
    boxes = {name: hidden(page, name) for name in ("form_token", "seen")}
    texts = {"expected": "Yes.", "why": "Two lines\r\nof text", "system": "", "good": "All."}

    # When they send it as a draft, then what they typed stands there under the questions of that form
    answer = signed_out(client, address, **boxes, **texts, draft="yes")
    assert typed(answer) == [
        ("Was practice what you would expect?", "Yes."),
        ("Why did it make sense to people at the time?", "Two lines\nof text"),
        ("What was done well?", "All."),
    ]

    # And sent again after signing in, it is saved at once
    client.force_login(world.gp_author)
    again = {**kept(answer.content.decode()), "csrfmiddlewaretoken": "x" * 64}
    answer = client.post(address, again, headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (302, gp.get_absolute_url())
    assert AgencyReturn.objects.get(pk=gp.pk).answers["analysis"]["why"] == "Two lines\nof text"


def test_a_moment_and_a_choice_are_shown_as_the_page_words_them(world: factories.World, case: Case) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.manager)
    address = reverse("case-hold-meeting", args=[case.pk])
    client.get(address)
    answer = signed_out(client, address, **moving(case), **happened(NOW))
    assert typed(answer) == [("When was the rapid review meeting?", "20 3 2026 09:00")]

    client.force_login(world.manager)
    address = reverse("refer")
    client.get(address)
    answer = signed_out(
        client, address, notifiable="serious-incident", child_is_unborn="no", child_is_looked_after="on"
    )
    assert typed(answer) == [
        ("What is being referred?", "Serious incident: abuse or neglect known or suspected"),
        ("Is the child unborn?", "No"),
        ("The child is looked after", "Yes"),
    ]
    assert Case.objects.count() == 1


def test_a_table_that_came_late_is_kept_cell_by_cell_and_looked_at_after_one_sign_in(
    world: factories.World, gp: AgencyReturn
) -> None:
    # Given an author whose session ends while they paste the rows of a chronology
    address = reverse("return-chronology-table", args=[gp.pk])
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.gp_author)
    boxes = {"form_token": hidden(client.get(address), "form_token")}
    pasted = 'Date\tSource\tEvent\r\n2019\t\t"Seen,\r\nat home."\r\n'

    # When they send it, then it stands there; and sent again after signing in, the rows are shown to be added
    answer = signed_out(client, address, **boxes, text=pasted)
    assert typed(answer) == [("Paste the rows", pasted.replace("\r\n", "\n").strip())]
    client.force_login(world.gp_author)
    again = {**kept(answer.content.decode()), "csrfmiddlewaretoken": "x" * 64}
    answer = client.post(address, again, headers=OURS)
    assert "Check the row" in answer.content.decode()
    assert html.unescape(hidden(answer, "text")).splitlines() == pasted.splitlines()
