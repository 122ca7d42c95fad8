"""The rule book in the database: statutory rules written from code, local milestones as rows."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts.models import Partnership, User
from workflows.actors import System
from workflows.calendars import start_of
from workflows.exceptions import NoSuchRule, NotADate, WorkflowError
from workflows.models import Deadline, RuleVersion, Subject
from workflows.rules import DeadlineRule, Limit, RuleBook, not_then


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
        "duty": rule.duty, "ladder": rule.ladder, "valid_to": rule.valid_to, "allows": list(rule.allows),
        "force": rule.force, "note": rule.note,
    }  # fmt: skip


@transaction.atomic
def write_statutory_rules() -> None:
    """Copy the statutory rules of the code into the table that deadlines point at. Safe to repeat.

    Names, citations and ladders may be corrected. Raises WorkflowError when the code counts otherwise in a
    version that deadlines point at: what they were proved by would change under them.
    """
    written: list[RuleVersion] = []
    for rule in sorted(rule_book().statutory, key=lambda rule: rule.valid_from):  # the old one ends first
        _must_count_the_same(rule)
        version, _ = RuleVersion.objects.update_or_create(
            code=rule.code, partnership=None, valid_from=rule.valid_from, defaults=_columns(rule)
        )
        written.append(version)
        if rule.is_kept:
            RuleVersion.objects.relaxations().filter(code=rule.code).update(
                **{name: _columns(rule)[name] for name in ("kind", "met_by", "voided_by", "ladder", "duty")}
            )
    for version in written:
        _take_over_what_counts_the_same(version)


def _take_over_what_counts_the_same(version: RuleVersion) -> None:
    """Point deadlines that started under a version at it, when an earlier one that counts the same held them.

    So it is when a version is divided, because a later edition says the same in another chapter: the proof of
    a deadline names the edition of its own day. One that counts otherwise is left alone.
    """
    earlier = RuleVersion.objects.filter(
        code=version.code,
        partnership=None,
        limit=version.limit,
        starts=version.starts,
        valid_from__lt=version.valid_from,
        valid_to__lt=version.valid_from,
    )
    Deadline.objects.filter(rule__in=earlier, started_at__gte=start_of(version.valid_from)).update(
        rule=version
    )


def _must_count_the_same(rule: DeadlineRule) -> None:
    """Raise WorkflowError if deadlines point at a stored version of the rule with another limit or start."""
    stored = RuleVersion.objects.filter(code=rule.code, partnership=None, valid_from=rule.valid_from)
    changed = stored.exclude(limit=str(rule.limit), starts=rule.starts).first()
    if changed is not None and changed.deadlines.exists():
        raise WorkflowError(
            f"Cannot write {rule.code}: deadlines point at its version from {rule.valid_from:%-d %B %Y}, which "
            f"counts {changed.limit_in_words} from “{changed.starts}”. Give that version a valid_to, and add a "
            "new one with its own valid_from."
        )


@transaction.atomic
def adopt_local_milestones(partnership: Partnership, *, valid_from: date) -> None:
    """Give a partnership the local milestones that the book suggests, from that day."""
    there = set(RuleVersion.objects.filter(partnership=partnership).values_list("code", flat=True))
    RuleVersion.objects.bulk_create(
        RuleVersion(
            code=rule.code,
            partnership=partnership,
            **{**_columns(rule), "valid_from": valid_from, "valid_to": None},
        )
        for rule in rule_book().local
        if rule.code not in there
    )


@transaction.atomic
def adopt_what_is_new(*, on: date) -> int:
    """Give every partnership the local milestones that the book has gained since it began, from that day.

    Returns how many versions that made. Safe to repeat: what a partnership has, or ended, is left alone. No clock that
    runs changes, and none begins: the new ones count for what happens from that day.
    """
    before = RuleVersion.objects.count()
    for partnership in Partnership.objects.order_by("pk"):
        adopt_local_milestones(partnership, valid_from=on)
    return RuleVersion.objects.count() - before


@transaction.atomic
def change_milestone(
    milestone: RuleVersion, *, limit: Limit, valid_from: date, by: User | System, at: datetime
) -> RuleVersion:
    """A new version of a local milestone from that day. Running deadlines keep the version they started with.

    Raises WorkflowError for a statutory rule, for one that has ended or was changed since it was read, or
    for a day before it began.
    """
    if not milestone.is_local:
        raise WorkflowError(
            f"Cannot change {milestone.name}: it is set by {milestone.citation}, not locally."
        )
    # One at a time: of two who change the same version, the second must see what the first made of it.
    Partnership.objects.select_for_update(no_key=True).get(pk=str(milestone.partnership_id))
    seen, milestone = milestone, RuleVersion.objects.get(pk=milestone.pk)
    if milestone.valid_to is not None:
        raise WorkflowError(
            f"Cannot change {milestone.name} from {valid_from:%-d %B %Y}: "
            f"this version ended on {milestone.valid_to:%-d %B %Y}. Change the one that follows it."
        )
    if milestone.limit != seen.limit:
        raise WorkflowError(
            f"Cannot change {milestone.name}: somebody has just set it to {milestone.limit_in_words}. "
            "Look, and change it again if you still want to."
        )
    if valid_from < milestone.valid_from:
        raise WorkflowError(
            f"Cannot change {milestone.name} from {valid_from:%-d %B %Y}: "
            f"the version in force only began on {milestone.valid_from:%-d %B %Y}."
        )
    recorded = {"recorded_by": by if isinstance(by, User) else None, "recorded_at": at}
    if valid_from == milestone.valid_from and not milestone.deadlines.exists():
        _set(milestone, limit=str(limit), **recorded)
        return milestone
    if valid_from == milestone.valid_from:
        raise WorkflowError(
            f"Cannot change {milestone.name} from that day: deadlines already run on it. Use a later day."
        )
    new = RuleVersion.objects.get(pk=milestone.pk)
    _set(milestone, valid_to=date.fromordinal(valid_from.toordinal() - 1))
    new.pk = None
    _set(new, limit=str(limit), valid_from=valid_from, valid_to=None, **recorded)
    return new


def limit_in_force(code: str, partnership: Partnership, *, on: date) -> Limit:
    """The limit that a rule sets on the day: the partnership's own version, or as the book suggests it.

    For a limit that is asked for by itself, without a deadline. Raises NoSuchRule.
    """
    version = RuleVersion.objects.in_force(on).of(partnership).filter(code=code).first()
    return Limit.parse(version.limit) if version else rule_book().in_force(code, on).limit


def _set(version: RuleVersion, **given: object) -> None:
    for name, value in given.items():
        setattr(version, name, value)
    version.save()


def rules_started_by(subject: Subject, anchor: str, *, on: date) -> list[RuleVersion]:
    """The rules that an event starts for a subject, in force on the day: statutory, and the partnership's own."""
    return list(
        RuleVersion.objects.in_force(on).of(subject.partnership).filter(kind=subject.kind, starts=anchor)
    )


