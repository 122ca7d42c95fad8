"""For who runs the reviews: how far each agency is on each case, and the list of whom to ring."""

from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.pages.views import at, signed_in
from reviews.models import Case
from reviews.services import access
from reviews.services.progress import LATE, STANDS, Progress, board
from workflows.showing import Shows, note_listed, shows

PAGE = 20
"""So many cases stand on one page."""


def _who_runs(request: HttpRequest) -> User:
    """The person, if they are the business manager of some partnership; otherwise 404, as if nothing were there."""
    user = signed_in(request)
    if not access.partnerships_run_by(user, at=at(request)):
        raise Http404
    return user


@shows(Shows.LIST)
@require_safe
def progress_board(request: HttpRequest) -> HttpResponse:
    """Every return on the cases under way, by case: where it stands, by when it is owed, who was told what and when."""
    user = _who_runs(request)
    found = board(user, at=at(request))
    wanted = request.GET.get("stands", "")
    if wanted not in (*STANDS, LATE):
        wanted = ""
    shown = [one for one in found if not wanted or wanted == one.stands or (wanted == LATE and one.is_late)]
    page = Paginator(_by_case(shown), PAGE).get_page(request.GET.get("page"))
    lines = [one for _, rows in page.object_list for one in rows]
    note_listed(request, "reviews.agencyreturn", (one.it.code for one in lines))
    told_about = set(
        Case.objects.granted(user, "reviews.see_notices_case", at=at(request)).values_list("pk", flat=True)
    )
    counts = {key: sum(one.stands == key for one in found) for key in STANDS}
    return render(
        request,
        "reviews/progress.html",
        {
            "title": "Progress of returns",
            "page": page,
            "counts": [(key, words, counts[key]) for key, words in STANDS.items()],
            "late": sum(one.is_late for one in found),
            "wanted": wanted,
            "query": urlencode({"stands": wanted}) if wanted else "",
            "to_tell": [one.it for one in lines if one.it.case_id in told_about],
            "now": at(request),
        },
    )


def _by_case(rows: list[Progress]) -> list[tuple[Case, list[Progress]]]:
    return [
        (found[0].it.case, found)
        for found in (list(g) for _, g in groupby(rows, key=lambda one: one.it.case_id))
    ]


@shows(Shows.LIST)
@require_safe
def phone_list(request: HttpRequest) -> HttpResponse:
    """Whom to ring about what is still out: agency by agency, the one that is owed soonest first. For paper, too."""
    user = _who_runs(request)
    found = board(user, at=at(request), only_out=True)
    note_listed(request, "reviews.agencyreturn", (one.it.code for one in found))
    soonest: dict[Any, Any] = {}
    for one in found:
        if one.due_at is not None:
            key = one.it.agency_id
            soonest[key] = min(one.due_at, soonest.get(key, one.due_at))
    far = max(soonest.values(), default=at(request))
    in_order = sorted(
        found,
        key=lambda one: (
            soonest.get(one.it.agency_id, far),
            one.it.agency.name,
            one.due_at or far,
            one.it.code,
        ),
    )
    return render(
        request, "reviews/phone_list.html", {"title": "Phone list", "rows": in_order, "now": at(request)}
    )
