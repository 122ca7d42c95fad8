"""What our long forms ask, as data: what a form is made of, and every form that the product ships."""

from reviews.questions.decision import DECISION_FORM, LIMBS, OUTCOMES
from reviews.questions.definition import (
    ROWS,
    Answers,
    Definition,
    Kind,
    Question,
    Section,
    has_rows,
    is_answered,
    is_complete,
    missing,
)
from reviews.questions.return_1 import RETURN_1
from reviews.questions.return_2 import RETURN_2

RETURN_FORM = RETURN_2
"""The form that a new return is begun with, where a partnership has none of its own."""

RETURN_FORMS = (RETURN_2, RETURN_1)
"""All there ever were, the newest first: a return keeps the one it was begun with."""

DEFINITIONS = {definition.version: definition for definition in (*RETURN_FORMS, DECISION_FORM)}

__all__ = [
    "DECISION_FORM",
    "DEFINITIONS",
    "LIMBS",
    "OUTCOMES",
    "RETURN_1",
    "RETURN_2",
    "RETURN_FORM",
    "RETURN_FORMS",
    "ROWS",
    "Answers",
    "Definition",
    "Kind",
    "Question",
    "Section",
    "has_rows",
    "is_answered",
    "is_complete",
    "missing",
]
