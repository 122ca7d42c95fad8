"""What if: a form that is asked by its address, and the dates and mails that would follow. Writes nothing."""

from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import Agency, Partnership
from accounts.pages import fields
from accounts.pages.forms import PageForm
from accounts.pages.views import at, signed_in
from reviews.services.due import Names
from reviews.services.what_if import partnerships_followed, pause_of, what_if
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import WorkflowError
from workflows.models import RuleVersion
from workflows.rules import UNITS, Limit
from workflows.services.calendar import current_calendar
from workflows.services.simulating import Foreseen
from workflows.showing import Shows, note_listed, shows
from workflows.supposing import Pause, Suppositions


class WhatIfForm(PageForm):
    """What may be supposed; all of it together, none of it required."""

    today = fields.DayField(
        subject="the day that is supposed to be today", label="Today is", required=False, in_future=True
    )
    holiday = fields.DayField(subject="the day", label="One more bank holiday", required=False)
    working_day = fields.ChoiceField(
        subject="the bank holiday", label="A bank holiday that is none", required=False, is_dropdown=True
    )
    agency = fields.ChoiceField(
        subject="the agency", label="An agency whose returns stand still", required=False, is_dropdown=True
    )
    pause_first = fields.DayField(subject="the first day", label="First day they stand still", required=False)
    pause_last = fields.DayField(subject="the last day", label="Last day they stand still", required=False)
    milestone = fields.ChoiceField(
        subject="the milestone", label="A deadline that has another limit", required=False, is_dropdown=True
    )
    count = fields.WholeNumberField(subject="the limit", label="Its limit", least=1, most=800, required=False)
    unit = fields.ChoiceField(
        subject="what it is counted in", label="Counted in", required=False, is_dropdown=True,
        choices=[("", "Choose"), *((unit, f"{words}s".capitalize()) for unit, words in UNITS.items())],
    )  # fmt: skip

    def __init__(self, *given: Any, partnerships: list[Partnership], **more: Any) -> None:
        super().__init__(*given, **more)
        self.agencies = {
            str(agency.pk): agency
            for agency in Agency.objects.filter(partnership__in=partnerships).select_related("partnership")
        }
        is_one = len(partnerships) == 1
        names = {
            key: one.name if is_one else f"{one.name}, {one.partnership}"
            for key, one in self.agencies.items()
        }
        self.offer("agency", names)
        today = local_date(self.at)
        holidays = current_calendar().holidays
        days = [day for day in sorted(holidays) if day >= today]
        self.offer(
            "working_day",
            {day.isoformat(): f"{day_in_words(day)} ({holidays[day]})" for day in days},
        )
        whose = Q(partnership=None) | Q(partnership__in=partnerships)
        rules = RuleVersion.objects.in_force(today).filter(whose)
        self.offer(
            "milestone", dict(sorted(((rule.code, rule.name) for rule in rules), key=lambda one: one[1]))
        )
        self.planned_back = {rule.code for rule in rules if Limit.parse(rule.limit).count < 0}

    def offer(self, name: str, choices: dict[str, str]) -> None:
        self.fields[name].choices = [("", "None"), *choices.items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        wanted = {
            "agency": ("pause_first", "Enter the first day of the pause"),
            "milestone": ("count", "Enter the limit it would have"),
        }
        for name, (box, words) in wanted.items():
            if given.get(name) and box in given and not given[box]:
                self.add_error(box, words)
        if given.get("agency") and "pause_last" in given and not given["pause_last"]:
            self.add_error("pause_last", "Enter the last day of the pause")
        if given.get("milestone") and "unit" in given and not given["unit"]:
            self.add_error("unit", "Select what it is counted in")
        for name, boxes in (("agency", ("pause_first", "pause_last")), ("milestone", ("count",))):
            if name in given and not given[name] and any(given.get(box) for box in boxes):
                self.add_error(name, f"Select {self.fields[name].subject}")  # type: ignore[attr-defined]
        return given

    def supposed(self) -> Suppositions:
        given = self.cleaned_data
        pauses: tuple[Pause, ...] = ()
        limits = {}
        if given["agency"]:
            pauses = (pause_of(self.agencies[given["agency"]], given["pause_first"], given["pause_last"]),)
        if given["milestone"]:
            limits = {given["milestone"]: self.limit()}
        return Suppositions(
            today=given["today"],
            holidays=frozenset(filter(None, [given["holiday"]])),
            working_days=frozenset(map(date.fromisoformat, filter(None, [given["working_day"]]))),
            limits=limits,
            pauses=pauses,
        )

    def limit(self) -> Limit:
        """The limit that is supposed; of what is planned back from a day it says how long before."""
        given = self.cleaned_data
        is_planned_back = given["milestone"] in self.planned_back
        return Limit(-given["count"] if is_planned_back else given["count"], given["unit"])

    def in_words(self) -> list[str]:
        """What is supposed, a sentence each."""
        given, lines = self.cleaned_data, []
        if given["today"]:
            lines.append(f"Today is {day_in_words(given['today'])}.")
        if given["holiday"]:
            lines.append(f"{day_in_words(given['holiday'])} is a bank holiday.")
        if given["working_day"]:
            lines.append(f"{day_in_words(date.fromisoformat(given['working_day']))} is no bank holiday.")
        if given["agency"]:
            days = f"{day_in_words(given['pause_first'])} to {day_in_words(given['pause_last'])}"
            lines.append(f"The returns of {self.agencies[given['agency']].name} stand still from {days}.")
        if given["milestone"]:
            name = dict(self.fields["milestone"].choices)[given["milestone"]]  # type: ignore[attr-defined]
            lines.append(f"“{name}” has a limit of {self.limit().words}, also where it runs already.")
        return lines


def is_touched(one: Foreseen) -> bool:
    """Whether what is supposed makes a difference to it, or could not be supposed of it."""
    return one.is_moved or one.becomes_late or bool(one.trouble)


PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Another day", ("today",)),
    ("Bank holidays", ("holiday", "working_day")),
    ("Returns that stand still", ("agency", "pause_first", "pause_last")),
    ("Another limit", ("milestone", "count", "unit")),
)
"""The form in parts, each with its heading."""

