"""The page "What if" and the command `simulate`: what they show, to whom, and how they refuse."""

import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from reviews.models import Case
from reviews.views import what_if as what_if_view
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import beside_the_boxes, row_counts, signed_in, summary_of, text_of
from tests.standing import standing

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 19, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@standing
def case(world: World) -> Case:
    case = factories.a_notified_case(world)
    factories.asked_returns(world, case)
    return case


def boxes(name: str, day: str) -> dict[str, str]:
    year, month, number = day.split("-")
    return {f"{name}_day": number, f"{name}_month": month, f"{name}_year": year}


def ask(person: Any, **query: Any) -> Any:
    return signed_in(person).get(reverse("what-if"), query)


# ---- The page ----------------------------------------------------------------------------------
def test_it_opens_with_a_form_and_says_that_it_changes_nothing(world: World) -> None:
    shown = text_of(ask(world.manager))

    assert "This changes nothing, and nothing is sent." in shown
    assert "You suppose" not in shown


def test_all_of_it_at_once_shows_dates_and_mails_and_writes_nothing(world: World, case: Case) -> None:
    before = row_counts()
    answer = ask(
        world.manager,
        **boxes("today", "2026-04-01"),
        **boxes("holiday", "2026-03-24"),
        working_day="2026-04-03",
        agency=str(world.agencies["gp"].pk),
        **boxes("pause_first", "2026-03-23"),
        **boxes("pause_last", "2026-03-25"),
        milestone="LOC_MEETING",
        count="3",
        unit="wd",
    )
    shown = text_of(answer)

    assert (
        "You suppose Today is Wednesday 1 April 2026. Tuesday 24 March 2026 is a bank holiday. "
        "Friday 3 April 2026 is no bank holiday. The returns of Northborough gp stand still from "
        "Monday 23 March 2026 to Wednesday 25 March 2026. “Rapid review meeting” has a limit of 3 working days, "
        "also where it runs already."
    ) in shown
    assert "Agency return, Northborough gp Friday 27 March 2026 Wednesday 1 April 2026 due today" in shown
    assert "Reminder: a deadline is coming gp author of Northborough Author" in shown
    assert [canary for canary in CANARIES if canary in shown] == []
    assert row_counts() == before


def test_a_limit_of_what_is_planned_back_says_how_long_before_and_what_moves_with_another_says_so(
    world: World, case: Case
) -> None:
    client = signed_in(world.manager)
    said = text_of(client.get(reverse("what-if"), {"milestone": "LOC_FINAL", "count": "3", "unit": "wd"}))
    assert "“Last check of the rapid review before it is sent” has a limit of 3 working days before" in said
    assert "Wednesday 8 April 2026 Tuesday 7 April 2026" in said
    said = text_of(client.get(reverse("what-if"), {"milestone": "RR_COMPLETE", "count": "20", "unit": "wd"}))
    assert "Wednesday 15 April 2026 It moves with “Finish the rapid review and send it to the Panel”." in said


SUPPOSED = {"today_day": "29", "today_month": "5", "today_year": "2026"}


@pytest.mark.parametrize("cases", [1, 3])
@pytest.mark.parametrize(
    ("query", "queries"),
    [({}, 11), (SUPPOSED, 58 + 4)],  # four count it, where the shared cache is a table
)
def test_it_takes_as_many_queries_for_three_cases_as_for_one(
    world: World,
    django_assert_num_queries: DjangoAssertNumQueries,
    cases: int,
    query: dict[str, str],
    queries: int,
) -> None:
    for _ in range(cases):
        factories.asked_returns(world, factories.a_notified_case(world))
    client = signed_in(world.manager)
    client.get(reverse("what-if"), query)
    with django_assert_num_queries(queries):
        client.get(reverse("what-if"), query)


def test_dates_and_mails_are_shown_in_parts_and_counted_whole(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if_view, "PART", 5)
    client = signed_in(world.manager)
    first = client.get(reverse("what-if"), SUPPOSED)
    mails = int(re.search(r"Mails \((\d+)\)", first.content.decode())[1])  # type: ignore[index]
    assert mails > 10
    shown = []
    for number in range(1, mails // 5 + 2):
        html = client.get(reverse("what-if"), {**SUPPOSED, "mails": str(number)}).content.decode()
        shown += re.findall(r'<td role="cell"[^>]*data-label="Subject line">', html)
    assert len(shown) == mails
    following = re.search(r'href="\?([^"]+)mails=2#mails"', first.content.decode())
    assert following
    assert following[1].replace("&amp;", "&") == "today_day=29&today_month=5&today_year=2026&"


def test_the_form_keeps_what_was_asked_and_cannot_be_posted(world: World, case: Case) -> None:
    html = ask(world.manager, milestone="LOC_MEETING", count="3", unit="wd").content.decode()

    assert '<option value="LOC_MEETING" selected>' in html
    assert '<form method="get"' in html
    assert signed_in(world.manager).post(reverse("what-if")).status_code == 405


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        (boxes("today", "2026-02-31"), "Today is must be a real date"),
        (boxes("today", "2026-03-18"), "Today is must be today or in the future"),
        (boxes("holiday", "9999-01-01"), "One more bank holiday must be before 1 January 2100"),
        ({"agency": "nonsense"}, "Select the agency"),
        ({"milestone": "LOC_LUNCH"}, "Select the milestone"),
        ({"milestone": "LOC_MEETING", "unit": "wd"}, "Enter the limit it would have"),
        ({"count": "3", "unit": "wd"}, "Select the milestone"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_box(world: World, query: dict[str, str], refused: str) -> None:
    answer = ask(world.manager, **query)

    assert answer.status_code == 200
    assert summary_of(answer) == [refused]
    assert beside_the_boxes(answer) == [refused]


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        (boxes("holiday", "2026-04-03"), "does not count already (Good Friday)"),
        (boxes("today", "2099-12-31"), "the calendar covers"),
    ],
)
def test_what_cannot_be_supposed_is_said_above_the_form(
    world: World, query: dict[str, str], refused: str
) -> None:
    [said] = summary_of(ask(world.manager, **query))

    assert refused in said


