"""Looking at the ledger: what its auditor sees and does not, who has looked at a case, and access that is unusual."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from accounts.services import add_member, appoint_deputy, seat_for
from notifications.channels import texts
from notifications.models import Notice
from reviews.models import AccessAlert
from reviews.services import returns, unusual
from reviews.services.unusual import look_for_unusual_access
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import signed_in, text_of
from workflows.models import LedgerEntry
from workflows.services import ledger

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 7, 9, tzinfo=UTC)  # Tuesday, 10am in London


def an_auditor(world: World, name: str = "audra") -> User:
    person = factories.a_person(f"{name}@example.org", name.title())
    add_member(person, seat_for(Role.AUDITOR, partnership=world.partnership))
    return person


@pytest.fixture
def world(time_machine: Any) -> World:
    time_machine.move_to(NOW, tick=False)
    return factories.a_world()


def rows_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


# ---- The auditor's page ------------------------------------------------------------------------
def test_the_auditor_sees_who_did_what_by_code_and_no_case(world: World) -> None:
    # Given a case that its manager looked at, and a stranger of another partnership who was refused it.
    case = factories.a_referral(world)
    manager, auditor = signed_in(world.manager), signed_in(an_auditor(world))
    manager.get(case.get_absolute_url(), REMOTE_ADDR="192.0.2.7")
    manager.get(reverse("case-list"))
    elsewhere = factories.a_world("Southborough")
    signed_in(elsewhere.manager).get(case.get_absolute_url())
    signed_in(world.gp_author).get(case.get_absolute_url())

    # When the auditor opens the ledger, then it says so, newest first.
    page = auditor.get(reverse("ledger"))
    said = text_of(page)
    assert "Manager of Northborough Looked at it Case" in said
    assert "Manager of Northborough Saw in a list" in said
    assert "Gp Author of Northborough".lower() in said.lower()
    assert "Refused It may not be seen, or is not there" in said
    assert case.code in said
    assert "192.0.2.7" in said

    # Nothing of what the case is about is there; nor what was done elsewhere; nor may the auditor open the case.
    assert not any(canary in page.content.decode() for canary in CANARIES)
    assert "Southborough" not in said
    for name, args in (("case", [case.pk]), ("case-looked", [case.pk]), ("decision", [case.pk])):
        assert auditor.get(reverse(name, args=args)).status_code == 404
    assert text_of(auditor.get(reverse("case-list"))).count(case.code) == 0

    # And that they looked stands in it.
    audit = LedgerEntry.objects.filter(action="audit").get()
    assert case.code in audit.listed.split()


def test_for_anybody_else_there_is_no_such_page(world: World) -> None:
    deputy = factories.a_person("dee@example.org", "Dee")
    add_member(deputy, seat_for(Role.CO_CHAIR, partnership=world.partnership))
    appoint_deputy(an_auditor(world), deputy, starts_on=NOW.date(), ends_on=NOW.date())
    for person in (world.manager, world.administrator, world.gp_lead, deputy):
        for name in ("ledger", "ledger-csv"):
            assert signed_in(person).get(reverse(name)).status_code == 404


def test_what_another_partnership_shows_is_not_in_it(world: World) -> None:
    # Given somebody who works for two partnerships, and lists the cases of both on one page.
    other = factories.a_world("Southborough")
    ours, theirs = factories.a_referral(world), factories.a_referral(other)
    add_member(world.manager, seat_for(Role.BUSINESS_MANAGER, partnership=other.partnership))
    signed_in(world.manager).get(reverse("case-list"))
    entry = LedgerEntry.objects.filter(action="list").get()
    assert set(entry.listed.split()) == {ours.code, theirs.code}

    # Then each auditor sees of it what is theirs.
    for its, mine, not_mine in ((world, ours, theirs), (other, theirs, ours)):
        auditor = signed_in(an_auditor(its, its.partnership.name.lower()))
        rows = rows_of(auditor.get(reverse("ledger-csv")))
        assert {row["chain"] for row in rows} & {str(ours.pk), str(theirs.pk)} == {str(mine.pk)}
        [row] = [row for row in rows if row["did"] == "Saw in a list"]
        assert row["listed"] == mine.code
        assert not_mine.code not in str(row)


def test_it_is_narrowed_down_by_case_person_kind_and_day(world: World) -> None:
    auditor = signed_in(an_auditor(world))
    first, second = factories.a_referral(world), factories.a_referral(world)
    for case in (first, second):
        signed_in(world.manager).get(case.get_absolute_url())
    signed_in(world.member).get(first.get_absolute_url())
    signed_in(world.gp_author).get(second.get_absolute_url())
    signed_in(world.chair).get(reverse("case-list"))

    def found(**asked: str) -> list[tuple[str, str]]:
        rows = rows_of(auditor.get(reverse("ledger-csv"), asked))
        return sorted(
            (row["who"].split(" of ")[0], row["did"]) for row in rows if row["did"] != "Took a file of it"
        )

    assert found(case=first.code, kind="looked") == [("Manager", "Looked at it"), ("Member", "Looked at it")]
    assert found(case=second.code.lower(), kind="refused") == [("gp author", "Asked for it")]
    assert found(case=second.code, kind="listed") == [("Chair", "Saw in a list")]
    assert found(person="member") == [("Member", "Looked at it")]
    assert found(kind="done", case=first.code) == [("Manager", "Refer")]
    assert found(on="2026-04-06") == []
    assert found(on="2026-03-12", case=first.code) == [("Manager", "Refer")]
    assert found(case="R-NOSUCH") == []
    everything = found()
    assert found(on="31.2.", kind="nonsense", case="", person="") == everything
    page = text_of(auditor.get(reverse("ledger"), {"case": "R-NOSUCH"}))
    assert "No entry matches" in page


def test_it_is_paged_by_the_last_entry_so_that_news_moves_nothing(world: World) -> None:
    auditor = signed_in(an_auditor(world))
    case = factories.a_referral(world)
    for minute in range(60):
        ledger.append(case, "read", by=world.manager, at=NOW + timedelta(minutes=minute))
    before = LedgerEntry.objects.order_by("-pk")[49].pk
    page = auditor.get(reverse("ledger"))
    assert f"before={before}" in page.content.decode()
    ledger.append(case, "read", by=world.manager, at=NOW)
    second = text_of(auditor.get(reverse("ledger"), {"before": str(before)}))
    assert second.count("Looked at it") == 10
    assert auditor.get(reverse("ledger"), {"before": "9" * 30}).status_code == 200
    counts = []
    for asked in ({"before": str(LedgerEntry.objects.order_by("pk")[2].pk)}, {}):
        with CaptureQueriesContext(connection) as queries:
            auditor.get(reverse("ledger"), asked)
        counts.append(len(queries))
    assert counts == [17, 18]  # two entries, and fifty, one of them of a list


def test_an_empty_ledger_says_so(world: World) -> None:
    said = text_of(signed_in(an_auditor(world)).get(reverse("ledger")))
    assert "There is no entry yet." in said
    assert "Its ends have not been written down outside yet" in said


# ---- Who has looked at a case ------------------------------------------------------------------
def test_the_manager_sees_who_has_looked_by_person_and_day_and_for_whom(
    world: World, time_machine: Any
) -> None:
    # Given a member who looked twice, a file that was taken, a deputy who looked for somebody, and one who was refused.
    case = factories.a_notified_case(world)
    gp = factories.asked_returns(world, case)["gp"]
    appoint_deputy(world.gp_author, world.school_author, starts_on=NOW.date(), ends_on=NOW.date())
    for _ in range(2):
        signed_in(world.member).get(case.get_absolute_url())
    deadline = case.deadlines.first()
    assert deadline is not None
    signed_in(world.chair).get(reverse("case-deadline-json", args=[case.pk, deadline.pk]))
    signed_in(world.school_author).get(gp.get_absolute_url())
    signed_in(world.police_author).get(gp.get_absolute_url())
    time_machine.move_to(NOW + timedelta(days=1), tick=False)
    signed_in(world.member).get(case.get_absolute_url())

    # When the manager asks who has looked:
    page = signed_in(world.manager).get(reverse("case-looked", args=[case.pk]))
    said = text_of(page)
    for line in (
        "Wednesday 8 April 2026 Member of Northborough 1 time 10am",
        "Tuesday 7 April 2026 Member of Northborough 2 times 10am",
        "Tuesday 7 April 2026 Chair of Northborough 1 time, of these 1 as a file 10am",
        "Tuesday 7 April 2026 school author of Northborough for gp author of Northborough 1 time 10am",
        "Who asked for it and was refused",
        "Tuesday 7 April 2026 police author of Northborough 1 time 10am",
    ):
        assert line in said, line
    # Then the case's page leads there; whoever does not answer for the case may not ask; and the asking is told.
    assert (
        reverse("case-looked", args=[case.pk])
        in signed_in(world.manager).get(case.get_absolute_url()).content.decode()
    )
    assert signed_in(world.member).get(reverse("case-looked", args=[case.pk])).status_code == 403
    assert LedgerEntry.objects.filter(action="read_access", actor=str(world.manager.pk)).count() == 1


def test_a_case_that_nobody_looked_at_says_so(world: World) -> None:
    case = factories.a_referral(world)
    said = text_of(signed_in(world.manager).get(reverse("case-looked", args=[case.pk])))
    assert "Nobody has looked at it yet." in said
    assert "Nobody was refused it." in said


# ---- Unusual access ----------------------------------------------------------------------------
def looked(person: User, *things: Any, at: datetime) -> None:
    for thing in things:
        ledger.append(thing, "read", by=person, at=at)


def raised() -> set[tuple[str, str]]:
    return {(alert.rule, alert.person.full_name.split(" of ")[0]) for alert in AccessAlert.objects.all()}


def test_each_rule_finds_what_it_is_for_and_nothing_else(world: World, settings: Any) -> None:
    # Given limits of two cases and one refusal a day.
    settings.UNUSUAL_CASES_A_DAY, settings.UNUSUAL_REFUSALS_A_DAY = 2, 1
    cases = [factories.a_notified_case(world) for _ in range(3)]
    midnight = datetime(2026, 4, 6, 23, 30, tzinfo=UTC)  # half past midnight in London on the 7th

    # When somebody looks at two, and another at three; somebody at night, somebody in the evening before ten;
    looked(world.member, *cases[:2], *cases[:2], at=NOW)
    looked(world.co_chair, *cases, at=NOW)
    looked(world.chair, cases[0], at=midnight)
    looked(world.partner_1, cases[0], at=datetime(2026, 4, 7, 20, 59, tzinfo=UTC))
    # and the agency of an accepted return: its author, who wrote it, and a colleague, who has no part in it;
    gp = factories.asked_returns(world, cases[0])["gp"]
    gp = factories.a_return_in(gp, world.gp_author, world.gp_lead, at=NOW)
    returns.accept_return(gp, by=world.manager, at=NOW)
    colleague = factories.a_person("col@example.org", "Colleague")
    add_member(colleague, seat_for(Role.AUTHOR, agency=world.gp))
    looked(world.gp_author, gp, at=NOW)
    looked(colleague, gp, at=NOW)
    # and somebody asks for one case that they may not see, and for what is not there; another for two.
    for person, wanted in ((world.school_author, cases[:1]), (world.police_author, cases[:2])):
        client = signed_in(person)
        for case in wanted:
            client.get(case.get_absolute_url())
        for number in range(3):
            client.get(reverse("case", args=[f"00000000-0000-0000-0000-00000000000{number}"]))

    # Then those are found who are to be asked why.
    later = NOW + timedelta(hours=13)
    look_for_unusual_access(at=later)
    assert raised() == {
        ("many-cases", "Co_Chair"), ("odd-hours", "Chair"), ("no-task", "Colleague"), ("refused", "police author"),
    }  # fmt: skip

    # And however often it is looked for, each is told once, to who runs and audits the partnership.
    look_for_unusual_access(at=later)
    call_command("watch_access", "--once")
    assert Notice.objects.filter(news="unusual-access").count() == AccessAlert.objects.count() == 4


def test_an_alert_is_told_to_others_than_the_person_by_reference_alone(world: World, settings: Any) -> None:
    settings.UNUSUAL_CASES_A_DAY = 0
    auditor = an_auditor(world)
    other = factories.a_world("Southborough")
    case = factories.a_referral(world)
    looked(world.manager, case, at=NOW)
    [alert] = look_for_unusual_access(at=NOW)
    assert alert.codes == [case.code]

    # Then the auditor is told and not the manager, of whom it tells; the mail names nothing and nobody.
    notice = Notice.objects.get(news="unusual-access")
    assert notice.recipient == auditor
    text = texts.text_of(notice, at=NOW)
    assert "/unusual-access/" in text.body
    assert not any(word in text.subject + text.body for word in (case.code, "Manager", *CANARIES))

    # And the page says who and which, to who runs or audits the partnership, and to nobody else.
    for person, status in ((auditor, 200), (world.manager, 200), (world.member, 404)):
        assert signed_in(person).get(reverse("unusual-access")).status_code == status
    said = text_of(signed_in(auditor).get(reverse("unusual-access")))
    assert f"Tuesday 7 April 2026 Manager of Northborough More than 0 cases in one day {case.code}" in said
    assert "Nothing unusual was found." in text_of(signed_in(other.manager).get(reverse("unusual-access")))


def test_just_after_midnight_the_day_before_is_looked_at_again(world: World, settings: Any) -> None:
    settings.UNUSUAL_CASES_A_DAY = 0
    case = factories.a_referral(world)
    midnight = datetime(2026, 4, 7, 23, 0, tzinfo=UTC)
    looked(world.member, case, at=midnight - timedelta(minutes=1))
    assert [
        alert.on.isoformat() for alert in look_for_unusual_access(at=midnight + timedelta(minutes=4))
    ] == ["2026-04-07"] * 2
    assert {alert.rule for alert in AccessAlert.objects.all()} == {"many-cases", "odd-hours"}
    looked(world.chair, case, at=midnight - timedelta(minutes=1))
    assert look_for_unusual_access(at=midnight + timedelta(hours=1)) == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "hours"), [("22:00-06:00", ("22:00", "06:00")), ("01:00 - 05:30", ("01:00", "05:30"))]
)
def test_hours_are_read(text: str, hours: tuple[str, str]) -> None:
    assert tuple(f"{hour:%H:%M}" for hour in unusual.hours_in(text)) == hours
