"""Passwords that others have: made of common ones, typed along the keyboard, or in a list of stolen ones.

The common ones are those of Django's list, of which few are as long as ours must be: so what people make of them to
get there is refused as well. The list of stolen passwords is a file that whoever runs the service gives.
"""

import hashlib
import logging
import re
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

logger = logging.getLogger(__name__)

LEAST_PART = 3
"""A part of a password that has fewer letters is no word of the list, but chance."""
TYPED_ALONG = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)  # fmt: skip
"""What fingers find by themselves, also backwards."""
_LOOKS_LIKE = (str.maketrans("013457@$!", "oleastasi"), str.maketrans("013457@$!", "oieastasl"))
HEX = 40
"""So many digits a line of the file begins with: the SHA-1 of a password, in capitals."""


class EverydayValidator:
    """A common password or two of them, whatever is put before, between and behind; a part repeated; a row of keys."""

    words = (
        "The password is like many others: a common one with digits or signs added, two of them, something repeated, "
        "or a row of keys. Choose three or more words that have nothing to do with one another"
    )

    def validate(self, password: str, user: Any = None) -> None:
        if is_everyday(password):
            raise ValidationError(self.words, code="password_everyday")

    def get_help_text(self) -> str:
        return self.words


class StolenValidator:
    """In the list of stolen passwords, if there is one."""

    words = (
        "The password was stolen somewhere, and is in the lists of those who guess. Choose another, also wherever else "
        "you use it"
    )
    out_of_order = "No password can be chosen now, since it cannot be checked. Tell whoever runs this service"

    def validate(self, password: str, user: Any = None) -> None:
        if not settings.STOLEN_PASSWORDS:
            return
        try:
            is_stolen = is_in_list(password, Path(settings.STOLEN_PASSWORDS))
        except OSError as error:
            logger.error("The list of stolen passwords cannot be read: %s", error.strerror)
            raise ValidationError(self.out_of_order, code="password_unchecked") from None
        if is_stolen:
            raise ValidationError(self.words, code="password_stolen")

    def get_help_text(self) -> str:
        return self.words


# ---- Everyday ----------------------------------------------------------------------------------
def is_everyday(password: str) -> bool:
    plain = password.casefold()
    if not re.search(r"[^\W\d_]", plain):
        return True  # digits and signs alone: a date, a number, a row
    # What is put before and behind goes first: in “P@ssw0rd2026” the 0 of the year is no letter.
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    return _is_everyday(plain) or any(_is_everyday(core.translate(table)) for table in _LOOKS_LIKE)


def _is_everyday(plain: str) -> bool:
    if _repeats(plain) or _is_typed_along(plain):
        return True
    letters = re.sub(r"[\W\d_]+", "", plain)
    return len(letters) >= LEAST_PART and (
        _repeats(letters) or _is_typed_along(letters) or _is_of_two(letters)
    )


def _repeats(text: str) -> bool:
    """Whether it is one part again and again."""
    return any(
        len(text) % size == 0 and text == text[:size] * (len(text) // size)
        for size in range(1, len(text) // 2 + 1)
    )


def _is_typed_along(text: str) -> bool:
    """Whether it is typed along rows of keys, each at least three keys long."""
    place = 0
    while place < len(text):
        longest = next(
            (size for size in range(len(text) - place, 2, -1) if _is_row(text[place : place + size])), 0
        )
        if not longest:
            return False
        place += longest
    return True


def _is_row(text: str) -> bool:
    return any(text in row * 2 or text in (row * 2)[::-1] for row in TYPED_ALONG)


def _is_of_two(letters: str) -> bool:
    """Whether it is a common password, or one after another."""
    common = _common()
    return letters in common or any(
        letters[:place] in common and letters[place:] in common
        for place in range(LEAST_PART, len(letters) - LEAST_PART + 1)
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(word for word in CommonPasswordValidator().passwords if len(word) >= LEAST_PART)


# ---- Stolen ------------------------------------------------------------------------------------
def is_in_list(password: str, path: Path) -> bool:
    """Whether the sorted file has a line that begins with the SHA-1 of the password: some twenty looks into it.

    As the lists of Have I Been Pwned are, ordered by hash. Raises OSError: without the list nobody can say.
    """
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            if _line_after(file, middle)[:HEX].upper() < wanted:
                low = middle + 1
            else:
                high = middle
        return _line_after(file, low)[:HEX].upper() == wanted


def _line_after(file: BinaryIO, place: int) -> bytes:
    """The first line that begins at that place or after it; of nothing, one that is later than any."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline()
    return file.readline() or b"~"
