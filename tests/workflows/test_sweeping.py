"""The sweep: what is due is reached once, in order, in batches; what no longer holds is not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.test.utils import CaptureQueriesContext

from reviews.models import Case
from tests.workflows.bench import (
    REFERRED_AT,
    a_case,
    a_notified_case,
    clock_of,
    in_one_moment,
    london,
)  # fmt: skip
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.models import Deadline, Mute, RuleVersion, Rung, Subject
from workflows.rules import Limit
from workflows.services import sweeping
from workflows.services.changing_clocks import (
    extend_deadline,
    pause_deadline,
    resume_deadline,
    undo_fact,
)
from workflows.services.claiming import Claim, claim_by_queries, claim_in_one_statement
from workflows.services.clocks import meet_deadline, start_deadlines, void_deadline
from workflows.services.sweeping import Swept, sweep
from workflows.signals import rungs_reached

pytestmark = pytest.mark.django_db
NEVER = london("2027-01-01")
"""Long after everything here is due."""

LADDER_OF_RR = [
    "before-5:business-manager", "before-3:business-manager", "before-1:business-manager", "due:business-manager",
    "after-1:business-manager", "after-1:delegated-partners", "after-3:independent-chair", "after-5:lead-partners",
]  # fmt: skip


@pytest.fixture
def heard() -> Iterator[list[list[str]]]:
    """What `rungs_reached` says: the keys of each batch."""
    batches: list[list[str]] = []

    def listen(sender: Any, rungs: list[Rung], at: datetime, **rest: Any) -> None:
        batches.append([rung.key for rung in rungs])

    rungs_reached.connect(listen)
    yield batches
    rungs_reached.disconnect(listen)


def only(subject: Subject, code: str = "RR_COMPLETE") -> Deadline:
    """That clock of the subject, the only one left that has anything to say."""
    deadline = clock_of(subject, code)
    Rung.objects.exclude(deadline=deadline).delete()
    return deadline


def test_each_rung_is_reached_once_when_its_time_has_come(heard: list[list[str]]) -> None:
    # Given the fifteen days that run from 12 March, due on 2 April, the last day before Easter:
    deadline = only(a_notified_case())
    assert str(deadline.due_on) == "2026-04-02"

    # When it is swept at each of these times, then this is said, and nothing a second time.
    for at, keys in [
        ("2026-03-26 08:29", []),
        ("2026-03-26 08:30", LADDER_OF_RR[:1]),
        ("2026-03-26 08:31", []),
        ("2026-04-02 08:30", LADDER_OF_RR[1:4]),
        ("2026-04-02 23:59", []),
        ("2026-04-07 08:29", []),
        ("2026-04-07 08:30", LADDER_OF_RR[4:6]),
        ("2026-04-30 12:00", LADDER_OF_RR[6:]),
        ("2026-05-30 12:00", []),
    ]:
        heard.clear()
        sweep(at=london(*at.split()))
        assert sum(heard, []) == keys, at


@pytest.mark.parametrize(("at", "is_missed"), [("2026-04-02 23:59", False), ("2026-04-03 00:00", True)])
def test_a_breach_is_recorded_from_the_midnight_that_ends_the_day(at: str, is_missed: bool) -> None:
    deadline = only(a_notified_case())
    swept = sweep(at=london(*at.split()))
    deadline.refresh_from_db()
    assert deadline.missed_at == (london(*at.split()) if is_missed else None)
    assert swept.missed == is_missed
    assert Deadline.objects.overdue(at=london(*at.split())).filter(pk=deadline.pk).exists() is is_missed


def test_edge_45_after_an_outage_everything_is_reached_in_order_of_time(heard: list[list[str]]) -> None:
    only(a_notified_case())
    assert sweep(at=NEVER) == Swept(reached=9, missed=1)
    assert heard == [LADDER_OF_RR]
    assert sweep(at=NEVER) == Swept()
    assert set(Rung.objects.values_list("reached_at", flat=True)) == {NEVER}


@pytest.mark.parametrize(("batch", "batches"), [(1, 9), (4, 3), (5, 2), (9, 1), (100, 1)])
def test_a_sweep_works_in_batches_and_stops(
    batch: int, batches: int, heard: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", batch)
    only(a_notified_case())
    assert sweep(at=NEVER) == Swept(reached=9, missed=1)
    assert (sum(heard, []), len(heard)) == (LADDER_OF_RR, batches)


def test_edge_52_what_was_met_or_is_no_longer_owed_says_nothing(heard: list[list[str]], case: Case) -> None:
    only(case)
    meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-20"))
    other = a_notified_case()
    Rung.objects.exclude(deadline__subject_id=other.pk, deadline__rule_code="RR_COMPLETE").delete()
    void_deadline(other, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-20"), reason="withdrawn")
    assert sweep(at=NEVER) == Swept()
    assert heard == []
    assert not Deadline.objects.exclude(missed_at=None).exists()


def test_a_rung_left_by_a_clock_that_no_longer_runs_is_not_reached(heard: list[list[str]]) -> None:
    # Given rungs whose clock stopped without their being taken away: the sweep asks again.
    deadline = only(a_notified_case())
    Deadline.objects.filter(pk=deadline.pk).update(state="paused")
    assert sweep(at=NEVER) == Swept()
    assert heard == []


def test_edge_49_a_moved_deadline_says_everything_again(heard: list[list[str]], case: Case) -> None:
    # Given a clock whose first reminder has gone out:
    deadline = only(case)
    sweep(at=london("2026-03-26", "08:30"))
    first = deadline.rungs.exclude(reached_at=None).get()

    # When it is given ten working days more, then that reminder comes again, under another key.
    extend_deadline(case, "RR_COMPLETE", limit=Limit(10, "wd"), by=SYSTEM, at=london("2026-03-27"),
                    authority="the Panel", reason="flood")  # fmt: skip
    heard.clear()
    sweep(at=NEVER)
    assert heard == [LADDER_OF_RR]
    keys = {rung.dedupe_key for rung in deadline.rungs.filter(key=first.key)}
    assert keys == {
        f"rung:{deadline.pk}:before-5:business-manager:20260402T2300Z",
        f"rung:{deadline.pk}:before-5:business-manager:20260420T2300Z",
    }


def test_a_breach_of_an_earlier_date_is_no_breach_of_a_later_one_until_that_too_passes(case: Case) -> None:
    # Given a deadline that was seen to be missed:
    deadline = only(case)
    sweep(at=london("2026-04-03"))

    # When it is given more time, it is not missed; when that passes too, it is; when the extension is
    # taken back, it was missed when it first was.
    extended = extend_deadline(case, "RR_COMPLETE", limit=Limit(10, "wd"), by=SYSTEM, at=london("2026-04-07"),
                               authority="the Panel", reason="flood")  # fmt: skip
    assert extended.missed_at is None
    sweep(at=london("2026-06-01"))
    deadline.refresh_from_db()
    assert deadline.missed_at == london("2026-06-01")
    undo_fact(deadline.facts.get(kind="extended"), by=SYSTEM, at=london("2026-06-02"), reason="typed wrongly")
    deadline.refresh_from_db()
    assert (str(deadline.due_on), deadline.missed_at) == ("2026-04-02", london("2026-04-03"))


def test_a_late_deadline_that_is_paused_and_resumed_stays_missed(case: Case) -> None:
    deadline = only(case)
    sweep(at=london("2026-04-03"))
    pause_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-04-08"), effective_at=london("2026-04-08"),
                   authority="the Panel", reason="flood")  # fmt: skip
    resume_deadline(
        case, "RR_COMPLETE", by=SYSTEM, at=london("2026-04-10"), effective_at=london("2026-04-10")
    )
    deadline.refresh_from_db()
    assert (deadline.state, deadline.missed_at) == ("running", london("2026-04-03"))


def test_what_is_kept_up_until_a_day_is_never_missed(heard: list[list[str]]) -> None:
    case = a_case()
    rule = RuleVersion.objects.get(code="PUB_AVAILABLE", valid_to=None)
    start_deadlines(case, [rule], by=SYSTEM, effective_at=london("2025-06-02"), at=london("2025-06-02"))
    deadline = only(case, "PUB_AVAILABLE")
    assert sweep(at=NEVER) == Swept(reached=2, missed=0)
    deadline.refresh_from_db()
    assert deadline.missed_at is None
    assert heard == [["after-1:business-manager"]]


@pytest.fixture
def fails_for(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[object]]:
    """Subjects for which a listener writes and then fails."""
    bad: set[object] = set()

    def fail(rungs: list[Rung], **said: Any) -> None:
        for rung in rungs:
            Subject.objects.filter(pk=rung.deadline.subject_id).update(definition="told")
            if rung.deadline.subject_id in bad:
                raise RuntimeError("the listener")

    rungs_reached.connect(fail)
    yield bad
    rungs_reached.disconnect(fail)


def test_edge_48_a_listener_that_fails_takes_its_own_rungs_writes_with_it(
    fails_for: set[object], caplog: pytest.LogCaptureFixture, case: Case
) -> None:
    # Given a listener that writes, and then fails. When everything is swept:
    deadline = only(case)
    fails_for.add(case.pk)
    assert sweep(at=NEVER) == Swept(reached=1, missed=1, left=8)

    # Then the rungs that it failed for are as before, with what it wrote, and each is in the log;
    # the breach, of which nobody is told, is recorded.
    deadline.refresh_from_db()
    assert (deadline.missed_at, deadline.rungs.ahead().count()) == (NEVER, 8)
    assert Subject.objects.get(pk=case.pk).definition == "1"
    left = sorted(deadline.rungs.ahead().values_list("pk", flat=True))
    assert left == sorted(r.args[0] for r in caplog.records if "left for the next run" in r.msg)

    # And the next run, when the listener is well, reaches them.
    fails_for.clear()
    assert sweep(at=NEVER) == Swept(reached=8)


@pytest.mark.parametrize("batch", [1, 4, 500])
def test_one_bad_subject_stops_no_other(
    batch: int, fails_for: set[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given three cases, of which one cannot be told about. When everything is swept, in batches of any size:
    monkeypatch.setattr(sweeping, "BATCH", batch)
    cases = [a_notified_case() for _ in range(3)]
    Rung.objects.exclude(deadline__rule_code="RR_COMPLETE").delete()
    fails_for.add(cases[0].pk)

    # Then the other two say all they have to say.
    assert sweep(at=NEVER) == Swept(reached=19, missed=3, left=8)
    ahead = Rung.objects.filter(reached_at=None).values_list("deadline__subject", flat=True)
    assert set(ahead) == {cases[0].pk}


def test_trouble_with_the_database_ends_the_sweep_and_blames_no_rung() -> None:
    only(a_notified_case())

    def fail(**said: Any) -> None:
        raise OperationalError("the server closed the connection")

    rungs_reached.connect(fail)
    try:
        with pytest.raises(OperationalError):
            sweep(at=NEVER)
    finally:
        rungs_reached.disconnect(fail)
    assert sweep(at=NEVER) == Swept(reached=9, missed=1)


# ---- Beside another ----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_in_one_moment_repeat_nothing(
    heard: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 5)
    cases = [a_notified_case() for _ in range(6)]
    Rung.objects.exclude(deadline__rule_code="RR_COMPLETE").delete()
    answers = in_one_moment(*[lambda: sweep(at=NEVER)] * 4)
    answers.append(sweep(at=NEVER))  # what one skipped since another held it
    total = sum(answers, Swept())
    assert total == Swept(reached=9 * len(cases), missed=len(cases))
    assert sorted(sum(heard, [])) == sorted(LADDER_OF_RR * len(cases))


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_nobody_who_is_changing_a_deadline(heard: list[list[str]]) -> None:
    if not transaction.get_connection().features.has_select_for_update_skip_locked:
        return  # SQLite has one writer at a time; there is nothing to skip
    case = a_notified_case()
    deadline = only(case)
    with transaction.atomic():
        # Given somebody in the middle of meeting it, and another who sweeps meanwhile:
        Deadline.objects.select_for_update().get(pk=deadline.pk)
        assert in_one_moment(lambda: sweep(at=NEVER)) == [Swept()]
        meet_deadline(case, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-20"))
    assert sweep(at=NEVER) == Swept()
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_people_and_sweeps_in_one_moment_end_without_a_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 4)
    cases = [a_notified_case() for _ in range(5)]
    answers = in_one_moment(
        *[lambda case=case: extend_deadline(  # type: ignore[misc]
            case, "RR_COMPLETE", limit=Limit(1, "wd"), by=SYSTEM, at=NEVER, authority="a", reason="r")
          for case in cases],
        *[lambda: sweep(at=NEVER)] * 3,
    )  # fmt: skip
    assert [type(answer).__name__ for answer in answers] == ["Deadline"] * 5 + ["Swept"] * 3
    sweep(at=NEVER)
    assert not Rung.objects.whose_time_has_come(at=NEVER).exists()
    assert not Deadline.objects.overdue(at=NEVER).filter(missed_at=None).exists()


# ---- What it costs -----------------------------------------------------------------------------
@pytest.fixture
def nobody_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine alone: what listeners ask of the database is counted in their own tests."""
    monkeypatch.setattr(rungs_reached, "receivers", [])
    rungs_reached.sender_receivers_cache.clear()


