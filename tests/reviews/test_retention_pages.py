"""The pages of retention: the list, a hold, two people, the certificate, the schedule, and what is left to see."""

from typing import Any

import pytest
from django.urls import reverse

from reviews.models import (
    AgencyReturn,
    Case,
    Disposal,
    LegalHold,
    PanelRecord,
    RetentionReview,
    RetentionRule,
)
from reviews.retention import CASE_FILE, PROPOSED, RETURNS
from reviews.services import cases, retention
from tests import factories
from tests.factories import REFERRED, World
from tests.reviews.asking import beside_the_boxes, send, signed_in, summary_of, text_of
from tests.reviews.disposing import ADOPTED, THEN, WORD, adopted
from workflows.calendars import local_date
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(THEN, tick=False)


def day(name: str, year: str) -> dict[str, str]:
    return {f"{name}_day": "1", f"{name}_month": "7", f"{name}_year": year}


def test_two_people_dispose_of_a_case_on_its_pages(closed: Case, world: World) -> None:
    manager, chair = signed_in(world.manager), signed_in(world.chair)
    here = reverse("retention-case", args=[closed.pk])
    # Given a case that is due, the manager finds it on the list, with the day and why;
    listed = manager.get(reverse("retention-due"))
    assert "The whole case file Saturday 9 April 2061 To be reviewed" in text_of(listed)
    assert here in listed.content.decode()
    assert "[2015] EWHC 2134 (Admin)" in text_of(manager.get(here))
    # and proposes to dispose of it, once they have said why.
    propose = reverse("retention-propose", args=[closed.pk, CASE_FILE])
    assert summary_of(send(manager, propose, outcome="keep")) == [
        "Enter the day on which it is looked at again", "Enter the reason",
    ]  # fmt: skip
    assert send(manager, propose, outcome="dispose", reason="Nobody needs it.").headers["Location"] == here
    review = RetentionReview.objects.get()
    agree = reverse("retention-agree", args=[closed.pk, review.pk])
    assert manager.get(agree).status_code == 404
    assert "Agree to a disposal" not in text_of(manager.get("/"))

    # When the chair, who finds it at home, reads what it means, and agrees:
    assert "Agree to a disposal" in text_of(chair.get("/"))
    page = text_of(chair.get(agree))
    assert "This cannot be undone." in page
    assert "Nobody needs it." in page
    assert summary_of(send(chair, agree)) == ["Confirm that you have looked at it yourself"]
    answer = send(chair, agree, has_looked="yes")

    # Then there is a certificate, which anybody with the right can show and print,
    shown = reverse("certificates", args=[closed.pk])
    assert answer.headers["Location"] == shown
    certificate = Disposal.objects.get()
    page = text_of(manager.get(shown))
    for said in (certificate.digest, "Manager of Northborough", "Chair of Northborough", "Saturday 9 April 2061",
                 "[2015] EWHC 2134 (Admin)", certificate.ledger_hash):  # fmt: skip
        assert said in page
    assert "Nothing is due for a review." in text_of(manager.get(reverse("retention-due")))


def test_what_is_left_of_a_case_can_be_looked_at(closed: Case, world: World) -> None:
    # Given a case that was disposed of, and everybody who saw it:
    review = retention.propose(
        closed, CASE_FILE, outcome="dispose", reason="Nobody needs it.", by=world.manager, at=THEN
    )
    retention.agree(review, by=world.chair, at=THEN)
    manager, panel = signed_in(world.manager), signed_in(factories.a_panel_member())
    gp = AgencyReturn.objects.get(case=closed, agency=world.gp)
    record = PanelRecord.objects.get(case=closed)

    # Then every page of it opens, offers nothing to do, and holds not one of its words.
    pages = [
        manager.get(closed.get_absolute_url()), manager.get(gp.get_absolute_url()),
        manager.get(reverse("decision", args=[closed.pk])), manager.get(reverse("case-looked", args=[closed.pk])),
        manager.get(reverse("sent-list", args=[closed.pk])), manager.get(reverse("retention-case", args=[closed.pk])),
        signed_in(world.gp_author).get(gp.get_absolute_url()), manager.get(record.get_absolute_url()),
        panel.get(record.get_absolute_url()), panel.get(reverse("panel-record-json", args=[record.pk])),
        panel.get(reverse("panel-record-print", args=[record.pk])), manager.get("/cases/"), manager.get("/due/?done=1"),
        *(manager.get(reverse("case-deadline", args=[closed.pk, one.pk])) for one in closed.deadlines.all()),
    ]  # fmt: skip
    assert {page.status_code for page in pages} == {200}
    assert [page.request["PATH_INFO"] for page in pages if WORD in page.content.decode()] == []
    page = text_of(pages[0])
    assert "The whole case file was disposed of on Wednesday 1 June 2061." in page
    for offered in ("What to do next", "Declare an interest", "Record a recusal", "Share this case"):
        assert offered not in page
    assert "With the Panel (done) Learning only (done) Closed (done) Disposed of (now)" in page
    assert "Show the certificate" in page
    assert "was disposed of with the file of its case" in text_of(pages[8])


