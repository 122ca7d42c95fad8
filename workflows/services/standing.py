"""How a deadline stands: page, mail, export and feed all ask here."""

from datetime import datetime

from workflows.countdown import TimeLeft, time_left
from workflows.models import Deadline
from workflows.rules import Limit
from workflows.services.calendar import calendar_of


def how_it_stands(deadline: Deadline, *, at: datetime) -> TimeLeft:
    """How it stands at the instant, counted by the list of bank holidays that its date was counted by, in the unit of
    the limit it counts by: its rule's, or another that was let count for it.

    Counted by a later list, the same page could show days left that do not lead to the date beside them.
    Reads rule and calendar: fetch both with it.
    """
    return time_left(
        deadline.due_on,
        calendar_of(deadline.calendar),
        at=at,
        state=deadline.state,
        met_at=deadline.met_at,
        working=Limit.parse(deadline.derivation["limit"]).in_working_days,
        duty=deadline.rule.duty,
    )
