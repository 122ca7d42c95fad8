"""Every address by every method as everybody: one test a person, which names every cell that is wrong."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.services import limits
from config.manifest import METHODS
from tests.matrix.asking import Walk, chosen_cells, every_cell, lines, the_client
from tests.matrix.expected import PERSONAS
from tests.matrix.world import NOW, SCOPES, Cast

pytestmark = [pytest.mark.django_db, pytest.mark.once]
IS_WHOLE = os.environ.get("MATRIX") == "whole"
"""`make matrix` asks for every cell; every other run for those of chosen_cells."""


@pytest.fixture(autouse=True)
def now(time_machine: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    time_machine.move_to(NOW, tick=False)
    for counted in limits.PER_PERSON:  # at this one instant somebody asks for more than anybody may in a day
        monkeypatch.setitem(limits.LIMITS, counted, "100000/d/user")
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    logging.disable()  # a line for each of thousands of refusals
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("number", range(len(PERSONAS)), ids=[persona.name for persona in PERSONAS])
def test_everybody_is_answered_as_it_is_declared(number: int, cast: Cast) -> None:
    persona = PERSONAS[number]
    walk = Walk(persona, the_client(cast, persona))
    for line, scope, method in every_cell() if IS_WHOLE else chosen_cells(number):
        walk.cell(line, scope, cast.where[scope], method)
    print(f"{persona.name}: {walk.asked} cells, {len(walk.wrong)} wrong", flush=True)
    assert not walk.wrong, f"{len(walk.wrong)} of {walk.asked} cells:\n" + "\n".join(walk.wrong)


def test_nobody_and_no_scope_is_left_out(cast: Cast) -> None:
    assert {*cast.people, "anonymous"} == {persona.name for persona in PERSONAS}
    assert len(PERSONAS) == 21
    assert {scope for scope in SCOPES if scope not in cast.where} == set()


def test_the_chosen_cells_of_all_together_are_every_address_by_every_method() -> None:
    asked = {
        (line.route, method) for number in range(len(PERSONAS)) for line, _, method in chosen_cells(number)
    }
    assert asked == {(line.route, method) for line in lines() for method in METHODS}
