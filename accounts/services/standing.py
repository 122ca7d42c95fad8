"""Whether somebody may use the service at all: suspended for not using it, let back, closed, locked out of factors."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Coalesce

from accounts.models import LostFactors, User
from accounts.services import factors, letters, log, sessions

UNUSED_FOR = timedelta(days=60)


class Refusal(Exception):
    """Why something cannot be done about an account: one sentence, fit to show."""


# ---- Suspended -------------------------------------------------------------------------------
def suspend_unused(*, at: datetime) -> int:
    """Suspend who has not used their account for 60 days, and tell them how to get back. Returns how many.

    Counted from their last use, or from when the account was made or let back. May run twice.
    """
    unused = (
        User.objects.filter(is_active=True, suspended_at=None)
        .alias(last=Coalesce("used_at", "joined_at"))
        .filter(last__lte=at - UNUSED_FOR)
    )
    keys = list(unused.values_list("pk", flat=True))
    return sum(_suspend(key, at=at) for key in keys)


@transaction.atomic
def _suspend(key: UUID, *, at: datetime) -> bool:
    user = User.objects.select_for_update().get(pk=key)
    if user.suspended_at or (user.used_at or user.joined_at) > at - UNUSED_FOR:
        return False  # another was quicker, or they came back at this moment
    user.suspended_at = at
    user.save(update_fields=["suspended_at"])
    sessions.end_all(user, by=None, at=at)
    log.write(log.SUSPENDED, subject=user, at=at)
    letters.owe("suspended", user, at=at)
    return True


@transaction.atomic
def lift_suspension(user: User, *, by: User, at: datetime) -> None:
    """They may use the service again; the 60 days begin anew."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.suspended_at is None:
        raise Refusal(f"{user.full_name} is not suspended.")
    user.suspended_at, user.used_at = None, at
    user.save(update_fields=["suspended_at", "used_at"])
    log.write(log.SUSPENSION_LIFTED, subject=user, actor=by, at=at)
    letters.owe("suspension-lifted", user, at=at)


# ---- Closed ----------------------------------------------------------------------------------
@transaction.atomic
def close_account(user: User, *, by: User | None, at: datetime) -> None:
    """A leaver: every session ends with its next request, every link is dead, every factor and number forgotten."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.is_active = False
    user.save(update_fields=["is_active"])
    sessions.end_all(user, by=by, at=at)
    factors.forget_all(user)
    user.devices.all().delete()
    user.memberships.update(phone="")
    log.write(log.CLOSED, subject=user, actor=by, at=at)


# ---- Every factor lost -----------------------------------------------------------------------
@transaction.atomic
def report_loss(user: User, *, proof: str, by: User, at: datetime) -> LostFactors:
    """An administrator says that the person lost every factor, and how they proved who they are.

    Nothing is taken away before another administrator agrees. Raises Refusal.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user == by:
        raise Refusal("Nobody can report their own loss: ask another administrator.")
    if user.lost_factors.filter(settled_at=None).exists():
        raise Refusal(
            f"This was reported for {user.full_name} already, and waits for a second administrator."
        )
    if not factors.has_factor(user):
        raise Refusal(f"{user.full_name} has set nothing up yet: they do so when they next sign in.")
    loss = LostFactors.objects.create(person=user, proof=proof, asked_by=by, asked_at=at)
    log.write(log.LOSS_REPORTED, subject=user, actor=by, at=at)
    return loss


@transaction.atomic
def settle_loss(loss: LostFactors, *, agrees: bool, by: User, at: datetime) -> LostFactors:
    """A second administrator agrees: the factors go, and every session with them; or says no, and nothing changes.

    Who reported it may take it back (say no), and never agree. Raises Refusal.
    """
    loss = LostFactors.objects.select_for_update().select_related("person").get(pk=loss.pk)
    person = loss.person
    if loss.settled_at:
        raise Refusal("This was settled already.")
    if agrees and by == loss.asked_by:
        raise Refusal("A second administrator must agree: whoever reported it cannot.")
    if agrees and by == person:
        raise Refusal("Nobody can agree to the loss of their own factors.")
    loss.settled_by, loss.settled_at, loss.was_agreed = by, at, agrees
    loss.save()
    if agrees:
        factors.forget_all(person)
        sessions.end_all(person, by=by, at=at)
        letters.owe("factors-taken-away", person, at=at)
    log.write(log.LOSS_AGREED if agrees else log.LOSS_REFUSED, subject=person, actor=by, at=at)
    return loss
