"""A timeline as a file to take along: for a spreadsheet, as text or as a workbook. Nothing in a cell is ever run.

What is counted from a birth has no days in it: they would tell the date of birth.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

import xlsxwriter

from reviews.models import AgencyReturn, ChronologyRow
from reviews.services.exporting import plain_cell
from reviews.services.timelines import Timeline
from reviews.timeline.merging import Gap
from reviews.timeline.rows import COLUMNS

LABELS: Final = dict(COLUMNS)
PARTS: Final = ("source", "event", "child_seen", "voice", "action", "comment", "is_key")
HEADINGS: Final = [
    LABELS["when"],
    "First day",
    "Last day",
    "Agency",
    "Also that day",
    *(LABELS[n] for n in PARTS),
]
WIDTHS: Final = (20, 12, 12, 24, 24, 20, 60, 12, 40, 40, 40, 12)
"""How wide each column of a workbook is, in letters."""


def _lines(timeline: Timeline, returns: Sequence[AgencyReturn]) -> Iterator[list[str]]:
    """The cells of each row, in the order of the headings. One query."""
    texts = {row.pk: row for row in ChronologyRow.objects.filter(agency_return__in=returns)}
    for one in timeline.entries:
        if isinstance(one, Gap) or (row := texts.get(one.key)) is None:
            continue
        cells = (
            row.said, row.first_on, row.last_on, one.agency, "; ".join(timeline.others(one)), row.source, row.event,
            row.get_child_seen_display(), row.voice, row.action, row.comment, "Yes" if row.is_key else "No",
        )  # fmt: skip
        yield ["" if cell is None else str(cell) for cell in cells]


def as_csv(timeline: Timeline, returns: Sequence[AgencyReturn]) -> bytes:
    """As text: what could be taken for a formula is marked as none, and a line end is a space."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADINGS)
    for cells in _lines(timeline, returns):
        writer.writerow([plain_cell(" ".join(cell.split())) for cell in cells])
    return file.getvalue().encode("utf-8-sig")


def as_workbook(timeline: Timeline, returns: Sequence[AgencyReturn]) -> bytes:
    """As a workbook of one sheet: every cell is text as it was typed, no formula, no link; and nobody's name in it."""
    file = io.BytesIO()
    # A formula or a link would be made of text that begins like one; dates are as people told them, so text too.
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet("Chronology")
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_row(0, 0, HEADINGS, bold)
    sheet.freeze_panes(1, 0)
    for number, cells in enumerate(_lines(timeline, returns), start=1):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell, wrapped)
    book.close()
    return file.getvalue()
