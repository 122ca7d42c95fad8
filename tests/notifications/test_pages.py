"""The pages: what I was told, opening one, and what was sent about a case."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from notifications.models import Notice
from notifications.services import unseen_count
from reviews.models import AgencyReturn, Case
from tests.factories import World, a_person, a_world, asked_returns
from tests.notifications.conftest import london
from tests.standing import standing
from workflows.models import LedgerEntry, Subject
from workflows.services.sweeping import sweep

pytestmark = pytest.mark.django_db


def signed_in(person: User | Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(person: User | Any, name: str, *args: object, **query: str) -> str:
    answer = signed_in(person).get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def tell(person: User | Any, subject: Subject, *, number: int, at: datetime) -> Notice:
    made: Notice = Notice.objects.create(
        key=f"move:{number}:panel-replied:{person.pk}", recipient=person, subject_id=subject.pk,
        news="panel-replied", created_at=at, send_after=at, next_try_at=at, message_id=f"<{number}@x>",
    )  # fmt: skip
    return made


def test_whoever_was_told_nothing_is_told_so(world: World) -> None:
    assert "There are no notices for you." in page(world.manager, "notice-list")


def test_my_notices_say_what_about_what_and_how_it_stands(world: World, referral: Case) -> None:
    # Given a manager who was told that a notification is late. When she looks, years later:
    sweep(at=london("2026-03-20 09:00"))
    shown = page(world.manager, "notice-list")

    # Then there are the headline, the reference, the duty, and by how much.
    assert "A deadline has passed" in shown
    assert referral.code in shown
    assert "Notify the Panel of a serious incident" in shown
    assert "(was due Thursday 19 March 2026)" in shown


def test_i_see_nobody_elses_notices(world: World, referral: Case) -> None:
    sweep(at=london("2026-03-20 09:00"))
    assert "There are no notices for you." in page(world.gp_author, "notice-list")


def test_opening_one_marks_it_as_seen_and_leads_to_its_page(world: World, referral: Case) -> None:
    # Given a notice that is new. When it is opened:
    notice = tell(world.manager, referral, number=1, at=london("2026-03-20 09:00"))
    assert unseen_count(world.manager) == 1
    assert "New" in page(world.manager, "notice-list")
    answer = signed_in(world.manager).post(reverse("notice-open", args=[notice.pk]))

    # Then it leads to the case, and is new no more; a second time changes nothing.
    assert answer["Location"] == reverse("case", args=[referral.pk])
    assert unseen_count(world.manager) == 0
    assert "You have opened all of them." in page(world.manager, "notice-list")
    seen_at = Notice.objects.get().seen_at
    signed_in(world.manager).post(reverse("notice-open", args=[notice.pk]))
    assert Notice.objects.get().seen_at == seen_at


def test_its_address_alone_leads_there_and_marks_nothing(world: World, referral: Case) -> None:
    notice = tell(world.manager, referral, number=1, at=london("2026-03-20 09:00"))
    answer = signed_in(world.manager).get(reverse("notice-open", args=[notice.pk]))
    assert (answer["Location"], unseen_count(world.manager)) == (reverse("case", args=[referral.pk]), 1)


def test_looking_at_the_list_marks_nothing(world: World, referral: Case) -> None:
    tell(world.manager, referral, number=1, at=london("2026-03-20 09:00"))
    page(world.manager, "notice-list")
    assert unseen_count(world.manager) == 1


@pytest.mark.parametrize("who", ["gp_author", "chair"])
def test_a_notice_of_somebody_else_is_not_there(world: World, referral: Case, who: str) -> None:
    notice = tell(world.manager, referral, number=1, at=london("2026-03-20 09:00"))
    answer = signed_in(getattr(world, who)).get(reverse("notice-open", args=[notice.pk]))
    assert answer.status_code == 404
    assert Notice.objects.get().seen_at is None


def test_a_notice_about_what_i_may_not_see_leads_back_and_says_so(world: World, referral: Case) -> None:
    # Given somebody who was told, and whose role sees nothing of the case (any more):
    notice = tell(world.gp_author, referral, number=1, at=london("2026-03-20 09:00"))
    answer = signed_in(world.gp_author).get(reverse("notice-open", args=[notice.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("notice-list"), 302)]
    assert f"You cannot open {referral.code}" in answer.content.decode()


def test_whoever_is_not_signed_in_is_asked_to(world: World) -> None:
    answer = Client().get(reverse("notice-list"))
    assert answer["Location"].startswith(reverse("account_login"))


# ---- Page by page ------------------------------------------------------------------------------
@standing
def many(world: World, referral: Case) -> list[Notice]:
    """A hundred and one, of which each pair came in the same instant; the newest last."""
    start = london("2026-03-20 09:00")
    made = [tell(world.manager, referral, number=n, at=start + timedelta(minutes=n // 2)) for n in range(101)]
    return made


def opened_by(shown: str) -> list[str]:
    """The notices that a page links to, in its order."""
    return [part.split("/open/")[0] for part in shown.split("/notices/")[1:] if "/open/" in part]


def test_the_pages_show_each_notice_once_newest_first(world: World, many: list[Notice]) -> None:
    shown: list[str] = []
    following = ""
    for length in (50, 50, 1):
        text = page(world.manager, "notice-list", **({"page": following} if following else {}))
        assert len(opened_by(text)) == length
        shown += opened_by(text)
        following = shown[-1]
    newest_first = Notice.objects.order_by("-created_at", "-pk").values_list("pk", flat=True)
    assert shown == [str(pk) for pk in newest_first]


@pytest.mark.parametrize("nonsense", ["0", "-1", "abc", "1000000000", "", str(uuid.UUID(int=0)), "' OR 1=1"])
def test_a_page_that_makes_no_sense_is_the_first(world: World, many: list[Notice], nonsense: str) -> None:
    first = page(world.manager, "notice-list")
    assert opened_by(page(world.manager, "notice-list", page=nonsense)) == opened_by(first)


def test_a_notice_of_somebody_else_names_no_page(world: World, referral: Case, many: list[Notice]) -> None:
    other = tell(world.chair, referral, number=500, at=london("2026-03-20 09:10"))
    first = page(world.manager, "notice-list")
    assert opened_by(page(world.manager, "notice-list", page=str(other.pk))) == opened_by(first)


def test_three_notices_cost_what_one_does(world: World, referral: Case) -> None:
    def queries() -> int:
        client = signed_in(world.manager)
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("notice-list"))
        return len(asked)

    page(world.manager, "notice-list")
    sweep(at=london("2026-03-12 17:00"))
    tell(world.manager, referral, number=1, at=london("2026-03-20 09:00"))
    queries()  # the first list of a person begins their chain
    one = queries()
    sweep(at=london("2026-03-30 17:00"))
    assert Notice.objects.for_person(world.manager).count() > 3
    assert queries() == one


# ---- What was sent about a case ----------------------------------------------------------------
def test_what_was_sent_says_whom_what_and_what_became_of_it(world: World, notified: Case) -> None:
    # Given a case of which some were told, and one could not be reached:
    asked_returns(world, notified)
    Notice.objects.filter(recipient=world.gp_author).update(attempts=1)
    Notice.objects.filter(recipient=world.gp_author).become(
        "failed", last_error="The mail server does not accept this address (550 5.1.1 Nobody)."
    )
    Notice.objects.filter(recipient=world.chair).become("sent", sent_at=london("2026-03-18 09:01"))
    sweep(at=london("2026-03-24 09:00"))

    # When the manager looks, then it is all there, returns included.
    shown = page(world.manager, "sent-list", notified.pk)
    for word in (
        "gp author of Northborough",
        "A return is asked of your agency",
        "Could not be sent",
        "550 5.1.1 Nobody",
        "Wednesday 18 March 2026 at 9:01am",
        "Agency return",
        "Due Friday 27 March 2026",
        "Not before",
    ):
        assert word in shown, word


def test_looking_at_what_was_sent_is_in_the_ledger(world: World, notified: Case) -> None:
    page(world.manager, "sent-list", notified.pk)
    last = LedgerEntry.objects.filter(chain=notified.pk).latest("sequence")
    assert (last.actor, last.action) == (str(world.manager.pk), "read_notices")


def test_nothing_sent_says_so(world: World, referral: Case) -> None:
    assert "Nothing was sent about this case." in page(world.manager, "sent-list", referral.pk)


@pytest.mark.parametrize("who", ["member", "partner_1", "gp_author", "administrator"])
def test_what_was_sent_is_not_there_for_others(world: World, notified: Case, who: str) -> None:
    answer = signed_in(getattr(world, who)).get(reverse("sent-list", args=[notified.pk]))
    assert answer.status_code == 404


def test_what_was_sent_is_not_there_for_another_partnership(world: World, notified: Case) -> None:
    stranger = a_world("Southborough").manager
    assert signed_in(stranger).get(reverse("sent-list", args=[notified.pk])).status_code == 404


def test_what_was_sent_is_not_there_for_what_is_no_case(
    world: World, notified: Case, gp: AgencyReturn
) -> None:
    for pk in (gp.pk, uuid.uuid4()):
        assert signed_in(world.manager).get(reverse("sent-list", args=[pk])).status_code == 404


def test_a_superuser_has_no_way_round(world: World, notified: Case) -> None:
    root = a_person("root@northborough.example", "Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    root.refresh_from_db()
    assert signed_in(root).get(reverse("sent-list", args=[notified.pk])).status_code == 404
