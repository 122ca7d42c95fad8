"""Partnerships are walls; a case is shown across one to a seat, from a day to a day, and no more of it than that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.models import Deputy, Role, Seat
from accounts.services import add_member, seat_for
from notifications.models import Notice
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services import recusals, sharing
from tests import factories
from tests.factories import CANARIES, World
from tests.reviews.asking import a_released_case, permitted, send, signed_in, summary_of, text_of
from tests.reviews.test_access import NOTHING, addresses_of, seen_in_the_file, seen_on_pages
from workflows.exceptions import SharingError
from workflows.models import LedgerEntry, Share

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
A_DAY = timedelta(days=1)
WHY = "The family lived in Westvale until May."


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def here() -> World:
    return factories.a_world()


@pytest.fixture
def there() -> World:
    return factories.a_world("Westvale")


def managers_of(world: World) -> Seat:
    return seat_for(Role.BUSINESS_MANAGER, partnership=world.partnership)


def shared(case: Case, seat: Seat, by: Any, *, first: int = 0, last: int = 0) -> Share:
    return sharing.share_case(
        case, seat, starts_on=TODAY + first * A_DAY, ends_on=TODAY + last * A_DAY, reason=WHY, by=by, at=NOW
    )


def test_the_other_side_sees_the_page_of_the_case_and_nothing_else(here: World, there: World) -> None:
    # Given a case that has been through, shared with the managers of another partnership by a page:
    released = a_released_case(here)
    page = signed_in(here.manager)
    assert "Westvale" in text_of(page.get(reverse("case-share", args=[released.case.pk])))
    address = reverse("case-share-with", args=[released.case.pk, there.partnership.pk])
    boxes = {"seat": str(managers_of(there).pk), "reason": WHY}
    boxes |= {
        f"{which}_{part}": str(getattr(TODAY, part))
        for which in ("starts_on", "ends_on")
        for part in ("day", "month", "year")
    }
    assert summary_of(send(page, address, **boxes | {"reason": ""})) == ["Enter the reason"]
    assert send(page, address, **boxes).headers["Location"] == released.case.get_absolute_url()

    # then their lists, file and page of what is due have it, and they are told by a reference alone;
    other = signed_in(there.manager)
    case = released.case
    assert seen_on_pages(there.manager) == {**NOTHING, "cases": {str(case.pk)}}
    assert seen_in_the_file(there.manager) == {case.code}
    assert permitted(case, there.manager) == {"reviews.view_case"}
    assert [(n.recipient, n.subject_id) for n in Notice.objects.filter(news="case-shared")] == [
        (there.manager, case.pk)
    ]
    # its page tells what happened, until when it is shared and by whom, and offers nothing to do;
    shown = text_of(other.get(case.get_absolute_url()))
    assert CANARIES[1] in shown
    assert WHY in shown
    assert "to Monday 20 April 2026, by Manager of Northborough of Northborough" in shown
    for hidden in (
        "What to do next",
        "History",
        "Decision record",
        "Why this date?",
        "End it",
        "They are on leave.",
    ):
        assert hidden not in shown, hidden
    assert case.permissions_of(there.manager, at=NOW) == {"reviews.view_case"}
    # and every other page of it is closed: what belongs to it is as if it were not there.
    for name in addresses_of(released):
        if name != case.get_absolute_url():
            assert other.get(name).status_code in (403, 404), name
    for name in ("decision", "sent-list"):
        assert other.get(reverse(name, args=[case.pk])).status_code == 404
    assert (
        other.get(reverse("case-deadline", args=[case.pk, case.deadlines.earliest("pk").pk])).status_code
        == 404
    )
    assert [
        kind.objects.visible_to(there.manager, at=NOW).count() for kind in (Case, AgencyReturn, PanelRecord)
    ] == [1, 0, 0]
    found = other.get(reverse("case-list"), {"q": released.gp.code}).content.decode()
    assert case.code not in found
    # Nobody else there sees anything, and this side sees with whom it is shared.
    assert seen_on_pages(there.chair) == NOTHING
    for who in ("manager", "member", "partner_1"):
        assert "Shared with Business manager, Westvale" in text_of(
            signed_in(here.people[who]).get(case.get_absolute_url())
        )

    # Ended, it is gone with their next request; both are in the ledger, and the reason is not.
    end = reverse("share-end", args=[case.pk, Share.objects.get().pk])
    assert other.get(end).status_code == 403
    send(page, end)
    assert other.get(case.get_absolute_url()).status_code == 404
    assert seen_on_pages(there.manager) == NOTHING
    actions = LedgerEntry.objects.filter(chain=case.pk).values_list("action", flat=True)
    assert [a for a in actions if "share" in a] == ["share", "revoke_share"]
    assert "Shared before" in text_of(page.get(case.get_absolute_url()))


@pytest.mark.parametrize(("first", "last", "sees"), [(0, 0, True), (0, 3, True), (1, 3, False)])
def test_a_share_is_seen_from_its_first_day_to_its_last(
    here: World, there: World, first: int, last: int, sees: bool
) -> None:
    case = factories.a_referral(here)
    shared(case, managers_of(there), here.manager, first=first, last=last)
    visible = Case.objects.visible_to(there.manager, at=NOW)
    assert visible.exists() is sees
    end = datetime(2026, 4, 20, 23, tzinfo=UTC) + last * A_DAY  # midnight in London
    assert Case.objects.visible_to(there.manager, at=end - timedelta(seconds=1)).exists()
    assert not Case.objects.visible_to(there.manager, at=end).exists()


def test_recusal_and_cover_hold_across_the_border(here: World, there: World) -> None:
    case = factories.a_referral(here)
    shared(case, managers_of(there), here.manager)
    Deputy.objects.create(person=there.manager, deputy=there.gp_author, starts_on=TODAY, ends_on=TODAY)
    assert Case.objects.visible_to(there.gp_author, at=NOW).exists()
    # The manager there is among those who can be recused; then neither they nor who stands in for them see it.
    assert there.manager in recusals.can_be_recused(case, at=NOW)
    recusals.recuse(case, there.manager, kind="related", reason="A cousin.", by=here.manager, at=NOW)
    for person in (there.manager, there.gp_author):
        assert not Case.objects.visible_to(person, at=NOW).exists()
        assert case.permissions_of(person, at=NOW) == set()
    second = factories.a_person("second@westvale.example", "Second manager")
    add_member(second, managers_of(there))
    assert Case.objects.visible_to(second, at=NOW).exists()


def test_only_a_business_manager_shares_and_only_across_the_border_for_a_while(
    here: World, there: World
) -> None:
    case, seat = factories.a_referral(here), managers_of(there)
    for who, status in (("chair", 403), ("partner_1", 403), ("gp_author", 404)):
        page = signed_in(here.people[who])
        for name, more in (("case-share", []), ("case-share-with", [there.partnership.pk])):
            assert page.get(reverse(name, args=[case.pk, *more])).status_code == status, who
    with pytest.raises(PermissionDenied):
        shared(case, seat, there.manager)
    for given, wrong in (
        ({"seat": managers_of(here)}, "not of another partnership"),
        ({"seat": seat_for(Role.PANEL)}, "not of another partnership"),
        ({"ends_on": TODAY - A_DAY}, "today or later"),
        ({"starts_on": TODAY + A_DAY}, "not before the first"),
        ({"ends_on": TODAY + 367 * A_DAY}, "within a year"),
        ({"reason": " "}, "without a reason"),
    ):
        asked: dict[str, Any] = {"seat": seat, "starts_on": TODAY, "ends_on": TODAY, "reason": WHY, **given}
        with pytest.raises(SharingError, match=wrong):
            sharing.share_case(case, by=here.manager, at=NOW, **asked)
    shared(case, seat, here.manager)
    with pytest.raises(SharingError, match="already"):
        shared(case, seat, here.manager)
    own = reverse("case-share-with", args=[case.pk, here.partnership.pk])
    assert signed_in(here.manager).get(own).status_code == 404
