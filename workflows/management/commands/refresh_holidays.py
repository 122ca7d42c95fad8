"""`manage.py refresh_holidays FILE|URL`: a new list of bank holidays, what it would move, and moving it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from workflows.actors import SYSTEM
from workflows.calendars import Calendar, local_date
from workflows.countdown import day_in_words
from workflows.exceptions import WorkflowError
from workflows.services import calendar as calendars
from workflows.services.redating import from_govuk, redate, would_move

LONGEST = 1024 * 1024


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
            document = from_govuk(self._read(source), source=source, published_on=local_date(at))
            new = Calendar("preview", calendars.days_of(document))
            old = calendars.current_calendar()
            if new.holidays == old.holidays:
                self.stdout.write(
                    f"The list in use says the same. It is known until {day_in_words(old.known_until)}."
                )
                return
            moves = list(would_move(new))
            self._show(old, new, moves)
            if not apply:
                self.stdout.write("Nothing was changed. Add --apply to load this list.")
                return
            version = calendars.load_holidays(document, at=at)
            moved = redate(version, by=SYSTEM, at=at, reason=reason)
        except WorkflowError as error:
            raise CommandError(f"{error} The list in use is unchanged.") from None
        self.stdout.write(f"Loaded list {version.code}; {len(moved)} deadlines moved.")

    def _read(self, source: str) -> str:
        try:
            if source.startswith("https://"):
                with urlopen(source, timeout=10) as answer:  # noqa: S310 - https only
                    return str(answer.read(LONGEST).decode("utf-8"))
            return Path(source).read_text(encoding="utf-8-sig")
        except (OSError, URLError, UnicodeDecodeError) as error:
            age = (local_date(timezone.now()) - calendars.current_version().published_on).days
            raise CommandError(
                f"Cannot read {source}: {error}. The list in use, {age} days old, is kept."
            ) from None

    def _show(self, old: Calendar, new: Calendar, moves: list[Any]) -> None:
        for day in sorted(new.holidays.keys() - old.holidays.keys()):
            self.stdout.write(f"+ {day_in_words(day)}: {new.holidays[day]}")
        for day in sorted(old.holidays.keys() - new.holidays.keys()):
            self.stdout.write(f"- {day_in_words(day)}: {old.holidays[day]}")
        for move in moves:
            was = day_in_words(move.was) if move.was else "paused"
            becomes = day_in_words(move.becomes) if move.becomes else "paused"
            self.stdout.write(f"  {move.deadline.subject.code} {move.deadline.rule_code}: {was} -> {becomes}")
        self.stdout.write(
            f"Known until {day_in_words(new.known_until)}; {len(moves)} open deadlines affected."
        )
