"""One case from referral to the Panel, by the services alone: the dates, and who hears."""

from datetime import UTC, date, datetime

import pytest

from reviews.models import Case, PanelRecord
from reviews.services import cases, decisions, practice, returns
from tests import factories

pytestmark = pytest.mark.django_db


def due_days(subject):
    return {d.rule_code: d.due_on for d in subject.deadlines.all()}


def test_a_case_from_referral_to_an_accepted_panel_record():
    # Given a partnership, and a referral on Thursday 12 March 2026
    world, panel = factories.a_world(), factories.a_panel_member()
    case = factories.a_referral(world)
    assert due_days(case) == {
        "SIN_NOTIFY": date(2026, 3, 19),
        "SIN_PARTNERS": date(2026, 3, 19),
        "LOC_DECIDE": date(2026, 3, 13),
    }

    # When the partners consider it and it is notified on Wednesday 18 March
    case = cases.consider_case(case, by=world.manager, at=datetime(2026, 3, 13, 9, tzinfo=UTC))
    case = cases.notify_case(case, by=world.manager, at=factories.NOTIFIED)

    # Then the rapid review is due fifteen working days later, counted from the day it was sent
    assert due_days(case) == {
        "SIN_NOTIFY": date(2026, 3, 19),
        "SIN_PARTNERS": date(2026, 3, 19),
        "LOC_DECIDE": date(2026, 3, 13),
        "RR_COMPLETE": date(2026, 4, 10),
        "LOC_SINCOPY": date(2026, 3, 19),
        "LOC_REQUEST": date(2026, 3, 19),
        "LOC_PROGRESS": date(2026, 3, 25),
        "LOC_MEETING": date(2026, 4, 1),
        "LOC_DRAFT": date(2026, 4, 7),
        "LOC_SIGNOFF": date(2026, 4, 9),
        "LOC_FINAL": date(2026, 4, 8),
    }

    # When two agencies answer, one of them that it knew nobody
    made = factories.asked_returns(world, case)
    assert due_days(made["gp"]) == {"LOC_ACK": date(2026, 3, 20), "LOC_RETURN": date(2026, 3, 27)}
    gp = factories.a_return_in(
        made["gp"], world.gp_author, world.gp_lead, at=datetime(2026, 3, 25, 9, tzinfo=UTC)
    )
    school = returns.declare_nil(
        made["school"],
        searched="SIMS, by name",
        by=world.school_author,
        at=datetime(2026, 3, 20, 9, tzinfo=UTC),
    )
    for agency_return in (gp, school):
        returns.accept_return(agency_return, by=world.manager, at=datetime(2026, 3, 26, 9, tzinfo=UTC))

    # And the decision is made, signed by all three partners, and sent
    decided = datetime(2026, 4, 7, 9, tzinfo=UTC)
    for section, given in factories.full_answers(decisions.DECISION_FORM, outcome="lcspr").items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=decided)
    case = decisions.decide_case(case, by=world.manager, at=decided)
    factories.sign_by_all(world, case, at=decided)
    record = decisions.submit_case(case, by=world.manager, at=datetime(2026, 4, 9, 15, tzinfo=UTC))

    # Then the record says it was on time, with its proof, and the Panel may accept it
    timeliness = record.document["rapid_review"]["timeliness"]
    assert (timeliness["on_time"], timeliness["due_on"]) == (True, "2026-04-10")
    assert timeliness["proof"]["derivation"]["start_on"] == "2026-03-18"
    assert (
        not case.deadlines.open()
        .exclude(rule_code__in=("LOC_SINCOPY", "LOC_PROGRESS", "LOC_MEETING"))
        .exists()
    )
    at = datetime(2026, 4, 20, 9, tzinfo=UTC)
    assert list(PanelRecord.objects.visible_to(panel, at=at)) == [record]
    assert list(Case.objects.visible_to(panel, at=at)) == []
    record = decisions.accept_record(record, by=panel, at=at)
    assert record.state == PanelRecord.State.ACCEPTED

    # And the practice review begins, with its six months and its reference
    case = practice.commission_review(record.case, method="SILP", by=world.manager, at=at)
    assert (case.reference, due_days(case)["LCSPR_REPORT"]) == ("NSCP 2026/27-01", date(2026, 10, 20))
