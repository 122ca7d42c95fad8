"""The system checks: each on something made up that is wrong, and on the product, which is not."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test.utils import isolate_apps
from django_fsm import transition

from reviews.models import Case
from reviews.rules import RULE_BOOK
from workflows import checks
from workflows.actors import only_the_system
from workflows.models import Subject


@isolate_apps("reviews")
def test_a_transition_that_names_no_permission_or_an_unknown_one_is_found() -> None:
    class Parcel(Subject):
        class Meta:
            app_label = "reviews"
            permissions = [("send_parcel", "Can send a parcel")]

        @transition("state", source="packed", target="sent", permission="reviews.send_parcel")
        def send(self) -> None: ...

        @transition("state", source="sent", target="lost", permission=only_the_system)
        def lose(self) -> None: ...

        @transition("state", source="sent", target="opened")
        def open(self) -> None: ...

        @transition("state", source="sent", target="returned", permission="reviews.return_parcel")
        def give_back(self) -> None: ...

        @transition("state", source="sent", target="seen", permission="reviews.view_parcel")
        def see(self) -> None: ...

    assert sorted(error.msg for error in checks.undeclared_permissions(Parcel)) == [
        "reviews.Parcel.give_back takes the permission 'reviews.return_parcel', which its Meta does not declare.",
        "reviews.Parcel.open takes the permission None, which its Meta does not declare.",
        "reviews.Parcel.see takes the permission 'reviews.view_parcel', which its Meta does not declare.",
    ]


@pytest.fixture
def a_transition_without_a_permission() -> Iterator[None]:
    found = Case.consider._django_fsm.get_transition("referred")  # type: ignore[attr-defined]
    kept, found.permission = found.permission, None
    yield
    found.permission = kept


def test_the_check_looks_at_every_kind(a_transition_without_a_permission: None) -> None:
    found = checks.every_transition_names_a_permission(None)
    assert [(error.id, error.obj) for error in found] == [("workflows.E001", Case)]


@pytest.mark.parametrize(
    "source",
    [
        "Case.objects.filter(pk=1).update(state='closed')",
        "Case.objects.update(version=2, state=State.CLOSED)",
        "await Case.objects.aupdate(state='closed')",
        "Case.objects.update(**{'state': 'closed'})",
        "Case.objects.bulk_update(cases, ['version', 'state'])",
        "Case.objects.bulk_update(cases, ('state',))",
        "Case.objects.bulk_update(cases, fields=['state'])",
        "async def f():\n    await Case.objects.abulk_update(cases, fields=['state'])",
    ],
)
def test_a_query_that_sets_a_state_is_found(source: str) -> None:
    tree = ast.parse(source)
    assert len(list(checks.updates_of_state(tree))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "Rung.objects.update(reached_at=at)",
        "Case.objects.bulk_update(cases, ['version'])",
        "Case.objects.filter(state='closed').update(version=2)",
        "hash.update(b'state')",
        "update(state='closed')",
        "perform(case, Case.close, by=by, at=at)",
    ],
)
def test_a_query_that_sets_none_is_not(source: str) -> None:
    assert list(checks.updates_of_state(ast.parse(source))) == []


def test_the_check_reads_every_package_but_its_migrations(tmp_path: Path, settings: Any) -> None:
    settings.BASE_DIR = tmp_path
    wrong = "\nCase.objects.update(state='closed')\n"
    for name in ("reviews/a.py", "config/deep/b.py", "reviews/migrations/0001.py", "elsewhere/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(wrong)
    assert sorted(error.msg for error in checks.state_has_one_door(None)) == [
        f"{tmp_path}/config/deep/b.py:2 sets a state past perform().",
        f"{tmp_path}/reviews/a.py:2 sets a state past perform().",
    ]


def test_a_rule_that_names_no_ladder_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    climbs_nothing = replace(RULE_BOOK.statutory[0], ladder="moon")
    book = replace(RULE_BOOK, statutory=(climbs_nothing, *RULE_BOOK.statutory[1:]))
    monkeypatch.setattr(checks, "rule_book", lambda: book)
    assert [error.msg for error in checks.every_rule_has_its_ladder(None)] == [
        "Rule SIN_NOTIFY climbs the ladder 'moon', which is not in the book."
    ]


def test_the_product_passes_its_own_checks() -> None:
    call_command("check")
    assert [*checks.every_transition_names_a_permission(None), *checks.every_rule_has_its_ladder(None)] == []
    assert checks.state_has_one_door(None) == []
