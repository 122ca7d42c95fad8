"""What a long form is made of, as data: a definition has a version, and an answer sheet keeps the one it began with.

Pure: no database, no clock, no settings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["line", "text", "yes-no", "choice", "day"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `subject` completes "Enter ..." or "Select ..." when it is left out."""

    code: str
    label: str
    subject: str
    kind: Kind = "text"
    hint: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    rows: str = ""
    """Rows kept beside the answers that answer it as well, by what they are called there."""


@dataclass(frozen=True, slots=True)
class Section:
    """One page of questions."""

    code: str
    title: str
    questions: tuple[Question, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole form, in the order in which it is asked."""

    version: str
    sections: tuple[Section, ...]

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)

    def section(self, code: str) -> Section:
        """Raises KeyError."""
        for section in self.sections:
            if section.code == code:
                return section
        raise KeyError(code)


Answers = dict[str, dict[str, object]]
"""What was answered: section code -> question code -> value (text, bool or ISO day)."""


ROWS = "rows"
"""Where a sheet keeps how many rows of each kind stand beside its answers; no section is called so."""


def has_rows(question: Question, answers: Answers) -> bool:
    """Whether rows beside the answers answer it."""
    return bool(question.rows and answers.get(ROWS, {}).get(question.rows))


def is_answered(section: Section, question: Question, answers: Answers) -> bool:
    return answers.get(section.code, {}).get(question.code) not in (None, "") or has_rows(question, answers)


def missing(definition: Definition, answers: Answers) -> list[tuple[Section, Question]]:
    """The required questions that have no answer yet."""
    return [
        (section, question)
        for section in definition
        for question in section.questions
        if question.required and not is_answered(section, question, answers)
    ]


def is_complete(section: Section, answers: Answers) -> bool:
    """Whether a section was saved with everything that it must have."""
    was_begun = section.code in answers or any(has_rows(question, answers) for question in section.questions)
    return was_begun and all(
        is_answered(section, question, answers) for question in section.questions if question.required
    )
