"""All agencies of a case on one timeline: what is on it, for whom, and what it costs when there is much of it."""

import csv
import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import Agency, Role
from accounts.services import add_member, seat_for
from reviews.models import AgencyReturn, Case, ChronologyRow
from reviews.questions import RETURN_FORM
from reviews.services import chronology, partnerships, recusals, returns, sharing
from reviews.timeline.dates import read
from reviews.timeline.rows import Row
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import signed_in, text_of
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
LATER = NOTIFIED + timedelta(hours=3)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(LATER, tick=False)


def row(words: str, event: str = "Seen.", **given: Any) -> Row:
    return Row(read(words, on=LATER.date()), event, **given)


def told(it: AgencyReturn, world: World, who: str, *rows: Row, signed: bool = True) -> AgencyReturn:
    """The rows are in the return of that agency, and it is signed off."""
    author, lead = world.people[f"{who}_author"], world.people[f"{who}_lead"]
    chronology.add_rows(it, rows, by=author, at=LATER)
    it = AgencyReturn.objects.get(pk=it.pk)
    return factories.a_return_in(it, author, lead, at=LATER) if signed else it


@standing
def merged(world: World, case: Case, asked: dict[str, AgencyReturn]) -> Case:
    """Two agencies, one of which tells of three things, the other of four; on one day both do."""
    told(
        asked["gp"],
        world,
        "gp",
        row("3 May 2019", "GP: a call.", is_key=True),
        row("13 days after birth", "GP: weighed."),
        row("2 March 2026", "GP: fell."),
    )
    told(
        asked["school"], world, "school",
        row("3 May 2019", "School: absent.", source="SIMS", voice="Sad."), row("May 2019", "School: a meeting."),
        row("unknown", "School: a rumour."), row("1 January 2025", "School: left.", is_key=True),
    )  # fmt: skip
    return case


def address(case: Case, asked: str = "") -> str:
    return reverse("case-chronology", args=[case.pk]) + asked


def shown(world: World, case: Case, asked: str = "", who: str = "manager") -> list[str]:
    """What happened, in the order of the page; a gap by its days."""
    page = signed_in(world.people[who]).get(address(case, asked)).content.decode()
    cells = re.findall(r'(?:data-label="What happened"|colspan="4")>(.*?)</td>', page, re.DOTALL)
    return [
        found[0]
        if (found := re.findall(r"(?:GP|School): [a-z ]+\.|Gap of [a-z ]*[\d,]+ days", cell))
        else "?"
        for cell in cells
    ]


# ---- What is on it -----------------------------------------------------------------------------------
def test_all_agencies_stand_on_one_line_with_the_gaps_between_them(world: World, merged: Case) -> None:
    assert shown(world, merged) == [
        "School: a meeting.", "GP: a call.", "School: absent.", "Gap of 2,041 days", "School: left.",
        "Gap of more than 90 days", "GP: weighed.", "Gap of more than 90 days", "GP: fell.", "School: a rumour.",
    ]  # fmt: skip


def test_each_line_names_its_agency_and_who_else_tells_of_that_day(world: World, merged: Case) -> None:
    page = signed_in(world.manager).get(address(merged))
    text = text_of(page)
    assert "3 May 2019 Same day Northborough school Northborough gp Key episode GP: a call. Not known" in text
    assert (
        "3 May 2019 Same day Northborough gp Northborough school School: absent. Voice of the child: Sad. "
        "Source: SIMS Not known"
    ) in text
    assert text.count("Same day") == 2
    assert "Of 2 agencies: Northborough gp , Northborough school ." in text
    # The colour says the same as the name.
    rows = re.findall(
        r'rr-agency-(\d+)" role="row">.*?data-label="Agency">(.*?)</td>', page.content.decode(), re.DOTALL
    )
    assert set(rows) == {("1", "Northborough gp"), ("2", "Northborough school")}


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("?gap=0&key=yes", ["GP: a call.", "School: left."]),
        ("?gap=0&from=2025", ["School: left.", "GP: weighed.", "GP: fell."]),
        ("?gap=0&to=3+May+2019", ["School: a meeting.", "GP: a call.", "School: absent."]),
        ("?gap=0&from=4+May+2019&to=2024", ["School: a meeting."]),
        ("?gap=180&key=yes", ["GP: a call.", "Gap of 2,069 days", "School: left."]),
        ("?gap=0&agency=nonsense&key=yes", ["GP: a call.", "School: left."]),
    ],
)
def test_it_is_narrowed_down_by_time_and_to_key_episodes(
    world: World, merged: Case, query: str, rows: list[str]
) -> None:
    assert shown(world, merged, query) == rows


