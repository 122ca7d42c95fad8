"""DOCX and XLSX: a zip of XML parts. What it unpacks to is bounded, nothing in it runs, is hidden in it or is fetched.

Every part is read once, in pieces; XML by expat, which is stopped at the first DTD. Nothing is rendered. Pure.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from reviews.files.refusal import (
    DAMAGED,
    FETCHES,
    HOLDS_FILES,
    LOCKED,
    MACROS,
    TOO_LARGE_UNPACKED,
    UNREADABLE,
    NotAccepted,
)
from reviews.files.remarks import CHANGES, COMMENTS, HIDDEN

MOST_PARTS = 1_000
MOST_UNPACKED = 300 * 1024 * 1024
MOST_RATIO = 100
"""So many times its packed size may a package unpack to. Small ones may: a few kilobytes of blanks harm nobody."""
SMALL = 10 * 1024 * 1024
MOST_ELEMENTS = 2_000_000
"""Of XML, in all parts together: a sheet of half a million cells, and some seconds of reading."""
LONGEST_TOKEN = 4 * 1024 * 1024
"""Bytes between two things that the parser tells of. It would hold a longer one in memory until its end."""
PIECE = 64 * 1024
_LISTED = b"PK\x01\x02"

_MACROS = re.compile(rb"macroEnabled|vbaProject|macrosheet|activeX", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"vba(project|data)|/macrosheets/|/activex/|\.bin$", re.IGNORECASE)
_FILE_PARTS = re.compile(r"/embeddings/|oleobject|/externallinks/", re.IGNORECASE)
_PROGRAMS = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"MZ",
    b"\x7fELF",
    b"%PDF-",
    b"Rar!",
    b"7z\xbc\xaf",
    b"{\\rt",
    b"<!DO",
    b"<htm",
)
_WEB = re.compile(r"(https?://|mailto:|tel:|#)", re.IGNORECASE)
_COMMENTS = re.compile(r"/(word|xl)/(comments|threadedcomments)", re.IGNORECASE)
LONGEST_FIELD_NAME = 100
_FIELDS = re.compile(
    r"\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|INCLUDE|DATABASE|LINK|AUTOTEXTLIST)\b"
)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
    OverflowError,
)  # fmt: skip
"""What reading a zip raises when bytes of it are not what they should be."""
_PRINTER = re.compile(r"/printersettings/printersettings\d*\.bin$", re.IGNORECASE)


def opened(content: bytes) -> zipfile.ZipFile:
    """The package, its list of parts read. Raises NotAccepted when it is none, locked or would unpack to too much."""
    if content.count(_LISTED) > MOST_PARTS:
        raise NotAccepted(TOO_LARGE_UNPACKED)  # before they are read
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except _BROKEN:
        raise NotAccepted(DAMAGED) from None
    parts = package.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise NotAccepted(TOO_LARGE_UNPACKED)
    if unpacked > SMALL and unpacked > MOST_RATIO * len(content):
        raise NotAccepted(TOO_LARGE_UNPACKED)
    if any(part.flag_bits & 0x1 for part in parts):
        raise NotAccepted(LOCKED)
    return package


def kind_of(package: zipfile.ZipFile) -> str:
    """ "docx", "xlsx", or "" for a zip that is neither."""
    names = {name.casefold() for name in package.namelist()}
    if "[content_types].xml" not in names:
        return ""
    return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else ""


def examine(package: zipfile.ZipFile) -> set[str]:
    """Read every part; returns what it holds besides what it shows. Raises NotAccepted for what may not be in it."""
    seen: set[str] = set()
    left, budget = MOST_UNPACKED, Budget()
    for part in package.infolist():
        name = part.filename
        if name.casefold() in seen or not _is_plain(part):
            raise NotAccepted(UNREADABLE)
        seen.add(name.casefold())
        if _FILE_PARTS.search(f"/{name}"):
            raise NotAccepted(HOLDS_FILES if "externallinks" not in name.casefold() else FETCHES)
        if _MACRO_PARTS.search(f"/{name}") and not _PRINTER.search(f"/{name}"):
            raise NotAccepted(MACROS)
        if _COMMENTS.search(f"/{name}"):
            budget.remarks.add(COMMENTS)
        left -= _read(package, part, left, budget)
    return budget.remarks


def _is_plain(part: zipfile.ZipInfo) -> bool:
    """A file of this package: no link, no way out of it, packed in a way that Office uses."""
    is_link = (part.external_attr >> 16) & 0o170000 == 0o120000
    goes_out = part.filename.startswith("/") or "\\" in part.filename or ".." in part.filename.split("/")
    return not (is_link or goes_out or "\0" in part.orig_filename) and part.compress_type in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    )


def _read(package: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, budget: "Budget") -> int:
    """Read one part to its end; returns how long it is. What its list says of its length is not believed."""
    ending = part.filename.rpartition(".")[2].casefold()
    parser = (
        _Parser(budget, is_a_style="styles" in part.filename) if ending in ("xml", "rels", "vml") else None
    )
    length = 0
    try:
        for piece in _pieces(package, part):
            if not length and parser is None and piece.startswith(_PROGRAMS):
                raise NotAccepted(HOLDS_FILES)
            length += len(piece)
            if length > left:
                raise NotAccepted(TOO_LARGE_UNPACKED)
            if parser:
                parser.feed(piece)
        if parser:
            parser.end()
    except _BROKEN:
        raise NotAccepted(DAMAGED) from None
    except expat.ExpatError:
        raise NotAccepted(UNREADABLE) from None
    return length


def _pieces(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with package.open(part) as file:
        while piece := file.read(PIECE):
            yield piece


def _remark_on(element: str, attributes: dict[str, str], *, is_a_style: bool) -> str:
    """What this element tells of, if it is of what a page does not show. A style that hides hides nothing yet."""
    if element in ("ins", "del", "moveFrom", "moveTo"):
        return CHANGES
    is_hidden_text = element == "vanish" and not is_a_style
    is_hidden_cell = element in ("row", "col") and attributes.get("hidden") in ("1", "true")
    is_hidden_sheet = element == "sheet" and attributes.get("state") in ("hidden", "veryHidden")
    return HIDDEN if is_hidden_text or is_hidden_cell or is_hidden_sheet else ""


@dataclass(slots=True)
class Budget:
    """What is left of the elements that a package may have, and what was found in it."""

    elements: int = MOST_ELEMENTS
    remarks: set[str] = field(default_factory=set)


class _Parser:
    """One XML part, read for what it names: DTDs, parts outside, macros, fields that fetch."""

    DEEPEST = 200

    def __init__(self, budget: Budget, *, is_a_style: bool) -> None:
        self.budget, self.depth, self.came, self.is_a_style = budget, 0, 0, is_a_style
        self.field, self.is_in_field = "", False
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self.doctype
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.finish
        self.expat.CharacterDataHandler = self.text

    def feed(self, piece: bytes) -> None:
        self.came += len(piece)
        self.expat.Parse(piece, False)
        if self.came - max(self.expat.CurrentByteIndex, 0) > LONGEST_TOKEN:
            raise NotAccepted(UNREADABLE)

    def end(self) -> None:
        self.expat.Parse(b"", True)
        self.must_not_fetch()

    def doctype(self, *given: object) -> None:
        raise NotAccepted(UNREADABLE)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.budget.elements -= 1
        if self.depth > self.DEEPEST:
            raise NotAccepted(UNREADABLE)
        if self.budget.elements < 0:
            raise NotAccepted(TOO_LARGE_UNPACKED)
        element = name.rpartition(" ")[2]
        if element == "Relationship":
            self.relationship(attributes)
        elif element in ("Override", "Default") and _MACROS.search(
            attributes.get("ContentType", "").encode()
        ):
            raise NotAccepted(MACROS)
        elif element in ("OLEObject", "oleObject", "control", "ddeLink", "oleLink", "altChunk"):
            raise NotAccepted(HOLDS_FILES)
        elif element in ("fldChar", "fldSimple"):  # another field begins, or its result does
            self.must_not_fetch()
            self.field = next((v for k, v in attributes.items() if k.endswith("instr")), "")
        elif remark := _remark_on(element, attributes, is_a_style=self.is_a_style):
            self.budget.remarks.add(remark)
        self.is_in_field = element == "instrText"

    def finish(self, name: str) -> None:
        self.depth -= 1
        self.is_in_field = False

    def text(self, text: str) -> None:
        if self.is_in_field and len(self.field) < LONGEST_FIELD_NAME:
            self.field += text

    def relationship(self, attributes: dict[str, str]) -> None:
        """A hyperlink to the web or to a mailbox is text that somebody may click. All else outside is fetched."""
        kind = attributes.get("Type", "").rpartition("/")[2]
        if _MACROS.search(kind.encode()):
            raise NotAccepted(MACROS)
        if kind in ("aFChunk", "oleObject", "package", "control"):
            raise NotAccepted(HOLDS_FILES)
        is_outside = attributes.get("TargetMode", "").casefold() == "external"
        is_clicked = kind == "hyperlink" and _WEB.match(attributes.get("Target", "").strip())
        if is_outside and not is_clicked:
            raise NotAccepted(FETCHES)

    def must_not_fetch(self) -> None:
        """Look at the field that has ended: what its first word makes of it."""
        if _FIELDS.match(self.field.upper()):
            raise NotAccepted(FETCHES)
        self.field = ""
