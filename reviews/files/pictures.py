"""PNG and JPEG: whole, and no larger than a person can look at. Their measures are read, their pixels never. Pure."""

import zlib
from typing import Literal

from reviews.files.refusal import DAMAGED, NotAccepted
from reviews.files.remarks import PLACE

MOST_PIXELS = 100_000_000
LONGEST_SIDE = 20_000
MOST_PARTS = 20_000
"""Into so many parts no program divides a picture of 25 MB."""
TOO_MANY_PIXELS = (
    f"The selected picture is too large: it can have {MOST_PIXELS // 1_000_000} million pixels, "
    f"and {LONGEST_SIDE:,} on a side."
)
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
"""Markers of a JPEG after which its measures stand."""


def examine_png(content: bytes) -> set[str]:
    """What it holds besides the picture. Raises NotAccepted unless it is whole: each part with its check sum."""
    remarks: set[str] = set()
    place, is_first = len(PNG), True
    for _ in range(MOST_PARTS):
        length, name = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
        end = place + 12 + length
        if len(name) < 4 or end > len(content):
            raise NotAccepted(DAMAGED)
        if zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise NotAccepted(DAMAGED)
        if is_first:
            if name != b"IHDR" or length != 13:
                raise NotAccepted(DAMAGED)
            _must_fit(
                int.from_bytes(content[place + 8 : place + 12]),
                int.from_bytes(content[place + 12 : place + 16]),
            )
        if name == b"eXIf" and _tells_the_place(content[place + 8 : end - 4]):
            remarks.add(PLACE)
        if name == b"IEND":
            return remarks
        place, is_first = end, False
    raise NotAccepted(DAMAGED)


def examine_jpeg(content: bytes) -> set[str]:
    """What it holds besides the picture. Raises NotAccepted unless it has its measures and its picture, and ends."""
    remarks: set[str] = set()
    place, has_measures = 2, False
    for _ in range(MOST_PARTS):
        if content[place : place + 2] == b"\xff\xff":  # filling
            place += 1
            continue
        if content[place : place + 1] != b"\xff" or place + 4 > len(content):
            raise NotAccepted(DAMAGED)
        marker, length = content[place + 1], int.from_bytes(content[place + 2 : place + 4])
        if length < 2 or place + 2 + length > len(content):
            raise NotAccepted(DAMAGED)
        if marker in _FRAMES:
            _must_fit(
                int.from_bytes(content[place + 7 : place + 9]), int.from_bytes(content[place + 5 : place + 7])
            )
            has_measures = True
        said = content[place + 4 : place + 2 + length]
        if marker == 0xE1 and said.startswith(b"Exif\0\0") and _tells_the_place(said[6:]):
            remarks.add(PLACE)
        if marker == 0xE1 and b"exif:GPSLatitude" in said:
            remarks.add(PLACE)
        place += 2 + length
        if marker == 0xDA:  # the picture itself follows; cameras append things after its end
            if not has_measures or content.find(b"\xff\xd9", place) < 0:
                raise NotAccepted(DAMAGED)
            return remarks
    raise NotAccepted(DAMAGED)


def _must_fit(width: int, height: int) -> None:
    if not width or not height:
        raise NotAccepted(DAMAGED)
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise NotAccepted(TOO_MANY_PIXELS)


def _tells_the_place(exif: bytes) -> bool:
    """Whether the first list of this Exif leads to one of GPS (tag 0x8825)."""
    order: Literal["little", "big"] = "little" if exif.startswith(b"II") else "big"
    begin = int.from_bytes(exif[4:8], order)
    count = min(int.from_bytes(exif[begin : begin + 2], order), 500)
    return any(
        int.from_bytes(exif[place : place + 2], order) == 0x8825
        for place in range(begin + 2, begin + 2 + 12 * count, 12)
    )