def test_it_is_narrowed_down_to_an_agency_and_who_else_met_the_family_that_day_stays(
    world: World, merged: Case
) -> None:
    asked = f"?gap=0&agency={world.gp.pk}"
    assert shown(world, merged, asked) == ["GP: a call.", "GP: weighed.", "GP: fell."]
    assert "Same day Northborough school" in text_of(signed_in(world.manager).get(address(merged, asked)))


def test_nothing_but_its_place_tells_when_a_row_was_that_is_counted_from_a_birth(
    world: World, merged: Case
) -> None:
    # Given a child born on 2 November 2025, of whom the GP tells something 13 days later:
    page = text_of(signed_in(world.member).get(address(merged)))
    assert "Thursday 2 January 2025" not in page
    assert "14 November 2025" not in page
    # Then who asks day by day learns in which month it was, and no more.
    for query, is_there in (("?from=30+November+2025", True), ("?from=1+December+2025", False),
                            ("?to=1+November+2025", True), ("?to=31+October+2025", False)):  # fmt: skip
        assert ("GP: weighed." in shown(world, merged, query, who="member")) is is_there


def test_a_date_that_cannot_be_read_is_told_and_narrows_nothing_down(world: World, merged: Case) -> None:
    answer = signed_in(world.manager).get(address(merged, "?from=last+week&to=unknown&gap=x&page=-1"))
    text = text_of(answer)
    assert "Error: Write a day, or roughly when" in text
    assert "Error: Write a day, a month or a year, such as 12 March 2019, March 2019 or 2019." in text
    assert "7 rows." in text
    assert 'value="last week"' in answer.content.decode()


def test_where_nothing_is_told_in_rows_the_page_says_where_it_stands(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    assert "No return that you may read is signed off yet." in text_of(
        signed_in(world.manager).get(address(case))
    )
    factories.a_return_in(gp, world.gp_author, world.gp_lead, at=LATER)
    text = text_of(signed_in(world.manager).get(address(case)))
    assert "No agency gave its chronology in rows." in text


# ---- For whom ----------------------------------------------------------------------------------------
def test_only_what_is_signed_off_is_on_it(world: World, case: Case, asked: dict[str, AgencyReturn]) -> None:
    gp = told(asked["gp"], world, "gp", row("2019", "GP: a call."), signed=False)
    assert shown(world, case) == []
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)
    gp = returns.finish_return(gp, by=world.gp_author, at=LATER)
    assert shown(world, case) == []
    gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)
    assert shown(world, case) == ["GP: a call."]
    gp = returns.send_back_return(gp, reason="More.", by=world.manager, at=LATER)
    assert shown(world, case) == []


@pytest.mark.parametrize("way", ["another way", "nil", "nil, accepted"])
def test_rows_of_a_draft_are_shown_to_nobody_once_something_else_was_sent(
    world: World, case: Case, asked: dict[str, AgencyReturn], way: str
) -> None:
    gp = told(asked["gp"], world, "gp", row("2019", "GP: a call."), signed=False)
    if way == "another way":
        given = {"way": "email", "given_by": "The practice", "said": "By mail.", "received_at": LATER}
        gp = returns.receive_return(gp, **given, by=world.manager, at=LATER)
    else:
        gp = returns.declare_nil(gp, searched="EMIS", by=world.gp_lead, at=LATER)
    if way == "nil, accepted":
        gp = returns.accept_return(gp, by=world.manager, at=LATER)
    assert gp.state == ("nil" if way == "nil" else "accepted")
    assert shown(world, case) == []
    for who in ("manager", "member", "gp_author"):
        page = signed_in(world.people[who]).get(reverse("return-chronology", args=[gp.pk]))
        assert "GP: a call." not in page.content.decode()


