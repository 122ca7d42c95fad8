"""Which files are taken, and what a file is: told by what stands in it, never by its name alone. Pure."""

import re
import unicodedata
import zipfile
from dataclasses import dataclass, field

from reviews.files import packages, pdf, pictures
from reviews.files.names import cleaned, split
from reviews.files.refusal import LOCKED, NotAccepted

MEGABYTE = 1024 * 1024
LARGEST = 25 * MEGABYTE
"""Bytes of one file."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that is taken: its code, what people call it, how its names end, and what it is sent as."""

    code: str
    words: str
    endings: tuple[str, ...]
    media_type: str


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    kind.code: kind
    for kind in (
        Kind("pdf", "PDF", (".pdf",), "application/pdf"),
        Kind("docx", "Word document", (".docx",), f"{_OFFICE}.wordprocessingml.document"),
        Kind("xlsx", "Excel workbook", (".xlsx",), f"{_OFFICE}.spreadsheetml.sheet"),
        Kind("png", "PNG picture", (".png",), "image/png"),
        Kind("jpeg", "JPEG picture", (".jpg", ".jpeg"), "image/jpeg"),
        Kind("text", "Plain text", (".txt",), "text/plain; charset=utf-8"),
    )
}

EMPTY = "The selected file is empty"
TOO_LARGE = f"The selected file must be smaller than {LARGEST // MEGABYTE}MB"
WHAT_IS_TAKEN = (
    "a PDF, a Word document (.docx), an Excel workbook (.xlsx), a PNG or JPEG picture, or plain text (.txt)"
)
NOT_TAKEN = f"The selected file must be {WHAT_IS_TAKEN}"
OLD_OFFICE = "The selected file is of an old version of Word or Excel. Save it as .docx, .xlsx or PDF, and choose that."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_MARKUP = re.compile(r"\s*(<[!?a-z]|\{\\rtf|#!)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be taken: its kind, its name as it is shown and saved by, and its bytes."""

    kind: Kind
    name: str
    content: bytes = field(repr=False)
    remarks: tuple[str, ...] = ()
    """What it holds besides what it shows: codes of reviews.files.remarks."""


def examine(name: str, content: bytes) -> Examined:
    """What the file is. Raises NotAccepted, with what would help."""
    if not content:
        raise NotAccepted(EMPTY)
    if len(content) > LARGEST:
        raise NotAccepted(TOO_LARGE)
    kind, remarks = _kind_of(content)
    given = cleaned(name)
    if split(given)[1].casefold() not in kind.endings:
        raise NotAccepted(
            f"What is in the selected file does not match its name: its kind is {kind.words}, and its name should end "
            f"in {' or '.join(kind.endings)}."
        )
    return Examined(kind, given, content, tuple(sorted(remarks)))


def _kind_of(content: bytes) -> tuple[Kind, set[str]]:
    """By its first bytes, its structure looked through. Raises NotAccepted."""
    if content.startswith(b"%PDF-"):
        pdf.examine(content)
        return KINDS["pdf"], set()
    if content.startswith(pictures.PNG):
        return KINDS["png"], pictures.examine_png(content)
    if content.startswith(pictures.JPEG):
        return KINDS["jpeg"], pictures.examine_jpeg(content)
    if content.startswith(_ZIP):
        return _kind_of_zip(packages.opened(content))
    if content.startswith(_OLE):
        is_locked = "EncryptedPackage".encode("utf-16-le") in content
        raise NotAccepted(LOCKED if is_locked else OLD_OFFICE)
    if is_text(content):
        return KINDS["text"], set()
    raise NotAccepted(NOT_TAKEN)


def _kind_of_zip(package: zipfile.ZipFile) -> tuple[Kind, set[str]]:
    with package:
        code = packages.kind_of(package)
        if not code:
            raise NotAccepted(NOT_TAKEN)
        return KINDS[code], packages.examine(package)


def is_text(content: bytes) -> bool:
    """Whether it is plain text in UTF-8, of which a computer makes nothing else: no markup, no program."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    if _MARKUP.match(text):
        return False
    return not any(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in set(text))
