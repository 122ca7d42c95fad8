"""The limits that law and guidance set, as data, each with its source. Pure: no database, no clock, no settings.

Marks: V seen in a text, R recalled and not yet seen, I inferred, L a local milestone (reviews/milestones.py).
Everything is as at Working Together to Safeguard Children 2023; the 2026 edition has not been checked.
"""

from datetime import date

from reviews.milestones import CASE, LOCAL, WT18
from workflows.ladders import Rung
from workflows.rules import DeadlineRule, Limit, RuleBook

PANEL_RECORD = "reviews.panelrecord"

WT23 = date(2023, 12, 15)
DUTY_STARTS = date(2018, 6, 29)
EDITION = "as at Working Together 2023; the 2026 edition has not been checked"

# Whom to tell. Each audience is resolved by the subject itself (Case.people, AgencyReturn.people).
MANAGER = "business-manager"
PARTNERS = "delegated-partners"
LEAD_PARTNERS = "lead-partners"
CHAIR = "independent-chair"
AUTHOR = "author"
LEAD = "safeguarding-lead"
AGENCY_PARTNER = "delegated-partner"

LADDERS: dict[str, tuple[Rung, ...]] = {
    "quiet": (),
    "notify": (
        Rung(MANAGER, before=2),
        Rung(MANAGER, before=1),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
        Rung(PARTNERS, after=1),
        Rung(CHAIR, after=3),
        Rung(LEAD_PARTNERS, after=5),
    ),
    "rapid-review": (
        Rung(MANAGER, before=5),
        Rung(MANAGER, before=3),
        Rung(MANAGER, before=1),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
        Rung(PARTNERS, after=1),
        Rung(CHAIR, after=3),
        Rung(LEAD_PARTNERS, after=5),
    ),
    "day": (Rung(MANAGER), Rung(MANAGER, after=1)),
    "milestone": (Rung(MANAGER, before=1), Rung(MANAGER), Rung(MANAGER, after=1)),
    "weeks": (
        Rung(MANAGER, before=10),
        Rung(MANAGER, before=5),
        Rung(MANAGER, before=1),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
    ),
    "quarter": (
        Rung(MANAGER, before=20),
        Rung(MANAGER, before=10),
        Rung(MANAGER, before=3),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
    ),
    "advance": (
        Rung(MANAGER, before=5),
        Rung(MANAGER, before=1),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
        Rung(PARTNERS, after=1),
    ),
    "sign-off": (Rung(PARTNERS, before=1), Rung(PARTNERS), Rung(MANAGER, after=1)),
    "acknowledge": (Rung(AUTHOR), Rung(AUTHOR, after=1), Rung(MANAGER, after=1)),
    "return": (
        Rung(AUTHOR, before=3),
        Rung(AUTHOR, before=1),
        Rung(AUTHOR),
        Rung(LEAD, after=1),
        Rung(MANAGER, after=1),
        Rung(AGENCY_PARTNER, after=3),
    ),
    "again": (Rung(AUTHOR, before=1), Rung(AUTHOR), Rung(LEAD, after=1), Rung(MANAGER, after=1)),
    "watch": (Rung(MANAGER, after=1),),
    "months": (
        Rung(MANAGER, before=60),
        Rung(MANAGER, before=40),
        Rung(MANAGER, before=20),
        Rung(MANAGER, before=5),
        Rung(MANAGER),
        Rung(MANAGER, after=1),
        Rung(PARTNERS, after=1),
    ),
    "until": (Rung(MANAGER, after=1),),
}

LADDER_NAMES: dict[str, str] = {
    "notify": "Notifying a serious incident or a death",
    "rapid-review": "The rapid review",
    "day": "Milestones of a day",
    "milestone": "Milestones of a week or two",
    "weeks": "Milestones of several weeks",
    "quarter": "Milestones of several months",
    "advance": "The advance copy of a report",
    "sign-off": "Signing a decision off",
    "acknowledge": "Acknowledging a request",
    "return": "An agency’s return",
    "again": "A return that was sent back",
    "watch": "A reply from the Panel",
    "months": "The practice review",
    "until": "Keeping a report available",
}
"""What a page calls each ladder. One without steps, `quiet`, has no page."""

