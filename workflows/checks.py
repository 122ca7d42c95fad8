"""System checks: what must be true of every workflow before the product starts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from workflows.actors import only_the_system
from workflows.models import Subject
from workflows.services.rules import rule_book

PACKAGES = ("accounts", "workflows", "reviews", "notifications", "config")


def _kinds() -> list[type[Subject]]:
    return [model for model in apps.get_models() if issubclass(model, Subject) and model is not Subject]


@register()
def every_transition_names_a_permission(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """django-fsm lets everybody through a transition that names none."""
    field = Subject._meta.get_field("state")
    found: list[CheckMessage] = []
    for model in _kinds():
        declared = {f"{model._meta.app_label}.{codename}" for codename, _ in model._meta.permissions}
        known = declared | {f"{model._meta.app_label}.view_{model._meta.model_name}", only_the_system}
        for transition in field.get_all_transitions(model):
            if transition.permission not in known:
                found.append(
                    Error(
                        f"{model._meta.label}.{transition.name} takes the permission {transition.permission!r}, "
                        "which its Meta does not declare.",
                        obj=model, id="workflows.E001",
                    )
                )  # fmt: skip
    return found


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


def updates_of_state(tree: ast.AST) -> Iterator[int]:
    """The lines on which a query sets `state` past the door: `.update(state=...)` on anything."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("update", "bulk_update", "aupdate")
            and (
                any(keyword.arg == "state" for keyword in node.keywords)
                or any(isinstance(a, ast.List) and any(isinstance(e, ast.Constant) and e.value == "state" for e in a.elts)
                       for a in node.args)
            )
        ):  # fmt: skip
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
