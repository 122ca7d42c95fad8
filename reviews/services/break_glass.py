"""Break-glass on a case: who may ask, who answers, who is told, and what is still to be looked at."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import Seat, User
from reviews.models import Case
from workflows.actors import SYSTEM
from workflows.calendars import local_date
from workflows.models import BreakGlass, Subject
from workflows.models.subjects import PERSON
from workflows.services import break_glass
from workflows.services.announcing import announce

LAPSES = break_glass.LAPSES
MAY_OPEN = "reviews.open_case"
"""Held by the business manager, the independent chair and the co-chairs: they approve, and look at it after."""
ANSWERED_BY = {"business-manager": "glass-asked", "independent-chair": "glass-asked"}
ALERT = {"business-manager": "glass-opened", "independent-chair": "glass-opened"}


@transaction.atomic
def ask_to_see(code: str, *, kind: str, words: str, by: User, at: datetime) -> BreakGlass | None:
    """Ask for the case that a code names, its own or one of its parts'. None if there is none for this person.

    Somebody without a seat in its partnership (the operator of the service, say) needs two who agree.
    """
    named = Subject.objects.filter(code__iexact=code.strip()).select_related("root").first()
    if named is None:
        return None
    case: Case = named.chain.specific()
    if case.state == case.DISPOSED:
        return None  # there is nothing left to see
    seats = Seat.objects.held_by(by, on=local_date(at)).filter(partnership=case.partnership_id)
    asked = break_glass.ask_to_see(case, kind=kind, words=words, needs_two=not seats.exists(), by=by, at=at)
    if asked is not None:
        announce(case, f"glass:{asked.pk}:asked", ANSWERED_BY, by=by, at=at)
    return asked


@transaction.atomic
def answer(asked: BreakGlass, *, agrees: bool, by: User, at: datetime) -> BreakGlass:
    """Agree or refuse. Once it is open the business manager and the chair are told, whoever of them agreed."""
    if not agrees:
        break_glass.refuse(asked, permission=MAY_OPEN, by=by, at=at)
        return asked
    answered = break_glass.approve(asked, permission=MAY_OPEN, by=by, at=at)
    if answered.opened_at is not None:
        told = {**ALERT, f"{PERSON}:{answered.person_id}": "glass-approved"}
        announce(answered.case.specific(), f"glass:{answered.pk}:opened", told, by=SYSTEM, at=at)
    return answered


@transaction.atomic
def end(opened: BreakGlass, *, by: User, at: datetime) -> None:
    """Close it before its hour is over."""
    break_glass.end(opened, permission=MAY_OPEN, by=by, at=at)


@transaction.atomic
def review(opened: BreakGlass, *, words: str, by: User, at: datetime) -> None:
    """Say what came of it."""
    break_glass.review(opened, words=words, permission=MAY_OPEN, by=by, at=at)


def open_to(user: User, *, at: datetime) -> list[BreakGlass]:
    """What this person has open now."""
    mine = BreakGlass.objects.in_force(at=at).filter(person=user)
    return [one for one in mine.select_related("case") if one.person_id not in one.case.recused()]


def waiting_for(user: User, *, at: datetime) -> list[BreakGlass]:
    """Requests that this person may answer, and openings that they are to look at. None of their own."""
    here = BreakGlass.objects.filter(
        case__in=Case.objects.granted(user, MAY_OPEN, at=at).order_by().values("pk")
    )
    to_answer = here.to_answer(since=at - LAPSES).exclude(seconded_by=user)
    to_review = here.to_review().filter(Q(until__lte=at) | Q(ended_at__isnull=False))
    either = (to_answer | to_review).exclude(person=user)
    return list(either.select_related("case").order_by("asked_at", "pk"))


def openings_of(case: Case) -> list[BreakGlass]:
    """Everything that was asked for and opened on a case, the newest first."""
    people = ("person", "seconded_by", "opened_by", "refused_by", "ended_by", "reviewed_by")
    return list(case.break_glass.select_related(*people).order_by("-asked_at", "-pk"))
