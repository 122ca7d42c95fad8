"""The limits of a review, as data, each with its source. Pure: no database, no clock, no settings.

Marks: V seen in a text, R recalled and not yet seen, I inferred, L a local milestone. Everything is
as at Working Together to Safeguard Children 2023; the 2026 edition has not been checked.
"""

from datetime import date

from workflows.ladders import Rung
from workflows.rules import DeadlineRule, Limit, RuleBook

CASE = "reviews.case"
RETURN = "reviews.agencyreturn"
PANEL_RECORD = "reviews.panelrecord"

WT18 = date(2018, 7, 4)
WT23 = date(2023, 12, 15)
DUTY_STARTS = date(2018, 6, 29)
EDITION = "as at Working Together 2023; the 2026 edition has not been checked"

# Whom to tell. Each audience is resolved by the subject itself (Case.people, AgencyReturn.people).
MANAGER = "business-manager"
PARTNERS = "delegated-partners"
CHAIR = "independent-chair"
AUTHOR = "author"
LEAD = "safeguarding-lead"
AGENCY_PARTNER = "delegated-partner"

LADDERS: dict[str, tuple[Rung, ...]] = {
    "quiet": (),
    "notify": (
        Rung(MANAGER, before=2), Rung(MANAGER, before=1), Rung(MANAGER), Rung(MANAGER, after=1),
        Rung(PARTNERS, after=1), Rung(CHAIR, after=3),
    ),
    "rapid-review": (
        Rung(MANAGER, before=5), Rung(MANAGER, before=3), Rung(MANAGER, before=1), Rung(MANAGER),
        Rung(MANAGER, after=1), Rung(PARTNERS, after=1), Rung(CHAIR, after=3),
    ),
    "milestone": (Rung(MANAGER, before=1), Rung(MANAGER), Rung(MANAGER, after=1)),
    "sign-off": (Rung(PARTNERS, before=1), Rung(PARTNERS), Rung(MANAGER, after=1)),
    "acknowledge": (Rung(AUTHOR), Rung(AUTHOR, after=1), Rung(MANAGER, after=1)),
    "return": (
        Rung(AUTHOR, before=3), Rung(AUTHOR, before=1), Rung(AUTHOR), Rung(LEAD, after=1),
        Rung(MANAGER, after=1), Rung(AGENCY_PARTNER, after=3),
    ),
    "watch": (Rung(MANAGER, after=1),),
    "months": (
        Rung(MANAGER, before=40), Rung(MANAGER, before=20), Rung(MANAGER, before=5), Rung(MANAGER),
        Rung(PARTNERS, after=1),
    ),
    "until": (Rung(MANAGER, after=1),),
}  # fmt: skip

STATUTORY: tuple[DeadlineRule, ...] = (
    DeadlineRule(
        code="SIN_NOTIFY", name="Notify the Panel of a serious incident", kind=CASE, limit=Limit(5, "wd"),
        starts="aware of the incident", owed_by="local authority", owed_to="the Panel",
        citation="Children Act 2004 s.16C(1); Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V", edition=EDITION, valid_from=DUTY_STARTS, met_by=("notify",), voided_by=("decline",),
        ladder="notify",
    ),
    DeadlineRule(
        code="LAC_DEATH", name="Notify the death of a looked-after child", kind=CASE, limit=Limit(5, "wd"),
        starts="aware of the death of a looked-after child", owed_by="local authority",
        owed_to="Secretary of State and Ofsted", citation="Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V", edition=EDITION, valid_from=DUTY_STARTS, met_by=("notify", "notify_only"),
        voided_by=("decline",), ladder="notify",
    ),
    DeadlineRule(
        code="CARELEAVER_DEATH", name="Notify the death of a care leaver up to the age of 24", kind=CASE,
        limit=Limit(5, "wd"), starts="aware of the death of a care leaver", owed_by="local authority",
        owed_to="Secretary of State and Ofsted", citation="Working Together 2023 ch. 5",
        mark="V", edition=EDITION, valid_from=WT23, met_by=("notify", "notify_only"),
        voided_by=("decline",), ladder="notify",
    ),
    DeadlineRule(
        code="RR_COMPLETE", name="Finish the rapid review and send it to the Panel", kind=CASE,
        limit=Limit(15, "wd"), starts="notification sent", owed_by="safeguarding partners", owed_to="the Panel",
        citation="Panel guidance for safeguarding partners; Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V", edition=EDITION, valid_from=WT18, met_by=("submit",), voided_by=("withdraw",),
        ladder="rapid-review",
    ),
    DeadlineRule(
        code="PANEL_REPLY", name="Reply expected from the Panel", kind=PANEL_RECORD, limit=Limit(10, "wd"),
        starts="rapid review sent", owed_by="the Panel", owed_to="safeguarding partners",
        citation="No duty: about 10 days by local experience", mark="V", edition=EDITION, valid_from=WT18,
        met_by=("accept", "disagree"), ladder="watch",
    ),
    DeadlineRule(
        code="LCSPR_REPORT", name="Complete and publish the practice review", kind=CASE, limit=Limit(6, "mo"),
        starts="practice review decided", owed_by="safeguarding partners", owed_to="the public",
        citation="Working Together 2018 ch. 4, 2023 ch. 5", mark="V", edition=EDITION, valid_from=WT18,
        met_by=("publish",), ladder="months",
    ),
    DeadlineRule(
        code="PUB_ADVANCE", name="Send the report to the Panel and the Secretary of State before publication",
        kind=CASE, limit=Limit(-7, "wd"), starts="publication planned", owed_by="safeguarding partners",
        owed_to="the Panel and the Secretary of State", citation="SI 2018/789 Part 3; Working Together 2023 ch. 5",
        mark="R", edition=EDITION, valid_from=DUTY_STARTS, ladder="milestone",
    ),
    DeadlineRule(
        code="PUB_AVAILABLE", name="Keep the published report available", kind=CASE, limit=Limit(12, "mo"),
        starts="published", owed_by="safeguarding partners", owed_to="the public",
        citation="SI 2018/789 Part 3; Working Together 2023 ch. 5", mark="V", edition=EDITION,
        valid_from=DUTY_STARTS, met_by=("close",), ladder="until", duty="until",
    ),
)  # fmt: skip


