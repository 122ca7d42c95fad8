"""A table brought into a chronology: looked at first, added whole or not at all, and what was pasted stays."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reviews.models import AgencyReturn, ChronologyRow
from reviews.services import chronology, returns
from reviews.timeline.dates import read
from reviews.timeline.rows import MOST_ROWS, Row
from reviews.timeline.tables import LONGEST
from tests.factories import NOTIFIED, World
from tests.reviews.asking import hidden, row_counts, send, signed_in, summary_of, text_of

pytestmark = pytest.mark.django_db
LATER = NOTIFIED + timedelta(hours=3)
PASTED = 'Date\tSource\tEvent\tChild seen\r\nearly 2019\tEMIS\t"Seen,\r\nat home."\tYes\r\n13 days after birth\t\tWeighed.\t\r\n'


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(LATER, tick=False)


@pytest.fixture
def author(world: World) -> Client:
    return signed_in(world.gp_author)


def page_of(it: AgencyReturn) -> str:
    return f"{it.get_absolute_url()}chronology/table/"


def box(answer: Any) -> str:
    found = re.search(r'<textarea[^>]*name="text".*?>(.*?)</textarea>', answer.content.decode(), re.DOTALL)
    assert found
    return html.unescape(found[1]).lstrip("\n")


def confirmed(client: Client, asked: Any, address: str, **more: str) -> Any:
    boxes = {name: hidden(asked, name) for name in ("form_token", "text", "confirmed")}
    return client.post(address, {**boxes, **more})


def test_pasted_rows_are_shown_first_and_added_on_a_yes(author: Client, gp: AgencyReturn) -> None:
    before = row_counts()
    asked = send(author, page_of(gp), text=PASTED)
    shown = text_of(asked)
    assert "Check the 2 rows Nothing was added yet." in shown
    assert "early 2019 Tuesday 1 January 2019 to Tuesday 30 April 2019 EMIS Seen, at home. Yes" in shown
    assert "13 days after birth Counted from the birth – Weighed. Not known" in shown
    assert row_counts() == before

    answer = confirmed(author, asked, page_of(gp))
    assert answer.url == f"{gp.get_absolute_url()}chronology/"
    assert "2 rows were added." in text_of(author.get(answer.url))
    assert list(ChronologyRow.objects.order_by("pk").values_list("said", "event", "child_seen")) == [
        ("early 2019", "Seen,\nat home.", "yes"), ("13 days after birth", "Weighed.", "not-known"),
    ]  # fmt: skip


def test_a_yes_sent_twice_adds_once(author: Client, gp: AgencyReturn) -> None:
    asked = send(author, page_of(gp), text=PASTED)
    assert [confirmed(author, asked, page_of(gp)).status_code for _ in range(2)] == [302, 302]
    assert ChronologyRow.objects.count() == 2


def test_a_yes_to_another_table_than_was_shown_shows_that_one_first(author: Client, gp: AgencyReturn) -> None:
    asked = send(author, page_of(gp), text=PASTED)
    again = confirmed(author, asked, page_of(gp), text="2018\t\tQuite another.")
    assert "Check the row Nothing was added yet." in text_of(again)
    assert not ChronologyRow.objects.exists()


def test_what_was_pasted_comes_back_to_be_changed(author: Client, gp: AgencyReturn) -> None:
    asked = send(author, page_of(gp), text=PASTED)
    back = confirmed(author, asked, page_of(gp), change="yes")
    assert box(back).split() == PASTED.split()
    assert summary_of(back) == []


def test_one_wrong_line_and_nothing_is_added_and_the_text_stays(author: Client, gp: AgencyReturn) -> None:
    before = row_counts()
    answer = send(author, page_of(gp), text=f"{PASTED}last week\t\tSeen.\t\r\n")
    assert summary_of(answer) == [
        "1 thing is wrong in this table, and none of it was added. Put right what is listed under “What is wrong”"
    ]
    assert "5 When “last week”: Write a day, or roughly when" in text_of(answer)
    assert box(answer).split() == f"{PASTED}last week Seen.".split()
    assert row_counts() == before


def test_a_file_is_read_into_the_box_and_how_its_letters_were_read_is_said(
    author: Client, gp: AgencyReturn
) -> None:
    file = SimpleUploadedFile("a.csv", "Date;Event\r\n2019;Café, £5".encode("cp1252"))
    asked = send(author, page_of(gp), text="what was there", file=file)
    assert "The file is not in UTF-8: its letters were read as Windows-1252." in text_of(asked)
    assert confirmed(author, asked, page_of(gp)).status_code == 302
    assert ChronologyRow.objects.get().event == "Café, £5"


def test_the_text_of_a_file_that_is_wrong_stands_in_the_box_to_be_mended(
    author: Client, gp: AgencyReturn
) -> None:
    file = SimpleUploadedFile("a.csv", "Date;Event\r\nlast week;Seen".encode("utf-8-sig"))
    answer = send(author, page_of(gp), text="", file=file)
    assert box(answer).split("\n")[1] == "last week;Seen"
    assert "UTF-8" not in text_of(send(author, page_of(gp), text="2019,Seen"))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "The selected file is empty"),
        (b"PK\x03\x04", "This workbook could not be read. In Excel, save it again as XLSX or as “CSV UTF-8”, or copy its cells and paste them"),
        (b"MZ\x00", "The selected file is neither a workbook nor a CSV file. In Excel, save it as XLSX, or copy its cells and paste them"),
        (b"x" * (LONGEST + 1), "The table must be 1,200,000 characters or less. Bring it in piece by piece"),
    ],
    ids=["empty", "workbook", "program", "too long"],
)  # fmt: skip
def test_bad_input_37_39_43_a_file_that_cannot_be_read_is_refused_and_the_box_stays(
    author: Client, gp: AgencyReturn, raw: bytes, says: str
) -> None:
    answer = send(author, page_of(gp), text="Typed before.", file=SimpleUploadedFile("a.csv", raw))
    assert summary_of(answer) == [says]
    assert box(answer) == ("Typed before." if raw[:1] != b"x" else raw.decode())
    assert not ChronologyRow.objects.exists()


def test_bad_input_27_a_paste_of_five_megabytes_is_refused_early(author: Client, gp: AgencyReturn) -> None:
    answer = send(author, page_of(gp), text="x" * 5_000_000)
    assert answer.status_code == 413


def test_bad_input_84_a_formula_is_kept_as_it_was_typed(author: Client, gp: AgencyReturn) -> None:
    asked = send(author, page_of(gp), text='2019\t\t=HYPERLINK("http://x")')
    confirmed(author, asked, page_of(gp))
    assert ChronologyRow.objects.get().event == '=HYPERLINK("http://x")'


def test_rows_that_stand_there_already_are_counted_before_they_come_twice(
    world: World, author: Client, gp: AgencyReturn
) -> None:
    chronology.add_rows(gp, [Row(read("2019", on=LATER.date()), "Seen.")], by=world.gp_lead, at=LATER)
    asked = send(author, page_of(gp), text="2019\t\tSeen.\n2020\t\tSeen.")
    assert "1 of these rows stands in the chronology already, word for word." in text_of(asked)
    confirmed(author, asked, page_of(gp))
    assert ChronologyRow.objects.count() == 3


def test_more_rows_than_fit_are_refused_before_and_at_the_yes(
    world: World, author: Client, gp: AgencyReturn
) -> None:
    asked = send(author, page_of(gp), text=PASTED)
    row = Row(read("2019", on=LATER.date()), "Seen.")
    chronology.add_rows(gp, [row] * (MOST_ROWS - 1), by=world.gp_lead, at=LATER)
    says = ["A chronology can have 2,000 rows. It has 1,999, and these are 2 more. Keep what matters most."]
    assert summary_of(send(author, page_of(gp), text=PASTED)) == says
    assert summary_of(confirmed(author, asked, page_of(gp))) == says
    assert ChronologyRow.objects.count() == MOST_ROWS - 1


@pytest.mark.parametrize("who", ["manager", "member", "school_author"])
def test_nobody_else_brings_in_anything(world: World, gp: AgencyReturn, who: str) -> None:
    client, status = signed_in(world.people[who]), 404 if who == "school_author" else 403
    assert client.get(page_of(gp)).status_code == status
    assert send(client, page_of(gp), text=PASTED).status_code == status


def test_once_the_return_is_no_longer_written_a_yes_adds_nothing(
    world: World, author: Client, gp: AgencyReturn
) -> None:
    asked = send(author, page_of(gp), text=PASTED)
    returns.declare_nil(gp, searched="EMIS", by=world.gp_lead, at=LATER)
    answer = confirmed(author, asked, page_of(gp))
    assert summary_of(answer) == ["Cannot change this chronology: the return is nil return now."]
    assert box(answer).split() == PASTED.split()
    assert author.get(page_of(gp)).status_code == 302
    assert not ChronologyRow.objects.exists()
