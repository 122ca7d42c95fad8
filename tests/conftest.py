"""What every test may ask for: the real parts around the product, a browser, and which database this is."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import blocking_manager_key

from reviews.models import Case
from tests import factories, keys, second_factor, services
from tests.everything import browser_on_the_path
from tests.standing import (
    COPIES,
    GROUND,
    OPENS_THE_TRANSACTION,
    asks_the_database,
    commits,
    recipes_of,
    side_by_side,
    standing,
)

CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
second_factor.sign_in_wholly()
WITHOUT_BROWSER = pytest.StashKey[int]()

hypothesis.settings.register_profile(
    "house", deadline=None, print_blob=True, derandomize=True, max_examples=100
)
hypothesis.settings.register_profile(
    "long", parent=hypothesis.settings.get_profile("house"), max_examples=2000
)
hypothesis.settings.register_profile(
    "night",
    deadline=None,
    print_blob=True,
    max_examples=10_000,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)  # other examples every night: what it finds is told with the line that brings it back
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


# ---- Which database, and whether there is a browser --------------------------------------------
@pytest.fixture(scope="session", autouse=True)
def on_the_expected_database() -> None:
    """A suite that silently ran on the other database would prove nothing."""
    expected = os.environ.get("EXPECT_VENDOR")
    assert expected in (None, "", connection.vendor), (
        f"These tests ran on {connection.vendor}, not on {expected}."
    )


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """On SQLite the database of the tests is a copy of one that is migrated already, if we are told of one.

    PostgreSQL copies it by itself (tests.settings).
    """
    migrated = os.environ.get("MIGRATED")
    if not migrated or connection.vendor != "sqlite":
        return django_db_keepdb
    given = connection.settings_dict["TEST"]
    shutil.copyfile(migrated, given["NAME"])
    given["MIGRATE"] = False
    return True


@pytest.fixture(scope="session", autouse=True)
def emptied_between_tests() -> None:
    keys.empty_past_the_guard()


def chromium() -> str | None:
    """The browser to drive: CHROMIUM, or one on the PATH; none when NO_BROWSER=1."""
    if os.environ.get("NO_BROWSER") == "1":
        return None
    return os.environ.get("CHROMIUM") or browser_on_the_path()


@pytest.hookimpl(tryfirst=True)  # before -m chooses, and before pytest-django puts those that commit last
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what runs once, put side by side what begins alike, and leave out the browser's tests without one."""
    for item in items:
        if not asks_the_database(item):
            item.add_marker(pytest.mark.once)
    # Without a browser its tests are deselected, and the last lines say so: a skip would pass unseen.
    without = [item for item in items if item.get_closest_marker("browser")] if chromium() is None else []
    config.stash[WITHOUT_BROWSER] = len(without)
    if without:
        config.hook.pytest_deselected(items=without)
    items[:] = side_by_side([item for item in items if item not in set(without)])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"Database: {connection.vendor}")
    if left_out := config.stash.get(WITHOUT_BROWSER, 0):
        terminalreporter.write_line(
            f"NOT TESTED: {left_out} tests in a browser, since there is no Chromium.", red=True
        )


# ---- What most tests begin with ----------------------------------------------------------------
@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Any:
    """Before the transaction of a test begins, see to it that what the test begins with stands."""
    if fixturedef.argname == OPENS_THE_TRANSACTION:
        with request.getfixturevalue("django_db_blocker").unblock():
            copies = GROUND.prepare(recipes_of(request.node))
        request.node.stash[COPIES] = copies
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before the parts of a test that commits are started, take away what stands.

    A browser keeps an event loop running, in which Django has another connection than the one that it stands in.
    """
    if GROUND.stands and commits(item):
        with item.config.stash[blocking_manager_key].unblock():
            GROUND.clear()


@standing
def world() -> factories.World:
    """One partnership, its agencies and its people; nothing has been referred to it."""
    return factories.a_world()


@standing
def case(world: factories.World) -> Case:
    """A case of that partnership in its rapid review, notified on Wednesday 18 March 2026."""
    return factories.a_notified_case(world)


# ---- The parts around the product --------------------------------------------------------------
@pytest.fixture(scope="session")
def valkey() -> Iterator[services.Broker]:
    """A broker for the whole session; a test that kills it starts it again."""
    with services.valkey() as broker:
        yield broker


@pytest.fixture
def smtp(tmp_path: Path, settings: Any) -> Iterator[services.MailSink]:
    """A mail server that misbehaves on request; this process sends its mail there."""
    with services.smtp_sink(tmp_path / "mail.jsonl") as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 2
        yield sink


# ---- The browser -------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium(), "args": CHROMIUM_OPTIONS}


@pytest.fixture
def axe() -> Callable[..., list[dict[str, Any]]]:
    """Ask axe what is wrong with a page: `axe(page)` returns its violations, none for a page that is well."""
    source = (Path(settings.BASE_DIR) / "tests" / "data" / "axe.min.js").read_text()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

    def violations(page: Any, **options: Any) -> list[dict[str, Any]]:
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(source)
        rules = {"target-size": {"enabled": True}, **options.pop("rules", {})}
        given = {
            "runOnly": {"type": "tag", "values": tags}, "rules": rules,
            "resultTypes": ["violations"], "preload": False, **options,
        }  # fmt: skip
        answer = page.evaluate("given => axe.run(document, given)", given)
        return [
            {"rule": found["id"], "why": found["help"], "where": [node["target"] for node in found["nodes"]]}
            for found in answer["violations"]
        ]

    return violations
