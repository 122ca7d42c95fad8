"""Break-glass: a reason, a second person, sixty minutes, a banner, an alert, and somebody who looks at it afterwards."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Role, User
from accounts.services import add_member, seat_for
from notifications.models import Notice
from notifications.services import deliver_everything_owed
from reviews.models import Case
from reviews.services import break_glass, recusals
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import a_released_case, permitted, row_counts, send, signed_in, summary_of, text_of
from tests.reviews.test_access import NOTHING, addresses_of, seen_in_the_file, seen_on_pages
from workflows.exceptions import BreakGlassError
from workflows.models import BreakGlass, LedgerEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
BANNER = "All that you open is recorded."
WHY = {"kind": "child-at-risk", "words": "A sister was taken to hospital."}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def world() -> World:
    return factories.a_world()


@pytest.fixture
def root() -> User:
    """The operator: a superuser, in no partnership's seat."""
    person = factories.a_person("root@example.org", "Root")
    person.is_superuser = True
    person.save()
    return person


def asked(case: Case, by: Any, *, at: datetime = NOW) -> BreakGlass:
    request = break_glass.ask_to_see(case.code.lower(), by=by, at=at, **WHY)
    assert request is not None
    return request


def test_an_operator_sees_nothing_until_two_agreed_and_then_for_an_hour(
    world: World, root: User, time_machine: Any, settings: Any
) -> None:
    settings.SEND_WINDOW = "always"
    released = a_released_case(world)
    case, page = released.case, signed_in(root)
    # Given a superuser, to whom every page of a case answers as if there were none.
    assert {page.get(address).status_code for address in addresses_of(released)} == {404}
    assert "ask to see it" in text_of(page.get(case.get_absolute_url()))
    Notice.objects.all().delete()

    # When they ask on the page, those who decide are told, and nothing opens;
    address = reverse("break-glass")
    assert summary_of(send(page, address)) == [
        "Enter the code of the case", "Select why you must see it", "Enter what has happened",
    ]  # fmt: skip
    answer = send(page, address, code=case.code, **WHY)
    assert answer.headers["Location"] == address
    request = BreakGlass.objects.get()
    assert request.needs_two
    assert set(Notice.objects.values_list("recipient", "news")) == {
        (world.manager.pk, "glass-asked"), (world.chair.pk, "glass-asked"),
    }  # fmt: skip
    assert page.get(case.get_absolute_url()).status_code == 404
    # the manager finds it at home and on the case, and agrees: one is not enough for somebody from outside;
    manager, chair = signed_in(world.manager), signed_in(world.chair)
    assert "Answer a request to see a case" in text_of(manager.get("/"))
    here = reverse("glass-answer", args=[case.pk, request.pk])
    assert WHY["words"] in text_of(manager.get(here))
    send(manager, here, agrees="yes")
    assert page.get(case.get_absolute_url()).status_code == 404
    assert summary_of(send(manager, here, agrees="yes")) == [
        "You have agreed already. A second person has to, because they are from outside."
    ]
    assert "Answer a request" not in text_of(manager.get("/"))
    # the chair agrees, too.
    Notice.objects.all().delete()
    send(chair, here, agrees="yes")

    # Then they read the case and its parts, and each page says so; they do nothing there.
    for one in released:
        shown = page.get(one.get_absolute_url())
        assert shown.status_code == 200
        assert BANNER in text_of(shown)
        assert f"You see {case.code} until 11am." in text_of(shown)
    assert BANNER in text_of(page.get(reverse("decision", args=[case.pk])))
    assert BANNER not in text_of(page.get("/"))
    assert BANNER not in text_of(chair.get(case.get_absolute_url()))
    assert "History" in text_of(page.get(case.get_absolute_url()))
    assert case.permissions_of(root, at=NOW) == {"reviews.view_case", "reviews.read_whole_case"}
    assert permitted(case, root) == {"reviews.view_case", "reviews.read_whole_case"}
    assert permitted(released.gp, root) == {"reviews.view_agencyreturn"}
    assert seen_on_pages(root) == {
        "cases": {str(case.pk)}, "returns": {str(released.gp.pk), str(released.school.pk)}, "panel": {str(released.record.pk)},
    }  # fmt: skip
    assert seen_in_the_file(root) == {case.code}
    assert page.get(reverse("case-close", args=[case.pk])).status_code == 403
    # Both who decide are alerted, whoever agreed, and the user is told: by a reference and nothing else.
    assert set(Notice.objects.values_list("recipient", "news")) == {
        (world.manager.pk, "glass-opened"), (world.chair.pk, "glass-opened"), (root.pk, "glass-approved"),
    }  # fmt: skip
    deliver_everything_owed(at=NOW)
    written = "\n".join(f"{one.subject}\n{one.body}" for one in mail.outbox)
    assert len(mail.outbox) == 3
    assert case.code in written
    assert not any(word in written for word in (*CANARIES, root.full_name, WHY["words"], "hospital"))

    # To the very end of the hour, and not a second longer.
    # An hour is longer than a session that nobody uses: they sign in again.
    time_machine.move_to(NOW + timedelta(minutes=60) - timedelta(seconds=1), tick=False)
    page, manager, chair = signed_in(root), signed_in(world.manager), signed_in(world.chair)
    assert page.get(case.get_absolute_url()).status_code == 200
    time_machine.move_to(NOW + timedelta(minutes=60), tick=False)
    assert {page.get(address).status_code for address in addresses_of(released)} == {404}
    assert seen_on_pages(root) == NOTHING

    # It stays on the list of those who decide, until one of them says in words what came of it.
    look = reverse("glass-review", args=[case.pk, request.pk])
    for browser in (manager, chair):
        assert "Look at an emergency access" in text_of(browser.get("/"))
    assert page.get(look).status_code == 404
    assert summary_of(send(chair, look, words="")) == ["Enter what you found"]
    send(chair, look, words="It was needed.")
    for browser in (manager, chair):
        assert "Look at an emergency access" not in text_of(browser.get("/"))
    assert "It was needed." in text_of(manager.get(case.get_absolute_url()))
    actions = [
        a for a in LedgerEntry.objects.filter(chain=case.pk).values_list("action", flat=True) if "glass" in a
    ]
    assert actions == ["ask_break_glass", *["approve_break_glass"] * 2, "review_break_glass"]
    told = json.dumps(list(LedgerEntry.objects.values()), default=str)
    assert not any(words in told for words in ("hospital", "It was needed."))