def test_a_sweep_that_finds_nothing_asks_once(django_assert_num_queries: Any, nobody_listening: None) -> None:
    a_notified_case()
    with django_assert_num_queries(1):
        assert sweep(at=REFERRED_AT - timedelta(days=1)) == Swept()


@pytest.mark.parametrize("cases", [1, 3])
def test_a_sweep_costs_the_same_however_much_is_due(
    cases: int, django_assert_num_queries: Any, nobody_listening: None
) -> None:
    for _ in range(cases):
        a_notified_case()
    Rung.objects.exclude(deadline__rule_code="RR_COMPLETE").delete()
    # A look at the first, a savepoint, the claim, the release; the claim is three to find, mark and miss, and one
    # to ask for mutes, where the database cannot do all that in one.
    in_one = transaction.get_connection().vendor == "postgresql"
    with django_assert_num_queries(4 if in_one else 7):
        assert sweep(at=NEVER) == Swept(reached=9 * cases, missed=cases)


# ---- The claim -----------------------------------------------------------------------------------
def all_of(claimed: Claim) -> tuple[object, ...]:
    """What a claim says, down to what listeners read of a rung."""
    rungs = [
        (
            rung.pk, rung.key, rung.tell, rung.news, rung.due_at, rung.fires_at, rung.reached_at, rung.dedupe_key,
            rung.deadline.due_on, rung.deadline.state, rung.deadline.rule.duty, rung.deadline.rule.is_local,
            rung.deadline.rule_code, rung.deadline.subject.kind, rung.deadline.subject.code,
            rung.deadline.subject.root_id, rung.deadline.subject.state,
        )
        for rung in claimed.telling
    ]  # fmt: skip
    return claimed.ids, rungs, claimed.missed, claimed.is_muted


