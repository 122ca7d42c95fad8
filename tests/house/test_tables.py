"""Every table of the product can be read on a phone: its rows as cards, each cell with the header of its column."""

import re

import pytest
from django.conf import settings

TEMPLATES = sorted(
    path
    for package in ("config", "accounts", "reviews", "notifications")
    for path in (settings.BASE_DIR / package).rglob("*.html")
    if "<table" in path.read_text()
)


def words(markup: str) -> str:
    return re.sub("<[^>]+>", "", markup).strip()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_each_cell_of_a_table_names_its_column_and_its_role(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    for table in re.findall("<table.*?</table>", text, re.DOTALL):
        assert 'class="govuk-table rr-cards" role="table"' in table
        columns = re.findall(r'<th scope="col"[^>]*role="columnheader">(.*?)</th>', table)
        heads = ["" if "visually-hidden" in head else words(head) for head in columns]
        body = table.partition("<tbody")[2]
        for row in re.findall(r'<tr[^>]*role="row">(.*?)</tr>', body, re.DOTALL):
            cells = re.findall(r"<(td|th)\b([^>]*)>", row)
            if len(cells) == 1 and f'colspan="{len(heads)}"' in cells[0][1]:
                continue  # one sentence as wide as the table: it is under no column
            assert len(cells) == len(heads)
            for head, (tag, said) in zip(heads, cells, strict=True):
                assert f'role="{"rowheader" if tag == "th" else "cell"}"' in said
                if tag == "td":
                    assert re.findall('data-label="([^"]*)"', said) == ([head] if head else [])


def test_there_are_tables() -> None:
    assert len(TEMPLATES) >= 9
