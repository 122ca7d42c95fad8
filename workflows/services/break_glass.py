"""Break-glass: asking to see a case that nobody granted, letting somebody see it for an hour, looking at it after."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied

from accounts.models import User
from workflows.exceptions import BreakGlassError
from workflows.models import BreakGlass, Subject
from workflows.services import ledger
from workflows.services.clocks import lock
from workflows.services.moving import change

LASTS = timedelta(minutes=60)
LAPSES = timedelta(hours=24)
"""So long a request waits for its answer."""


def ask_to_see(
    case: Subject, *, kind: str, words: str, needs_two: bool, by: User, at: datetime
) -> BreakGlass | None:
    """Keep that the person asks to see the case. Needs a transaction.

    None, and nothing kept, for who is recused from it: to them there is no such case. Asked twice, it waits once.
    Raises BreakGlassError for who may see it.
    """
    lock(case)
    if by.pk in case.recused():
        return None
    if case.permits(by, f"{case._meta.app_label}.view_{case._meta.model_name}", at=at):
        raise BreakGlassError(f"You can see {case.code}: you need not ask.")
    waiting: BreakGlass | None = (
        BreakGlass.objects.to_answer(since=at - LAPSES).filter(case=case.pk, person=by).first()
    )
    if waiting is not None:
        return waiting
    ledger.append(case, "ask_break_glass", by=by, at=at)
    return BreakGlass.objects.create(
        case_id=case.pk, person=by, kind=kind, words=words.strip(), needs_two=needs_two, asked_at=at
    )


def approve(asked: BreakGlass, *, permission: str, by: User, at: datetime) -> BreakGlass:
    """Let the person see the case, for an hour from now; of two who must agree, the first seconds it.

    Needs a transaction. Raises PermissionDenied, also for what they asked themselves; BreakGlassError when it was
    answered, has lapsed, they have agreed already, or the person is recused by now.
    """
    current = _to_answer(asked, "approve_break_glass", permission=permission, by=by, at=at)
    if current.person_id in current.case.recused():
        raise BreakGlassError(
            f"{current.person.full_name} takes no part in this case: it cannot be opened to them."
        )
    if current.needs_two and current.seconded_by is None:
        current.seconded_at, current.seconded_by = at, by
    elif current.seconded_by == by:
        raise BreakGlassError(
            "You have agreed already. A second person has to, because they are from outside."
        )
    else:
        current.opened_at, current.opened_by, current.until = at, by, at + LASTS
    current.save()
    return current


def refuse(asked: BreakGlass, *, permission: str, by: User, at: datetime) -> None:
    """They do not see it. Needs a transaction. Raises PermissionDenied, BreakGlassError."""
    current = _to_answer(asked, "refuse_break_glass", permission=permission, by=by, at=at)
    current.refused_at, current.refused_by = at, by
    current.save()


def end(opened: BreakGlass, *, permission: str, by: User, at: datetime) -> None:
    """Close it before its hour is over. Its user may, too. Needs a transaction.

    Raises PermissionDenied, BreakGlassError.
    """
    case = opened.case.specific()
    if opened.person == by:
        lock(case)
        ledger.append(case, "end_break_glass", by=by, at=at)
    else:
        change(case, "end_break_glass", permission=permission, by=by, at=at)
    if not BreakGlass.objects.in_force(at=at).filter(pk=opened.pk).update(ended_at=at, ended_by=by):
        raise BreakGlassError("It is over already.")


def review(opened: BreakGlass, *, words: str, permission: str, by: User, at: datetime) -> None:
    """Say what came of it; until then it stays on the list. Needs a transaction.

    Raises PermissionDenied, also for its user; BreakGlassError without words, while it lasts, or a second time.
    """
    change(opened.case.specific(), "review_break_glass", permission=permission, by=by, at=at)
    current = BreakGlass.objects.get(pk=opened.pk)
    if current.person == by:
        raise PermissionDenied
    if not words.strip():
        raise BreakGlassError("Cannot close this without saying what you found.")
    if BreakGlass.objects.in_force(at=at).filter(pk=current.pk).exists():
        raise BreakGlassError("It still lasts. Look at it when it is over, or end it now.")
    closed = BreakGlass.objects.to_review().filter(pk=current.pk)
    if not closed.update(reviewed_at=at, reviewed_by=by, review=words.strip()):
        raise BreakGlassError("This was closed already. Look at what was said.")


def _to_answer(asked: BreakGlass, action: str, *, permission: str, by: User, at: datetime) -> BreakGlass:
    change(asked.case.specific(), action, permission=permission, by=by, at=at)
    current = BreakGlass.objects.select_related("case", "person").get(pk=asked.pk)
    if current.person == by:
        raise PermissionDenied
    if not BreakGlass.objects.to_answer(since=at - LAPSES).filter(pk=current.pk).exists():
        raise BreakGlassError("This was answered already, or waited for more than a day. They can ask again.")
    return current
