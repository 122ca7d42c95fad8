"""A small world for the outbox: one partnership, and what its people are told."""

from datetime import UTC, datetime

import pytest

from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from tests.factories import World, a_notified_case, a_person, a_referral, asked_returns
from tests.standing import standing


def london(text: str) -> datetime:
    """An instant, in UTC: `2026-03-20 09:00`. Until 29 March 2026 London's clocks show the same."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


FRIDAY = london("2026-03-20 09:00")


def owe(case: Case, *, people: int = 1, at: datetime = FRIDAY, first: int = 0) -> list[Notice]:
    """Notices of a move, owed at once: one for each of so many new people."""
    made = []
    for number in range(first, first + people):
        person = a_person(f"reader-{number}@northborough.example", f"Reader {number}")
        notice = Notice(
            key=f"move:1:panel-replied:{person.pk}", recipient=person, subject_id=case.pk, news="panel-replied",
            created_at=at, send_after=at, next_try_at=at, message_id=f"<{person.pk}@reviews.example.org>",
        )  # fmt: skip
        notice.save()
        made.append(notice)
    return made


def states() -> dict[str, int]:
    counted: dict[str, int] = {}
    for state in Notice.objects.values_list("state", flat=True):
        counted[state] = counted.get(state, 0) + 1
    return counted


@standing
def referral(world: World) -> Case:
    """Referred on Thursday 12 March 2026: to be notified by Thursday 19 March."""
    return a_referral(world)


@standing
def notified(world: World) -> Case:
    """Notified on Wednesday 18 March 2026."""
    return a_notified_case(world)


@pytest.fixture
def case(referral: Case) -> Case:
    """A case about which nothing is owed yet."""
    assert not Notice.objects.exists()
    return referral


@standing
def gp(world: World, notified: Case) -> AgencyReturn:
    """The return that the GP was asked for on 18 March, as the school was for its own."""
    return asked_returns(world, notified)["gp"]
