"""Holding a case for a court or an inquiry, so that nothing of it is disposed of; and lifting that."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from reviews.models import Case, LegalHold
from workflows.exceptions import RetentionError
from workflows.services.moving import change

MAY_HOLD = "reviews.hold_case"
"""Held by the business manager, the independent chair and the co-chairs."""

HOLDS: dict[str, str] = {
    "court": "Court proceedings, or an order of a court",
    "police": "A criminal investigation or prosecution",
    "inquest": "An inquest, or a coroner",
    "inquiry": "A public inquiry, or a moratorium on destruction",
    "complaint": "A complaint, or a claim",
    "request": "Somebody has asked for what is held about them",
    "other": "Something else",
}
"""Why a case is held."""


@transaction.atomic
def place_hold(case: Case, *, kind: str, reference: str, by: User, at: datetime) -> LegalHold:
    """Hold the case until that is lifted; several may stand at once.

    Raises PermissionDenied; RetentionError without a reference; WrongState when the case was disposed of.
    """
    change(case, "hold", permission=MAY_HOLD, by=by, at=at)
    if kind not in HOLDS or not reference.strip():
        raise RetentionError("Cannot hold a case without saying for whom, and under which reference.")
    return LegalHold.objects.create(case=case, kind=kind, reference=reference.strip(), by=by, at=at)


@transaction.atomic
def lift_hold(hold: LegalHold, *, reason: str, by: User, at: datetime) -> None:
    """It holds no more. That it did is kept.

    Raises PermissionDenied; RetentionError without a reason, or a second time.
    """
    change(hold.case, "lift_hold", permission=MAY_HOLD, by=by, at=at)
    if not reason.strip():
        raise RetentionError("Cannot lift a hold without a reason: it is kept with the hold.")
    held = LegalHold.objects.in_force().filter(pk=hold.pk)
    if not held.update(lifted_at=at, lifted_by=by, lifted_reason=reason.strip()):
        raise RetentionError("This hold was lifted already.")
