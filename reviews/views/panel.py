"""Released decision records: the Panel's list, one record, its file, and the reply."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages.stepping_up import step_up
from accounts.pages.views import at, signed_in
from reviews import forms
from reviews.models import PanelRecord
from reviews.questions import DECISION_FORM
from reviews.services import decisions
from reviews.services.exporting import as_file
from reviews.services.history import history_of
from reviews.services.standing import clocks_of
from reviews.views.base import SubjectPage, find
from workflows.services.moving import verbs_open_to
from workflows.showing import Shows, note_listed, shows


@shows(Shows.LIST)
@require_safe
def panel_list(request: HttpRequest) -> HttpResponse:
    """Every released record this person may see."""
    rows = (
        PanelRecord.objects.visible_to(signed_in(request), at=at(request))
        .select_related("partnership")
        .order_by("-begun_at")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    note_listed(request, "reviews.panelrecord", (record.code for record in page))
    return render(request, "reviews/panel_list.html", {"title": "Panel records", "page": page})


@shows(Shows.CASE)
@require_safe
def panel_record(request: HttpRequest, pk: Any, for_paper: bool = False) -> HttpResponse:
    """One record as it was released: nothing here is read from the live case. For paper, nothing is folded away."""
    now = at(request)
    it: PanelRecord = find(PanelRecord, request, pk, action="print" if for_paper else "read")
    if it.is_gone:
        gone = {"title": f"Decision record {it.document['code']}", "it": it}
        return render(request, "reviews/panel_record_gone.html", gone)
    return render(
        request,
        "reviews/panel_record.html",
        {
            "title": f"Decision record {it.document['code']}",
            "it": it,
            "for_paper": for_paper,
            "now": now,
            "document": it.document,
            "definition": {s.code: s for s in DECISION_FORM},
            "clocks": clocks_of(it, at=now),
            "verbs": verbs_open_to(it, signed_in(request), at=now),
            "history": history_of(it),
        },
    )


@shows(Shows.CASE)
@require_safe
@step_up
def panel_record_json(request: HttpRequest, pk: Any) -> HttpResponse:
    """The record as a file. Its SHA-256 is in a header and on the page."""
    it: PanelRecord = find(PanelRecord, request, pk, action="export")
    return HttpResponse(
        as_file(it.document),
        content_type="application/json; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{it.document["code"]}-decision-record.json"',
            "X-Record-SHA256": it.sha256,
        },
    )


class Reply(SubjectPage):
    """Record whether the Panel agrees."""

    model = PanelRecord
    title, submit, done = "Record the Panel's reply", "Record the reply", "The reply was recorded."
    permission, form_class = "reviews.accept_panelrecord", forms.ReplyForm

    def act(self, form: Any) -> str:
        reply = form.cleaned_data["reply"]
        if form.cleaned_data["agrees"] == "yes":
            decisions.accept_record(self.subject, reply=reply, **self.moving())
        else:
            decisions.disagree_with_record(self.subject, reply=reply, **self.moving())
        return self.come_back()
