"""Emergency relaxations: for a time, on somebody's authority, a partnership may take longer than a rule says.

A relaxation is a version of a statutory rule that belongs to one partnership. Clocks that start while it
is in force count by it, and keep it; those that run already keep theirs, unless they are moved on purpose (ruling.py).
"""

from datetime import date, datetime

from django.db import transaction

from accounts.models import Partnership, User
from workflows.actors import System
from workflows.calendars import end_of
from workflows.exceptions import WorkflowError
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.folding import person
from workflows.services.rules import must_be_in_the_book, rule_on


def what_may_be_relaxed() -> list[RuleVersion]:
    """The statutory rules whose clocks this system keeps, in the version that has no end."""
    return list(RuleVersion.objects.filter(partnership=None, valid_to=None).exclude(kind="").order_by("pk"))


@transaction.atomic
def relax(
    partnership: Partnership,
    code: str,
    *,
    limit: Limit,
    valid_from: date,
    valid_to: date,
    authority: str,
    reason: str,
    by: User | System,
    at: datetime,
) -> RuleVersion:
    """Let a statutory rule have another limit in a partnership, on the days from the first to the last.

    Raises NoSuchRule for a code or a first day without a rule; WorkflowError without an authority or a reason, for
    a local milestone, an end before its beginning, the limit that counts anyway, or days already relaxed.
    """
    Partnership.objects.select_for_update(no_key=True).get(pk=partnership.pk)  # one at a time
    for day in (valid_from, valid_to):
        must_be_in_the_book(day)
    rule = rule_on(code, valid_from)
    if not authority.strip():
        raise WorkflowError(f"Cannot relax {rule.name}: say on whose authority.")
    if not reason.strip():
        raise WorkflowError(f"Cannot relax {rule.name}: say why.")
    if not rule.is_kept:
        raise WorkflowError(f"Cannot relax {rule.name}: this system keeps no clock of it.")
    if valid_to < valid_from:
        raise WorkflowError(
            f"Cannot relax {rule.name} until {valid_to:%-d %B %Y}: "
            f"that is before its first day, {valid_from:%-d %B %Y}."
        )
    if Limit.parse(rule.limit) == limit:
        raise WorkflowError(f"Cannot relax {rule.name} to {limit.words}: that is its limit.")
    there = RuleVersion.objects.relaxations().filter(partnership=partnership, code=rule.code)
    other = there.filter(valid_from__lte=valid_to, valid_to__gte=valid_from).first()
    if other is not None:
        raise WorkflowError(
            f"Cannot relax {rule.name} on those days: it is relaxed to {other.limit_in_words} from "
            f"{other.valid_from:%-d %B %Y} to {other.valid_to:%-d %B %Y}. End that first."
        )
    relaxed = RuleVersion.objects.get(pk=rule.pk)
    relaxed.pk, relaxed.partnership, relaxed.limit = None, partnership, str(limit)
    relaxed.valid_from, relaxed.valid_to = valid_from, valid_to
    relaxed.citation, relaxed.mark, relaxed.edition = authority.strip(), "L", ""
    relaxed.note = f"Emergency relaxation: {rule.limit_in_words} otherwise."
    relaxed.authority, relaxed.reason = authority.strip(), reason.strip()
    relaxed.recorded_by, relaxed.recorded_at = person(by), at
    relaxed.save(force_insert=True)
    return relaxed


@transaction.atomic
def end_relaxation(relaxation: RuleVersion, *, last_day: date) -> RuleVersion | None:
    """Let a relaxation end with that day, earlier or later than was said. Running deadlines keep it.

    One that has not begun and that nothing counts by is taken out of the book instead, when its last day comes
    before its first: then the answer is None. Raises WorkflowError.
    """
    must_be_in_the_book(last_day)
    partnership = Partnership.objects.select_for_update(no_key=True).get(pk=str(relaxation.partnership_id))
    current = RuleVersion.objects.relaxations().filter(pk=relaxation.pk).first()
    if current is None:
        raise WorkflowError("Cannot end this relaxation: it has been taken out of the book.")
    if last_day < current.valid_from:
        if current.deadlines.exists():
            raise WorkflowError(
                f"Cannot end the relaxation of {current.name} on {last_day:%-d %B %Y}: it only began on "
                f"{current.valid_from:%-d %B %Y}, and deadlines count by it."
            )
        current.delete()
        return None
    if current.deadlines.filter(started_at__gte=end_of(last_day)).exists():
        raise WorkflowError(
            f"Cannot end the relaxation of {current.name} on {last_day:%-d %B %Y}: "
            "deadlines that started after that day count by it."
        )
    overlapping = RuleVersion.objects.relaxations().filter(
        partnership=partnership,
        code=current.code,
        valid_from__lte=last_day,
        valid_from__gt=current.valid_from,
    )
    if overlapping.exists():
        raise WorkflowError(
            f"Cannot let the relaxation of {current.name} run until {last_day:%-d %B %Y}: another begins before that."
        )
    current.valid_to = last_day
    current.save(update_fields=["valid_to"])
    return current
