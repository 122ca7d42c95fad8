"""A clock to which anything is told, one thing after the other, now or of the past: after each, the fold and a
count from day to day agree, whatever the order in which the facts are read.

500 clocks in an ordinary run; 10,000 with HYPOTHESIS_PROFILE=night.
"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.workflows import naive
from tests.workflows.bench import CALENDAR, HOLIDAYS, Told
from workflows.calendars import Calendar
from workflows.derivation import derive, refuse_impossible
from workflows.exceptions import ClockError
from workflows.facts import UNDONE
from workflows.rules import Limit

PROCLAIMED = {
    date(2026, 3, 19): "A day of mourning",
    date(2026, 5, 5): "A coronation",
    date(2026, 8, 14): "A jubilee",
}
LISTS = (CALENDAR, Calendar("proclaimed", HOLIDAYS | PROCLAIMED))
KINDS = (
    "paused", "resumed", "extended", "re-ruled", "re-calendared", "restarted", "met", "voided", "reopened", "undone",
)  # fmt: skip

# Half hours would hide nothing, but mistakes are made at midnight: often the step is of whole days.
hours = st.integers(0, 24 * 12) | st.integers(0, 12).map(lambda days: 24 * days)
limits = st.sampled_from(["1wd", "5wd", "15wd", "7d", "6w", "1mo", "6mo"])


class AnyClock(RuleBasedStateMachine):
    """What the services do, without a database: what cannot be true is refused, what can is told and folded."""

    told_of: ClassVar[Counter[str]] = Counter()

    @initialize(day=st.dates(date(2026, 1, 1), date(2027, 2, 1)), hour=st.integers(0, 23), limit=limits)
    def start(self, day: date, hour: int, limit: str) -> None:
        self.limit, self.calendar = limit, CALENDAR
        self.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        self.facts = [Told(1, "started", self.now)]

    def tell(self, kind: str, wait: int, back: int, details: dict[str, Any] | None = None) -> bool:
        """Time passes; then something is told of a while before. Whether it could be true."""
        self.now += timedelta(hours=wait)
        since = self.now - timedelta(hours=back)
        details = details or {}
        try:
            refuse_impossible(
                kind, self.facts, limit=Limit.parse(self.limit), effective_at=since, details=details
            )
        except ClockError:
            return False
        self.facts.append(Told(len(self.facts) + 1, kind, since, details))
        self.told_of[kind] += 1
        self.told_of["of the past"] += back > 0
        return True

    @rule(wait=hours, back=hours)
    def pause(self, wait: int, back: int) -> None:
        self.tell("paused", wait, back)

    @rule(wait=hours, back=hours)
    def resume(self, wait: int, back: int) -> None:
        self.tell("resumed", wait, back)

    @rule(wait=hours, back=hours, by=st.sampled_from(["1wd", "10wd", "3d", "2w", "1mo", "2mo"]))
    def extend(self, wait: int, back: int, by: str) -> None:
        self.tell("extended", wait, back, {"by": by})

    @rule(wait=hours, back=hours, days=st.integers(1, 120))
    def extend_to_a_day(self, wait: int, back: int, days: int) -> None:
        day = (self.now + timedelta(days=days)).date()
        self.told_of["to a day"] += self.tell("extended", wait, back, {"to": day.isoformat()})

    @rule(wait=hours, back=hours, limit=limits)
    def give_another_rule(self, wait: int, back: int, limit: str) -> None:
        self.tell("re-ruled", wait, back, {"limit": limit})

    @rule(wait=hours, which=st.sampled_from(LISTS))
    def count_by_a_list(self, wait: int, which: Calendar) -> None:
        if self.tell("re-calendared", wait, 0, {"calendar": which.version}):
            self.calendar = which

    @rule(
        wait=hours, back=hours, start=st.none() | st.integers(-24 * 30, 0),
        more=st.fixed_dictionaries({}, optional={"keeps": st.just(True), "limit": limits}),
    )  # fmt: skip
    def restart(self, wait: int, back: int, start: int | None, more: dict[str, Any]) -> None:
        since = self.now + timedelta(hours=wait - back)
        details = more | ({} if start is None else {"start": (since + timedelta(hours=start)).isoformat()})
        self.tell("restarted", wait, back, details)

    @rule(wait=hours, back=hours)
    def meet(self, wait: int, back: int) -> None:
        self.tell("met", wait, back)

    @rule(wait=hours, back=hours)
    def void(self, wait: int, back: int) -> None:
        self.tell("voided", wait, back)

    @rule(wait=hours, back=hours, closed_time=st.sampled_from([None, "stopped", "running"]))
    def reopen(self, wait: int, back: int, closed_time: str | None) -> None:
        self.tell("reopened", wait, back, {} if closed_time is None else {"closed_time": closed_time})

    @rule(wait=hours, which=st.integers(0, 40), of_an_undo=st.booleans())
    def undo(self, wait: int, which: int, of_an_undo: bool) -> None:
        chosen = [fact for fact in self.facts[1:] if (fact.kind == UNDONE) is of_an_undo]
        if chosen:
            done = self.tell("undone", wait, 0, {"fact": chosen[which % len(chosen)].id})
            self.told_of["undone: an undo"] += done and of_an_undo

    @invariant()
    def the_fold_is_the_count_from_day_to_day(self) -> None:
        off = self.calendar.holidays
        derivation = derive(Limit.parse(self.limit), self.facts, self.calendar)
        assert (derivation.state, derivation.due_on) == naive.due_day(self.limit, self.facts, off)
        assert derive(Limit.parse(self.limit), self.facts[::-1], self.calendar) == derivation
        assert derivation.changes == () or derivation.due_on in (None, derivation.changes[-1].to_day)


def test_edge_28_after_any_sequence_the_fold_is_the_count_from_day_to_day() -> None:
    # Given any clock, told anything in any order, of now or of the past:
    AnyClock.told_of.clear()
    often = max(600, settings.default.max_examples if settings.default else 0)
    run_state_machine_as_test(AnyClock, settings=settings(max_examples=often, stateful_step_count=14))

    # Then both counts agreed after each step; and there was enough of every kind for that to mean something.
    rare = {kind: AnyClock.told_of[kind] for kind in (*KINDS, "to a day", "of the past", "undone: an undo")}
    assert {kind: times for kind, times in rare.items() if times < 20} == {}
