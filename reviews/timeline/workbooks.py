"""A workbook of Excel as the text of a table: the cells of its one sheet, with tabs between them.

Only what cells show is read: of a formula its last result, and no other part of the file. Hidden sheets are left out.
"""

import zipfile
from collections.abc import Iterable
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final

from reviews.timeline.rows import MOST_ROWS

IS_ZIP: Final = b"PK\x03\x04"
IS_OLD: Final = b"\xd0\xcf\x11\xe0"
"""How a workbook begins that is of an old kind, or locked with a password."""

MOST_UNPACKED: Final = 40_000_000
"""So many bytes the parts of a workbook may have together when unpacked."""
MOST_PARTS: Final = 500
WIDEST: Final = 50
"""So many cells of a row are read: a chronology has eight."""
TALLEST: Final = MOST_ROWS + 500
"""So many rows are read: a few may be empty."""


class NotAWorkbook(ValueError):
    """It cannot be read; the sentence says why, and what would help."""


def text_of(raw: bytes) -> str:
    """The cells of the one sheet that has any, a line for each row, as they would be pasted. Raises NotAWorkbook."""
    if raw.startswith(IS_OLD):
        raise NotAWorkbook(
            "This workbook is locked with a password, or of an old kind. In Excel, take the password away or save it "
            "as “Excel Workbook (XLSX)”, or copy its cells and paste them."
        )
    _must_be_harmless(raw)
    # Half a second of a process's life that most never need.
    import openpyxl

    try:
        book = openpyxl.load_workbook(BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        sheets = [(sheet.title, _lines(sheet)) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except Exception:  # whatever a broken file makes of the library that reads it
        raise NotAWorkbook(_BROKEN) from None
    full = [(title, lines) for title, lines in sheets if lines]
    if not full:
        raise NotAWorkbook("There is nothing in the cells of this workbook.")
    if len(full) > 1:
        names = ", ".join(f"“{title}”" for title, _ in full[:5])
        raise NotAWorkbook(
            f"This workbook has {len(full)} sheets with something on them: {names}. Keep the one with the chronology, "
            "or copy its cells and paste them."
        )
    return "\n".join(full[0][1])


_BROKEN = (
    "This workbook could not be read. In Excel, save it again as XLSX or as “CSV UTF-8”, or copy its cells and "
    "paste them."
)


def _must_be_harmless(raw: bytes) -> None:
    """Refuse what is no workbook, what is too large when unpacked, and XML that defines something itself."""
    try:
        with zipfile.ZipFile(BytesIO(raw)) as file:
            parts = file.infolist()
            if "xl/workbook.xml" not in {part.filename for part in parts}:
                raise NotAWorkbook(
                    "This is not a workbook of Excel. Save the table as XLSX or as “CSV UTF-8”."
                )
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise NotAWorkbook(
                    "This workbook is too large when unpacked. Copy the cells of the chronology alone, and paste them."
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    begins = file.read(part)
                    if b"<!DOCTYPE" in begins or b"<!ENTITY" in begins or b"\0" in begins:
                        raise NotAWorkbook(_BROKEN)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        if isinstance(error, NotAWorkbook):
            raise
        raise NotAWorkbook(_BROKEN) from None


def _lines(sheet: Any) -> list[str]:
    """Its rows as text, empty ones at the end left out."""
    lines: list[str] = []
    last = 0
    for number, cells in enumerate(
        sheet.iter_rows(max_row=TALLEST, max_col=WIDEST, values_only=True), start=1
    ):
        line = _line(cells)
        lines.append(line)
        last = number if line else last
    return lines[:last]


def _line(cells: Iterable[Any]) -> str:
    return "\t".join(_quoted(_words(cell)) for cell in cells).rstrip("\t")


def _words(cell: Any) -> str:
    """What a cell shows, as somebody would type it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        day = _words(cell.date())
        return day if cell.time() == time() else f"{day} {cell:%H:%M}"
    if isinstance(cell, date):
        return f"{cell.day} {cell:%B %Y}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _quoted(words: str) -> str:
    """In quotation marks, if it holds a tab or a line end, or begins with such a mark."""
    is_plain = not words.startswith('"') and not any(sign in words for sign in "\t\n\r")
    return words if is_plain else '"' + words.replace('"', '""') + '"'
