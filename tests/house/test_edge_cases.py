"""docs/edge-cases.md leads from each edge case to its tests, and misses none of them."""

import re

from django.conf import settings

PAGE = settings.BASE_DIR / "docs" / "edge-cases.md"
HIGHEST = 68


def in_the_tests() -> set[tuple[int, str]]:
    """Every test that is named for an edge case: its number, and `path::name`."""
    return {
        (int(number), f"{file.relative_to(settings.BASE_DIR)}::{name}")
        for file in (settings.BASE_DIR / "tests").rglob("test_*.py")
        for name, number in re.findall(r"^ *(?:async )?def (test_\w*?edge_(\d+)\w*)", file.read_text(), re.M)
    }


def in_the_table() -> set[tuple[int, str]]:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", PAGE.read_text(), re.M)
    return {(int(number), test) for number, tests in rows for test in re.findall(r"`([^`]+)`", tests)}


def test_every_test_in_the_table_exists_and_every_test_of_an_edge_case_is_in_it() -> None:
    assert in_the_table() == in_the_tests()


def test_the_page_says_which_numbers_have_no_test_yet() -> None:
    [said] = re.findall(r"^Not covered yet, [^:]*: ([\d, ]+)\.$", PAGE.read_text(), re.M)
    covered = {number for number, _ in in_the_table()}
    assert [int(number) for number in said.split(", ")] == sorted(set(range(1, HIGHEST + 1)) - covered)
