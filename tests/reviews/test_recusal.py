"""Who is recused from a case sees nothing of it, does nothing in it and hears nothing of it; and how that comes about."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Deputy, Role, User
from accounts.services import add_member, seat_for
from notifications.models import Notice
from notifications.services import chasing_of, deliver_everything_owed, names_to_phone, unseen_count
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services import access, cases, decisions, recusals
from reviews.services.feeds import write_feed
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import a_released_case, bare, row_counts, send, signed_in, summary_of, text_of
from tests.reviews.test_access import NOTHING, addresses_of, seen_in_the_file, seen_on_pages
from workflows.exceptions import RecusalError
from workflows.models import LedgerEntry, Recusal
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 7, 9, tzinfo=UTC)
TODAY = NOW.date()
WHY = {"kind": "worked-with", "reason": "She was the family’s health visitor."}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def recused(case: Any, person: Any, *, by: Any) -> Recusal:
    return recusals.recuse(case, person, by=by, at=NOW, **WHY)


def covered(person: Any, deputy: Any) -> None:
    Deputy.objects.create(person=person, deputy=deputy, starts_on=TODAY, ends_on=TODAY)


# ---- Sight -------------------------------------------------------------------------------------
def test_who_is_recused_sees_nothing_of_the_case_anywhere(world: World, time_machine: Any) -> None:
    # Given a case that has been through, which everybody has open in their browser, and a second case;
    released, other = a_released_case(world), factories.a_referral(world)
    sent = datetime(2026, 4, 20, 9, tzinfo=UTC)
    time_machine.move_to(sent, tick=False)
    panel = factories.a_panel_member()
    out = ("manager", "member", "co_chair", "partner_1", "gp_author", "gp_lead")
    people = [*(world.people[who] for who in out), panel]
    for person in people:
        person.is_superuser = True  # which changes nothing
        person.save()
    browsers = {person: signed_in(person) for person in people}
    assert browsers[world.people["manager"]].get(released.case.get_absolute_url()).status_code == 200

    # when the chair records that they take no part in the first,
    for person in people:
        recused(released.case, person, by=world.chair)

    # then with the next request every page of it answers as if there were none,
    pages_of_it = {world.people["manager"]: addresses_of(released)}
    main = [one.get_absolute_url() for one in (released.case, released.gp, released.record)]
    for person, browser in browsers.items():
        for address in pages_of_it.get(person, main):
            page = browser.get(address)
            assert page.status_code == 404, (person, address)
            assert not any(canary in page.content.decode() for canary in CANARIES)
        # no list, count, search, file, feed, notice or page of what is due knows of it,
        seen = seen_on_pages(person)
        assert seen == {**NOTHING, "cases": seen["cases"]}, person
        assert str(released.case.pk) not in seen["cases"]
        assert seen_in_the_file(person) <= {other.code}
        names = [released.case.code, released.gp.code, released.school.code, released.record.code, *CANARIES]
        pages = [
            "home",
            "case-list",
            "return-list",
            "panel-list",
            "due",
            "notice-list",
            "what-if",
            "undelivered-list",
        ]
        found = [bare(browser.get(reverse(name))) for name in pages]
        found.append(
            bare(browser.get(reverse("case-list"), {"q": released.gp.code})).replace(
                f'value="{released.gp.code}"', ""
            )
        )
        found.append(write_feed(person, at=sent).decode())
        assert [name for name in names for page in found if name in page] == [], person
        for kind in (Case, AgencyReturn, PanelRecord):
            assert kind.objects.visible_to(person, at=sent).exclude(pk=other.pk).count() == 0
        for one in released:
            assert one.permissions_of(person, at=sent) == set()
        assert (
            unseen_count(person)
            == Notice.objects.filter(recipient=person, subject=other, seen_at=None).count()
        )

    # and who is not recused sees what they saw, as does everybody of the other case.
    assert str(released.case.pk) in seen_on_pages(world.chair)["cases"]
    assert seen_on_pages(world.member)["cases"] == {str(other.pk)}


def test_a_recusal_is_asked_for_again_under_the_lock(world: World) -> None:
    # Given a manager with the page of a move open,
    case = factories.a_referral(world)
    page = signed_in(world.manager)
    address = reverse("case-consider", args=[case.pk])
    assert page.get(address).status_code == 200

    # when they are recused before they press the button,
    recused(case, world.manager, by=world.chair)

    # then nothing moves, by the page or by the service, and nothing begins under the case.
    before = row_counts()
    assert send(page, address, seen_version=str(case.version)).status_code == 404
    with pytest.raises(PermissionDenied):
        cases.consider_case(case, by=world.manager, at=NOW)
    assert not case.permits(world.manager, "reviews.view_case", at=NOW)
    assert row_counts() == before
    assert Case.objects.get().state == "referred"


# ---- Deputies ----------------------------------------------------------------------------------
def test_nobody_acts_for_a_recused_person_through_that_person_s_seat(world: World) -> None:
    case, other = factories.a_referral(world), factories.a_referral(world)
    # Given an author who stands in for the manager, and sees both cases by it,
    covered(world.manager, world.gp_author)
    everything = {str(case.pk), str(other.pk)}
    assert seen_on_pages(world.gp_author)["cases"] == everything
    held = {str(c.pk) for c in Case.objects.granted(world.gp_author, "reviews.meet_milestone_case", at=NOW)}
    assert held == everything

    # when the manager is recused from one, then so it is closed to who stands in for them;
    first = recused(case, world.manager, by=world.chair)
    assert seen_on_pages(world.gp_author)["cases"] == {str(other.pk)}
    assert case.permissions_of(world.gp_author, at=NOW) == set()
    assert not case.permits(world.gp_author, "reviews.view_case", at=NOW)
    assert case.people("business-manager", at=NOW) == []
    assert world.gp_author in other.people("business-manager", at=NOW)

    # but in another seat, or for another holder of that one, they see it.
    second = factories.a_person("second@northborough.example", "Second manager")
    add_member(second, seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership))
    covered(second, world.gp_author)
    assert seen_on_pages(world.gp_author)["cases"] == everything
    assert case.people("business-manager", at=NOW) == [second, world.gp_author]
    recusals.lift_recusal(first, reason="They never met.", by=world.chair, at=NOW)

    # And a deputy who is recused themselves gets nothing through anybody's seat.
    recused(case, world.gp_author, by=world.manager)
    assert seen_on_pages(world.gp_author)["cases"] == {str(other.pk)}
    assert case.people("business-manager", at=NOW) == [world.manager, second]


# ---- Being told --------------------------------------------------------------------------------
def test_who_is_recused_is_told_nothing_more(world: World, settings: Any) -> None:
    settings.SEND_WINDOW = "always"
    case = factories.a_notified_case(world)
    made = factories.asked_returns(world, case)
    second = factories.a_person("second@northborough.example", "Second manager")
    add_member(second, seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership))
    # Given mails on their way to a GP author and a manager, one of which no server took,
    waiting = Notice.objects.filter(recipient=world.gp_author, subject=made["gp"])
    assert waiting.get().state == "waiting"
    waiting.update(send_after=NOW, next_try_at=NOW)
    Notice.objects.filter(recipient=world.manager).become("failed", last_error="No such address.")
    lost = Notice.objects.create(
        key="x", recipient=world.gp_lead, subject=made["gp"], news="reminder", created_at=NOW, send_after=NOW,
        message_id="<x@x>", state="failed", last_error="No such address.",
    )  # fmt: skip
    assert names_to_phone(second, at=NOW) == [world.gp_lead.full_name]
    assert chasing_of(case).of(made["gp"]).unreached == [world.gp_lead.full_name]

    # when they are recused,
    for person in (world.gp_author, world.gp_lead, world.manager):
        recused(case, person, by=world.chair)

    # then what was on its way does not leave, and nobody need be phoned about it;
    deliver_everything_owed(at=NOW)
    assert waiting.get().state == "dropped"
    assert waiting.get().last_error == "The person takes no part in this case."
    assert names_to_phone(second, at=NOW) == []
    assert chasing_of(case).of(made["gp"]).unreached == []
    assert list(Notice.objects.visible_to(world.gp_lead, at=NOW)) == []
    assert lost in Notice.objects.about(case)

    # no ladder and no move tells them any more: who is left is told, and named to be asked;
    before = set(Notice.objects.values_list("pk", flat=True))
    sweep(at=NOW)
    told = Notice.objects.exclude(pk__in=before)
    out = {world.gp_author, world.gp_lead, world.manager}
    assert {notice.recipient for notice in told} & out == set()
    assert second in {notice.recipient for notice in told}
    mail.outbox.clear()
    deliver_everything_owed(at=NOW + timedelta(minutes=1))
    written = "\n".join(one.body for one in mail.outbox)
    assert second.email in written
    assert world.manager.email not in written

    # and of an agency nobody is left, so that who runs the case hears instead.
    assert made["gp"].people("author", at=NOW) == [second]


# ---- Signatures --------------------------------------------------------------------------------
def test_a_recused_partner_cannot_sign_and_the_body_s_other_holder_can(world: World) -> None:
    case = factories.a_decided_case(world, at=NOW)
    council: Any = world.council
    # Given the council's partner recused, for whom the partner of the police stands in,
    covered(world.partner_1, world.partner_2)
    assert set(access.partner_seats_of(world.partner_2, case, at=NOW)) == {council, world.police}
    recused(case, world.partner_1, by=world.manager)

    # then neither signs for the council, though the council is still waited for, as the page and the door say.
    assert access.partner_seats_of(world.partner_1, case, at=NOW) == []
    assert access.partner_seats_of(world.partner_2, case, at=NOW) == [world.police]
    for person in (world.partner_1, world.partner_2):
        with pytest.raises(PermissionDenied):
            decisions.sign_decision(case, council, agrees=True, by=person, at=NOW)
    assert "Sign the decision off for Northborough council" not in text_of(
        signed_in(world.partner_2).get("/")
    )
    for who, agency in (("partner_2", world.police), ("partner_3", world.icb)):
        decisions.sign_decision(case, agency, agrees=True, by=world.people[who], at=NOW)
    page = text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert "Still to sign (1 of 3): Northborough council." in page
    assert "Nobody can sign for Northborough council on this case" in page
    with pytest.raises(Exception, match="Nobody can sign for Northborough council"):
        decisions.submit_case(case, by=world.manager, at=NOW)

    # When another person sits in that seat, they sign.
    other = factories.a_person("other@northborough.example", "Other partner")
    add_member(other, seat_for(Role.DELEGATED_PARTNER, agency=council))
    assert access.nobody_can_sign_for(case, [council], at=NOW) == []
    decisions.sign_decision(case, council, agrees=True, by=other, at=NOW)
    assert decisions.waiting_to_sign(case, case.decisions.last()) == []


# ---- How it is recorded, and lifted ------------------------------------------------------------
def test_nobody_lifts_their_own_recusal(world: World) -> None:
    case = factories.a_referral(world)
    with pytest.raises(RecusalError, match="without a reason"):
        recusals.recuse(case, world.manager, kind="other", reason=" ", by=world.chair, at=NOW)
    for person, by in ((world.manager, world.chair), (world.chair, world.co_chair)):
        recused(case, person, by=by)
    first = Recusal.objects.get(person=world.manager)

    # They cannot find it, the service refuses, the other one who is recused cannot either, and the database refuses.
    address = reverse("recusal-lift", args=[case.pk, first.pk])
    for person in (world.manager, world.chair):
        assert signed_in(person).get(address).status_code == 404
        with pytest.raises(PermissionDenied):
            recusals.lift_recusal(first, reason="It is nothing.", by=person, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recusal.objects.filter(pk=first.pk).update(ended_at=NOW, ended_by=first.person, ended_reason="Mine.")
    # Who may not record one may not lift one; and nobody without a reason.
    assert signed_in(world.member).get(address).status_code == 403
    with pytest.raises(RecusalError, match="without a reason"):
        recusals.lift_recusal(first, reason=" ", by=world.co_chair, at=NOW)

    # Another does, with a reason; it stays in the history, and can be recorded again.
    page = signed_in(world.co_chair)
    assert send(page, address, reason="They never met.").status_code == 302
    assert str(case.pk) in seen_on_pages(world.manager)["cases"]
    first.refresh_from_db()
    assert (first.ended_by, first.ended_at, first.ended_reason) == (world.co_chair, NOW, "They never met.")
    assert "They never met." in text_of(page.get(case.get_absolute_url()))
    with pytest.raises(RecusalError, match="lifted already"):
        recusals.lift_recusal(first, reason="Again.", by=world.co_chair, at=NOW)
    recused(case, world.manager, by=world.co_chair)
    assert seen_on_pages(world.manager)["cases"] == set()
    actions = list(LedgerEntry.objects.filter(chain=case.pk).values_list("action", flat=True))
    assert [a for a in actions if "recus" in a] == ["recuse", "recuse", "lift_recusal", "recuse"]
    assert "health visitor" not in json.dumps(list(LedgerEntry.objects.values()), default=str)


def test_the_business_manager_is_recused_by_the_chair_and_somebody_else_runs_the_case(world: World) -> None:
    case = factories.a_referral(world)
    Notice.objects.all().delete()
    page = signed_in(world.chair)
    address = reverse("recusal-add", args=[case.pk])

    # Given the chair, who records it on the page (and is told what is missing);
    refused = send(page, address, person=str(world.manager.pk), kind="", reason="")
    assert summary_of(refused) == ["Select what their interest is", "Enter the reason"]
    answer = send(page, address, person=str(world.manager.pk), kind="managed", reason="She led the team.")
    assert answer.headers["Location"] == case.get_absolute_url()

    # then nobody is left to run it, which the chair and who can fill the seat are told, by a reference only;
    told = {(notice.recipient, notice.news) for notice in Notice.objects.all()}
    assert told == {(world.administrator, "nobody-runs-it")}  # the chair did it, and knows
    shown = text_of(page.get(case.get_absolute_url()))
    assert "Nobody can run this case" in shown
    with pytest.raises(PermissionDenied):
        cases.consider_case(case, by=world.chair, at=NOW)

    # until somebody else sits in the seat.
    second = factories.a_person("second@northborough.example", "Second manager")
    add_member(second, seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership))
    assert "Nobody can run this case" not in text_of(page.get(case.get_absolute_url()))
    assert cases.consider_case(case, by=second, at=NOW).state == "notification"
    with pytest.raises(RecusalError, match="already"):
        recused(case, world.manager, by=world.chair)


def test_everybody_sees_how_many_are_recused_and_only_who_decides_it_sees_whom(world: World) -> None:
    case = factories.a_referral(world)
    recused(case, world.partner_1, by=world.manager)
    for who, sees in (
        ("manager", True),
        ("chair", True),
        ("co_chair", True),
        ("member", False),
        ("partner_2", False),
    ):
        shown = text_of(signed_in(world.people[who]).get(case.get_absolute_url()))
        assert "1 member is recused." in shown, who
        assert ("health visitor" in shown, world.partner_1.full_name in shown) == (sees, sees), who


# ---- Declaring an interest ---------------------------------------------------------------------
def test_who_steps_back_is_out_at_once_and_the_manager_is_told(world: World) -> None:
    case = factories.a_notified_case(world)
    made = factories.asked_returns(world, case)
    Notice.objects.all().delete()
    # Given an author, who sees a return and not the case:
    page = signed_in(world.gp_author)
    address = reverse("return-interest", args=[made["gp"].pk])
    assert "Declare an interest" in text_of(page.get(made["gp"].get_absolute_url()))
    refused = send(page, address)
    assert summary_of(refused) == ["Select what your interest is", "Select yes if you step back now"]

    # when they step back, they are out of the case and of all its returns,
    answer = send(page, address, kind="related", words="A cousin.", steps_back="yes")
    assert answer.headers["Location"] == "/"
    assert page.get(made["gp"].get_absolute_url()).status_code == 404
    assert seen_on_pages(world.gp_author) == NOTHING

    # the manager and the chair are told that it was, and read what on the page; nothing is left to answer.
    assert set(Notice.objects.values_list("recipient", "news")) == {
        (world.manager.pk, "interest-declared"), (world.chair.pk, "interest-declared"),
    }  # fmt: skip
    shown = text_of(signed_in(world.manager).get(case.get_absolute_url()))
    assert "A cousin." in shown
    assert "Stepped back on Tuesday 7 April 2026" in shown
    assert "Answer it" not in shown
    assert "cousin" not in json.dumps(list(LedgerEntry.objects.values()), default=str)


def test_a_declared_interest_is_answered_by_another_and_before_that_closes_nothing(world: World) -> None:
    case = factories.a_referral(world)
    asked = {"kind": "decided", "words": "I sat on the panel.", "steps_back": "no"}
    for who in ("member", "co_chair", "manager"):
        page = signed_in(world.people[who])
        answer = send(page, reverse("case-interest", args=[case.pk]), **asked)
        assert answer.headers["Location"] == case.get_absolute_url()
        again = send(page, reverse("case-interest", args=[case.pk]), **asked)
        assert summary_of(again) == ["You have declared an interest already. It waits for an answer."]
    one = {i.person: i for i in case.interests.all()}
    address = {person: reverse("interest-answer", args=[case.pk, i.pk]) for person, i in one.items()}

    # Nobody answers their own, nor may a member answer anybody's.
    assert signed_in(world.manager).get(address[world.people["manager"]]).status_code == 404
    with pytest.raises(RecusalError, match="Somebody else"):
        recusals.answer_interest(
            one[world.people["manager"]], takes_part=True, answer="x", by=world.manager, at=NOW
        )
    assert signed_in(world.member).get(address[world.people["member"]]).status_code == 403

    # The manager says that one takes part, and another does not; what was said stays.
    page = signed_in(world.manager)
    assert "I sat on the panel." in text_of(page.get(address[world.people["member"]]))
    send(page, address[world.people["member"]], takes_part="yes", answer="Years ago.")
    send(page, address[world.people["co_chair"]], takes_part="no", answer="Too near.")
    assert str(case.pk) in seen_on_pages(world.member)["cases"]
    assert seen_on_pages(world.co_chair)["cases"] == set()
    assert page.get(address[world.people["member"]]).status_code == 404
    shown = text_of(page.get(case.get_absolute_url()))
    assert "Years ago." in shown
    assert "Too near." in shown

    # A recusal that is recorded meanwhile answers what waited.
    recused(case, world.manager, by=world.chair)
    last = case.interests.get(person=world.people["manager"])
    assert (last.answered_by, last.recusal.person) == (world.chair, world.manager)


def test_pages_of_recusal_are_for_who_may_record_one(world: World) -> None:
    case = factories.a_referral(world)
    held = recused(case, world.partner_1, by=world.manager)
    add, lift = reverse("recusal-add", args=[case.pk]), reverse("recusal-lift", args=[case.pk, held.pk])
    for who, status in (
        ("manager", 200),
        ("chair", 200),
        ("co_chair", 200),
        ("member", 403),
        ("gp_author", 404),
    ):
        page = signed_in(world.people[who])
        assert [page.get(one).status_code for one in (add, lift)] == [status, status], who
    # A recusal of another case is none of this one.
    other = factories.a_referral(world)
    assert signed_in(world.manager).get(reverse("recusal-lift", args=[other.pk, held.pk])).status_code == 404
    assert User.objects.filter(pk=world.partner_1.pk, recusals__isnull=False).count() == 1
