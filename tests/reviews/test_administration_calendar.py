"""The pages of the calendar: what is shown and to whom, bringing a list, a day that takes two, and stale previews."""

import json
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from reviews.models import Case
from tests import factories
from tests.reviews.administering import AT, TODAY, day, errors_on, form, said, signed_in, text_of
from tests.workflows.bench import HOLIDAYS
from workflows.models import CalendarChange, CalendarVersion, Deadline, Fact
from workflows.services import calendar as calendars
from workflows.services import changing
from workflows.services.redating import go_on_dating

pytestmark = pytest.mark.django_db
PROCLAIMED = date(2026, 3, 30)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def manager(world: factories.World) -> Client:
    return signed_in(world.manager)


@pytest.fixture
def administrator(world: factories.World) -> Client:
    return signed_in(world.administrator)


def a_feed(more: dict[date, str] | None = None, **divisions: Any) -> str:
    days = {**HOLIDAYS, **(more or {})}
    events = [
        {"title": name, "date": on.isoformat(), "notes": "", "bunting": True}
        for on, name in sorted(days.items())
    ]
    ours = {"england-and-wales": {"division": "england-and-wales", "events": events}}
    return json.dumps(divisions or ours)


def a_file(content: str | bytes, name: str = "bank-holidays.json") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def a_list(content: str | bytes, **given: Any) -> dict[str, Any]:
    return form(
        **{"list": a_file(content), "reason": "gov.uk published more", **day("published_on", TODAY), **given}
    )


def a_day(on: date = PROCLAIMED, **given: Any) -> dict[str, Any]:
    return form(**{
        "verb": "add", "name": "A day of mourning", "source": "London Gazette", "reason": "Proclaimed", **day("day", on),
        **given,
    })  # fmt: skip


def proposed(client: Client, name: str, given: dict[str, Any]) -> str:
    """Propose it; returns the address of the page that shows what it would move."""
    answer = client.post(reverse(name), given)
    assert answer.status_code == 302, errors_on(answer)
    return str(answer.url)


# ---- What is shown ------------------------------------------------------------------------------
def test_the_page_says_which_lists_are_held_how_old_they_are_and_the_years_ahead(manager: Client) -> None:
    page = " ".join(text_of(manager.get(reverse("calendar"))).split())
    assert "gov.uk bank holidays, England and Wales, as cached in govuk-bank-holidays 0.19" in page
    assert "last compared with gov.uk 21 days ago" in page
    assert "known until <strong>Tuesday 26 December 2028</strong>" in page
    assert [year for year in range(2024, 2031) if f">{year}</h3>" in page] == [2026, 2027, 2028]
    assert "<li>Monday 28 December 2026: Boxing Day (Substitute day)</li>" in page


def test_an_empty_preview_says_that_nothing_would_change(manager: Client) -> None:
    address = proposed(manager, "calendar-load", a_list(a_feed({date(2029, 1, 1): "New Year’s Day"})))
    page = text_of(manager.get(address))
    assert "No open deadline would change." in page
    assert "known until Monday 1 January 2029, instead of Tuesday 26 December 2028" in page


# ---- A list of gov.uk ---------------------------------------------------------------------------
def test_a_list_is_brought_looked_at_and_confirmed_with_one_press_by_somebody_else_if_it_changes_what_is_known(
    world: factories.World, manager: Client, administrator: Client, case: Case
) -> None:
    # Given a review due on Friday 10 April, and a file with a proclaimed day before it
    address = proposed(manager, "calendar-load", a_list(a_feed({PROCLAIMED: "Proclaimed"})))

    # Then the page shows what would move, and nothing has
    page = " ".join(text_of(manager.get(address)).split())
    assert "Monday 30 March 2026: Proclaimed" in page
    row = page.split(case.code)[1:]
    assert any(
        'Friday 10 April 2026</td> <td class="govuk-table__cell" role="cell" data-label="Due then">Monday 13 April 2026</td>'
        in r
        for r in row
    )
    assert "It says otherwise than the list in use of Monday 30 March 2026." in page
    assert "You proposed this list, so somebody else has to confirm it" in page
    [error] = errors_on(manager.post(address, form()))
    assert "Cannot confirm a list that you proposed yourself" in error
    assert CalendarVersion.objects.count() == 1

    # When it is confirmed, then the deadlines are dated anew, with the reason, and the page says how many
    assert "are dated anew within a minute" in said(administrator, administrator.post(address, form()))
    assert "Still dating" in text_of(manager.get(reverse("calendar")))
    moved = go_on_dating(at=AT)
    assert Deadline.objects.get(subject=case, rule_code="RR_COMPLETE").due_on == date(2026, 4, 13)
    assert set(Fact.objects.filter(kind="re-calendared").values_list("reason", "by")) == {
        ("gov.uk published more", world.administrator.pk)
    }
    assert f"{moved} deadlines moved." in text_of(manager.get(reverse("calendar")))


