"""Pages: how the service runs, and what an outage left. For those who look after a partnership; else not there."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.pages.views import at, signed_in
from accounts.services import is_administrator
from notifications.channels import texts
from notifications.models import Notice, NoticeQuerySet
from notifications.operations.figures import figures, reckon
from notifications.services import SEE_NOTICES
from workflows.models import Outage
from workflows.showing import Shows, note_listed, shows

A_PAGE = 50
"""So many of each are listed; the rest are counted."""
TRAIL = [("Home", "home"), ("Administration", "administration"), ("How the service runs", "operations")]


def _administrator(request: HttpRequest) -> tuple[User, datetime]:
    """Who asks, and when. For anybody but an administrator there is no such page."""
    user, now = signed_in(request), at(request)
    if not is_administrator(user, at=now):
        raise Http404
    return user, now


def _trail(*, length: int, title: str) -> list[dict[str, str]]:
    return [{"text": text, "href": reverse(name)} for text, name in TRAIL[:length]] + [{"text": title}]


@shows(Shows.NOTHING)
@require_safe
def operations(request: HttpRequest) -> HttpResponse:
    """What ran, what was found, what waits, and when nothing ran."""
    _, now = _administrator(request)
    title = "How the service runs"
    context = {
        "title": title,
        "breadcrumbs": _trail(length=2, title=title),
        "figures": figures(at=now),
        "now": now,
    }
    return render(request, "operations/operations.html", context)


@shows(Shows.LIST)
@require_safe
def outage(request: HttpRequest, pk: int) -> HttpResponse:
    """What was told late after an outage, what was collapsed, and why; the sum of it all."""
    user, now = _administrator(request)
    found = get_object_or_404(Outage, pk=pk)
    told = Notice.objects.told_late(found)
    mine = told.of_cases(user, SEE_NOTICES, at=now)
    late, collapsed = mine.exclude(state=Notice.State.COLLAPSED), mine.filter(state=Notice.State.COLLAPSED)
    title = "When the service did not run"
    listed = [_rows(late), _rows(collapsed)]
    told_of = (row["notice"].subject for rows in listed for row in rows)
    note_listed(request, "notices", (subject.code for subject in told_of if subject))
    reckoning = reckon(found)
    context = {
        "title": title,
        "breadcrumbs": _trail(length=3, title=title),
        "outage": found,
        "reckoning": reckoning,
        "late": listed[0],
        "collapsed": listed[1],
        "elsewhere": reckoning.owed - mine.count(),
        "more": max(late.count() - A_PAGE, 0) + max(collapsed.count() - A_PAGE, 0),
    }
    return render(request, "operations/outage.html", context)


def _rows(notices: NoticeQuerySet) -> list[dict[str, Any]]:
    """The first, in the order in which they were owed."""
    related = ("recipient", "subject", "deadline__rule")
    shown = notices.select_related(*related).order_by("rung_at", "pk")[:A_PAGE]
    return [{"notice": notice, "headline": texts.headline(notice.news)} for notice in shown]
