"""How a deadline stands: page, mail, export and feed all ask here."""

from datetime import datetime

from workflows.countdown import TimeLeft, time_left
from workflows.models import Deadline
from workflows.rules import Limit
from workflows.services.calendar import calendar_in_use_for, calendar_of


def how_it_stands(deadline: Deadline, *, at: datetime) -> TimeLeft:
    """How it stands at the instant, in the unit of the limit it counts by: its rule's, or another that was let count
    for it.

    What is open is counted by the list of bank holidays in use, as it will be dated anew if that gives another date;
    what has ended by the list that its date was counted by. Reads rule and calendar: fetch both with it.
    """
    calendar = calendar_in_use_for if deadline.is_open else calendar_of
    return time_left(
        deadline.due_on,
        calendar(deadline.calendar),
        at=at,
        state=deadline.state,
        met_at=deadline.met_at,
        working=Limit.parse(deadline.derivation["limit"]).in_working_days,
        duty=deadline.rule.duty,
    )
