"""Looking after how people sign in: a suspension lifted, factors that were lost, a leaver, a lost laptop."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent, Letter, LostFactors, Partnership, Role, User
from accounts.services import add_member, factors, seat_for, sessions, standing
from reviews.services import feeds, leaving
from tests import factories
from tests.reviews.administering import AT, errors_on, form, said, signed_in, text_of
from tests.second_factor import an_app
from workflows.exceptions import WorkflowError

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)
DEEDS = ("person-link", "person-sign-out", "person-lift", "person-try-again", "person-lost", "person-close")


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(AT, tick=False) as now:
        yield now


@pytest.fixture
def world() -> factories.World:
    return factories.a_world()


def page_of(person: User, name: str = "person") -> str:
    return reverse(name, args=[person.pk])


def is_in(client: Client) -> bool:
    return client.get("/notices/").status_code == 200


# ---- Suspended ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "is_suspended"), [(59, False), (60, True)])
def test_who_has_not_used_the_service_for_60_days_is_suspended(
    world: factories.World, days: int, is_suspended: bool
) -> None:
    User.objects.update(used_at=AT - 3 * A_DAY)
    User.objects.filter(pk=world.gp_author.pk).update(used_at=AT - days * A_DAY)

    assert standing.suspend_unused(at=AT) == is_suspended
    assert standing.suspend_unused(at=AT) == 0
    assert (User.objects.get(pk=world.gp_author.pk).suspended_at == AT) is is_suspended
    assert Letter.objects.filter(kind="suspended", person=world.gp_author).count() == is_suspended


def test_a_suspended_person_reads_why_sees_nothing_and_is_let_back_by_an_administrator(
    world: factories.World,
) -> None:
    # Given somebody with a session and a calendar feed, who is suspended
    person = world.gp_author
    theirs, token = signed_in(person), feeds.make_feed(person, at=AT)
    User.objects.exclude(pk=person.pk).update(used_at=AT)
    User.objects.filter(pk=person.pk).update(used_at=AT - 90 * A_DAY)
    standing.suspend_unused(at=AT)

    # Then the session has ended, the feed is empty-handed, and signing in leads to one page
    assert not is_in(theirs)
    assert feeds.fetch_feed(token, at=AT) is None
    theirs = signed_in(User.objects.get(pk=person.pk))
    for path in ("/", "/returns/", "/your-sign-in/", "/administration/"):
        assert theirs.get(path).headers["Location"] == "/suspended/"
    page = theirs.get("/suspended/")
    assert (page.status_code, "to lift the suspension" in page.content.decode()) == (403, True)
    assert 'class="rr-navigation' not in page.content.decode()

    # When an administrator, who sees it in the list, lifts it
    manager = signed_in(world.manager)
    assert "Suspended" in text_of(manager.get(reverse("people-list")))
    answer = manager.post(page_of(person, "person-lift"), form())

    # Then they are in again, and their 60 days begin anew
    assert said(manager, answer) == "gp author of Northborough can use the service again."
    assert is_in(theirs)
    assert standing.suspend_unused(at=AT + 59 * A_DAY) == 0
    assert errors_on(manager.post(page_of(person, "person-lift"), form())) == [
        "gp author of Northborough is not suspended."
    ]


# ---- Every factor lost -------------------------------------------------------------------------
def test_two_administrators_agree_that_factors_are_lost_and_the_person_sets_up_new_ones(
    world: factories.World,
) -> None:
    # Given somebody with an app, signed in somewhere
    person = world.gp_author
    an_app(person)
    theirs = signed_in(person)
    manager, administrator = signed_in(world.manager), signed_in(world.administrator)

    # When one administrator reports it, then nothing changes, and they cannot agree themselves
    answer = manager.post(page_of(person, "person-lost"), form(proof="in-person"))
    assert said(manager, answer) == "This waits for a second administrator to agree."
    assert errors_on(manager.post(page_of(person, "person-lost-answer"), form(agrees="yes"))) == [
        "A second administrator must agree: whoever reported it cannot."
    ]
    assert (is_in(theirs), factors.has_factor(person)) == (True, True)

    # When a second agrees, who reads how it was proved
    assert "I met them" in text_of(administrator.get(page_of(person, "person-lost-answer")))
    answer = administrator.post(page_of(person, "person-lost-answer"), form(agrees="yes"))

    # Then the factors are gone, every session too, and it is written down and told
    assert said(administrator, answer) == "gp author of Northborough sets up new ones when they next sign in."
    assert (is_in(theirs), Authenticator.objects.count()) == (False, 0)
    loss = LostFactors.objects.get()
    assert (loss.asked_by, loss.settled_by, loss.was_agreed) == (world.manager, world.administrator, True)
    told = AccountEvent.objects.filter(subject=person).values_list("kind", "actor__email")
    assert [row for row in told if "factors" in row[0]] == [
        ("factors-reported-lost", world.manager.email),
        ("factors-taken-away", world.administrator.email),
    ]
    assert Letter.objects.get(kind="factors-taken-away").person == person


def test_a_second_administrator_who_does_not_agree_changes_nothing(world: factories.World) -> None:
    an_app(world.gp_author)
    standing.report_loss(world.gp_author, proof="video", by=world.manager, at=AT)
    administrator = signed_in(world.administrator)

    answer = administrator.post(page_of(world.gp_author, "person-lost-answer"), form(agrees="no"))

    assert said(administrator, answer) == "Nothing was changed."
    assert factors.has_factor(world.gp_author)
    assert administrator.get(page_of(world.gp_author, "person-lost-answer")).status_code == 404


def test_what_is_refused_of_a_loss(world: factories.World) -> None:
    other = factories.a_world("Westvale")
    an_app(world.gp_author)
    an_app(world.manager)
    with pytest.raises(standing.Refusal, match="Nobody can report their own loss"):
        standing.report_loss(world.manager, proof="video", by=world.manager, at=AT)
    with pytest.raises(standing.Refusal, match="has set nothing up yet"):
        standing.report_loss(world.gp_lead, proof="video", by=world.manager, at=AT)
    loss = standing.report_loss(world.gp_author, proof="video", by=world.manager, at=AT)
    with pytest.raises(standing.Refusal, match="reported for gp author of Northborough already"):
        standing.report_loss(world.gp_author, proof="video", by=world.administrator, at=AT)
    with pytest.raises(standing.Refusal, match="Nobody can agree to the loss of their own"):
        standing.settle_loss(loss, agrees=True, by=world.gp_author, at=AT)
    standing.settle_loss(loss, agrees=False, by=world.manager, at=AT)
    with pytest.raises(standing.Refusal, match="settled already"):
        standing.settle_loss(loss, agrees=True, by=world.administrator, at=AT)

    # And not where the person acts for another body, too
    add_member(world.gp_author, seat_for(Role.CO_CHAIR, partnership=other.partnership))
    answer = signed_in(world.manager).post(page_of(world.gp_author, "person-lost"), form(proof="video"))
    assert errors_on(answer) == [
        "Cannot do this for gp author of Northborough here: they also act for another body, whose cases it would open. "
        "Ask whoever runs this service."
    ]


def test_who_has_seats_elsewhere_too_is_looked_after_here_whichever_comes_first(
    world: factories.World,
) -> None:
    for number in (1, 2**128 - 1):
        elsewhere = Partnership.objects.create(
            id=UUID(int=number), name=f"Elsewhere {number}", reference_prefix=f"E{number % 9}"
        )
        add_member(world.gp_author, seat_for(Role.CO_CHAIR, partnership=elsewhere))
    assert signed_in(world.manager).get(page_of(world.gp_author)).status_code == 200


# ---- A leaver ----------------------------------------------------------------------------------
def test_a_leaver_is_out_with_the_next_request_and_what_they_alone_owed_is_named(
    world: factories.World,
) -> None:
    # Given the one author of the GPs, with a session, a feed, an app and a return to write
    case = factories.a_notified_case(world, notified_at=AT)
    factories.asked_returns(world, case, at=AT)
    person = world.gp_author
    theirs, token = signed_in(person), feeds.make_feed(person, at=AT)
    an_app(person)
    manager = signed_in(world.manager)

    # When their account is closed, on a page that says what is left
    page = text_of(manager.get(page_of(person, "person-close")))
    assert (
        "Nobody else holds this seat: Agency contact and author, Northborough gp. It owes 2 open deadlines"
        in page
    )
    assert f"open deadlines ({case.code}): put somebody in it." in page
    answer = manager.post(page_of(person, "person-close"), form())

    # Then all that let them in is dead at once
    assert said(manager, answer) == (
        "The account of gp author of Northborough is closed. Nobody holds these seats now: "
        "Agency contact and author, Northborough gp."
    )
    assert not is_in(theirs)
    assert feeds.fetch_feed(token, at=AT) is None
    assert Authenticator.objects.count() == 0
    assert not Client().login(username=person.email, password=factories.PASSWORD)
    assert manager.get(page_of(person)).status_code == 404
    # and what was open stays dead, should whoever runs the service ever open the account again.
    type(person).objects.filter(pk=person.pk).update(is_active=True)
    assert not is_in(theirs)


def test_a_seat_that_somebody_else_holds_is_not_left_without_an_owner(world: factories.World) -> None:
    add_member(world.gp_lead, seat_for(Role.AUTHOR, agency=world.gp))

    assert leaving.left_without_owner(world.gp_author, at=AT) == []


def test_who_may_close_which_account(world: factories.World) -> None:
    other = factories.a_world("Westvale")
    add_member(world.chair, seat_for(Role.CO_CHAIR, partnership=other.partnership))
    for person, by, why in (
        (world.manager, world.manager, "Nobody can close their own account"),
        (world.chair, world.manager, "they also act for another body"),
    ):
        with pytest.raises(WorkflowError, match=why):
            leaving.close_account(world.partnership, person, by=by, at=AT)
    for person, by in ((world.gp_author, other.manager), (other.manager, world.manager)):
        with pytest.raises(PermissionDenied):
            leaving.close_account(world.partnership, person, by=by, at=AT)
    leaving.close_account(world.partnership, world.administrator, by=world.manager, at=AT)
    assert User.objects.filter(is_active=False).count() == 1


# ---- The rest ----------------------------------------------------------------------------------
def test_an_administrator_signs_somebody_out_everywhere(world: factories.World) -> None:
    theirs, manager = signed_in(world.gp_author), signed_in(world.manager)

    answer = manager.post(page_of(world.gp_author, "person-sign-out"), form())

    assert said(manager, answer) == "gp author of Northborough is signed out everywhere."
    assert (is_in(theirs), is_in(manager)) == (False, True)
    assert AccountEvent.objects.get(kind="sessions-ended").actor == world.manager


def test_the_page_of_an_account_is_for_who_looks_after_the_person(world: factories.World) -> None:
    other = factories.a_world("Westvale")
    page = text_of(signed_in(world.administrator).get(page_of(world.gp_author)))
    assert "Nothing yet: they set it up when they first sign in" in page

    for by in (other.manager, world.gp_lead, world.chair):
        client = signed_in(by)
        for name in ("person", *DEEDS):
            assert client.get(page_of(world.gp_author, name)).status_code == 404
            assert client.post(page_of(world.gp_author, name), form()).status_code in (404, 405)
    assert not AccountEvent.objects.filter(kind="sessions-ended").exists()


def test_what_is_done_to_an_account_wants_a_fresh_confirmation(world: factories.World, today: Any) -> None:
    manager = signed_in(world.manager)
    session = manager.session
    session[sessions.SEEN] = (AT + timedelta(minutes=10)).timestamp()
    session.save()
    today.shift(timedelta(minutes=10))

    for name in (*DEEDS, "person-lost-answer"):
        path = page_of(world.gp_author, name)
        assert manager.get(path).headers["Location"] == f"/confirm/?next={path}"
    for path in (reverse("person-add"), reverse("deputy-add")):
        assert manager.get(path).headers["Location"] == f"/confirm/?next={path}"
    assert manager.get(page_of(world.gp_author)).status_code == 200
