"""Putting right what is recorded of a child: a wrong name or date of birth sends every agency to the wrong records."""

import hashlib
import re
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db import transaction

from reviews.models import Case, Child
from reviews.models.cases import Actor
from reviews.services.cases import ChildGiven
from reviews.services.correcting import keep_corrections, tell_those_asked
from reviews.services.refusing import need_reason
from workflows.exceptions import NotMet, Stale
from workflows.services.moving import change

LONG_ENOUGH = 4
"""Letters that a part of a name must have to be looked for in a reason: shorter ones are words of their own."""


def can_be_corrected(case: Case) -> bool:
    """As long as anything is owed: agencies look for the child by what is recorded, whatever the stage."""
    return case.state not in Case.RESTING_STATES


def mark_of_child(child: Child) -> str:
    """A mark of what a correction of a child would change, as a page showed it."""
    held = [getattr(child, field.name) for field in fields(ChildGiven)]
    return hashlib.sha256("\n".join(map(str, held)).encode()).hexdigest()[:32]


@transaction.atomic
def correct_child(
    child: Child,
    given: ChildGiven,
    *,
    reason: str,
    by: Actor,
    at: datetime,
    seen_version: int | None = None,
    seen: str | None = None,
) -> Child:
    """Correct what is recorded of a child, with a reason. Every agency that was asked is told, without a fact.

    seen is the mark of the child as the page showed it. Raises NotMet without a reason, with one that tells the name,
    or once nothing is owed any more; Stale; PermissionDenied.
    """
    case = change(
        child.case, "correct_child", permission="reviews.refer_case", by=by, at=at, seen_version=seen_version
    )
    child = case.children.get(pk=child.pk)
    if seen is not None and seen != mark_of_child(child):
        raise Stale(
            f"Somebody corrected {child} while this page was open. "
            "Your text is still in the boxes: compare, then save again."
        )
    if not can_be_corrected(case):
        raise NotMet(f"Cannot correct {child} of {case.code}: it is {case.state_in_words} now.")
    need_reason(reason, "correct a child")
    if _tells_a_name(reason, child.name, given.name):
        raise NotMet(
            "Cannot keep this reason: it tells a name, and it is kept where names are not. Say why in other words.",
            about="reason",
        )
    were: dict[str, str] = {}
    for field in fields(ChildGiven):
        was, becomes = getattr(child, field.name), getattr(given, field.name)
        if was != becomes:
            were[field.name] = _in_words(child, field.name, was)
            setattr(child, field.name, becomes)
    if not were:
        return child
    child.save()
    keep_corrections(case, were, reason=reason, by=by, at=at, child=child)
    tell_those_asked(case, f"{at.isoformat()}:{child.number}", by=by, at=at)
    return child


def _in_words(child: Child, field: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(child.get_sex_display()).lower() if field == "sex" else str(value or "")


def _tells_a_name(reason: str, *names: str) -> bool:
    said = {word.casefold() for word in re.findall(r"\w+", reason)}
    parts = {part.casefold() for name in names for part in re.findall(r"\w+", name)}
    return any(len(part) >= LONG_ENOUGH and part in said for part in parts)