PART = 25
"""So many dates, and so many mails, are shown at once."""
PAGED = ("dates", "rest", "mails")
"""The names by which an address asks for a later part of each list."""


@shows(Shows.LIST)
@require_safe
def what_if_page(request: HttpRequest) -> HttpResponse:
    """For whoever may see the cases of a partnership. Its address holds all that is supposed."""
    user, now = signed_in(request), at(request)
    partnerships = partnerships_followed(user, at=now)
    if not partnerships:
        raise Http404
    form = WhatIfForm(request.GET or None, at=now, partnerships=partnerships)

    def part(rows: list[Any], name: str) -> Page[Any]:
        return Paginator(rows, PART).get_page(request.GET.get(name))

    shown: dict[str, Any] = {"simulation": None}
    listed: list[str] = []
    if form.is_bound and form.is_valid() and form.supposed():
        try:
            simulation = what_if(user, form.supposed(), at=now)
        except WorkflowError as refusal:
            form.add_error(None, str(refusal))
        else:
            names = Names([one.deadline for one in simulation.deadlines], user, at=now)
            touched = [one for one in simulation.deadlines if is_touched(one)]
            untouched = [one for one in simulation.deadlines if not is_touched(one)]
            shown = {
                "simulation": simulation,
                "supposed": form.in_words(),
                "touched": part(touched, "dates"),
                "untouched": part(untouched, "rest"),
                "mails": part(simulation.tellings, "mails"),
                "named": lambda one: names.shown(one.deadline, one.then),
                "told": lambda one: names.shown(one.rung.deadline, None),
                "query": urlencode(
                    {name: str(typed) for name, typed in request.GET.items() if name not in PAGED and typed}
                ),
                "moved": sum(one.is_moved for one in simulation.deadlines),
                "late": sum(one.becomes_late for one in simulation.deadlines),
            }
            told_of = [one.deadline for page in (shown["touched"], shown["untouched"]) for one in page]
            told_of += [one.rung.deadline for one in shown["mails"]]
            listed = [names.shown(deadline, None).code for deadline in told_of]
    note_listed(request, "deadlines", listed)
    return render(
        request, "reviews/what_if.html", {"title": "What if", "form": form, "parts": PARTS, **shown}
    )
