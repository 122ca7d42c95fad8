"""The questions of a section as a form: drafted with gaps, or answered whole."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django import forms

from accounts.pages.fields import ChoiceField, DayField, LongTextField, TextField, YesNoField
from accounts.pages.forms import PageForm
from reviews.questions import Question, Section


def field_of(question: Question) -> forms.Field:
    shared: dict[str, Any] = {
        "subject": question.subject,
        "label": question.label,
        "help_text": question.hint,
        "required": question.required,
    }
    match question.kind:
        case "line":
            return TextField(**shared)
        case "yes-no":
            return YesNoField(**{**shared, "subject": question.subject.removeprefix("yes if ")})
        case "choice":
            return ChoiceField(choices=list(question.choices), **shared)
        case "day":
            return DayField(**shared)
        case _:
            return LongTextField(**shared)


class SectionForm(PageForm):
    """The questions of one section. As a draft, nothing must be answered; what is, must be right.

    answered: the codes of questions that something else answers already.
    """

    def __init__(
        self, *args: Any, section: Section, draft: bool = False, answered: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        for question in section.questions:
            self.fields[question.code] = field_of(question)
            self.fields[question.code].required &= question.code not in answered
        if draft and self.is_bound:
            for field in self.fields.values():
                field.required = False

    def answers(self) -> dict[str, Any]:
        """The answers as they are stored: text, true or false, ISO days; None for an empty box."""
        rows: dict[str, Any] = {}
        for question in self.section.questions:
            value = self.cleaned_data.get(question.code)
            rows[question.code] = value.isoformat() if isinstance(value, date) else value
        return rows