def test_a_list_that_says_the_same_is_said_to(manager: Client) -> None:
    answer = manager.post(reverse("calendar-load"), a_list(a_feed()))
    assert said(manager, answer) == "gov.uk says the same as before. It is noted that somebody looked today."
    assert "last compared with gov.uk today" in " ".join(text_of(manager.get(reverse("calendar"))).split())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<html><body>503 Service Unavailable</body></html>", "it is not JSON. Perhaps it is an error page."),
        ('{"scotland": {"division": "scotland", "events": []}}', "Cannot find the division"),
        ('{"england-and-wales": {"division": "scotland", "events": []}}', "Cannot find the division"),
        ('{"england-and-wales": {"division": "england-and-wales", "events": []}}', "Cannot load an empty list"),
        (a_feed({date(2027, 1, 1): "x"}).replace('"2027-12-27"', '"2027-01-01"'), "gives a day twice: 2027-01-01"),
        (a_feed().replace('"2028-12-26"', '"2028-02-31"'), "there is no day 2028-02-31"),
        (a_feed().replace('"2028-12-26"', '"9999-12-31"'), "Cannot load 9999-12-31 as a bank holiday"),
        (a_feed().replace('"2012-01-02"', '"1066-10-14"'), "Cannot load 1066-10-14 as a bank holiday"),
        (a_feed().replace('"2028-12-26"', '"2028-12-26T00:00:00Z"'), "is not a day such as 2026-12-25"),
        (a_feed().replace('"2028-12-26"', '20281226'), "20281226 is not a day such as 2026-12-25"),
        (a_feed({date(2031, 1, 1): "x"}), "names no bank holiday in 2029"),
        (a_feed({date(2027, 3, n): "x" for n in range(1, 32)}), "leaves no working day in March 2027"),
        (a_feed({date(2027, 1, 4): "x" * 101}), "Cannot load 2027-01-04: its name must have 1 to 100"),
        (a_feed({date(2027, 1, 4): "a\0b"}), "Cannot load 2027-01-04: its name must have"),
        ("[" * 100_000, "Cannot read the list of bank holidays"),
        (b"\xff\xfe\x00", "it is not text"),
        (b" " * (1024 * 1024 + 1), "it is larger than 1 MB"),
        ("", "The file is empty"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused_in_a_sentence_and_nothing_changes(
    manager: Client, content: str | bytes, says: str
) -> None:
    [error] = errors_on(manager.post(reverse("calendar-load"), a_list(content)))
    assert says in error.replace("&#39;", "'")
    assert (CalendarVersion.objects.count(), CalendarChange.objects.count()) == (1, 0)


@pytest.mark.parametrize("name", ["holidays.html", "holidays.json.exe", "json", "holidays"])
def test_a_file_of_another_kind_by_its_name_is_refused(manager: Client, name: str) -> None:
    given = a_list(a_feed(), list=a_file(a_feed(), name))

    assert errors_on(manager.post(reverse("calendar-load"), given)) == [
        "Select the JSON file of gov.uk: its name ends in .json"
    ]
    assert CalendarChange.objects.count() == 0


def test_without_a_file_it_says_what_is_missing(manager: Client) -> None:
    assert errors_on(manager.post(reverse("calendar-load"), form(**day("published_on", TODAY)))) == [
        "Select the file with the list of bank holidays",
        "Enter why the list is changed",
    ]


# ---- A day by hand ------------------------------------------------------------------------------
def test_edge_3_who_proposed_a_day_sees_that_somebody_else_must_confirm_it(
    world: factories.World, manager: Client, administrator: Client
) -> None:
    address = proposed(manager, "calendar-day", a_day(date(2026, 6, 10)))

    # Then her page has no button, says why, and her press is refused all the same
    page = text_of(manager.get(address))
    assert "You proposed this day, so somebody else has to confirm it" in page
    assert "Confirm, and date the deadlines anew" not in page
    assert "is neither a Monday nor a Friday" in page
    assert "The list of gov.uk does not name Wednesday 10 June 2026." in page
    [error] = errors_on(manager.post(address, form()))
    assert "Cannot confirm a day that you proposed yourself" in error

    # And for somebody else it has one, which works
    assert "Confirm, and date the deadlines anew" in text_of(administrator.get(address))
    said(administrator, administrator.post(address, form()))
    assert calendars.current_calendar().why_not(date(2026, 6, 10)) == "A day of mourning"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"day_day": "31", "day_month": "2"}, "Which day? must be a real date"),
        ({"day_year": "9999"}, "Which day? must be"),
        (
            {"day_year": "2031"},
            "Cannot change Sunday 30 March 2031: the list covers 2012 to Tuesday 26 December 2028.",
        ),
        ({"name": ""}, "Enter what the day is called"),
        ({"reason": ""}, "Enter why it cannot wait for gov.uk"),
        ({"verb": "remove"}, "Cannot take away Monday 30 March 2026: the list does not name it."),
        (
            day("day", date(2026, 4, 6)),
            "Cannot add Monday 6 April 2026: it is a bank holiday already, Easter Monday.",
        ),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_what_was_typed(
    manager: Client, given: dict[str, Any], says: str
) -> None:
    answer = manager.post(reverse("calendar-day"), a_day(**given))
    [error] = errors_on(answer)
    assert says in error
    assert "London Gazette" in text_of(answer)
    assert not CalendarChange.objects.exists()


