"""Any facts, in any order, counted in another way: the fold comes to the same day."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workflows import naive
from tests.workflows.bench import CALENDAR, Told
from workflows.derivation import derive
from workflows.rules import Limit

KINDS = [
    "paused",
    "resumed",
    "paused",
    "resumed",
    "extended",
    "re-ruled",
    "restarted",
    "re-calendared",
    "met",
    "voided",
    "reopened",
    "undone",
]


@st.composite
def any_facts(draw: st.DrawFn) -> list[Told]:
    """A start and up to ten facts of any kind at any hour of three months, sensible or not."""
    start = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 24 * 300)))
    facts = [Told(1, "started", start)]
    for number in range(2, 2 + draw(st.integers(0, 10))):
        kind = draw(st.sampled_from(KINDS))
        details: dict[str, Any] = {}
        if kind == "extended":
            day = (start + timedelta(days=draw(st.integers(1, 120)))).date().isoformat()
            details = draw(
                st.sampled_from([{"by": "3wd"}, {"by": "5d"}, {"by": "1mo"}, {"by": "2w"}, {"to": day}])
            )
        elif kind == "re-ruled":
            details = {"limit": draw(st.sampled_from(["1wd", "20wd", "10d", "3mo"]))}
        elif kind == "restarted":
            earlier = start + timedelta(hours=draw(st.integers(-24 * 40, 24 * 90)))
            details = draw(st.sampled_from([{}, {"start": earlier.isoformat()}]))
        elif kind == "reopened":
            details = draw(st.sampled_from([{}, {"closed_time": "stopped"}, {"closed_time": "running"}]))
        elif kind == "undone":
            if number == 2:
                continue
            details = {"fact": draw(st.integers(2, number - 1))}
        # Half hours, and often midnight, where the mistakes are.
        hours = draw(st.integers(0, 24 * 90)) if draw(st.booleans()) else 24 * draw(st.integers(0, 90))
        facts.append(Told(number, kind, start + timedelta(hours=hours), details))
    return facts


LIMITS = st.sampled_from(["1wd", "5wd", "15wd", "7d", "6w", "1mo", "6mo"])


@given(LIMITS, any_facts())
def test_walking_from_day_to_day_gives_the_same_day(limit: str, facts: list[Told]) -> None:
    derivation = derive(Limit.parse(limit), facts, CALENDAR)
    assert (derivation.state, derivation.due_on) == naive.due_day(limit, facts)


@given(LIMITS, any_facts(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_told_does_not_matter(
    limit: str, facts: list[Told], random: Any
) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    assert derive(Limit.parse(limit), shuffled, CALENDAR) == derive(Limit.parse(limit), facts, CALENDAR)


@given(LIMITS, any_facts())
def test_the_proof_tells_every_step_from_the_first_day_to_the_last(limit: str, facts: list[Told]) -> None:
    derivation = derive(Limit.parse(limit), facts, CALENDAR)
    steps = [(change.from_day, change.to_day) for change in derivation.changes]
    assert [to for _, to in steps[:-1]] == [since for since, _ in steps[1:]]
    if steps and derivation.due_on:
        assert steps[-1][1] == derivation.due_on
    if not steps and derivation.due_on:
        assert derivation.due_on == derivation.first_due_on
