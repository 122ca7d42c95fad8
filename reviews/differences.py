"""What changed between two texts, word by word, and between two lists of rows. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from reviews.timeline.rows import CHILD_SEEN, COLUMNS

Kind = Literal["same", "removed", "added"]
_WORD = re.compile(r"\s*\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, went or came, with the spaces and line ends before and in it."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part as it was and as it is: what went is marked in the first, what came in the second."""

    label: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def change_of(label: str, before: str, after: str) -> Change | None:
    """What changed of a text; None when its words are the same. Spaces and line ends alone are no change.

    Two long texts are compared by their rarer words first, so that one that repeats itself costs no more than another.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    old_words, new_words = [word.strip() for word in old], [word.strip() for word in new]
    if old_words == new_words:
        return None
    left, right = list[Piece](), list[Piece]()
    for verdict, a, b, c, d in SequenceMatcher(None, old_words, new_words).get_opcodes():
        is_same = verdict == "equal"
        left += _pieces("same" if is_same else "removed", old[a:b])
        right += _pieces("same" if is_same else "added", new[c:d])
    return Change(label, tuple(left), tuple(right))


def _pieces(kind: Kind, words: list[str]) -> Iterator[Piece]:
    """The run, its first space apart: a mark begins and ends at a word."""
    text = "".join(words)
    stripped = text.lstrip()
    if not stripped:
        return
    if kind == "same":
        yield Piece(kind, text)
        return
    if space := text[: len(text) - len(stripped)]:
        yield Piece("same", space)
    yield Piece(kind, stripped)


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a chronology that came, went or was changed: what it is called by, and its parts that differ."""

    kind: Literal["added", "changed", "removed"]
    when: str
    parts: tuple[Change, ...]


def changed_rows(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[RowChange]:
    """The rows that differ between two versions, in the order in which they came into the chronology.

    A row is the same row as long as it has the same number; one that was removed and typed in again is another.
    """
    old = {_key(row): row for row in before}
    new = {_key(row): row for row in after}
    found = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if parts := tuple(_changed_parts(was or {}, now or {})):
            row = now or was or {}
            kind: Literal["added", "changed", "removed"]
            kind = "added" if was is None else "removed" if now is None else "changed"
            found.append(RowChange(kind, str(row["said"]), parts))
    return found


def _key(row: Mapping[str, Any]) -> tuple[int, str]:
    """The number of a row; what it says, for one that was kept before rows had their number with them."""
    return (row["row"], "") if "row" in row else (0, repr(sorted(row.items())))


def _changed_parts(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for name, label in COLUMNS:
        if change := change_of(label, _in_words(name, was), _in_words(name, now)):
            yield change


def _in_words(name: str, row: Mapping[str, Any]) -> str:
    value = row.get("said" if name == "when" else name)
    if name == "child_seen":
        return dict(CHILD_SEEN).get(str(value), "")
    if name == "is_key":
        return "Yes" if value else ""
    return str(value or "")
