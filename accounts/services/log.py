"""What happened to accounts, written once and told to whoever listens. No words that anybody typed."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from accounts.models import AccountEvent, User
from accounts.services.callers import agent_of, ip_of
from accounts.signals import account_event

SIGNED_IN = "signed-in"
SIGN_IN_FAILED = "sign-in-failed"
CODE_FAILED = "code-failed"
TOO_MANY_TRIES = "too-many-tries"
SIGNED_OUT = "signed-out"
SESSIONS_ENDED = "sessions-ended"
CONFIRMED = "confirmed"
FACTOR_ADDED = "factor-added"
FACTOR_REMOVED = "factor-removed"
CODES_MADE = "recovery-codes-made"
CODE_USED = "recovery-code-used"
RESET_ASKED = "reset-asked"
PASSWORD_SET = "password-set"  # noqa: S105 (a kind of event)
INVITED = "invited"
CLOSED = "closed"
SUSPENDED = "suspended"
SUSPENSION_LIFTED = "suspension-lifted"
LOSS_REPORTED = "factors-reported-lost"
LOSS_AGREED = "factors-taken-away"
LOSS_REFUSED = "loss-of-factors-refused"
NEW_DEVICE = "new-device"


@transaction.atomic
def write(
    kind: str,
    *,
    subject: User | None,
    at: datetime,
    actor: User | None = None,
    request: HttpRequest | None = None,
) -> AccountEvent:
    """Append what happened, in the transaction of the caller if there is one, and tell who listens within it."""
    event = AccountEvent.objects.create(
        kind=kind,
        actor=actor,
        subject=subject,
        at=at,
        ip=ip_of(request) if request else None,
        agent=agent_of(request) if request else "",
    )
    account_event.send(sender=AccountEvent, event=event)
    return event
