"""Standing worlds: what many tests begin with is made once, and each test finds it as if just made.

A fixture is made standing by its decorator, and reads and is asked for like any other:

    @standing
    def case(world: World) -> Case:
        return factories.a_notified_case(world)

It is made before the test's own transaction begins, in a transaction around it, and stays for as long as the tests
that follow begin in the same way. So it may ask only for other standing fixtures, declared before it, and must take
its times as arguments: the clock of the test is not yet set. Every test gets copies of its own, and what it writes
is rolled back to where it began. A test that commits begins with an empty database, and makes what it asks for anew.
"""

import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

OPENS_THE_TRANSACTION = "_django_db_helper"
"""The fixture of pytest-django in which a test's own transaction begins: a test fails if it is called otherwise."""
Recipe = Callable[..., Any]
_declared: list[Recipe] = []
COPIES = pytest.StashKey[dict[str, Any]]()


def standing(recipe: Recipe) -> Any:
    """Make a fixture of this recipe, which is called once for all the tests that begin with it."""
    name, needs = recipe.__name__, inspect.signature(recipe).parameters
    _declared.append(recipe)

    def given(request: pytest.FixtureRequest, db: None, **those: Any) -> Any:
        copies = request.node.stash.get(COPIES, {})
        return copies[name] if name in copies else recipe(**those)

    asked = [inspect.Parameter(one, inspect.Parameter.KEYWORD_ONLY) for one in ("request", "db", *needs)]
    given.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
    given.__doc__ = recipe.__doc__
    given.recipe = recipe  # type: ignore[attr-defined]
    return pytest.fixture(given, name=name)


def recipes_of(item: pytest.Item) -> list[Recipe]:
    """What the test begins with, in the order in which it is made. None for a test that commits."""
    found: list[Recipe] = []

    def stands(name: str) -> bool:
        definitions = item._fixtureinfo.name2fixturedefs.get(name)  # type: ignore[attr-defined]
        recipe = getattr(definitions[-1].func, "recipe", None) if definitions else None
        if recipe is None or not all(stands(need) for need in inspect.signature(recipe).parameters):
            return False  # where a module has another fixture of that name, nothing on top of it can stand
        if recipe not in found:
            found.append(recipe)
        return True

    if not commits(item):
        for name in item.fixturenames:  # type: ignore[attr-defined]
            stands(name)
    return sorted(found, key=_declared.index)


def asks_the_database(item: pytest.Item) -> bool:
    """Whether the test uses the suite's database: pytest-django refuses it to all others."""
    names = set(item.fixturenames)  # type: ignore[attr-defined]
    return bool(item.get_closest_marker("django_db") or names & {"db", "transactional_db", "live_server"})


def side_by_side(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests of each module in another order: those that begin in the same way come one after the other."""
    place = {path: number for number, path in enumerate(dict.fromkeys(item.path for item in items))}
    return sorted(
        items, key=lambda item: (place[item.path], [_declared.index(one) for one in recipes_of(item)])
    )


def commits(item: pytest.Item) -> bool:
    """Whether the test has real transactions of its own, and empties the database when it is over."""
    marker = item.get_closest_marker("django_db")
    is_marked = bool(marker and (marker.kwargs.get("transaction") or marker.args[:1] == (True,)))
    return is_marked or not {"transactional_db", "live_server"}.isdisjoint(item.fixturenames)  # type: ignore[attr-defined]


class Ground:
    """What stands in the database between two tests: recipes, each in a transaction inside that of the one before."""

    def __init__(self) -> None:
        self.stands: list[tuple[Recipe, transaction.Atomic, bytes]] = []

    def prepare(self, recipes: list[Recipe]) -> dict[str, Any]:
        """Have these stand, and nothing else. Returns a copy of what each returned, by its name."""
        here = [recipe for recipe, _, _ in self.stands]
        same = 0
        while same < min(len(here), len(recipes)) and here[same] is recipes[same]:
            same += 1
        self.clear(down_to=same)
        for recipe in recipes[same:]:
            self._add(recipe)
        return self._copies()

    def clear(self, down_to: int = 0) -> None:
        """Take away what stands, the last first."""
        while len(self.stands) > down_to:
            _, block, _ = self.stands.pop()
            transaction.set_rollback(True)
            block.__exit__(None, None, None)

    def _add(self, recipe: Recipe) -> None:
        made = self._copies()
        block = transaction.atomic()
        block._from_testcase = True  # type: ignore[attr-defined]  # as Django marks those around its tests
        block.__enter__()
        try:
            made[recipe.__name__] = recipe(
                **{name: made[name] for name in inspect.signature(recipe).parameters}
            )
            connection.check_constraints()  # once: what was put off would be checked after every test
            kept = pickle.dumps(made)
        except BaseException:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)
            raise
        self.stands.append((recipe, block, kept))

    def _copies(self) -> dict[str, Any]:
        """All that stands, copied together: a person in two of them is one object, as when they were made."""
        copies: dict[str, Any] = pickle.loads(self.stands[-1][2]) if self.stands else {}
        return copies


GROUND = Ground()
