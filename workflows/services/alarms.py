"""What is wrong with the calendar, or soon will be: in words for a page, and with a key so that it is told once."""

from dataclasses import dataclass
from datetime import date, datetime

from workflows.calendars import end_of, local_date
from workflows.countdown import day_in_words
from workflows.models import GOVUK, CalendarVersion, Deadline, Inspection
from workflows.services import calendar as calendars

OLDEST = 90
"""Days after which a list that nobody has compared with gov.uk is too old."""
REFRESH = "refresh-holidays"
"""The inspection that asks gov.uk for its list."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that wants a person. news is the text that tells of it; key names this one time it is so."""

    news: str
    key: str
    words: str


def calendar_alarms(*, at: datetime) -> list[Alarm]:
    """All that hold at the instant. Three queries; four where the list in use was changed by hand."""
    in_use = calendars.current_version()
    official = in_use if in_use.origin == GOVUK else calendars.official_version()
    refreshed = Inspection.objects.filter(kind=REFRESH).ended().first()
    found = [
        _horizon(in_use, at=at),
        _age(official, at=at),
        _refresh(refreshed),
        _provisional(in_use),
    ]
    return [alarm for alarm in found if alarm]


def _horizon(version: CalendarVersion, *, at: datetime) -> Alarm | None:
    today = local_date(at)
    # 29 February has no day a year later: the day before it stands in.
    in_a_year = date(today.year + 1, today.month, min(today.day, 28) if today.month == 2 else today.day)
    if version.known_until >= in_a_year:
        return None
    words = (
        f"Bank holidays are known only until {day_in_words(version.known_until)}, less than 12 months ahead. "
        "Dates after it are provisional. Load a newer list."
    )
    return Alarm("calendar-horizon", f"{version.pk}", words)


def _age(official: CalendarVersion, *, at: datetime) -> Alarm | None:
    age = official.age_in_days(at=at)
    if age <= OLDEST:
        return None
    words = f"The list of bank holidays is {age} days old: nobody has compared it with gov.uk since."
    return Alarm("calendar-old", f"{official.pk}:{official.checked_at or official.loaded_at:%Y%m%d}", words)


def _refresh(last: Inspection | None) -> Alarm | None:
    if last is None or not last.wrong:
        return None
    words = f"The list of bank holidays could not be fetched from gov.uk. {' '.join(last.findings)}"
    success = Inspection.objects.filter(kind=REFRESH, wrong=0).ended().first()
    return Alarm("calendar-refresh-failed", f"{success.pk if success else 0}", words)


def _provisional(version: CalendarVersion) -> Alarm | None:
    count = Deadline.objects.running().filter(due_at__gt=end_of(version.known_until)).count()
    if not count:
        return None
    are = "1 open deadline falls" if count == 1 else f"{count} open deadlines fall"
    words = (
        f"{are} after {day_in_words(version.known_until)}, the last bank holiday known, and may yet move. "
        "Each says that it is provisional."
    )
    return Alarm("calendar-provisional", f"{version.pk}", words)
