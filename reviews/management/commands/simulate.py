"""`manage.py simulate`: what dates and mails would follow, if. Writes nothing."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from accounts.models import LONDON, Partnership
from reviews.services.references import find_case
from reviews.services.what_if import find_agency, limit_of, pause_of
from workflows.exceptions import NotADate, WorkflowError
from workflows.models import Deadline
from workflows.models.clocks import DeadlineQuerySet
from workflows.rules import Limit
from workflows.services.simulating import Foreseen, Simulation, simulate
from workflows.supposing import Pause, Suppositions


def read_day(text: str) -> date:
    """A day as the command takes it. Raises NotADate."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NotADate(
            f"Cannot read the day {text!r}: write a day that exists, such as 2026-03-02."
        ) from None


def read_pause(text: str, partnerships: list[Partnership]) -> Pause:
    """From AGENCY:FROM:TO. Raises WorkflowError."""
    parts = text.rsplit(":", 2)
    if len(parts) != 3:
        raise WorkflowError(
            f"Cannot read the pause {text!r}: write AGENCY:FROM:TO, such as 'Northborough GP:2026-03-02:2026-03-06'."
        )
    return pause_of(find_agency(parts[0], partnerships), read_day(parts[1]), read_day(parts[2]))


def read_limit(text: str) -> dict[str, Limit]:
    """From CODE=LIMIT. Raises WorkflowError."""
    code, equals, limit = text.partition("=")
    if not equals:
        raise WorkflowError(f"Cannot read the milestone {text!r}: write CODE=LIMIT, such as LOC_RETURN=5wd.")
    return limit_of(code, limit)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


class Command(BaseCommand):
    help = "Print the dates and mails that would follow if today, a bank holiday, a limit or a pause were otherwise."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", metavar="DAY", help="suppose that today is that day")
        parser.add_argument(
            "--holiday", metavar="DAY", action="append", default=[], help="one more bank holiday"
        )
        parser.add_argument("--no-holiday", metavar="DAY", action="append", default=[], help="one fewer")
        parser.add_argument(
            "--pause", metavar="AGENCY:FROM:TO", action="append", default=[],
            help="the returns that the agency owes stand still between two days, both inclusive",
        )  # fmt: skip
        parser.add_argument(
            "--milestone", metavar="CODE=LIMIT", action="append", default=[],
            help="open deadlines of that milestone or rule had another limit, such as LOC_RETURN=5wd",
        )  # fmt: skip
        parser.add_argument(
            "--case", metavar="REF", help="only this case: its reference, code (R-7K3QFA) or id"
        )
        parser.add_argument("--partnership", metavar="NAME", help="only the cases of this partnership")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            partnerships = self.partnerships(given["partnership"])
            supposed = self.supposed(given, partnerships)
            simulation = simulate(self.deadlines(given, partnerships), supposed, at=timezone.now())
        except WorkflowError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write("\n".join(self.lines(simulation)))

    def partnerships(self, name: str | None) -> list[Partnership]:
        found = (
            Partnership.objects.all()
            if name is None
            else Partnership.objects.filter(name__iexact=name.strip())
        )
        if name is not None and not found:
            raise WorkflowError(f"There is no partnership {name!r}. Its whole name is needed.")
        return list(found)

    def supposed(self, given: dict[str, Any], partnerships: list[Partnership]) -> Suppositions:
        limits: dict[str, Limit] = {}
        for text in given["milestone"]:
            limits |= read_limit(text)
        supposed = Suppositions(
            today=read_day(given["today"]) if given["today"] is not None else None,
            holidays=frozenset(map(read_day, given["holiday"])),
            working_days=frozenset(map(read_day, given["no_holiday"])),
            limits=limits,
            pauses=tuple(read_pause(text, partnerships) for text in given["pause"]),
        )
        if not supposed:
            raise WorkflowError(
                "Say what to suppose: --today, --holiday, --no-holiday, --pause or --milestone."
            )
        return supposed

    def deadlines(self, given: dict[str, Any], partnerships: list[Partnership]) -> DeadlineQuerySet:
        rows = Deadline.objects.filter(subject__partnership__in=partnerships)
        if given["case"] is None:
            return rows
        case = find_case(given["case"])
        return rows.filter(Q(subject=case.pk) | Q(subject__root=case.pk))

    # ---- What is printed
    def lines(self, simulation: Simulation) -> list[str]:
        moved = sum(one.is_moved for one in simulation.deadlines)
        late = sum(one.becomes_late for one in simulation.deadlines)
        rows = [("CODE", "DEADLINE", "WAS", "WOULD BE", "THEN"), *map(self.row, simulation.deadlines)]
        mails = [
            (f"{one.goes_at.astimezone(LONDON):%Y-%m-%d %H:%M}", one.rung.deadline.subject.code,
             one.rung.deadline.rule.name, one.says, f"{one.rung.tell}: {', '.join(one.names)}")
            for one in simulation.tellings
        ]  # fmt: skip
        return [
            f"On {simulation.on}, if nobody does anything before: {len(simulation.deadlines)} open, "
            f"{moved} moved, {late} late that are not late now. Nothing was written.",
            "",
            *(table(rows) if simulation.deadlines else ["No deadline is open."]),
            "",
            *(
                table([("MAIL GOES", "CODE", "ABOUT", "SUBJECT", "TO"), *mails])
                if mails
                else ["No mail would go."]
            ),
        ]

    def row(self, one: Foreseen) -> tuple[str, ...]:
        days = [day.isoformat() if day else "paused" for day in (one.was, one.becomes)]
        notes = [
            one.then.words,
            *(["*"] if one.becomes_late else []),
            *([f"(moves with {one.moves_with})"] if one.moves_with else []),
            *([one.trouble] if one.trouble else []),
        ]
        return (one.deadline.subject.code, one.deadline.rule.name, *days, " ".join(notes))
