"""Pages: the ledger for its auditor, as a list and as a file; who has looked at a case; access that was unusual."""

import csv
import io
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import Partnership
from accounts.pages.stepping_up import step_up
from accounts.pages.views import at, signed_in
from reviews.models import AccessAlert, Case
from reviews.services import access, auditing, unusual
from reviews.services.auditing import KINDS, Shown, Wanted
from reviews.services.exporting import plain_cell
from reviews.views.base import find
from workflows.services.anchoring import last_anchor
from workflows.showing import Shows, note_listed, note_refused, shows

A_PAGE = 50
MOST_IN_A_FILE = 20_000
"""So many entries a file holds, the newest first; a day or a person narrows it down."""


def _audited(request: HttpRequest) -> list[Partnership]:
    """The partnerships that who asks audits. For anybody else there is no such page."""
    audited = auditing.audited_by(signed_in(request), at=at(request))
    if not audited:
        raise Http404
    return audited


def _codes(rows: list[Shown]) -> list[str]:
    return [code for row in rows for code in (row.code, *row.listed) if code]


@shows(Shows.LIST)
@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    """Who did or saw what, newest first. A page is named by the last entry before it: news moves nothing."""
    audited = _audited(request)
    wanted = Wanted.read(request.GET)
    entries = auditing.narrowed(auditing.entries_of(audited), wanted, audited)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        entries = entries.filter(pk__lt=int(before))
    found = list(entries[: A_PAGE + 1])
    rows = auditing.in_words(found[:A_PAGE], audited)
    note_listed(request, "ledger", _codes(rows), action="audit")
    kept = {"case": wanted.case, "person": wanted.person, "kind": wanted.kind, "on": str(wanted.on or "")}
    query = urlencode({name: value for name, value in kept.items() if value})
    return render(
        request,
        "auditing/ledger.html",
        {
            "title": "Ledger",
            "audited": audited,
            "rows": rows,
            "wanted": wanted,
            "kinds": KINDS,
            "query": query,
            "is_first": not before,
            "is_narrowed": bool(query),
            "following": str(found[A_PAGE - 1].pk) if len(found) > A_PAGE else "",
            "anchor": last_anchor(),
            "most": MOST_IN_A_FILE,
        },
    )


@shows(Shows.LIST)
@require_safe
@step_up
def ledger_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file, such as for a month's report."""
    audited = _audited(request)
    entries = auditing.narrowed(auditing.entries_of(audited), Wanted.read(request.GET), audited)
    rows = auditing.in_words(entries[:MOST_IN_A_FILE], audited)
    note_listed(request, "ledger", _codes(rows), action="export")
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(
        ["at", "recorded at", "who", "on behalf of", "did", "to", "code", "outcome", "reason", "fields", "listed",
         "session", "address", "request", "chain", "entry", "hash"]
    )  # fmt: skip
    for row in rows:
        e = row.entry
        cells = (
            e.at.isoformat(), e.recorded_at.isoformat() if e.recorded_at else "", row.who, row.for_whom, row.what,
            row.thing, row.code, e.outcome, row.why, e.changed, " ".join(row.listed), e.session, e.ip, e.request,
            e.chain, e.sequence, e.hash,
        )  # fmt: skip
        writer.writerow([plain_cell(cell) for cell in cells])
    return HttpResponse(
        file.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="ledger.csv"'},
    )


@shows(Shows.CASE)
@require_safe
def who_looked(request: HttpRequest, pk: Any) -> HttpResponse:
    """Who has looked at a case, for those who answer for it."""
    case: Case = find(Case, request, pk, action="read_access")
    if access.MAY_OVERSEE not in case.permissions_of(signed_in(request), at=at(request)):
        note_refused(request, Case, case.pk, "not-permitted")
        raise PermissionDenied
    return render(
        request,
        "auditing/looked.html",
        {
            "title": "Who has looked at this case",
            "case": case,
            "looked": auditing.who_looked_at(case),
            "refused": auditing.who_was_refused(case),
        },
    )


@shows(Shows.LIST)
@require_safe
def unusual_access(request: HttpRequest) -> HttpResponse:
    """What the watch found, newest first, for who runs or audits the partnership."""
    user = signed_in(request)
    watched = unusual.watched_by(user, at=at(request))
    if not watched:
        raise Http404
    alerts = AccessAlert.objects.filter(partnership__in=watched).select_related("person", "partnership")
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        alerts = alerts.filter(pk__lt=int(before))
    found = list(alerts[: A_PAGE + 1])
    note_listed(request, "access-alerts", (code for alert in found[:A_PAGE] for code in alert.codes))
    return render(
        request,
        "auditing/unusual.html",
        {
            "title": "Unusual access",
            "alerts": found[:A_PAGE],
            "rules": unusual.rules(),
            "following": str(found[A_PAGE - 1].pk) if len(found) > A_PAGE else "",
            "is_first": not before,
        },
    )
