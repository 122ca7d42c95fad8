"""What the clock rings for: often, by plain intervals, without a moment to come in the hands of the broker."""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management import get_commands, load_command_class

PRODUCT = ("accounts", "config", "notifications", "reviews", "workflows")
LATER = {"eta", "countdown"}


def sources() -> list[Path]:
    return [path for package in PRODUCT for path in sorted((settings.BASE_DIR / package).rglob("*.py"))]


def test_edge_46_no_task_is_handed_to_the_broker_for_later() -> None:
    # A broker repeats what waits longer than it is patient: what is due is a row, and is found when its time has come.
    found = [
        f"{path.relative_to(settings.BASE_DIR)}:{call.lineno}"
        for path in sources()
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and (
            LATER & {keyword.arg for keyword in call.keywords}
            or (isinstance(call.func, ast.Attribute) and call.func.attr in ("retry", "apply_async", "delay"))
        )
    ]
    assert found == []


def test_edge_46_a_ring_that_nobody_heard_in_time_is_forgotten_and_no_hour_is_named() -> None:
    # A schedule by the hour would be an hour off, or silent, when London changes its clocks.
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert isinstance(entry["schedule"], float), name
        assert 0 < entry["options"]["expires"] <= 2 * entry["schedule"], name
    assert settings.CELERY_TIMEZONE == "UTC"


def test_edge_46_every_task_that_is_rung_for_exists_and_takes_no_arguments() -> None:
    current_app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
        assert "args" not in entry
        assert "kwargs" not in entry


def test_edge_46_a_task_ends_before_the_broker_would_give_it_to_another() -> None:
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT


def _names_in(source: str) -> set[str]:
    """Every name and every attribute that stands in a piece of source."""
    nodes = list(ast.walk(ast.parse(textwrap.dedent(source))))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def _services_called_by(task: str) -> set[str]:
    """The names of what the task calls with a time."""
    package, name = task.rsplit(".", 1)
    source = inspect.getsource(getattr(importlib.import_module(package), name).run)
    calls: list[Any] = [
        call.func
        for call in ast.walk(ast.parse(textwrap.dedent(source)))
        if isinstance(call, ast.Call) and "at" in {keyword.arg for keyword in call.keywords}
    ]
    return {func.id if isinstance(func, ast.Name) else func.attr for func in calls}


def test_what_the_clock_rings_for_is_in_the_lines_for_cron_too() -> None:
    # Given the lines that docs/running.md has for where nothing may run but cron
    page = (settings.BASE_DIR / "docs" / "running.md").read_text()
    lines = re.findall(r"^ {4}[\d*/, ]+ +cd \S+ && \S+ manage\.py (\w+)( --once)?$", page, re.MULTILINE)
    commands = [load_command_class(get_commands()[name], name) for name, _ in lines]

    # Then each of them runs, as it stands there; and together they call every service that a task of the clock calls
    for command, (name, once) in zip(commands, lines, strict=True):
        command.create_parser("manage.py", name).parse_args(once.split())
    done = set[str]().union(*(_names_in(inspect.getsource(type(command).handle)) for command in commands))
    missing = {
        entry["task"]: services - done
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if (services := _services_called_by(entry["task"])) - done
    }
    assert missing == {}
