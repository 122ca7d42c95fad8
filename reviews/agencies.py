"""The kinds of agency that usually hold something about a family, as data. Pure."""

KINDS: dict[str, str] = {
    "childrens-social-care": "Children's social care",
    "police": "Police",
    "icb": "Integrated care board",
    "general-practice": "General practice",
    "health-visiting": "Health visiting and school nursing",
    "acute-trust": "Acute hospital trust",
    "midwifery": "Midwifery",
    "mental-health": "Mental health trust",
    "education": "Education",
    "early-help": "Early help",
    "ambulance": "Ambulance service",
    "probation": "Probation",
    "youth-justice": "Youth justice",
    "housing": "Housing",
    "substance-misuse": "Substance misuse service",
    "domestic-abuse": "Domestic abuse service",
    "adult-social-care": "Adult social care",
    "cafcass": "Cafcass",
    "fire": "Fire and rescue",
    "voluntary": "Voluntary sector",
    "other-area": "Another area's agency",
}

ASKED_FIRST = frozenset(
    (
        "childrens-social-care",
        "police",
        "general-practice",
        "health-visiting",
        "acute-trust",
        "midwifery",
        "mental-health",
        "education",
    )
)
"""Suggested whenever returns are asked for; a partnership changes it agency by agency."""
