"""Answer sheets, a return's and a decision's alike: which form, which gaps, and saving a section over nobody."""

import hashlib
import json
from datetime import datetime
from typing import Any, Protocol

from accounts.models import User
from reviews.models.return_forms import definition
from reviews.questions import ROWS, Definition, Section, is_complete, missing
from workflows.exceptions import Stale

SAVED = "saved"
"""Where a sheet keeps who saved which section, and when; no section is called so."""


class Sheet(Protocol):
    """What holds answers: a return, or a decision."""

    form_version: str
    answers: dict[str, Any]


def definition_of(sheet: Sheet) -> Definition:
    """The form this sheet was begun with."""
    return definition(sheet.form_version)


def sections_with_gaps(sheet: Sheet) -> list[Section]:
    """The sections in which something that must be answered is not, in order, each once."""
    return list(dict.fromkeys(section for section, _ in missing(definition_of(sheet), sheet.answers)))


def how_far(sheet: Sheet) -> tuple[int, int]:
    """How many sections are complete, of how many."""
    sections = list(definition_of(sheet))
    return sum(is_complete(section, sheet.answers) for section in sections), len(sections)


def titles(sections: list[Section]) -> str:
    return ", ".join(section.title for section in sections)


def seen_of(sheet: Sheet, section: str) -> str:
    """A mark of what a section held when a page showed it; empty when nothing was saved."""
    return str(_stamp(sheet, section).get("at", ""))


def saved_by(sheet: Sheet, section: str) -> str:
    """The name of who saved a section last."""
    return str(_stamp(sheet, section).get("name", "somebody"))


def _stamp(sheet: Sheet, section: str) -> dict[str, Any]:
    stamp: dict[str, Any] = sheet.answers.get(SAVED, {}).get(section, {})
    return stamp


def mark_of(sheet: Sheet) -> str:
    """A mark of all that a sheet held when a page showed it."""
    return hashlib.sha256(json.dumps(sheet.answers, sort_keys=True).encode()).hexdigest()[:32]


def with_section(
    sheet: Sheet, section: str, given: dict[str, Any], *, by: User, at: datetime, seen: str | None
) -> dict[str, Any]:
    """The answers of the sheet with this section in them, stamped with who saved it and when.

    seen is the mark the page was shown with; None asks for no comparison. Raises KeyError for a section
    that the form does not have, Stale when another hand saved it since.
    """
    definition_of(sheet).section(section)
    if seen is not None and seen != seen_of(sheet, section):
        raise Stale(
            f"Cannot save over {saved_by(sheet, section)}'s answers, saved while this page was open. "
            "Yours are still in the boxes: compare, then save again."
        )
    return {**sheet.answers, section: given, SAVED: _stamped(sheet, section, by=by, at=at)}


def with_rows(sheet: Sheet, name: str, count: int, *, by: User, at: datetime) -> dict[str, Any]:
    """The answers of the sheet, which say that so many rows stand beside them, and who changed those when."""
    rows = {**sheet.answers.get(ROWS, {}), name: count}
    return {**sheet.answers, ROWS: rows, SAVED: _stamped(sheet, f"{ROWS}:{name}", by=by, at=at)}


def _stamped(sheet: Sheet, what: str, *, by: User, at: datetime) -> dict[str, Any]:
    stamp = {"by": str(by.pk), "name": by.full_name, "at": at.isoformat()}
    return {**sheet.answers.get(SAVED, {}), what: stamp}


def must_be_as_read(sheet: Sheet, seen: str | None) -> None:
    """Raise Stale when the answers are not those that the person read on the page. None asks for no comparison."""
    if seen is not None and seen != mark_of(sheet):
        stamps: list[dict[str, str]] = sorted(
            sheet.answers.get(SAVED, {}).values(), key=lambda one: one["at"]
        )
        raise Stale(
            f"{stamps[-1]['name'] if stamps else 'Somebody'} changed the answers while this page was open. "
            "They are shown below as they are now: read them again, then send."
        )
