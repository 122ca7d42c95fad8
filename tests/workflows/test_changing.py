"""Changing the bank holidays: who may, what is refused, what is warned of, and what a confirmed change moves."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from notifications.models import Notice
from reviews.models import Case
from tests import factories
from tests.standing import standing
from tests.workflows.bench import HOLIDAYS, a_notified_case, clock_of, london
from workflows.actors import SYSTEM
from workflows.exceptions import Stale, WorkflowError
from workflows.models import CalendarChange, CalendarVersion, Fact, LedgerEntry, Rung
from workflows.services import calendar as calendars
from workflows.services import changing
from workflows.services.claims import claims_of
from workflows.services.govuk import from_govuk
from workflows.services.redating import go_on_dating, redate, still_to_date, would_move

pytestmark = pytest.mark.django_db
AT = london("2026-03-20")
PROCLAIMED = date(2026, 3, 30)  # a Monday
SAYS = "London Gazette of 19 March 2026"
MOVED = ("re-calendared", "restarted")
"""By the list itself, or planned from a day that moved by it."""


@standing
def case(world: factories.World) -> Case:
    """A rapid review due on Friday 10 April 2026."""
    return factories.a_notified_case(world)


def a_day(
    world: factories.World, day: date = PROCLAIMED, *, adding: bool = True, at: datetime = AT
) -> CalendarChange:
    return changing.propose_day(
        day, "A day of mourning", adding=adding, source=SAYS, reason="Proclaimed", by=world.manager, at=at
    )


def the_list(
    *, without: tuple[date, ...] = (), more: dict[date, str] | None = None, first: int = 2012
) -> dict[str, Any]:
    """The shipped list as gov.uk would give it on the day: without some days, with others, from a year on."""
    days = {day: name for day, name in HOLIDAYS.items() if day not in without and day.year >= first} | (
        more or {}
    )
    events = [{"date": day.isoformat(), "title": name, "notes": ""} for day, name in sorted(days.items())]
    text = json.dumps({"england-and-wales": {"division": "england-and-wales", "events": events}})
    return from_govuk(text, source="gov.uk", published_on=date(2026, 3, 20))


def due(case: Case) -> date | None:
    return clock_of(case).due_on


# ---- Two people for a day -----------------------------------------------------------------------
def test_edge_3_a_day_added_by_hand_takes_a_second_person(world: factories.World, case: Case) -> None:
    # Given a day that the manager proposes, then she cannot confirm it, and nothing has changed
    change = a_day(world)
    with pytest.raises(WorkflowError, match="you proposed yourself"):
        changing.confirm_change(change, by=world.manager, at=AT)
    assert calendars.current_calendar().is_working_day(PROCLAIMED)

    # When the administrator confirms it, then it is in use, and says who did both
    version = changing.confirm_change(change, by=world.administrator, at=AT)
    assert not calendars.current_calendar().is_working_day(PROCLAIMED)
    change.refresh_from_db()
    assert (change.proposed_by, change.decided_by, change.version) == (
        world.manager,
        world.administrator,
        version,
    )
    assert (version.origin, version.loaded_by, version.source) == ("hand", world.administrator, SAYS)

    # And the next sweep dates the review anew, with the reason, in the name of who confirmed it
    assert due(case) == date(2026, 4, 10)
    assert go_on_dating(at=AT) == Fact.objects.filter(kind__in=MOVED).count() > 0
    assert due(case) == date(2026, 4, 13)
    fact = clock_of(case).facts.get(kind="re-calendared")
    assert (fact.reason, fact.authority, fact.by, fact.details["from"], fact.details["to"]) == (
        "Proclaimed", SAYS, world.administrator, "2026-04-10", "2026-04-13",
    )  # fmt: skip
    assert LedgerEntry.objects.filter(chain=case.pk, action="re-calendared").exists()
    assert set(Rung.objects.ahead().filter(deadline=clock_of(case)).values_list("due_at", flat=True)) == {
        clock_of(case).due_at
    }


@pytest.mark.parametrize("who", ["the same person", "nobody", "nobody proposed it"])
def test_edge_3_the_database_refuses_a_day_that_one_person_changed_alone(
    world: factories.World, who: str
) -> None:
    change = a_day(world)
    columns: dict[str, Any] = {
        "state": "confirmed",
        "decided_at": AT,
        "version": change.base,
        "decided_by": world.manager,
    }
    if who == "nobody":
        columns["decided_by"] = None
    if who == "nobody proposed it":
        columns["proposed_by"] = None
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarChange.objects.filter(pk=change.pk).update(**columns)


def test_edge_3_the_system_is_no_second_person(world: factories.World) -> None:
    with pytest.raises(WorkflowError, match="somebody else has to look"):
        changing.confirm_change(a_day(world), by=SYSTEM, at=AT)


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(2024, 12, 2), ["The list of gov.uk does not name Monday 2 December 2024."]),
        (
            date(2024, 2, 13),  # a Tuesday
            [
                "The list of gov.uk does not name Tuesday 13 February 2024.",
                "Tuesday 13 February 2024 is neither a Monday nor a Friday, as nearly all bank holidays are. "
                "Check the day and the month.",
            ],
        ),
        (
            date(2026, 6, 6),
            [
                "The list of gov.uk does not name Saturday 6 June 2026.",
                "Saturday 6 June 2026 falls on a weekend, which never counts: no date would move.",
            ],
        ),
    ],
)
def test_edge_3_what_is_odd_about_a_day_is_said_before_it_is_confirmed(
    world: factories.World, day: date, says: list[str]
) -> None:
    assert changing.difference(a_day(world, day)).warnings == says


def test_a_day_taken_away_takes_two_as_well_and_says_that_gov_uk_names_it(world: factories.World) -> None:
    easter = date(2026, 4, 6)
    change = a_day(world, easter, adding=False)
    assert changing.difference(change).removed == {easter: "Easter Monday"}
    assert changing.difference(change).warnings == [
        "The list of gov.uk names Monday 6 April 2026: Easter Monday."
    ]
    with pytest.raises(WorkflowError):
        changing.confirm_change(change, by=world.manager, at=AT)
    changing.confirm_change(change, by=world.administrator, at=AT)
    assert calendars.current_calendar().is_working_day(easter)


def test_a_day_added_and_taken_away_again_gives_the_earlier_days_as_a_list_of_their_own(
    world: factories.World,
) -> None:
    first = calendars.current_version()
    for adding in (True, False, True):
        changing.confirm_change(a_day(world, adding=adding), by=world.administrator, at=AT)
        assert calendars.current_calendar().is_working_day(PROCLAIMED) is not adding
    assert CalendarVersion.objects.count() == 4
    assert calendars.official_version() == first


# ---- What is refused ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "adding", "says"),
    [
        (
            date(2026, 4, 6),
            True,
            "Cannot add Monday 6 April 2026: it is a bank holiday already, Easter Monday.",
        ),
        (date(2026, 4, 8), False, "Cannot take away Wednesday 8 April 2026: the list does not name it."),
        (
            date(2031, 6, 6),
            True,
            "the list covers 2012 to Tuesday 26 December 2028. Load a newer list of gov.uk first.",
        ),
        (date(1871, 5, 29), True, "the list covers 2012 to"),
    ],
)
def test_a_day_that_cannot_be_changed_is_refused_and_nothing_is_written(
    world: factories.World, day: date, adding: bool, says: str
) -> None:
    with pytest.raises(WorkflowError) as refused:
        a_day(world, day, adding=adding)
    assert says in str(refused.value)
    assert not CalendarChange.objects.exists()


@pytest.mark.parametrize(("source", "reason"), [("", "x"), ("x", " ")])
def test_a_change_without_authority_or_reason_is_refused(
    world: factories.World, source: str, reason: str
) -> None:
    with pytest.raises(WorkflowError, match="say why, and on what authority"):
        changing.propose_day(
            PROCLAIMED, "x", adding=True, source=source, reason=reason, by=world.manager, at=AT
        )


@pytest.mark.parametrize("who", ["member", "co_chair", "chair", "gp_author", "gp_lead", "partner_1"])
def test_nobody_but_an_administrator_proposes_confirms_or_withdraws(world: factories.World, who: str) -> None:
    change, person = a_day(world), world.people[who]
    with pytest.raises(PermissionDenied):
        changing.propose_day(date(2026, 6, 1), "x", adding=True, source="x", reason="x", by=person, at=AT)
    with pytest.raises(PermissionDenied):
        changing.propose_list(the_list(), reason="x", by=person, at=AT)
    with pytest.raises(PermissionDenied):
        changing.confirm_change(change, by=person, at=AT)
    with pytest.raises(PermissionDenied):
        changing.withdraw_change(change, by=person, at=AT)
    assert CalendarChange.objects.get().state == "proposed"


def test_whoever_left_the_seat_confirms_nothing(world: factories.World) -> None:
    change = a_day(world)
    world.administrator.memberships.update(ends_on=date(2026, 3, 19))  # type: ignore[union-attr]
    with pytest.raises(PermissionDenied):
        changing.confirm_change(change, by=world.administrator, at=AT)


def test_a_change_is_refused_when_the_list_was_changed_since_it_was_proposed(world: factories.World) -> None:
    stale = a_day(world)
    changing.confirm_change(a_day(world, date(2026, 6, 1)), by=world.administrator, at=AT)
    in_use = calendars.current_version()

    with pytest.raises(Stale, match="changed by somebody else since it was proposed"):
        changing.confirm_change(stale, by=world.administrator, at=AT)
    assert calendars.current_version() == in_use
    assert CalendarChange.objects.get(pk=stale.pk).state == "proposed"


def test_a_change_is_decided_once(world: factories.World) -> None:
    change = a_day(world)
    changing.withdraw_change(change, by=world.manager, at=AT)
    with pytest.raises(Stale, match="it was withdrawn already"):
        changing.confirm_change(change, by=world.administrator, at=AT)
    with pytest.raises(Stale):
        changing.withdraw_change(change, by=world.manager, at=AT)
    assert CalendarVersion.objects.count() == 1


OF_2029 = {
    date(2029, 1, 1): "New Year’s Day", date(2029, 3, 30): "Good Friday", date(2029, 4, 2): "Easter Monday",
    date(2029, 5, 7): "Early May", date(2029, 5, 28): "Spring", date(2029, 8, 27): "Summer",
    date(2029, 12, 25): "Christmas Day", date(2029, 12, 26): "Boxing Day",
}  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(
    ("more", "without", "claims"),
    [
        (OF_2029, [], []),
        ({}, [date(2028, 12, 25)], ["It says otherwise than the list in use of Monday 25 December 2028."]),
        ({date(2021, 6, 7): "x"}, [], ["It says otherwise than the list in use of Monday 7 June 2021."]),
        ({date(2029, 1, 1): "New Year"}, [], ["It names 1 bank holidays in 2029, where there are 8 as a rule."]),
        ({**OF_2029, date(2029, 6, 6): "x"}, [date(2029, 8, 27)],
         ["It names Wednesday 6 June 2029, on which there is no bank holiday as a rule."]),
        ({**OF_2029, date(2029, 9, 1): "x"}, [],
         ["It names Saturday 1 September 2029, on which there is no bank holiday as a rule.",
          "It names 9 bank holidays in 2029, where there are 8 as a rule."]),
        ({date(2026, 6, n): "x" for n in range(1, 8)}, [],
         ["It says otherwise than the list in use of Monday 1 June 2026, Tuesday 2 June 2026, Wednesday 3 June 2026, "
          "Thursday 4 June 2026, Friday 5 June 2026 and 2 more."]),
    ],
)  # fmt: skip
def test_edge_3_what_a_list_claims_beyond_those_held_here_is_said(
    more: dict[date, str], without: list[date], claims: list[str]
) -> None:
    new = {day: name for day, name in {**HOLIDAYS, **more}.items() if day not in without}
    assert claims_of(new, HOLIDAYS, HOLIDAYS, HOLIDAYS) == claims


@pytest.mark.once
def test_what_came_with_this_version_bears_a_list_out_but_for_days_that_two_changed_by_hand() -> None:
    # Given a service that still uses a list of two years ago, while the product brings a longer one
    old = {day: name for day, name in HOLIDAYS.items() if day.year < 2027}
    assert claims_of(HOLIDAYS, old, old, HOLIDAYS) == []
    short = {
        day: name for day, name in HOLIDAYS.items() if day not in (date(2027, 12, 27), date(2028, 4, 14))
    }
    assert claims_of(short, old, old, HOLIDAYS) == [
        "It leaves out Monday 27 December 2027 and Friday 14 April 2028, which the list that came with this service names.",
        "It names 7 bank holidays in 2027, where there are 8 as a rule.",
        "It names 7 bank holidays in 2028, where there are 8 as a rule.",
    ]

    # And one with a mistake that the product's list puts right: that takes one person, unless two had changed the day
    wrong = {**HOLIDAYS, date(2026, 6, 1): "A slip"}
    assert claims_of(HOLIDAYS, wrong, wrong, HOLIDAYS) == []
    assert claims_of(HOLIDAYS, wrong, HOLIDAYS, HOLIDAYS) == [
        "It says otherwise than the list in use of Monday 1 June 2026."
    ]


# ---- Lists of gov.uk ----------------------------------------------------------------------------
def test_a_list_that_only_adds_a_usual_year_is_confirmed_by_whoever_brought_it(
    world: factories.World,
) -> None:
    change = changing.propose_list(the_list(more=OF_2029), reason="2029", by=world.manager, at=AT)
    assert change
    assert (change.takes_two, changing.difference(change).warnings) == (False, [])
    version = changing.confirm_change(change, by=world.manager, at=AT)
    assert (version.origin, version.known_until) == ("govuk", date(2029, 12, 26))


@pytest.mark.parametrize("who", ["the same person", "nobody", "nobody proposed it"])
def test_edge_3_the_database_refuses_a_list_of_claims_that_one_person_put_into_use(
    world: factories.World, who: str
) -> None:
    change = changing.propose_list(the_list(more={PROCLAIMED: "x"}), reason="New", by=world.manager, at=AT)
    assert change
    columns: dict[str, Any] = {
        "state": "confirmed", "decided_at": AT, "version": change.base, "decided_by": world.manager
    }  # fmt: skip
    columns |= {"nobody": {"decided_by": None}, "nobody proposed it": {"proposed_by": None}}.get(who, {})
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarChange.objects.filter(pk=change.pk).update(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarChange.objects.filter(pk=change.pk).update(origin="hand", takes_two=False)


def test_edge_3_a_file_that_changes_what_is_known_takes_a_second_person_whatever_it_is_called(
    world: factories.World, case: Case
) -> None:
    # Given a file called gov.uk's in which somebody wrote a day off next week. The day is named before it is confirmed:
    change = changing.propose_list(
        the_list(more={PROCLAIMED: "Proclaimed", **OF_2029}), reason="New", by=world.manager, at=AT
    )
    assert change
    assert changing.difference(change).warnings == [
        "It says otherwise than the list in use of Monday 30 March 2026."
    ]

    # Then whoever brought it cannot confirm it, nor can the system; all administrators are told to look
    for by in (world.manager, SYSTEM):
        with pytest.raises(WorkflowError, match="Cannot confirm a list that you proposed yourself"):
            changing.confirm_change(change, by=by, at=AT)
    told = Notice.objects.filter(subject=None)
    assert set(told.values_list("news", "recipient__full_name")) == {
        ("calendar-proposed", "Administrator of Northborough")
    }
    assert due(case) == date(2026, 4, 10)

    # And when somebody else does, the dates follow
    version = changing.confirm_change(change, by=world.administrator, at=AT)
    go_on_dating(at=AT)
    assert (version.origin, due(case)) == ("govuk", date(2026, 4, 13))
    change.refresh_from_db()
    assert change.redated_at == AT
    assert change.moved == Fact.objects.filter(kind__in=MOVED).count()


def test_a_list_that_says_the_same_is_noted_as_a_look_and_changes_nothing(world: factories.World) -> None:
    official = calendars.official_version()
    assert official.age_in_days(at=AT) == 23
    assert changing.propose_list(the_list(), reason="A look", by=world.manager, at=AT) is None
    assert calendars.official_version().age_in_days(at=AT + timedelta(days=2)) == 2
    assert (CalendarVersion.objects.count(), CalendarChange.objects.count()) == (1, 0)


def test_years_that_gov_uk_has_dropped_stay_as_they_were(world: factories.World) -> None:
    # Given a list that begins in 2020, as gov.uk's does, and says nothing new, then it is the same list
    assert changing.propose_list(the_list(first=2020), reason="A look", by=world.manager, at=AT) is None

    # And with a new day it keeps those of 2012 to 2019, by which older deadlines were counted
    change = changing.propose_list(
        the_list(first=2020, more={PROCLAIMED: "Proclaimed"}), reason="New", by=world.manager, at=AT
    )
    assert change
    assert (changing.difference(change).removed, min(change.days)) == ({}, date(2012, 1, 2))


def test_edge_4_the_list_of_gov_uk_wins_over_a_day_changed_by_hand_and_says_so(
    world: factories.World,
) -> None:
    # Given the spring bank holiday of 2026 moved by hand, on a rumour
    for day, adding in ((date(2026, 6, 5), True), (date(2026, 5, 25), False)):
        changing.confirm_change(a_day(world, day, adding=adding), by=world.administrator, at=AT)

    # When gov.uk publishes a list that knows nothing of it
    change = changing.propose_list(
        the_list(more={date(2029, 1, 1): "New Year"}), reason="2029", by=world.manager, at=AT
    )
    assert change
    assert changing.difference(change).warnings == [
        "It says otherwise than the list in use of Monday 25 May 2026 and Friday 5 June 2026.",
        "It names 1 bank holidays in 2029, where there are 8 as a rule.",
        "Friday 5 June 2026 was added by hand, and this list takes it away.",
        "Monday 25 May 2026 was taken away by hand, and this list brings it back.",
    ]
    changing.confirm_change(change, by=world.administrator, at=AT)

    # Then the days are those of gov.uk
    assert calendars.current_calendar().holidays == {**HOLIDAYS, date(2029, 1, 1): "New Year"}


@pytest.mark.parametrize(
    ("moved", "to"), [(date(2020, 5, 4), date(2020, 5, 8)), (date(2022, 5, 30), date(2022, 6, 2))]
)
def test_edge_4_moved_bank_holidays_are_those_of_the_published_list(moved: date, to: date) -> None:
    assert (moved in HOLIDAYS, to in HOLIDAYS) == (False, True)


def test_a_list_that_waits_already_is_not_proposed_again_every_night(world: factories.World) -> None:
    for _ in range(3):
        changing.propose_once(the_list(more={PROCLAIMED: "Proclaimed"}, first=2020), reason="New", at=AT)
    changing.propose_once(the_list(more={date(2026, 6, 1): "Another"}), reason="New", at=AT)
    assert CalendarChange.objects.count() == 2


# ---- What it moves ------------------------------------------------------------------------------
def test_edge_12_what_is_shown_before_is_what_moves_and_nothing_else(world: factories.World) -> None:
    # Given reviews due before, on and after a proclaimed day, one paused and one that has ended
    days = ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-20"]
    all_cases = [a_notified_case(at=london(day)) for day in days]
    change = a_day(world)
    new = changing.calendar_after(change)
    shown = {(move.deadline.pk, move.was, move.becomes) for move in would_move(new)}
    assert shown == {(move.deadline.pk, move.was, move.becomes) for move in would_move(new, everywhere=True)}
    assert {clock_of(case).pk for case in all_cases} & {pk for pk, *_ in shown} == {
        clock_of(case).pk for case in all_cases[1:]
    }

    # When it is confirmed and applied
    version = changing.confirm_change(change, by=world.administrator, at=AT)
    moved = redate(version, by=world.administrator, at=AT, reason="Proclaimed")
    assert {(move.deadline.pk, move.was, move.becomes) for move in moved} == shown


@pytest.mark.parametrize("adding", [True, False])
@pytest.mark.parametrize(
    "day", ["2026-03-23", "2026-04-03", "2026-04-06", "2026-05-04", "2026-08-31", "2028-12-26"]
)
def test_looking_only_where_a_day_can_matter_misses_nothing(
    world: factories.World, day: str, adding: bool
) -> None:
    # Given every clock of a case and its returns, some counted backwards, some ending long after
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    factories.a_decided_case(world, at=london("2026-04-07"))
    days = dict(HOLIDAYS)
    if adding:
        days[date.fromisoformat(day)] = "Proclaimed"
    else:
        days.pop(date.fromisoformat(day), None)
    new = calendars.Calendar("new", days)
    narrow = [(move.deadline.pk, move.becomes) for move in would_move(new)]
    everywhere = [(move.deadline.pk, move.becomes) for move in would_move(new, everywhere=True)]
    assert sorted(narrow) == sorted(everywhere)


def test_dating_anew_stops_in_time_and_goes_on_with_the_next_ring(world: factories.World, case: Case) -> None:
    change = a_day(world)
    changing.confirm_change(change, by=world.administrator, at=AT)
    assert go_on_dating(at=AT, within=timedelta(0)) == 0
    assert CalendarChange.objects.still_dating().get() == change
    assert go_on_dating(at=AT) > 0
    assert not CalendarChange.objects.still_dating().exists()
    assert go_on_dating(at=AT) == 0
    assert due(case) == date(2026, 4, 13)


def test_one_that_fails_is_left_for_the_night_and_told_once_while_the_change_goes_on(
    world: factories.World, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a clock with a fact that nobody can fold, and a confirmed day that it counts over
    broken = clock_of(case, "LOC_MEETING")
    Fact.objects.create(deadline=broken, kind="extended", effective_at=AT, recorded_at=AT, details={})
    change = a_day(world)
    changing.confirm_change(change, by=world.administrator, at=AT)

    # When the sweep rings twice
    for _ in range(2):
        go_on_dating(at=AT)

    # Then all others moved, and the change is over
    assert due(case) == date(2026, 4, 13)
    assert not CalendarChange.objects.still_dating().exists()
    change.refresh_from_db()
    assert list(still_to_date(change.version)) == [broken]
    # And it is named once, in the log and to those who look after the service
    logged = [line for line in caplog.messages if line.startswith(f"Deadline {broken.pk} could not be dated")]
    assert len(logged) == 1
    assert Notice.objects.filter(news="drift-found", recipient=world.administrator).count() == 1


def test_edge_23_a_calendar_in_use_cannot_be_deleted_and_its_users_are_named(case: Case) -> None:
    with pytest.raises(ProtectedError) as refused, transaction.atomic():
        calendars.current_version().delete()
    assert clock_of(case) in refused.value.protected_objects
    assert due(case) == date(2026, 4, 10)