def rules_counted_from(subject: Subject, codes: Iterable[str], *, on: date) -> list[tuple[str, RuleVersion]]:
    """The rules that are planned back (or on) from the due day of these deadlines, each with the code of its anchor.

    Asks the database only if the book names such a day for one of them.
    """
    anchors = {event: code for code in codes for event in rule_book().events_of_the_due_day(code)}
    if not anchors:
        return []
    rules = RuleVersion.objects.in_force(on).of(subject.partnership)
    return [(anchors[rule.starts], rule) for rule in rules.filter(kind=subject.kind, starts__in=anchors)]


# ---- Which rule applied when -------------------------------------------------------------------
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
"""Days outside these two are mistakes of typing: no rule is known so far back, or so far ahead."""


def versions_of(code: str, partnership: Partnership | None = None) -> list[RuleVersion]:
    """Every version of a rule in order, with a partnership's own. Raises NoSuchRule, naming what there is."""
    code = rule_book().stands_as.get(code, code)
    there = (
        RuleVersion.objects.of(partnership) if partnership else RuleVersion.objects.filter(partnership=None)
    )
    versions = list(there.filter(code=code).select_related("recorded_by").order_by("valid_from", "pk"))
    if not versions:
        names = {*there.order_by().values_list("code", flat=True), *rule_book().stands_as}
        raise NoSuchRule(
            f"There is no rule {code!r}{f' in {partnership}' if partnership else ''}. "
            f"There are: {', '.join(sorted(names))}."
        )
    return versions


def rule_on(code: str, day: date, partnership: Partnership | None = None) -> RuleVersion:
    """Which rule applied on a day: the version in force then, or the relaxation that stood in its place.

    Raises NoSuchRule for an unknown code, and for a day on which no version was in force; NotADate for a day
    that no book covers.
    """
    must_be_in_the_book(day)
    versions = versions_of(code, partnership)
    there = [version for version in versions if version.is_in_force(day)]
    if not there:
        raise not_then(code, day, ((version.valid_from, version.valid_to) for version in versions))
    return max(there, key=lambda version: (version.is_relaxation, version.valid_from))


def must_be_in_the_book(day: date) -> None:
    """Raise NotADate for a day before or after all that the book could know."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise NotADate(
            f"Cannot say which rules apply on {day:%-d %B} {day.year}: "
            f"give a day from {FIRST_DAY.year} to {LAST_DAY.year}."
        )