def test_who_may_read_the_returns_reads_it_and_nobody_else(world: World, other: World, merged: Case) -> None:
    seat = other.people["co_chair"].memberships.get().seat
    today = LATER.date()
    sharing.share_case(
        merged, seat, starts_on=today, ends_on=today, reason="Moved.", by=world.manager, at=LATER
    )
    recusals.recuse(merged, world.people["partner_1"], kind="other", reason="Kin.", by=world.chair, at=LATER)

    def reads(person: Any) -> tuple[int, bool, int]:
        client = signed_in(person)
        answer = client.get(address(merged))
        file = client.get(address(merged).removesuffix("/") + ".csv")
        assert ("GP: a call." in file.content.decode()) == ("GP: a call." in answer.content.decode())
        return answer.status_code, "GP: a call." in answer.content.decode(), file.status_code

    ours = ("manager", "member", "co_chair", "partner_2", "partner_3")
    assert {who: reads(world.people[who]) for who in ours} == dict.fromkeys(ours, (200, True, 200))
    # The independent chair reads what was decided, and no return.
    assert reads(world.people["chair"]) == (200, False, 200)
    nobodies = ("gp_author", "gp_lead", "school_author", "partner_1", "administrator")
    assert {who: reads(world.people[who]) for who in nobodies} == dict.fromkeys(nobodies, (404, False, 404))
    assert reads(other.people["co_chair"]) == (404, False, 404)
    assert reads(other.people["manager"]) == (404, False, 404)


def test_the_ledger_tells_of_the_case_and_of_each_return_that_is_shown(world: World, merged: Case) -> None:
    before = LedgerEntry.objects.order_by("-pk")[0].pk
    client = signed_in(world.manager)
    client.get(address(merged))
    client.get(address(merged).removesuffix("/") + f".csv?agency={world.gp.pk}")
    entries = LedgerEntry.objects.filter(pk__gt=before).order_by("pk").values_list("action", "target")
    gp, school = merged.returns.order_by("agency__name")
    case, first, second = (f"{one._meta.label_lower} {one.pk}" for one in (merged, gp, school))
    assert list(entries) == [
        ("read", case), ("read", first), ("read", second), ("export", case), ("export", first),
    ]  # fmt: skip


def test_the_page_of_the_case_leads_to_it(world: World, merged: Case) -> None:
    link = f'href="{address(merged)}"'
    assert link in signed_in(world.manager).get(merged.get_absolute_url()).content.decode()


# ---- As a file -----------------------------------------------------------------------------------------
def lines_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_file_has_a_line_a_row_and_tells_no_date_of_birth(world: World, merged: Case) -> None:
    answer = signed_in(world.manager).get(address(merged).removesuffix("/") + ".csv?to=3+May+2019&gap=0")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{merged.code}-chronology.csv"'
    head = "When|First day|Last day|Agency|Also that day|Source|What happened|Child seen|Voice of the child"
    assert lines_of(answer) == [
        [*head.split("|"), "Action or decision", "Comment", "Key episode"],
        ["May 2019", "2019-05-01", "2019-05-31", "Northborough school", "", "", "School: a meeting.", "Not known", "",
         "", "", "No"],
        ["3 May 2019", "2019-05-03", "2019-05-03", "Northborough gp", "Northborough school", "", "GP: a call.",
         "Not known", "", "", "", "Yes"],
        ["3 May 2019", "2019-05-03", "2019-05-03", "Northborough school", "Northborough gp", "SIMS",
         "School: absent.", "Not known", "Sad.", "", "", "No"],
    ]  # fmt: skip
    whole = lines_of(signed_in(world.manager).get(address(merged).removesuffix("/") + ".csv"))
    assert [line[:3] for line in whole if line[6] == "GP: weighed."] == [["13 days after birth", "", ""]]
    assert len(whole) == 8


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@x", "＝1"])
def test_bad_input_84_and_85_no_cell_of_the_file_is_a_formula_and_each_stays_one_cell(
    world: World, case: Case, gp: AgencyReturn, cell: str
) -> None:
    told(gp, world, "gp", row("2019", cell, source=cell, comment=f'{cell}\n";\t,'))
    (line,) = lines_of(signed_in(world.manager).get(address(case).removesuffix("/") + ".csv"))[1:]
    assert (line[5], line[6], line[10]) == (f"'{cell}", f"'{cell}", f"'{cell} \"; ,")
    assert ChronologyRow.objects.get().event == cell


