"""A table pasted from Excel or Word, or read from a file, as rows of a chronology; or what is wrong, line by line.

No database, no clock. Nothing in a cell is run: a formula is text like any other.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.core.exceptions import ValidationError

from accounts.pages.text import clean_text
from reviews.timeline import workbooks
from reviews.timeline.dates import NotADate, Told, read
from reviews.timeline.rows import CHILD_SEEN, COLUMNS, LENGTHS, MOST_ROWS, NO, NOT_KNOWN, YES, Row

LONGEST: Final = 1_200_000
"""How many characters a table may have: 2,000 rows of 600 each. A form sent with more would be refused unread."""

MOST_WRONG: Final = 50
"""So many errors are told at once; who mends them finds the rest."""

LABELS: Final = dict(COLUMNS)

HEADINGS: Final = {
    "when": "date|when|dates|date and time|date time|date of contact|date of event|date of entry"
    "|date or approximate date",
    "source": "source|record|source record|source of information|system|record system",
    "event": "what happened|event|contact|event or contact|contact or event|events|contacts|event contact|details"
    "|summary|description|significant event|entry",
    "child_seen": "child seen|seen|was the child seen|child seen y n|child seen yes no|child young person seen",
    "voice": "voice of the child|voice|childs voice|child voice|voice of child|what the child said",
    "action": "action or decision|action|actions|decision|action decision|action taken|actions taken|outcome|response",
    "comment": "comment|comments|authors comment|author comment|analysis|reflection|commentary",
    "is_key": "key episode|key|key event|key episode y n|significant",
}
"""What a column may be called, in lower case and without signs."""

_COLUMN_OF: Final = {name: column for column, names in HEADINGS.items() for name in names.split("|")}
_SEEN: Final = {
    "yes": YES, "y": YES, "seen": YES, "true": YES, "no": NO, "n": NO, "not seen": NO, "false": NO, "": NOT_KNOWN,
    "not known": NOT_KNOWN, "unknown": NOT_KNOWN, "n/k": NOT_KNOWN, "nk": NOT_KNOWN, "n/a": NOT_KNOWN, "-": NOT_KNOWN,
}  # fmt: skip
_KEY: Final = {
    "yes": True, "y": True, "x": True, "key": True, "key episode": True, "true": True, "1": True, "✓": True,
    "no": False, "n": False, "": False, "false": False, "0": False, "-": False,
}  # fmt: skip


class NotATable(ValueError):
    """The whole cannot be read; the sentence says why, and what would help."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one cell, or with a line: where, and what would help."""

    line: int
    cell: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """What was read: rows when nothing is wrong, and otherwise the first errors and how many there are."""

    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]
    count_wrong: int = 0


# ---- Bytes -------------------------------------------------------------------------------------------
def decoded(raw: bytes) -> tuple[str, str]:
    """The text of a file, and how its letters were read if not as UTF-8: "Windows-1252". Raises NotATable."""
    if not raw.strip():
        raise NotATable("The selected file is empty.")
    if raw.startswith((workbooks.IS_ZIP, workbooks.IS_OLD)):
        try:
            return workbooks.text_of(raw), ""
        except workbooks.NotAWorkbook as refusal:
            raise NotATable(str(refusal)) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # what Excel calls Unicode text
        try:
            return raw.decode("utf-16"), ""
        except UnicodeDecodeError:
            raise NotATable(_NO_TEXT) from None
    if b"\0" in raw or raw.startswith((b"%PDF", b"{\\rtf")):
        raise NotATable(_NO_TEXT)
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        raise NotATable(
            "The letters of this file could not be read. In Excel, save it as “CSV UTF-8”."
        ) from None


_NO_TEXT = (
    "The selected file is neither a workbook nor a CSV file. In Excel, save it as XLSX, or copy its cells and "
    "paste them."
)


# ---- Cells -------------------------------------------------------------------------------------------
def cells_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table, each with the number of the line on which it begins, counted from 1.

    Cells stand between tabs; where the first line has none, between semicolons or commas, whichever are more there.
    A cell in quotation marks may hold any of these, and line ends; a mark that is not closed before the next cell is
    text.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    divider = _divider(text)
    quoted = re.compile(rf'"((?:[^"]++|"")*+)"[ ]*(?={divider}|\n|\Z)')
    plain = re.compile(rf"[^{divider}\n]*")
    place, line, end = 0, 1, len(text)
    while place < end:
        begun, cells = line, []
        while True:
            if found := quoted.match(text, place):
                cells.append(found[1].replace('""', '"'))
                line += found[1].count("\n")
            else:
                found = plain.match(text, place)
                assert found is not None  # it matches nothing at all, too
                cells.append(found[0])
            place = found.end()
            if place >= end or text[place] == "\n":
                break
            place += 1
        place, line = place + 1, line + 1
        yield begun, cells


def _divider(text: str) -> str:
    first = next((line for line in text.split("\n", 50)[:50] if line.strip()), "")
    if "\t" in first:
        return "\t"
    outside = re.sub(r'"(?:[^"]|"")*"?', "", first)
    return ";" if outside.count(";") > outside.count(",") else ","


# ---- Rows --------------------------------------------------------------------------------------------
def read_table(text: str, *, on: date) -> Table:
    """The rows of a table, told on that day. Raises NotATable when it has none, too many, or wrong headings."""
    if len(text) > LONGEST:
        raise NotATable(f"The table must be {LONGEST:,} characters or less. Bring it in piece by piece.")
    lines = [(number, cells) for number, cells in cells_of(text) if any(cell.strip() for cell in cells)]
    if not lines:
        raise NotATable("Paste the rows of a table, or choose a file.")
    columns = _headings(lines[0][1])
    body = lines[1:] if columns else lines
    if not body:
        raise NotATable("There is no row below the headings.")
    if len(body) > MOST_ROWS:
        raise NotATable(
            f"There are {len(body):,} rows: a chronology can have {MOST_ROWS:,}. Keep what matters most."
        )
    reader = _Reader(columns or [name for name, _ in COLUMNS], has_headings=bool(columns), on=on)
    rows = [row for number, cells in body if (row := reader.row(number, cells))]
    if reader.wrong:
        return Table((), tuple(reader.wrong[:MOST_WRONG]), len(reader.wrong))
    return Table(tuple(rows), ())


