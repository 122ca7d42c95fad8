"""The rule book: what law and guidance set (reviews/duties), what partnerships set themselves
(reviews/milestones.py), and the ladders both climb. Pure: no database, no clock, no settings.

Marks: V seen in a text, R recalled and not yet checked, I inferred, L a local milestone.
Everything is as at Working Together to Safeguard Children 2023; the 2026 edition has not been checked.
"""

from reviews.duties import STATUTORY
from reviews.milestones import LOCAL, STANDS_AS
from workflows.ladders import Rung
from workflows.rules import RuleBook

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
    "round": (Rung(MANAGER, before=5), Rung(MANAGER), Rung(MANAGER, after=1)),
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
    "day": "What is done at once or in a day",
    "milestone": "Milestones of a week or two",
    "weeks": "Milestones of several weeks",
    "quarter": "Milestones of several months",
    "advance": "The advance copy of a report",
    "sign-off": "Signing a decision off",
    "acknowledge": "Acknowledging a request",
    "return": "An agency’s return",
    "again": "A return that was sent back",
    "round": "What comes again every few weeks",
    "watch": "What is only watched: the Panel’s reply, and that partners are told",
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

RULE_BOOK = RuleBook(
    statutory=STATUTORY,
    local=LOCAL,
    ladders=LADDERS,
    must_hear=MANAGER,
    stands_as=STANDS_AS,
    due_days={"rapid review due": "RR_COMPLETE", "practice review due": "LCSPR_REPORT"},
)
