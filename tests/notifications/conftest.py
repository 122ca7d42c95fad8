"""A small world for the outbox: one partnership, and what its people are told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reviews.models import Case
from tests.factories import World, a_notified_case, a_referral, a_world


def london(text: str) -> datetime:
    """An instant, in UTC: `2026-03-20 09:00`. Until 29 March 2026 London's clocks show the same."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def world(db: None, settings: Any) -> World:
    settings.SITE_URL = "https://reviews.example.org"
    return a_world()


@pytest.fixture
def referral(world: World) -> Case:
    """Referred on Thursday 12 March 2026: to be notified by Thursday 19 March."""
    return a_referral(world)


@pytest.fixture
def notified(world: World) -> Case:
    """Notified on Wednesday 18 March 2026."""
    return a_notified_case(world)
