"""The first form of an agency's return. Nothing new is begun with it; what was, keeps it."""

from reviews.questions.definition import Definition, Question, Section

RETURN_1 = Definition(
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
