"""A partnership's own form of a return: questions shown or hidden, in another order, and more of them. Pure.

A form that is being changed is a list of sections, as it is stored: each question keeps its place also while it is
hidden. `as_data` and `of_data` go from a Definition to that and back.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

from reviews.questions.definition import Definition, Kind, Question, Section
from workflows.exceptions import WorkflowError

Data = list[dict[str, Any]]
"""[{code, title, lead, questions: [{code, label, ..., hidden, own}]}]"""

NEEDED = frozenset(
    (("you", "searched"), ("chronology", "events"), ("safety", "risk"), ("care", "sensitive"))
)  # fmt: skip
"""Questions that no partnership hides: what was searched, what happened, who is at risk, what is sensitive."""

KINDS: dict[Kind, str] = {"line": "A line", "text": "A longer text", "yes-no": "Yes or no", "day": "A date"}
"""What a question of one's own may be answered with."""

_SUBJECTS: dict[Kind, str] = {
    "yes-no": "yes if the answer to “{}” is yes",
    "day": "the date for “{}”",
}

MOST_OWN = 30
LONGEST_LABEL, LONGEST_HINT = 200, 300


class FormError(WorkflowError):
    """A form that cannot be changed so."""


@dataclass(frozen=True, slots=True)
class Given:
    """A question that a partnership asks besides."""

    label: str
    kind: Kind = "text"
    hint: str = ""
    required: bool = False


def as_data(definition: Definition) -> Data:
    """The form as it is stored, nothing hidden and nothing added."""
    return [
        {
            "code": section.code,
            "title": section.title,
            "lead": section.lead,
            "questions": [{**asdict(question), "hidden": False, "own": False} for question in section.questions],
        }
        for section in definition
    ]  # fmt: skip


def of_data(version: str, data: Data) -> Definition:
    """The form that is asked: without what is hidden, and without sections of which all is."""
    sections = (
        Section(
            section["code"],
            section["title"],
            tuple(_question(one) for one in section["questions"] if not one["hidden"]),
            section["lead"],
        )
        for section in data
    )
    return Definition(version, tuple(section for section in sections if section.questions))


def _question(one: dict[str, Any]) -> Question:
    given = {name: value for name, value in one.items() if name not in ("hidden", "own")}
    return Question(**{**given, "choices": tuple(map(tuple, given["choices"]))})


def section_of(data: Data, code: str) -> dict[str, Any]:
    """Raises KeyError."""
    for section in data:
        if section["code"] == code:
            return section
    raise KeyError(code)


def is_needed(section: str, question: str) -> bool:
    return (section, question) in NEEDED


def arranged(data: Data, section: str, order: Sequence[str], hidden: frozenset[str] | set[str]) -> Data:
    """With the questions of a section in that order, and those hidden.

    Raises KeyError for a section that is not there; FormError unless the order names each question once, or when a
    question that is needed would be hidden, or all would.
    """
    it = section_of(data, section)
    by_code = {one["code"]: one for one in it["questions"]}
    if sorted(order) != sorted(by_code):
        raise FormError("Cannot change the order: say a place for each question.")
    for code in hidden:
        if is_needed(section, code):
            raise FormError(f"Cannot hide “{by_code[code]['label']}”: the review needs it of every agency.")
    if hidden >= set(by_code):
        raise FormError(f"Cannot hide every question of “{it['title']}”: leave at least one.")
    questions = [{**by_code[code], "hidden": code in hidden} for code in order]
    return [{**one, "questions": questions} if one is it else one for one in data]


def with_question(data: Data, section: str, given: Given) -> Data:
    """With another question at the end of a section.

    Raises KeyError for a section that is not there; FormError for a question that is there already, or too many.
    """
    it = section_of(data, section)
    every = [one for each in data for one in each["questions"]]
    label = " ".join(given.label.split())
    if not label or given.kind not in KINDS or given.kind not in get_args(Kind):
        raise FormError("Cannot add a question without its words and what it is answered with.")
    if any(one["label"].casefold() == label.casefold() for one in every):
        raise FormError("Cannot add this question: the form asks it already.", about="label")
    own = [one for one in every if one["own"]]
    if len(own) >= MOST_OWN:
        raise FormError(f"Cannot add more than {MOST_OWN} questions: a form that long is not answered well.")
    question = Question(
        f"own_{len(own) + 1}",
        label,
        _SUBJECTS.get(given.kind, "an answer to “{}”").format(label),
        given.kind,
        " ".join(given.hint.split()),
        given.required,
    )
    added = {**asdict(question), "hidden": False, "own": True}
    return [{**one, "questions": [*one["questions"], added]} if one is it else one for one in data]


def differences(before: Data, after: Data) -> list[str]:
    """What another form does to the one before, a sentence each, in the order of the sections."""
    told = []
    for old, new in zip(before, after, strict=True):
        was = {one["code"]: one for one in old["questions"]}
        for one in new["questions"]:
            earlier = was.get(one["code"])
            if earlier is None or (earlier["hidden"] and not one["hidden"]):
                told.append(f"{new['title']}: asks “{one['label']}”.")
            elif one["hidden"] and not earlier["hidden"]:
                told.append(f"{new['title']}: no longer asks “{one['label']}”.")
        orders = [
            [one["code"] for one in each["questions"] if one["code"] in was and not one["hidden"]]
            for each in (old, new)
        ]
        if [code for code in orders[0] if code in orders[1]] != [c for c in orders[1] if c in orders[0]]:
            told.append(f"{new['title']}: asks in another order.")
    return told
