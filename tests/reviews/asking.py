"""What the tests of the review share: a browser without a screen, what a page says, and what is stored."""

import html
import re
import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.test import Client
from django.utils import timezone

from accounts.models import LONDON, User
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.questions import DECISION_FORM
from reviews.services import decisions
from tests import factories
from tests.factories import World

DECIDED = datetime(2026, 4, 7, 9, tzinfo=UTC)  # Tuesday
SENT = datetime(2026, 4, 9, 15, tzinfo=UTC)  # Thursday, a day before it was due

FORGOTTEN = ("sessions.session", "workflows.ledgerentry", "workflows.ledgerhead")
"""Tables that asking for a page may write to: whatever is shown or refused is told to the ledger (test_told.py)."""


# ---- A browser without a screen ----------------------------------------------------------------
def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, url: str, **boxes: Any) -> Any:
    """Post a form as its page would: with a token of its own, unless one is given."""
    return client.post(url, {"form_token": str(uuid.uuid4()), **boxes})


def moving(subject: Any, **boxes: Any) -> dict[str, Any]:
    """The boxes of a move, with the version of the subject that the page showed."""
    return {"seen_version": str(subject.version), **boxes}


def happened(at: datetime, name: str = "happened") -> dict[str, str]:
    """The boxes of a moment, as London writes it."""
    local = at.astimezone(LONDON)
    return {
        f"{name}_day": str(local.day),
        f"{name}_month": str(local.month),
        f"{name}_year": str(local.year),
        f"{name}_time": f"{local:%H:%M}",
    }


# ---- What a page says --------------------------------------------------------------------------
def text_of(response: Any) -> str:
    """The page without its markup, its spaces made one: what a person reads."""
    main = response.content.decode().partition("<main")[2].partition(">")[2]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", main)).split())


def hidden(response: Any, name: str) -> str:
    """What stands in a hidden box of the page."""
    main = response.content.decode().partition("<main")[2]
    found = re.search(rf'name="{name}" value="([^"]*)"', main)
    assert found is not None, name
    return html.unescape(found[1])


def summary_of(response: Any) -> list[str]:
    """The lines of the error summary, each a link to its box."""
    page = response.content.decode()
    found = re.search('<div class="govuk-error-summary".*?</ul>', page, re.DOTALL)
    if found is None:
        return []
    return [html.unescape(" ".join(re.sub("<[^>]+>", "", line).split()))
            for line in re.findall("<li>(.*?)</li>", found[0], re.DOTALL)]  # fmt: skip


def beside_the_boxes(response: Any) -> list[str]:
    """The messages that stand at the boxes."""
    page = response.content.decode()
    found = re.findall('<p [^>]*class="govuk-error-message">(.*?)</p>', page, re.DOTALL)
    return [
        html.unescape(" ".join(re.sub("<[^>]+>", "", one).split())).removeprefix("Error: ") for one in found
    ]


def linked(response: Any, folder: str) -> set[str]:
    """The identifiers that a list leads to, under that folder."""
    return set(re.findall(rf'href="/{folder}/([0-9a-f-]{{36}})/"', response.content.decode()))


def bare(response: Any) -> str:
    """A page without what differs from one request to the next: the CSRF token, and the id of an error."""
    differs = 'name="csrfmiddlewaretoken" value="[^"]+"|quote <strong>[0-9a-f]{10}</strong>'
    return re.sub(differs, "", response.content.decode())


def permitted(subject: Any, person: User) -> set[str]:
    """Of every permission there is on such a thing, those by which the person may do something there now, one by one."""
    names = [
        codename for codename, _ in (*subject._meta.permissions, (f"view_{subject._meta.model_name}", ""))
    ]
    every = {f"{subject._meta.app_label}.{name}" for name in names}
    return {one for one in every if subject.permits(person, one, at=timezone.now())}


# ---- What is stored ----------------------------------------------------------------------------
def row_counts() -> dict[str, int]:
    """How many rows each table has."""
    models = [m for m in apps.get_models(include_auto_created=True) if m._meta.label_lower not in FORGOTTEN]
    return {model._meta.label_lower: model._base_manager.count() for model in models}


class Released(NamedTuple):
    """A case that has been through: two returns (one in, one open), and the record that the Panel has."""

    case: Case
    gp: AgencyReturn
    school: AgencyReturn
    record: PanelRecord


def a_released_case(
    world: World, *, late_reason: str = "", sent_at: datetime = SENT, **given: object
) -> Released:
    """Referred, notified, asked, decided without the school (as given), signed by all and sent."""
    case = factories.a_notified_case(world)
    made = factories.asked_returns(world, case)
    gp = factories.a_return_in(made["gp"], world.gp_author, world.gp_lead, at=DECIDED)
    written(world, case, **{"outcome": "no-lcspr", **given})
    case = decisions.decide_case(case, by=world.manager, at=DECIDED, open_returns_reason="They are on leave.")
    factories.sign_by_all(world, case, at=DECIDED)
    record = decisions.submit_case(case, by=world.manager, at=sent_at, late_reason=late_reason)
    return Released(Case.objects.get(pk=case.pk), gp, made["school"], record)


def written(world: World, case: Case, *, at: datetime = DECIDED, **given: object) -> None:
    """Every section of the decision record is saved."""
    for section, answers in factories.full_answers(DECISION_FORM, **given).items():
        decisions.save_decision_section(case, section, answers, by=world.manager, at=at)