def test_a_colleague_needs_one_and_never_themselves(world: World) -> None:
    case = factories.a_referral(world)
    one = asked(case, world.gp_lead)
    assert not one.needs_two
    # Nobody of those who may not decide it can, nor can the person, whatever they do.
    for person in (world.gp_lead, world.member, world.administrator):
        with pytest.raises(PermissionDenied):
            break_glass.answer(one, agrees=True, by=person, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        BreakGlass.objects.filter(pk=one.pk).update(
            opened_at=NOW, opened_by=world.gp_lead, until=NOW + timedelta(hours=1)
        )
    # Asked again, it waits once; refused, it stays closed; asked anew, one agrees.
    assert asked(case, world.gp_lead) == one
    break_glass.answer(one, agrees=False, by=world.chair, at=NOW)
    assert not Case.objects.visible_to(world.gp_lead, at=NOW).exists()
    with pytest.raises(BreakGlassError, match="answered already"):
        break_glass.answer(one, agrees=True, by=world.chair, at=NOW)
    two = break_glass.answer(asked(case, world.gp_lead), agrees=True, by=world.co_chair, at=NOW)
    assert Case.objects.visible_to(world.gp_lead, at=NOW).exists()
    # Still open, it cannot be closed as looked at; its user ends it, and cannot look at it.
    with pytest.raises(BreakGlassError, match="still lasts"):
        break_glass.review(two, words="Fine.", by=world.manager, at=NOW)
    page = signed_in(world.gp_lead)
    assert send(page, reverse("glass-end", args=[case.pk, two.pk])).headers["Location"] == "/"
    assert page.get(case.get_absolute_url()).status_code == 404
    with pytest.raises(PermissionDenied):
        break_glass.review(two, words="Fine.", by=world.gp_lead, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        BreakGlass.objects.filter(pk=two.pk).update(
            reviewed_at=NOW, reviewed_by=world.gp_lead, review="Fine."
        )
    break_glass.review(two, words="Fine.", by=world.manager, at=NOW)
    with pytest.raises(BreakGlassError, match="closed already"):
        break_glass.review(two, words="Again.", by=world.manager, at=NOW)


def test_who_asked_and_was_put_in_charge_since_decides_nothing_about_it(world: World) -> None:
    # Given a colleague who asked for one case, to whom another is open, and who then takes the manager's seat
    mine, open_to_me = factories.a_referral(world), factories.a_referral(world)
    waiting = asked(mine, world.gp_lead)
    opened = break_glass.answer(asked(open_to_me, world.gp_lead), agrees=True, by=world.manager, at=NOW)
    add_member(world.gp_lead, seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership))
    assert mine.permits(world.gp_lead, break_glass.MAY_OPEN, at=NOW)

    # Then they neither answer the one nor look at the other afterwards: somebody else does.
    for agrees in (True, False):
        with pytest.raises(PermissionDenied):
            break_glass.answer(waiting, agrees=agrees, by=world.gp_lead, at=NOW)
    with pytest.raises(PermissionDenied):
        break_glass.review(opened, words="Fine.", by=world.gp_lead, at=NOW + timedelta(hours=2))
    assert break_glass.waiting_for(world.gp_lead, at=NOW + timedelta(hours=2)) == []
    break_glass.review(opened, words="Fine.", by=world.manager, at=NOW + timedelta(hours=2))


def test_recusal_is_ahead_of_break_glass(world: World) -> None:
    case = factories.a_referral(world)
    recused = {"kind": "related", "reason": "A cousin.", "by": world.manager, "at": NOW}
    # Given one open and one asked for, then a recusal of both: it closes the one, and the other cannot be opened.
    opened = break_glass.answer(asked(case, world.gp_lead), agrees=True, by=world.manager, at=NOW)
    waiting = asked(case, world.gp_author)
    for person in (world.gp_lead, world.gp_author):
        recusals.recuse(case, person, **recused)
    assert not Case.objects.visible_to(world.gp_lead, at=NOW).exists()
    assert case.permissions_of(world.gp_lead, at=NOW) == set()
    assert break_glass.open_to(world.gp_lead, at=NOW) == []
    assert signed_in(world.gp_lead).get(reverse("glass-end", args=[case.pk, opened.pk])).status_code == 404
    with pytest.raises(BreakGlassError, match="takes no part"):
        break_glass.answer(waiting, agrees=True, by=world.chair, at=NOW)
    # Who is recused and asks is answered as for a code that nobody has, and nothing is kept.
    page = signed_in(world.gp_lead)
    before = row_counts()
    answers = []
    for code in (case.code, "R-222222"):
        send(page, reverse("break-glass"), code=code, **WHY)
        answers.append(text_of(page.get(reverse("break-glass"))))
    assert answers[0] == answers[1]
    after = row_counts()
    assert {table for table in after if after[table] != before[table]} == {"accounts.receipt"}


def test_a_request_lapses_and_who_sees_the_case_need_not_ask(world: World) -> None:
    case = factories.a_referral(world)
    one = asked(case, world.gp_lead)
    late = NOW + timedelta(hours=24)
    assert break_glass.waiting_for(world.manager, at=late - timedelta(seconds=1)) == [one]
    assert break_glass.waiting_for(world.manager, at=late) == []
    with pytest.raises(BreakGlassError, match="more than a day"):
        break_glass.answer(one, agrees=True, by=world.manager, at=late)
    assert asked(case, world.gp_lead, at=late) != one
    refused = send(signed_in(world.member), reverse("break-glass"), code=case.code, **WHY)
    assert summary_of(refused) == [f"You can see {case.code}: you need not ask."]
