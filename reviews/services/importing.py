"""Taking cases in from a file: checked whole, replayed through the one door, all or nothing."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from json_source_map import calculate
from jsonschema import Draft202012Validator

from accounts.models import Partnership, User
from reviews import when
from reviews.models import Case
from reviews.services import cases
from reviews.services.cases import ChildGiven
from workflows.actors import SYSTEM, System
from workflows.calendars import local_date
from workflows.exceptions import WorkflowError
from workflows.services.moving import perform

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "case-facts.schema.json"
PUBLISHED_CASES = Path(__file__).resolve().parent.parent / "data" / "published-cases.json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file, and the line it stands on (from 1)."""

    line: int
    words: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.words}"


class BadFile(WorkflowError):
    """A file that cannot be imported. Holds every fault found, in order of line; nothing was stored."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__(f"Nothing was imported: {len(faults)} fault{'' if len(faults) == 1 else 's'}.")


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file of case facts."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text())
    return loaded


class _Lines:
    """Which line of the text each value stands on."""

    def __init__(self, text: str) -> None:
        self._places = calculate(text)

    def of(self, *path: str | int) -> int:
        """The line (from 1) of the value at the path, or of the nearest thing round it."""
        parts = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
        while parts:
            if place := self._places.get("/" + "/".join(parts)):
                return int(place.value_start.line) + 1
            parts.pop()
        return 1


def read(text: str) -> tuple[dict[str, Any], _Lines]:
    """The document and its lines. Raises BadFile for text that is not JSON, or not of the schema."""

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise BadFile([Fault(_line_of_repeat(text, repeated), f"{sorted(repeated)[0]!r} is given twice")])
        return dict(pairs)

    try:
        document = json.loads(text, object_pairs_hook=no_repeats)
        lines = _Lines(text)
    except json.JSONDecodeError as error:
        raise BadFile([Fault(error.lineno, f"this is not JSON: {error.msg}")]) from None
    except ValueError:  # Python reads no number of thousands of digits
        raise BadFile([Fault(1, "this holds a number that is too long")]) from None
    except RecursionError:
        raise BadFile([Fault(1, "this is nested too deeply to be a file of cases")]) from None
    faults = [
        Fault(lines.of(*error.absolute_path), _plain(error))
        for error in Draft202012Validator(schema()).iter_errors(document)
    ]
    faults += [
        Fault(lines.of(*path), f"{path[-1]} holds characters that cannot be stored")
        for path in _unusable(document, ())
    ]
    if faults:
        raise BadFile(faults)
    return document, lines


def _unusable(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Where a text holds NUL or half a pair, which no database can store."""
    if isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
        yield path
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _unusable(inner, (*path, key))


def _line_of_repeat(text: str, names: set[str]) -> int:
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        for name in names:
            if f'"{name}"' in line:
                if name in seen:
                    return number
                seen.add(name)
    return 1


def _plain(error: Any) -> str:
    """A schema's complaint in a sentence, without repeating whole objects."""
    where = str(error.absolute_path[-1]) if error.absolute_path else "the file"
    match error.validator:
        case "required":
            return f"{error.message.split(' is a ')[0]} is missing"
        case "additionalProperties":
            return f"in {where}: {error.message}"
        case "enum":
            return f"{where} must be one of: {', '.join(map(str, error.validator_value))}"
        case "type":
            return f"{where} must be a {error.validator_value}"
        case _:
            return f"{where}: {error.message[:200]}"


def import_cases(text: str, *, partnership: Partnership, by: User | System, at: datetime) -> list[Case]:
    """Store every case of a file, replaying its events in order through the one door.

    All or nothing: raises BadFile with every fault and its line. at is now; the events carry their
    own times, and what is known only roughly starts no clock.
    """
    document, lines = read(text)
    faults: list[Fault] = []
    made: list[Case] = []
    with transaction.atomic():
        for index, given in enumerate(document["cases"]):
            case, found = _import_case(given, ("cases", index), lines, partnership=partnership, by=by, at=at)
            faults += found
            made += [case] if case else []
        if faults:
            transaction.set_rollback(True)
    if faults:
        raise BadFile(faults)
    return made


