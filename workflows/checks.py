"""System checks: what must be true of every workflow before the product starts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from workflows.actors import only_the_system
from workflows.cadence import misfits
from workflows.models import Subject
from workflows.services.rules import rule_book

PACKAGES = ("accounts", "workflows", "reviews", "notifications", "config")


def _kinds() -> list[type[Subject]]:
    return [model for model in apps.get_models() if issubclass(model, Subject) and model is not Subject]


@register()
def every_transition_names_a_permission(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """django-fsm lets everybody through a transition that names none."""
    return [error for model in _kinds() for error in undeclared_permissions(model)]


def undeclared_permissions(model: type[Subject]) -> Iterator[CheckMessage]:
    """One error for each transition of the kind whose permission is none, or not among its Meta's own."""
    declared = {f"{model._meta.app_label}.{codename}" for codename, _ in model._meta.permissions}
    for transition in Subject._meta.get_field("state").get_all_transitions(model):
        if transition.permission not in declared | {only_the_system}:
            yield Error(
                f"{model._meta.label}.{transition.name} takes the permission {transition.permission!r}, "
                "which its Meta does not declare.",
                obj=model,
                id="workflows.E001",
            )


@register()
def every_rule_has_its_ladder(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    book = rule_book()
    return [
        Error(
            f"Rule {rule.code} climbs the ladder {rule.ladder!r}, which is not in the book.",
            id="workflows.E002",
        )
        for rule in (*book.statutory, *book.local)
        if rule.ladder not in book.ladders
    ]


@register()
def every_ladder_suits_its_period(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Of the rules to be met by a day. A duty to keep something up has nothing to be reminded of until it ends."""
    book = rule_book()
    return [
        Error(f"Rule {rule.code} climbs the ladder {rule.ladder!r}: {wrong}", id="workflows.E004")
        for rule in (*book.statutory, *book.local)
        if rule.duty == "by"
        for wrong in misfits(rule.limit, book.ladders.get(rule.ladder, ()))
    ]


@register()
def every_due_day_is_of_a_rule_that_counts_from_an_event(
    app_configs: Any, **kwargs: Any
) -> list[CheckMessage]:
    """A milestone planned from one that is itself planned from another could move in a circle."""
    book = rule_book()
    starts = {rule.code: rule.starts for rule in (*book.statutory, *book.local)}
    return [
        Error(f"The event {event!r} is the due day of {code}, which {wrong}.", id="workflows.E005")
        for event, code in book.due_days.items()
        if (
            wrong := "is no rule of the book" if code not in starts
            else "is itself planned from a due day" if starts[code] in book.due_days else ""
        )
    ]  # fmt: skip


def updates_of_state(tree: ast.AST) -> Iterator[int]:
    """The lines on which a query sets `state` past the door: an update or bulk_update that names it."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in ("update", "aupdate", "bulk_update", "abulk_update"):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        words = {
            word.value
            for value in given
            if isinstance(value, ast.List | ast.Tuple | ast.Set | ast.Dict)
            for word in (value.keys if isinstance(value, ast.Dict) else value.elts)
            if isinstance(word, ast.Constant)
        }
        if "state" in words or any(keyword.arg == "state" for keyword in node.keywords):
            yield node.lineno


@register()
def state_has_one_door(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No query of ours sets a state: `perform` does."""
    found: list[CheckMessage] = []
    for package in PACKAGES:
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            for line in updates_of_state(ast.parse(path.read_text())):
                found.append(Error(f"{path}:{line} sets a state past perform().", id="workflows.E003"))
    return found
