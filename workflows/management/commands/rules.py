"""`manage.py rules [CODE] [--on DAY]`: the rule book, and which rule applied when."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Partnership
from workflows.calendars import local_date
from workflows.exceptions import WorkflowError
from workflows.models import RuleVersion
from workflows.services.book import book_on, span_in_words
from workflows.services.proof import MARKS, rule_lines
from workflows.services.rules import rule_on, versions_of


class Command(BaseCommand):
    help = "Print the rule book as it stood on a day, every version of one rule, or the one that applied on a day."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", help="a rule's code, such as RR_COMPLETE")
        parser.add_argument(
            "--on", metavar="DAY", help="a day, such as 2020-05-04; today, for the whole book"
        )
        parser.add_argument("--partnership", metavar="NAME", help="with its own milestones and relaxations")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            self.stdout.write("\n".join(self.answer(given["code"], given["on"], given["partnership"])))
        except WorkflowError as error:
            raise CommandError(str(error), returncode=2) from None

    def answer(self, code: str | None, on: str | None, name: str | None) -> list[str]:
        """The lines of the answer. Raises WorkflowError, CommandError."""
        partnership = None
        if name is not None:
            partnership = Partnership.objects.filter(name=name).first()
            if partnership is None:
                raise CommandError(f"There is no partnership {name!r}.", returncode=2)
        if code is None:
            book = book_on(_day(on) if on else local_date(timezone.now()), partnership)
            return [_in_one_line(entry.applied) for entry in (*book.law, *book.local)]
        if on is None:
            return [_in_one_line(version) for version in versions_of(code.upper(), partnership)]
        rule = rule_on(code.upper(), _day(on), partnership)
        reason = [f"Reason: {rule.reason}"] if rule.is_relaxation else []
        note = [f"Note: {rule.note}"] if rule.note else []
        return [*rule_lines(rule.as_rule()), f"Limit: {rule.limit_in_words}.", *reason, *note]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"Cannot read the day {text!r}: write a day that exists, such as 2020-05-04.", returncode=2
        ) from None


def _in_one_line(rule: RuleVersion) -> str:
    kept = "" if rule.is_kept else "; not yet kept by this system"
    relaxed = "; emergency relaxation" if rule.is_relaxation else ""
    return (
        f"{rule.code}: {rule.limit_in_words}, from “{rule.starts}”; {span_in_words(rule)}; "
        f"{rule.citation} ({MARKS[rule.mark]}){relaxed}{kept}"
    )
