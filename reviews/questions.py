"""What our long forms ask, as data: a definition has a version, and an answer sheet keeps the one it began with.

The wording is ours until the Panel's own template has been read. Pure: no database, no clock, no settings.
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


RETURN_FORM = Definition(
    "return-1",
    (
        Section(
            "you",
            "Who you are and where you looked",
            (
                Question(
                    "service",
                    "Which service is this return for?",
                    "the service this return is for",
                    "line",
                    "For example, Health visiting, North team.",
                ),
                Question("role", "What is your role?", "your role", "line"),
                Question(
                    "searched",
                    "Which records did you search?",
                    "which records you searched",
                    "text",
                    "Name each system, and the details you searched by.",
                ),
            ),
        ),
        Section(
            "involvement",
            "Your involvement with the family",
            (
                Question(
                    "known", "Who in the family is known to your agency?", "who is known to your agency"
                ),
                Question(
                    "known_from",
                    "When did you first know the family?",
                    "when you first knew the family",
                    "line",
                    "A date, or roughly: early 2019.",
                ),
                Question(
                    "open",
                    "Was the case open to you when the incident happened?",
                    "yes if the case was open to you",
                    "yes-no",
                ),
                Question(
                    "earlier",
                    "Were there significant events before the period asked about?",
                    "any significant earlier events",
                    required=False,
                ),
            ),
        ),
        Section(
            "chronology",
            "What happened",
            (
                Question(
                    "events",
                    "The contacts and events that matter, in order",
                    "the contacts and events that matter",
                    "text",
                    "Start each on a new line with its date, or roughly when. Say what happened, whether the child "
                    "was seen, and what was done.",
                    rows="chronology",
                ),
            ),
            lead="Only what your own records show.",
        ),
        Section(
            "analysis",
            "What you make of it",
            (
                Question(
                    "expected", "Was practice what you would expect?", "whether practice was as expected"
                ),
                Question(
                    "why",
                    "Why did it make sense to people at the time?",
                    "why it made sense at the time",
                    "text",
                    "Think of workload, handovers, systems and guidance, not of blame.",
                ),
                Question("voice", "What was life like for the child?", "what life was like for the child"),
                Question(
                    "inequality",
                    "How did race, culture, disability or other inequalities matter?",
                    "how race, culture, disability or other inequalities mattered",
                ),
                Question("good", "What was done well?", "what was done well"),
            ),
        ),
        Section(
            "safety",
            "Safety and learning",
            (
                Question("risk", "Is any child at risk now?", "yes if any child is at risk now", "yes-no"),
                Question(
                    "action",
                    "What have you already done to keep children safe?",
                    "what you have already done",
                    required=False,
                ),
                Question(
                    "learning", "What should your agency learn or change?", "what your agency should learn"
                ),
                Question(
                    "people",
                    "Who should be asked to a learning event?",
                    "who should be asked",
                    required=False,
                ),
                Question(
                    "sensitive",
                    "Does this return hold police-sensitive or privileged material?",
                    "yes if it holds police-sensitive or privileged material",
                    "yes-no",
                ),
            ),
        ),
    ),
)

OUTCOMES = (
    ("lcspr", "Commission a local child safeguarding practice review"),
    ("no-lcspr", "No practice review: the learning is captured"),
    ("alternative", "An alternative local learning review"),
    ("await-other", "Join or await another review"),
    ("criteria-not-met", "The criteria were not met after all"),
)

LIMBS = (
    ("improvements", "Highlights or may highlight improvements needed, even if identified before"),
    ("recurrent", "Highlights or may highlight recurrent themes"),
    ("working_together", "Highlights or may highlight concerns about two or more agencies working together"),
    ("panel_suggested", "The Panel considered it and thought a local review more suitable"),
)
"""Regulation 11 of SI 2018/789, (a) to (d)."""


def _limb(letter: str, code: str, text: str) -> tuple[Question, Question]:
    return (
        Question(code, f"Regulation 11 ({letter}): {text}?", f"yes if limb ({letter}) applies", "yes-no"),
        Question(f"{code}_why", f"Why, for limb ({letter})?", f"why, for limb ({letter})"),
    )


DECISION_FORM = Definition(
    "decision-1",
    (
        Section(
            "incident",
            "The incident",
            (
                Question("happened", "What happened?", "what happened"),
                Question(
                    "harm_type",
                    "Type of harm",
                    "the type of harm",
                    "choice",
                    choices=(
                        ("physical-abuse", "Physical abuse or non-accidental injury"),
                        ("neglect", "Neglect"),
                        ("sexual-abuse", "Sexual abuse"),
                        ("emotional-abuse", "Emotional abuse"),
                        ("sudi", "Sudden unexpected death in infancy"),
                        ("self-harm", "Suicide or self-harm"),
                        ("extra-familial", "Harm outside the family"),
                        ("child-perpetrator", "Harm by a child"),
                        ("domestic-abuse", "Related to domestic abuse"),
                        ("medical-neglect", "Medical neglect"),
                        ("other", "Other"),
                    ),
                ),
                Question("cause", "Suspected cause", "the suspected cause", required=False),
            ),
        ),
        Section(
            "involvement",
            "Agencies and key episodes",
            (
                Question(
                    "agencies", "Which agencies were involved, and when?", "which agencies were involved"
                ),
                Question("episodes", "Key practice episodes", "the key practice episodes"),
            ),
        ),
        Section(
            "safety",
            "Immediate safety",
            (
                Question(
                    "actions",
                    "What was done at once for this child, siblings and other children?",
                    "what was done at once",
                    "text",
                    "Say who did it and when.",
                ),
            ),
        ),
        Section(
            "analysis",
            "Analysis and learning",
            (
                Question("strengths", "Strengths and good practice", "strengths and good practice"),
                Question("improve", "What could have been better", "what could have been better"),
                Question("lived", "The child's voice and lived experience", "the child's lived experience"),
                Question(
                    "inequality",
                    "How race, culture, disability and other inequalities mattered",
                    "how inequalities mattered",
                ),
                Question(
                    "learning", "Immediate learning, and how it is being shared", "the immediate learning"
                ),
            ),
        ),
        Section(
            "criteria",
            "The criteria",
            (
                Question(
                    "serious",
                    "Is this a serious child safeguarding case?",
                    "yes if this is a serious child safeguarding case",
                    "yes-no",
                    "Abuse or neglect is known or suspected, and the child died or was seriously harmed.",
                ),
                Question("serious_why", "Why?", "why it is or is not a serious child safeguarding case"),
                *_limb("a", *LIMBS[0]),
                *_limb("b", *LIMBS[1]),
                *_limb("c", *LIMBS[2]),
                *_limb("d", *LIMBS[3]),
            ),
        ),
        Section(
            "decision",
            "The decision",
            (
                Question(
                    "outcome",
                    "What do the partners decide?",
                    "what the partners decide",
                    "choice",
                    choices=OUTCOMES,
                ),
                Question("rationale", "Why?", "why the partners decide this"),
                Question(
                    "national",
                    "May this raise issues for a national review?",
                    "yes if this may raise issues for a national review",
                    "yes-no",
                ),
                Question("national_why", "Why, or why not?", "why it may or may not raise national issues"),
                Question(
                    "enquiry",
                    "If a practice review: key lines of enquiry",
                    "the key lines of enquiry",
                    required=False,
                ),
                Question(
                    "method",
                    "If a practice review: method",
                    "the method",
                    "line",
                    "For example, SILP.",
                    required=False,
                ),
                Question(
                    "scope",
                    "If a practice review: the period it covers",
                    "the period it covers",
                    "line",
                    "Dates, or the events that bound it.",
                    required=False,
                ),
                Question(
                    "reviewer",
                    "If a practice review: reviewer, if known",
                    "the reviewer",
                    "line",
                    required=False,
                ),
                Question(
                    "parallel",
                    "Other processes under way",
                    "other processes under way",
                    "text",
                    "Criminal, family court, inquest, child death review and others.",
                    required=False,
                ),
                Question("participants", "Who took part in the rapid review?", "who took part"),
            ),
        ),
    ),
)

DEFINITIONS = {definition.version: definition for definition in (RETURN_FORM, DECISION_FORM)}
