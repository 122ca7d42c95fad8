"""What the tests of administration share: the day, a form as it is posted, what a page says."""

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Membership, User
from tests import factories
from workflows.models import RuleVersion

AT = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 18)
LONG = "Wide " * 39 + "Vale."
LISTS = [
    "administration", "agency-list", "people-list", "milestone-list", "relaxation-list", "calendar", "ladder-list",
]  # fmt: skip
FORMS = ["agency-add", "person-add", "deputy-add", "calendar-load", "calendar-day"]
RUN_ONLY = ["relaxation-add", "relaxation-confirm"]
"""Forms for the business manager alone."""


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text_of(response: Any) -> str:
    """The page without what is new each time: the two tokens, and the id of an error."""
    differs = r'(csrfmiddlewaretoken|form_token)" value="[^"]+"|quote <strong>[0-9a-f]{10}</strong>'
    return re.sub(differs, "", response.content.decode())


def form(**given: Any) -> dict[str, Any]:
    return {"form_token": str(uuid.uuid4()), **given}


def day(name: str, on: date) -> dict[str, Any]:
    return {f"{name}_day": on.day, f"{name}_month": on.month, f"{name}_year": on.year}


def an_agency(**given: Any) -> dict[str, Any]:
    return form(**{"name": "Harbour Refuge", "kind": "domestic-abuse", "is_safeguarding_partner": "no",
                   "is_asked_first": "no", **given})  # fmt: skip


def errors_on(response: Any) -> list[str]:
    """The messages of the summary, in order."""
    assert response.status_code == 200
    summary = response.content.decode().split("govuk-error-summary__list")[1].split("</ul>")[0]
    return [re.sub("<[^>]+>", "", item).strip() for item in re.findall("<li>(.*?)</li>", summary, re.DOTALL)]


def said(client: Client, response: Any) -> str:
    """What the page after a deed says was done."""
    assert response.status_code == 302, errors_on(response)
    page = client.get(response.url).content.decode()
    found = re.search(r'govuk-notification-banner__heading">\s*(.*?)\s*</p>', page, re.DOTALL)
    assert found
    return found[1]


def a_milestone(world: factories.World, code: str = "LOC_RETURN") -> RuleVersion:
    return RuleVersion.objects.get(partnership=world.partnership, code=code, valid_to=None)


def every_address(world: factories.World) -> list[str]:
    membership = Membership.objects.filter(seat__partnership=world.partnership).first()
    assert membership
    return [
        *map(reverse, [*LISTS, *FORMS, *RUN_ONLY]),
        reverse("ladder-add", args=["return"]),
        reverse("ladder-change", args=["return", "remove", "due:author"]),
        reverse("agency-edit", args=[world.gp.pk]),
        reverse("person-remove", args=[membership.pk]),
        reverse("milestone-confirm", args=[a_milestone(world).pk]),
        reverse("milestone-edit", args=[a_milestone(world).pk]),
    ]


def the_membership(person: User) -> Membership:
    return Membership.objects.get(user=person)
