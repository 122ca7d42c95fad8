"""The versions of a return that were sent for sign-off: who may read which, and what changed between two of them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from reviews.differences import Change, RowChange, change_of, changed_rows
from reviews.files.kinds import KINDS
from reviews.models import AgencyReturn, Attachment, ReturnVersion
from reviews.questions import Question, Section
from reviews.services.answering import definition_of
from reviews.services.attachments import in_megabytes
from reviews.services.readable import shows_answers
from workflows.countdown import day_in_words
from workflows.models import TransitionRecord


@dataclass(frozen=True, slots=True)
class Sent:
    """A version, the move that sent it, and the move that answered: signed off, or sent back; None while it waits."""

    version: ReturnVersion
    record: TransitionRecord | None
    answered: TransitionRecord | None
    sent_back: tuple[TransitionRecord, ...]
    """Every move that sent this very version back: by the lead, or by the partnership after the sign-off."""

    @property
    def was_signed_off(self) -> bool:
        return self.answered is not None and self.answered.verb == "sign_off"


def sent_versions(agency_return: AgencyReturn) -> list[Sent]:
    """All versions, oldest first, with what became of each. Two queries."""
    versions = {one.number: one for one in agency_return.versions.select_related("by")}
    moves: dict[int, list[TransitionRecord]] = {}
    number = 0
    for record in agency_return.records.select_related("by").order_by("sequence"):
        number += record.verb == "finish"
        moves.setdefault(number, []).append(record)
    found = []
    for number, version in versions.items():
        told = moves.get(number, [])
        answers = [record for record in told if record.verb in ("sign_off", "send_back")]
        found.append(
            Sent(
                version,
                told[0] if told else None,
                answers[0] if answers else None,
                tuple(record for record in answers if record.verb == "send_back"),
            )
        )
    return found


def open_versions(agency_return: AgencyReturn, held: Collection[str]) -> list[Sent]:
    """Those that who holds these permissions may read: the agency all; others, once it is in, those signed off.

    What lead and author sent to each other before a sign-off stays the agency's.
    """
    if not shows_answers(agency_return, held):
        return []
    found = sent_versions(agency_return)
    is_of_the_agency = "reviews.draft_agencyreturn" in held
    return found if is_of_the_agency else [one for one in found if one.was_signed_off]


@dataclass(frozen=True, slots=True)
class SectionChange:
    """What changed in one section, question by question, and how many questions stayed as they were."""

    section: Section
    changes: tuple[Change, ...]
    unchanged: int


def changed_sections(before: ReturnVersion, after: ReturnVersion) -> list[SectionChange]:
    """Every section of the form, with what changed in it."""
    found = []
    for section in definition_of(after):
        old, new = before.answers.get(section.code, {}), after.answers.get(section.code, {})
        changes = [
            change_of(q.label, in_words(q, old.get(q.code)), in_words(q, new.get(q.code)))
            for q in section.questions
        ]
        there = tuple(change for change in changes if change is not None)
        found.append(SectionChange(section, there, len(section.questions) - len(there)))
    return found


def changed_chronology(before: ReturnVersion, after: ReturnVersion) -> list[RowChange]:
    return changed_rows(before.chronology, after.chronology)


def in_words(question: Question, value: Any) -> str:
    """An answer as a page says it; nothing for none."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if question.kind == "day" and value:
        return day_in_words(date.fromisoformat(str(value)))
    return str(dict(question.choices).get(str(value), value or ""))


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a version has it, and its row: what may be taken of it now."""

    name: str
    about: str
    what: str
    it: Attachment | None


def files_of(version: ReturnVersion) -> list[SentFile]:
    """The files that were sent with this version, in the order in which they came. One query."""
    rows = {str(one.pk): one for one in Attachment.objects.filter(agency_return=version.agency_return_id)}
    return [
        SentFile(
            kept["name"],
            kept["about"],
            f"{KINDS[kept['kind']].words}, {in_megabytes(kept['size'])}",
            rows.get(kept["id"]),
        )
        for kept in version.attachments
    ]


def changed_files(before: ReturnVersion, after: ReturnVersion) -> list[tuple[str, str]]:
    """What became of files from one version to another: ("added" or "removed", the name), those that went first."""
    old = {one["id"]: one["name"] for one in before.attachments}
    new = {one["id"]: one["name"] for one in after.attachments}
    gone = [("removed", name) for key, name in old.items() if key not in new]
    return gone + [("added", name) for key, name in new.items() if key not in old]


def open_file(agency_return: AgencyReturn, held: Collection[str], pk: uuid.UUID) -> Attachment | None:
    """The file, if who holds these permissions may read what it came with: the answers as they are, or a version."""
    if not shows_answers(agency_return, held):
        return None
    found: Attachment | None = agency_return.attachments.kept().filter(pk=pk).first()
    if found is None or found.removed_at is None:
        return found
    kept = {one["id"] for sent in open_versions(agency_return, held) for one in sent.version.attachments}
    return found if str(pk) in kept else None
