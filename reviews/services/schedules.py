"""A partnership's own schedule of how long what is kept: taken from the proposal, then changed from a day on."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import Partnership, User
from reviews.models import RetentionRule
from reviews.retention import CLASSES, NEVER, PROPOSED, TRIGGERS, Kept
from reviews.services.access import must_run
from workflows.actors import System
from workflows.calendars import local_date
from workflows.exceptions import RetentionError
from workflows.services import ledger


def schedule_of(partnership: Partnership, *, on: date) -> list[RetentionRule]:
    """The lines in force there on the day, in the order of the classes."""
    order, starts = list(CLASSES), list(TRIGGERS)
    rules = RetentionRule.objects.in_force(on=on).filter(partnership=partnership)
    return sorted(rules, key=lambda rule: (order.index(rule.record_class), starts.index(rule.trigger)))


def not_adopted(partnership: Partnership) -> list[Kept]:
    """The lines of the proposal for classes about which the partnership never said anything."""
    there = set(
        RetentionRule.objects.filter(partnership=partnership)
        .values_list("record_class", flat=True)
        .distinct()
    )
    return [kept for kept in PROPOSED if kept.record_class not in there]


@transaction.atomic
def adopt_proposal(partnership: Partnership, *, by: User | System, at: datetime) -> list[RetentionRule]:
    """Take the proposal for the classes that have no rule yet, from today on.

    Raises PermissionDenied; RetentionError when every class has one.
    """
    must_run(partnership, by, at=at)
    lock_schedule(partnership)
    lines = not_adopted(partnership)
    if not lines:
        raise RetentionError("Every class has rules already. Change those that are wrong.")
    return _write(partnership, lines, from_day=local_date(at), by=by, at=at)


@transaction.atomic
def set_rule(
    partnership: Partnership, *, record_class: str, trigger: str, years: int | None, citation: str, reason: str,
    valid_from: date, by: User | System, at: datetime,
) -> RetentionRule:  # fmt: skip
    """From that day on, keep a class so many years from a trigger; None is without end. What counted before stays kept.

    Raises PermissionDenied; RetentionError for a day gone by, a span without a trigger, or no source and no reason.
    """
    must_run(partnership, by, at=at)
    lock_schedule(partnership)
    if record_class not in CLASSES or trigger not in TRIGGERS:
        raise RetentionError("There is no such class of record, or nothing like that to count from.")
    if valid_from < local_date(at):
        raise RetentionError(
            "A rule cannot begin on a day that has gone by: choose today or later.", about="valid_from"
        )
    if (years is None) != (trigger == NEVER):
        raise RetentionError(
            "Say both how many years, and from what; or that it is kept without end, and no years.",
            about="years",
        )
    if not citation.strip() and not reason.strip():
        raise RetentionError("Say where the span comes from, or why it was chosen.", about="reason")
    later = RetentionRule.objects.filter(
        partnership=partnership, record_class=record_class, trigger=trigger, valid_from__gte=valid_from
    )
    if later.exists():
        raise RetentionError(
            "A version of this rule begins on that day or later. Choose a later day.", about="valid_from"
        )
    _end(
        RetentionRule.objects.filter(partnership=partnership, record_class=record_class, trigger=trigger),
        valid_from,
    )
    kept = Kept(record_class, trigger, years, citation.strip(), reason.strip())
    return _write(partnership, [kept], from_day=valid_from, by=by, at=at)[0]


@transaction.atomic
def end_rule(rule: RetentionRule, *, last_day: date, by: User | System, at: datetime) -> None:
    """Have a rule count until the end of that day, and no longer. Raises PermissionDenied, RetentionError."""
    must_run(rule.partnership, by, at=at)
    lock_schedule(rule.partnership)
    if last_day < max(local_date(at), rule.valid_from):
        raise RetentionError(
            "A rule cannot end on a day that has gone by, or before it begins.", about="last_day"
        )
    if not RetentionRule.objects.filter(pk=rule.pk, valid_to=None).update(valid_to=last_day):
        raise RetentionError("This rule has its last day already.")
    _tell([rule], by=by, at=at)


def lock_schedule(partnership: Partnership) -> None:
    """Nobody else changes the schedule meanwhile."""
    Partnership.objects.select_for_update(no_key=True).get(pk=partnership.pk)


def _end(rules: object, before: date) -> None:
    rules.filter(valid_to=None).update(valid_to=before - timedelta(days=1))  # type: ignore[attr-defined]


def _write(
    partnership: Partnership, lines: Iterable[Kept], *, from_day: date, by: User | System, at: datetime
) -> list[RetentionRule]:
    rules = [
        RetentionRule.objects.create(
            partnership=partnership, record_class=kept.record_class, trigger=kept.trigger, years=kept.years,
            citation=kept.citation, reason=kept.reason, valid_from=from_day,
            recorded_by=by if isinstance(by, User) else None, recorded_at=at,
        )
        for kept in lines
    ]  # fmt: skip
    _tell(rules, by=by, at=at)
    return rules


def _tell(rules: Iterable[RetentionRule], *, by: User | System, at: datetime) -> None:
    """In the chain of the service: a schedule is about no case."""
    lines = [
        ledger.Line(
            ledger.SERVICE,
            "set_retention",
            f"reviews.retentionrule {rule.pk}",
            by,
            changed=[rule.record_class],
        )
        for rule in rules
    ]
    ledger.append_all(lines, at=at)
