"""Files that an agency gives with its return: added and removed by its authors while the return can be written."""

import hashlib
import uuid
from collections.abc import Collection
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import User
from reviews.files import store
from reviews.files.kinds import MEGABYTE, Examined
from reviews.models import AgencyReturn, Attachment, ReturnVersion
from reviews.services.answering import with_rows
from reviews.services.drafting import being_written
from workflows.exceptions import NotMet, Stale, WorkflowError

NAME = "attachments"
"""What they are called among the answers."""
MOST = 20
MOST_BYTES = 200 * MEGABYTE
"""Of all files of one return together."""


def attachments_of(agency_return: AgencyReturn) -> "QuerySet[Attachment]":
    """Those that the return has now, in the order in which they came."""
    found: QuerySet[Attachment] = agency_return.attachments.there()
    return found


@transaction.atomic
def add_attachment(
    agency_return: AgencyReturn, file: Examined, *, about: str = "", by: User, at: datetime
) -> Attachment:
    """Give this file with the return; it waits for a scanner. Raises PermissionDenied, WorkflowError.

    Its bytes are on the disk before the row is; without the row, the sweep takes them away again.
    """
    current = being_written(agency_return, "add_attachment", NAME, "these files", by=by, at=at)
    sha256 = hashlib.sha256(file.content).hexdigest()
    _must_fit(current, file, sha256)
    made: Attachment = Attachment.objects.create(
        agency_return=current, name=file.name, about=about, kind=file.kind.code, size=len(file.content),
        sha256=sha256, remarks=list(file.remarks), stored=store.put(file.content), added_by=by, added_at=at,
    )  # fmt: skip
    _told(current, by=by, at=at)
    return made


def _must_fit(agency_return: AgencyReturn, file: Examined, sha256: str) -> None:
    there = attachments_of(agency_return)
    if same := there.filter(sha256=sha256).first():
        raise WorkflowError(f"You already added this file. It is called {same.name} here.", about="file")
    if there.count() >= MOST:
        raise WorkflowError(
            f"A return can have {MOST} files, and it has {MOST}. Remove one, or put several into one.",
            about="file",
        )
    saved = there.aggregate(bytes=Sum("size"))["bytes"] or 0
    if saved + len(file.content) > MOST_BYTES:
        raise WorkflowError(
            f"The files of a return can have {MOST_BYTES // MEGABYTE}MB together. Those that are saved have "
            f"{in_megabytes(saved)}, and this one has {in_megabytes(len(file.content))}.",
            about="file",
        )


def in_megabytes(count: int) -> str:
    """How large it is, as people say it: "12KB", "3.4MB"."""
    if count < MEGABYTE:
        return f"{max(1, round(count / 1024)):,}KB"
    return f"{count / MEGABYTE:.1f}MB".replace(".0MB", "MB")


@transaction.atomic
def remove_attachment(agency_return: AgencyReturn, pk: uuid.UUID, *, by: User, at: datetime) -> None:
    """Take a file away. One that was sent for sign-off before stays with that version of the return, and nowhere else.

    Raises PermissionDenied, WorkflowError; Stale when it was removed already.
    """
    current = being_written(agency_return, "remove_attachment", NAME, "these files", by=by, at=at)
    there = attachments_of(current).filter(pk=pk).first()
    if there is None:
        raise Stale("This file was removed already.")
    if _is_in_a_version(there):
        there.removed_by, there.removed_at = by, at
        there.save(update_fields=["removed_by", "removed_at"])
    else:
        transaction.on_commit(partial(store.forget, there.stored), robust=True)
        there.delete()
    _told(current, by=by, at=at)


def _is_in_a_version(attachment: Attachment) -> bool:
    kept = ReturnVersion.objects.filter(agency_return=attachment.agency_return).values_list(NAME, flat=True)
    return any(one["id"] == str(attachment.pk) for files in kept for one in files)


def must_be_harmless(agency_return: AgencyReturn) -> None:
    """Raise NotMet when the scanner found something in a file of the return."""
    infected = attachments_of(agency_return).filter(state=Attachment.State.INFECTED).first()
    if infected is not None:
        raise NotMet(
            f"Cannot send this return: a virus was found in the file {infected.name}. Remove the file first."
        )


def kept_files(agency_return: AgencyReturn) -> list[dict[str, Any]]:
    """The files as a version of the return keeps them."""
    return [one.as_kept() for one in attachments_of(agency_return)]


def counted(agency_return: AgencyReturn, *, is_open: bool) -> dict[str, int]:
    """How many files the return has, and of how many of them no scanner knows yet, or has found something. One query.

    is_open: whether the person may read what is answered; for others there is none.
    """
    states: Collection[str] = (
        list(attachments_of(agency_return).values_list("state", flat=True)) if is_open else []
    )
    return {
        "count": len(states),
        "held": sum(state == Attachment.State.HELD for state in states),
        "infected": sum(state == Attachment.State.INFECTED for state in states),
    }


def _told(agency_return: AgencyReturn, *, by: User, at: datetime) -> None:
    """Say among the answers how many there are, and who changed them when: what was read is then what is sent."""
    count = attachments_of(agency_return).count()
    agency_return.answers = with_rows(agency_return, NAME, count, by=by, at=at)
    agency_return.save(update_fields=["answers"])
