"""What the clock rings for: often, by plain intervals, without a moment to come in the hands of the broker."""

import ast
from pathlib import Path

from celery import current_app
from django.conf import settings

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
