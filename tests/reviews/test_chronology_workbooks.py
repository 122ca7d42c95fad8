"""A workbook as the text of a table: its cells as Excel shows them; and what is no workbook, or a harmful one."""

import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from reviews.timeline.tables import decoded, read_table
from reviews.timeline.workbooks import NotAWorkbook, text_of

ON = date(2026, 4, 1)
HEADINGS = ["Date", "Event", "Child seen"]


def a_book(*rows: list[Any], **more: list[list[Any]]) -> bytes:
    """A workbook with these rows on its first sheet, and more sheets by their names."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, lines in more.items():
        other = book.create_sheet(name)
        for line in lines:
            other.append(line)
        if name.startswith("hidden"):
            other.sheet_state = "hidden"
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The same workbook with another part, or another content of one."""
    held = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return held.getvalue()


# ---- What is read ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("early 2019", "early 2019"),
        (datetime(2019, 3, 12), "12 March 2019"),
        (datetime(2019, 3, 12, 14, 30), "12 March 2019 14:30"),
        (date(2019, 3, 5), "5 March 2019"),
        (time(9, 5), "09:05:00"),
        (2019, "2019"),
        (2019.0, "2019"),
        (1.5, "1.5"),
        (True, "yes"),
        (False, "no"),
        ("two\nlines", '"two\nlines"'),
        ('"said"', '"""said"""'),
        ("a\ttab", '"a\ttab"'),
    ],
)
def test_a_cell_is_read_as_somebody_would_type_it(cell: Any, text: str) -> None:
    assert text_of(a_book([cell])) == text


def test_its_rows_become_rows_of_a_chronology() -> None:
    raw = a_book(
        HEADINGS, [datetime(2019, 3, 12), "Seen,\nat home.", True], [], ["unknown", "A rumour.", None]
    )
    text, read_as = decoded(raw)
    table = read_table(text, on=ON)
    assert [(row.told.words, row.event, row.child_seen) for row in table.rows] == [
        ("12 March 2019", "Seen,\nat home.", "yes"),
        ("unknown", "A rumour.", "not-known"),
    ]
    assert read_as == ""


def test_what_is_wrong_names_the_row_of_the_sheet() -> None:
    raw = a_book(HEADINGS, [], ["last week", "Seen.", ""])
    assert [(one.line, one.cell) for one in read_table(text_of(raw), on=ON).wrong] == [(3, "When")]


def test_bad_input_84_of_a_formula_only_its_last_result_is_read() -> None:
    assert text_of(a_book(["2019", "=1+1", "no"])) == "2019\t\tno"


def test_a_hidden_sheet_and_an_empty_one_are_left_out() -> None:
    assert text_of(a_book(["2019", "Seen."], hidden=[["2018", "Secret."]], empty=[])) == "2019\tSeen."


# ---- What is refused ---------------------------------------------------------------------------------
BOOK = a_book(HEADINGS, ["2019", "Seen.", ""])
MANY = a_book([])
ENTITY = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "b">]><workbook>&a;</workbook>'


def a_zip(**parts: bytes) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"\xd0\xcf\x11\xe0 old", "This workbook is locked with a password, or of an old kind."),
        (b"PK\x03\x04 cut off", "This workbook could not be read."),
        (BOOK[: len(BOOK) // 2], "This workbook could not be read."),
        (a_zip(**{"word/document.xml": b"<w/>"}), "This is not a workbook of Excel."),
        (a_zip(**{"xl/workbook.xml": b"<w/>"}), "This workbook could not be read."),
        (with_part(BOOK, "xl/workbook.xml", ENTITY), "This workbook could not be read."),
        (with_part(BOOK, "xl/workbook.xml", ENTITY.decode().encode("utf-16")), "This workbook could not be read."),
        (with_part(BOOK, "xl/media/x.bin", b"0" * 41_000_000), "This workbook is too large when unpacked."),
        (a_zip(**{"xl/workbook.xml": b"<w/>"}, **{f"x{n}": b"" for n in range(500)}), "This workbook is too large when unpacked."),
        (MANY, "There is nothing in the cells of this workbook."),
        (a_book(["2019", "Seen."], other=[["2018", "Seen."]]), "This workbook has 2 sheets with something on them: “Sheet”, “other”."),
    ],
    ids=["locked", "no zip", "cut off", "a document", "no content", "entities", "entities in UTF-16", "a bomb", "many parts",
         "empty", "two sheets"],
)  # fmt: skip
def test_bad_input_43_44_48_a_workbook_that_cannot_be_read_safely_is_refused_with_what_would_help(
    raw: bytes, says: str
) -> None:
    with pytest.raises(NotAWorkbook) as refusal:
        text_of(raw)
    assert str(refusal.value).startswith(says)


def test_no_more_is_read_than_a_chronology_can_have() -> None:
    rows = [["2019", f"Event {number}"] for number in range(2600)]
    assert len(text_of(a_book(*rows)).split("\n")) == 2500
