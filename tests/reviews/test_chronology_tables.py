"""Tables pasted or read from a file: what is read of them, and what is said line by line of one that is wrong."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviews.timeline.rows import MOST_ROWS
from reviews.timeline.tables import LONGEST, MOST_WRONG, NotATable, cells_of, decoded, read_table

ON = date(2026, 3, 18)
HEAD = "Date\tSource\tEvent\tChild seen\tVoice\tAction\tComment\tKey"


def told(text: str) -> list[tuple[Any, ...]]:
    table = read_table(text, on=ON)
    assert table.wrong == ()
    return [(row.told.words, row.source, row.event, row.child_seen, row.is_key) for row in table.rows]


def wrong(text: str) -> list[tuple[int, str, str]]:
    table = read_table(text, on=ON)
    assert table.rows == ()
    return [(one.line, one.cell, one.says) for one in table.wrong]


def refused(text: str) -> str:
    with pytest.raises(NotATable) as refusal:
        read_table(text, on=ON)
    return str(refusal.value)


# ---- What is read ------------------------------------------------------------------------------------
def test_cells_pasted_from_excel_keep_their_line_ends_and_quotation_marks() -> None:
    text = f'{HEAD}\r\n12/03/2019\tEMIS\t"Seen.\nMother said ""no""."\tYes\tQuiet\tNone\t\tx\r\nearly 2019\t\tMoved.\r\n'
    assert told(text) == [
        ("12/03/2019", "EMIS", 'Seen.\nMother said "no".', "yes", True),
        ("early 2019", "", "Moved.", "not-known", False),
    ]


def test_cells_pasted_from_word_may_begin_with_a_quotation_mark_that_is_text() -> None:
    text = '2019\tLetter\t"Never", said mother.\vShe left.\n2020\tLetter\t"An unclosed one\n'
    assert told(text) == [
        ("2019", "Letter", '"Never", said mother.\nShe left.', "not-known", False),
        ("2020", "Letter", '"An unclosed one', "not-known", False),
    ]


def test_without_headings_the_columns_come_in_our_order() -> None:
    assert told("unknown\tEMIS\tSeen\tno\t\t\t\tyes") == [("unknown", "EMIS", "Seen", "no", True)]


def test_columns_are_known_by_many_names_in_any_order() -> None:
    text = "Author’s comment;CHILD SEEN (Y/N);Event / contact;Date of contact\nWhy?;Y;Seen;2019\n"
    table = read_table(text, on=ON)
    (row,) = table.rows
    assert (row.comment, row.child_seen, row.event, row.told.words) == ("Why?", "yes", "Seen", "2019")


def test_a_formula_is_text() -> None:
    assert told('2019\t\t=HYPERLINK("http://x")')[0][2] == '=HYPERLINK("http://x")'


def test_bad_input_81_csv_with_a_mark_crlf_semicolons_or_commas_and_quoted_line_ends_is_read() -> None:
    for divider in ";,":
        text = divider.join(("Date", "Event", "Source")) + "\r\n"
        text += divider.join(("2019", f'"A{divider} b\r\nand ""c"""', '"EMIS" ')) + "\r\n\r\n"
        raw = text.encode("utf-8-sig")
        assert told(decoded(raw)[0]) == [("2019", "EMIS", f'A{divider} b\nand "c"', "not-known", False)]


@pytest.mark.parametrize(
    ("raw", "text", "read_as"),
    [
        ("Café".encode(), "Café", ""),
        ("Café".encode("utf-8-sig"), "Café", ""),
        ("Café – £5".encode("cp1252"), "Café – £5", "Windows-1252"),
        ("Café".encode("utf-16"), "Café", ""),
    ],
)  # fmt: skip
def test_letters_are_read_as_utf_8_or_as_windows_writes_them_and_it_says_so(
    raw: bytes, text: str, read_as: str
) -> None:
    assert decoded(raw) == (text, read_as)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "The selected file is empty."),
        (b" \n ", "The selected file is empty."),
        (b"PK\x03\x04 a workbook", "This workbook could not be read."),
        (b"%PDF-1.7", "The selected file is neither a workbook nor a CSV file."),
        (b"MZ\x00\x01 a program", "The selected file is neither a workbook nor a CSV file."),
        (b"\xff\xfea", "The selected file is neither a workbook nor a CSV file."),
        (b"2019;\x81\x8d", "The letters of this file could not be read."),
    ],
)  # fmt: skip
def test_bad_input_37_to_40_a_file_that_is_no_table_is_refused_with_what_would_help(
    raw: bytes, says: str
) -> None:
    with pytest.raises(NotATable) as refusal:
        decoded(raw)
    assert str(refusal.value).startswith(says)


