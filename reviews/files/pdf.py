"""PDF: whole, without a password, and nothing in it that runs, starts, sends or is a file of its own. Pure.

No page is made of it. The words of the whole file are looked through, and what is packed in its object streams, where
new programs put nearly everything; each byte a few times at the most.
"""

import re
import zlib
from collections.abc import Iterator

from reviews.files.refusal import (
    DAMAGED,
    FETCHES,
    HOLDS_FILES,
    LOCKED,
    TOO_LARGE_UNPACKED,
    TWO_AT_ONCE,
    UNREADABLE,
    NotAccepted,
)

RUNS = "The selected PDF has a program inside it, which is not allowed. Print it into a new PDF, and choose that."
MOST_UNPACKED = 50 * 1024 * 1024
_REFUSED = {
    b"JavaScript": RUNS, b"Launch": RUNS, b"XFA": RUNS, b"Rendition": RUNS, b"RichMedia": RUNS,
    b"EmbeddedFile": HOLDS_FILES, b"EmbeddedFiles": HOLDS_FILES, b"GoToE": HOLDS_FILES,
    b"GoToR": FETCHES, b"SubmitForm": FETCHES, b"ImportData": FETCHES,
}  # fmt: skip
"""Names of a PDF that mean one of these. They are followed by a space, another name or what opens or ends a list;
the end of an address in a link, such as `/Launch)`, is none."""
_ENDS = frozenset(b"\x00\t\n\f\r <>[](/%")
_HEXED = re.compile(rb"/([A-Za-z0-9]{0,12}#[0-9A-Fa-f]{2}[A-Za-z0-9#]{0,40})")
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb">>\s*stream(\r\n|\n|\r)")
_PACKED = re.compile(rb"/Filter\s*(\[\s*)?/(FlateDecode|Fl)\s*(?(1)\])\s*(?=[/>])")
_REACH = 4_096
"""Bytes before a stream in which what is said of it is looked for."""


def examine(content: bytes) -> None:
    """Raises NotAccepted for what may not be in it, and when its end is missing."""
    if b"%%EOF" not in content[-2_048:] or b"startxref" not in content[-4_096:]:
        raise NotAccepted(DAMAGED)
    if b"PK\x05\x06" in content[-65_557:]:
        raise NotAccepted(TWO_AT_ONCE)
    if _has(content, b"Encrypt"):
        raise NotAccepted(LOCKED)
    _must_be_harmless(content)
    for words in _object_streams(content):
        _must_be_harmless(words)


def _must_be_harmless(words: bytes) -> None:
    spelt = {_plainly(found[1]) for found in _HEXED.finditer(words)} if b"#" in words else set()
    for name, refusal in _REFUSED.items():
        if name in spelt or _has(words, name):
            raise NotAccepted(refusal)


def _has(words: bytes, name: bytes) -> bool:
    """Whether the name stands there: as a whole one, and not at the end of an address."""
    place = words.find(b"/" + name)
    while place >= 0:
        after = place + 1 + len(name)
        if after == len(words) or words[after] in _ENDS:
            return True
        place = words.find(b"/" + name, after)
    return False


def _plainly(words: bytes) -> bytes:
    """Without the other way to write a letter, #41 for A."""
    return _HEX.sub(lambda hit: bytes([int(hit[1], 16)]), words)


def _object_streams(content: bytes) -> Iterator[bytes]:
    """Each, unpacked. Packed as no program packs it, it is refused."""
    place, left = 0, MOST_UNPACKED
    while found := _STREAM.search(content, place):
        begin, end = found.end(), content.find(b"endstream", found.end())
        if end < 0:
            raise NotAccepted(DAMAGED)
        said = _plainly(content[max(place, found.start() - _REACH) : found.end()])
        place = end
        is_one = b"/ObjStm" in said
        if not is_one and b"/First" not in said:
            continue
        if not _PACKED.search(said) or b"/Predictor" in said:
            if is_one and b"/Filter" in said:
                raise NotAccepted(UNREADABLE)
            continue  # not packed: it was read with the rest
        words = _unpacked(content[begin:end], left)
        left -= len(words)
        yield words


def _unpacked(body: bytes, left: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        words = unpacker.decompress(body, max(left, 1))
    except zlib.error:
        raise NotAccepted(DAMAGED) from None
    if unpacker.unconsumed_tail and not unpacker.eof:
        raise NotAccepted(TOO_LARGE_UNPACKED)
    return words
