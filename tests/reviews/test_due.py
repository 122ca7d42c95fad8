"""What is due in a year: for whom, by which filters, in how many queries."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviews.models import AgencyReturn, Case
from reviews.services import due
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import Released, signed_in, text_of
from tests.standing import standing
from workflows.actors import SYSTEM
from workflows.models import Deadline
from workflows.services import changing_clocks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)  # the Thursday before Easter


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def case(world: World) -> Case:
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    return case


def page(person: Any, **query: Any) -> str:
    return text_of(signed_in(person).get(reverse("due"), query))


# ---- What it shows -----------------------------------------------------------------------------
def test_each_day_has_its_deadlines_with_code_rule_agency_and_the_one_wording(
    world: World, case: Case
) -> None:
    shown = page(world.manager)

    assert (
        "Friday 10 April 2026 "
        f"{case.code}: Finish the rapid review and send it to the Panel 4 working days left (due Friday 10 April 2026)"
    ) in shown
    assert (
        f"{case.code}: Agency return, Northborough gp 4 working days late (was due Friday 27 March 2026)"
        in shown
    )
    assert [canary for canary in CANARIES if canary in shown] == []


def test_bank_holidays_stand_among_the_days_and_today_is_marked(world: World, case: Case) -> None:
    shown = page(world.manager)

    assert "Friday 3 April 2026 Bank holiday: Good Friday" in shown
    assert shown.index("Good Friday") < shown.index("Friday 10 April 2026 R-")
    assert (
        shown.count("Bank holiday:") == 7
    )  # but for New Year's Day, which is over and before all that is due
    assert "New Year" not in shown
    assert page(world.manager, year="2025").count("Bank holiday:") == 8


def test_another_year_has_its_own_days_and_nonsense_is_this_year(world: World, case: Case) -> None:
    assert "What is due in 2027 " in page(world.manager, year="2027")
    assert case.code not in page(world.manager, year="2027")
    for nonsense in ("", "9999", "-1", "٢٠٢٦٠", "2026x", "0000"):
        assert "What is due in 2026 " in page(world.manager, year=nonsense)


def test_a_paused_deadline_has_no_day_and_stands_apart(world: World, case: Case) -> None:
    changing_clocks.pause_deadline(
        case, "LOC_MEETING", by=SYSTEM, at=NOW, effective_at=NOW, authority="the chair", reason="Leave"
    )

    assert f"Paused, without a day {case.code}: Rapid review meeting paused" in page(world.manager)
    assert "Paused, without a day" not in page(world.manager, year="2027")


# ---- For whom ----------------------------------------------------------------------------------
def test_an_agency_sees_its_own_returns_by_their_own_code_and_nothing_else(world: World, case: Case) -> None:
    shown = page(world.gp_author)
    gp = AgencyReturn.objects.get(agency=world.gp)

    assert "2 deadlines." in shown
    assert f"{gp.code}: Agency return, Northborough gp" in shown
    assert case.code not in shown
    assert "What if" not in shown


def test_another_partnership_and_the_user_administrator_see_nothing(
    world: World, case: Case, other: World
) -> None:

    assert "0 deadlines." in page(other.manager)
    assert "0 deadlines." in page(world.administrator)


def test_the_panel_sees_the_replies_it_owes(world: World, released: Released) -> None:
    shown = page(factories.a_panel_member())

    assert "1 deadline." in shown
    assert f"{released.record.code}: Reply expected from the Panel" in shown


# ---- Filters -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ({"late": "1"}, ": Agency return,", ": Finish the rapid review"),
        ({"rule": "LOC_RETURN"}, ": Agency return,", ": Rapid review meeting"),
        ({"mine": "1"}, ": Finish the rapid review", ": Agency return,"),
        ({"done": "1"}, ": Notify the Panel of a serious incident met on time", "nothing like it"),
        ({}, ": Finish the rapid review", ": Notify the Panel of a serious incident"),
        (
            {"rule": "NONSENSE", "agency": "nonsense", "late": "yes"},
            "Finish the rapid review",
            "nothing like it",
        ),
    ],
)
def test_a_filter_leaves_what_it_says(
    world: World, case: Case, query: dict[str, str], there: str, not_there: str
) -> None:
    shown = page(world.manager, **query)

    assert there in shown
    assert not_there not in shown


def test_an_agency_s_filter_leaves_its_returns(world: World, case: Case) -> None:
    shown = page(world.manager, agency=str(world.agencies["gp"].pk))

    assert "2 deadlines." in shown
    assert ": Agency return, Northborough gp" in shown
    assert ": Agency return, Northborough school" not in shown


def test_a_partner_s_own_are_the_signatures(world: World) -> None:
    case = factories.a_decided_case(world, at=NOW)
    shown = page(world.partner_1, mine="1")

    assert "1 deadline." in shown
    assert f"{case.code}: Partners sign the decision off" in shown


def test_the_way_to_another_year_keeps_the_filters(world: World, case: Case) -> None:
    html = signed_in(world.manager).get(reverse("due"), {"late": "1", "rule": "LOC_RETURN"}).content.decode()

    assert 'href="?year=2025&amp;late=1&amp;rule=LOC_RETURN"' in html
    assert 'href="?year=2027&amp;late=1&amp;rule=LOC_RETURN"' in html


# ---- In parts ----------------------------------------------------------------------------------
def addresses(response: Any, relation: str) -> list[str]:
    found = re.findall(rf'rel="{relation}" href="([^"]+)"', response.content.decode().partition("Years")[0])
    return [address.replace("&amp;", "&") for address in found[:1]]


def test_a_year_of_many_is_shown_in_parts_of_whole_days_and_each_deadline_once(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given room for four deadlines on a page, of a year that has eleven, five of them on one day
    monkeypatch.setattr(due, "PART", 4)
    factories.asked_returns(world, factories.a_notified_case(world))
    client, seen, days, forth = signed_in(world.manager), [], [], []
    whole = Deadline.objects.open().order_by("due_on", "pk")
    address = f"{reverse('due')}?mine=&late="

    # When the manager goes on to the next part, and to the next
    while address:
        response = client.get(address)
        forth.append(address)
        assert f"{whole.count()} deadlines." in text_of(response)
        html = response.content.decode()
        seen.append(len(re.findall(r'<li><a class="govuk-link rr-reference"', html)))
        days.append(re.findall(r'datetime="(2026-[0-9-]+)"', html.partition("<main")[2]))
        address = "".join(reverse("due") + one for one in addresses(response, "next"))

    # Then each was seen once, no day is in two parts, and nothing but a single day makes a part longer
    assert sum(seen) == whole.count()
    together = [day for part in days for day in part]
    assert together == sorted(set(together))
    per_day = Counter(str(one.due_on) for one in whole)
    assert all(
        n <= 4 or len([d for d in part if per_day[d]]) == 1 for n, part in zip(seen, days, strict=True)
    )

    # And the way back leads to the beginning; a month on another part is one press away
    address, steps = forth[-1], 0
    while back := addresses(client.get(address), "prev"):
        address, steps = reverse("due") + back[0], steps + 1
    assert 0 < steps <= len(forth)
    assert "from=2026-01-01" in address
    assert "from=2026-04-01" in client.get(reverse("due")).content.decode()


@pytest.mark.parametrize(
    "nonsense", ["2025-03-01", "2026-02-31", "x", "9999-12-31", "2026-01-01", "20260301T"]
)
def test_a_part_that_begins_with_nonsense_is_the_first(world: World, case: Case, nonsense: str) -> None:
    assert page(world.manager, **{"from": nonsense}) == page(world.manager)


def test_only_the_cases_shown_are_read_for_their_names(world: World, case: Case) -> None:
    factories.a_referral(world)
    deadlines = list(case.deadlines.select_related("subject", "rule"))
    assert set(due.Names(deadlines, world.manager, at=NOW).codes) == {case.pk}
    assert due.Names(deadlines, world.gp_author, at=NOW).codes == {}


# ---- One number of queries ---------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize(
    ("query", "queries"),
    # Four count what is narrowed down, where the shared cache is a table.
    [({}, 25), ({"mine": "1", "done": "1"}, 29 + 4), ({"from": "2026-03-20", "late": "1"}, 26 + 4)],
)
def test_the_year_takes_as_many_queries_for_four_cases_as_for_one(
    world: World,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
    query: dict[str, str],
    queries: int,
) -> None:
    for _ in range(rows):
        factories.asked_returns(world, factories.a_notified_case(world))
    client = signed_in(world.manager)
    client.get(reverse("due"), query)
    with django_assert_num_queries(queries):
        client.get(reverse("due"), query)


def test_every_day_that_is_due_is_a_date_and_no_moment(world: World, case: Case) -> None:
    html = signed_in(world.manager).get(reverse("due")).content.decode().partition("<main")[2]
    days = [part.partition('"')[0] for part in html.split('<time datetime="')[1:]]

    assert len(days) > 8
    assert [day for day in days if date.fromisoformat(day).isoformat() != day] == []
