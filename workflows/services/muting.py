"""Muting: nobody is told of a case's deadlines until a day, for a reason that is kept. Nothing is forgotten."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import ClockError
from workflows.models import Deadline, Mute, Rung, Subject
from workflows.models.ladders import MuteQuerySet
from workflows.services.folding import Actor, person
from workflows.services.moving import change
from workflows.services.rules import rule_book

LONGEST = timedelta(days=92)
"""About three months. Who still wants silence then, says so again, with a reason of that day."""


def mute(
    case: Subject,
    *,
    deadline: Deadline | None = None,
    reason: str,
    until: date,
    permission: str,
    by: Actor,
    at: datetime,
) -> Mute:
    """Tell nobody of the deadlines of a case, or of one of them, until the end of a day. Needs a transaction.

    Raises PermissionDenied; ClockError without a reason, for a day that is over or further off than three
    months, or for a deadline of another case or that is muted already.
    """
    current = change(case, "mute", permission=permission, by=by, at=at)
    today = local_date(at)
    if not reason.strip():
        raise ClockError("Cannot mute reminders without a reason.")
    if not today <= until <= today + LONGEST:
        raise ClockError(
            f"Cannot mute reminders until {day_in_words(until)}: the last day must be from today to "
            f"{day_in_words(today + LONGEST)}. They can be muted again then."
        )
    if deadline is not None and current.pk not in (deadline.subject_id, deadline.subject.root_id):
        raise ClockError(f"Cannot mute that deadline: it is not one of {current.code}.")
    if mutes_of(current, at=at).filter(deadline=deadline).exists():
        raise ClockError("Cannot mute these reminders: they are muted already. End that first to change it.")
    return Mute.objects.create(
        case_id=current.pk, deadline=deadline, reason=reason.strip(), until=until, by=person(by), at=at
    )


def end_mute(muted: Mute, *, permission: str, by: Actor, at: datetime) -> None:
    """Tell people again from now on. What was passed over is not said afterwards. Needs a transaction."""
    change(muted.case.specific(), "unmute", permission=permission, by=by, at=at)
    ended = Mute.objects.in_force(at=at).filter(pk=muted.pk).update(ended_at=at, ended_by=person(by))
    if not ended:
        raise ClockError("Cannot end that: these reminders are not muted any more.")


def mutes_of(case: Subject, *, at: datetime) -> MuteQuerySet:
    """What is muted on a case at the instant."""
    return Mute.objects.in_force(at=at).filter(case_id=case.pk)


def silence(rungs: Sequence[Rung], *, at: datetime) -> list[Rung]:
    """Of rungs just reached, those of which people are to be told; the others are marked with what muted them.

    The rungs come with deadline, rule and subject. Two queries if anything here is muted, one if not.
    """
    cases = {rung.deadline.subject.root_id or rung.deadline.subject_id for rung in rungs}
    mutes = list(Mute.objects.in_force(at=at).filter(case_id__in=cases)) if cases else []
    if not mutes:
        return list(rungs)
    muted: list[Rung] = []
    for rung in rungs:
        rung.mute = next((one for one in mutes if _covers(one, rung)), None)
        if rung.mute is not None:
            muted.append(rung)
    Rung.objects.bulk_update(muted, ["mute"])
    return [rung for rung in rungs if rung.mute is None]


def silenced_by(deadline: Deadline, notice_key: str, *, at: datetime) -> Mute | None:
    """What mutes a notice of a step that was reached before; None for one that is to be told. It begins with the
    step's key.

    Reads rule and subject: fetch both with it. One query, and another if anything here is muted.
    """
    mutes = Mute.objects.in_force(at=at).filter(case_id=deadline.subject.root_id or deadline.subject_id)
    in_force = [one for one in mutes if one.deadline_id in (None, deadline.pk)]
    if not in_force:
        return None
    for rung in deadline.rungs.exclude(reached_at=None):
        if notice_key.startswith(f"{rung.dedupe_key}:"):
            rung.deadline = deadline
            return next((one for one in in_force if _covers(one, rung)), None)
    return None


def not_muted(rungs: Sequence[tuple[datetime, Rung]], *, at: datetime) -> list[tuple[datetime, Rung]]:
    """Of rungs to come, each with its instant, those of which people would be told, as things are muted now."""
    cases = {rung.deadline.subject.root_id or rung.deadline.subject_id for _, rung in rungs}
    mutes = list(Mute.objects.in_force(at=at).filter(case_id__in=cases)) if cases else []
    return [
        (when, rung)
        for when, rung in rungs
        if not any(local_date(when) <= one.until and _covers(one, rung) for one in mutes)
    ]


def _covers(one: Mute, rung: Rung) -> bool:
    deadline = rung.deadline
    if one.case_id != (deadline.subject.root_id or deadline.subject_id):
        return False
    return one.deadline_id in (None, deadline.pk) and not is_always_heard(rung)


def is_always_heard(rung: Rung) -> bool:
    """Whether no mute can silence it: a statutory clock that is due, or late, reaches who must hear of it."""
    is_statutory = not rung.deadline.rule.is_local
    return is_statutory and rung.news != "reminder" and rung.tell == rule_book().must_hear
