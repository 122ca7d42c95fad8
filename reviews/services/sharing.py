"""Cross-border work: which seats elsewhere a case can be shared with, sharing it, and ending that."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Partnership, Role, Seat, User
from reviews.models import Case
from workflows.calendars import local_date
from workflows.models import Share
from workflows.models.subjects import SEAT
from workflows.services import sharing
from workflows.services.announcing import announce

MAY_SHARE = "reviews.share_case"
"""Held by the business manager of the case's partnership."""
WITH = (
    Role.BUSINESS_MANAGER,
    Role.INDEPENDENT_CHAIR,
    Role.CO_CHAIR,
    Role.DELEGATED_PARTNER,
    Role.SAFEGUARDING_LEAD,
)
"""The seats of another partnership, or of an agency there, that work across the border."""


def partnerships_elsewhere(case: Case) -> list[Partnership]:
    """Those on the other side of the wall, by name."""
    return list(Partnership.objects.exclude(pk=case.partnership_id).order_by("name"))


def seats_of(partnership: Partnership) -> QuerySet[Seat]:
    """The seats there with which a case can be shared: those of the partnership, then those of its agencies."""
    seats = Seat.objects.filter(partnership=partnership, role__in=WITH).exclude(agency__is_active=False)
    return seats.select_related("agency", "partnership").order_by("agency__name", "role")


def shares_of(case: Case, *, at: datetime) -> tuple[list[Share], list[Share]]:
    """With whom it is shared, or will be; and with whom it was, since its last day is over or somebody ended it."""
    rows = list(case.shares.select_related("seat__agency", "seat__partnership", "by", "revoked_by"))
    now = [one for one in rows if one.revoked_at is None and one.ends_on >= local_date(at)]
    return now, [one for one in rows if one not in now]


@transaction.atomic
def share_case(
    case: Case, seat: Seat, *, starts_on: date, ends_on: date, reason: str, by: User, at: datetime
) -> Share:
    """Let a seat of another partnership look at the case, and tell whoever holds it."""
    made = sharing.share(
        case, seat, starts_on=starts_on, ends_on=ends_on, reason=reason, permission=MAY_SHARE, by=by, at=at
    )
    announce(case, f"share:{made.pk}", {f"{SEAT}:{seat.pk}": "case-shared"}, by=by, at=at)
    return made


@transaction.atomic
def revoke_share(share: Share, *, by: User, at: datetime) -> None:
    """They see it no more."""
    sharing.revoke_share(share, permission=MAY_SHARE, by=by, at=at)
