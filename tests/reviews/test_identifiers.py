"""Who a child is, in the database and on the pages: sealed in the one, shown on the other to those alone who need it."""

import base64
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from reviews import sealing
from reviews.models import AgencyReturn, Case, Child
from reviews.services import identifiers
from reviews.services.cases import ChildGiven, add_child
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import row_counts, send, signed_in, text_of
from tests.reviews.test_bad_input import REFERRAL, incident, refused
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 20, 9, tzinfo=UTC)
OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026:" + base64.b64encode(b"n" * 32).decode()
NAME, _, PLACE = CANARIES
NUMBER, BORN = "9434765919", date(2025, 11, 2)


@pytest.fixture
def world() -> World:
    return factories.a_world()


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(AT, tick=False)


def a_case(world: World) -> Case:
    """Notified, with a return asked, and a child of whom everything is known."""
    case = factories.a_notified_case(world)
    case = add_child(
        case, ChildGiven(name="Xanthe Canary", born_on=BORN, nhs_number=NUMBER), by=world.manager, at=AT
    )
    factories.asked_returns(world, case)
    return Case.objects.get(pk=case.pk)


def dump() -> str:
    """Everything that stands in the database, of every table and column, as text."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            said += [f"{table} {row}" for row in cursor.fetchall()]
    return "\n".join(said)


# ---- In the database ---------------------------------------------------------------------------
def test_a_dump_of_the_database_does_not_say_who_it_is_about(world: World) -> None:
    # Given a case with names, a date of birth, an NHS number and a place, read, asked about and corrected
    case = a_case(world)
    for person in (world.manager, world.gp_author):
        signed_in(person).get(case.get_absolute_url())
    stored = dump()

    # Then none of it stands anywhere in any form that a search would find
    assert case.code in stored
    assert "fell from the swing" in stored  # free text is left to the disk's own encryption, and we say so
    words = [
        NAME,
        "Xanthe",
        PLACE,
        NUMBER,
        "943 476 5919",
        "2025-11-02",
        "datetime.date(2025, 11, 2)",
        "2 November 2025",
    ]
    assert [word for word in words if word.lower() in stored.lower()] == []
    secrets = [base64.b64encode(word.encode()).decode().rstrip("=")[:-1] for word in words]
    assert [secret for secret in secrets if secret in stored] == []
    found = Child.objects.get(number=3)
    assert (found.name, found.born_on, found.nhs_number) == ("Xanthe Canary", BORN, NUMBER)


def test_opening_what_is_sealed_asks_the_database_nothing(
    world: World, django_assert_num_queries: Any
) -> None:
    case = a_case(world)
    children = list(case.children.all())
    with django_assert_num_queries(0):
        assert [child.name for child in children] == [NAME, "", "Xanthe Canary"]
        assert (case.place, [child.age_in_years for child in children]) == (PLACE, [0, None, 0])


@pytest.mark.django_db(transaction=True)
def test_what_stood_in_the_open_is_sealed_by_the_migration_and_can_go_back(world: World) -> None:
    # Given a case, and the tables as they were before
    case = a_case(world)
    newest = [
        leaf for leaf in MigrationExecutor(connection).loader.graph.leaf_nodes() if leaf[0] == "reviews"
    ]
    try:
        MigrationExecutor(connection).migrate([("reviews", "0008_room_for_sealed_identifiers")])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name, born_on, sealed_name, sealed_born_on FROM reviews_child ORDER BY number"
            )
            assert [(name, str(born), *sealed) for name, born, *sealed in cursor.fetchall()] == [
                (NAME, "2025-11-02", "", ""), ("", "None", "", ""), ("Xanthe Canary", "2025-11-02", "", ""),
            ]  # fmt: skip
            cursor.execute("SELECT place, sealed_place FROM reviews_case")
            assert cursor.fetchall() == [(PLACE, "")]
    finally:
        # When they become what they are now
        MigrationExecutor(connection).migrate(newest)

    # Then nothing stands open, and all of it can be read.
    assert [word for word in (NAME, "Xanthe", PLACE, "2025-11-02") if word in dump()] == []
    assert [(child.name, child.born_on) for child in case.children.all()] == [
        (NAME, BORN), ("", None), ("Xanthe Canary", BORN),
    ]  # fmt: skip
    assert Case.objects.get().place == PLACE


# ---- Another key -------------------------------------------------------------------------------
def rotated() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue().strip()


def test_everything_is_sealed_anew_once_and_the_ledger_tells(world: World, settings: Any) -> None:
    # Given two cases under an old key, and a new one put before it
    settings.IDENTIFIER_KEYS = OLD
    cases = [a_case(world), factories.a_referral(world)]
    settings.IDENTIFIER_KEYS = f"{NEW}\n{OLD}"

    # When the keys are rotated, and once more
    assert rotated() == "9 values of 2 cases are sealed anew with the key 2026."
    assert rotated() == "0 values of 0 cases are sealed anew with the key 2026."

    # Then the old key is wanted no more, all reads as before, and each case has one entry
    settings.IDENTIFIER_KEYS = NEW
    assert [child.name for child in cases[0].children.all()] == [NAME, "", "Xanthe Canary"]
    assert {case.place for case in Case.objects.all()} == {PLACE}
    assert LedgerEntry.objects.filter(action="reseal", actor="system").count() == 2
    assert identifiers.what_is_amiss() == []


def test_a_rotation_that_was_killed_goes_on_where_it_stopped(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IDENTIFIER_KEYS = OLD
    for _ in range(3):
        factories.a_referral(world)
    settings.IDENTIFIER_KEYS = f"{NEW}\n{OLD}"
    real, seen = identifiers._reseal, []

    def killed(pk: Any, *, at: datetime) -> int:
        if seen:
            raise KeyboardInterrupt
        seen.append(pk)
        return real(pk, at=at)

    monkeypatch.setattr(identifiers, "_reseal", killed)
    with pytest.raises(KeyboardInterrupt):
        rotated()
    monkeypatch.setattr(identifiers, "_reseal", real)

    assert rotated() == "6 values of 2 cases are sealed anew with the key 2026."


def test_what_the_keys_do_not_open_is_named_and_the_rest_is_done(world: World, settings: Any) -> None:
    # Given a case under a key that was lost
    settings.IDENTIFIER_KEYS = "lost:" + base64.b64encode(b"l" * 32).decode()
    lost = factories.a_referral(world)
    settings.IDENTIFIER_KEYS = OLD
    factories.a_referral(world)
    settings.IDENTIFIER_KEYS = f"{NEW}\n{OLD}"
    before = dict(Child.objects.filter(case=lost).values_list("pk", "sealed_name"))

    with pytest.raises(CommandError, match=f"Of 1 cases the keys do not open something: {lost.code}"):
        rotated()

    assert dict(Child.objects.filter(case=lost).values_list("pk", "sealed_name")) == before
    assert {sealing.key_of(c.sealed_name) for c in Child.objects.exclude(sealed_name="")} == {"lost", "2026"}
    assert identifiers.what_is_amiss() == [
        "3 names, dates of birth or places were sealed with the key lost, which is not among IDENTIFIER_KEYS."
    ]


def test_a_key_of_the_same_name_that_is_another_is_found(world: World, settings: Any) -> None:
    settings.IDENTIFIER_KEYS = OLD
    case = factories.a_referral(world)
    settings.IDENTIFIER_KEYS = "2025:" + base64.b64encode(b"x" * 32).decode()

    (words,) = identifiers.what_is_amiss()

    assert words == (
        f"Cannot open sealed_name of reviews_child {case.pk}/1: the key called 2025 is another than the one it was "
        "sealed with, or the value was altered or moved."
    )


def test_a_value_put_into_another_child_s_row_does_not_open(world: World) -> None:
    mine, other = a_case(world), factories.a_referral(world)
    stolen = mine.children.get(number=1).sealed_name
    Child.objects.filter(case=other, number=1).update(sealed_name=stolen)
    with pytest.raises(sealing.CannotOpen):
        assert other.children.get(number=1).name


def test_without_the_key_a_page_says_nothing_and_the_log_says_why(
    world: World, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    case = a_case(world)
    settings.IDENTIFIER_KEYS = NEW
    client = signed_in(world.manager)
    client.raise_request_exception = False

    answer = client.get(case.get_absolute_url())

    assert answer.status_code == 500
    assert "Sorry, there is a problem with the service" in text_of(answer)
    assert "sealed with the key for-tests-only, which is not among IDENTIFIER_KEYS" in caplog.text


def test_a_new_key_is_printed_and_nothing_is_changed(world: World) -> None:
    case = a_case(world)
    before = row_counts(), case.children.get(number=1).sealed_name
    out = io.StringIO()
    call_command("rotate_keys", "--new-key", stdout=out)
    assert out.getvalue().startswith("2026-03-20-0900:")
    assert before == (row_counts(), case.children.get(number=1).sealed_name)


# ---- On the pages ------------------------------------------------------------------------------
def test_a_child_has_a_name_for_those_who_run_the_case_and_those_who_are_asked(world: World) -> None:
    # Given a case, and who may open its pages
    case = a_case(world)
    gp = AgencyReturn.objects.get(agency=world.gp)
    pages = {
        "manager": case.get_absolute_url(),
        "member": case.get_absolute_url(),
        "partner_1": case.get_absolute_url(),
        "gp_author": gp.get_absolute_url(),
        "gp_lead": gp.get_absolute_url(),
    }

    # When each opens theirs, then names, birthdays and numbers stand there for those alone who need them.
    who = ("Xanthe Canary", "born Sunday 2 November 2025", "NHS number 943 476 5919", NAME)
    told = {
        person: [words for words in who if words in text_of(signed_in(world.people[person]).get(page))]
        for person, page in pages.items()
    }
    everything = list(who)
    assert told == {
        "manager": everything, "member": [], "partner_1": [], "gp_author": everything, "gp_lead": everything,
    }  # fmt: skip
    page = text_of(signed_in(world.member).get(case.get_absolute_url()))
    assert "Child 3, under 1 year old at the incident" in page
    assert "Who the children are is shown to those who run the case" in page


def test_titles_file_names_and_addresses_have_codes_and_no_names(world: World) -> None:
    case = a_case(world)
    client = signed_in(world.manager)
    meeting = case.deadlines.get(rule_code="LOC_MEETING")
    for address in (
        case.get_absolute_url(),
        reverse("case-deadline", args=[case.pk, meeting.pk]),
        reverse("case-deadline-pdf", args=[case.pk, meeting.pk]),
        reverse("case-list-csv"),
        AgencyReturn.objects.get(agency=world.gp).get_absolute_url(),
    ):
        answer: Any = client.get(address)
        said = (
            answer.getvalue().decode(errors="replace")
            if answer.streaming
            else answer.content.decode(errors="replace")
        )
        title = said.partition("<title>")[2].partition("</title>")[0]
        for canary in (*CANARIES, "Xanthe", NUMBER):
            assert canary not in title + str(answer.headers) + address
    assert "Child 1" not in str(case)


# ---- What may be typed -------------------------------------------------------------------------
@pytest.fixture
def manager(world: World) -> Client:
    return signed_in(world.manager)


@pytest.mark.parametrize(
    "typed",
    ["9434765918", "943 476 591", "94347659190", "abcdefghij", "0000000000", "1111111111", "٩٤٣٤٧٦٥٩١٨", "943476591X"],
)  # fmt: skip
def test_bad_input_17_an_nhs_number_that_cannot_be_one_is_refused(manager: Client, typed: str) -> None:
    refused(
        manager, reverse("refer"), {**REFERRAL, "child_nhs_number": typed},
        "Enter a valid NHS number, like 943 476 5919", keeps=(typed,),
    )  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    ["943 476 5919", "943-476-5919", " 9434765919 ", "943\u00a0476\u20115919", "９４３４７６５９１９"],
)
def test_bad_input_18_an_nhs_number_is_read_however_it_is_spaced(manager: Client, typed: str) -> None:
    assert send(manager, reverse("refer"), **{**REFERRAL, "child_nhs_number": typed}).status_code == 302
    assert Child.objects.get().nhs_number == NUMBER


@pytest.mark.parametrize("name", ["X", "O'Brien", "Zoë", "李", "Null", "Test", "<script>alert(1)</script>"])
def test_bad_input_19_and_20_a_child_may_be_called_anything(manager: Client, name: str) -> None:
    answer = send(manager, reverse("refer"), **{**REFERRAL, "child_name": name})
    page = manager.get(answer.headers["Location"])
    assert Child.objects.get().name == name
    assert f"Child 1: {name}" in text_of(page) or name.startswith("<")
    assert "<script>alert" not in page.content.decode()


def test_bad_input_16_a_child_of_eighteen_years_and_a_day_is_let_in_and_asked_about(manager: Client) -> None:
    born = {"child_born_on_day": "10", "child_born_on_month": "3", "child_born_on_year": "2008"}
    asked = "Check the age of Child 1: by the date of birth they were 18 or over on the day of the incident."
    for day, is_asked in (("10", True), ("11", True), ("12", False)):
        boxes = {**REFERRAL, **born, "child_born_on_day": day, **incident("11/3/2026")}
        answer = send(manager, reverse("refer"), **boxes)
        assert answer.status_code == 302
        assert (asked in text_of(manager.get(answer.headers["Location"]))) == is_asked
    # A care leaver may be up to 24.
    boxes = {**REFERRAL, **born, "notifiable": "care-leaver-death"}
    answer = send(manager, reverse("refer"), **boxes)
    assert asked not in text_of(manager.get(answer.headers["Location"]))


def test_an_age_alone_is_no_birthday(world: World) -> None:
    assert json.dumps([child.is_adult for child in a_case(world).children.all()]) == "[false, false, false]"
