"""The milestones that a partnership begins with and may change. Pure: no database, no clock, no settings.

They bind nobody but those who set them: mark L. What the law and its guidance set is in reviews/rules.py.
"""

from datetime import date

from workflows.rules import DeadlineRule, Limit

CASE = "reviews.case"
RETURN = "reviews.agencyreturn"

WT18 = date(2018, 7, 4)
"""The day of Working Together 2018, from which partnerships have taken the place of boards."""


def _local(
    code: str,
    name: str,
    limit: str,
    starts: str,
    owed_by: str,
    owed_to: str,
    *,
    kind: str = CASE,
    met_by: tuple[str, ...] = (),
    voided_by: tuple[str, ...] = ("withdraw", "submit"),
    ladder: str = "milestone",
) -> DeadlineRule:
    return DeadlineRule(
        code=code,
        name=name,
        kind=kind,
        limit=Limit.parse(limit),
        starts=starts,
        owed_by=owed_by,
        owed_to=owed_to,
        citation="Local milestone of the partnership",
        mark="L",
        valid_from=WT18,
        met_by=met_by,
        voided_by=voided_by,
        ladder=ladder,
        allows=("pause", "extend", "restart"),
    )


LOCAL: tuple[DeadlineRule, ...] = (
    _local(
        "LOC_DECIDE",
        "Partners meet on the referral",
        "1wd",
        "referred",
        "delegated partners",
        "local authority",
        met_by=("consider", "decline"),
    ),
    _local(
        "LOC_SINCOPY",
        "Copy of the notification to the business unit",
        "1wd",
        "notification sent",
        "local authority",
        "business unit",
    ),
    _local(
        "LOC_REQUEST",
        "Ask agencies for their returns",
        "1wd",
        "notification sent",
        "business unit",
        "agency safeguarding leads",
        met_by=("ask_agencies",),
    ),
    _local(
        "LOC_ACK",
        "Acknowledge the request",
        "2wd",
        "return requested",
        "agency",
        "business unit",
        kind=RETURN,
        met_by=("acknowledge", "draft", "declare_nil"),
        ladder="acknowledge",
    ),
    _local("LOC_PROGRESS", "Progress meeting", "5wd", "notification sent", "review group", "chair"),
    _local(
        "LOC_RETURN",
        "Agency return",
        "7wd",
        "notification sent",
        "agency",
        "business unit",
        kind=RETURN,
        met_by=("sign_off", "declare_nil"),
        ladder="return",
    ),
    _local(
        "LOC_TOGETHER",
        "A request made by then shares the clock of the notification",
        "2wd",
        "notification sent, for each request",  # no event of that name: a limit that is asked for, not a clock
        "business unit",
        "agency",
        kind=RETURN,
        voided_by=(),
        ladder="quiet",
    ),
    _local(
        "LOC_RETURN_LATER",
        "Agency return, asked for later",
        "5wd",
        "return requested later",
        "agency",
        "business unit",
        kind=RETURN,
        met_by=("sign_off", "declare_nil"),
        ladder="return",
    ),
    _local(
        "LOC_RESEND",
        "Answer again: the return was sent back",
        "3wd",
        "return sent back",
        "agency",
        "business unit",
        kind=RETURN,
        met_by=("sign_off", "declare_nil"),
        ladder="again",
    ),
    _local(
        "LOC_MEETING",
        "Rapid review meeting",
        "10wd",
        "notification sent",
        "review group",
        "safeguarding partners",
        met_by=("hold_meeting",),
    ),
    _local(
        "LOC_DRAFT",
        "Draft of the rapid review",
        "12wd",
        "notification sent",
        "business unit",
        "delegated partners",
        met_by=("decide",),
    ),
    _local(
        "LOC_SIGNOFF",
        "Partners sign the decision off",
        "14wd",
        "notification sent",
        "delegated partners",
        "business unit",
        ladder="sign-off",
        met_by=("sign_decision",),
        voided_by=("withdraw", "submit", "revise"),
    ),
    _local(
        "LOC_RESIGN",
        "Partners sign the revised decision off",
        "2wd",
        "revised decision sent",
        "delegated partners",
        "business unit",
        ladder="sign-off",
        met_by=("sign_decision",),
        voided_by=("withdraw", "submit", "revise"),
    ),
    _local(
        "LOC_REVIEWER",
        "Reviewer appointed and named",
        "20wd",
        "practice review decided",
        "partners",
        "Panel, Ofsted and DfE",
        voided_by=("revise",),
    ),
    _local(
        "LOC_TOR",
        "Terms of reference agreed",
        "30wd",
        "practice review decided",
        "panel and reviewer",
        "agencies",
        voided_by=("revise",),
    ),
    _local(
        "LOC_BRIEFING",
        "Briefing of agency report authors",
        "6w",
        "practice review decided",
        "reviewer",
        "authors",
        voided_by=("revise",),
    ),
    _local(
        "LOC_AGREPORT", "Agency reports", "6w", "briefing held", "authors", "reviewer", voided_by=("revise",)
    ),
    _local(
        "LOC_LEARN",
        "Learning event",
        "2w",
        "agency reports received",
        "reviewer",
        "practitioners",
        met_by=("hold_learning_event",),
        voided_by=("revise",),
    ),
    _local(
        "LOC_RECALL",
        "Recall event",
        "6w",
        "learning event held",
        "reviewer",
        "the same group",
        met_by=("hold_recall",),
        voided_by=("revise",),
    ),
    _local(
        "LOC_QA",
        "Partnership approves the final report",
        "4w",
        "recall event held",
        "sub-group and executive",
        "partnership",
        met_by=("plan_publication",),
        voided_by=("revise",),
    ),
    _local(
        "LOC_ACTIONS",
        "Review of the action plan",
        "3mo",
        "report approved",
        "agencies",
        "partnership",
        voided_by=("revise",),
    ),
)

EVENTS_OF_MILESTONES: dict[str, str] = {
    "LOC_BRIEFING": "briefing held",
    "LOC_AGREPORT": "agency reports received",
}
"""Milestones whose being met is itself an event that starts another clock."""
