"""In any world of seats, cover, grants, recusals, shares and break-glass: the list is the page is the count is the permit.

And all of them are what the rule says, told a second time without a database. Some that stand
on an edge of the rule and 10 others in an ordinary run; 2,000 with HYPOTHESIS_PROFILE=night.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from accounts.models import LONDON, Deputy, Membership, Role, Seat, User
from accounts.services import seat_for
from reviews.models import AgencyReturn, Case
from reviews.models.cases import CaseUserGrant
from reviews.models.returns import AgencyReturnUserGrant
from reviews.services import returns
from reviews.services.due import deadlines_visible_to
from tests import factories
from workflows.models import BreakGlass, Recusal, Share

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = NOW.astimezone(LONDON).date()
WORLDS = (
    10 if not settings.default or settings.default.max_examples <= 100 else settings.default.max_examples // 5
)

people, cases, seats = st.integers(0, 4), st.integers(0, 2), st.integers(0, 5)
bounds = st.sampled_from([None, None, -1, 0, 1])
spans = st.sampled_from([(-2, -1), (-1, 0), (0, 0), (0, 1), (1, 2)])
worlds = st.fixed_dictionaries(
    {
        "closed": st.lists(people, max_size=1),
        "held": st.lists(st.tuples(people, seats, bounds, bounds), min_size=2, max_size=8, unique_by=lambda m: m[:2]),
        "cover": st.lists(st.tuples(people, people, spans).filter(lambda c: c[0] != c[1]), max_size=4),
        "grants": st.lists(st.tuples(people, st.integers(0, 5)), max_size=2, unique=True),
        "recused": st.lists(st.tuples(people, cases, st.booleans()), max_size=4, unique_by=lambda r: r[:2]),
        "shares": st.lists(st.tuples(cases, seats, spans, st.booleans()), max_size=3),
        "glass": st.lists(st.tuples(people, cases, st.sampled_from([-1, 0, 59, 60, None]), st.booleans()), max_size=3),
    }
)  # fmt: skip


NOTHING: dict[str, Any] = {
    "closed": [], "held": [], "cover": [], "grants": [], "recused": [], "shares": [], "glass": [],
}  # fmt: skip
ALWAYS, TODAY_ONLY, OVER, TO_COME = (None, None), (0, 0), (-2, -1), (1, 2)
STAND_IN = {"held": [(0, 0, *ALWAYS), (1, 2, *ALWAYS)], "cover": [(0, 1, TODAY_ONLY)]}
ON_THE_WAY: tuple[dict[str, Any], ...] = (
    STAND_IN,
    {**STAND_IN, "recused": [(0, 0, False), (0, 1, True)]},
    {**STAND_IN, "recused": [(1, 0, False)]},
    {**STAND_IN, "closed": [0]},
    {**STAND_IN, "cover": [(0, 1, OVER)]},
    {**STAND_IN, "held": [(0, 0, *ALWAYS), (1, 4, *ALWAYS)]},  # a wall between the two
    {**STAND_IN, "held": [(0, 0, 1, None), (1, 2, *ALWAYS)]},
    {"held": [(0, 4, *ALWAYS)], "shares": [(0, 4, TODAY_ONLY, False), (1, 4, OVER, False)]},
    {"held": [(0, 4, *ALWAYS)], "shares": [(0, 4, TODAY_ONLY, True), (1, 4, TO_COME, False)]},
    {"held": [(0, 4, *ALWAYS)], "shares": [(0, 4, TODAY_ONLY, False)], "recused": [(0, 0, False)]},
    {"glass": [(0, 0, 0, False), (0, 1, 60, False), (1, 0, -1, False), (2, 0, 59, False), (3, 0, 0, True)]},
    {"glass": [(0, 0, 0, False), (1, 0, 0, False)], "recused": [(0, 0, False)], "closed": [1]},
    {"grants": [(0, 0), (1, 1), (2, 0)], "recused": [(2, 0, False)], "closed": [1]},
)
"""Worlds that stand on an edge of the rule, tried first; in what they do not name, nothing is."""


@dataclass
class Stage:
    """What every world has: three cases on two sides of a wall, each with a return, and six seats to sit in."""

    users: list[User]
    subjects: list[Any]
    seats: list[Seat]
    granted: set[tuple[int, Any]]
    """(seat, subject): what may be looked at from where."""


@pytest.fixture
def stage() -> Stage:
    here, there = factories.a_world(), factories.a_world("Westvale")
    found: list[Any] = []
    for world in (here, here, there):
        case = factories.a_notified_case(world)
        found += [case, *returns.ask_agencies(case, [world.gp], by=world.manager, at=factories.NOTIFIED)]  # type: ignore[list-item, arg-type]
    sitting = [
        seat_for(Role.BUSINESS_MANAGER, partnership=here.partnership),
        seat_for(Role.SUB_GROUP_MEMBER, partnership=here.partnership),
        seat_for(Role.AUTHOR, agency=here.gp),  # type: ignore[arg-type]
        seat_for(Role.USER_ADMINISTRATOR, partnership=here.partnership),  # to whom no case is granted
        seat_for(Role.BUSINESS_MANAGER, partnership=there.partnership),
        seat_for(Role.SAFEGUARDING_LEAD, agency=there.gp),  # type: ignore[arg-type]
    ]
    granted = {
        (grant.group_id, grant.content_object_id)
        for kind in (Case, AgencyReturn)
        for grant in kind.group_grants.rel.related_model.objects.filter(
            permission__codename__startswith="view_"
        )
    }
    return Stage([factories.a_person(f"p{n}@x.example", f"P{n}") for n in range(5)], found, sitting, granted)


def day(offset: int | None) -> date | None:
    return None if offset is None else TODAY + timedelta(days=offset)


def fill(stage: Stage, world: dict[str, Any]) -> None:
    """Write the rows of a world."""
    users, of = stage.users, stage.subjects
    User.objects.filter(pk__in=[users[n].pk for n in world["closed"]]).update(is_active=False)
    Membership.objects.bulk_create(
        Membership(user=users[who], seat=stage.seats[seat], starts_on=day(first), ends_on=day(last))
        for who, seat, first, last in world["held"]
    )
    Deputy.objects.bulk_create(
        Deputy(person=users[who], deputy=users[deputy], starts_on=day(first), ends_on=day(last))
        for who, deputy, (first, last) in world["cover"]
    )
    view = {p.codename: p for p in Permission.objects.filter(codename__in=["view_case", "view_agencyreturn"])}
    for who, n in world["grants"]:
        store, codename = (
            (CaseUserGrant, "view_case") if n % 2 == 0 else (AgencyReturnUserGrant, "view_agencyreturn")
        )
        store.objects.create(user=users[who], permission=view[codename], content_object=of[n])
    other = users[0].__class__.objects.exclude(pk__in=[u.pk for u in users]).first()
    assert other is not None
    lifted = {"ended_at": NOW, "ended_by": other, "ended_reason": "x"}
    Recusal.objects.bulk_create(
        Recusal(
            case_id=of[2 * case].pk,
            person=users[who],
            kind="other",
            by=other,
            at=NOW,
            **(lifted if is_over else {}),
        )
        for who, case, is_over in world["recused"]
    )
    Share.objects.bulk_create(
        Share(case_id=of[2 * case].pk, seat=stage.seats[seat], starts_on=day(first), ends_on=day(last), reason="x",
              by=other, at=NOW, **({"revoked_at": NOW, "revoked_by": other} if is_over else {}))
        for case, seat, (first, last), is_over in world["shares"]
    )  # fmt: skip
    BreakGlass.objects.bulk_create(
        BreakGlass(case_id=of[2 * case].pk, person=users[who], kind="other", words="x", asked_at=NOW, needs_two=False,
                   **({} if ago is None else {"opened_by": other, "opened_at": NOW - timedelta(minutes=ago),
                                              "until": NOW + timedelta(minutes=60 - ago)}),
                   **({"ended_at": NOW, "ended_by": other} if is_over else {}))
        for who, case, ago, is_over in world["glass"]
    )  # fmt: skip


def is_now(first: int | None, last: int | None) -> bool:
    return (first is None or first <= 0) and (last is None or last >= 0)


def why(stage: Stage, world: dict[str, Any], who: int, n: int) -> str:
    """The rule, once more and from the front: what decides about a person and a subject. Denied, or by what let in."""

    def recused(person: int) -> bool:
        return (person, n // 2, False) in world["recused"]

    if who in world["closed"]:
        return "denied: closed"
    if recused(who):
        return "denied: recused"
    if any((person, case) == (who, n // 2) and ago is not None and 0 <= ago < 60 and not over
           for person, case, ago, over in world["glass"]):  # fmt: skip
        return "break-glass"
    sitting = {(person, seat) for person, seat, first, last in world["held"] if is_now(first, last)}
    walls = {stage.seats[seat].partnership_id for person, seat in sitting if person == who}
    covered = {person for person, deputy, span in world["cover"] if deputy == who and is_now(*span)}
    own = {seat for person, seat in sitting if person == who}
    through = {
        seat
        for person, seat in sitting
        if person in covered and person not in world["closed"] and not recused(person)
        and stage.seats[seat].partnership_id in walls
    }  # fmt: skip
    opened = {
        seat for case, seat, span, over in world["shares"] if n == 2 * case and is_now(*span) and not over
    }
    for name, mine in (("own seat", own), ("deputy", through - own)):
        if any((stage.seats[seat].pk, stage.subjects[n].pk) in stage.granted for seat in mine):
            return name
    if (who, n) in world["grants"]:
        return "grant"
    return "share" if opened & (own | through) else "nothing"


DENIED = ("denied: closed", "denied: recused", "nothing")


def test_list_page_count_and_permit_agree_with_the_rule_in_any_world(stage: Stage) -> None:
    came_up: Counter[str] = Counter()

    def written(told: Any) -> Any:
        for world in ON_THE_WAY:
            told = example({**NOTHING, **world})(told)
        return told

    @written
    @settings(
        max_examples=WORLDS,
        suppress_health_check=list(HealthCheck),
        phases=[
            Phase.explicit,
            Phase.generate,
        ],  # a world is small enough to read; shrinking one takes minutes
    )
    @given(worlds)
    def in_any(world: dict[str, Any]) -> None:
        with transaction.atomic():
            fill(stage, world)
            for number, pk in enumerate(one.pk for one in stage.users):
                user = User.objects.get(pk=pk)
                reasons = [why(stage, world, number, n) for n in range(6)]
                came_up.update(reasons)
                expected = {
                    one.pk
                    for one, reason in zip(stage.subjects, reasons, strict=True)
                    if reason not in DENIED
                }
                listed: set[Any] = set()
                for kind in (Case, AgencyReturn):
                    seen = kind.objects.visible_to(user, at=NOW)
                    of_kind = {one.pk for one in seen}
                    assert seen.count() == len(of_kind)
                    listed |= of_kind
                assert listed == expected
                for one in stage.subjects:
                    is_seen = one.pk in expected
                    view = f"reviews.view_{one._meta.model_name}"
                    assert type(one).objects.visible_to(user, at=NOW).filter(pk=one.pk).exists() is is_seen
                    assert one.permits(user, view, at=NOW) is is_seen
                    assert (view in one.permissions_of(user, at=NOW)) is is_seen
                in_order = list(
                    Case.objects.visible_to(user, at=NOW)
                    .order_by("-begun_at", "pk")
                    .values_list("pk", flat=True)
                )
                for upto in (1, 2, 9):
                    assert [one.pk for one in Case.objects.newest(user, at=NOW, upto=upto)] == in_order[:upto]
                due = set(deadlines_visible_to(user, at=NOW).values_list("subject", flat=True))
                assert due == {
                    one.pk for one in stage.subjects if one.pk in expected and one.deadlines.exists()
                }
            transaction.set_rollback(True)

    in_any()
    # Everything that can decide has decided something: a world in which nothing happens would prove nothing.
    wanted = {*DENIED, "break-glass", "own seat", "deputy", "grant", "share"}
    assert set(came_up) == wanted
