"""What if, for a person or for the command line: whose cases, whose returns, which milestone. Writes nothing."""

import uuid
from dataclasses import replace
from datetime import date, datetime

from accounts.models import Agency, Partnership, Role, Seat, User
from reviews.models import AgencyReturn, Case
from reviews.services import access
from reviews.services.due import deadlines_visible_to
from workflows.exceptions import NoSuchRule, WorkflowError
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.simulating import Simulation, Telling, simulate
from workflows.supposing import Pause, Suppositions

WHO_SEE_CASES = (*access.ON_CASE, Role.DELEGATED_PARTNER, Role.LEAD_PARTNER)


def partnerships_followed(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships whose cases this person may see by a seat of theirs."""
    seats = Seat.objects.acted_for_by(user, at=at).filter(role__in=WHO_SEE_CASES)
    return list(Partnership.objects.filter(seats__in=seats).distinct().order_by("name"))


def what_if(user: User, supposed: Suppositions, *, at: datetime) -> Simulation:
    """What would follow for what the person may see; mails only of cases whose notices they may see."""
    simulation = simulate(deadlines_visible_to(user, at=at), supposed, at=at)
    told_of = set(Case.objects.granted(user, "reviews.see_notices_case", at=at).values_list("pk", flat=True))
    tellings = [one for one in simulation.tellings if _case_of(one) in told_of]
    return replace(simulation, tellings=tellings)


def _case_of(telling: Telling) -> uuid.UUID:
    subject = telling.rung.deadline.subject
    return subject.root_id or subject.pk


def pause_of(agency: Agency, first: date, last: date) -> Pause:
    """That the returns which an agency owes stand still from one day to another, both inclusive."""
    owed = AgencyReturn.objects.filter(agency=agency, state__in=AgencyReturn.OPEN)
    return Pause(frozenset(owed.values_list("pk", flat=True)), first, last, agency.name)


def find_agency(name: str, partnerships: list[Partnership]) -> Agency:
    """The agency of that name in one of these partnerships. Raises WorkflowError."""
    found = list(Agency.objects.filter(partnership__in=partnerships, name__iexact=name.strip()))
    if not found:
        raise WorkflowError(f"There is no agency {name.strip()!r}. Its whole name is needed.")
    if len(found) > 1:
        raise WorkflowError(
            f"Several partnerships have an agency {name.strip()!r}. Name the partnership as well."
        )
    return found[0]


def limit_of(code: str, text: str) -> dict[str, Limit]:
    """That a milestone or rule would have that limit. Raises NoSuchRule, NotADate."""
    code = code.strip().upper()
    known = sorted(set(RuleVersion.objects.values_list("code", flat=True)))
    if code not in known:
        raise NoSuchRule(f"There is no milestone or rule {code!r}. There are: {', '.join(known)}.")
    return {code: Limit.parse(text)}
