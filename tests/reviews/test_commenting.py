"""A return is sent back with what each section needs: the author reads it there, until it is sent again."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from notifications.models import Notice
from reviews.models import AgencyReturn, Case, SectionComment
from reviews.services import chronology, commenting, disclosing, returns
from reviews.timeline.dates import Told
from reviews.timeline.rows import Row
from tests.factories import NOTIFIED, World
from tests.reviews.asking import beside_the_boxes, moving, row_counts, send, signed_in, summary_of, text_of
from tests.reviews.test_late_forms import signed_out, typed
from tests.reviews.test_returns import GIVEN, LATER, submitted
from workflows.exceptions import NotMet, Stale

pytestmark = pytest.mark.django_db
NOW = NOTIFIED + timedelta(days=1)
SAID = {"you": "Which surgery?\n\nAnd since when?", "analysis": "Why was nobody told?"}
BOXES = {f"about_{code}": words for code, words in SAID.items()}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def again(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


def sent_back(gp: AgencyReturn, world: World, **given: Any) -> AgencyReturn:
    """By the lead, with a comment on two sections."""
    return returns.send_back_return(
        gp, **{"reason": "Two things.", "comments": SAID, "by": world.gp_lead, "at": LATER, **given}
    )


def kept() -> list[tuple[int, str, str]]:
    return list(SectionComment.objects.values_list("version__number", "section", "text"))


def section(gp: AgencyReturn, code: str) -> str:
    return reverse("return-section", args=[gp.pk, code])


# ---- The lead sends it back --------------------------------------------------------------------
def test_the_author_reads_each_comment_at_its_section_until_the_return_is_sent_again(
    world: World, gp: AgencyReturn
) -> None:
    # Given a return that waits for the lead, who reads what each section says and comments on two
    gp = submitted(gp, world)
    lead, author = signed_in(world.gp_lead), signed_in(world.gp_author)
    address = reverse("return-send-back", args=[gp.pk])
    page = text_of(lead.get(address))
    assert "What each section needs" in page
    assert "Comment on “Who you are and where you looked” (optional)" in page
    assert "Which records did you search? Which records did you search? answered." in page
    answer = send(lead, address, **moving(gp, reason="Two things.", about_safety=" \u200b", **BOXES))
    assert answer.status_code == 302
    assert [(n, c, t.replace("\r\n", "\n")) for n, c, t in kept()] == [(1, c, t) for c, t in SAID.items()]

    # Then the author reads them on the task list, at the section, and before sending again; other sections have none
    for address in (gp.get_absolute_url(), section(gp, "you")):
        said = text_of(author.get(address))
        assert (
            "Comment by gp lead of Northborough, Thursday 19 March 2026: Which surgery? And since when?"
            in said
        )
    assert "Why was nobody told?" in text_of(author.get(gp.get_absolute_url()))
    assert "Comment by" not in text_of(author.get(section(gp, "safety")))

    # Also while they write; and on the page of all answers
    gp = returns.save_section(again(gp), "you", GIVEN, by=world.gp_author, at=NOW)
    assert "Why was nobody told?" in text_of(author.get(section(gp, "analysis")))
    assert "Which surgery?" in text_of(author.get(reverse("return-finish", args=[gp.pk])))

    # When it is sent again, then they are not shown there any more, and stay with the version they were about
    gp = returns.finish_return(gp, by=world.gp_author, at=NOW)
    assert commenting.comments_to_answer(gp) == {}
    for person in (author, lead):
        assert "Comment by" not in text_of(person.get(gp.get_absolute_url()))
    gp = sent_back(gp, world, comments={"safety": "Say more."}, at=NOW)
    assert list(commenting.comments_to_answer(gp)) == ["safety"]
    assert [(number, code) for number, code, _ in kept()] == [(1, "you"), (1, "analysis"), (2, "safety")]


def test_the_task_list_says_which_comment_nobody_has_touched_yet(world: World, gp: AgencyReturn) -> None:
    # Given a return that was sent back with a comment on two sections, and on the rows
    gp = sent_back(submitted(gp, world), world, comments={**SAID, "chronology": "No rows?"})
    author = signed_in(world.gp_author)

    def to_answer() -> int:
        return text_of(author.get(gp.get_absolute_url())).count("Comment to answer")

    # When one section is saved, and a row is added, then those are touched; the other waits
    assert to_answer() == 3
    gp = returns.save_section(gp, "you", GIVEN, by=world.gp_author, at=NOW)
    assert to_answer() == 2
    chronology.add_rows(gp, [Row(Told("2019"), "Seen.")], by=world.gp_author, at=NOW)
    assert to_answer() == 1
    assert list(commenting.comments_to_answer(again(gp))) == ["you", "analysis", "chronology"]


def test_what_lead_and_author_say_to_each_other_is_not_shown_to_the_partnership(
    world: World, gp: AgencyReturn
) -> None:
    gp = sent_back(submitted(gp, world), world)
    for who in ("manager", "member", "co_chair"):
        assert "nobody told" not in text_of(signed_in(world.people[who]).get(gp.get_absolute_url()))
        assert signed_in(world.people[who]).get(section(gp, "analysis")).status_code == 403


# ---- The partnership queries it ----------------------------------------------------------------
def test_the_business_manager_queries_a_signed_return_section_by_section(
    world: World, gp: AgencyReturn
) -> None:
    gp = returns.sign_off_return(submitted(gp, world), by=world.gp_lead, at=LATER)
    manager = signed_in(world.manager)
    answer = send(manager, reverse("return-send-back", args=[gp.pk]), **moving(gp, reason="Three.", **BOXES))
    assert answer.status_code == 302
    said = text_of(signed_in(world.gp_author).get(section(gp, "analysis")))
    assert "Comment by Manager of Northborough, Thursday 19 March 2026: Why was nobody told?" in said

    # No mail says what; the copy for who asks does
    told = Notice.objects.filter(news="return-sent-back")
    assert {notice.recipient.email for notice in told} == {world.gp_author.email, world.gp_lead.email}


def test_a_nil_return_is_sent_back_as_a_whole(world: World, gp: AgencyReturn) -> None:
    gp = returns.declare_nil(gp, searched="EMIS", by=world.gp_author, at=LATER)
    manager, address = signed_in(world.manager), reverse("return-send-back", args=[gp.pk])
    assert "What each section needs" not in text_of(manager.get(address))
    with pytest.raises(NotMet, match="sections that this return does not have"):
        sent_back(gp, world, by=world.manager)
    assert again(gp).state == "nil"

    # A box made up by hand is ignored
    assert send(manager, address, **moving(gp, reason="Which?", **BOXES)).status_code == 302
    assert (again(gp).state, kept()) == ("sent_back", [])


# ---- What is refused ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "comments", [{"saved": "x"}, {"rows": "x"}, {"nothing": "x"}, {"you": "x", "no": "y"}]
)
def test_a_comment_on_a_section_that_is_not_there_is_refused_with_all_the_rest(
    world: World, gp: AgencyReturn, comments: dict[str, str]
) -> None:
    gp = submitted(gp, world)
    before = row_counts()
    with pytest.raises(NotMet):
        sent_back(gp, world, comments=comments)
    assert (row_counts(), again(gp).state) == (before, "submitted")


def test_comments_alone_are_not_enough_and_others_may_not(world: World, gp: AgencyReturn) -> None:
    gp = submitted(gp, world)
    before = row_counts()
    with pytest.raises(NotMet):
        sent_back(gp, world, reason=" ")
    with pytest.raises(Stale):
        sent_back(gp, world, seen_version=gp.version - 1)
    for who in ("gp_author", "manager", "member", "school_lead"):
        with pytest.raises(PermissionDenied):
            sent_back(gp, world, by=world.people[who])
    assert row_counts() == before


@pytest.mark.parametrize(
    ("boxes", "messages"),
    [
        ({"reason": "\u200b"}, ["Enter what the return needs"]),
        ({"about_you": "x" * 4001}, ["Comment on “Who you are and where you looked” must be 4,000 characters or less"]),
        ({"about_you": "a\0b"}, ["Remove characters that cannot be used from the comment on “Who you are and where you looked”"]),
    ],
)  # fmt: skip
def test_bad_input_26_what_is_wrong_stands_at_its_box_and_all_that_was_typed_is_kept(
    world: World, gp: AgencyReturn, boxes: dict[str, str], messages: list[str]
) -> None:
    gp = submitted(gp, world)
    before = row_counts()
    address = reverse("return-send-back", args=[gp.pk])
    answer = send(signed_in(world.gp_lead), address, **moving(gp, **{"reason": "Two.", **BOXES, **boxes}))
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == beside_the_boxes(answer) == messages
    assert "Why was nobody told?</textarea>" in answer.content.decode()


def test_bad_input_20_a_comment_is_shown_as_it_was_typed(world: World, gp: AgencyReturn) -> None:
    words = "<script>alert(1)</script> {{7*7}}"
    gp = sent_back(submitted(gp, world), world, comments={"you": words})
    for address in (gp.get_absolute_url(), section(gp, "you")):
        page = signed_in(world.gp_author).get(address).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page
        assert "<script>alert(1)" not in page


def test_bad_input_35_comments_typed_before_the_session_ended_are_kept(
    world: World, gp: AgencyReturn
) -> None:
    gp = submitted(gp, world)
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.gp_lead)
    address = reverse("return-send-back", args=[gp.pk])
    client.get(address)
    answer = signed_out(client, address, **moving(gp), reason="Two.", about_analysis="Why?")
    assert typed(answer) == [("What does it need?", "Two."), ("Comment on “What you make of it”", "Why?")]


def test_the_database_keeps_one_comment_a_section_and_none_without_words(
    world: World, gp: AgencyReturn
) -> None:
    sent_back(submitted(gp, world), world)
    there = SectionComment.objects.earliest("pk")
    for wrong in ({"text": ""}, {"section": "analysis"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SectionComment.objects.filter(pk=there.pk).update(**wrong)


def test_why_it_was_sent_back_is_in_the_copy_for_who_asks(world: World, case: Case, gp: AgencyReturn) -> None:
    sent_back(submitted(gp, world), world)
    copy = disclosing.prepare(case, child=None, reference="SAR 1", by=world.manager, at=NOW)
    found = [(p["label"], p["text"]) for p in copy.parts if p["label"].startswith("Sent back")]
    assert found == [("Sent back, Wednesday 18 March 2026 at midday", "Two things.")]


def test_a_comment_is_in_the_copy_for_who_asks(world: World, case: Case, gp: AgencyReturn) -> None:
    sent_back(submitted(gp, world), world)
    copy = disclosing.prepare(case, child=None, reference="SAR 1", by=world.manager, at=NOW)
    found = [(p["heading"], p["label"], p["text"]) for p in copy.parts if p["label"].startswith("Comment")]
    assert found == [
        ("Return of Northborough gp", "Comment on version 1, Who you are and where you looked", SAID["you"]),
        ("Return of Northborough gp", "Comment on version 1, What you make of it", SAID["analysis"]),
    ]
