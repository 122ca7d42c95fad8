"""Finding a case by what people call it: one reference has several spellings in the wild."""

import re
import uuid

from reviews.models import Case
from workflows.exceptions import WorkflowError

_REFERENCE = re.compile(
    r"(?P<body>[A-Z]{2,10})\s*(?P<year>\d{4})\s*[-/]\s*(?P<next>\d{2})\s*[-/]\s*(?P<number>\d{1,3})"
)


def parse_reference(text: str) -> tuple[str, int, int] | None:
    """(body, year, number) of a reference in any of its spellings; None when it is not one.

    `BSCB 2015-16/03`, `BSCB 2015-16-03` and `BSCB2015/16-03` are the same.
    """
    if not (found := _REFERENCE.fullmatch(text.strip().upper())):
        return None
    return found["body"], int(found["year"]), int(found["number"])


def find_case(text: str) -> Case:
    """The case of that reference, public code or id. Raises WorkflowError."""
    cases = Case.objects.all()
    if parts := parse_reference(text):
        found = cases.filter(reference_body=parts[0], reference_year=parts[1], reference_number=parts[2])
    else:
        found = cases.filter(code__iexact=text.strip())
        if not found:
            try:
                found = cases.filter(pk=uuid.UUID(text))
            except ValueError:
                found = cases.filter(reference_as_given__iexact=text.strip()).exclude(reference_as_given="")
    if parts and len(found) > 1:
        raise WorkflowError(
            f"Several partnerships have a case {text.strip()}. Use the code (R-...) or the id of the one you mean."
        )
    if len(found) > 1:
        raise WorkflowError(f"Several cases are called {text!r}. Use the code (R-...) or the id of one.")
    if (case := found.first()) is None:
        raise WorkflowError(f"There is no case {text!r}. Use its reference, its code (R-...) or its id.")
    return case
