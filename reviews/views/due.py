"""What is due: a year of deadlines across everything that a person may see."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews.models import AgencyReturn
from reviews.services.due import Due, Names, deadlines_visible_to, owed_by, part_of_year
from reviews.services.what_if import partnerships_followed
from workflows.calendars import local_date
from workflows.services.calendar import current_calendar
from workflows.showing import Shows, note_listed, shows

FIRST_YEAR, LAST_YEAR = 2010, 2099


@dataclass
class Day:
    """A day of the list: what is due, and its name if it is a bank holiday."""

    on: date
    holiday: str = ""
    rows: list[Due] = field(default_factory=list)


def wanted_year(text: str, today: date) -> int:
    """The year asked for; this one for what is no year."""
    year = int(text) if text.isdecimal() and len(text) == 4 else today.year
    return year if FIRST_YEAR <= year <= LAST_YEAR else today.year


def wanted_agency(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def wanted_day(text: str, year: int) -> date | None:
    """The day of the year that was asked for; None for none, and for what is no day of it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year == year and day > date(year, 1, 1) else None


def months_of(rows: list[Due], holidays: dict[date, str]) -> list[tuple[date, list[Day]]]:
    """The months that have something: the first of each, and its days in order."""
    days = {day: Day(day, name) for day, name in holidays.items()}
    for row in rows:
        on = row.deadline.due_on
        assert on is not None  # those that stand still are listed apart
        days.setdefault(on, Day(on)).rows.append(row)
    months = groupby(sorted(days.values(), key=lambda day: day.on), key=lambda day: day.on.replace(day=1))
    return [(first, list(group)) for first, group in months]


@shows(Shows.LIST)
@require_safe
def year_page(request: HttpRequest) -> HttpResponse:
    """A part of the deadlines of the year that the person may see, by day; nonsense in the address is ignored.

    As many queries for thousands as for one: the rows of the part are fetched, all others only counted.
    """
    user, now = signed_in(request), at(request)
    today = local_date(now)
    year = wanted_year(request.GET.get("year", ""), today)
    only = {name: request.GET.get(name) == "1" for name in ("mine", "late", "done")}
    states = ["running", "paused"] + (["met"] if only["done"] else [])
    of_the_year = Q(due_on__year=year) | (Q(due_on=None) if year == today.year else Q())
    found = deadlines_visible_to(user, at=now).filter(of_the_year, state__in=states)
    if only["mine"]:
        found = found.filter(owed_by(user, at=now))
    rules = dict(found.order_by("rule__name").values_list("rule_code", "rule__name").distinct())
    returns = AgencyReturn.objects.filter(pk__in=found.order_by().values("subject"))
    agencies = dict(returns.order_by("agency__name").values_list("agency", "agency__name").distinct())
    rule, agency = request.GET.get("rule", ""), wanted_agency(request.GET.get("agency", ""))
    if rule in rules:
        found = found.filter(rule_code=rule)
    if agency in agencies:
        found = found.filter(subject__in=returns.filter(agency=agency).order_by().values("pk"))
    if only["late"]:
        found = found.late(at=now)

    counts = {
        month or 0: n for month, n in found.order_by().values_list("due_on__month").annotate(n=Count("pk"))
    }
    part = part_of_year(found.exclude(due_on=None), year, wanted_day(request.GET.get("from", ""), year))
    in_part = Q(due_on__range=(part.first, part.last)) | (Q(due_on=None) if part.earlier is None else Q())
    deadlines = list(
        found.filter(in_part).select_related("rule", "calendar", "subject").order_by("due_on", "pk")
    )
    names = Names(deadlines, user, at=now)
    rows = [names.due(deadline, at=now) for deadline in deadlines]
    note_listed(request, "deadlines", (row.code for row in rows))
    # Of the year that is running nobody needs to scroll past bank holidays that are over and touch nothing below.
    since = (
        max(part.first, min([today, *(d.due_on for d in deadlines if d.due_on)]))
        if year == today.year
        else part.first
    )
    holidays = {d: name for d, name in current_calendar().holidays.items() if since <= d <= part.last}
    kept: dict[str, Any] = {name: "1" for name, is_on in only.items() if is_on}
    kept |= {"rule": rule} if rule in rules else {}
    kept |= {"agency": agency} if agency in agencies else {}
    return render(
        request,
        "reviews/due.html",
        {
            "title": f"What is due in {year}",
            "has_feeds": settings.CALENDAR_FEEDS,
            "year": year,
            "today": today,
            "months": months_of([row for row in rows if row.deadline.due_on], holidays),
            "numbers": [(date(year, month, 1), counts[month]) for month in range(1, 13) if month in counts],
            "part": part,
            "paused": [row for row in rows if not row.deadline.due_on],
            "count": sum(counts.values()),
            "rules": list(rules.items()),
            "agencies": list(agencies.items()),
            "kept": {**kept, "agency": str(kept.get("agency", ""))},
            "only": only,
            "query": urlencode(kept),
            "earlier": year - 1 if year > FIRST_YEAR else None,
            "later": year + 1 if year < LAST_YEAR else None,
            "can_suppose": bool(partnerships_followed(user, at=now)),
        },
    )
