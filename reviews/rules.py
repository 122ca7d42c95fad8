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
    "milestone": (Rung(MANAGER, before=1), Rung(MANAGER), Rung(MANAGER, after=1)),
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
    "due-day": (Rung(MANAGER), Rung(MANAGER, after=1)),
    "watch": (Rung(MANAGER, after=1),),
    "months": (
        Rung(MANAGER, before=40),
        Rung(MANAGER, before=20),
        Rung(MANAGER, before=5),
        Rung(MANAGER),
        Rung(PARTNERS, after=1),
    ),
    "until": (Rung(MANAGER, after=1),),
}

RULE_BOOK = RuleBook(statutory=STATUTORY, local=LOCAL, ladders=LADDERS, stands_as=STANDS_AS)
