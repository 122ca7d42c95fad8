"""What is due: a year of deadlines across everything that a person may see."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews.services.due import Due, Names, deadlines_visible_to, owed_by
from reviews.services.what_if import partnerships_followed
from workflows.calendars import local_date
from workflows.services.calendar import current_calendar

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


def months_of(rows: list[Due], holidays: dict[date, str]) -> list[tuple[date, int, list[Day]]]:
    """The months that have something: the first of each, how many deadlines, and its days in order."""
    days = {day: Day(day, name) for day, name in holidays.items()}
    for row in rows:
        on = row.deadline.due_on
        assert on is not None  # those that stand still are listed apart
        days.setdefault(on, Day(on)).rows.append(row)
    months = groupby(sorted(days.values(), key=lambda day: day.on), key=lambda day: day.on.replace(day=1))
    listed = [(first, list(group)) for first, group in months]
    return [(first, sum(len(day.rows) for day in group), group) for first, group in listed]


@require_safe
def year_page(request: HttpRequest) -> HttpResponse:
    """Every deadline of the year that the person may see, by day; what is nonsense in the address is ignored."""
    user, now = signed_in(request), at(request)
    today = local_date(now)
    year = wanted_year(request.GET.get("year", ""), today)
    only = {name: request.GET.get(name) == "1" for name in ("mine", "late", "done")}
    states = ["running", "paused"] + (["met"] if only["done"] else [])
    of_the_year = Q(due_on__year=year) | (Q(due_on=None) if year == today.year else Q())
    found = deadlines_visible_to(user, at=now).filter(of_the_year, state__in=states)
    if only["mine"]:
        found = found.filter(owed_by(user, at=now))
    deadlines = list(
        found.select_related("rule", "calendar", "subject").defer("derivation").order_by("due_on", "pk")
    )
    names = Names(deadlines, user, at=now)
    rows = [names.due(deadline, at=now) for deadline in deadlines]

    rules = dict(sorted({row.deadline.rule_code: row.what for row in rows}.items(), key=lambda one: one[1]))
    agencies = {row.agency.pk: row.agency.name for row in rows if row.agency}
    rule, agency = request.GET.get("rule", ""), wanted_agency(request.GET.get("agency", ""))
    rows = [
        row
        for row in rows
        if (rule not in rules or row.deadline.rule_code == rule)
        and (agency not in agencies or (row.agency is not None and row.agency.pk == agency))
        and not (only["late"] and (row.left is None or row.left.tone != "late"))
    ]
    holidays = {day: name for day, name in current_calendar().holidays.items() if day.year == year}
    kept: dict[str, Any] = {name: "1" for name, is_on in only.items() if is_on}
    kept |= {"rule": rule} if rule in rules else {}
    kept |= {"agency": agency} if agency in agencies else {}
    return render(
        request,
        "reviews/due.html",
        {
            "title": f"What is due in {year}",
            "year": year,
            "today": today,
            "months": months_of([row for row in rows if row.deadline.due_on], holidays),
            "paused": [row for row in rows if not row.deadline.due_on],
            "count": len(rows),
            "rules": list(rules.items()),
            "agencies": sorted(agencies.items(), key=lambda one: one[1]),
            "kept": {**kept, "agency": str(kept.get("agency", ""))},
            "only": only,
            "query": urlencode(kept),
            "earlier": year - 1 if year > FIRST_YEAR else None,
            "later": year + 1 if year < LAST_YEAR else None,
            "can_suppose": bool(partnerships_followed(user, at=now)),
        },
    )
