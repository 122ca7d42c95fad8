"""What is done twice is chased twice: a return sent back, a decision revised."""

from datetime import UTC, date, datetime

import pytest

from reviews.services import decisions, returns
from tests import factories
from workflows.models import Rung

pytestmark = pytest.mark.django_db


def clock(subject, code):
    deadline = subject.deadlines.get(rule_code=code)
    return deadline.state, deadline.due_on


def kinds(subject, code):
    return [fact.kind for fact in subject.deadlines.get(rule_code=code).facts.order_by("pk")]


def test_a_return_sent_back_has_three_working_days_each_time():
    # Given a return that was signed off on Wednesday 25 March
    world = factories.a_world()
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
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


def test_a_revised_decision_has_a_clock_for_its_signatures():
    # Given a decision that every partner signed
    world = factories.a_world()
    at = datetime(2026, 4, 7, 9, tzinfo=UTC)
    case = factories.a_decided_case(world, at=at)
    factories.sign_by_all(world, case, at=at)
    assert [d.rule_code for d in case.deadlines.filter(rule_code="LOC_RESIGN")] == []

    # When it is taken up again and sent to the partners anew
    case = decisions.revise_decision(case, reason="The police wrote.", by=world.manager, at=at)
    case = decisions.decide_case(case, by=world.manager, at=at)

    # Then they have two working days, and the clock is met by the last of them
    assert clock(case, "LOC_RESIGN") == ("running", date(2026, 4, 9))
    factories.sign_by_all(world, case, at=datetime(2026, 4, 8, 9, tzinfo=UTC))
    assert clock(case, "LOC_RESIGN") == ("met", date(2026, 4, 9))