# ---- Stale, twice, withdrawn ---------------------------------------------------------------------
def test_a_preview_that_was_overtaken_is_refused_kindly(
    world: factories.World, manager: Client, administrator: Client
) -> None:
    # Given a page that shows what a list would move. When another list is put into use meanwhile:
    address = proposed(manager, "calendar-load", a_list(a_feed({PROCLAIMED: "Proclaimed"})))
    other = proposed(manager, "calendar-load", a_list(a_feed({date(2026, 6, 1): "Another"})))
    administrator.post(other, form())

    # Then the first is not confirmed, and the page says why and what would help
    [error] = errors_on(administrator.post(address, form()))
    assert "changed by somebody else since it was proposed" in error
    assert "Propose it again" in error
    assert calendars.current_calendar().is_working_day(PROCLAIMED)
    assert "can no longer be confirmed" in text_of(manager.get(address))
    assert "Overtaken" in text_of(manager.get(reverse("calendar")))


def test_a_press_sent_twice_is_one_change(manager: Client, administrator: Client) -> None:
    address = proposed(manager, "calendar-load", a_list(a_feed({PROCLAIMED: "Proclaimed"})))
    once = form()
    assert [administrator.post(address, once).status_code for _ in range(2)] == [302, 302]
    assert CalendarVersion.objects.count() == 2


def test_a_change_is_withdrawn_and_can_only_be_looked_at_then(manager: Client, administrator: Client) -> None:
    address = proposed(manager, "calendar-day", a_day())
    said(administrator, administrator.post(f"{address}withdraw/", form()))
    assert "Withdrawn" in text_of(manager.get(address))
    [error] = errors_on(administrator.post(address, form()))
    assert error == "Cannot decide on this change: it was withdrawn already."


def test_a_change_that_is_not_there_is_not_found(manager: Client) -> None:
    assert manager.get(reverse("calendar-change", args=[4711])).status_code == 404


# ---- Right eyes ---------------------------------------------------------------------------------
def test_what_a_viewer_may_not_see_is_counted_and_not_named(
    world: factories.World, manager: Client, administrator: Client
) -> None:
    # Given reviews of two partnerships that a list would move
    mine, theirs = (
        factories.a_notified_case(world),
        factories.a_notified_case(factories.a_world("Southborough")),
    )
    address = proposed(manager, "calendar-load", a_list(a_feed({PROCLAIMED: "Proclaimed"})))

    # Then the manager sees hers by name and the others as a number, the administrator of users only a number
    page = text_of(manager.get(address))
    assert (mine.code in page, theirs.code in page) == (True, False)
    count = Deadline.objects.filter(subject=theirs, due_on__gte=PROCLAIMED, state="running").count()
    assert "more that you may not see would change" in page
    other = text_of(administrator.get(address))
    assert [case.code for case in Case.objects.all() if case.code in other] == []
    assert f"{2 * count} open deadlines that you may not see would change" in other
    assert [word for word in factories.CANARIES if word in page + other] == []


@pytest.mark.parametrize("who", ["member", "co_chair", "chair", "gp_author", "gp_lead", "partner_1", "panel"])
def test_for_others_there_is_no_calendar(world: factories.World, manager: Client, who: str) -> None:
    world.people["panel"] = factories.a_panel_member()
    change = proposed(manager, "calendar-day", a_day())
    client = signed_in(world.people[who])
    pages = [*map(reverse, ["calendar", "calendar-load", "calendar-day"]), change, f"{change}withdraw/"]
    assert {client.get(page).status_code for page in pages} == {404}
    assert {client.post(page, form()).status_code for page in pages[1:]} == {404}
    assert CalendarChange.objects.get().state == "proposed"


# ---- Cost ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_asks_as_often_for_three_changes_as_for_one(
    world: factories.World, manager: Client, django_assert_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        change = changing.propose_day(
            date(2026, 6, 1 + number), "x", adding=True, source="x", reason="x", by=world.manager, at=AT
        )
        changing.confirm_change(change, by=world.administrator, at=AT)
        changing.propose_day(PROCLAIMED, "x", adding=True, source="x", reason="x", by=world.manager, at=AT)
    manager.get(reverse("calendar"))
    with django_assert_num_queries(15):
        assert manager.get(reverse("calendar")).status_code == 200
