"""The ring of the bell: outages are noticed once, the hour is noted, and no ring does what another did."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from reviews.models import Case
from tests.workflows.bench import a_case, a_notified_case, clock_of, in_one_moment, london
from workflows import tasks
from workflows.models import Heartbeat, Outage, Rung
from workflows.services import watching
from workflows.services.sweeping import Swept
from workflows.services.watching import SWEEP, beat, watch

pytestmark = pytest.mark.django_db
MONDAY = london("2026-03-16")


def outages() -> list[tuple[object, ...]]:
    return list(Outage.objects.order_by("began_at").values_list("began_at", "ended_at", "reached", "missed"))


def test_the_first_ring_there_ever_was_ends_no_outage() -> None:
    a_case()
    watch(at=MONDAY)
    assert outages() == []
    assert Heartbeat.objects.get(name=SWEEP).at == MONDAY


@pytest.mark.parametrize(("minutes", "is_outage"), [(1, False), (15, False), (16, True)])
def test_a_silence_longer_than_a_quarter_of_an_hour_is_an_outage(minutes: int, is_outage: bool) -> None:
    watch(at=MONDAY)
    watch(at=MONDAY + timedelta(minutes=minutes))
    assert bool(outages()) is is_outage


def test_an_outage_is_recorded_from_the_last_ring_to_the_first_with_what_it_left() -> None:
    case = a_case(at=london("2026-03-12"))  # to be notified by Thursday 19
    watch(at=MONDAY)
    back = london("2026-03-23", "03:00")
    watch(at=back)
    left = Rung.objects.filter(fires_at__gt=MONDAY, fires_at__lte=back)
    assert outages() == [(MONDAY, back, left.count(), left.filter(key="missed").count())]
    assert clock_of(case, "SIN_NOTIFY").missed_at == back
    assert Outage.objects.get().caught_up_at == back


def test_edge_45_an_outage_is_told_of_once_however_often_it_rings_after() -> None:
    watch(at=MONDAY)
    for minute in range(5):
        watch(at=london("2026-03-20") + timedelta(minutes=minute))
    assert len(outages()) == 1


def test_edge_56_a_ring_that_is_told_an_earlier_hour_moves_nothing_back() -> None:
    watch(at=MONDAY)
    watch(at=MONDAY - timedelta(days=1))
    assert Heartbeat.objects.get(name=SWEEP).at == MONDAY
    assert outages() == []


def test_a_failure_to_date_anew_does_not_stop_the_sweep(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    monkeypatch.setattr(watching, "go_on_dating", lambda at: 1 / 0)
    watch(at=london("2026-04-11"))
    assert clock_of(case).missed_at == london("2026-04-11")


@pytest.mark.django_db(transaction=True)
def test_two_first_rings_in_one_moment_record_one_outage() -> None:
    watch(at=MONDAY)
    later = london("2026-03-20")
    answers = in_one_moment(lambda: watch(at=later), lambda: watch(at=later))
    assert [type(answer) for answer in answers] == [Swept, Swept]
    assert len(outages()) == 1


def test_edge_44_in_the_nights_of_the_clocks_every_rung_is_reached_once_and_none_is_late() -> None:
    # Given clocks that are due round both changes of the clocks of 2026, and a ring every minute of UTC
    for start, first, last in (
        ("2026-03-09", "2026-03-28", "2026-03-30"),
        ("2026-10-05", "2026-10-24", "2026-10-26"),
    ):
        a_notified_case(at=london(start))
        watch(at=london(first, "00:00"))
        before = set(Rung.objects.exclude(reached_at=None).values_list("pk", flat=True))
        at = london(first, "00:00")
        while at <= london(last, "09:00"):
            at += timedelta(minutes=10)
            watch(at=at)
        reached = Rung.objects.exclude(reached_at=None).exclude(pk__in=before)
        assert reached.count() > 0
        assert {
            rung.reached_at - rung.fires_at < timedelta(minutes=10) for rung in reached if rung.reached_at
        } == {True}
    # And between the two seasons, in which nothing was rung here, lies the one outage
    assert len(outages()) == 1


def test_the_task_reads_the_clock_and_notes_it() -> None:
    with time_machine.travel(MONDAY, tick=False):
        tasks.sweep()
    assert Heartbeat.objects.get(name=SWEEP).at == MONDAY


def test_beating_twice_is_once() -> None:
    for _ in range(2):
        beat("some-task", at=MONDAY)
    assert Heartbeat.objects.filter(name="some-task").count() == 1


def test_a_ring_that_finds_nothing_asks_little(django_assert_num_queries: Any) -> None:
    watch(at=MONDAY)
    with django_assert_num_queries(5):  # outages, the last ring, changes, the first rung ahead; and the beat
        watch(at=MONDAY + timedelta(minutes=1))