def test_the_claim_in_one_statement_is_the_claim_by_queries() -> None:
    if transaction.get_connection().vendor != "postgresql":
        return  # there the queries are all there is
    # Given two cases of which one is muted, a third that is paused, and a duty that is kept up until a day:
    quiet, muted, paused = (a_notified_case() for _ in range(3))
    Mute.objects.create(case=muted, reason="x", until=local_date(NEVER), at=REFERRED_AT)
    pause_deadline(paused, "RR_COMPLETE", by=SYSTEM, at=london("2026-03-20"), effective_at=london("2026-03-20"),
                   authority="the Panel", reason="flood")  # fmt: skip
    kept = RuleVersion.objects.get(code="PUB_AVAILABLE", valid_to=None)
    start_deadlines(quiet, [kept], by=SYSTEM, effective_at=london("2025-06-02"), at=london("2025-06-02"))
    some = list(Rung.objects.values_list("pk", flat=True)[:7])
    of_the_quiet = Rung.objects.filter(deadline__subject_id=quiet.pk)

    # When each claims the same, then it says the same and has marked the same, and asks no more of what it says.
    for at in (REFERRED_AT, london("2026-03-27"), london("2026-04-03"), NEVER):
        for asked in (
            {"most": 500},
            {"most": 3},
            {"most": 500, "without": some},
            {"most": 500, "only": some[0]},
        ):
            found = []
            for way in (claim_by_queries, claim_in_one_statement):
                with transaction.atomic():
                    claimed = way(at=at, **asked)  # type: ignore[arg-type]
                    with CaptureQueriesContext(transaction.get_connection()) as later:
                        said = all_of(claimed)
                    assert not later.captured_queries
                    rungs = Rung.objects.order_by("pk").values_list("pk", "reached_at")
                    deadlines = Deadline.objects.order_by("pk").values_list("pk", "missed_at")
                    found.append((said, list(rungs), list(deadlines)))
                    transaction.set_rollback(True)
            assert found[0] == found[1], (at, asked)
    assert claim_in_one_statement(at=NEVER, most=500).is_muted
    Rung.objects.exclude(pk__in=of_the_quiet).delete()
    of_the_quiet.update(reached_at=None)
    assert not claim_in_one_statement(at=NEVER, most=500).is_muted
