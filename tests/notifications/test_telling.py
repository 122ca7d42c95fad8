"""Who is told what, and from when: moves and rungs become rows, once."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.services import add_member, seat_for
from notifications import services
from notifications.channels import texts
from notifications.models import Notice
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.rules import LADDERS
from reviews.services import cases
from tests.factories import (
    CANARIES,
    NOTIFIED,
    REFERRED,
    World,
    a_notified_case,
    a_person,
    a_referral,
    asked_returns,
)
from tests.notifications.conftest import london
from workflows.actors import SYSTEM
from workflows.models import Deadline, Rung, Subject
from workflows.rules import Limit
from workflows.services.changing_clocks import extend_deadline
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db

CLOCK = texts.Clock("Agency return", "Friday 27 March 2026", "due today", is_local=True)


def told(**by: Any) -> list[tuple[str, str]]:
    """Who was told which news, in order of name."""
    return sorted(Notice.objects.filter(**by).values_list("recipient__email", "news"))


def test_a_move_tells_its_audiences_at_once(world: World, referral: Case) -> None:
    # Given a case that the partners mean to notify. When the manager records the notification at night:
    at = london("2026-03-18 23:30")
    cases.consider_case(referral, by=world.manager, at=at)
    cases.notify_case(referral, by=world.manager, at=at)

    # Then the delegated partners and the chair are told, and no window keeps the mail back.
    assert told() == [
        ("chair@northborough.example", "notified"),
        ("council-partner@northborough.example", "notified"),
        ("icb-partner@northborough.example", "notified"),
        ("police-partner@northborough.example", "notified"),
    ]
    assert set(Notice.objects.values_list("send_after", flat=True)) == {at}


def test_nobody_is_told_of_their_own_move(world: World) -> None:
    # Given two business managers. When one of them refers a case:
    second = a_person("second@northborough.example", "Second Manager")
    add_member(second, seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership))
    a_referral(world)

    # Then only the other hears of it.
    assert told() == [("second@northborough.example", "referred")]


def test_two_audiences_in_one_person_are_told_the_same_news_once(world: World, notified: Case) -> None:
    # Given a GP author who is the safeguarding lead as well. When the GP is asked for a return:
    add_member(world.gp_author, seat_for(Role.SAFEGUARDING_LEAD, agency=world.gp))
    asked_returns(world, notified)

    # Then there is one notice for the two hats.
    assert Notice.objects.filter(recipient=world.gp_author, news="return-requested").count() == 1


def test_a_move_that_is_rolled_back_told_nobody(world: World, referral: Case) -> None:
    cases.consider_case(referral, by=world.manager, at=NOTIFIED)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        cases.notify_case(referral, by=world.manager, at=NOTIFIED)
        raise ZeroDivisionError
    assert told() == []


def test_a_rung_writes_one_notice_for_each_person_of_its_audience(world: World, referral: Case) -> None:
    # Given a case to be notified by Thursday 19 March, and not notified.
    # When the sweep comes round on Friday, when it is late:
    sweep(at=london("2026-03-20 09:00"))

    # Then the manager and each of the partners hear of it, about that deadline and its day.
    late = Notice.objects.filter(news="late", deadline__rule_code="SIN_NOTIFY")
    assert sorted(late.values_list("recipient__email", flat=True)) == [
        "council-partner@northborough.example",
        "icb-partner@northborough.example",
        "manager@northborough.example",
        "police-partner@northborough.example",
    ]
    assert set(late.values_list("due_on", "subject")) == {(date(2026, 3, 19), referral.pk)}


def test_whoever_is_meant_twice_by_one_rung_gets_one_notice(world: World, referral: Case) -> None:
    # Given a partner who holds the seat of two partners:
    add_member(world.partner_1, seat_for(Role.DELEGATED_PARTNER, agency=world.police))
    sweep(at=london("2026-03-20 09:00"))
    assert (
        Notice.objects.filter(
            recipient=world.partner_1, news="late", deadline__rule_code="SIN_NOTIFY"
        ).count()
        == 1
    )


def test_a_rung_swept_twice_tells_once(world: World, referral: Case) -> None:
    # Given a sweep that told, and whose marks are lost, as after a restore of older rungs:
    sweep(at=london("2026-03-20 09:00"))
    before = told()
    Rung.objects.update(reached_at=None)

    # When it is all swept again, then nobody is told again.
    sweep(at=london("2026-03-20 09:01"))
    assert told() == before


def test_a_deadline_that_moves_arms_its_ladder_anew(world: World, notified: Case, gp: AgencyReturn) -> None:
    # Given a GP whose return is due on 27 March, chased three working days before, on the 24th:
    sweep(at=london("2026-03-24 09:00"))
    reminders = Notice.objects.filter(news="reminder", subject=gp, deadline__rule_code="LOC_RETURN")
    assert list(reminders.values_list("due_on", flat=True)) == [date(2026, 3, 27)]

    # When it is given five working days more, then it is chased for the new day as well.
    extend_deadline(gp, "LOC_RETURN", limit=Limit(5, "wd"), authority="Chair", reason="Records are on paper",
                    by=SYSTEM, at=london("2026-03-24 12:00"))  # fmt: skip
    sweep(at=london("2026-04-10 09:00"))
    assert set(reminders.values_list("due_on", flat=True)) == {date(2026, 3, 27), date(2026, 4, 7)}


def test_a_rung_reached_at_night_waits_for_working_hours(world: World, referral: Case) -> None:
    # Given rungs that a sweep reaches at two o'clock on Saturday, then the mails wait until Monday at half past eight.
    sweep(at=london("2026-03-21 02:00"))
    assert set(Notice.objects.filter(news="late").values_list("send_after", flat=True)) == {
        london("2026-03-23 08:30")
    }


def test_what_is_due_today_does_not_wait(world: World) -> None:
    # Given the rung of the due day, Friday 10 April. When it is reached at seven, then its mail leaves all the same.
    deadline = Deadline.objects.get(subject=a_notified_case(world), rule_code="RR_COMPLETE")
    rung = deadline.rungs.get(key="due:business-manager")
    at_seven = london("2026-04-10 07:00")
    services.tell_of_rungs([rung], at=at_seven)
    assert list(Notice.objects.filter(news="due-today").values_list("send_after", flat=True)) == [at_seven]


def test_a_due_day_that_is_over_wakes_nobody(world: World, referral: Case) -> None:
    # Given a day on which nothing was swept, and on which a notification was due. When the sweep comes round at two:
    sweep(at=london("2026-03-20 02:00"))

    # Then even what says "due today" waits for working hours.
    due = Notice.objects.filter(news="due-today", deadline__rule_code="SIN_NOTIFY")
    assert set(due.values_list("send_after", flat=True)) == {london("2026-03-20 08:30")}


def test_an_open_window_lets_mails_go_at_once(world: World, referral: Case, settings: Any) -> None:
    settings.SEND_WINDOW = "always"
    saturday = london("2026-03-21 02:00")
    sweep(at=saturday)
    assert set(Notice.objects.filter(news="late").values_list("send_after", flat=True)) == {saturday}


def test_each_kind_of_subject_is_fetched_in_one_query(world: World) -> None:
    # Given the rungs of three cases:
    for _ in range(3):
        a_referral(world, at=REFERRED)
    rungs = list(Rung.objects.filter(news="reminder").select_related("deadline__rule", "deadline__subject"))
    assert len({rung.deadline.subject_id for rung in rungs}) == 3

    # When they are told, then the cases are read once, and an audience that they share is asked for once.
    with CaptureQueriesContext(connection) as queries:
        services.tell_of_rungs(rungs, at=REFERRED + timedelta(days=1))
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len([sql for sql in asked if 'FROM "reviews_case"' in sql]) == 1
    assert len([sql for sql in asked if 'FROM "accounts_user"' in sql]) == 1


@pytest.mark.parametrize("number", [1, 5])
def test_telling_costs_the_same_however_many_cases_a_partnership_has(number: int, world: World) -> None:
    # Given every rung of so many cases, and of two returns of each:
    for _ in range(number):
        asked_returns(world, a_notified_case(world))
    rungs = list(Rung.objects.exclude(tell="").select_related("deadline__rule", "deadline__subject"))
    Notice.objects.all().delete()

    # When they are told, then it asks for the calendar, the cases, the returns, who is recused, and fourteen times for audiences:
    # once for each that the partnership and its two agencies have. (How many rows a statement may insert is the
    # database's affair, and not counted.)
    with CaptureQueriesContext(connection) as queries:
        services.tell_of_rungs(rungs, at=london("2026-03-18 10:00"))
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(asked) == 27


# ---- Nobody there ------------------------------------------------------------------------------
def leave(*people: Any) -> None:
    for person in people:
        person.memberships.all().delete()


def test_when_an_audience_is_nobody_the_business_managers_are_told_instead(
    world: World, referral: Case
) -> None:
    # Given a partnership without delegated partners. When a notification is late:
    leave(world.partner_1, world.partner_2, world.partner_3)
    sweep(at=london("2026-03-20 09:00"))

    # Then the manager is told what they should have been: her own step, and theirs.
    late = told(news="late", deadline__rule_code="SIN_NOTIFY")
    assert late == [("manager@northborough.example", "late")] * 2


def test_when_there_is_no_business_manager_either_the_user_administrators_are(
    world: World, referral: Case
) -> None:
    leave(world.partner_1, world.partner_2, world.partner_3, world.manager)
    sweep(at=london("2026-03-20 09:00"))
    assert {who for who, _ in told()} == {"administrator@northborough.example"}


def test_a_move_whose_audience_is_nobody_is_told_to_the_manager_even_if_it_is_hers(
    world: World, referral: Case
) -> None:
    leave(world.partner_1, world.partner_2, world.partner_3, world.chair)
    cases.consider_case(referral, by=world.manager, at=NOTIFIED)
    cases.notify_case(referral, by=world.manager, at=NOTIFIED)
    assert told() == [("manager@northborough.example", "notified")]


def test_when_there_is_nobody_at_all_the_log_says_so_with_codes_only(
    world: World, referral: Case, caplog: pytest.LogCaptureFixture
) -> None:
    leave(world.partner_1, world.partner_2, world.partner_3, world.manager, world.administrator, world.chair)
    sweep(at=london("2026-03-20 09:00"))
    assert told() == []
    assert f"Nobody can be told of {referral.code}: there is no business-manager" in caplog.text
    assert not [word for word in CANARIES if word in caplog.text]


def test_every_news_that_anything_tells_has_a_text(world: World) -> None:
    # Given every news of every beginning, transition, announcement and ladder, then each has its text.
    field = Subject._meta.get_field("state")
    news = {rung.news for ladder in LADDERS.values() for rung in ladder}
    news |= {"partner-signed", "all-signed", "asked-again", "details-changed", "virus-found"}
    for kind in (Case, AgencyReturn, PanelRecord):
        for beginning in kind.BEGINNINGS.values():
            news |= set(beginning.tells.values())
        for transition in field.get_all_transitions(kind):
            news |= set(transition.custom.get("tells", {}).values())
    assert news >= {"reminder", "due-today", "late", "referred", "return-requested", "panel-replied"}
    for word in news:
        assert texts.render(
            word, code="R-7K3QF", link="LINK", clock=CLOCK, clocks=[CLOCK], partnership="N", managers=[]
        ).subject
