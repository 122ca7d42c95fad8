"""What the engine stores: what moves, its clocks, the calendar it counts in, and what happened."""

from workflows.models.calendar import BankHoliday, CalendarVersion
from workflows.models.clocks import DateRecord, Deadline, Fact, RuleVersion, Rung
from workflows.models.records import LedgerEntry, TransitionRecord
from workflows.models.subjects import LegalMove, Subject, SubjectQuerySet

__all__ = [
    "BankHoliday",
    "CalendarVersion",
    "DateRecord",
    "Deadline",
    "Fact",
    "LedgerEntry",
    "LegalMove",
    "RuleVersion",
    "Rung",
    "Subject",
    "SubjectQuerySet",
    "TransitionRecord",
]
