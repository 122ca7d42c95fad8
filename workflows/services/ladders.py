"""A partnership's own ladders: what stands, what a change would re-arm, and the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.models import Partnership
from workflows.exceptions import LadderError, Stale
from workflows.ladders import Rung, climb, refuse_unfit
from workflows.models import Deadline, LadderVersion, RuleVersion
from workflows.models.clocks import DeadlineQuerySet
from workflows.services import ledger
from workflows.services.calendar import calendar_in_use_for
from workflows.services.clocks import lock
from workflows.services.folding import Actor, person, rearm
from workflows.services.rules import rule_book


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder as it stands in a partnership. version is None where it is as the book has it."""

    name: str
    rungs: tuple[Rung, ...]
    version: LadderVersion | None

    @property
    def number(self) -> int:
        """Which version it is: 0 for the book's."""
        return self.version.number if self.version else 0

    def with_step(self, step: Rung) -> tuple[Rung, ...]:
        return in_order((*self.rungs, step))

    def without(self, step: Rung) -> tuple[Rung, ...]:
        """Raises LadderError if it is not there."""
        if step not in self.rungs:
            raise LadderError("Cannot remove that step: it is not there any more. Look at the ladder again.")
        return tuple(rung for rung in self.rungs if rung != step)


def in_order(rungs: Sequence[Rung]) -> tuple[Rung, ...]:
    return tuple(sorted(rungs, key=lambda rung: (rung.place, rung.tell)))


def ladders_of(partnership: Partnership) -> dict[str, Ladder]:
    """Every ladder, as it stands in this partnership, by name."""
    newest = LadderVersion.objects.filter(partnership=partnership).newest().select_related("by")
    versions = {version.name: version for version in newest}
    return {
        name: Ladder(name, in_order(versions[name].rungs if name in versions else rungs), versions.get(name))
        for name, rungs in rule_book().ladders.items()
    }


def ladder_of(partnership: Partnership, name: str) -> Ladder:
    """One of them. Raises LadderError for a name that is none."""
    try:
        return ladders_of(partnership)[name]
    except KeyError:
        raise LadderError(f"There is no ladder {name!r}.") from None


def refuse_steps(name: str, rungs: Sequence[Rung]) -> None:
    """Raise LadderError if these cannot be the steps of that ladder: see `ladders.refuse_unfit`."""
    is_statutory = RuleVersion.objects.filter(partnership=None, ladder=name).exclude(kind="").exists()
    refuse_unfit(rungs, must_hear=rule_book().must_hear if is_statutory else "")


@dataclass(frozen=True, slots=True)
class Rearming:
    """An open deadline whose steps to come would be others: those it gains and those it loses."""

    deadline: Deadline
    gains: tuple[Rung, ...]
    loses: tuple[Rung, ...]


def would_rearm(
    partnership: Partnership, name: str, rungs: Sequence[Rung], *, at: datetime
) -> list[Rearming]:
    """The open deadlines whose steps to come these would change, soonest first. Writes nothing.

    A paused one has no steps to come until it runs on: it is told of by the whole difference.
    """
    book = rule_book().ladders[name]
    found = []
    for deadline in _open_on(partnership, name).select_related("rule", "calendar", "ladder", "subject"):
        now = deadline.ladder.rungs if deadline.ladder else book
        before, after = _still_to_come(deadline, now, at=at), _still_to_come(deadline, rungs, at=at)
        if set(before) != set(after):
            gains = tuple(rung for rung in after if rung not in before)
            found.append(Rearming(deadline, gains, tuple(rung for rung in before if rung not in after)))
    return found


def _open_on(partnership: Partnership, name: str) -> DeadlineQuerySet:
    return Deadline.objects.open().filter(subject__partnership=partnership, rule__ladder=name)


def _still_to_come(deadline: Deadline, rungs: Sequence[Rung], *, at: datetime) -> list[Rung]:
    if deadline.due_on is None:
        return list(rungs)
    steps = climb(rungs, deadline.due_on, calendar_in_use_for(deadline.calendar), armed_at=at)
    ahead = {step.key for step in steps if step.fires_at > at}
    return [rung for rung in in_order(rungs) if rung.key in ahead]


@transaction.atomic
def change_ladder(
    partnership: Partnership,
    name: str,
    rungs: Sequence[Rung],
    *,
    seen: int,
    also_running: bool,
    by: Actor,
    at: datetime,
) -> LadderVersion:
    """The steps of a ladder from now on: for deadlines that start, and, if so said, for those that run.

    seen is the number of the version the person looked at. A case whose deadline is re-armed has it in its
    ledger; the version says who set it, and when. Raises LadderError, Stale.
    """
    standing = ladder_of(partnership, name)
    if standing.number != seen:
        raise Stale("Cannot change these reminders: somebody has just changed them. Look, and try again.")
    rungs = in_order(rungs)
    refuse_steps(name, rungs)
    version = LadderVersion.objects.create(
        partnership=partnership,
        name=name,
        number=seen + 1,
        steps=[rung.key for rung in rungs],
        valid_from=at,
        by=person(by),
        also_running=also_running,
    )
    if also_running:
        _climb_from_now_on(version, by=by, at=at)
    return version


def _climb_from_now_on(version: LadderVersion, *, by: Actor, at: datetime) -> None:
    """Every open deadline of the partnership on that ladder climbs the version. Locks case by case, in order."""
    case_of = Coalesce(F("subject__root"), F("subject"))
    there = _open_on(version.partnership, version.name).annotate(case_id=case_of)
    for pk in list(there.order_by("case_id", "subject_id", "pk").values_list("pk", flat=True)):
        deadline = Deadline.objects.select_related("subject").get(pk=pk)
        lock(deadline.subject)
        deadline = Deadline.objects.select_related("rule", "calendar", "subject").get(pk=pk)
        if deadline.state not in ("running", "paused"):
            continue
        deadline.ladder = version
        deadline.save(update_fields=["ladder"])
        rearm(deadline, at=at)
        ledger.append(deadline.subject, "change_ladder", by=by, at=at)
