"""What if: the dates and mails that would follow, for whom, and that nothing is written."""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import appoint_deputy
from notifications.models import Notice
from reviews.models import AgencyReturn, Case
from reviews.services.what_if import limit_of, pause_of, what_if
from tests import factories
from tests.factories import World
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.exceptions import CalendarEnds, NoSuchRule, NotADate, WorkflowError
from workflows.models import Deadline
from workflows.rules import Limit
from workflows.services import changing_clocks
from workflows.services.ruling import open_deadlines, re_rule, would_move
from workflows.services.simulating import Simulation, simulate
from workflows.services.sweeping import sweep
from workflows.supposing import Pause, Suppositions

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 19, 10, tzinfo=UTC)  # Thursday, the day after the notification
RETURN_DUE = date(2026, 3, 27)
FUNERAL = date(2026, 3, 24)


@standing
def case(world: World) -> Case:
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    return case


def everything() -> dict[str, tuple[int, str]]:
    """Every table: how many rows it has, and a hash of all that stands in them."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        rows = list(model._base_manager.order_by("pk").values_list())
        found[model._meta.label_lower] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
    return found


def all_of_it(supposed: Suppositions, *, at: datetime = NOW) -> Simulation:
    return simulate(Deadline.objects.all(), supposed, at=at)


def days(simulation: Simulation, code: str) -> set[tuple[date | None, date | None]]:
    return {(one.was, one.becomes) for one in simulation.deadlines if one.deadline.rule_code == code}


def mails(simulation: Simulation, code: str = "LOC_RETURN") -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [
        (f"{one.goes_at:%m-%d %H:%M}", one.rung.key, one.says, one.names)
        for one in simulation.tellings
        if one.rung.deadline.rule_code == code
    ]


def supposing_everything(world: World) -> Suppositions:
    return Suppositions(
        today=date(2026, 5, 29),
        holidays=frozenset([FUNERAL]),
        working_days=frozenset([date(2026, 4, 3)]),
        limits=limit_of("loc_meeting", "3wd"),
        pauses=(pause_of(world.gp, date(2026, 3, 23), date(2026, 3, 25)),),
    )


# ---- Nothing is written ------------------------------------------------------------------------
def test_a_simulation_of_everything_leaves_every_row_of_every_table_as_it_was(
    world: World, case: Case
) -> None:
    # Given a case with returns, notices and rungs, some of them reached
    sweep(at=NOW)
    before = everything()

    # When everything is supposed at once, a long way ahead
    simulation = what_if(world.manager, supposing_everything(world), at=NOW)

    # Then something would follow, and neither a row nor a mail was made
    assert any(one.is_moved for one in simulation.deadlines)
    assert len(simulation.tellings) > 10
    assert everything() == before
    assert mail.outbox == []


def test_a_simulation_asks_the_database_only_questions(world: World, case: Case) -> None:
    with CaptureQueriesContext(connection) as asked:
        what_if(world.manager, supposing_everything(world), at=NOW)

    assert {query["sql"].split()[0] for query in asked} == {"SELECT"}


# ---- Today -------------------------------------------------------------------------------------
def test_on_a_later_day_what_would_be_late_is_named_and_the_mails_until_then_are_in_order(
    world: World, case: Case
) -> None:
    simulation = all_of_it(Suppositions(today=date(2026, 3, 30)))

    late = {one.deadline.rule_code for one in simulation.deadlines if one.becomes_late}
    assert late == {"LOC_SINCOPY", "LOC_PROGRESS", "LOC_ACK", "LOC_RETURN"}
    [ret] = {one.then.words for one in simulation.deadlines if one.deadline.rule_code == "LOC_RETURN"}
    assert ret == "1 working day late (was due Friday 27 March 2026)"
    assert [one.goes_at for one in simulation.tellings] == sorted(one.goes_at for one in simulation.tellings)
    gp_author = ("gp author of Northborough",)
    school_author = ("school author of Northborough",)
    assert mails(simulation)[:2] == [
        ("03-24 08:30", "before-3:author", "Reminder: a deadline is coming", gp_author),
        ("03-24 08:30", "before-3:author", "Reminder: a deadline is coming", school_author),
    ]
    # Summer time began on the 29th: half past eight is an hour earlier for the machine.
    assert mails(simulation)[-1] == (
        "03-30 07:30", "after-1:safeguarding-lead", "A deadline has passed", ("school lead of Northborough",),
    )  # fmt: skip


def test_what_is_foretold_for_a_day_is_what_the_sweep_then_writes(world: World, case: Case) -> None:
    # Given what is foretold until Thursday 9 April, after Easter
    until = datetime(2026, 4, 9, 22, tzinfo=UTC)
    foretold = sorted(
        (one.rung.dedupe_key, name, one.goes_at)
        for one in all_of_it(Suppositions(today=until.date())).tellings
        for name in one.names
    )

    # When nobody does anything, and the sweep comes round at each of the instants
    moments = sorted({one.reached_at for one in all_of_it(Suppositions(today=until.date())).tellings})
    for moment in moments:
        sweep(at=moment)

    # Then these notices stand there, for these people, to go at these times, and no others
    told = Notice.objects.filter(key__startswith="rung:").select_related("recipient")
    written = sorted((one.key.rpartition(":")[0], one.recipient.full_name, one.send_after) for one in told)
    assert len(written) > 20
    assert written == foretold


def test_leave_cover_that_begins_meanwhile_is_told_too(world: World, case: Case) -> None:
    appoint_deputy(world.gp_author, world.gp_lead, starts_on=date(2026, 3, 26), ends_on=date(2026, 3, 31))
    told = mails(all_of_it(Suppositions(today=RETURN_DUE)))

    both = ("gp author of Northborough", "gp lead of Northborough")
    assert [names for _, key, _, names in told if names[0] == both[0]] == [both[:1], both, both]


def test_a_day_that_is_over_cannot_be_today(world: World) -> None:
    with pytest.raises(WorkflowError, match="that is in the past"):
        all_of_it(Suppositions(today=date(2026, 3, 18)))


# ---- Bank holidays -----------------------------------------------------------------------------
def test_a_holiday_moves_what_counts_over_it_and_only_mails_of_what_moved_are_told(
    world: World, case: Case
) -> None:
    simulation = all_of_it(Suppositions(holidays=frozenset([FUNERAL])))

    assert days(simulation, "LOC_RETURN") == {(RETURN_DUE, date(2026, 3, 30))}
    assert days(simulation, "LOC_ACK") == {(date(2026, 3, 20), date(2026, 3, 20))}
    assert mails(simulation, "LOC_ACK") == []
    assert [
        (when, key) for when, key, _, names in mails(simulation) if names == ("gp author of Northborough",)
    ] == [
        ("03-25 08:30", "before-3:author"),
        ("03-27 08:30", "before-1:author"),
        ("03-30 07:30", "due:author"),
    ]


def test_a_holiday_less_moves_it_back(world: World, case: Case) -> None:
    simulation = all_of_it(Suppositions(working_days=frozenset([date(2026, 4, 3)])))

    assert days(simulation, "RR_COMPLETE") == {(date(2026, 4, 10), date(2026, 4, 9))}


@pytest.mark.parametrize(
    ("supposed", "why"),
    [
        (Suppositions(holidays=frozenset([date(2026, 4, 3)])), r"does not count already \(Good Friday\)"),
        (Suppositions(holidays=frozenset([date(2026, 3, 21)])), r"does not count already \(Saturday\)"),
        (Suppositions(working_days=frozenset([FUNERAL])), "is not a bank holiday"),
    ],
)
def test_a_day_that_changes_nothing_is_refused(world: World, supposed: Suppositions, why: str) -> None:
    with pytest.raises(WorkflowError, match=why):
        all_of_it(supposed)


@pytest.mark.parametrize("which", ["today", "holiday", "pause", "limit", "months"])
def test_what_lies_past_the_calendar_is_refused(world: World, case: Case, which: str) -> None:
    far = date(9999, 12, 31)
    supposed = {
        "today": Suppositions(today=far),
        "holiday": Suppositions(holidays=frozenset([far])),
        "pause": Suppositions(pauses=(Pause(frozenset(), date(2026, 4, 1), far),)),
        "limit": Suppositions(limits=limit_of("LOC_RETURN", "9999wd")),
        "months": Suppositions(limits=limit_of("LOC_RETURN", "9999mo")),
    }[which]

    with pytest.raises(CalendarEnds):
        all_of_it(supposed)


# ---- Limits ------------------------------------------------------------------------------------
def test_another_limit_moves_the_open_deadlines_of_that_rule_alone(world: World, case: Case) -> None:
    simulation = all_of_it(Suppositions(limits=limit_of("LOC_RETURN", "9wd")))

    assert {one.deadline.rule_code for one in simulation.deadlines if one.is_moved} == {"LOC_RETURN"}
    assert days(simulation, "LOC_RETURN") == {(RETURN_DUE, date(2026, 3, 31))}


def test_another_limit_moves_also_what_was_let_count_by_one_of_its_own(world: World, case: Case) -> None:
    # Given returns that were let count by 8 working days
    limit = Limit(8, "wd")
    moves = would_move(open_deadlines("LOC_RETURN", world.partnership), limit, at=NOW)
    re_rule(moves, limit, by=world.manager, at=NOW, authority="A letter", reason="Easter")

    simulation = all_of_it(Suppositions(limits=limit_of("LOC_RETURN", "14d")))
    assert days(simulation, "LOC_RETURN") == {(date(2026, 3, 30), date(2026, 4, 1))}
    assert {one.then.unit for one in simulation.deadlines if one.is_moved} == {"day"}


def test_what_is_planned_back_from_a_day_moves_with_it_as_it_then_does(world: World, case: Case) -> None:
    # Given what would follow if the rapid review had another limit, stood still, or counted over a holiday more
    limit = {"limits": limit_of("RR_COMPLETE", "20wd")}
    pause = Pause(frozenset([case.pk]), date(2026, 3, 23), date(2026, 3, 24))
    foretold = {
        name: [one for one in all_of_it(Suppositions(**given)).deadlines if one.deadline.rule_code == "LOC_FINAL"]
        for name, given in {"limit": limit, "pause": {"pauses": (pause,)}, "day": {"holidays": frozenset([FUNERAL])}}.items()
    }  # fmt: skip
    days_of = {name: [(one.was, one.becomes) for one in found] for name, found in foretold.items()}
    assert days_of == {
        "limit": [(date(2026, 4, 8), date(2026, 4, 15))],
        "pause": [(date(2026, 4, 8), date(2026, 4, 10))],
        "day": [(date(2026, 4, 8), date(2026, 4, 9))],
    }
    name = "Finish the rapid review and send it to the Panel"
    assert {one.moves_with for found in foretold.values() for one in found} == {name}

    # When it has that limit, then the last check is due on that very day
    re_rule(
        would_move(open_deadlines("RR_COMPLETE", case.partnership), limit["limits"]["RR_COMPLETE"], at=NOW),
        limit["limits"]["RR_COMPLETE"], by=SYSTEM, at=NOW, authority="The Panel", reason="Snow",
    )  # fmt: skip
    assert case.deadlines.get(rule_code="LOC_FINAL").due_on == date(2026, 4, 15)


def test_a_shorter_limit_that_has_passed_would_be_told_at_once_and_once_for_each_audience(
    world: World, case: Case
) -> None:
    at = datetime(2026, 3, 25, 10, tzinfo=UTC)
    sweep(at=at)
    simulation = all_of_it(Suppositions(limits=limit_of("LOC_RETURN", "2wd")), at=at)

    gp = [(when, key) for when, key, _, names in mails(simulation) if names == ("gp author of Northborough",)]
    assert gp == [("03-25 10:00", "due:author")]


def test_an_unknown_code_and_a_limit_that_cannot_be_read_are_refused(world: World) -> None:
    with pytest.raises(NoSuchRule, match="There is no milestone or rule 'LOC_LUNCH'"):
        limit_of("LOC_LUNCH", "5wd")
    with pytest.raises(NotADate, match="Cannot read the limit 'soon'"):
        limit_of("LOC_RETURN", "soon")


# ---- Pauses ------------------------------------------------------------------------------------
def test_the_returns_of_one_agency_stand_still_and_nobody_is_told_while_they_do(
    world: World, case: Case
) -> None:
    pause = pause_of(world.gp, date(2026, 3, 24), date(2026, 3, 26))
    simulation = all_of_it(Suppositions(pauses=(pause,)))

    assert days(simulation, "LOC_RETURN") == {(RETURN_DUE, date(2026, 4, 1)), (RETURN_DUE, RETURN_DUE)}
    assert [(when, key) for when, key, _, _ in mails(simulation)][:3] == [
        ("03-27 08:30", "before-3:author"),
        ("03-31 07:30", "before-1:author"),
        ("04-01 07:30", "due:author"),
    ]


def test_in_the_middle_of_a_pause_it_is_paused_and_not_late(world: World, case: Case) -> None:
    pause = pause_of(world.gp, date(2026, 3, 24), date(2026, 4, 10))
    simulation = all_of_it(Suppositions(today=date(2026, 3, 31), pauses=(pause,)))

    gp = AgencyReturn.objects.get(agency=world.gp)
    [one] = [
        one for one in simulation.deadlines
        if one.deadline.subject_id == gp.pk and one.deadline.rule_code == "LOC_RETURN"
    ]  # fmt: skip
    assert (one.then.words, one.becomes_late, one.is_moved) == ("paused", False, True)


def test_what_stands_still_already_is_shown_as_it_is_with_why(world: World, case: Case) -> None:
    gp = AgencyReturn.objects.get(agency=world.gp)
    changing_clocks.pause_deadline(
        gp, "LOC_RETURN", by=SYSTEM, at=NOW, effective_at=NOW, authority="the chair", reason="Leave"
    )
    pause = pause_of(world.gp, date(2026, 3, 24), date(2026, 3, 26))
    simulation = all_of_it(Suppositions(pauses=(pause,)))

    [one] = [one for one in simulation.deadlines if one.deadline.state == "paused"]
    assert (one.was, one.becomes, one.then.words) == (None, None, "paused")
    assert "at that time it was paused" in one.trouble


def test_a_pause_that_ends_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(WorkflowError, match="it would end first"):
        all_of_it(Suppositions(pauses=(pause_of(world.gp, date(2026, 3, 26), date(2026, 3, 24)),)))


# ---- For whom ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "sees_dates", "sees_mails"),
    [
        ("manager", True, True),
        ("chair", True, True),
        ("member", True, False),
        ("partner_1", True, False),
        ("administrator", False, False),
    ],
)
def test_each_sees_the_dates_of_what_they_may_see_and_mails_only_where_they_may_see_notices(
    world: World, case: Case, who: str, sees_dates: bool, sees_mails: bool
) -> None:
    simulation = what_if(world.people[who], Suppositions(today=date(2026, 4, 30)), at=NOW)

    assert (bool(simulation.deadlines), bool(simulation.tellings)) == (sees_dates, sees_mails)


def test_the_cases_of_another_partnership_have_no_part_in_it(world: World, case: Case, other: World) -> None:
    simulation: Any = what_if(other.manager, Suppositions(today=date(2026, 4, 30)), at=NOW)

    assert (simulation.deadlines, simulation.tellings) == ([], [])


# ---- What was told is not told again -----------------------------------------------------------
def of_the_gp(simulation: Simulation) -> list[tuple[str, str]]:
    author = ("gp author of Northborough",)
    return [(when, key) for when, key, _, names in mails(simulation) if names == author]


def test_a_day_that_comes_back_does_not_say_again_what_was_said_of_it(world: World, case: Case) -> None:
    # Given a return due on the 27th, of which the author was reminded, and which was then given two days more
    at = datetime(2026, 3, 25, 10, tzinfo=UTC)
    sweep(at=at)
    gp = AgencyReturn.objects.get(agency=world.gp)
    changing_clocks.extend_deadline(
        gp, "LOC_RETURN", limit=limit_of("LOC_RETURN", "2wd")["LOC_RETURN"], by=SYSTEM, at=at,
        authority="the chair", reason="Leave",
    )  # fmt: skip

    # When a limit is supposed by which it would be due on the 27th again
    simulation = all_of_it(Suppositions(limits=limit_of("LOC_RETURN", "5wd")), at=at)

    # Then the reminder of the 24th is not repeated
    assert (date(2026, 3, 31), RETURN_DUE) in days(simulation, "LOC_RETURN")
    assert of_the_gp(simulation) == [("03-26 08:30", "before-1:author"), ("03-27 08:30", "due:author")]


def test_after_a_pause_what_had_passed_meanwhile_is_said_once(world: World, case: Case) -> None:
    pause = pause_of(world.gp, RETURN_DUE, RETURN_DUE)
    simulation = all_of_it(Suppositions(pauses=(pause,)))

    assert of_the_gp(simulation) == [
        ("03-24 08:30", "before-3:author"),
        ("03-26 08:30", "before-1:author"),
        ("03-30 07:30", "before-1:author"),  # passed on the Friday that stood still; said on Monday, once
        ("03-30 07:30", "due:author"),
    ]
