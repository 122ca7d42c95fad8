"""What the engine stores: what moves, its clocks, the calendar it counts in, and what happened."""

from workflows.models import among  # noqa: F401 - registers the lookup
from workflows.models.calendar import GOVUK, HAND, BankHoliday, CalendarChange, CalendarVersion
from workflows.models.clocks import DateRecord, Deadline, Fact, RuleVersion, Rung
from workflows.models.ladders import LadderVersion, Mute
from workflows.models.openings import BreakGlass, Share
from workflows.models.records import LedgerAnchor, LedgerEntry, LedgerHead, TransitionRecord
from workflows.models.recusals import Interest, Recusal, recused_by_case
from workflows.models.subjects import LegalMove, Subject, SubjectQuerySet
from workflows.models.watch import Heartbeat, Inspection, Outage

__all__ = [
    "GOVUK",
    "HAND",
    "BankHoliday",
    "BreakGlass",
    "CalendarChange",
    "CalendarVersion",
    "DateRecord",
    "Deadline",
    "Fact",
    "Heartbeat",
    "Inspection",
    "Interest",
    "LadderVersion",
    "LedgerAnchor",
    "LedgerEntry",
    "LedgerHead",
    "LegalMove",
    "Mute",
    "Outage",
    "Recusal",
    "RuleVersion",
    "Rung",
    "Share",
    "Subject",
    "SubjectQuerySet",
    "TransitionRecord",
    "recused_by_case",
]
