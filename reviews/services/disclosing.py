"""Subject access: a copy of what is held about a child, parts of it blacked out, checked by a second person, taken.

What goes in is a list of fields, written out here; what is not on it is not disclosed by accident. Other children of
the case are never named in it. What is blacked out is overwritten in the copy itself: it is in no file that leaves.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from reviews import when
from reviews.models import Attachment, Case, Child, ChronologyRow, Disclosure, SectionComment
from reviews.models.disclosures import LASTS, REASONS
from reviews.models.return_forms import definition
from reviews.services.attachments import in_megabytes
from reviews.services.exporting import as_file
from reviews.timeline.rows import COLUMNS
from workflows.calendars import local_date
from workflows.countdown import day_in_words, moment_in_words
from workflows.exceptions import RetentionError
from workflows.services.clocks import lock
from workflows.services.moving import change

MAY_DISCLOSE = "reviews.disclose_case"
"""Held by the business manager and the co-chairs: to prepare, to release, to take. A copy holds what agencies returned,
which the independent chair does not read."""

FORMAT = "subject-access-copy/1"


# ---- What goes in ----------------------------------------------------------------------------------
def _parts_of(case: Case, child: Child | None) -> Iterator[tuple[str, str, str]]:
    """(heading, label, text) of everything that is disclosed, in the order of the copy. Empty text is left out."""
    if child is not None:
        who = str(child)
        yield who, "Name", child.name
        yield who, "Date of birth", day_in_words(child.born_on) if child.born_on else ""
        yield who, "NHS number", child.nhs_number
        yield who, "Age", child.age_as_given
        yield who, "Sex", child.get_sex_display()
        flags = (
            ("Looked after", child.is_looked_after),
            ("On a child protection plan", child.has_protection_plan),
            ("On a child in need plan", child.has_in_need_plan),
        )
        for label, holds in flags:
            yield who, label, "Yes" if holds else "No"
    about = "The incident"
    yield about, "Kind", case.get_notifiable_display()
    yield about, "Harm", case.get_harm_display()
    yield (
        about,
        "Happened",
        when.in_words(case.incident_at, case.incident_precision) if case.incident_at else "",
    )
    yield about, "Authority became aware", when.in_full(case.aware_at, case.aware_precision)
    yield about, "Place", case.place
    yield about, "Referred by", case.referred_by
    yield about, "What happened", case.summary
    for one in case.returns.select_related("agency").order_by("agency__name"):
        heading = f"Return of {one.agency.name}"
        yield heading, "Searched", one.searched
        yield heading, "Came another way", one.given
        yield from _answers(heading, one)
        for row in one.chronology.order_by("first_on", "pk"):
            yield heading, f"Chronology, {row.said}", _row_in_words(row)
        for record in one.records.all():
            yield heading, f"{one.words_for(record.verb)}, {moment_in_words(record.at)}", record.reason
        for said in SectionComment.objects.filter(version__agency_return=one).select_related("version"):
            yield heading, f"Comment on {said.version}, {said.title}", said.text
        for file in one.attachments.there():
            yield heading, f"File {file.name}", _file_in_words(file)
        for call in one.calls.all():
            yield heading, f"Phone call of {moment_in_words(call.called_at)}", f"{call.spoke_to}: {call.said}"
    for decision in case.decisions.prefetch_related("sign_offs__partner"):
        heading = f"Decision record {decision.number}"
        yield from _answers(heading, decision)
        for signed in decision.sign_offs.all():
            yield heading, f"{signed.partner.name} did not agree", signed.dissent
    for correction in case.corrections.all():
        if correction.child_id in (None, child and child.pk):
            yield (
                "What was put right",
                correction.words,
                " ".join(filter(None, (correction.was, correction.reason))),
            )
    for record in case.records.all():
        yield "History", f"{case.words_for(record.verb)}, {moment_in_words(record.at)}", record.reason


def _row_in_words(row: ChronologyRow) -> str:
    """What a row of a chronology tells, each part on a line with its name."""
    told = {"child_seen": row.get_child_seen_display(), "is_key": "Yes" if row.is_key else ""}
    parts = ((label, told.get(name) or getattr(row, name, "")) for name, label in COLUMNS if name != "when")
    return "\n".join(f"{label}: {text}" for label, text in parts if text and text is not True)


def _file_in_words(file: Attachment) -> str:
    """What a file is. What stands in it is in no copy: it is read, blacked out and given on its own."""
    what = f"{file.about}\n" if file.about else ""
    return (
        f"{what}{file.get_kind_display()}, {in_megabytes(file.size)}, added {day_in_words(local_date(file.added_at))}. "
        "What stands in it is not part of this copy."
    )


def _answers(heading: str, sheet: Any) -> Iterator[tuple[str, str, str]]:
    for section in definition(sheet.form_version):
        given = sheet.answers.get(section.code, {})
        for question in section.questions:
            value = given.get(question.code)
            if isinstance(value, bool):
                value = "Yes" if value else "No"
            words = dict(question.choices).get(str(value), value)
            yield heading, question.label, str(words or "")


# ---- What is done ----------------------------------------------------------------------------------
@transaction.atomic
def prepare(case: Case, *, child: Child | None, reference: str, by: User, at: datetime) -> Disclosure:
    """Make a copy to work on. Raises PermissionDenied; RetentionError without a reference."""
    current: Case = change(case, "prepare_disclosure", permission=MAY_DISCLOSE, by=by, at=at)
    if not reference.strip():
        raise RetentionError("Cannot make a copy without the reference of the request.", about="reference")
    copy = Disclosure(case=current, child=child, reference=reference.strip(), prepared_by=by, prepared_at=at)
    copy.parts = [
        {"key": str(number), "heading": heading, "label": label, "text": text}
        for number, (heading, label, text) in enumerate(
            (p for p in _parts_of(current, child) if p[2]), start=1
        )
    ]
    copy.save(force_insert=True)
    return copy


def _mark(reason: str) -> str:
    """What stands where something was blacked out: of one length, so that nothing is told of what stood there."""
    return f"██████ [{reason}]"


@transaction.atomic
def black_out(
    copy: Disclosure, *, part: str, passage: str, everywhere: bool, reason: str, by: User, at: datetime
) -> int:
    """Overwrite a passage in one part of the copy, or everywhere; without a passage the whole part. Returns how often.

    Spaces and line ends within a passage, and capital letters, need not be as they stand. It cannot be undone: make
    the copy anew. Raises PermissionDenied; RetentionError when it stands nowhere there, or the copy is fixed.
    """
    current = _in_work(copy, "black_out", by=by, at=at)
    if reason not in REASONS:
        raise RetentionError("Say why it is blacked out.", about="reason")
    parts, count = current.parts, 0
    words = passage.split()
    if everywhere and not words:
        raise RetentionError("Type what is blacked out everywhere.", about="passage")
    wanted = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE) if words else None
    for one in parts:
        if not everywhere and one["key"] != part:
            continue
        if wanted is None:
            one["text"], times = _mark(reason), 1
        else:
            one["text"], times = wanted.subn(_mark(reason), one["text"])
        count += times
    if not count:
        raise RetentionError(
            "That does not stand there. Copy it from the page, as it stands.", about="passage"
        )
    current.parts = parts
    told = {"part": "" if everywhere else part, "reason": reason, "times": count}
    current.redactions = [*current.redactions, told]
    current.save(update_fields=["sealed_document", "redactions"])
    return count


@transaction.atomic
def release(copy: Disclosure, *, seen: str, by: User, at: datetime) -> Disclosure:
    """A second person has read it as it stands: it is fixed, and can be taken until it expires.

    seen is the mark of what the page showed. Raises PermissionDenied, also for who prepared it; RetentionError when it
    was changed since the page was shown, released or withdrawn.
    """
    current = _in_work(copy, "release_disclosure", by=by, at=at)
    if current.prepared_by_id == by.pk:
        raise PermissionDenied
    if seen != mark_of(current):
        raise RetentionError("The copy was changed while this page was open. Read it again, then release it.")
    current.released_by, current.released_at, current.expires_at = by, at, at + LASTS
    current.sha256 = hashlib.sha256(file_of(current)).hexdigest()
    current.save(update_fields=["released_by", "released_at", "expires_at", "sha256"])
    return current


@transaction.atomic
def end(copy: Disclosure, *, by: User, at: datetime) -> None:
    """Withdraw it, released or not: its words are emptied. Raises PermissionDenied, RetentionError."""
    change(copy.case, "withdraw_disclosure", permission=MAY_DISCLOSE, by=by, at=at)
    there = Disclosure.objects.filter(pk=copy.pk, ended_at=None)
    if not there.update(ended_at=at, ended_by=by, sealed_document=""):
        raise RetentionError("This copy was withdrawn already.")


def empty_expired(*, at: datetime) -> int:
    """Empty the words of copies that have expired; returns of how many. Safe to repeat."""
    count = 0
    for copy in Disclosure.objects.to_empty(at=at).select_related("case"):
        with transaction.atomic():
            if copy.case.state == Case.DISPOSED:
                continue  # nothing is left in it
            lock(copy.case)
            count += Disclosure.objects.to_empty(at=at).filter(pk=copy.pk).update(sealed_document="")
    return count


def _in_work(copy: Disclosure, action: str, *, by: User, at: datetime) -> Disclosure:
    change(copy.case, action, permission=MAY_DISCLOSE, by=by, at=at)
    current: Disclosure | None = Disclosure.objects.in_work().filter(pk=copy.pk).first()
    if current is None:
        raise RetentionError("This copy is fixed: it was released or withdrawn. Make another.")
    return current


# ---- What leaves -----------------------------------------------------------------------------------
def mark_of(copy: Disclosure) -> str:
    """A mark of what the copy says now."""
    return hashlib.sha256(json.dumps(copy.parts, sort_keys=True).encode()).hexdigest()[:32]


def file_of(copy: Disclosure) -> bytes:
    """The copy as a file of data: the parts as they are now, and what the marks of what is blacked out mean."""
    text = as_file(
        {
            "format": FORMAT,
            "partnership": copy.case.partnership.name,
            "case": copy.case.code,
            "request": copy.reference,
            "prepared_at": copy.prepared_at.isoformat(),
            "parts": [{name: part[name] for name in ("heading", "label", "text")} for part in copy.parts],
            "reasons": REASONS,
        }
    )
    return text.encode()
