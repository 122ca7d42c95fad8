"""A partnership's own ladders: which deadlines climb them, what is re-armed, and what is refused."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.workflows.bench import a_case, a_notified_case, a_partnership, a_person, clock_of, london
from tests.workflows.test_sweeping import LADDER_OF_RR
from workflows.actors import SYSTEM
from workflows.exceptions import LadderError, Stale
from workflows.ladders import MISSED, Rung, refuse_unfit
from workflows.models import Deadline, LadderVersion, LedgerEntry
from workflows.rules import Limit
from workflows.services.changing_clocks import extend_deadline, pause_deadline, resume_deadline
from workflows.services.ladders import change_ladder, ladder_of, would_rearm
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
DAY = london("2026-03-16")
"""Two working days into the fifteen of `a_notified_case`, due on 2 April."""
FOUR = Rung("business-manager", before=4)
SHORT = (Rung("independent-chair", before=1), Rung("business-manager", after=2))
SHORT_KEYS = ["before-1:independent-chair", MISSED, "after-2:business-manager"]
WITH_FOUR = [LADDER_OF_RR[0], "before-4:business-manager", *LADDER_OF_RR[1:4], MISSED, *LADDER_OF_RR[4:]]
AS_THE_BOOK = [*LADDER_OF_RR[:4], MISSED, *LADDER_OF_RR[4:]]


def to_come(deadline: Deadline) -> list[str]:
    return list(deadline.rungs.ahead().order_by("fires_at", "pk").values_list("key", flat=True))


def changed(
    case: Any, *, add: Rung = FOUR, also_running: bool = False, at: Any = DAY, **given: Any
) -> LadderVersion:
    standing = ladder_of(case.partnership, "rapid-review")
    return change_ladder(
        case.partnership, "rapid-review", standing.with_step(add), seen=standing.number,
        also_running=also_running, **{"by": SYSTEM, "at": at, **given},
    )  # fmt: skip


def test_a_deadline_that_starts_climbs_the_new_ladder_and_one_that_runs_keeps_its_own() -> None:
    # Given a case whose clock runs, when a step is added for new ones only:
    running = a_notified_case()
    version = changed(running)

    # Then the clock of the next case has it, the one that runs has not, and each says which ladder it climbs.
    following = a_notified_case(at=london("2026-03-17"))
    assert to_come(clock_of(following)) == WITH_FOUR
    assert to_come(clock_of(running)) == AS_THE_BOOK
    assert (clock_of(following).ladder, clock_of(running).ladder) == (version, None)


def test_a_deadline_keeps_its_ladder_when_its_date_moves_or_it_was_paused() -> None:
    running = a_notified_case()
    changed(running)
    extend_deadline(
        running, "RR_COMPLETE", limit=Limit(2, "wd"), by=SYSTEM, at=DAY, authority="The chair", reason="Ill."
    )
    assert to_come(clock_of(running)) == AS_THE_BOOK
    for deed in (pause_deadline, resume_deadline):
        given = {"authority": "The chair", "reason": "Court."} if deed is pause_deadline else {}
        deed(running, "RR_COMPLETE", by=SYSTEM, at=DAY, effective_at=DAY, **given)  # type: ignore[operator]
    assert to_come(clock_of(running)) == AS_THE_BOOK


def test_running_ones_climb_it_too_if_that_is_said_and_the_ledger_of_their_case_tells() -> None:
    running, manager = a_notified_case(), a_person("Una")
    version = changed(running, also_running=True, by=manager)
    assert to_come(clock_of(running)) == WITH_FOUR
    assert (clock_of(running).ladder, version.by, version.valid_from) == (version, manager, DAY)
    told = LedgerEntry.objects.filter(action="change_ladder")
    assert [(entry.chain, entry.actor, entry.at) for entry in told] == [(running.pk, str(manager.pk), DAY)]
    assert not LadderVersion.objects.filter(number=2).exists()


def test_what_was_reached_stays_and_what_is_past_is_not_said_afterwards() -> None:
    # Given a case of which the reminder five days before was sent, on 26 March:
    running = a_notified_case()
    sweep(at=london("2026-03-26"))

    # When, two days later, a step of a day that is over and one still to come are added, and the sent one removed:
    steps = tuple(Rung.parse(key) for key in LADDER_OF_RR[1:])
    late = (*steps, Rung("delegated-partners", before=5), Rung("delegated-partners", before=2))
    change_ladder(
        running.partnership, "rapid-review", late, seen=0, also_running=True, by=SYSTEM, at=london("2026-03-28")
    )  # fmt: skip

    # Then only the one to come is new, and what was sent is still known to have been.
    deadline = clock_of(running)
    assert to_come(deadline) == [
        LADDER_OF_RR[1], "before-2:delegated-partners", *LADDER_OF_RR[2:4], MISSED, *LADDER_OF_RR[4:],
    ]  # fmt: skip
    assert list(deadline.rungs.exclude(reached_at=None).values_list("key", flat=True)) == [LADDER_OF_RR[0]]


def test_a_rung_whose_time_has_come_is_not_lost_when_the_ladder_is_changed_before_the_sweep() -> None:
    running = a_notified_case()
    changed(running, also_running=True, at=london("2026-03-26", "08:31"))
    assert to_come(clock_of(running))[0] == LADDER_OF_RR[0]


def test_a_breach_is_recorded_whatever_the_ladder() -> None:
    running = a_notified_case()
    change_ladder(running.partnership, "rapid-review", SHORT, seen=0, also_running=True, by=SYSTEM, at=DAY)
    assert to_come(clock_of(running)) == SHORT_KEYS
    sweep(at=london("2026-04-03", "00:00"))
    assert clock_of(running).missed_at == london("2026-04-03", "00:00")


def test_what_would_be_re_armed_is_told_before_and_nothing_is_written() -> None:
    running = a_notified_case()
    a_case(a_partnership("Elsewhere"))
    standing = ladder_of(running.partnership, "rapid-review")
    [one] = would_rearm(running.partnership, "rapid-review", standing.with_step(FOUR), at=DAY)
    assert (one.deadline, one.gains, one.loses) == (clock_of(running), (FOUR,), ())
    [one] = would_rearm(
        running.partnership, "rapid-review", standing.without(Rung.parse(LADDER_OF_RR[0])), at=DAY
    )
    assert (one.gains, one.loses) == ((), (Rung.parse(LADDER_OF_RR[0]),))
    assert (
        would_rearm(running.partnership, "rapid-review", standing.with_step(FOUR), at=london("2026-03-30"))
        == []
    )
    assert to_come(clock_of(running)) == AS_THE_BOOK


def test_another_partnership_keeps_the_ladder_of_the_book() -> None:
    running = a_notified_case()
    changed(running, also_running=True)
    other = a_case(a_partnership("Elsewhere"))
    assert ladder_of(other.partnership, "rapid-review").number == 0
    assert clock_of(other, "SIN_NOTIFY").ladder is None


def test_of_two_who_change_the_same_ladder_the_second_must_look_again() -> None:
    running = a_notified_case()
    changed(running)
    with pytest.raises(Stale, match="somebody has just changed them"):
        change_ladder(
            running.partnership, "rapid-review", SHORT, seen=0, also_running=False, by=SYSTEM, at=DAY
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        LadderVersion.objects.create(
            partnership=running.partnership,
            name="rapid-review",
            number=1,
            steps=[],
            valid_from=DAY,
            also_running=False,
        )


@pytest.mark.parametrize(
    ("name", "steps", "why"),
    [
        ("rapid-review", (), "Cannot leave a deadline set by law without a step on the day or after it"),
        ("rapid-review", (FOUR,), "that tells the business manager"),
        ("rapid-review", (Rung("independent-chair", after=1),), "it could pass in silence"),
        ("return", (Rung("author"), Rung("author")), "it is there already"),
        ("return", (Rung("author", before=61),), "a number from 1 to 60 working days"),
        ("return", (Rung("author", before=2, after=1),), "before or after"),
        ("return", tuple(Rung("author", before=n) for n in range(1, 14)), "more than 12 steps"),
        ("mountain", (), "There is no ladder 'mountain'"),
    ],
)
def test_steps_that_nobody_could_climb_are_refused_with_the_reason(name: str, steps: Any, why: str) -> None:
    partnership = a_case().partnership
    with pytest.raises(LadderError, match=why):
        change_ladder(partnership, name, steps, seen=0, also_running=False, by=SYSTEM, at=DAY)
    assert not LadderVersion.objects.exists()


def test_a_local_milestone_may_go_without_reminders_and_twelve_steps_are_not_too_many() -> None:
    refuse_unfit(())
    refuse_unfit([Rung("author", before=n) for n in range(1, 13)])
    refuse_unfit([Rung("author", before=60), Rung("business-manager")], must_hear="business-manager")


def test_a_removed_step_must_be_there() -> None:
    with pytest.raises(LadderError, match="it is not there any more"):
        ladder_of(a_case().partnership, "rapid-review").without(FOUR)


@pytest.mark.parametrize("key", ["before-3:author", "after-60:lead-partners", "due:business-manager"])
def test_a_step_is_read_back_from_its_key(key: str) -> None:
    assert Rung.parse(key).key == key


@pytest.mark.parametrize(
    "key", ["", "before-0:author", "before-100:author", "due", "due:Author", "x-1:author"]
)
def test_what_is_no_key_of_a_step_is_refused(key: str) -> None:
    with pytest.raises(LadderError):
        Rung.parse(key)
