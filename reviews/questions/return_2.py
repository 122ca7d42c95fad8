"""The form of an agency's return, in short pages. The wording is ours until the Panel's own template has been read.

What it asks as the first form did is that form's: neither is ever changed, since returns were answered by them.
"""

from reviews.questions.definition import Definition, Question, Section
from reviews.questions.return_1 import RETURN_1

RETURN_2 = Definition(
    "return-2",
    (
        RETURN_1.section("you"),
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
                Question(
                    "others",
                    "Which other agencies or services do you know were involved?",
                    "which others were involved",
                    "text",
                    "The partnership may ask them, too.",
                    required=False,
                ),
            ),
        ),
        Section(
            "family",
            "The child and family as you know them",
            (
                Question(
                    "household",
                    "Who lives with the child, and who looks after them?",
                    "who lives with the child and looks after them",
                    "text",
                    "As your records have it. Say so if they do not tell.",
                ),
                Question(
                    "men",
                    "Fathers and other men in the child’s life: who are they, and what did you know of them?",
                    "what you knew of fathers and other men",
                    "text",
                    "Also those who live elsewhere. Say so if you know of none.",
                ),
            ),
        ),
        RETURN_1.section("chronology"),
        Section(
            "child",
            "The child’s life",
            (
                Question("voice", "What was life like for the child?", "what life was like for the child"),
                Question(
                    "inequality",
                    "How did race, culture, disability or other inequalities matter?",
                    "how race, culture, disability or other inequalities mattered",
                ),
            ),
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
                    "Think of what they knew and were told then, not of blame.",
                ),
                Question(
                    "system",
                    "What about the way the work is set up helped, or got in the way?",
                    "what helped or got in the way",
                    "text",
                    "For example workload, handovers, computer systems, guidance.",
                    required=False,
                ),
                Question("good", "What was done well?", "what was done well"),
            ),
        ),
        Section(
            "safety",
            "Safety now",
            (
                Question("risk", "Is any child at risk now?", "yes if any child is at risk now", "yes-no"),
                Question(
                    "action",
                    "What have you already done to keep children safe?",
                    "what you have already done",
                    required=False,
                ),
            ),
            lead="If a child is in danger now, do not wait for this form: call 999, or children’s social care.",
        ),
        Section(
            "learning",
            "Learning",
            (
                Question(
                    "learning", "What should your agency learn or change?", "what your agency should learn"
                ),
                Question(
                    "actions",
                    "What will your agency do about it, who, and by when?",
                    "what your agency will do",
                    required=False,
                ),
                Question(
                    "people",
                    "Who should be asked to a learning event?",
                    "who should be asked",
                    "text",
                    "Those who knew the family. Say also if they need support.",
                    required=False,
                ),
                Question(
                    "elsewhere",
                    "Is your agency looking into this in another way?",
                    "how your agency is looking into this",
                    "text",
                    "For example a patient safety review, or a complaint.",
                    required=False,
                ),
            ),
        ),
        Section(
            "care",
            "What to handle with care",
            (
                Question(
                    "sensitive",
                    "Does this return hold police-sensitive or privileged material?",
                    "yes if it holds police-sensitive or privileged material",
                    "yes-no",
                ),
                Question(
                    "sensitive_what",
                    "If so, which parts?",
                    "which parts",
                    required=False,
                ),
                Question(
                    "family_told",
                    "Is there anything here that the family must not be told yet?",
                    "what the family must not be told yet",
                    required=False,
                ),
            ),
        ),
    ),
)
