"""Whatever is sent to whatever address by whomever: nothing breaks, and nobody reads what is not theirs.

2,000 requests in every run, always the same ones; 50,000 others by `make fuzz`. What fails is printed with the words
that send it again.
"""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve

from config.manifest import METHODS
from tests.matrix.asking import lines
from tests.matrix.expected import PERSONAS
from tests.matrix.fuzzing import VIEWS, Maker, amiss, boxes_in, declared_boxes
from tests.matrix.world import NOW, Cast

pytestmark = pytest.mark.django_db
SEED, _, ONE = os.environ.get("FUZZ", "every run").partition(":")
"""FUZZ=seed chooses other requests, FUZZ=seed:number only that one."""
REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "2000"))


@pytest.fixture(autouse=True)
def now(time_machine: Any, settings: Any) -> Iterator[None]:
    time_machine.move_to(NOW, tick=False)
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    logging.disable()  # a line for each of thousands of refusals
    yield
    logging.disable(logging.NOTSET)


def test_whatever_is_sent_nothing_breaks_and_nobody_reads_what_is_not_theirs(cast: Cast) -> None:
    maker = Maker(cast, SEED)
    numbers = [int(ONE)] if ONE else range(REQUESTS)
    wrong: dict[str, list[str]] = {}
    answered, began = Counter[str](), time.process_time()
    for number in numbers:
        made = maker.make(number)
        for one in amiss(made, maker.senders, answered):
            wrong.setdefault(one.strip().splitlines()[-1], []).append(f"{made}\n{one}")
        if len(numbers) > 5000 and not number % 5000:
            print(f"{number} requests, wrong in {len(wrong)} ways", flush=True)
    spent = time.process_time() - began
    print(f"{len(numbers)} requests of seed {SEED!r} in {spent:.0f} s of CPU, wrong in {len(wrong)} ways.")
    print(", ".join(f"{times} x {what}" for what, times in answered.most_common()), flush=True)
    told = [f"{len(times)} times, first:\n{times[0]}" for times in wrong.values()]
    assert not wrong, f"Wrong in {len(wrong)} ways.\n\n" + "\n\n".join(told)


def test_a_run_sends_to_every_address_by_every_method_and_as_everybody(cast: Cast) -> None:
    maker = Maker(cast, "every run")
    maker.boxes.found = {
        line.route: declared_boxes(VIEWS[line.route]) for line in lines()
    }  # no page is asked
    made = [maker.make(number) for number in range(2000)]

    assert {route_of(one.path) for one in made} - {""} == {line.route for line in lines() if line.route}
    posted_to = {route_of(one.path) for one in made if one.method == "POST"}
    assert {line.route for line in lines() if "POST" in line.methods} - posted_to == set()
    assert {one.method for one in made} == METHODS | {"TRACE", "BREW"}
    assert {one.persona.name for one in made} == {persona.name for persona in PERSONAS}


def route_of(path: str) -> str:
    """The address that a path is of, as the URLconf writes it; "" for home, and for what leads nowhere."""
    try:
        return str(resolve(unquote(path.partition("?")[0])).route)
    except Resolver404:
        return ""


def test_the_same_number_of_the_same_seed_is_the_same_request(cast: Cast) -> None:
    one, other = Maker(cast, "a"), Maker(cast, "a")
    assert [one.make(number) for number in (5, 700)] == [other.make(number) for number in (5, 700)]
    assert one.make(5) != Maker(cast, "b").make(5)


def test_the_boxes_of_a_page_are_found_with_what_may_be_chosen() -> None:
    page = (
        '<form><input name="search"></form><main><form><input type="hidden" name="form_token" value="1">'
        '<input name="born_day" type="text"><input type="radio" name="way" value="a"><input type="radio" name="way" '
        'value="b&amp;c"><select name="who"><option value="">Choose</option><option value="7">Ann</option></select>'
        '<textarea name="words"></textarea><button>Go</button></form></main>'
    )
    assert boxes_in(page) == {
        "form_token": ["1"], "born_day": [], "way": ["a", "b&c"], "who": ["", "7"], "words": [],
    }  # fmt: skip
