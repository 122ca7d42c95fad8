"""All agencies of a case on one timeline: read, filtered, and taken along as a file."""

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages.stepping_up import step_up
from accounts.pages.views import at, signed_in
from reviews.models import AgencyReturn, Case
from reviews.services import timeline_files
from reviews.services.readable import returns_on
from reviews.services.timelines import Timeline, Wanted, texts_of, timeline_of
from reviews.timeline.dates import NotADate, Told, read
from reviews.timeline.drawing import LEFT, WIDE, picture_of
from reviews.timeline.merging import Gap
from reviews.views.base import find_whole
from workflows.calendars import local_date
from workflows.showing import Shows, note_shown, shows

PAGE = 100
COLOURS = 12
"""So many agencies have a colour of their own; the next begins again. Their names stand beside it."""
GAPS = (
    (30, "longer than 30 days"),
    (90, "longer than 90 days"),
    (180, "longer than 180 days"),
    (0, "not shown"),
)
USUAL_GAP = 90
LONGEST_DATE = 60
FILES = {
    "csv": (timeline_files.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        timeline_files.as_workbook,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
"""How a file is made, and what it is called on the way."""


class Asked:
    """The filters of a timeline as they stand in the address, and as they are understood."""

    def __init__(self, request: HttpRequest, returns: list[AgencyReturn], *, now: datetime) -> None:
        given = request.GET
        by_key = {str(one.agency_id): one.agency.name for one in returns}
        self.agency = given.get("agency", "") if given.get("agency", "") in by_key else ""
        self.key = "yes" if given.get("key") else ""
        self.gap = next((days for days, _ in GAPS if str(days) == given.get("gap")), USUAL_GAP)
        self.typed = {name: given.get(name, "").strip()[:LONGEST_DATE] for name in ("from", "to")}
        self.errors = {"from": "", "to": ""}
        on = local_date(now)
        first, last = self._told("from", on), self._told("to", on)
        self.wanted = Wanted(
            agency=by_key.get(self.agency, ""),
            only_key=bool(self.key),
            first=first.first if first else None,
            last=last.last if last else None,
            gap=self.gap or None,
        )

    def _told(self, name: str, on: date) -> Told | None:
        if not self.typed[name]:
            return None
        try:
            told = read(self.typed[name], on=on)
            if told.first is None:
                raise NotADate("Write a day, a month or a year, such as 12 March 2019, March 2019 or 2019.")
        except NotADate as refusal:
            self.errors[name] = str(refusal)
            return None
        return told

    @property
    def is_filtered(self) -> bool:
        return bool(self.agency or self.key or self.typed["from"] or self.typed["to"])

    @property
    def query(self) -> str:
        """The same filters, for another address."""
        given = {"agency": self.agency, "key": self.key, **self.typed, "gap": str(self.gap)}
        return urlencode({name: value for name, value in given.items() if value})


def asked_of(
    request: HttpRequest, pk: Any, *, action: str = "read"
) -> tuple[Case, list[AgencyReturn], Asked, Timeline]:
    """The case, the returns that are read, what is asked of them, and the timeline: all noted for the ledger."""
    now = at(request)
    case: Case = find_whole(Case, request, pk, action=action)
    returns = returns_on(case, signed_in(request), at=now)
    asked = Asked(request, returns, now=now)
    for one in returns:
        if asked.wanted.agency in ("", one.agency.name):
            note_shown(request, one, action)
    return case, returns, asked, timeline_of(case, returns, asked.wanted)


@shows(Shows.CASE)
@require_safe
def timeline_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rows of all returns that this person may read, in time, with the gaps between them."""
    case, returns, asked, timeline = asked_of(request, pk)
    page = Paginator(timeline.entries, PAGE).get_page(request.GET.get("page"))
    texts = texts_of(list(page.object_list))
    colours = {one.agency.name: 1 + number % COLOURS for number, one in enumerate(returns)}
    lines: list[dict[str, Any]] = []
    for one in page.object_list:
        if isinstance(one, Gap):
            lines.append({"gap": one})
        elif row := texts.get(one.key):
            colour = colours[one.agency]
            lines.append(
                {"gap": None, "row": row, "at": one, "others": timeline.others(one), "colour": colour}
            )
    return render(
        request,
        "chronology/merged.html",
        {
            "title": "Merged chronology",
            "case": case,
            "returns": returns,
            "colours": colours,
            "asked": asked,
            "timeline": timeline,
            "page": page,
            "lines": lines,
            "gaps": GAPS,
            "picture": picture_of(timeline.entries, timeline.met, list(colours)),
            "left": LEFT,
            "wide": WIDE,
        },
    )


def _file(request: HttpRequest, pk: Any, kind: str) -> HttpResponse:
    """The same rows with the same filters, to take along."""
    make, content_type = FILES[kind]
    case, returns, _, timeline = asked_of(request, pk, action="export")
    return HttpResponse(
        make(timeline, returns),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{case.code}-chronology.{kind}"'},
    )


@shows(Shows.CASE)
@require_safe
@step_up
def timeline_csv(request: HttpRequest, pk: Any) -> HttpResponse:
    """As text for any spreadsheet."""
    return _file(request, pk, "csv")


@shows(Shows.CASE)
@require_safe
@step_up
def timeline_workbook(request: HttpRequest, pk: Any) -> HttpResponse:
    """As a workbook."""
    return _file(request, pk, "xlsx")
