"""Days left are counted once: page, mail, export and the function say the same of one deadline."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from notifications.channels import texts
from notifications.models import Notice
from reviews.services.exporting import timeliness
from reviews.services.standing import clocks_of, what_needs
from tests import factories
from tests.reviews.asking import signed_in
from tests.standing import standing
from workflows.models import Deadline
from workflows.services import calendar as calendars
from workflows.services.standing import how_it_stands
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 4, 20, 9, tzinfo=UTC)
NEW = {date(2026, 4, 8): "A day of mourning", date(2026, 4, 13): "A coronation"}


@standing
def deadline() -> Deadline:
    """Due on Friday 10 April 2026, by a list that knew neither of the two new bank holidays around that day."""
    world = factories.a_world()
    case = factories.a_notified_case(world)
    known = calendars.current_calendar().holidays | NEW
    calendars.load_holidays(
        {
            "division": calendars.DIVISION,
            "source": "a later list",
            "published_on": "2026-04-08",
            "events": [{"date": str(day), "title": name} for day, name in sorted(known.items())],
        },
        at=timezone.now() + timedelta(days=1),  # the list loaded last is the one in use
    )
    assert calendars.current_calendar().holidays.keys() > NEW.keys()
    found = Deadline.objects.select_related("rule", "calendar").get(subject=case, rule_code="RR_COMPLETE")
    assert found.due_on == date(2026, 4, 10)
    return found


@pytest.mark.parametrize("on", ["2026-04-07", "2026-04-10", "2026-04-14"])
def test_edge_40_page_mail_and_function_say_the_same_words(
    deadline: Deadline, on: str, time_machine: Any
) -> None:
    # Given a list of bank holidays that is newer than the date. When anybody asks how it stands:
    at = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC)
    time_machine.move_to(at, tick=False)
    said = how_it_stands(deadline, at=at).words
    case = deadline.subject.specific()
    manager = User.objects.get(email="manager@northborough.example")

    # Then the page of the case, what needs the manager, her notices and the mail say what the one function says.
    assert [c.left.words for c in clocks_of(case, at=at) if c.deadline == deadline] == [said]
    assert said in [duty.left.words for duty in what_needs(manager, at=at) if duty.left]
    client = signed_in(manager)
    assert said in client.get(case.get_absolute_url()).content.decode()
    sweep(at=at)
    notice = Notice.objects.filter(deadline=deadline, recipient=manager).first() or Notice(
        subject=deadline.subject, deadline=deadline, news="reminder"
    )
    assert said in texts.text_of(notice, at=at).body


@pytest.mark.parametrize("on", ["2026-04-07", "2026-04-10", "2026-04-14"])
def test_edge_40_every_page_the_proof_as_data_and_the_command_say_the_same_words(
    deadline: Deadline, on: str, time_machine: Any
) -> None:
    # Given the same, and a notice of it
    at = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC)
    time_machine.move_to(at, tick=False)
    sweep(at=at)
    left = how_it_stands(deadline, at=at)
    case, manager = deadline.subject.specific(), User.objects.get(email="manager@northborough.example")

    # Then home, the case, its deadline, the year, what if and the notices say what the one function says
    address = reverse("case-deadline", args=[case.pk, deadline.pk])
    tomorrow = {"today_day": f"{at.day}", "today_month": "4", "today_year": "2026"}
    pages = {
        "home": (reverse("home"), {}),
        "case": (case.get_absolute_url(), {}),
        "deadline": (address, {}),
        "due": (reverse("due"), {}),
        "what if": (reverse("what-if"), tomorrow),
        "notices": (reverse("notice-list"), {}),
    }
    client = signed_in(manager)
    said = {
        name: left.words in client.get(url, query).content.decode() for name, (url, query) in pages.items()
    }
    assert said == dict.fromkeys(pages, True)

    # And so do the JSON, with the number and its unit, the page of paper, explain and simulate
    proof = client.get(f"{address}proof.json").json()
    assert proof["stands"] == {"in_words": left.words, "days": left.days, "unit": "working days"}
    [page] = PdfReader(BytesIO(client.get(f"{address}proof.pdf").content)).pages
    assert left.words in " ".join(page.extract_text().split())
    for command, given in (("explain", [str(deadline.pk)]), ("simulate", ["--today", on])):
        out = StringIO()
        call_command(command, *given, stdout=out)
        assert left.words in " ".join(out.getvalue().split())


@pytest.mark.once
def test_edge_40_nobody_counts_days_left_but_the_one_function() -> None:
    asks = re.compile(r"\b(time_left|distance)\(|\.between\(")
    root = Path(__file__).resolve().parent.parent.parent
    found = {
        str(path.relative_to(root))
        for package in ("accounts", "workflows", "reviews", "notifications", "config")
        for path in (root / package).rglob("*.py")
        if asks.search(path.read_text())
    }
    assert found == {
        "reviews/services/returns.py",  # how long after the notification an agency was asked
        "workflows/countdown.py",  # the function
        "workflows/derivation.py",  # days that were stopped
        "workflows/services/simulating.py",  # of a date that is only supposed
        "workflows/services/standing.py",  # of one that is stored: where all others ask
    }


@pytest.mark.parametrize(
    ("on", "words"), [("2026-04-10", "met on time"), ("2026-04-14", "met 2 working days late")]
)
def test_edge_40_the_export_says_of_a_met_deadline_what_the_page_says(
    deadline: Deadline, on: str, words: str
) -> None:
    met_at = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC)
    deadline.state, deadline.met_at = "met", met_at
    assert timeliness(deadline)["in_words"] == how_it_stands(deadline, at=LATER).words == words
