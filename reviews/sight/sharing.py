"""Sharing a case across the border, and ending that."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Partnership
from accounts.pages.forms import PageForm
from accounts.pages.views import at, signed_in
from reviews.models import Case
from reviews.services import sharing
from reviews.sight import forms
from reviews.views.base import SubjectPage, find_for
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.models import Share
from workflows.showing import Shows, shows


@shows(Shows.CASE)
@require_safe
def choose_partnership(request: HttpRequest, pk: Any) -> HttpResponse:
    """With which partnership: each leads to its seats."""
    case: Case = find_for(Case, request, pk, sharing.MAY_SHARE)
    return render(
        request,
        "reviews/share.html",
        {"title": "Share this case", "case": case, "partnerships": sharing.partnerships_elsewhere(case)},
    )


class ShareCase(SubjectPage):
    submit = "Share it"
    lead = (
        "They see the page of this case: where it stands, its clocks, the children and what happened. They see no "
        "return, no decision and no history, and change nothing."
    )
    permission, form_class = sharing.MAY_SHARE, forms.ShareForm
    partnership: Partnership

    def prepare(self) -> None:
        super().prepare()
        elsewhere = sharing.partnerships_elsewhere(self.subject)
        found = next((p for p in elsewhere if p.pk == self.kwargs["partnership"]), None)
        if found is None:
            raise Http404
        self.partnership = found

    def get_title(self) -> str:
        return f"Share this case with {self.partnership.name}"

    def form_arguments(self) -> dict[str, Any]:
        return {"seats": list(sharing.seats_of(self.partnership))}

    def initial(self) -> dict[str, Any]:
        return {"starts_on": local_date(self.at)}

    def act(self, form: forms.ShareForm) -> str:
        given = form.cleaned_data
        days = {"starts_on": given["starts_on"], "ends_on": given["ends_on"]}
        sharing.share_case(self.subject, form.chosen, reason=given["reason"], **days, **self.acting())
        return self.come_back(
            f"{form.chosen} sees this case until the end of {day_in_words(days['ends_on'])}."
        )


class RevokeShare(SubjectPage):
    title, submit, done = "End a share", "End it now", "They see this case no more."
    permission, form_class = sharing.MAY_SHARE, PageForm
    share: Share

    def prepare(self) -> None:
        super().prepare()
        held = self.subject.shares.select_related("seat__agency", "seat__partnership")
        found = held.filter(pk=self.kwargs["share"], revoked_at=None).first()
        if found is None:
            raise Http404
        self.share = found

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "lead": f"{self.share.seat} sees this case no more, from now on."}

    def act(self, form: Any) -> str:
        sharing.revoke_share(self.share, by=signed_in(self.request), at=at(self.request))
        return self.come_back()
