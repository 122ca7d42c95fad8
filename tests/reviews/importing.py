"""What the tests of taking cases in share: a case that can be taken in, a file, and what is said of a bad one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from reviews.services.importing import BadFile, import_cases
from tests.factories import World
from tests.reviews.asking import row_counts
from workflows.actors import SYSTEM

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def facts(**given: Any) -> dict[str, Any]:
    """One case that can be imported; what is given replaces what is there."""
    return {
        "reference_as_given": "NSCP 2020-21/04",
        "reference": {"body": "NSCP", "year": 2020, "number": 4},
        "review_type": "lcspr",
        "harm": "death",
        "summary": "What happened.",
        "children": [{"age": "3 months"}],
        "sources": [{"title": "Statement"}],
        "events": [{"verb": "adopt", "on": "2020/21"}],
        **given,
    }


def a_file(*cases: dict[str, Any], **given: Any) -> str:
    """A file with each value on a line of its own."""
    return json.dumps({"format": "case-facts/1", "cases": list(cases), **given}, indent=1)


def line_of(text: str, word: str) -> int:
    """The line on which a word first stands."""
    return next(n for n, line in enumerate(text.splitlines(), start=1) if word in line)


def refused(text: str, world: World) -> list[str]:
    """What is said of a file; and that nothing of it was stored."""
    before = row_counts()
    with pytest.raises(BadFile) as refusal:
        import_cases(text, partnership=world.partnership, by=SYSTEM, at=NOW)
    assert row_counts() == before
    return [str(fault) for fault in refusal.value.faults]
