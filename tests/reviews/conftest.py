"""How far a review has come when a test of it begins: each stands on `world` and `case`, which all tests have."""

from reviews.models import AgencyReturn, Case
from tests import factories
from tests.factories import World
from tests.reviews.asking import DECIDED, Released, a_released_case
from tests.reviews.disposing import a_closed_case, adopted
from tests.standing import standing


@standing
def other(world: World) -> World:
    """The neighbour, with people and agencies of its own."""
    return factories.a_world("Westvale")


@standing
def referral(world: World) -> Case:
    """A case that has been referred on Thursday 12 March 2026, and no more."""
    return factories.a_referral(world)


@standing
def asked(world: World, case: Case) -> dict[str, AgencyReturn]:
    """The returns that the GP and the school were asked for when the case was notified."""
    return factories.asked_returns(world, case)


@standing
def gp(asked: dict[str, AgencyReturn]) -> AgencyReturn:
    return asked["gp"]


@standing
def decided(world: World) -> Case:
    """A case whose decision waits for the partners' signatures since Tuesday 7 April 2026."""
    return factories.a_decided_case(world, at=DECIDED)


@standing
def released(world: World) -> Released:
    """A case that has been through, and whose record the Panel has since Thursday 9 April 2026."""
    return a_released_case(world)


@standing
def closed(world: World, other: World) -> Case:
    """A case closed on 9 April 2026, full of words, in a partnership that took the proposal as its schedule."""
    case = a_closed_case(world, other)
    adopted(world)
    return case
