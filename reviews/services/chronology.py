"""The rows of a return's chronology: added, changed, removed by its authors while the return can be written."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from reviews.models import AgencyReturn, Case, ChronologyRow
from reviews.services.answering import with_rows
from reviews.services.drafting import being_written
from reviews.timeline.dates import Told
from reviews.timeline.merging import Placed
from reviews.timeline.rows import MOST_ROWS, Row
from workflows.exceptions import Stale, WorkflowError

NAME = "chronology"
"""What the rows are called among the answers, and in a question that they answer."""


def birth_of(case: Case) -> date | None:
    """The day of birth that days of life are counted from; None when several are known, or none."""
    births = [day for child in case.children.all() if (day := child.born_on)]
    return births[0] if len(births) == 1 else None


@transaction.atomic
def add_rows(
    agency_return: AgencyReturn, rows: Sequence[Row], *, by: User, at: datetime
) -> list[ChronologyRow]:
    """Add these, all or none, after those that are there. Raises PermissionDenied, WorkflowError."""
    current = being_written(agency_return, "add_chronology_rows", NAME, "this chronology", by=by, at=at)
    must_have_room(current, len(rows))
    made = ChronologyRow.objects.bulk_create(
        [ChronologyRow(agency_return=current, saved_by=by, saved_at=at, **row.columns()) for row in rows],
        batch_size=500,
    )
    _told(current, by=by, at=at)
    return made


def must_have_room(agency_return: AgencyReturn, more: int) -> None:
    """Raise WorkflowError when the chronology cannot take so many rows more."""
    there = agency_return.chronology.count()
    if there + more > MOST_ROWS:
        words = f"It has {there:,}, and these are {more:,} more." if there else f"These are {more:,}."
        raise WorkflowError(f"A chronology can have {MOST_ROWS:,} rows. {words} Keep what matters most.")


def count_there(agency_return: AgencyReturn, rows: Sequence[Row]) -> int:
    """How many of these stand in the chronology already, word for word. One query."""
    columns = ("said", "source", "event", "child_seen", "voice", "action", "comment", "is_key")
    there = set(agency_return.chronology.values_list(*columns))
    return sum(tuple(row.columns()[name] for name in columns) in there for row in rows)


@transaction.atomic
def change_row(
    agency_return: AgencyReturn, pk: int, row: Row, *, seen: int | None = None, by: User, at: datetime
) -> ChronologyRow:
    """Keep another text of one row.

    seen is the version the page was shown with; None asks for no comparison. Raises PermissionDenied, WorkflowError;
    Stale when another hand changed or removed it since.
    """
    current = being_written(agency_return, "change_chronology_row", NAME, "this chronology", by=by, at=at)
    there = _row(current, pk)
    if seen is not None and seen != there.version:
        raise Stale(
            f"Cannot save over {there.saved_by.full_name}'s row, saved while this page was open. "
            "Yours is still in the boxes: compare, then save again."
        )
    for name, value in row.columns().items():
        setattr(there, name, value)
    there.version, there.saved_by, there.saved_at = there.version + 1, by, at
    there.save()
    _told(current, by=by, at=at)
    return there


@transaction.atomic
def remove_row(
    agency_return: AgencyReturn, pk: int, *, seen: int | None = None, by: User, at: datetime
) -> None:
    """Take one row away. Raises PermissionDenied, WorkflowError; Stale when it is not as the page showed it."""
    current = being_written(agency_return, "remove_chronology_row", NAME, "this chronology", by=by, at=at)
    there = _row(current, pk, "This row was removed already.")
    if seen is not None and seen != there.version:
        raise Stale(
            f"{there.saved_by.full_name} changed this row while this page was open. "
            "It is shown below as it is now: read it again, then remove it."
        )
    there.delete()
    _told(current, by=by, at=at)


def kept_rows(agency_return: AgencyReturn) -> list[dict[str, Any]]:
    """The rows as a version of the return keeps them, each with its number, in the order in which they came."""
    return [{"row": row.pk, **row.as_kept()} for row in agency_return.chronology.order_by("pk")]


def rows_of(agency_return: AgencyReturn) -> "QuerySet[ChronologyRow]":
    """The rows of the return."""
    return ChronologyRow.objects.filter(agency_return=agency_return)


def placed(
    rows: "QuerySet[ChronologyRow]", agencies: Mapping[uuid.UUID, str], born_on: date | None
) -> list[Placed]:
    """Where each row lies, under the name of its agency (by the key of its return). One query, without the texts."""
    columns = (
        "pk", "agency_return_id", "first_on", "last_on", "at_time", "first_of_life", "last_of_life", "source", "is_key"
    )  # fmt: skip
    found = []
    for pk, owner, first_on, last_on, at_time, first, last, source, is_key in rows.values_list(*columns):
        told = Told("", first_on, last_on, at_time, first, last)
        begin, end = told.placed(born_on)
        found.append(
            Placed(pk, agencies[owner], begin, end, at_time, told.is_a_day, source, is_key, first is not None)
        )
    return found


_GONE = (
    "This row was removed while this page was open. What you typed is still in the boxes: "
    "if it is still wanted, copy it into a new row."
)


def _row(agency_return: AgencyReturn, pk: int, words: str = _GONE) -> ChronologyRow:
    found = agency_return.chronology.select_related("saved_by").filter(pk=pk).first()
    if found is None:
        raise Stale(words)
    return found


def _told(agency_return: AgencyReturn, *, by: User, at: datetime) -> None:
    """Say among the answers how many there are, and who changed them when: what was read is then what is sent."""
    count = agency_return.chronology.count()
    agency_return.answers = with_rows(agency_return, NAME, count, by=by, at=at)
    agency_return.save(update_fields=["answers"])
