"""How timely the returns of an agency were: what its own people read about themselves, counted from deadlines."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from accounts.models import Seat, User
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn
from workflows.models import Deadline


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Of one agency: how many times a return came in time, came late, is owed, and is owed late already."""

    agency: str
    in_time: int
    late: int
    owed: int
    overdue: int

    @property
    def came(self) -> int:
        return self.in_time + self.late


def own_timeliness(user: User, *, at: datetime) -> list[Timeliness]:
    """Of each agency for which this person acts, as far as they see its returns. None of it is stored.

    A return that was sent back is owed again, and counts again. As many queries for many returns as for one.
    """
    agencies = set(
        Seat.objects.acted_for_by(user, at=at).exclude(agency=None).values_list("agency_id", flat=True)
    )
    if not agencies:
        return []
    returns = AgencyReturn.objects.visible_to(user, at=at).filter(agency__in=agencies)
    names = dict(returns.values_list("pk", "agency__name"))
    is_met, is_open = Q(state="met"), Q(state__in=("running", "paused"))
    is_past = Q(met_at__gte=F("due_at"))
    rows = (
        Deadline.objects.filter(subject__in=names)
        .exclude(rule_code=ACKNOWLEDGING)
        .values("subject")
        .annotate(
            in_time=Count("pk", filter=is_met & ~is_past),
            late=Count("pk", filter=is_met & is_past),
            owed=Count("pk", filter=is_open),
            overdue=Count("pk", filter=Q(state="running", due_at__lte=at)),
        )
        .order_by()
    )
    sums: dict[str, list[int]] = {}
    for row in rows:
        counts = sums.setdefault(names[row["subject"]], [0, 0, 0, 0])
        for place, count in enumerate((row["in_time"], row["late"], row["owed"], row["overdue"])):
            counts[place] += count
    return [Timeliness(agency, *counts) for agency, counts in sorted(sums.items())]
