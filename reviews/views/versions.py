"""The versions of a return: which were sent, each as it was, and what changed between two of them."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews.models import AgencyReturn, SectionComment
from reviews.services.versions import (
    Sent,
    changed_chronology,
    changed_files,
    changed_sections,
    files_of,
    open_versions,
)
from reviews.timeline.rows import CHILD_SEEN
from reviews.views.answering import rows_of
from reviews.views.base import find
from reviews.views.returns import is_for_me
from workflows.showing import Shows, not_found, shows

PAGE = 50


def _found(request: HttpRequest, pk: Any) -> tuple[AgencyReturn, set[str], list[Sent]]:
    """The return, what this person holds on it, and the versions that they may read."""
    it: AgencyReturn = find(AgencyReturn, request, pk)
    held = it.permissions_of(signed_in(request), at=at(request))
    return it, held, open_versions(it, held)


def _comments(sent: Sent, it: AgencyReturn, held: set[str]) -> list[dict[str, Any]]:
    """Each time this version was sent back, as far as this person may read it: why, and what each section needs."""
    told = [record for record in sent.sent_back if is_for_me(record, it, held)]
    said: dict[int, dict[str, SectionComment]] = {record.pk: {} for record in told}
    for comment in SectionComment.objects.filter(record__in=told).select_related("record__by"):
        said[comment.record_id][comment.section] = comment
    return [{"record": record, "comments": said[record.pk]} for record in told]


@shows(Shows.CASE)
@require_safe
def version_list(request: HttpRequest, pk: Any) -> HttpResponse:
    """Every version that this person may read: when it was sent, by whom, and what became of it."""
    it, held, versions = _found(request, pk)
    return render(
        request,
        "reviews/versions.html",
        {
            "title": "Versions of the return",
            "it": it,
            "versions": versions,
            "choice": _choice(versions, versions[-2:]),
            "tells": {one.version.number: _told(one, it, held) for one in versions},
        },
    )


def _told(sent: Sent, it: AgencyReturn, held: set[str]) -> list[dict[str, Any]]:
    """What became of a version, as far as this person may know: the sign-off, and who sent it back."""
    answers = [sent.answered] if sent.was_signed_off else []
    moves = [*answers, *(record for record in sent.sent_back if is_for_me(record, it, held))]
    return [
        {"what": "Signed off" if record.verb == "sign_off" else "Sent back", "by": record.by, "at": record.at}
        for record in moves
        if record is not None
    ]


@shows(Shows.CASE)
@require_safe
def version_page(request: HttpRequest, pk: Any, number: int) -> HttpResponse:
    """One version as it was sent, with what was said of it."""
    it, held, versions = _found(request, pk)
    sent = next((one for one in versions if one.version.number == number), None)
    if sent is None:
        raise not_found(request, AgencyReturn, it.pk)
    version = sent.version
    page = Paginator(version.chronology, PAGE).get_page(request.GET.get("page"))
    earlier = [one.version.number for one in versions if one.version.number < number]
    return render(
        request,
        "reviews/version.html",
        {
            "title": f"Version {number}",
            "it": it,
            "sent": sent,
            "sections": rows_of(version, "return-section", it.pk),
            "said": _comments(sent, it, held),
            "files": files_of(version),
            "page": page,
            "seen_in_words": dict(CHILD_SEEN),
            "compared": urlencode({"from": earlier[-1], "to": number}) if earlier else "",
        },
    )


def _choice(versions: list[Sent], pair: list[Sent]) -> list[list[dict[str, Any]]]:
    """The items of the two lists from which versions are chosen; nothing, when there are not two."""
    if len(pair) < 2:
        return []
    return [
        [
            {"value": str(n), "text": f"Version {n}", "selected": n == chosen.version.number}
            for n in (one.version.number for one in versions)
        ]
        for chosen in pair
    ]


def _wanted(typed: str, versions: list[Sent]) -> Sent | None:
    """The version that was asked for, if it is one of these."""
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
    return next((one for one in versions if one.version.number == number), None)


@shows(Shows.CASE)
@require_safe
def changes_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """What changed from one version to a later one: the last two, unless others are asked for."""
    it, _, versions = _found(request, pk)
    asked = [_wanted(request.GET.get(name, ""), versions) for name in ("from", "to")]
    pair = sorted({one.version.number: one for one in asked if one}.items())
    found = [one for _, one in pair] if len(pair) == 2 else versions[-2:]
    given: dict[str, Any] = {
        "title": "What changed",
        "it": it,
        "before": None,
        "choice": _choice(versions, found),
    }
    if len(found) == 2:
        before, after = (one.version for one in found)
        rows = changed_chronology(before, after)
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        sections = changed_sections(before, after)
        given |= {
            "title": f"What changed from version {before.number} to version {after.number}",
            "before": found[0],
            "after": found[1],
            "sections": sections,
            "count": sum(len(one.changes) for one in sections),
            "files": changed_files(before, after),
            "rows": page.object_list,
            "row_count": len(rows),
            "page": page,
            "query": urlencode({"from": before.number, "to": after.number}),
        }
    return render(request, "reviews/changes.html", given)
