"""The demonstration: whatever day it is built on, it shows every stage, and its days come out right."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Partnership, User
from notifications.models import Notice
from notifications.services import deliver_everything_owed
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services import decisions, demonstration, partnerships
from tests import factories
from tests.second_factor import code_of
from workflows.calendars import local_date
from workflows.models import Deadline, TransitionRecord
from workflows.services.calendar import current_calendar
from workflows.services.ledger import broken_links
from workflows.services.verifying import drifted

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 9, 1, 9, 30, tzinfo=UTC)  # the day after the summer bank holiday
State = Case.State


def case_of(key: str) -> Case:
    """The case that the script calls so."""
    given = [case for place in demonstration.script()["partnerships"] for case in place["cases"]]
    found: Case = Case.objects.get(summary=next(case["summary"] for case in given if case["key"] == key))
    return found


def due(key: str, code: str) -> date | None:
    return case_of(key).deadlines.open().get(rule_code=code).due_on


def overdue(at: datetime) -> set[tuple[str, str]]:
    """What is late now: whose (the case's key, or the agency), and what."""
    keys = {
        case_of(case["key"]).pk: case["key"]
        for place in demonstration.script()["partnerships"]
        for case in place["cases"]
    }
    agencies = {
        r.pk: f"{keys[r.case_id]}: {r.agency.name}" for r in AgencyReturn.objects.select_related("agency")
    }
    late = Deadline.objects.overdue(at=at)
    return {((keys | agencies).get(d.subject_id, "imported"), d.rule_code) for d in late}


def check_everything(at: datetime, counts_on: date) -> None:
    """What must hold of a demonstration built at the instant, whose day that counts is this."""
    # Every stage is there
    states = {
        case["key"]: case_of(case["key"]).state
        for place in demonstration.script()["partnerships"]
        for case in place["cases"]
    }
    assert states == {
        "due-today": State.LCSPR_DECISION, "late": State.RAPID_REVIEW, "returns": State.RAPID_REVIEW,
        "fresh": State.RAPID_REVIEW, "signatures": State.LCSPR_DECISION, "with-panel": State.WITH_PANEL,
        "referred": State.REFERRED, "considered": State.NOTIFICATION, "declined": State.NOT_NOTIFIED,
        "withdrawn": State.WITHDRAWN, "practice-review": State.PRACTICE_REVIEW,
        "learning": State.LEARNING_ONLY, "west-considered": State.NOTIFICATION,
        "west-signatures": State.LCSPR_DECISION,
    }  # fmt: skip
    assert Case.objects.filter(state=State.PUBLISHED).count() == 4

    # Things are due on the day that counts, and the next
    following = current_calendar().add(counts_on, 1)
    assert (due("due-today", "RR_COMPLETE"), due("referred", "LOC_DECIDE")) == (counts_on, counts_on)
    assert (due("considered", "SIN_NOTIFY"), due("signatures", "LOC_SIGNOFF")) == (following, following)

    # Just these are late, and the sweep saw each in the minute in which it became so
    assert overdue(at) == {
        ("late", "LOC_DRAFT"), ("late", "LOC_FINAL"), ("late", "LOC_SIGNOFF"), ("late", "RR_COMPLETE"),
        ("due-today", "LOC_FINAL"),
        ("late: Vale Community Health", "LOC_RETURN"),
        ("returns: Northborough General Practice", "LOC_RETURN"),
        ("fresh: Northborough General Practice", "LOC_ACK"),
    }  # fmt: skip
    waited = [d.missed_at - d.due_at for d in Deadline.objects.overdue(at=at) if d.missed_at and d.due_at]
    assert len(waited) == 8
    assert max(waited) < timedelta(minutes=1)

    # One case has a return in each condition
    assert {r.agency.name: r.state for r in case_of("returns").returns.select_related("agency")} == {
        "Northborough Police": AgencyReturn.State.ACCEPTED,
        "Northborough General Practice": AgencyReturn.State.ACKNOWLEDGED,
        "Northborough Homes": AgencyReturn.State.NIL,
        "Northborough Schools and Early Years": AgencyReturn.State.IN_PROGRESS,
        "Vale Mental Health Trust": AgencyReturn.State.SUBMITTED,
    }

    # Signatures are waited for: two of three here, two of four there
    waiting = {
        key: [a.name for a in decisions.waiting_to_sign(case, case.decisions.last())]
        for key in ("due-today", "signatures", "west-signatures")
        if (case := case_of(key))
    }
    assert waiting == {
        "due-today": [],
        "signatures": ["Northborough Council", "Northborough and Vale ICB"],
        "west-signatures": ["Westvale Council", "Westvale and Downs ICB"],
    }

    # Nothing happened later than now, and people were at work when it did
    records = TransitionRecord.objects.exclude(subject__in=Case.objects.filter(state=State.PUBLISHED))
    assert max(record.at for record in records) < at
    assert [r for r in records if not current_calendar().is_working_day(local_date(r.at))] == []
    assert max(Notice.objects.values_list("created_at", flat=True)) <= at

    # The engine's own accounts agree
    assert drifted() == []
    assert list(broken_links()) == []


@pytest.mark.parametrize(
    ("at", "counts_on"),
    [
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), date(2026, 11, 23)),  # a Saturday
        (datetime(2026, 12, 25, 0, 0, 30, tzinfo=UTC), date(2026, 12, 29)),  # Christmas, just begun
        (datetime(2026, 4, 6, 22, 59, tzinfo=UTC), date(2026, 4, 7)),  # Easter Monday, nearly over
    ],
)  # fmt: skip
def test_the_demonstration_comes_out_right_on_days_that_do_not_count(at: datetime, counts_on: date) -> None:
    demonstration.build_demo(at=at, password="a lamp a ferry")

    check_everything(at, counts_on)


