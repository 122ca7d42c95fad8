"""What is done twice is chased twice: a return sent back, a decision revised."""

import json
from datetime import UTC, date, datetime

import pytest

from reviews.models import AgencyReturn, Case
from reviews.services import cases, decisions, returns
from reviews.services.standing import what_needs
from tests import factories
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.models import RuleVersion, Rung
from workflows.rules import Limit
from workflows.services import calendar as calendars
from workflows.services.changing_clocks import re_rule_deadline
from workflows.services.redating import redate
from workflows.services.rules import change_milestone
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db


def clock(subject, code):
    deadline = subject.deadlines.get(rule_code=code)
    return deadline.state, deadline.due_on


def kinds(subject, code):
    return [fact.kind for fact in subject.deadlines.get(rule_code=code).facts.order_by("pk")]


def test_a_return_sent_back_has_three_working_days_each_time(
    world: factories.World, case: Case, gp: AgencyReturn
):
    # Given a return that was signed off on Wednesday 25 March
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=datetime(2026, 3, 25, 9, tzinfo=UTC))

    # When it is sent back on Thursday, it is due again on Tuesday; its first clock stays met
    gp = returns.send_back_return(
        gp, reason="Dates, please.", by=world.manager, at=datetime(2026, 3, 26, 9, tzinfo=UTC)
    )
    assert clock(gp, "LOC_RESEND") == ("running", date(2026, 3, 31))
    assert clock(gp, "LOC_RETURN") == ("met", date(2026, 3, 27))

    # And when it came in and is sent back once more, the clock starts again and will remind again
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=datetime(2026, 3, 27, 9, tzinfo=UTC))
    assert clock(gp, "LOC_RESEND")[0] == "met"
    gp = returns.send_back_return(
        gp, reason="And names.", by=world.manager, at=datetime(2026, 4, 1, 9, tzinfo=UTC)
    )
    assert clock(gp, "LOC_RESEND") == ("running", date(2026, 4, 8))  # Good Friday and Easter Monday between
    assert kinds(gp, "LOC_RESEND") == ["started", "met", "reopened", "restarted"]
    ahead = Rung.objects.ahead().filter(deadline__subject_id=gp.pk, deadline__rule_code="LOC_RESEND")
    assert ahead.exclude(tell="").count() == 4


TOLD = datetime(2026, 3, 28, 9, tzinfo=UTC)


@standing
def sent_back_once(world: factories.World, gp: AgencyReturn):
    """A return that was sent back on 26 March and came in again the day after, with who runs its case."""
    for day in (25, 27):
        gp = factories.a_return_in(
            gp, world.gp_author, world.gp_lead, at=datetime(2026, 3, day, 9, tzinfo=UTC)
        )
        if day == 25:
            gp = returns.send_back_return(
                gp, reason="Dates.", by=world.manager, at=datetime(2026, 3, 26, 9, tzinfo=UTC)
            )
    return gp, world


def proclaimed(day, *, at):
    """A list that also names that day, put into use for what runs."""
    document = json.loads(calendars.SHIPPED.read_text())
    document["events"].append({"date": day, "title": "A day of mourning"})
    version = calendars.load_holidays(document, at=at)
    redate(version, by=SYSTEM, at=at, reason="Proclaimed.")
    return version


def send_back_again(gp, world):
    gp = returns.send_back_return(
        gp, reason="Names.", by=world.manager, at=datetime(2026, 4, 1, 9, tzinfo=UTC)
    )
    assert drifted() == []
    return gp.deadlines.get(rule_code="LOC_RESEND")


def test_a_second_round_counts_by_the_bank_holidays_that_are_known_by_then(sent_back_once):
    # Given a list, loaded between the rounds, that also names Tuesday 7 April
    version = proclaimed("2026-04-07", at=TOLD)

    # Then three working days from 1 April end on Thursday 9 April, over Easter and that day
    deadline = send_back_again(*sent_back_once)
    assert (deadline.due_on, deadline.calendar) == (date(2026, 4, 9), version)


def test_a_case_looked_at_again_counts_by_the_bank_holidays_that_are_known_by_then():
    # Given a case that the partners declined, so that a day of mourning on 18 March moved nothing of it
    world = factories.a_world()
    case = factories.a_referral(world)
    assert clock(case, "SIN_NOTIFY") == ("running", date(2026, 3, 19))
    case = cases.decline_case(case, reason="No harm.", by=world.manager, at=factories.REFERRED)
    version = proclaimed("2026-03-18", at=datetime(2026, 3, 13, 9, tzinfo=UTC))

    # When they look at it again, then the notification is due by the list in use, at once and not from tonight on
    case = cases.reconsider_case(
        case, reason="A scan.", by=world.manager, at=datetime(2026, 3, 13, 10, tzinfo=UTC)
    )
    assert clock(case, "SIN_NOTIFY") == ("running", date(2026, 3, 20))
    assert not case.deadlines.open().exclude(calendar=version).exists()
    assert drifted() == []


def test_a_second_round_counts_by_the_rule_in_force_on_its_own_day(sent_back_once):
    gp, world = sent_back_once
    old = RuleVersion.objects.get(code="LOC_RESEND", partnership=world.partnership, valid_to=None)
    new = change_milestone(old, limit=Limit(5, "wd"), valid_from=date(2026, 3, 30), by=SYSTEM, at=TOLD)
    deadline = send_back_again(gp, world)
    assert (deadline.due_on, deadline.rule) == (date(2026, 4, 10), new)


def test_a_second_round_knows_nothing_of_another_limit_that_was_let_count_in_the_first(sent_back_once):
    # Given a round that was met after its limit had been made ten days, for once
    gp, world = sent_back_once
    send_back_again(gp, world)
    re_rule_deadline(
        gp, "LOC_RESEND", limit=Limit(10, "wd"), by=SYSTEM, at=datetime(2026, 4, 2, 9, tzinfo=UTC),
        authority="The chair", reason="Illness.",
    )  # fmt: skip
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=datetime(2026, 4, 7, 9, tzinfo=UTC))

    # When it is sent back once more on 8 April, it has the three days of its rule
    returns.send_back_return(gp, reason="Still.", by=world.manager, at=datetime(2026, 4, 8, 9, tzinfo=UTC))
    assert clock(gp, "LOC_RESEND") == ("running", date(2026, 4, 13))
    assert drifted() == []


def test_a_revised_decision_has_a_clock_for_its_signatures(world: factories.World):
    # Given a decision that every partner signed
    at = datetime(2026, 4, 7, 9, tzinfo=UTC)
    case = factories.a_decided_case(world, at=at)
    factories.sign_by_all(world, case, at=at)
    assert [d.rule_code for d in case.deadlines.filter(rule_code="LOC_RESIGN")] == []

    # When it is taken up again and sent to the partners anew
    case = decisions.revise_decision(case, reason="The police wrote.", by=world.manager, at=at)
    case = decisions.decide_case(case, by=world.manager, at=at)

    # Then they have two working days
    assert clock(case, "LOC_RESIGN") == ("running", date(2026, 4, 9))

    # And each of them is told so where they look for what needs them
    (duty,) = what_needs(world.partner_1, at=at)
    assert (duty.what, duty.left.words) == (
        "Sign the decision off for Northborough council",
        "2 working days left (due Thursday 9 April 2026)",
    )

    # And the clock is met by the last of them
    factories.sign_by_all(world, case, at=datetime(2026, 4, 8, 9, tzinfo=UTC))
    assert clock(case, "LOC_RESIGN") == ("met", date(2026, 4, 9))