# ---- What is wrong -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Paste the rows of a table, or choose a file."),
        (" \t \n\n", "Paste the rows of a table, or choose a file."),
        (HEAD, "There is no row below the headings."),
        ("Date;Source\n2019;EMIS", "The column “What happened” is missing. Add it, or leave the headings out."),
        ("Event;Source\nSeen;EMIS", "The column “When” is missing. Add it, or leave the headings out."),
        ("Date;Event;Weather\n2019;Seen;Rain",
         "The column “Weather” is not one of: When, Source, What happened, Child seen, Voice of the child, "
         "Action or decision, Comment, Key episode. Rename it or leave it out."),
        ("Date;Event;Contact\n2019;a;b", "Two columns are headed “What happened” or mean the same. Leave one out."),
        ("2019\t\tSeen\n" * (MOST_ROWS + 1),
         "There are 2,001 rows: a chronology can have 2,000. Keep what matters most."),
        ("x" * (LONGEST + 1), "The table must be 1,200,000 characters or less. Bring it in piece by piece."),
    ],
    ids=["nothing", "only spaces", "no rows", "no event", "no date", "extra column", "column twice", "too many", "too long"],
)  # fmt: skip
def test_bad_input_82_columns_that_are_missing_or_too_many_are_named_and_limits_told(
    text: str, says: str
) -> None:
    assert refused(text) == says


def test_bad_input_82_headings_that_come_again_are_told_by_their_line() -> None:
    text = "Date;Event\n2019;Seen\nDate;Event\n2020;Seen"
    assert wrong(text) == [(3, "", "This line repeats the headings. Leave it out.")]


def test_bad_input_83_a_line_that_repeats_another_says_which() -> None:
    text = "Date;Event\n2019;Seen\n2020;Seen\n2019 ;Seen"
    assert wrong(text) == [(4, "", "This line repeats line 2. Leave one of them out.")]


def test_every_wrong_cell_is_told_with_its_line_and_what_would_help() -> None:
    text = (
        f'{HEAD}\n2019\t\t"Seen\nat home"\n\n\t\tNo date\nlast week\t\tSeen\t\t\t\t\tperhaps\n31/2/2019\t\t\tmaybe\n'
        f"2027\t{'s' * 201}\t{'x' * 5001}\n2018\t\tBad\u202e\n2017\t\tSeen\t\t\t\t\t\tninth\n"
    )
    help_ = (
        "Write a day, or roughly when, such as 12 March 2019, March 2019, early 2019, spring 2018, 2019, "
        "13 days after birth, unknown."
    )
    assert wrong(text) == [
        (5, "When", "Enter when it was, if only roughly, or write: unknown."),
        (6, "When", f"“last week”: {help_}"),
        (6, "Key episode", "“perhaps” is not one of: yes, no."),
        (7, "What happened", "Enter what happened."),
        (7, "When", "“31/2/2019”: There is no day 31/2/2019: check day and month."),
        (7, "Child seen", "“maybe” is not one of: yes, no, not known."),
        (8, "Source", "It has 201 characters, and must have 200 or less."),
        (8, "What happened", "It has 5,001 characters, and must have 5,000 or less."),
        (8, "When", "“2027”: It cannot be after today: check the year."),
        (9, "What happened", "Remove characters that cannot be used from this cell."),
        (10, "Cell 9", "This line has 9 cells, and the table has 8 columns. If a cell holds a line end or the sign "
         "between cells, it must stand in quotation marks."),
    ]  # fmt: skip


def test_letters_under_piled_up_marks_and_invisible_ones_are_refused_as_in_a_form() -> None:
    piled = "a" + "\u0301" * 9
    assert wrong(f"2019\t\t{piled}\n2018\t\t\u200b") == [
        (1, "What happened", "This cell has characters we cannot show."),
        (2, "What happened", "Enter what happened."),
    ]


def test_of_very_many_errors_the_first_are_told_and_all_are_counted() -> None:
    table = read_table("".join(f"day {n}\t\tSeen {n}\n" for n in range(900)), on=ON)
    assert (len(table.wrong), table.count_wrong, table.rows) == (MOST_WRONG, 900, ())


# ---- Whatever comes ------------------------------------------------------------------------------------
ROWS = st.lists(
    st.lists(st.text(alphabet='ab";,\t\n 1', max_size=6), min_size=2, max_size=4), min_size=1, max_size=6
)


@given(ROWS)
def test_what_a_spreadsheet_writes_is_read_cell_by_cell(rows: list[list[str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    rows = [["first", "line"], *rows]  # from which the sign between cells is known
    text = "\n".join("\t".join(map(quoted, row)) for row in rows).replace('"first"\t"line"', "first\tline", 1)
    found = list(cells_of(text))
    assert [cells for _, cells in found] == rows
    lines = [1]
    for row in rows[:-1]:
        lines.append(lines[-1] + 1 + "".join(row).count("\n"))
    assert [line for line, _ in found] == lines


@given(st.text(alphabet='ab";,\t\n\r 2019', max_size=200) | st.text(max_size=80) | st.binary(max_size=80))
def test_any_text_and_any_file_is_read_or_refused_in_words(given_: str | bytes) -> None:
    try:
        text = decoded(given_)[0] if isinstance(given_, bytes) else given_
        table = read_table(text, on=ON)
    except NotATable as refusal:
        says = [str(refusal)]
    else:
        assert bool(table.rows) != bool(table.wrong)
        says = [one.says for one in table.wrong]
    assert [one for one in says if not one.endswith(".")] == []


def test_quotation_marks_that_never_close_take_no_time() -> None:
    text = '"a b\t' * 100_000
    assert len(next(cells_of(text))[1]) == 100_001
