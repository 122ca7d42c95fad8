"""Decisions that contradict their own reasons: a warning, to be confirmed. Pure: no database, no clock, no settings."""

from reviews.questions import LIMBS, Answers

NO_REVIEW = ("no-lcspr", "criteria-not-met")
"""Outcomes by which no review of any kind follows."""


def contradictions(answers: Answers) -> list[str]:
    """What does not go together in a decision record, each as a sentence; none for one that is consistent.

    The partners may decide against the criteria, and say why; a slip of the hand should not.
    """
    criteria, decision = answers.get("criteria", {}), answers.get("decision", {})
    outcome, serious = decision.get("outcome"), criteria.get("serious")
    limbs = {criteria.get(code) for code, _ in LIMBS}
    found = []
    if limbs == {True} and outcome in NO_REVIEW:
        found.append("Every limb of regulation 11 is answered yes, but no review is to follow.")
    if limbs == {False} and outcome == "lcspr":
        found.append(
            "Every limb of regulation 11 is answered no, but a practice review is to be commissioned."
        )
    if serious is False and outcome == "lcspr":
        found.append(
            "It is said to be no serious child safeguarding case, but a practice review is to be commissioned."
        )
    if serious is True and outcome == "criteria-not-met":
        found.append(
            "It is said to be a serious child safeguarding case, but also that the criteria were not met."
        )
    return found
