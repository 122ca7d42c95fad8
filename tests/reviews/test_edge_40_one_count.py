"""Days left are counted once: page, mail, export and the function say the same of one deadline."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications.channels import texts
from notifications.models import Notice
from reviews.services.exporting import timeliness
from reviews.services.standing import clocks_of, what_needs
from tests import factories
from tests.reviews.asking import signed_in
from workflows.models import Deadline
from workflows.services import calendar as calendars
from workflows.services.standing import how_it_stands
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 4, 20, 9, tzinfo=UTC)
NEW = {date(2026, 4, 8): "A day of mourning", date(2026, 4, 13): "A coronation"}


@pytest.fixture
def deadline() -> Deadline:
    """Due on Friday 10 April 2026, by a list that knew neither of the two new bank holidays around that day."""
    world = factories.a_world()
    case = factories.a_notified_case(world)
    found = Deadline.objects.select_related("rule", "calendar").get(subject=case, rule_code="RR_COMPLETE")
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


@pytest.mark.parametrize(
    ("on", "words"), [("2026-04-10", "met on time"), ("2026-04-14", "met 2 working days late")]
)
def test_edge_40_the_export_says_of_a_met_deadline_what_the_page_says(
    deadline: Deadline, on: str, words: str
) -> None:
    met_at = datetime.fromisoformat(on).replace(hour=9, tzinfo=UTC)
    deadline.state, deadline.met_at = "met", met_at
    assert timeliness(deadline)["in_words"] == how_it_stands(deadline, at=LATER).words == words
