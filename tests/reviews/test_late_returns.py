"""A return that is sent late says why: the move records it, and who runs the review reads it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import AgencyReturn
from reviews.services import dates, returns
from tests.factories import World
from tests.reviews.asking import beside_the_boxes, moving, row_counts, send, signed_in, summary_of, text_of
from tests.reviews.test_returns import LATER, filled
from tests.reviews.test_stale_and_twice import hidden
from workflows.exceptions import NotMet
from workflows.rules import Limit

pytestmark = pytest.mark.django_db
LAST_MINUTE = datetime(2026, 3, 27, 23, 59, tzinfo=UTC)  # the Friday on which it is due
FIRST_LATE = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 31, 8, tzinfo=UTC)
WHY = "The records were on paper.\n\nThey came on Monday."


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def author(world: World) -> Client:
    return signed_in(world.gp_author)


def again(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


def reasons(gp: AgencyReturn) -> list[tuple[str, str]]:
    """What the moves that send it record."""
    return list(gp.records.filter(verb__in=("finish", "declare_nil")).values_list("verb", "reason"))


# ---- By the services ---------------------------------------------------------------------------
def test_until_the_last_minute_no_reason_is_asked_and_none_is_kept(world: World, gp: AgencyReturn) -> None:
    gp = filled(gp, world)
    assert (returns.is_late(gp, at=LAST_MINUTE), returns.is_late(gp, at=FIRST_LATE)) == (False, True)
    returns.finish_return(gp, by=world.gp_author, at=LAST_MINUTE, late_reason="Not needed.")
    assert reasons(gp) == [("finish", "")]


def test_not_to_have_acknowledged_is_not_to_be_late(gp: AgencyReturn) -> None:
    assert gp.deadlines.overdue(at=LAST_MINUTE).get().rule_code == "LOC_ACK"
    assert returns.is_late(gp, at=LAST_MINUTE) is False


@pytest.mark.parametrize("reason", ["", " \n"])
def test_from_the_first_late_minute_it_is_refused_without_a_reason(
    world: World, gp: AgencyReturn, reason: str
) -> None:
    gp = filled(gp, world)
    before = row_counts()
    for send_it in (
        lambda: returns.finish_return(gp, by=world.gp_author, at=FIRST_LATE, late_reason=reason),
        lambda: returns.declare_nil(
            gp, searched="EMIS", by=world.gp_author, at=FIRST_LATE, late_reason=reason
        ),
    ):
        with pytest.raises(NotMet) as refusal:
            send_it()
        assert str(refusal.value) == "This return is late. Say why: who runs the review reads it."
    assert (row_counts(), again(gp).state) == (before, "in_progress")


def test_more_time_takes_the_question_away(world: World, gp: AgencyReturn) -> None:
    clock = gp.deadlines.get(rule_code="LOC_RETURN")
    dates.extend_clock(
        gp, clock.pk, limit=Limit(5, "wd"), decided_at=NOW, authority="The chair", reason="Paper.",
        seen=max(clock.facts.values_list("pk", flat=True)), by=world.manager, at=NOW,
    )  # fmt: skip
    returns.finish_return(filled(gp, world), by=world.gp_author, at=NOW)
    assert reasons(gp) == [("finish", "")]


# ---- By the pages ------------------------------------------------------------------------------
def test_the_author_of_a_late_return_is_asked_why_and_who_runs_the_review_reads_it(
    world: World, gp: AgencyReturn, author: Client
) -> None:
    # Given a late return, whole
    gp = filled(gp, world)
    address = reverse("return-finish", args=[gp.pk])
    page = author.get(address)
    assert "Why is it late? Who runs the review reads it: name no child." in text_of(page)
    boxes = moving(gp, seen=hidden(page, "seen"))

    # When it is sent without a reason, then the page asks for it
    before = row_counts()
    answer = send(author, address, **boxes)
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == beside_the_boxes(answer) == ["Enter why it is late"]

    # When it says why, then that stands in the history, for the agency and for who runs the review
    assert send(author, address, **boxes, late_reason=WHY).status_code == 302
    assert reasons(gp)[0][1].replace("\r\n", "\n") == WHY
    for person in (author, signed_in(world.manager), signed_in(world.member)):
        history = text_of(person.get(gp.get_absolute_url()))
        assert "gp author of Northborough The records were on paper. They came on Monday." in history

    # And with the version that was sent
    gp = returns.sign_off_return(again(gp), by=world.gp_lead, at=NOW)
    said = text_of(signed_in(world.manager).get(reverse("return-version", args=[gp.pk, 1])))
    assert "It was late: The records were on paper." in said


def test_a_late_nil_return_says_why_too(world: World, gp: AgencyReturn, author: Client) -> None:
    address = reverse("return-nil", args=[gp.pk])
    answer = send(author, address, **moving(gp, searched="EMIS, by name"))
    assert summary_of(answer) == beside_the_boxes(answer) == ["Enter why it is late"]
    assert "EMIS, by name" in answer.content.decode()
    answer = send(author, address, **moving(gp, searched="EMIS, by name", late_reason="On leave."))
    assert (answer.status_code, reasons(gp)) == (302, [("declare_nil", "On leave.")])


def test_in_time_nobody_is_asked_and_a_box_made_up_by_hand_is_ignored(
    world: World, gp: AgencyReturn, author: Client, time_machine: Any
) -> None:
    time_machine.move_to(LATER, tick=False)
    address = reverse("return-nil", args=[gp.pk])
    assert "Why is it late?" not in text_of(author.get(address))
    assert send(author, address, **moving(gp, searched="EMIS", late_reason="x")).status_code == 302
    assert reasons(gp) == [("declare_nil", "")]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("\u200b", "Enter why it is late"),
        ("x" * 1001, "Why is it late? must be 1,000 characters or less"),
        ("a\0b", "Remove characters that cannot be used from why it is late"),
    ],
)
def test_bad_input_26_a_reason_that_cannot_be_kept_stands_at_its_box(
    gp: AgencyReturn, author: Client, typed: str, message: str
) -> None:
    before = row_counts()
    answer = send(
        author, reverse("return-nil", args=[gp.pk]), **moving(gp, searched="EMIS", late_reason=typed)
    )
    assert (answer.status_code, row_counts()) == (200, before)
    assert summary_of(answer) == beside_the_boxes(answer) == [message]