def _local(code: str, name: str, limit: str, starts: str, owed_by: str, owed_to: str, *, kind: str = CASE,
           met_by: tuple[str, ...] = (), voided_by: tuple[str, ...] = ("withdraw",),
           ladder: str = "milestone") -> DeadlineRule:  # fmt: skip
    return DeadlineRule(
        code=code, name=name, kind=kind, limit=Limit.parse(limit), starts=starts, owed_by=owed_by,
        owed_to=owed_to, citation="Local milestone of the partnership", mark="L", valid_from=WT18,
        met_by=met_by, voided_by=voided_by, ladder=ladder,
    )  # fmt: skip


LOCAL: tuple[DeadlineRule, ...] = (
    _local("LOC_DECIDE", "Partners meet on the referral", "1wd", "referred", "delegated partners",
           "local authority", met_by=("consider", "decline")),
    _local("LOC_SINCOPY", "Copy of the notification to the business unit", "1wd", "notification sent",
           "local authority", "business unit"),
    _local("LOC_REQUEST", "Ask agencies for their returns", "1wd", "notification sent", "business unit",
           "agency safeguarding leads"),
    _local("LOC_ACK", "Acknowledge the request", "2wd", "return requested", "agency", "business unit", kind=RETURN,
           met_by=("acknowledge", "draft", "declare_nil"), ladder="acknowledge"),
    _local("LOC_PROGRESS", "Progress meeting", "5wd", "notification sent", "review group", "chair"),
    _local("LOC_RETURN", "Agency return", "7wd", "notification sent", "agency", "business unit", kind=RETURN,
           met_by=("sign_off", "declare_nil"), ladder="return"),
    _local("LOC_RETURN_LATER", "Agency return, asked for later", "5wd", "return requested later", "agency",
           "business unit", kind=RETURN, met_by=("sign_off", "declare_nil"), ladder="return"),
    _local("LOC_MEETING", "Rapid review meeting", "10wd", "notification sent", "review group",
           "safeguarding partners", met_by=("hold_meeting",)),
    _local("LOC_DRAFT", "Draft of the rapid review", "12wd", "notification sent", "business unit",
           "delegated partners", met_by=("decide",)),
    _local("LOC_SIGNOFF", "Partners sign the decision off", "14wd", "notification sent", "delegated partners",
           "business unit", ladder="sign-off"),
    _local("LOC_REVIEWER", "Reviewer appointed and named", "20wd", "practice review decided", "partners",
           "Panel, Ofsted and DfE", voided_by=()),
    _local("LOC_TOR", "Terms of reference agreed", "30wd", "practice review decided", "panel and reviewer",
           "agencies", voided_by=()),
    _local("LOC_BRIEFING", "Briefing of agency report authors", "6w", "practice review decided", "reviewer",
           "authors", voided_by=()),
    _local("LOC_AGREPORT", "Agency reports", "6w", "briefing held", "authors", "reviewer", voided_by=()),
    _local("LOC_LEARN", "Learning event", "2w", "agency reports received", "reviewer", "practitioners",
           met_by=("hold_learning_event",), voided_by=()),
    _local("LOC_RECALL", "Recall event", "6w", "learning event held", "reviewer", "the same group",
           met_by=("hold_recall",), voided_by=()),
    _local("LOC_QA", "Partnership approves the final report", "4w", "recall event held", "sub-group and executive",
           "partnership", met_by=("plan_publication",), voided_by=()),
    _local("LOC_ACTIONS", "Review of the action plan", "3mo", "report approved", "agencies", "partnership",
           voided_by=()),
)  # fmt: skip

RULE_BOOK = RuleBook(statutory=STATUTORY, local=LOCAL, ladders=LADDERS)
