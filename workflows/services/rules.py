"""The rule book in the database: statutory rules written from code, local milestones as rows."""

from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import Partnership, User
from workflows.actors import System
from workflows.exceptions import WorkflowError
from workflows.models import RuleVersion, Subject
from workflows.rules import DeadlineRule, Limit, RuleBook


@cache
def rule_book() -> RuleBook:
    """The book that the settings name."""
    book: RuleBook = import_string(settings.WORKFLOWS_RULE_BOOK)
    return book


def _columns(rule: DeadlineRule) -> dict[str, object]:
    return {
        "name": rule.name, "kind": rule.kind, "limit": str(rule.limit), "starts": rule.starts,
        "met_by": list(rule.met_by), "voided_by": list(rule.voided_by), "owed_by": rule.owed_by,
        "owed_to": rule.owed_to, "citation": rule.citation, "mark": rule.mark, "edition": rule.edition,
        "duty": rule.duty, "ladder": rule.ladder, "valid_to": rule.valid_to,
    }  # fmt: skip


@transaction.atomic
def write_statutory_rules() -> None:
    """Copy the statutory rules of the code into the table that deadlines point at. Safe to repeat."""
    for rule in rule_book().statutory:
        RuleVersion.objects.update_or_create(
            code=rule.code, partnership=None, valid_from=rule.valid_from, defaults=_columns(rule)
        )


@transaction.atomic
def adopt_local_milestones(partnership: Partnership, *, valid_from: date) -> None:
    """Give a partnership the local milestones that the book suggests, from that day."""
    there = set(RuleVersion.objects.filter(partnership=partnership).values_list("code", flat=True))
    RuleVersion.objects.bulk_create(
        RuleVersion(
            code=rule.code, partnership=partnership,
            **{**_columns(rule), "valid_from": valid_from, "valid_to": None},
        )
        for rule in rule_book().local
        if rule.code not in there
    )  # fmt: skip


@transaction.atomic
def change_milestone(
    milestone: RuleVersion, *, limit: Limit, valid_from: date, by: User | System, at: datetime
) -> RuleVersion:
    """A new version of a local milestone from that day. Running deadlines keep the version they started with.

    Raises WorkflowError for a statutory rule, for one that has ended, or for a day before it began.
    """
    if not milestone.is_local:
        raise WorkflowError(
            f"Cannot change {milestone.name}: it is set by {milestone.citation}, not locally."
        )
    if milestone.valid_to is not None:
        raise WorkflowError(
            f"Cannot change {milestone.name} from {valid_from:%-d %B %Y}: "
            f"this version ended on {milestone.valid_to:%-d %B %Y}. Change the one that follows it."
        )
    if valid_from < milestone.valid_from:
        raise WorkflowError(
            f"Cannot change {milestone.name} from {valid_from:%-d %B %Y}: "
            f"the version in force only began on {milestone.valid_from:%-d %B %Y}."
        )
    if valid_from == milestone.valid_from and not milestone.deadlines.exists():
        milestone.limit = str(limit)
        milestone.save(update_fields=["limit"])
        return milestone
    if valid_from == milestone.valid_from:
        raise WorkflowError(
            f"Cannot change {milestone.name} from that day: deadlines already run on it. Use a later day."
        )
    new = RuleVersion.objects.get(pk=milestone.pk)
    new.pk, new.limit, new.valid_from, new.valid_to = None, str(limit), valid_from, None
    milestone.valid_to = date.fromordinal(valid_from.toordinal() - 1)
    milestone.save(update_fields=["valid_to"])
    new.save(force_insert=True)
    return new


def rules_started_by(subject: Subject, anchor: str, *, on: date) -> list[RuleVersion]:
    """The rules that an event starts for a subject, in force on the day: statutory, and the partnership's own."""
    return list(
        RuleVersion.objects.in_force(on).of(subject.partnership).filter(kind=subject.kind, starts=anchor)
    )