def test_it_is_for_those_who_may_see_cases_and_for_nobody_else(world: World, case: Case) -> None:
    for who in ("manager", "member", "chair", "partner_1"):
        assert ask(world.people[who]).status_code == 200
    for who in ("gp_author", "gp_lead", "administrator"):
        assert ask(world.people[who]).status_code == 404
    assert ask(factories.a_panel_member()).status_code == 404


def test_a_member_sees_dates_and_no_mails_and_another_partnership_neither(
    world: World, case: Case, other: World
) -> None:
    given = boxes("today", "2026-04-01")

    member = text_of(ask(world.member, **given))
    assert case.code in member
    assert "gp author of Northborough" not in member
    assert case.code not in text_of(ask(other.manager, **given))
    assert "Northborough" not in ask(other.manager).content.decode()


# ---- The command -------------------------------------------------------------------------------
def simulate(*given: str) -> list[str]:
    out = StringIO()
    call_command("simulate", *given, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_prints_dates_and_mails(world: World, case: Case) -> None:
    lines = simulate("--holiday", "2026-03-24", "--case", case.code)

    assert lines[0] == (
        "On 2026-03-19, if nobody does anything before: 11 open, 8 moved, 0 late that are not late now. "
        "Nothing was written."
    )
    dates = [" ".join(line.split()) for line in lines[: lines.index("", 2)]]
    name = "Finish the rapid review and send it to the Panel"
    assert (
        f"{case.code} {name} 2026-04-10 2026-04-13 14 working days left (due Monday 13 April 2026)" in dates
    )
    assert (
        f"{case.code} Last check of the rapid review before it is sent 2026-04-08 2026-04-09 "
        f"12 working days left (due Thursday 9 April 2026) (moves with {name})"
    ) in dates
    mails = lines[lines.index("") :]
    assert any(
        line.startswith("2026-03-25 08:30") and "author: gp author of Northborough" in line for line in mails
    )


def test_the_command_takes_everything_at_once(world: World, case: Case) -> None:
    lines = simulate(
        "--today", "2026-04-01", "--no-holiday", "2026-04-03", "--pause", "Northborough GP:2026-03-23:2026-03-25",
        "--milestone", "loc_meeting=3wd", "--partnership", "northborough",
    )  # fmt: skip

    assert lines[0].startswith("On 2026-04-01, if nobody does anything before: 11 open,")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["--today", "2026-02-31"],
            "Cannot read the day '2026-02-31': write a day that exists, such as 2026-03-02.",
        ),
        (["--today", "9999-12-31"], "Cannot count working days at 31 December 9999: the calendar covers"),
        (
            ["--today", "2026-03-18"],
            "Cannot suppose that today is Wednesday 18 March 2026: that is in the past.",
        ),
        (["--holiday", "9999-01-01"], "Cannot count working days at 1 January 9999: the calendar covers"),
        (["--holiday", "2026-04-03"], "Friday 3 April 2026 does not count already (Good Friday)"),
        (["--no-holiday", "2026-03-24"], "Tuesday 24 March 2026 is not a bank holiday in the list in use."),
        (["--milestone", "LOC_LUNCH=5wd"], "There is no milestone or rule 'LOC_LUNCH'. There are: "),
        (["--milestone", "LOC_RETURN"], "Cannot read the milestone 'LOC_RETURN': write CODE=LIMIT"),
        (["--milestone", "LOC_RETURN=soon"], "Cannot read the limit 'soon': write a number and a unit"),
        (["--milestone", "LOC_RETURN=9999wd"], "Cannot count that many working days from 19 March 2026"),
        (
            ["--pause", "Nobody:2026-03-23:2026-03-25"],
            "There is no agency 'Nobody'. Its whole name is needed.",
        ),
        (
            ["--pause", "2026-03-23:2026-03-25"],
            "Cannot read the pause '2026-03-23:2026-03-25': write AGENCY:FROM:TO",
        ),
        (["--pause", "Northborough gp:2026-03-25:2026-03-23"], "it would end first."),
        (["--today", "2026-04-01", "--case", "R-NOSUCH"], "There is no case 'R-NOSUCH'."),
        (["--today", "2026-04-01", "--partnership", "None"], "There is no partnership 'None'."),
        ([], "Say what to suppose: --today, --holiday, --no-holiday, --pause or --milestone."),
    ],
)
def test_a_bad_argument_is_one_sentence(world: World, given: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        simulate(*given)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 2


def test_an_agency_of_two_partnerships_needs_its_partnership(world: World) -> None:
    from reviews.services.partnerships import add_agency
    from workflows.actors import SYSTEM

    other = factories.a_world("Westvale")
    add_agency(other.partnership, "Northborough gp", "general-practice", by=SYSTEM, at=NOW)

    with pytest.raises(CommandError, match="Several partnerships have an agency"):
        simulate("--pause", "Northborough gp:2026-03-23:2026-03-25")
    assert simulate("--pause", "Northborough gp:2026-03-23:2026-03-25", "--partnership", "Westvale")
