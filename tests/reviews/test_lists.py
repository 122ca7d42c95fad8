"""The lists and home: what they show, what they make of nonsense, and how many queries they take."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from reviews.models import Case, PanelRecord
from reviews.services import cases
from tests import factories
from tests.factories import World
from tests.reviews.asking import DECIDED, a_released_case, linked, signed_in, text_of
from tests.standing import standing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 8, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def a_case_under_way(world: World) -> Case:
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    return case


# ---- One number of queries, however many rows --------------------------------------------------
QUERIES = {
    ("manager", "case-list"): 15,
    ("manager", "case-list-csv"): 9 + 4,  # four count it, where the shared cache is a table
    ("manager", "return-list"): 21,
    ("gp_author", "return-list"): 24,
    ("manager", "home"): 33,  # three more than others: what is amiss with the calendar
    ("gp_author", "home"): 27,
    ("partner_1", "home"): 31,
}
QUERIES_OF_THE_PANEL = {"panel-list": 14, "home": 28}


def queries_of(person: User, name: str) -> int:
    """How often the page asks the database."""
    client = signed_in(person)
    client.get(reverse(name))  # what is fetched once a process is fetched
    with CaptureQueriesContext(connection) as asked:
        answer: Any = client.get(reverse(name))
        answer.getvalue()
    return len(asked)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(world: World, rows: int) -> None:
    for _ in range(rows):
        a_case_under_way(world)
        factories.a_decided_case(world, at=DECIDED)
    assert {(who, name): queries_of(world.people[who], name) for who, name in QUERIES} == QUERIES


@pytest.mark.parametrize("rows", [1, 3])
def test_the_panel_s_lists_take_as_many_queries_for_three_records_as_for_one(world: World, rows: int) -> None:
    for _ in range(rows):
        a_released_case(world, sent_at=DECIDED)
    panel = factories.a_panel_member()
    assert {name: queries_of(panel, name) for name in QUERIES_OF_THE_PANEL} == QUERIES_OF_THE_PANEL
    page = signed_in(panel).get(reverse("panel-list")).content.decode()
    assert [page.count(f"/panel/{record.pk}/") for record in PanelRecord.objects.all()] == [1] * rows


# ---- What they show ----------------------------------------------------------------------------
def test_an_empty_list_says_so(world: World) -> None:
    client = signed_in(world.manager)
    for name in ("case-list", "return-list", "panel-list", "home"):
        assert 'class="govuk-body rr-empty"' in client.get(reverse(name)).content.decode(), name
    assert "There is no case here yet." in text_of(client.get(reverse("case-list")))
    assert "No case matches." in text_of(client.get(reverse("case-list"), {"q": "x"}))


def test_the_list_of_cases_shows_stage_next_date_and_returns(world: World) -> None:
    case = a_case_under_way(world)
    page = text_of(signed_in(world.manager).get(reverse("case-list")))
    # The copy of the notification was not recorded as received: the oldest open clock comes first.
    assert f"{case.code} Rapid review Thursday 19 March 2026 2 of 2" in page


def test_home_is_what_needs_me_by_when(world: World) -> None:
    a_case_under_way(world)
    page = text_of(signed_in(world.gp_author).get(reverse("home")))
    assert "Write the return of Northborough gp" in page
    assert "Write the return of Northborough school" not in page
    assert "6 working days late (was due Friday 27 March 2026)" in page


def test_home_puts_what_law_sets_first_and_folds_what_is_far_off(world: World, time_machine: Any) -> None:
    # Given a rapid review that is late, and so are milestones that were due before it
    a_case_under_way(world)
    time_machine.move_to(datetime(2026, 4, 20, 9, tzinfo=UTC), tick=False)
    page = signed_in(world.manager).get(reverse("home")).content.decode()
    late = page.partition(">Late</caption>")[2].partition("</table>")[0]
    first, second = late.split('data-label="What">')[1:3]
    assert ("Finish the rapid review" in first, "Statutory" in first, "Statutory" in second) == (
        True,
        True,
        False,
    )

    # And one that has its time, then what is due in more than ten days is folded away at the end
    time_machine.move_to(factories.NOTIFIED, tick=False)
    near, _, far = signed_in(world.manager).get(reverse("home")).content.decode().partition("<details")
    assert ("Finish the rapid review" in near, "Finish the rapid review" in far) == (False, True)
    assert ("More than 10 days off: " in far, "Rapid review meeting" in far) == (True, True)


def test_home_folds_nothing_away_from_somebody_with_little_to_do(world: World, time_machine: Any) -> None:
    # Given the Panel, whose only duty is due in more than ten days
    panel = factories.a_panel_member()
    time_machine.move_to(DECIDED, tick=False)
    a_released_case(world)
    page = signed_in(panel).get(reverse("home")).content.decode()
    assert ("More than 10 days off" in page, "<details" in page) == (True, False)


# ---- Filters -----------------------------------------------------------------------------------
@standing
def three(world: World) -> dict[str, Case]:
    """A referral, a rapid review and a case that was not notified."""
    declined = factories.a_referral(world)
    return {
        "referred": factories.a_referral(world),
        "rapid_review": factories.a_notified_case(world),
        "not_notified": cases.decline_case(declined, reason="No.", by=world.manager, at=factories.REFERRED),
    }


def found(world: World, three: dict[str, Case], **query: str) -> set[str]:
    """Which of the three a search finds, by name; and that the file has the same."""
    client = signed_in(world.manager)
    there = linked(client.get(reverse("case-list"), query), "cases")
    answer: Any = client.get(reverse("case-list-csv"), query)
    codes = {line.split(",")[0] for line in answer.getvalue().decode().splitlines()[1:]}
    assert codes == {case.code for case in three.values() if str(case.pk) in there}
    return {name for name, case in three.items() if str(case.pk) in there}


def test_a_part_of_a_code_finds_a_case_once_however_many_of_its_returns_have_it_too(world: World) -> None:
    case = a_case_under_way(world)
    client = signed_in(world.manager)
    page = client.get(reverse("case-list"), {"q": "R-"}).content.decode()
    lines = client.get(reverse("case-list-csv"), {"q": "R-"}).getvalue().decode().splitlines()  # type: ignore[attr-defined]
    assert (page.count(f'href="{case.get_absolute_url()}"'), len(lines)) == (1, 2)


def test_a_stage_and_a_code_narrow_the_list(world: World, three: dict[str, Case]) -> None:
    for name, case in three.items():
        assert found(world, three, state=name) == {name}
        assert found(world, three, q=case.code.lower()) == {name}
        assert found(world, three, q=f" {case.code} ", state=name) == {name}
    assert found(world, three, q="SIN-1") == {"rapid_review"}
    assert found(world, three, state="closed") == set()
    assert found(world, three, q=three["referred"].code, state="rapid_review") == set()


@pytest.mark.parametrize(
    "query",
    [
        {"order": "password"},
        {"sort": "children__name"},
        {"filter": "__class__"},
        {"state": "nonsense"},
        {"state": "rapid_review' OR 1=1--"},
        {"partnership": "1"},
        {"q": ""},
        {"q": "   "},
    ],
)
def test_bad_input_67_what_may_not_be_asked_is_ignored(
    world: World, three: dict[str, Case], query: dict[str, str]
) -> None:
    assert found(world, three, **query) == set(three)


@pytest.mark.parametrize(
    "q", ["%", "_", "%' OR 1=1--", "%25%25%25", "\\", "(a+)+$", "(" * 5000, "canary", "Zebedee"]
)
def test_bad_input_68_a_search_is_for_what_was_typed(world: World, three: dict[str, Case], q: str) -> None:
    assert found(world, three, q=q) == set()


@pytest.mark.parametrize("q", ["%00", "%ed%a0%80", "%ff"])
def test_bad_input_65_a_search_that_is_no_text_gets_a_plain_page(world: World, q: str) -> None:
    client = signed_in(world.manager)
    for page in ("case-list", "case-list-csv"):
        assert client.get(f"{reverse(page)}?q={q}").status_code == 400


# ---- Pages -------------------------------------------------------------------------------------
NO_PAGES = ("0", "-1", "abc", "", "1000000000", "9" * 300, "1.5", "1e3", "null", "[]")


@pytest.mark.parametrize("name", ["case-list", "return-list", "panel-list", "notice-list", "home"])
def test_bad_input_66_a_page_that_is_none_is_answered_all_the_same(world: World, name: str) -> None:
    client = signed_in(world.manager)
    assert [client.get(reverse(name), {"page": asked}).status_code for asked in NO_PAGES] == [200] * len(
        NO_PAGES
    )


def test_a_long_list_comes_in_pages_that_keep_the_search(world: World) -> None:
    for _ in range(51):
        factories.a_referral(world)
    client = signed_in(world.manager)
    address = reverse("case-list")
    first, last = (linked(client.get(address, {"page": page}), "cases") for page in ("1", "2"))
    assert (len(first), len(last)) == (50, 1)
    for asked, shown in (
        ("99", first),  # nobody counts the pages: where there is none, the first
        ("0", first),
        ("-1", first),
        ("9" * 30, first),
        ("abc", first),
        ("", first),
        ("1e3", first),
    ):
        assert linked(client.get(address, {"page": asked}), "cases") == shown, asked
    assert first | last == {str(case.pk) for case in Case.objects.all()}
    page = client.get(address, {"q": "R-", "state": "referred"}).content.decode()
    assert "?q=R-&amp;state=referred&amp;page=2" in page or "?q=R-&state=referred&page=2" in page