AUDIENCES: dict[str, str] = {
    MANAGER: "business manager",
    PARTNERS: "delegated partners",
    LEAD_PARTNERS: "lead partners",
    CHAIR: "independent chair",
    "sub-group": "sub-group",
    AUTHOR: "agency author",
    LEAD: "agency safeguarding lead",
    AGENCY_PARTNER: "agency’s delegated partner",
}
"""Whom a step can tell, in words."""

OF_AN_AGENCY = (AUTHOR, LEAD, AGENCY_PARTNER)
"""Audiences that only a return has."""

STATUTORY: tuple[DeadlineRule, ...] = (
    DeadlineRule(
        code="SIN_NOTIFY",
        name="Notify the Panel of a serious incident",
        kind=CASE,
        limit=Limit(5, "wd"),
        starts="aware of the incident",
        owed_by="local authority",
        owed_to="the Panel",
        citation="Children Act 2004 s.16C(1); Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=DUTY_STARTS,
        met_by=("notify",),
        voided_by=("decline",),
        ladder="notify",
    ),
    DeadlineRule(
        code="LAC_DEATH",
        name="Notify the death of a looked-after child",
        kind=CASE,
        limit=Limit(5, "wd"),
        starts="aware of the death of a looked-after child",
        owed_by="local authority",
        owed_to="Secretary of State and Ofsted",
        citation="Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=DUTY_STARTS,
        met_by=("notify", "notify_only"),
        voided_by=("decline",),
        ladder="notify",
    ),
    DeadlineRule(
        code="CARELEAVER_DEATH",
        name="Notify the death of a care leaver up to the age of 24",
        kind=CASE,
        limit=Limit(5, "wd"),
        starts="aware of the death of a care leaver",
        owed_by="local authority",
        owed_to="Secretary of State and Ofsted",
        citation="Working Together 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=WT23,
        met_by=("notify", "notify_only"),
        voided_by=("decline",),
        ladder="notify",
    ),
    DeadlineRule(
        code="RR_COMPLETE",
        name="Finish the rapid review and send it to the Panel",
        kind=CASE,
        limit=Limit(15, "wd"),
        starts="notification sent",
        owed_by="safeguarding partners",
        owed_to="the Panel",
        citation="Panel guidance for safeguarding partners; Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=WT18,
        met_by=("submit",),
        voided_by=("withdraw",),
        ladder="rapid-review",
    ),
    DeadlineRule(
        code="PANEL_REPLY",
        name="Reply expected from the Panel",
        kind=PANEL_RECORD,
        limit=Limit(10, "wd"),
        starts="rapid review sent",
        owed_by="the Panel",
        owed_to="safeguarding partners",
        citation="No duty: about 10 days by local experience",
        mark="V",
        edition=EDITION,
        valid_from=WT18,
        met_by=("accept", "disagree"),
        voided_by=("supersede",),
        ladder="watch",
    ),
    DeadlineRule(
        code="LCSPR_REPORT",
        name="Complete and publish the practice review",
        kind=CASE,
        limit=Limit(6, "mo"),
        starts="practice review decided",
        owed_by="safeguarding partners",
        owed_to="the public",
        citation="Working Together 2018 ch. 4, 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=WT18,
        met_by=("publish",),
        voided_by=("revise",),
        ladder="months",
    ),
    DeadlineRule(
        code="PUB_ADVANCE",
        name="Send the report to the Panel and the Secretary of State before publication",
        kind=CASE,
        limit=Limit(-7, "wd"),
        starts="publication planned",
        owed_by="safeguarding partners",
        owed_to="the Panel and the Secretary of State",
        citation="SI 2018/789 Part 3; Working Together 2023 ch. 5",
        mark="R",
        edition=EDITION,
        valid_from=DUTY_STARTS,
        ladder="advance",
    ),
    DeadlineRule(
        code="PUB_AVAILABLE",
        name="Keep the published report available",
        kind=CASE,
        limit=Limit(12, "mo"),
        starts="published",
        owed_by="safeguarding partners",
        owed_to="the public",
        citation="SI 2018/789 Part 3; Working Together 2023 ch. 5",
        mark="V",
        edition=EDITION,
        valid_from=DUTY_STARTS,
        met_by=("close",),
        ladder="until",
        duty="until",
    ),
)

RULE_BOOK = RuleBook(
    statutory=STATUTORY,
    local=LOCAL,
    ladders=LADDERS,
    must_hear=MANAGER,
    due_days={"rapid review due": "RR_COMPLETE", "practice review due": "LCSPR_REPORT"},
)
