"""What the engine stores: what moves, its clocks, the calendar it counts in, and what happened."""

from workflows.models.calendar import BankHoliday, CalendarVersion
from workflows.models.clocks import Deadline, Fact, RuleVersion, Rung
from workflows.models.ladders import LadderVersion, Mute
from workflows.models.records import LedgerEntry, TransitionRecord
from workflows.models.subjects import LegalMove, Subject, SubjectQuerySet

__all__ = [
    "BankHoliday",
    "CalendarVersion",
    "Deadline",
    "Fact",
    "LadderVersion",
    "LedgerEntry",
    "LegalMove",
    "Mute",
    "RuleVersion",
    "Rung",
    "Subject",
    "SubjectQuerySet",
    "TransitionRecord",
]