def demo(*arguments: str) -> str:
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


def code(*whose: str) -> str:
    out = StringIO()
    call_command("code", *whose, stdout=out)
    return out.getvalue()


@pytest.fixture
def password_file(tmp_path: Path, settings: Any) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path / "demo-password"


def test_the_command_builds_once_and_says_again_how_to_sign_in(password_file: Path) -> None:
    # Given an empty database, on an ordinary working day
    with time_machine.travel(TUESDAY, tick=False):
        said = demo("--if-empty")

    # Then all is right, today being the day that counts
    check_everything(TUESDAY, date(2026, 9, 1))

    # And the password is kept for this account alone, and lets everybody named in
    password = password_file.read_text().strip()
    assert password_file.stat().st_mode & 0o777 == 0o600
    assert said.splitlines()[-2:] == [
        f"Password of each of them: {password}",
        "Then a code is asked for, as of everybody. `make code` says the one of each of them.",
    ]
    named = demonstration.sign_ins()
    assert [line.split()[-1] for line in said.splitlines()[1:-2]] == [email for _, email in named]
    assert [email for _, email in named if not Client().login(username=email, password=password)] == []

    # And each has an app of their own, whose code a command says: of them, and of nobody else
    with time_machine.travel(TUESDAY, tick=False):
        codes = dict(line.split() for line in code().splitlines()[:-1])
        assert codes == {email: code_of(User.objects.get(email=email)) for _, email in named}
    assert len(set(codes.values())) > 10
    factories.a_person("real@somewhere.test", "Somebody real")
    with pytest.raises(CommandError, match="real@somewhere.test is nobody of the demonstration"):
        code("real@somewhere.test")
    User.objects.filter(email="real@somewhere.test").delete()

    # And saying it again builds nothing and changes no password
    there = Counter((Case.objects.count(), User.objects.count(), Partnership.objects.count()))
    assert [demo(), demo("--print"), demo("--if-empty")] == [said] * 3
    assert Counter((Case.objects.count(), User.objects.count(), Partnership.objects.count())) == there

    # And neither partnership sees the other, nor the Panel a case
    manager, neighbour, panel = (
        User.objects.get(email=email)
        for email in ("manager@northborough.example", "manager@westvale.example", "secretary@panel.example")
    )
    assert {
        who.email: (
            Case.objects.visible_to(who, at=TUESDAY).count(),
            AgencyReturn.objects.visible_to(who, at=TUESDAY).count(),
            PanelRecord.objects.visible_to(who, at=TUESDAY).count(),
        )
        for who in (manager, neighbour, panel)
    } == {
        "manager@northborough.example": (16, AgencyReturn.objects.count() - 2, 3),
        "manager@westvale.example": (2, 2, 0),
        "secretary@panel.example": (0, 0, 3),
    }

    # And its notices stand as sent in their time, so that nothing old is owed when the workers start
    assert deliver_everything_owed(at=TUESDAY).claimed == 0
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}

    # And without the file, what would help is said; a start goes on
    password_file.unlink()
    assert demo("--if-empty") == ""
    with pytest.raises(CommandError, match="manage.py changepassword ADDRESS"):
        demo("--print")


def test_the_demonstration_never_goes_beside_partnerships_that_are_there(password_file: Path) -> None:
    partnerships.found_partnership("A real one", reference_prefix="AR", on=date(2026, 1, 1))

    assert demo("--if-empty") == ""
    with pytest.raises(CommandError, match="this installation has partnerships of its own"):
        demo()
    with pytest.raises(CommandError, match="There is no demonstration here"):
        demo("--print")

    assert (Partnership.objects.count(), User.objects.count()) == (1, 0)
    assert not password_file.exists()


def test_what_the_script_says_is_invented_and_can_be_read() -> None:
    # Given every address that the demonstration makes
    north, west = demonstration.script()["partnerships"]

    # Then each lies in a domain that nobody can own
    assert {place["domain"].rpartition(".")[2] for place in (north, west)} == {"example"}
    assert [email for _, email in demonstration.sign_ins() if not email.endswith(".example")] == []

    # And no name is given twice
    names = [p["name"] for place in (north, west) for p in place["people"]] + [
        body[key] for place in (north, west) for body in place["agencies"] for key in body.keys() & {*demonstration.OF_AGENCIES}
    ]  # fmt: skip
    assert [name for name, count in Counter(names).items() if count > 1] == []
