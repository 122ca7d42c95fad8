"""Every page of a case opens for the person it is for, whatever stage the case has reached."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.questions import RETURN_FORM
from reviews.services import decisions, practice
from reviews.views.stages import ACTIONS, action_url
from tests import factories
from workflows.actors import SYSTEM
from workflows.services.moving import verbs_open_to

pytestmark = pytest.mark.django_db
DECIDED = datetime(2026, 4, 7, 9, tzinfo=UTC)


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def opens(client, url):
    response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def actions_open(world, case):
    client = signed_in(world.manager)
    opens(client, case.get_absolute_url())
    for verb in verbs_open_to(case, world.manager, at=DECIDED):
        if verb in ACTIONS:
            opens(client, action_url(case, verb))


def test_the_pages_of_a_referral(world: factories.World, referral: Case):
    client = signed_in(world.manager)
    for name in (
        "home",
        "case-list",
        "refer",
        "return-list",
        "panel-list",
        "notice-list",
        "due",
        "feed",
        "what-if",
    ):
        opens(client, reverse(name))
    assert referral.code in opens(client, reverse("case-list"))
    for path in ("case-correct", "case-add-child"):
        opens(client, reverse(path, args=[referral.pk]))
    opens(client, reverse("case-correct-child", args=[referral.pk, 2]))
    actions_open(world, referral)


def test_the_pages_of_a_rapid_review(world: factories.World, case: Case, asked: dict[str, AgencyReturn]):
    actions_open(world, case)
    manager = signed_in(world.manager)
    for name in ("case-ask", "case-correct-notification", "decision", "decision-send", "sent-list"):
        opens(manager, reverse(name, args=[case.pk]))
    for section in decisions.DECISION_FORM:
        opens(manager, reverse("decision-section", args=[case.pk, section.code]))
    opens(manager, reverse("milestone-done", args=[case.pk, "LOC_SINCOPY"]))
    meeting = case.deadlines.get(rule_code="LOC_MEETING")
    for page in ("", "-pause", "-extend", "-restart"):
        opens(manager, reverse(f"case-deadline{page}", args=[case.pk, meeting.pk]))
    assert "proof/1" in opens(manager, reverse("case-deadline-json", args=[case.pk, meeting.pk]))
    pdf = manager.get(reverse("case-deadline-pdf", args=[case.pk, meeting.pk]))
    assert pdf.content.startswith(b"%PDF-")
    assert "no-store" in pdf.headers["Cache-Control"]

    for name in ("return-remind", "return-call", "return-received"):
        opens(manager, reverse(name, args=[asked["gp"].pk]))

    author = signed_in(world.gp_author)
    opens(author, reverse("home"))
    opens(author, reverse("return-list"))
    opens(author, asked["gp"].get_absolute_url())
    for name in ("return-acknowledge", "return-nil"):
        opens(author, reverse(name, args=[asked["gp"].pk]))
    for section in RETURN_FORM:
        opens(author, reverse("return-section", args=[asked["gp"].pk, section.code]))

    gp = factories.a_return_in(asked["gp"], world.gp_author, world.gp_lead, at=DECIDED)
    for name in ("return-accept", "return-send-back", "return"):
        opens(manager, reverse(name, args=[gp.pk]))


def test_the_pages_from_the_decision_to_the_end():
    world, panel = factories.a_world(), factories.a_panel_member()
    case = factories.a_notified_case(world)
    for section, given in factories.full_answers(decisions.DECISION_FORM, outcome="lcspr").items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=DECIDED)
    case = decisions.decide_case(case, by=world.manager, at=DECIDED)
    partner = signed_in(world.partner_1)
    for name in ("decision", "decision-sign", "case"):
        opens(partner, reverse(name, args=[case.pk]))
    opens(partner, reverse("home"))
    factories.sign_by_all(world, case, at=DECIDED)
    actions_open(world, case)
    record = decisions.submit_case(case, by=world.manager, at=DECIDED)
    for name in ("panel-record", "panel-record-print", "panel-reply", "panel-record-json"):
        opens(signed_in(panel), reverse(name, args=[record.pk]))
    opens(signed_in(panel), reverse("panel-list"))
    case = Case.objects.get(pk=case.pk)
    actions_open(world, case)
    case = practice.commission_review(case, by=world.manager, at=DECIDED)
    for step in (practice.hold_learning_event, practice.hold_recall):
        actions_open(world, case)
        case = step(case, by=world.manager, at=DECIDED)
    case = practice.plan_publication(case, publish_on=None, by=world.manager, at=DECIDED)
    actions_open(world, case)
    case = practice.publish_case(case, by=world.manager, at=DECIDED)
    actions_open(world, case)
    case = practice.close_case(case, by=world.manager, at=DECIDED)
    opens(signed_in(world.manager), case.get_absolute_url())
    assert PanelRecord.objects.count() == 1


def test_the_published_cases_are_shown_as_cases():
    from reviews.services.importing import import_published_cases

    world = factories.a_world()
    made = import_published_cases(world.partnership, at=datetime(2026, 11, 21, 9, tzinfo=UTC))
    client = signed_in(world.manager)
    pages = {case.reference: opens(client, case.get_absolute_url()) for case in made}
    assert list(pages) == ["BSCB 2015/16-03", "BSCP 2019/20-01", "BSCB 2018/19-01", "Child RS"]
    assert "autumn 2015" in pages["BSCB 2015/16-03"]
    assert "until" in pages["BSCP 2019/20-01"] or "ended" in pages["BSCP 2019/20-01"]
    assert SYSTEM.full_name in pages["Child RS"]