def _when(text: str | None, fallback: datetime) -> when.When:
    return when.When(fallback, "unknown") if text is None else when.parse(text)


def _child(given: dict[str, Any], *, at: datetime) -> ChildGiven:
    born = when.parse(given["born_on"]) if given.get("born_on") else None
    if born and given.get("unborn"):
        raise WorkflowError("an unborn child has no day of birth")
    if born and born.at > at:
        raise WorkflowError(f"{born.words} lies in the future")
    return ChildGiven(
        is_unborn=given.get("unborn", False),
        age_as_given=given.get("age", ""),
        sex=given.get("sex", "not-known"),
        born_on=local_date(born.at) if born else None,
    )


def _import_case(
    given: dict[str, Any],
    path: tuple[str | int, ...],
    lines: _Lines,
    *,
    partnership: Partnership,
    by: User | System,
    at: datetime,
) -> tuple[Case | None, list[Fault]]:
    """One case in a savepoint of its own, so that the next can be checked too."""
    faults: list[Fault] = []
    place: tuple[str | int, ...] = path
    try:
        with transaction.atomic():
            reference = given.get("reference", {})
            place = (*path, "reference")
            if (
                reference
                and Case.objects.filter(
                    reference_partnership=partnership,
                    reference_body=reference["body"],
                    reference_year=reference["year"],
                    reference_number=reference["number"],
                ).exists()
            ):
                raise WorkflowError("a case of this reference is here already")
            place = (*path, "reference_as_given")
            named_so = Case.objects.filter(
                partnership=partnership, reference_as_given=given["reference_as_given"]
            )
            if not reference and named_so.exists():
                raise WorkflowError("a case called that is here already")
            place = (*path, "incident")
            incident = when.parse(given["incident"]) if given.get("incident") else None
            if incident and incident.at > at:
                raise WorkflowError(f"{incident.words} lies in the future")
            children = []
            for number, child in enumerate(given["children"]):
                place = (*path, "children", number)
                children.append(_child(child, at=at))
            case = Case(
                partnership=partnership,
                harm=given["harm"],
                review_type=given["review_type"],
                summary=given["summary"],
                incident_at=incident.at if incident else None,
                incident_precision=incident.precision if incident else "unknown",
                reference_partnership=partnership if reference else None,
                reference_body=reference.get("body", ""),
                reference_year=reference.get("year"),
                reference_number=reference.get("number"),
                reference_as_given=given["reference_as_given"],
                sources=given["sources"],
                method=given.get("method", ""),
            )
            case.place = given.get("place", "")
            latest = incident.at if incident else at
            for number, event in enumerate(given["events"]):
                place = (*path, "events", number)
                moment = _when(event.get("on"), latest)
                if moment.at > at:
                    raise WorkflowError(f"{moment.words} lies in the future")
                latest = moment.at
                if number == 0:
                    case = cases.adopt_case(
                        case, children, by=by, at=at, happened_at=moment.at, precision=moment.precision
                    )
                elif event["verb"] in Case.BEGINNINGS:
                    raise WorkflowError("a review is taken in once: adopt is the first event, and no other")
                else:
                    extra = {"publish_on": None} if event["verb"] == "plan_publication" else {}
                    case = perform(
                        case,
                        getattr(Case, event["verb"]),
                        by=by,
                        at=at,
                        happened_at=moment.at,
                        precision=moment.precision,
                        reason=event.get("note", ""),
                        **extra,
                    )
                    if event["verb"] == "publish" and not moment.is_known_to_the_day:
                        case.published_on = None  # the history says what is known: "2019", "autumn 2020"
                        case.save(update_fields=["published_on"])
            return case, faults
    except PermissionDenied:
        faults.append(Fault(lines.of(*path), "you may not import into this partnership"))
    except (WorkflowError, ValueError) as error:
        faults.append(Fault(lines.of(*place), str(error)))
    except DatabaseError:
        faults.append(Fault(lines.of(*place), "the database refused this case: two of the same reference?"))
    return None, faults


def import_published_cases(partnership: Partnership, *, at: datetime) -> list[Case]:
    """The four real, published cases that come with the product."""
    return import_cases(PUBLISHED_CASES.read_text(), partnership=partnership, by=SYSTEM, at=at)
