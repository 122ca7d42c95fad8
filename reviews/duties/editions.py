"""The editions of the guidance, from when to when, and how a rule that only changed its chapter becomes versions.

Pure: no database, no clock, no settings. The days are those of the domain study, section 0.1.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from reviews.milestones import WT18
from workflows.rules import DeadlineRule

__all__ = ["DUTY_STARTS", "EDITION", "LAST_DAY_OF_WT18", "NOT_KEPT", "WT18", "WT23", "in_both_editions"]

DUTY_STARTS = date(2018, 6, 29)
"""SI 2018/789 in force, and with it the duty of s.16C to notify the Panel."""
WT23 = date(2023, 12, 15)
LAST_DAY_OF_WT18 = WT23 - timedelta(days=1)

EDITION = "as at Working Together 2023; the 2026 edition has not been checked"
EARLIER = "as at Working Together 2018, replaced on 15 December 2023"

NOT_KEPT = "Not yet kept by this system: it starts no clock here."


def in_both_editions(rule: DeadlineRule, *, cited_in: tuple[str, str]) -> Iterable[DeadlineRule]:
    """The rule as it stood under Working Together 2018 and as it stands under that of 2023: the same count.

    cited_in are the two citations. The first version begins on the rule's own valid_from.
    """
    yield replace(rule, citation=cited_in[0], edition=EARLIER, valid_to=LAST_DAY_OF_WT18)
    yield replace(rule, citation=cited_in[1], edition=EDITION, valid_from=WT23)
