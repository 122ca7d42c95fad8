"""`manage.py due`: when something is due, by the same counting that the product does. Needs no database."""

import csv
import io
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workflows.calendars import LONDON, Calendar, local_date, start_of
from workflows.derivation import derive
from workflows.exceptions import NotADate, WorkflowError
from workflows.facts import STARTED
from workflows.limits import HOURS, Limit
from workflows.models import Fact
from workflows.rules import DeadlineRule
from workflows.services.calendar import calendar_at_hand
from workflows.services.proof import lines_of
from workflows.services.rules import rule_book

COLUMNS = ("id", "rule", "start")


def read_start(text: str) -> date:
    """Day 0: the London day of an ISO date, or of an ISO date and time (London's own, unless it has an offset).

    A time is only asked for its day, so one that London's clocks skip or show twice is as good as any.
    Raises NotADate.
    """
    text = text.strip()
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return moment.date() if moment.tzinfo is None else local_date(moment)
    except (ValueError, OverflowError):
        raise NotADate(
            f"Cannot read the start {text!r}: write a day that exists, such as 2026-03-02, "
            "or a day and a time, such as 2026-03-02T10:15 or 2026-03-02T10:15Z."
        ) from None


def read_instant(text: str) -> datetime:
    """The instant at which a clock starts (aware, UTC): of a day alone, its first. Raises NotADate."""
    day = read_start(text)
    moment = datetime.fromisoformat(text.strip())
    if len(text.strip()) <= len("2026-03-02"):
        return start_of(day)
    return moment.replace(tzinfo=LONDON) if moment.tzinfo is None else moment


def read_rule(text: str, on: date) -> tuple[Limit, DeadlineRule | None]:
    """The limit that a text means, and the rule that set it, in the version of that day. Raises NoSuchRule."""
    try:
        return Limit.parse(text), None
    except NotADate:
        rule = rule_book().in_force(text.strip().upper(), on)
        return rule.limit, rule


def due(rule: str, start: str, calendar: Calendar) -> str:
    """The last day in time, in ISO; for a limit in hours the first late minute, in London. Raises WorkflowError."""
    day = read_start(start)
    limit = read_rule(rule, day)[0]
    if limit.unit == HOURS:
        late_from = limit.ends_at(read_instant(start), calendar).astimezone(LONDON)
        return late_from.isoformat(timespec="minutes")
    return limit.from_day(limit.day_0(read_instant(start)) if limit.cut_off else day, calendar).isoformat()


def why(rule: str, start: str, calendar: Calendar) -> str:
    """The proof of it, in one line. Raises WorkflowError."""
    day = read_start(start)
    limit, by_rule = read_rule(rule, day)
    starts_at = read_instant(start) if limit.needs_the_hour else start_of(day)
    started = Fact(pk=0, kind=STARTED, effective_at=starts_at)
    return " ".join(lines_of(derive(limit, [started], calendar).as_json(), by_rule))


def read_batch(text: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """The rows of a batch, each with its line, and the columns it should have and has not."""
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    missing = [column for column in COLUMNS if column not in reader.fieldnames]
    return ([] if missing else [(reader.line_num, row) for row in reader]), missing


class Command(BaseCommand):
    help = (
        "Print the day on which something is due: by a rule, or by a limit such as 15wd, -7wd, 7d, 6w or 6mo."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        # To argparse -7wd is an option and -7 a number; there are no such options, so both are given by place.
        parser._negative_number_matcher = re.compile("-[0-9]")
        parser.add_argument("rule", nargs="?", help="a rule's code, such as RR_COMPLETE, or a limit: 15wd")
        parser.add_argument("start", nargs="?", help="when it starts: 2026-03-02, or 2026-03-02T10:15")
        parser.add_argument("--why", action="store_true", help="print the proof on a second line")
        parser.add_argument(
            "--batch", metavar="FILE.csv", type=Path, help="columns id, rule, start; writes id,due"
        )

    def handle(self, *args: Any, **given: Any) -> None:
        rule, start, batch = given["rule"], given["start"], given["batch"]
        if batch is not None and (rule is not None or given["why"]):
            raise CommandError("Give --batch and a file, or a rule and a start, not both.", returncode=2)
        if batch is None and start is None:
            raise CommandError("Give a rule and a start, such as: due RR_COMPLETE 2026-03-02", returncode=2)
        calendar = calendar_at_hand()
        if batch is not None:
            self.stdout.write(self.all_of(batch, calendar), ending="")
            return
        try:
            answer = [due(rule, start, calendar)]
            if given["why"]:
                answer.append(why(rule, start, calendar))
        except WorkflowError as error:
            raise CommandError(str(error), returncode=2) from None
        self.stdout.write("\n".join(answer))

    def all_of(self, path: Path, calendar: Calendar) -> str:
        """The answers to a file, as CSV: all of them, or none."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise CommandError(f"Cannot read {path}: {told}.", returncode=2) from None
        if not text.strip():
            raise CommandError(f"Cannot read {path}: it is empty.", returncode=2)
        try:
            rows, missing = read_batch(text)
        except csv.Error as error:
            raise CommandError(f"Cannot read {path}: {error}.", returncode=2) from None
        if missing:
            raise CommandError(f"Cannot read {path}: it has no column {' or '.join(missing)}.", returncode=2)
        answers, errors = [], []
        for line, row in rows:
            try:
                answers.append((row["id"], due(row["rule"], row["start"], calendar)))
            except WorkflowError as error:
                errors.append(f"line {line}: {error}")
        if errors:
            count = f"{len(errors)} line{'' if len(errors) == 1 else 's'}"
            raise CommandError("\n".join([f"Cannot answer {count} of {path}.", *errors]), returncode=2)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([("id", "due"), *answers])
        return out.getvalue()
