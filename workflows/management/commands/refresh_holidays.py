"""`manage.py refresh_holidays FILE|URL`: a new list of bank holidays, what it would move, and moving it."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from workflows.actors import SYSTEM
from workflows.calendars import Calendar, local_date
from workflows.countdown import day_in_words
from workflows.exceptions import WorkflowError
from workflows.models import CalendarChange, Inspection
from workflows.services import calendar as calendars
from workflows.services import changing, govuk
from workflows.services.alarms import REFRESH
from workflows.services.redating import go_on_dating, would_move


class Command(BaseCommand):
    help = (
        "Read the bank holidays of England and Wales from a gov.uk JSON file or its address. Shows which open "
        "deadlines would move; with --apply, loads the list and dates them anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="A file, or an https address.")
        parser.add_argument(
            "--apply", action="store_true", help="Load it and move the deadlines, not only show them."
        )
        parser.add_argument("--reason", default="The list of bank holidays changed.")

    def handle(self, *args: Any, source: str, apply: bool, reason: str, **options: Any) -> None:
        at = timezone.now()
        try:
            document = govuk.from_govuk(self._read(source), source=source, published_on=local_date(at))
            with transaction.atomic():
                change = changing.propose_list(document, reason=reason, by=SYSTEM, at=at, is_told=False)
                if change and not apply:
                    self._show(change)
                    transaction.set_rollback(True)
            self._note(source, at)
            if change is None:
                self._say_the_same()
            elif not apply:
                self.stdout.write("Nothing was changed. Add --apply to load this list.")
            else:
                self._apply(change, at)
        except WorkflowError as error:
            self._note(source, at, str(error))
            age = calendars.official_version().age_in_days(at=at)
            raise CommandError(
                f"{error} The list in use is unchanged. It is {age} days old, and is kept."
            ) from None

    def _read(self, source: str) -> str:
        if "://" in source:
            return govuk.fetch(source)
        try:
            return govuk.decoded(Path(source).read_bytes())
        except OSError as error:
            raise govuk.CannotFetch(f"Cannot read {source}: {error}.") from None

    def _note(self, source: str, at: datetime, wrong: str = "") -> None:
        """That gov.uk was asked, and whether it answered. A slip in the name of a file alarms nobody."""
        if "://" in source:
            Inspection.objects.filter(kind=REFRESH).under_way().update(ended_at=at)
            Inspection.objects.create(
                kind=REFRESH,
                begun_at=at,
                ended_at=at,
                looked_at=1,
                wrong=bool(wrong),
                findings=[wrong] if wrong else [],
            )

    def _apply(self, change: CalendarChange, at: datetime) -> None:
        self._show(change)
        version = changing.confirm_change(change, by=SYSTEM, at=at)
        moved = 0
        while CalendarChange.objects.still_dating().exists():
            moved += go_on_dating(at=at)
        self.stdout.write(f"Loaded list {version.code}; {moved} deadlines moved.")

    def _say_the_same(self) -> None:
        in_use = calendars.current_version()
        self.stdout.write(
            f"The list in use says the same. It is known until {day_in_words(in_use.known_until)}."
            if in_use == calendars.official_version()
            else "gov.uk says what it said before. The list in use differs from it by days changed by hand."
        )

    def _show(self, change: CalendarChange) -> None:
        differs = changing.difference(change)
        for day, name in differs.added.items():
            self.stdout.write(f"+ {day_in_words(day)}: {name}")
        for day, name in differs.removed.items():
            self.stdout.write(f"- {day_in_words(day)}: {name}")
        for day, (old, new) in differs.renamed.items():
            self.stdout.write(f"~ {day_in_words(day)}: {old} -> {new}")
        for warning in differs.warnings:
            self.stdout.write(f"Beware: {warning}")
        new_calendar: Calendar = changing.calendar_after(change)
        moves = list(would_move(new_calendar))
        for move in moves:
            was = day_in_words(move.was) if move.was else "paused"
            becomes = day_in_words(move.becomes) if move.becomes else "paused"
            self.stdout.write(f"  {move.deadline.subject.code} {move.deadline.rule_code}: {was} -> {becomes}")
        self.stdout.write(
            f"Known until {day_in_words(new_calendar.known_until)}; {len(moves)} open deadlines affected."
        )
