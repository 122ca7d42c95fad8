"""NHS numbers: how one is read, and whether it can be one. Pure."""

import re

_BETWEEN = re.compile(r"[\s\u2010-\u2015.-]+")


def without_spaces(text: str) -> str:
    """The text without what people put between the digits: spaces, dashes, dots."""
    return _BETWEEN.sub("", text)


def is_nhs_number(text: str) -> bool:
    """Ten ASCII digits of which the last is the check digit of the others (modulus 11, NHS Data Dictionary)."""
    if not (text.isascii() and text.isdecimal() and len(text) == 10) or len(set(text)) == 1:
        return False  # the same digit ten times is what people type into a box that must not be empty
    total = sum(int(digit) * weight for digit, weight in zip(text, range(10, 1, -1), strict=False))
    return -total % 11 == int(text[9])  # a remainder of 10 is no digit, so no number


def in_groups(number: str) -> str:
    """As people read it: 943 476 5919."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if len(number) == 10 else number
