"""Recusal: who takes no part in a case. Declared by a person, recorded or answered by another, lifted by another."""

from datetime import datetime

from accounts.models import User
from workflows.exceptions import RecusalError
from workflows.models import Interest, Recusal, Subject
from workflows.services import ledger
from workflows.services.moving import change


def declare_interest(
    subject: Subject, *, kind: str, words: str, steps_back: bool, permission: str, by: User, at: datetime
) -> Interest:
    """Keep that the person has an interest in the case of what they look at. Needs a transaction.

    Who steps back is recused at once; otherwise they take part until it is answered. Raises PermissionDenied;
    RecusalError when they have declared already, and it is not answered yet.
    """
    current = change(subject, "declare_interest", permission=permission, by=by, at=at)
    case_id = current.root_id or current.pk
    if Interest.objects.unanswered().filter(case=case_id, person=by).exists():
        raise RecusalError("You have declared an interest already. It waits for an answer.")
    interest = Interest(case_id=case_id, person=by, kind=kind, words=words.strip(), at=at)
    if steps_back:
        interest.recusal = Recusal.objects.create(
            case_id=case_id, person=by, kind=kind, reason=words.strip(), by=by, at=at
        )
        interest.answered_at, interest.answered_by = at, by
        ledger.append(current, "recuse", by=by, at=at)
    interest.save(force_insert=True)
    return interest


def answer_interest(
    interest: Interest, *, takes_part: bool, answer: str, permission: str, by: User, at: datetime
) -> Interest:
    """Say whether the person takes part all the same; if not, they are recused. Needs a transaction.

    Raises PermissionDenied, also for their own; RecusalError without a reason, or when it was answered before.
    """
    case = _change(interest.case, "answer_interest", permission=permission, by=by, at=at)
    current = Interest.objects.get(pk=interest.pk)
    if current.answered_at is not None:
        raise RecusalError("This was answered already. Look at what was said.")
    if current.person == by:
        raise RecusalError("Somebody else must answer an interest of your own.")
    if not answer.strip():
        raise RecusalError("Cannot answer without a reason: it is kept with what was declared.")
    current.answered_at, current.answered_by, current.answer = at, by, answer.strip()
    if not takes_part:
        current.recusal = Recusal.objects.create(
            case_id=case.pk, person=current.person, kind=current.kind, reason=answer.strip(), by=by, at=at
        )
        ledger.append(case, "recuse", by=by, at=at)
    current.save()
    return current


def recuse(
    case: Subject, person: User, *, kind: str, reason: str, permission: str, by: User, at: datetime
) -> Recusal:
    """Bar a person from a case and everything that belongs to it, from now on. Needs a transaction.

    What they had declared and nobody had answered is answered by it. Raises PermissionDenied; RecusalError
    without a reason, or for somebody who is recused already.
    """
    current = _change(case, "recuse", permission=permission, by=by, at=at)
    if not reason.strip():
        raise RecusalError("Cannot record a recusal without a reason.")
    if Recusal.objects.in_force().filter(case=current.pk, person=person).exists():
        raise RecusalError(f"{person.full_name} takes no part in this case already.")
    made = Recusal.objects.create(
        case_id=current.pk, person=person, kind=kind, reason=reason.strip(), by=by, at=at
    )
    Interest.objects.unanswered().filter(case=current.pk, person=person).update(
        answered_at=at, answered_by=by, answer=reason.strip(), recusal=made
    )
    return made


def lift_recusal(recusal: Recusal, *, reason: str, permission: str, by: User, at: datetime) -> None:
    """The person takes part again from now on; that they did not is kept. Needs a transaction.

    Raises PermissionDenied, also for their own; RecusalError without a reason, or when it was lifted before.
    """
    case = _change(recusal.case, "lift_recusal", permission=permission, by=by, at=at)
    if not reason.strip():
        raise RecusalError("Cannot lift a recusal without a reason.")
    ended = Recusal.objects.in_force().filter(pk=recusal.pk, case=case.pk).exclude(person=by)
    if not ended.update(ended_at=at, ended_by=by, ended_reason=reason.strip()):
        raise RecusalError("Cannot lift that: it was lifted already.")


def _change(case: Subject, action: str, *, permission: str, by: User, at: datetime) -> Subject:
    return change(case.specific(), action, permission=permission, by=by, at=at)