def test_a_case_that_was_never_notified_does_not_seem_to_have_been_when_it_is_gone(
    referral: Case, world: World
) -> None:
    # Given a referral that was not notified, and is disposed of in its time
    adopted(world)
    case = cases.decline_case(referral, reason="No.", by=world.manager, at=REFERRED)
    given = {"outcome": "dispose", "reason": "Old.", "by": world.manager, "at": THEN}
    retention.agree(retention.propose(case, CASE_FILE, **given), by=world.chair, at=THEN)

    # Then its page has the stages it went through and no other, and its certificate counts in words
    manager = signed_in(world.manager)
    page = text_of(manager.get(case.get_absolute_url()))
    assert "Referred (done) Not notified (done) Disposed of (now) Clocks" in page
    certificate = text_of(manager.get(reverse("certificates", args=[case.pk])))
    for words in ("the case itself: 1", "children: 1", "steps of the history: 1"):
        assert words in certificate
    assert "transition record" not in certificate


def test_a_hold_is_placed_and_lifted_on_its_pages(closed: Case, world: World) -> None:
    chair, here = signed_in(world.chair), reverse("retention-case", args=[closed.pk])
    add = reverse("hold-add", args=[closed.pk])
    assert summary_of(send(chair, add)) == [
        "Select why the case is held", "Enter who asked for the hold, and their reference",
    ]  # fmt: skip
    assert send(chair, add, kind="court", reference="Order C-1").headers["Location"] == here
    hold = LegalHold.objects.get()
    assert "Order C-1. Chair of Northborough, Wednesday 1 June 2061." in text_of(chair.get(here))
    assert "Held: nothing of this case may be disposed of." in text_of(chair.get(closed.get_absolute_url()))
    propose = reverse("retention-propose", args=[closed.pk, RETURNS])
    assert (
        "it is held since Wednesday 1 June 2061"
        in summary_of(send(chair, propose, outcome="dispose", reason="X"))[0]
    )
    lift = reverse("hold-lift", args=[closed.pk, hold.pk])
    assert summary_of(send(chair, lift)) == ["Enter the reason"]
    assert send(chair, lift, reason="The court has ended.").headers["Location"] == here
    assert "Lifted by Chair of Northborough on Wednesday 1 June 2061: The court has ended." in text_of(
        chair.get(here)
    )
    assert chair.get(lift).status_code == 404


def test_a_proposal_is_kept_longer_or_withdrawn_on_its_pages(closed: Case, world: World) -> None:
    manager, chair = signed_in(world.manager), signed_in(world.chair)
    propose = reverse("retention-propose", args=[closed.pk, RETURNS])
    send(manager, propose, outcome="keep", reason="An inquiry.", **day("next_review_on", "2063"))
    review = RetentionReview.objects.get()
    withdraw = reverse("retention-withdraw", args=[closed.pk, review.pk])
    assert "Manager of Northborough proposed: keep it longer" in text_of(chair.get(withdraw))
    send(chair, withdraw)
    assert chair.get(withdraw).status_code == 404
    send(manager, propose, outcome="keep", reason="An inquiry.", **day("next_review_on", "2063"))
    review = RetentionReview.objects.waiting().get()
    send(chair, reverse("retention-agree", args=[closed.pk, review.pk]), has_looked="yes")
    page = text_of(manager.get(reverse("retention-case", args=[closed.pk])))
    assert "look again on Sunday 1 July 2063" in page
    assert "Agreed by Chair of Northborough" in page


def test_what_changed_stands_on_the_page_of_who_would_agree(closed: Case, world: World) -> None:
    review = retention.propose(closed, RETURNS, outcome="dispose", reason="Old.", by=world.manager, at=THEN)
    chair, agree = signed_in(world.chair), reverse("retention-agree", args=[closed.pk, review.pk])
    send(chair, reverse("hold-add", args=[closed.pk]), kind="court", reference="Order C-1")
    changed = "a legal hold was placed or lifted since"
    assert f"You cannot agree to this now: {changed}" in text_of(chair.get(agree))
    assert changed in summary_of(send(chair, agree, has_looked="yes"))[0]
    assert not Disposal.objects.exists()