def _name(cell: str) -> str:
    """A heading in lower case, signs made spaces."""
    return " ".join(re.sub(r"[^a-z ]", " ", cell.lower().replace("’", "").replace("'", "")).split())


def _headings(cells: Sequence[str]) -> list[str]:
    """The column that each cell of the first line names; empty when it is no line of headings. Raises NotATable."""
    named = [_COLUMN_OF.get(_name(cell), "") for cell in cells]
    is_first = bool(named and named[0])
    if not is_first and sum(map(bool, named)) < 2:
        return []
    for cell, name in zip(cells, named, strict=True):
        if cell.strip() and not name:
            raise NotATable(
                f"The column “{_short(cell)}” is not one of: {', '.join(LABELS.values())}. Rename it or leave it out."
            )
        if name and named.count(name) > 1:
            raise NotATable(f"Two columns are headed “{LABELS[name]}” or mean the same. Leave one out.")
    for needed in ("when", "event"):
        if needed not in named:
            raise NotATable(f"The column “{LABELS[needed]}” is missing. Add it, or leave the headings out.")
    return named


def _short(cell: str) -> str:
    words = " ".join(cell.split())
    return words if len(words) <= 40 else f"{words[:39]}…"


class _Reader:
    """Reads line after line, and collects what is wrong."""

    def __init__(self, columns: list[str], *, has_headings: bool, on: date) -> None:
        self.columns, self.has_headings, self.on = columns, has_headings, on
        self.wrong: list[Wrong] = []
        self.first_seen: dict[tuple[str, ...], int] = {}

    def row(self, line: int, cells: list[str]) -> Row | None:
        """The row of that line; None when something is wrong with it."""
        before = len(self.wrong)
        if any(cell.strip() for cell in cells[len(self.columns) :]):
            self.says(line, f"Cell {len(self.columns) + 1}", self._too_many(len(cells)))
            return None
        given = dict.fromkeys(LABELS, "")
        for name, cell in zip(self.columns, cells, strict=False):
            if name:
                given[name] = self._clean(line, name, cell)
        if self.has_headings and self._repeats_headings(cells):
            self.says(line, "", "This line repeats the headings. Leave it out.")
            return None
        same = self.first_seen.setdefault(tuple(given.values()), line)
        if same != line:
            self.says(line, "", f"This line repeats line {same}. Leave one of them out.")
            return None
        self._look_at(line, given)
        told = self._date(line, given["when"])
        seen = _SEEN.get(given["child_seen"].lower())
        if seen is None:
            choices = ", ".join(words.lower() for _, words in CHILD_SEEN)
            self.says(
                line, LABELS["child_seen"], f"“{_short(given['child_seen'])}” is not one of: {choices}."
            )
        is_key = _KEY.get(given["is_key"].lower())
        if is_key is None:
            self.says(line, LABELS["is_key"], f"“{_short(given['is_key'])}” is not one of: yes, no.")
        if len(self.wrong) > before or told is None or seen is None or is_key is None:
            return None
        return Row(
            told, given["event"], source=" ".join(given["source"].split()), child_seen=seen, voice=given["voice"],
            action=given["action"], comment=given["comment"], is_key=is_key,
        )  # fmt: skip

    def says(self, line: int, cell: str, words: str) -> None:
        self.wrong.append(Wrong(line, cell, words))

    def _is_told(self, line: int, cell: str) -> bool:
        return any((one.line, one.cell) == (line, cell) for one in self.wrong[-len(LABELS) :])

    def _clean(self, line: int, name: str, cell: str) -> str:
        """The text of a cell as a form would take it; "" when it holds what none may."""
        try:
            return clean_text(cell, subject="this cell", label="This cell")
        except ValidationError as refusal:
            self.says(line, LABELS[name], f"{refusal.messages[0]}.")
            return ""

    def _too_many(self, count: int) -> str:
        most = len(self.columns)
        return (
            f"This line has {count} cells, and the table has {most} columns. If a cell holds a line end or the sign "
            "between cells, it must stand in quotation marks."
        )

    def _repeats_headings(self, cells: list[str]) -> bool:
        named = [_COLUMN_OF.get(_name(cell), "") for cell in cells]
        return len(cells) > 1 and named == self.columns

    def _look_at(self, line: int, given: dict[str, str]) -> None:
        """What must be there, and how long each may be."""
        if not given["event"] and not self._is_told(line, LABELS["event"]):
            self.says(line, LABELS["event"], "Enter what happened.")
        for name, most in LENGTHS.items():
            if len(given[name]) > most:
                self.says(
                    line,
                    LABELS[name],
                    f"It has {len(given[name]):,} characters, and must have {most:,} or less.",
                )

    def _date(self, line: int, words: str) -> Told | None:
        if not words:
            if not self._is_told(line, LABELS["when"]):
                self.says(line, LABELS["when"], "Enter when it was, if only roughly, or write: unknown.")
            return None
        if len(words) > LENGTHS["when"]:
            return None  # told already
        try:
            return read(words, on=self.on)
        except NotADate as refusal:
            self.says(line, LABELS["when"], f"“{_short(words)}”: {refusal}")
            return None
