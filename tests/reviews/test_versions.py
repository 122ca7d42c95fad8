"""The versions of a return: who reads which, each as it was, and what changed between two of them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviews.models import AgencyReturn, ChronologyRow, ReturnVersion
from reviews.services import cases, chronology, returns
from reviews.timeline.dates import Told
from reviews.timeline.rows import Row
from tests.factories import NOTIFIED, World
from tests.reviews.asking import signed_in, text_of
from tests.reviews.test_returns import GIVEN, LATER, filled
from tests.standing import standing
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
NOW = NOTIFIED + timedelta(days=1)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def again(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


def written(gp: AgencyReturn, world: World, **answers: Any) -> AgencyReturn:
    return returns.save_section(again(gp), "you", {**GIVEN, **answers}, by=world.gp_author, at=LATER)


@standing
def thrice(world: World, gp: AgencyReturn) -> AgencyReturn:
    """Sent three times: the lead sent the first back, the partnership the second, and took the third."""
    author, lead = world.gp_author, world.gp_lead
    filled(gp, world)
    rows = [Row(Told("2019"), "Seen at home."), Row(Told("May 2020"), "Rang.")]
    made = chronology.add_rows(again(gp), rows, by=author, at=LATER)
    gp = returns.finish_return(written(gp, world, searched="EMIS"), by=author, at=LATER)
    gp = returns.send_back_return(
        gp, reason="Where else?", comments={"you": "Only EMIS?"}, by=lead, at=LATER + timedelta(hours=1)
    )
    gp = returns.finish_return(written(gp, world, searched="EMIS and paper"), by=author, at=LATER)
    gp = returns.sign_off_return(gp, by=lead, at=LATER)
    gp = returns.send_back_return(
        gp, reason="Say when.", comments={"chronology": "No day in 2019?"}, by=world.manager, at=LATER
    )
    chronology.change_row(
        gp, made[0].pk, Row(Told("5 May 2019"), "Seen at school.", "EMIS"), by=author, at=LATER
    )
    chronology.remove_row(gp, made[1].pk, by=author, at=LATER)
    chronology.add_rows(gp, [Row(Told("2021"), "Moved.")], by=author, at=LATER)
    gp = returns.finish_return(
        written(gp, world, searched="EMIS and old paper", role="Doctor"), by=author, at=LATER
    )
    return returns.sign_off_return(gp, by=lead, at=LATER)


def page_of(gp: AgencyReturn, number: int | None = None) -> str:
    return (
        reverse("return-version", args=[gp.pk, number])
        if number
        else reverse("return-versions", args=[gp.pk])
    )


def changes(client: Client, gp: AgencyReturn, **asked: Any) -> Any:
    return client.get(reverse("return-changes", args=[gp.pk]), asked)


def offered(client: Client, gp: AgencyReturn) -> list[str]:
    """The versions that the list leads to."""
    page = client.get(page_of(gp)).content.decode()
    return re.findall(r'href="[^"]*/versions/(\d+)/"', page)


# ---- Who reads which ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("gp_author", ["1", "2", "3"]),
        ("gp_lead", ["1", "2", "3"]),
        ("manager", ["2", "3"]),
        ("member", ["2", "3"]),
        ("co_chair", ["2", "3"]),
        ("partner_1", ["2", "3"]),
    ],
)
def test_the_agency_reads_every_version_and_others_those_that_were_signed_off(
    world: World, thrice: AgencyReturn, who: str, seen: list[str]
) -> None:
    client = signed_in(world.people[who])
    assert offered(client, thrice) == seen
    for number in ("1", "2", "3"):
        assert client.get(page_of(thrice, int(number))).status_code == (200 if number in seen else 404)
    assert "The versions that were sent for sign-off" in text_of(client.get(thrice.get_absolute_url()))
    assert "EMIS and paper" in text_of(client.get(page_of(thrice, 2)))


@pytest.mark.parametrize("who", ["school_author", "council_author", "administrator"])
def test_who_does_not_see_the_return_sees_no_version(world: World, thrice: AgencyReturn, who: str) -> None:
    client = signed_in(world.people[who])
    for address in (page_of(thrice), page_of(thrice, 2), reverse("return-changes", args=[thrice.pk])):
        assert client.get(address).status_code == 404


def test_while_the_agency_writes_again_others_see_none_as_with_its_answers(
    world: World, thrice: AgencyReturn
) -> None:
    gp = returns.send_back_return(thrice, reason="Once more.", by=world.manager, at=NOW)
    manager = signed_in(world.manager)
    assert (offered(manager, gp), manager.get(page_of(gp, 2)).status_code) == ([], 404)
    assert "no version here that you may read" in text_of(manager.get(page_of(gp)))
    assert "no two versions here" in text_of(changes(manager, gp))
    assert offered(signed_in(world.gp_author), gp) == ["1", "2", "3"]

    # And none at all once it is nil, or came another way
    gp = returns.declare_nil(gp, searched="EMIS", by=world.gp_author, at=NOW)
    for person in (world.manager, world.gp_author):
        assert offered(signed_in(person), gp) == []


def test_a_return_that_was_not_sent_has_none(world: World, gp: AgencyReturn) -> None:
    filled(gp, world)
    author = signed_in(world.gp_author)
    assert offered(author, gp) == []
    assert "The versions that were sent" not in text_of(author.get(gp.get_absolute_url()))
    cases.cancel_return(again(gp), reason="Moved.", by=world.manager, at=NOW)
    assert author.get(page_of(gp)).status_code == 200


def test_what_became_of_each_is_told_to_whom_it_concerns(world: World, thrice: AgencyReturn) -> None:
    said = text_of(signed_in(world.gp_author).get(page_of(thrice)))
    sent = "Wednesday 18 March 2026 at midday, gp author of Northborough"
    by_lead, by_manager = (
        f"by {who} of Northborough, Wednesday 18 March 2026" for who in ("gp lead", "Manager")
    )
    for line in (
        f"Version 1 {sent} Sent back {by_lead}",
        f"Version 2 {sent} Signed off {by_lead} Sent back {by_manager}",
        f"Version 3 {sent} Signed off {by_lead}",
    ):
        assert line in said
    said = text_of(signed_in(world.manager).get(page_of(thrice)))
    assert f"Version 2 {sent} Signed off {by_lead} Sent back {by_manager}" in said
    assert "Version 1" not in said


def test_comments_stay_with_the_version_they_were_about(world: World, thrice: AgencyReturn) -> None:
    author, manager = signed_in(world.gp_author), signed_in(world.manager)
    first, second, third = (text_of(author.get(page_of(thrice, number))) for number in (1, 2, 3))
    assert "Sent back by gp lead of Northborough, Wednesday 18 March 2026: Where else?" in first
    assert "Comment by gp lead of Northborough, Wednesday 18 March 2026: Only EMIS?" in first
    assert "No day in 2019?" not in first
    assert "Comment by Manager of Northborough, Wednesday 18 March 2026: No day in 2019?" in second
    assert "Only EMIS?" not in second
    assert "Sent back" not in third
    assert "No day in 2019?" in text_of(manager.get(page_of(thrice, 2)))


def test_reading_one_stands_in_the_ledger(world: World, thrice: AgencyReturn) -> None:
    before = LedgerEntry.objects.count()
    client = signed_in(world.member)
    for address in (page_of(thrice), page_of(thrice, 2), reverse("return-changes", args=[thrice.pk])):
        client.get(address)
    client.get(page_of(thrice, 1))
    told = list(LedgerEntry.objects.order_by("pk")[before:].values_list("action", "outcome"))
    assert told[:3] == [("read", "done")] * 3
    assert "refused" in {outcome for _, outcome in told[3:]} | {action for action, _ in told[3:]}


# ---- What changed ------------------------------------------------------------------------------
def test_what_changed_is_told_question_by_question_and_row_by_row(world: World, thrice: AgencyReturn) -> None:
    page = changes(signed_in(world.manager), thrice)
    said = text_of(page)
    for line in (
        "What changed from version 2 to version 3",
        "2 answers and 3 rows of the chronology changed.",
        "What is your role? [removed: Nurse ] [added: Doctor ]",
        "Which records did you search? EMIS and paper EMIS and [added: old ] paper",
        "1 answer of this section did not change.",
        "5 May 2019 Changed When: 2019 What happened: Seen at [removed: home. ] "
        "When: [added: 5 May ] 2019 Source: [added: EMIS ] What happened: Seen at [added: school. ]",
        "May 2020 Removed When: [removed: May 2020 ] What happened: [removed: Rang. ]",
        "2021 Added Not there When: [added: 2021 ] What happened: [added: Moved. ]",
    ):
        assert line in said
    assert (
        'and <ins class="rr-ins"><span class="govuk-visually-hidden">[added: </span>old<'
        in page.content.decode()
    )
    assert "What happened [" not in said  # a section without a change is not there


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ({}, "from version 2 to version 3"),
        ({"from": "1", "to": "3"}, "from version 1 to version 3"),
        ({"from": "3", "to": "1"}, "from version 1 to version 3"),
        ({"from": "1", "to": "2"}, "from version 1 to version 2"),
        ({"from": "2", "to": "2"}, "from version 2 to version 3"),
        ({"from": "0", "to": "-1"}, "from version 2 to version 3"),
        ({"from": "abc", "to": "\u0661"}, "from version 2 to version 3"),
        ({"from": "9" * 5000, "to": "1e400"}, "from version 2 to version 3"),
        ({"from": "%' OR 1=1--", "page": "abc"}, "from version 2 to version 3"),
    ],
)
def test_bad_input_66_two_versions_are_compared_and_the_last_two_if_none_such_are_asked_for(
    world: World, thrice: AgencyReturn, wanted: dict[str, str], title: str
) -> None:
    answer = changes(signed_in(world.gp_author), thrice, **wanted)
    assert (answer.status_code, f"What changed {title}" in text_of(answer)) == (200, True)


def test_a_version_that_one_may_not_read_is_not_compared(world: World, thrice: AgencyReturn) -> None:
    said = text_of(changes(signed_in(world.manager), thrice, **{"from": "1", "to": "3"}))
    assert "from version 2 to version 3" in said
    assert "Version 1" not in said


@pytest.mark.parametrize("number", ["0", "4", "99999999999999999999"])
def test_bad_input_63_a_version_that_is_not_there_is_not_found(
    world: World, thrice: AgencyReturn, number: str
) -> None:
    assert signed_in(world.gp_author).get(f"{page_of(thrice)}{number}/").status_code == 404


def test_nothing_changed_is_said_so_and_words_are_shown_as_typed(world: World, thrice: AgencyReturn) -> None:
    ReturnVersion.objects.filter(number=2).update(
        answers=ReturnVersion.objects.get(number=3).answers,
        chronology=ReturnVersion.objects.get(number=3).chronology,
    )
    assert "No answer and no row of the chronology changed." in text_of(
        changes(signed_in(world.manager), thrice)
    )
    answers = ReturnVersion.objects.get(number=3).answers
    answers["you"]["role"] = "<script>alert(1)</script> {{7*7}}"
    ReturnVersion.objects.filter(number=3).update(answers=answers)
    page = changes(signed_in(world.manager), thrice).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page


def test_the_lead_who_signs_off_again_finds_the_way_to_what_changed(world: World, gp: AgencyReturn) -> None:
    gp = returns.finish_return(filled(gp, world), by=world.gp_author, at=LATER)
    address, lead = reverse("return-sign-off", args=[gp.pk]), signed_in(world.gp_lead)
    way = reverse("return-changes", args=[gp.pk])
    assert way not in lead.get(address).content.decode()
    gp = returns.send_back_return(gp, reason="More.", by=world.gp_lead, at=LATER)
    returns.finish_return(written(gp, world), by=world.gp_author, at=LATER)
    assert way in lead.get(address).content.decode()


def test_a_long_chronology_is_shown_page_by_page_in_as_many_queries(
    world: World, thrice: AgencyReturn
) -> None:
    client = signed_in(world.manager)
    address = reverse("return-changes", args=[thrice.pk])
    client.get(address)
    counts = []
    for rows in (1, 130):
        kept = ReturnVersion.objects.get(number=2).chronology[:1]
        more = [{**kept[0], "row": 10_000 + n, "event": f"Event {n}"} for n in range(rows)]
        ReturnVersion.objects.filter(number=3).update(chronology=[*kept, *more])
        with CaptureQueriesContext(
            connection,
        ) as found:
            page = client.get(address)
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert text_of(page).count("Added Not there") == 49  # and one that was removed
    assert "Page 1 of 3" in text_of(page)
    assert "Event 129" in text_of(client.get(address, {"page": "3"}))
    assert ChronologyRow.objects.count() == 2
