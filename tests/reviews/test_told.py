"""Told: nothing of a case is shown, changed or refused without an entry in the ledger."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services import log
from config.checks import every_page_says_what_it_shows
from config.manifest import routes
from notifications.services import deliver_waiting
from reviews.models import Case
from reviews.services import feeds, returns
from reviews.services.correcting import correct_referral
from tests import factories
from tests.factories import CANARIES, World
from tests.keys import a_ledger_that_takes_nothing
from tests.reviews.asking import (
    Released,
    a_released_case,
    bare,
    happened,
    moving,
    row_counts,
    send,
    signed_in,
)
from workflows.middleware import NothingTold, ToldInTheLedger
from workflows.models import LedgerEntry
from workflows.origin import mark_of_session
from workflows.services.ledger import SERVICE, broken_links
from workflows.showing import Shows, declared_of, note_listed, note_shown, shows

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
NOBODYS = uuid.UUID(int=7)


@pytest.fixture
def world() -> World:
    return factories.a_world()


@pytest.fixture
def released(world: World) -> Released:
    return a_released_case(world)


def last() -> LedgerEntry:
    entry = LedgerEntry.objects.order_by("-pk").first()
    assert entry is not None
    return entry


# ---- Every page says what it shows -------------------------------------------------------------
@pytest.mark.once
def test_every_page_of_ours_declares_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert every_page_says_what_it_shows(None) == []
    declared = {route: declared_of(view) for route, view in routes()}
    assert {declared[f"cases/<uuid:pk>/{page}"] for page in ("", "decision/", "correct/")} == {Shows.CASE}
    assert {declared[page] for page in ("", "cases/", "cases.csv", "due/feed.ics", "notices/")} == {
        Shows.LIST
    }
    assert {declared[page] for page in ("sign-in/", "rules/", "health/live")} == {Shows.NOTHING}

    # And one that forgets is found.
    from reviews.views import home

    monkeypatch.delattr(home.home, "shows")
    [error] = every_page_says_what_it_shows(None)
    assert (error.id, error.msg) == ("config.E024", "The page  does not say what it shows of cases.")


def through(view: Callable[..., Any], person: Any) -> Any:
    request = RequestFactory().get("/")
    request.user, request.at = person, NOW  # type: ignore[attr-defined]
    return ToldInTheLedger(lambda request: HttpResponse()).process_view(request, view, (), {})


@pytest.mark.django_db
@pytest.mark.parametrize("what", [Shows.CASE, Shows.LIST, None])
def test_a_page_that_forgets_to_note_what_it_shows_is_withheld(what: Shows | None) -> None:
    def forgetful(request: HttpRequest) -> HttpResponse:
        return HttpResponse("the canary")

    view = shows(what)(forgetful) if what else forgetful  # who declares nothing shows a case
    with pytest.raises(NothingTold):
        through(view, factories.a_person("una@example.org", "Una"))


@pytest.mark.django_db
def test_a_page_that_is_made_while_it_leaves_is_withheld(world: World) -> None:
    case = factories.a_referral(world)

    @shows(Shows.CASE)
    def streamed(request: HttpRequest) -> StreamingHttpResponse:
        note_shown(request, case)
        return StreamingHttpResponse(iter(["the canary"]))

    with pytest.raises(NothingTold):
        through(streamed, world.manager)


@pytest.mark.django_db
def test_what_is_noted_twice_is_one_entry_and_an_empty_list_none(world: World) -> None:
    case = factories.a_referral(world)
    before = LedgerEntry.objects.count()

    @shows(Shows.CASE)
    def twice(request: HttpRequest) -> HttpResponse:
        note_shown(request, case, "export")
        note_shown(request, case)
        note_listed(request, "reviews.case", [])
        return HttpResponse()

    through(twice, world.manager)
    assert LedgerEntry.objects.count() == before + 1
    assert last().action == "export"


# ---- Fail closed -------------------------------------------------------------------------------
@pytest.mark.django_db
def test_nothing_is_shown_of_which_the_ledger_cannot_tell(
    world: World, released: Released, time_machine: Any
) -> None:
    # Given pages, files and a feed that open, each for somebody whom it is for. When the ledger takes no entry any more:
    time_machine.move_to(NOW, tick=False)
    case, gp, _, record = released
    key = feeds.make_feed(world.manager, at=NOW)
    meeting = case.deadlines.get(rule_code="RR_COMPLETE")
    addresses = [
        (world.manager, reverse(name, args=args))
        for name, args in [
            ("home", []), ("case-list", []), ("case-list-csv", []), ("return-list", []), ("panel-list", []),
            ("due", []), ("notice-list", []), ("case", [case.pk]), ("decision", [case.pk]),
            ("sent-list", [case.pk]), ("return", [gp.pk]), ("panel-record", [record.pk]),
            ("panel-record-print", [record.pk]), ("panel-record-json", [record.pk]),
            ("panel-reply", [record.pk]), ("case-deadline", [case.pk, meeting.pk]),
            ("case-deadline-json", [case.pk, meeting.pk]), ("case-deadline-pdf", [case.pk, meeting.pk]),
        ]
    ] + [(world.manager, reverse("feed-file") + f"?key={key}")]  # fmt: skip
    client = signed_in(world.manager)
    client.raise_request_exception = False
    told = {}
    for _, address in addresses:
        before = LedgerEntry.objects.count()
        assert client.get(address).status_code == 200, address
        told[address] = LedgerEntry.objects.count() - before
    assert set(told.values()) == {1}, told
    with a_ledger_that_takes_nothing():
        answers = {address: client.get(address) for _, address in addresses}

    # Then none of them shows anything.
    assert {answer.status_code for answer in answers.values()} == {500}
    said = b"".join(answer.content for answer in answers.values()).decode(errors="replace")
    assert not any(word in said for word in (*CANARIES, case.code, gp.code, record.code))
    assert list(broken_links()) == []


@pytest.mark.django_db
def test_nothing_is_done_of_which_the_ledger_cannot_tell(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_referral(world)
    client = signed_in(world.manager)
    client.raise_request_exception = False
    before = row_counts()
    with a_ledger_that_takes_nothing():
        answer = send(client, reverse("case-consider", args=[case.pk]), **moving(case))
    assert (answer.status_code, row_counts(), Case.objects.get().state) == (500, before, "referred")


# ---- What an entry says ------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_list_is_one_entry_in_the_persons_own_chain_with_the_codes_it_showed(
    world: World, time_machine: Any
) -> None:
    time_machine.move_to(NOW, tick=False)
    cases = [factories.a_referral(world) for _ in range(3)]
    ends = {case.pk: case.ledger.count() for case in cases}
    client = signed_in(world.manager)
    client.get(reverse("case-list"), headers={"user-agent": "x"}, REMOTE_ADDR="192.0.2.7")
    entry = last()
    assert (entry.chain, entry.actor, entry.action, entry.target) == (
        world.manager.pk, str(world.manager.pk), "list", "reviews.case",
    )  # fmt: skip
    assert sorted(entry.listed.split()) == sorted(case.code for case in cases)
    assert (entry.ip, entry.session) == ("192.0.2.7", mark_of_session(client.session.session_key))
    assert len(entry.request) == 10  # the number that an error page would show
    # And no case's own chain was touched: lists do not queue behind cases, nor cases behind lists.
    assert {case.pk: case.ledger.count() for case in cases} == ends


@pytest.mark.django_db
def test_a_calendar_that_is_still_as_it_was_shows_nothing(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    factories.a_notified_case(world)
    address = reverse("feed-file") + f"?key={feeds.make_feed(world.manager, at=NOW)}"
    first = Client().get(address)
    assert (last().action, last().actor) == ("feed", str(world.manager.pk))
    before = LedgerEntry.objects.count()
    assert Client().get(address, headers={"if-none-match": first.headers["ETag"]}).status_code == 304
    assert LedgerEntry.objects.count() == before


@pytest.mark.django_db
def test_a_page_of_a_case_costs_three_statements_for_the_ledger(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_referral(world)
    client = signed_in(world.manager)

    with CaptureQueriesContext(connection) as asked:
        client.get(case.get_absolute_url())
    # The page's history reads the ledger, too; that is no cost of telling it.
    of_the_ledger = [query["sql"] for query in asked if "workflows_ledger" in query["sql"]]
    assert sum(not sql.startswith('SELECT "workflows_ledgerentry"') for sql in of_the_ledger) == 3


@pytest.mark.django_db
def test_what_is_changed_is_told_by_the_names_of_its_fields(world: World) -> None:
    # Given a referral. When its place alone is corrected, a section is saved, and the case is withdrawn:
    case = factories.a_referral(world)
    given = {"incident_at": case.incident_at, "incident_precision": "instant", "aware_at": case.aware_at}
    corrected: Any = {**given, "summary": case.summary, "place": "Another Lane", "reason": "A slip."}
    correct_referral(case, **corrected, by=world.manager, at=factories.REFERRED)
    assert last().changed == "place"
    gp = factories.asked_returns(world, factories.a_notified_case(world))["gp"]
    returns.save_section(gp, "chronology", {"events": CANARIES[1]}, by=world.gp_author, at=NOW)
    told = LedgerEntry.objects.get(action="save_section")

    # Then the names are there, and no value.
    assert (told.changed, CANARIES[1] in str(LedgerEntry.objects.values())) == ("events", False)


@pytest.mark.django_db
def test_what_a_command_prints_of_a_case_is_told(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    case = factories.a_notified_case(world)
    deadline = case.deadlines.get(rule_code="RR_COMPLETE")
    call_command("explain", str(deadline.pk))
    assert (last().action, last().actor, last().chain) == ("read", "system", case.pk)
    capsys.readouterr()
    with a_ledger_that_takes_nothing(), pytest.raises(DatabaseError), transaction.atomic():
        call_command("explain", str(deadline.pk))
    assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_a_mail_about_a_case_is_told_before_it_leaves(world: World, mailoutbox: list[Any]) -> None:
    case = factories.a_notified_case(world)
    with a_ledger_that_takes_nothing(), pytest.raises(DatabaseError), transaction.atomic():
        deliver_waiting(at=NOW)
    assert mailoutbox == []
    later = NOW + timedelta(hours=1)
    sent = deliver_waiting(at=later).sent
    told = case.ledger.filter(action="mail")
    assert sent == len(mailoutbox) == told.count() > 0
    assert {(e.actor, e.target.split(" ")[0]) for e in told} == {("system", "notifications.notice")}


@pytest.mark.django_db
def test_what_happens_to_an_account_is_told_in_the_chain_of_the_service(world: World) -> None:
    # Given a person who signs in, and a stranger who tries an address that is nobody's. When accounts writes of it:
    for actor in (world.manager, None):
        log.write(log.SIGNED_IN if actor else log.SIGN_IN_FAILED, subject=actor, actor=actor, at=NOW)
    told = LedgerEntry.objects.filter(chain=SERVICE)
    assert [(e.actor, e.action, e.target) for e in told.order_by("sequence")] == [
        (str(world.manager.pk), "signed-in", f"accounts.user {world.manager.pk}"),
        ("nobody", "sign-in-failed", "accounts.user"),
    ]


# ---- What is refused ---------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "kind"),
    [("case", "reviews.case"), ("return", "reviews.agencyreturn"), ("panel-record", "reviews.panelrecord"), ("sent-list", "workflows.subject")],
)  # fmt: skip
def test_what_may_not_be_seen_and_what_is_not_there_are_refused_alike(
    world: World, released: Released, time_machine: Any, name: str, kind: str
) -> None:
    # Given somebody elsewhere, who has been refused before. When they ask for a thing of ours, and for nothing:
    time_machine.move_to(NOW, tick=False)
    there = {"case": released.case, "return": released.gp, "panel-record": released.record}.get(
        name, released.case
    )
    stranger = factories.a_world("Southborough").manager
    client = signed_in(stranger)
    client.get(reverse(name, args=[uuid.uuid4()]))
    ends = released.case.ledger.count()
    answers = {}
    for pk in (there.pk, NOBODYS):
        with CaptureQueriesContext(connection) as asked:
            response = client.get(reverse(name, args=[pk]))
        entry = last()
        answers[pk] = (response.status_code, bare(response), len(asked))
        # Then each is told, in the chain of who asked.
        assert (entry.chain, entry.actor, entry.action, entry.target, entry.outcome, entry.reason) == (
            stranger.pk, str(stranger.pk), "ask", f"{kind} {pk}", "refused", "not-visible",
        )  # fmt: skip
    # And neither the answer nor the work tells which of them there is; nor does the case's chain move.
    assert answers[there.pk] == answers[NOBODYS]
    assert answers[there.pk][0] == 404
    assert released.case.ledger.count() == ends


@pytest.mark.django_db
def test_what_may_be_seen_and_not_done_is_refused_and_told(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_referral(world)
    before = case.ledger.count()
    assert signed_in(world.member).get(reverse("case-consider", args=[case.pk])).status_code == 403
    entry = last()
    assert (entry.chain, entry.target, entry.outcome, entry.reason) == (
        world.member.pk, f"reviews.case {case.pk}", "refused", "not-permitted",
    )  # fmt: skip
    assert case.ledger.count() == before


# ---- Bad input, row 34 -------------------------------------------------------------------------
@pytest.mark.django_db
def test_boxes_that_the_page_does_not_have_are_ignored_and_told_by_name(
    world: World, time_machine: Any
) -> None:
    # Given a form for a reason. When it comes with a state, a flag, a name that is itself a text, and a value of each:
    time_machine.move_to(NOW, tick=False)
    case = factories.a_referral(world)
    boxes = {"state": "closed", "is_superuser": "1", "Kim Example fell": "x", "draft": "yes"}
    answer = send(
        signed_in(world.manager),
        reverse("case-consider", args=[case.pk]),
        **moving(case, **boxes, **happened(NOW)),
    )
    assert answer.status_code == 302

    # Then the case moved as the page asked, and the ledger has the names.
    assert Case.objects.get().state == "notification"
    entry = LedgerEntry.objects.get(reason="ignored-fields")
    assert (entry.chain, entry.target, entry.outcome, entry.changed) == (
        world.manager.pk, "form case-consider", "refused", "is_superuser other state",
    )  # fmt: skip
    assert not any(
        word in str(LedgerEntry.objects.filter(pk=entry.pk).values()) for word in ("closed", "Kim")
    )


@pytest.mark.django_db
def test_an_answer_that_was_not_offered_is_told_by_name(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    send(signed_in(world.manager), reverse("refer"), harm="other-things")
    assert LedgerEntry.objects.get(reason="ignored-fields").changed == "harm"


@pytest.mark.django_db
def test_a_form_as_its_page_sends_it_has_nothing_to_ignore(world: World, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    a_released_case(world)
    case = factories.a_referral(world)
    send(
        signed_in(world.manager),
        reverse("case-decline", args=[case.pk]),
        **moving(case, reason="x", seen="y"),
    )
    assert not LedgerEntry.objects.filter(reason="ignored-fields").exists()
