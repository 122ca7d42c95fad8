"""What changed between two texts and two lists of rows. No database."""

import random
import time
from typing import Any

import pytest

from reviews.differences import Change, Piece, change_of, changed_rows


def marks(pieces: tuple[Piece, ...]) -> str:
    """The text, with what went in [-...-] and what came in [+...+]."""
    signs = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in pieces)


def told(before: str, after: str) -> tuple[str, str] | None:
    change = change_of("It", before, after)
    return (marks(change.before), marks(change.after)) if change else None


def row(number: int, **parts: Any) -> dict[str, Any]:
    kept = {"said": "2019", "source": "", "event": "Seen.", "child_seen": "yes", "voice": "", "action": "",
            "comment": "", "is_key": False}  # fmt: skip
    return {"row": number, "first_on": None, **kept, **parts}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", None),
        ("Seen twice.", "Seen twice.", None),
        ("Seen  twice.\r\n", " Seen\ntwice.", None),  # spaces and line ends alone
        ("", "Seen.", ("", "[+Seen.+]")),
        ("Seen.", "", ("[-Seen.-]", "")),
        ("Yes", "No", ("[-Yes-]", "[+No+]")),
        ("Seen twice at home.", "Seen at home.", ("Seen [-twice-] at home.", "Seen at home.")),
        ("Seen at home.", "Seen twice at home.", ("Seen at home.", "Seen [+twice+] at home.")),
        ("a b c d", "a x y d", ("a [-b c-] d", "a [+x y+] d")),
        ("One.\n\nTwo.", "One.\n\nThree.", ("One.\n\n[-Two.-]", "One.\n\n[+Three.+]")),
        ("<b>x</b>", "<b>y</b>", ("[-<b>x</b>-]", "[+<b>y</b>+]")),
        ("Zoë went", "Zoe went", ("[-Zoë-] went", "[+Zoe+] went")),
    ],
)
def test_a_change_is_told_word_by_word(before: str, after: str, expected: tuple[str, str] | None) -> None:
    assert told(before, after) == expected


def test_of_any_two_texts_each_side_reads_as_it_was_and_shares_what_is_not_marked() -> None:
    dice = random.Random(20261129)
    for _ in range(300):
        before, after = (
            "".join(dice.choice(["a", "b", "cd", " ", "\n", "e "]) for _ in range(dice.randrange(30)))
            for _ in range(2)
        )
        change = change_of("It", before, after) or Change(
            "It", (Piece("same", before),), (Piece("same", after),)
        )
        assert "".join(piece.text for piece in change.before).split() == before.split()
        assert "".join(piece.text for piece in change.after).split() == after.split()
        kept = [
            " ".join(piece.text for piece in side if piece.kind == "same").split()
            for side in (change.before, change.after)
        ]
        assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 10_000, "a " * 9_999 + "b"),
        ("a b " * 5_000, "b a " * 5_000),
        ("a " * 10_000, "a " * 199),
        (" ".join(str(n) for n in range(4_000)), " ".join(str(n) for n in reversed(range(4_000)))),
    ],
    ids=["one-word", "two-words", "a-short-one", "backwards"],
)
def test_texts_of_20000_characters_that_repeat_themselves_are_compared_in_a_second(
    before: str, after: str
) -> None:
    began = time.process_time()
    assert change_of("It", before, after) is not None
    assert time.process_time() - began < 1.5


def test_rows_that_came_went_and_changed_are_told_in_the_order_in_which_they_came() -> None:
    before = [row(1), row(2, event="Seen at home."), row(3, said="May 2020")]
    after = [row(1), row(2, event="Seen at school.", is_key=True), row(4, said="June 2020", voice="Quiet.")]
    found = [
        (one.kind, one.when, [(part.label, marks(part.before), marks(part.after)) for part in one.parts])
        for one in changed_rows(before, after)
    ]
    assert found == [
        (
            "changed",
            "2019",
            [
                ("What happened", "Seen at [-home.-]", "Seen at [+school.+]"),
                ("Key episode", "", "[+Yes+]"),
            ],
        ),
        (
            "removed",
            "May 2020",
            [
                ("When", "[-May 2020-]", ""),
                ("What happened", "[-Seen.-]", ""),
                ("Child seen", "[-Yes-]", ""),
            ],
        ),
        (
            "added",
            "June 2020",
            [
                ("When", "", "[+June 2020+]"),
                ("What happened", "", "[+Seen.+]"),
                ("Child seen", "", "[+Yes+]"),
                ("Voice of the child", "", "[+Quiet.+]"),
            ],
        ),
    ]


def test_rows_that_are_alike_are_no_change_and_one_typed_in_again_is_another() -> None:
    assert changed_rows([row(1), row(2)], [row(2), row(1)]) == []
    assert [one.kind for one in changed_rows([row(1)], [row(2)])] == ["removed", "added"]


def test_rows_kept_before_they_had_a_number_are_known_by_what_they_say() -> None:
    old = [
        {name: value for name, value in row(0, event=words).items() if name != "row"} for words in ("A", "B")
    ]
    assert [(one.kind, one.parts[1].label) for one in changed_rows(old, old[:1])] == [
        ("removed", "What happened")
    ]
    assert changed_rows(old, list(reversed(old))) == []