def test_grave_acts_ask_who_it_is_again(closed: Case, world: World, time_machine: Any) -> None:
    review = retention.propose(closed, RETURNS, outcome="dispose", reason="Old.", by=world.manager, at=THEN)
    chair = signed_in(world.chair)
    chair.get("/")
    time_machine.shift(11 * 60)
    for address in (
        reverse("retention-agree", args=[closed.pk, review.pk]),
        reverse("retention-propose", args=[closed.pk, CASE_FILE]),
    ):
        assert chair.get(address).headers["Location"].startswith("/confirm/")


def test_others_are_refused_and_a_neighbour_finds_nothing(closed: Case, world: World, other: World) -> None:
    review = retention.propose(closed, RETURNS, outcome="dispose", reason="Old.", by=world.manager, at=THEN)
    addresses = [
        reverse("retention-case", args=[closed.pk]), reverse("certificates", args=[closed.pk]),
        reverse("hold-add", args=[closed.pk]), reverse("retention-propose", args=[closed.pk, RETURNS]),
        reverse("retention-agree", args=[closed.pk, review.pk]),
        reverse("retention-withdraw", args=[closed.pk, review.pk]),
    ]  # fmt: skip
    member, stranger = signed_in(world.member), signed_in(other.manager)
    assert {member.get(one).status_code for one in addresses} == {403}
    assert {stranger.get(one).status_code for one in addresses} == {404}
    assert "Nothing is due for a review." in text_of(stranger.get(reverse("retention-due")))
    assert closed.code not in text_of(member.get(reverse("retention-due")))


def test_the_list_is_told_to_the_ledger(closed: Case, world: World) -> None:
    signed_in(world.manager).get(reverse("retention-due"))
    listed = LedgerEntry.objects.filter(action="list").latest("pk")
    assert (listed.actor, listed.listed) == (str(world.manager.pk), closed.code)


# ---- The schedule ----------------------------------------------------------------------------------
def test_a_partnership_takes_the_proposal_and_changes_it(world: World, time_machine: Any) -> None:
    time_machine.move_to(ADOPTED, tick=False)
    manager, here = signed_in(world.manager), reverse("retention-schedule")
    page = text_of(manager.get(here))
    assert "No law says how long a partnership keeps a review." in page
    assert "Proposed, and not in force: 35 years from the last thing that was recorded of the case." in page
    assert f"{world.partnership.name} has no retention schedule." in text_of(
        manager.get(reverse("retention-due"))
    )

    # When the manager takes it, each line is in force, with its source and who recorded it.
    assert send(manager, reverse("retention-adopt")).headers["Location"] == here
    assert RetentionRule.objects.count() == len(PROPOSED)
    page = text_of(manager.get(here))
    assert "Proposed, and not in force" not in page
    assert "35 years from the last thing that was recorded of the case , from Monday 13 April 2026." in page
    assert summary_of(send(manager, reverse("retention-adopt"))) == [
        "Every class has rules already. Change those that are wrong."
    ]

    # A rule is set beside it, or refused with the box that is wrong;
    add = reverse("retention-add")
    rule = {"record_class": RETURNS, "trigger": "rested", **day("valid_from", "2026")}
    assert beside_the_boxes(send(manager, add, **rule, reason="Ours.")) == ["Enter how many years"]
    assert beside_the_boxes(send(manager, add, **rule, years="6")) == [
        "Enter where the span comes from, or why it is so"
    ]
    past = {**rule, **day("valid_from", "2025")}
    assert summary_of(send(manager, add, **past, years="6", reason="Ours.")) == [
        "A rule cannot begin on a day that has gone by: choose today or later"
    ]
    assert send(manager, add, **rule, years="6", reason="Ours.").headers["Location"] == here
    assert "6 years from the day on which the case came to rest" in text_of(manager.get(here))

    # and ended.
    made = RetentionRule.objects.get(trigger="rested")
    end = reverse("retention-end", args=[made.pk])
    assert send(manager, end, **day("last_day", "2027")).headers["Location"] == here
    made.refresh_from_db()
    assert made.valid_to is not None
    assert made.valid_to.year == 2027
    assert local_date(ADOPTED).year == 2026


def test_a_user_administrator_reads_the_schedule_and_sets_nothing(
    closed: Case, world: World, other: World
) -> None:
    rule = RetentionRule.objects.first()
    assert rule is not None
    administrator = signed_in(world.administrator)
    page = administrator.get(reverse("retention-schedule"))
    assert (page.status_code, "Set a rule" in text_of(page)) == (200, False)
    deeds = [reverse("retention-adopt"), reverse("retention-add"), reverse("retention-end", args=[rule.pk])]
    assert [administrator.get(one).status_code for one in deeds] == [403, 403, 403]
    assert signed_in(other.manager).get(deeds[2]).status_code == 404
    assert signed_in(world.member).get(reverse("retention-schedule")).status_code == 404
