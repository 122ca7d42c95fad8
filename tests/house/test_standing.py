"""What the suite does for its tests: what they begin with stands once, is new for each, and is told apart by need."""

import pytest

from accounts.models import Partnership, User
from reviews.models import Case
from tests.factories import World
from tests.standing import GROUND, standing


@standing
def chief(world: World) -> User:
    """Somebody who is in the world already."""
    return world.manager


@standing
def renamed(world: World) -> World:
    """A world that was changed after it was made, in the database and as it was handed on."""
    Partnership.objects.update(name="Southborough")
    world.partnership.name = "Southborough"
    world.people["second"] = User.objects.create_user("second@southborough.example", "Second")
    return world


def stands() -> list[str]:
    return [recipe.__name__ for recipe, _, _ in GROUND.stands]


# ---- As if just made ---------------------------------------------------------------------------
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_changes_is_as_it_was_for_the_next(world: World, time: str) -> None:
    # Given what stands: had it not been made before our own transaction began, the next would not find it
    assert stands() == ["world"]
    assert (world.manager.full_name, User.objects.get(pk=world.manager.pk).full_name) == (
        "Manager of Northborough",
    ) * 2
    assert set(User.objects.all()) == set(world.people.values())

    # When we change it, in the database and in what we were handed
    User.objects.update(full_name=time)
    world.manager.full_name = time
    world.people["stranger"] = User.objects.create_user("stranger@elsewhere.example", time)

    # Then both times this test began as the first did, and it is the same world
    assert Partnership.objects.get() == world.partnership


def test_one_stands_on_another_and_a_person_in_both_is_one_object(
    world: World, chief: User, case: Case
) -> None:
    assert stands() == ["world", "case", "chief"]
    assert chief is world.manager
    assert case.partnership_id == world.partnership.pk
    assert Case.objects.get() == case


def test_what_changes_a_world_stands_too(renamed: World, world: World) -> None:
    assert stands() == ["world", "renamed"]
    assert renamed is world
    assert world.partnership.name == Partnership.objects.get().name == "Southborough"
    assert set(User.objects.all()) == set(world.people.values())


@pytest.mark.django_db
def test_who_asks_for_nothing_finds_nothing() -> None:
    assert stands() == []
    assert not Partnership.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_makes_its_own(world: World) -> None:
    assert stands() == []
    assert Partnership.objects.get() == world.partnership


# ---- Once, or on both databases ----------------------------------------------------------------
def test_what_asks_no_database_runs_once(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("once") is not None


def test_what_asks_the_database_runs_on_both(request: pytest.FixtureRequest, db: None) -> None:
    assert request.node.get_closest_marker("once") is None
