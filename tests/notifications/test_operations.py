"""The pages of how the service runs: what they show, to whom, and what they cost."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from notifications import services
from notifications.models import DIGEST, Notice
from notifications.tasks import deliver
from reviews.models import Case
from tests.factories import CANARIES, World, a_notified_case, a_panel_member, a_referral, a_world
from tests.notifications.conftest import london
from tests.notifications.test_pages import signed_in
from workflows.models import CalendarVersion, Deadline, Outage
from workflows.services.inspecting import inspect_what_is_due
from workflows.services.watching import watch

pytestmark = pytest.mark.django_db
BEFORE, BACK = london("2026-03-13 17:00"), london("2026-03-20 09:00")


def text_at(person: Any, address: str, at: datetime) -> str:
    """The page as that person sees it at the instant, on one line."""
    with time_machine.travel(at, tick=False):
        answer = signed_in(person).get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def running(world: World, at: datetime) -> str:
    return text_at(world.manager, reverse("operations"), at)


def row(page: str, key: str) -> str:
    """What stands beside a key of a summary list, without its marks."""
    value = page.split(f"{key} </dt>")[1].split("</dd>")[0]
    return " ".join("".join(part.split(">")[-1] for part in value.replace("<", "\n<").split("\n")).split())


# ---- How the service runs -----------------------------------------------------------------------
def test_before_anything_ran_it_says_so(world: World) -> None:
    page = running(world, BACK)
    assert row(page, "Looking at the deadlines") == "Late It has not run yet"
    assert row(page, "Every deadline derived again") == "Not yet It has not been done yet"
    assert "It has run without a break." in page
    assert "The list of gov.uk fetched" not in page


def test_what_ran_what_waits_and_what_was_found_are_shown(world: World, referral: Case) -> None:
    # Given a service that runs, a reminder that waits for the morning, and a night’s look
    with time_machine.travel(london("2026-03-17 06:00"), tick=False):
        deliver()
    watch(at=london("2026-03-17 08:30"))
    inspect_what_is_due(at=london("2026-03-17 03:05"))
    page = running(world, london("2026-03-17 08:31"))
    assert row(page, "Looking at the deadlines") == "Well Last on Tuesday 17 March 2026 at 8:30am"
    assert row(page, "Sending mail") == "Late Last on Tuesday 17 March 2026 at 6am"
    assert row(page, "Notices ready to be sent").startswith(
        "3, the oldest since Tuesday 17 March 2026 at 8:30am"
    )
    assert row(page, "Steps of ladders overdue") == "Well 0"
    assert row(page, "Every deadline derived again").startswith("Well Tuesday 17 March 2026 at 3:05am:")
    assert row(page, "Mails that could not be delivered") == "Well 0 in the last 30 days"


def test_what_is_late_or_amiss_is_red(world: World, referral: Case) -> None:
    Deadline.objects.filter(rule_code="SIN_NOTIFY").update(due_on="2026-03-30")
    inspect_what_is_due(at=london("2026-03-17 03:05"))
    CalendarVersion.objects.update(known_until="2026-12-26")
    page = running(world, london("2026-03-18 10:00"))
    assert row(page, "Steps of ladders overdue").startswith(
        "Late 5, the oldest since Friday 13 March 2026 at 8:30am"
    )
    assert row(page, "Every deadline derived again").startswith(
        "Late Tuesday 17 March 2026 at 3:05am: 3 looked at, 1 amiss"
    )
    assert "the command <code>manage.py verify_deadlines</code> names which" in page
    assert referral.code not in page
    assert "Bank holidays are known only until Saturday 26 December 2026, less than 12 months ahead." in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_much_there_is(
    world: World, django_assert_num_queries: Any, rows: int
) -> None:
    for number in range(rows):
        a_notified_case(world)
        Outage.objects.create(began_at=BEFORE + timedelta(days=number), ended_at=BACK + timedelta(days=number),
                              caught_up_at=BACK)  # fmt: skip
        inspect_what_is_due(at=BACK + timedelta(days=number))
    watch(at=BACK)
    client = signed_in(world.administrator)
    with time_machine.travel(BACK, tick=False):
        client.get(reverse("operations"))
        with django_assert_num_queries(18):
            assert client.get(reverse("operations")).status_code == 200


@pytest.mark.parametrize(
    "who", ["member", "co_chair", "chair", "gp_author", "gp_lead", "partner_1", "panel", "nobody"]
)
def test_for_others_there_are_no_such_pages(world: World, referral: Case, who: str) -> None:
    world.people["panel"] = a_panel_member()
    world.people["nobody"] = world.gp_author
    watch(at=BEFORE)
    watch(at=BACK)
    client = signed_in(world.people[who])
    pages = [reverse("operations"), reverse("outage", args=[Outage.objects.get().pk])]
    assert {client.get(page).status_code for page in pages} == {404}
    assert {Client().get(page).status_code for page in pages} == {302}
    assert {client.post(page).status_code for page in pages} == {405}


def test_an_outage_that_is_not_there_is_not_found(world: World) -> None:
    assert signed_in(world.manager).get(reverse("outage", args=[4711])).status_code == 404


# ---- The report of an outage --------------------------------------------------------------------
def test_the_report_lists_what_was_late_and_what_was_collapsed_and_adds_up(
    world: World, referral: Case
) -> None:
    watch(at=BEFORE)
    watch(at=BACK)
    services.deliver_everything_owed(at=BACK)
    page = text_at(world.manager, reverse("outage", args=[Outage.objects.get().pk]), BACK)
    assert 'From <time datetime="2026-03-13T17:00:00+00:00">Friday 13 March 2026 at 5pm</time>' in page
    assert "Nothing was lost; and each is one row with one key, so nothing was doubled." in page
    owed = Notice.objects.told_late(Outage.objects.get())
    states = [owed.filter(state=state).count() for state in ("sent", "collapsed", "dropped")]
    assert (
        f"Owed {sum(states)} = sent {states[0]} + collapsed {states[1]} + no longer owed {states[2]} "
        "+ waiting 0 + not delivered 0."
    ) in page
    late, collapsed = page.split("Collapsed, and why")
    assert late.count(referral.code) == states[0] + states[2]
    assert collapsed.count(referral.code) == states[1]
    assert "Sent on Friday 20 March 2026 at 9am" in late
    assert "A later step of the same ladder says more." in collapsed
    assert not [word for word in CANARIES if word in page]


def test_what_a_viewer_may_not_see_is_counted_in_the_report_and_not_named(
    world: World, referral: Case
) -> None:
    theirs = a_referral(a_world("Southborough"))
    watch(at=BEFORE)
    watch(at=BACK)
    outage = Outage.objects.get()
    address, owed = reverse("outage", args=[outage.pk]), Notice.objects.told_late(outage)
    page = text_at(world.manager, address, BACK)
    assert (referral.code in page, theirs.code in page) == (True, False)
    assert f"{owed.filter(subject=theirs).count()} notices are about cases that you may not see." in page
    other = text_at(world.administrator, address, BACK)
    assert (referral.code in other, theirs.code in other) == (False, False)
    assert f"{owed.count()} notices are about cases that you may not see." in other


def test_an_outage_in_which_nothing_was_owed_says_so(world: World) -> None:
    watch(at=BEFORE)
    watch(at=BACK)
    page = text_at(world.manager, reverse("outage", args=[Outage.objects.get().pk]), BACK)
    assert "Nobody was to be told anything meanwhile." in page
    assert "Owed 0 = sent 0" in page


# ---- Alarms at home, and notices about no case ---------------------------------------------------
def test_an_alarm_stands_on_the_home_page_of_administrators_and_of_nobody_else(world: World) -> None:
    old = london("2026-09-01 09:00")
    for who in ("manager", "administrator"):
        assert "The list of bank holidays is 188 days old" in text_at(world.people[who], "/", old)
    for who in ("chair", "gp_author", "partner_1"):
        assert "The list of bank holidays is" not in text_at(world.people[who], "/", old)


def test_a_notice_about_the_service_is_listed_and_leads_to_its_page(world: World) -> None:
    inspect_what_is_due(at=london("2026-09-01 03:05"))
    notice = Notice.objects.get(recipient=world.manager)
    page = text_at(world.manager, reverse("notice-list"), london("2026-09-01 09:00"))
    assert "The list of bank holidays is old" in page
    answer = signed_in(world.manager).get(reverse("notice-open", args=[notice.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("calendar"))


def test_past_the_end_of_the_calendar_administrators_are_told_at_once(world: World) -> None:
    at = london("2045-06-03 02:00")
    services.tell_administrators("calendar-horizon", "1", by=None, at=at)
    assert set(Notice.objects.values_list("send_after", flat=True)) == {at}


def test_a_digest_is_listed_leads_home_and_says_which_notices_came_late(world: World, referral: Case) -> None:
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    page = text_at(world.manager, reverse("notice-list"), BACK)
    assert "What you were not told in time" in page
    assert (
        "Told late: it was to be told on Thursday 19 March 2026 at 8:30am, and the service did not run."
        in page
    )
    digest = Notice.objects.get(news=DIGEST, recipient=world.manager)
    assert signed_in(world.manager).get(reverse("notice-open", args=[digest.pk]))["Location"] == "/"


def test_a_failed_digest_can_be_marked_as_phoned(world: World, referral: Case) -> None:
    watch(at=BEFORE)
    watch(at=london("2026-03-20 02:00"))
    digest = Notice.objects.get(news=DIGEST, recipient=world.manager)
    Notice.objects.filter(pk=digest.pk).become(Notice.State.FAILED, last_error="The address was refused.")
    page = text_at(world.manager, reverse("undelivered-list"), BACK)
    assert "Phone manager of Northborough".lower() in page.lower()
    with time_machine.travel(BACK, tick=False):
        assert (
            signed_in(world.manager).post(reverse("undelivered-phoned", args=[digest.pk])).status_code == 302
        )
        assert (
            signed_in(world.administrator).post(reverse("undelivered-phoned", args=[digest.pk])).status_code
            == 404
        )
    digest.refresh_from_db()
    assert digest.dealt_with_at == BACK
