"""The pages of a return's chronology: who reads it when, and what is typed into them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from reviews.models import AgencyReturn, ChronologyRow
from reviews.questions import RETURN_FORM
from reviews.services import chronology, recusals, returns
from reviews.timeline.dates import read
from reviews.timeline.rows import Row
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import bare, beside_the_boxes, send, signed_in, summary_of, text_of
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
LATER = NOTIFIED + timedelta(hours=3)
GIVEN = {"when": "early 2019", "event": "Seen at home.", "child_seen": "yes"}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(LATER, tick=False)


def row(words: str = "12 March 2019", event: str = "Seen at the surgery.", **given: Any) -> Row:
    return Row(read(words, on=LATER.date()), event, **given)


def page_of(it: AgencyReturn, *more: object) -> str:
    return f"{it.get_absolute_url()}chronology/" + "".join(f"{one}/" for one in more)


def added(gp: AgencyReturn, world: World, *rows: Row) -> list[ChronologyRow]:
    return chronology.add_rows(gp, rows or [row()], by=world.gp_author, at=LATER)


def sent(gp: AgencyReturn, world: World) -> AgencyReturn:
    gp = AgencyReturn.objects.get(pk=gp.pk)
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)
    return returns.finish_return(gp, by=world.gp_author, at=LATER)


# ---- Writing ---------------------------------------------------------------------------------------
def test_an_author_adds_changes_and_removes_a_row(world: World, gp: AgencyReturn) -> None:
    author = signed_in(world.gp_author)
    assert "There is no row here yet." in text_of(author.get(page_of(gp)))
    answer = send(author, page_of(gp, "add"), **GIVEN, source="EMIS", is_key="yes", another="yes")
    assert answer.url == page_of(gp, "add")
    assert send(author, page_of(gp, "add"), **GIVEN).url == page_of(gp)
    made = ChronologyRow.objects.earliest("pk")
    assert (made.said, made.source, made.event, made.is_key) == ("early 2019", "EMIS", "Seen at home.", True)
    shown = text_of(author.get(page_of(gp)))
    assert "2 rows." in shown
    assert "early 2019 EMIS Key episode Seen at home. Yes Change the row of early 2019" in shown

    answer = send(
        author, page_of(gp, made.pk), **{**GIVEN, "event": "Seen at school.", "source": "EMIS"}, seen="1"
    )
    assert (answer.url, ChronologyRow.objects.get(pk=made.pk).event) == (page_of(gp), "Seen at school.")
    asked = text_of(author.get(page_of(gp, made.pk, "remove")))
    assert "Seen at school. Source: EMIS" in asked
    assert send(author, page_of(gp, made.pk, "remove"), seen="2").url == page_of(gp)
    assert not ChronologyRow.objects.filter(pk=made.pk).exists()


def test_sent_twice_is_added_once(world: World, gp: AgencyReturn) -> None:
    author, token = signed_in(world.gp_author), "0d4c8f4e-9b1f-4d0e-8c6e-2f3f6f0c7a11"
    first = send(author, page_of(gp, "add"), **GIVEN, form_token=token)
    second = send(author, page_of(gp, "add"), **GIVEN, form_token=token)
    assert (first.url, second.url, ChronologyRow.objects.count()) == (page_of(gp), page_of(gp), 1)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"when": ""}, "Enter when it was"),
        ({"when": "the other week"}, "Write a day, or roughly when, such as 12 March 2019, March 2019, early 2019, "
         "spring 2018, 2019, 13 days after birth, unknown"),
        ({"when": "31 February 2019"}, "There is no day 31 February 2019: check day and month"),
        ({"when": "19 March 2026"}, "It cannot be after today: check the year"),
        ({"event": "\u200b \n"}, "Enter what happened"),
        ({"event": "x" * 5001}, "What happened? must be 5,000 characters or less"),
        ({"child_seen": ""}, "Select whether the child was seen"),
        ({"child_seen": "perhaps"}, "Select whether the child was seen"),
        ({"source": "x" * 201}, "Source must be 200 characters or less"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    world: World, gp: AgencyReturn, wrong: dict[str, str], says: str
) -> None:
    answer = send(signed_in(world.gp_author), page_of(gp, "add"), **{**GIVEN, "voice": "Typed.", **wrong})
    assert summary_of(answer) == [says]
    assert [one.rstrip(".") for one in beside_the_boxes(answer)] == [says]
    assert "Typed." in answer.content.decode()
    assert not ChronologyRow.objects.exists()


def test_two_authors_at_one_row_the_second_sees_what_the_first_wrote(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world)
    chronology.change_row(gp, made.pk, row(event="The lead's."), by=world.gp_lead, at=LATER)
    author = signed_in(world.gp_author)
    answer = send(author, page_of(gp, made.pk), **GIVEN, seen="1")
    assert summary_of(answer) == [
        "Cannot save over gp lead of Northborough's row, saved while this page was open. "
        "Yours is still in the boxes: compare, then save again."
    ]
    shown = text_of(answer)
    assert ("Seen at home." in shown, "The lead's." in shown) == (True, True)
    assert ChronologyRow.objects.get().event == "The lead's."
    seen = re.findall('name="seen" value="(.*?)"', answer.content.decode())
    assert seen == ["2"]
    send(author, page_of(gp, made.pk), **GIVEN, seen="2", compared="yes")
    assert ChronologyRow.objects.get().event == "Seen at home."


def test_what_was_typed_into_a_row_that_is_gone_stays_on_the_page(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world)
    chronology.remove_row(gp, made.pk, by=world.gp_lead, at=LATER)
    author = signed_in(world.gp_author)
    answer = send(author, page_of(gp, made.pk), **GIVEN, seen="1")
    assert summary_of(answer) == [
        "This row was removed while this page was open. What you typed is still in the boxes: "
        "if it is still wanted, copy it into a new row."
    ]
    assert "Seen at home." in answer.content.decode()
    assert summary_of(send(author, page_of(gp, made.pk, "remove"), seen="1")) == [
        "This row was removed already."
    ]
    assert author.get(page_of(gp, made.pk)).status_code == 404
    assert not ChronologyRow.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40])
def test_a_mark_that_was_tampered_with_saves_nothing(world: World, gp: AgencyReturn, seen: str) -> None:
    (made,) = added(gp, world)
    answer = send(signed_in(world.gp_author), page_of(gp, made.pk), **GIVEN, seen=seen)
    assert answer.status_code == 200
    assert "Cannot save over" in summary_of(answer)[0]
    assert ChronologyRow.objects.get().event == "Seen at the surgery."


def test_while_the_lead_has_it_nobody_writes_and_the_text_stays(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world)
    gp = sent(gp, world)
    author = signed_in(world.gp_author)
    for address in (page_of(gp, "add"), page_of(gp, made.pk), page_of(gp, made.pk, "remove")):
        assert author.get(address).url == page_of(gp)
    shown = author.get(page_of(gp)).content.decode()
    assert ("Add a row" in shown, "Remove" in shown, "Seen at the surgery." in shown) == (False, False, True)
    answer = send(author, page_of(gp, "add"), **GIVEN)
    assert summary_of(answer) == ["Cannot change this chronology: the return is waiting for sign-off now."]
    assert "Seen at home." in answer.content.decode()
    assert ChronologyRow.objects.count() == 1


# ---- Who reads ---------------------------------------------------------------------------------------
def test_the_partnership_reads_the_rows_once_they_are_signed_off(world: World, gp: AgencyReturn) -> None:
    added(gp, world)

    def reads(who: str) -> tuple[int, bool]:
        answer = signed_in(world.people[who]).get(page_of(gp))
        return answer.status_code, "Seen at the surgery." in answer.content.decode()

    theirs, ours = ("gp_author", "gp_lead"), ("manager", "member", "co_chair", "partner_1")
    nobodies = ("school_author", "school_lead", "chair", "administrator")
    assert {who: reads(who) for who in (*theirs, *ours, *nobodies)} == {
        **dict.fromkeys(theirs, (200, True)), **dict.fromkeys(ours, (200, False)),
        **dict.fromkeys(nobodies, (404, False)),
    }  # fmt: skip
    gp = returns.sign_off_return(sent(gp, world), by=world.gp_lead, at=LATER)
    assert {who: reads(who) for who in ours} == dict.fromkeys(ours, (200, True))
    recusals.recuse(gp.case, world.people["member"], kind="other", reason="Kin.", by=world.chair, at=LATER)
    assert reads("member") == (404, False)


@pytest.mark.parametrize("who", ["manager", "member", "school_author"])
def test_who_may_not_write_finds_no_way_in(world: World, gp: AgencyReturn, who: str) -> None:
    (made,) = added(gp, world)
    client, status = signed_in(world.people[who]), 404 if who == "school_author" else 403
    for address in (page_of(gp, "add"), page_of(gp, made.pk), page_of(gp, made.pk, "remove")):
        assert client.get(address).status_code == status
        assert send(client, address, **GIVEN, seen="1").status_code == status
    assert ChronologyRow.objects.get().version == 1


def test_a_row_of_another_return_is_not_there(world: World, asked: dict[str, AgencyReturn]) -> None:
    (made,) = added(asked["gp"], world)
    client = signed_in(world.school_author)
    assert client.get(page_of(asked["school"], made.pk)).status_code == 404
    assert "Seen at the surgery" not in bare(
        send(client, page_of(asked["school"], made.pk), **GIVEN, seen="1")
    )
    assert ChronologyRow.objects.get().event == "Seen at the surgery."


def test_reading_the_rows_is_told_to_the_ledger(world: World, gp: AgencyReturn) -> None:
    added(gp, world)
    signed_in(world.gp_author).get(page_of(gp))
    told = LedgerEntry.objects.order_by("-pk")[0]
    assert (told.action, told.actor, str(gp.pk) in told.target) == ("read", str(world.gp_author.pk), True)


# ---- Sorted, filtered, and much of it ----------------------------------------------------------------
def order(answer: Any) -> list[str]:
    return re.findall(r'data-label="When">(.*?)</td>', answer.content.decode())


def test_rows_stand_in_time_or_by_source_and_are_found_by_their_words(world: World, gp: AgencyReturn) -> None:
    added(gp, world, row("unknown", "A letter.", source="post"), row("13 days after birth", "Weighed."),
          row("spring 2018", "Moved.", source="Police"), row("3 May 2018", "A call.", source="EMIS", is_key=True),
          row("November 2025", "Born.", comment="A CALL back."))  # fmt: skip
    author = signed_in(world.gp_author)

    def shown(asked: str = "") -> list[str]:
        return order(author.get(page_of(gp) + asked))

    in_time = ["spring 2018", "3 May 2018", "November 2025", "13 days after birth", "unknown"]
    assert shown() == in_time
    assert shown("?sort=source") == [
        "3 May 2018",
        "spring 2018",
        "unknown",
        "November 2025",
        "13 days after birth",
    ]
    assert shown("?sort=nothing&page=9") == in_time
    assert shown("?key=yes") == ["3 May 2018"]
    assert shown("?q=a+call") == ["3 May 2018", "November 2025"]
    assert shown("?q=a+call&key=yes") == ["3 May 2018"]
    assert "No row matches." in text_of(author.get(page_of(gp) + "?q=zzz"))


@pytest.mark.parametrize("number", [1, 2000])
def test_two_thousand_rows_cost_as_many_queries_as_one(
    world: World, gp: AgencyReturn, number: int, django_assert_num_queries: Any
) -> None:
    added(gp, world, *[row(f"{1 + n % 28} May {2000 + n % 20}", f"Contact {n}.") for n in range(number)])
    author = signed_in(world.gp_author)
    author.get(page_of(gp))
    with django_assert_num_queries(23):
        answer = author.get(page_of(gp) + "?page=2&q=contact")
    assert answer.content.decode().count('data-label="When"') == min(number, 50)


# ---- Beside the answers ------------------------------------------------------------------------------
def test_with_rows_the_box_for_what_happened_may_stay_empty(world: World, gp: AgencyReturn) -> None:
    author, section = signed_in(world.gp_author), reverse("return-section", args=[gp.pk, "chronology"])
    assert summary_of(send(author, section, events="", seen="")) == [
        "Enter the contacts and events that matter"
    ]
    added(gp, world)
    shown = author.get(section)
    assert "Chronology: 1 row" in text_of(shown)
    assert send(author, section, events="", seen="").status_code == 302


def test_who_checks_and_who_signs_finds_the_rows(world: World, gp: AgencyReturn) -> None:
    added(gp, world, row(), row())
    gp = sent(gp, world)
    for who, address in ((world.gp_lead, "return-sign-off"), (world.gp_author, "return")):
        answer = signed_in(who).get(reverse(address, args=[gp.pk]))
        assert f'href="{page_of(gp)}">Chronology: 2 rows</a>' in answer.content.decode()