def workbook_of(world: World, case: Case) -> bytes:
    answer = signed_in(world.manager).get(address(case).removesuffix("/") + ".xlsx")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{case.code}-chronology.xlsx"'
    return bytes(answer.content)


def test_the_workbook_has_the_same_rows_as_they_were_typed(
    world: World, case: Case, gp: AgencyReturn
) -> None:
    told(gp, world, "gp", row("early 2019", "Two\nlines.", comment="'quoted", is_key=True))
    sheet = openpyxl.load_workbook(io.BytesIO(workbook_of(world, case))).active
    assert sheet is not None
    head, line = list(sheet.values)
    assert head[:5] == ("When", "First day", "Last day", "Agency", "Also that day")
    assert line == (
        "early 2019", "2019-01-01", "2019-04-30", "Northborough gp", "", "", "Two\nlines.", "Not known", "", "",
        "'quoted", "Yes",
    )  # fmt: skip


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+1", "-1", "@x", "http://x.example", "1.50"])
def test_bad_input_84_and_86_the_workbook_has_no_formula_no_link_and_nothing_hidden(
    world: World, case: Case, gp: AgencyReturn, cell: str
) -> None:
    told(gp, world, "gp", row("2019", cell, source=cell))
    raw = workbook_of(world, case)
    book = openpyxl.load_workbook(io.BytesIO(raw))
    assert [(sheet.title, sheet.sheet_state) for sheet in book.worksheets] == [("Chronology", "visible")]
    found = [one for one in book.worksheets[0][2] if one.value == cell]
    assert [(one.data_type, one.hyperlink, one.comment) for one in found] == [("s", None, None)] * 2
    hidden = [
        d
        for d in (*book.worksheets[0].row_dimensions.values(), *book.worksheets[0].column_dimensions.values())
        if d.hidden
    ]
    assert (hidden, dict(book.defined_names)) == ([], {})
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        assert not [
            name for name in parts.namelist() if "externalLink" in name or "comments" in name or "vba" in name
        ]
        assert all(b"<f>" not in parts.read(name) for name in parts.namelist())
        assert b"<dc:creator></dc:creator>" in parts.read("docProps/core.xml")


# ---- Much of it ----------------------------------------------------------------------------------------
def many(world: World, case: Case, agencies: int, rows: int) -> None:
    """So many agencies, each with so many rows in a return that is signed off: made at once."""
    made: list[Agency] = [
        partnerships.add_agency(world.partnership, f"Agency {n:02}", "education", by=SYSTEM, at=NOTIFIED,
                                is_safeguarding_partner=False)
        for n in range(agencies)
    ]  # fmt: skip
    author, lead = world.people["gp_author"], world.people["gp_lead"]
    for agency in made:
        add_member(author, seat_for(Role.AUTHOR, agency=agency))
        add_member(lead, seat_for(Role.SAFEGUARDING_LEAD, agency=agency))
    asked = returns.ask_agencies(case, made, by=world.manager, at=NOTIFIED)
    for it in asked:
        it = returns.save_section(it, "you", {}, by=author, at=LATER)
        AgencyReturn.objects.filter(pk=it.pk).update(answers=factories.full_answers(RETURN_FORM))
        returns.sign_off_return(returns.finish_return(it, by=author, at=LATER), by=lead, at=LATER)
    first = date(2010, 1, 1)
    ChronologyRow.objects.bulk_create(
        [
            ChronologyRow(
                agency_return=it, said=f"{n}", first_on=first + timedelta(days=n * 9 + place),
                last_on=first + timedelta(days=n * 9 + place), event=f"Contact {n} of {place}. " * 5,
                saved_by=world.manager, saved_at=LATER, is_key=n % 50 == 0,
            )
            for place, it in enumerate(asked) for n in range(rows)
        ],
        batch_size=500,
    )  # fmt: skip


@pytest.mark.parametrize(("agencies", "rows"), [(1, 3), (12, 500)])
def test_twelve_agencies_of_five_hundred_rows_cost_as_many_queries_as_one_of_three(
    world: World, case: Case, agencies: int, rows: int, django_assert_num_queries: Any
) -> None:
    many(world, case, agencies, rows)
    client = signed_in(world.manager)
    client.get(address(case))
    with django_assert_num_queries(23):
        page = client.get(address(case))
    assert text_of(page).count(f"{agencies * rows:,} rows.") == 1
