"""The form of a decision: what the partners decide, by which criteria, and why."""

from reviews.questions.definition import Definition, Question, Section

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
