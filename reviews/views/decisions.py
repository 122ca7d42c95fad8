"""The decision record: its sections, the partners' signatures."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews import forms
from reviews.contradictions import contradictions
from reviews.models import Case, Decision
from reviews.questions import DECISION_FORM
from reviews.services import access, answering, decisions
from reviews.services.answering import Sheet
from reviews.views.answering import CheckAnswers, SectionPage, SheetPage, rows_of
from reviews.views.base import CaseMove, find_whole
from workflows.showing import Shows, shows


@shows(Shows.CASE)
@require_safe
def decision_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The decision record as a task list while it is written, and in full once it is not."""
    now = at(request)
    case: Case = find_whole(Case, request, pk, action="read_decision")
    held = case.permissions_of(signed_in(request), at=now)
    can_write = case.state == Case.State.RAPID_REVIEW and "reviews.decide_case" in held
    decision = decisions.draft_of(case, at=now)
    if decision._state.adding and not can_write:
        raise Http404
    return render(
        request,
        "reviews/decision.html",
        {
            "title": "Decision record",
            "case": case,
            "decision": decision,
            "sections": rows_of(decision, "decision-section", case.pk),
            "is_whole": not answering.sections_with_gaps(decision),
            "can_write": can_write,
            "sign_offs": list(decision.sign_offs.select_related("partner", "by")) if decision.pk else [],
            "waiting_to_sign": decisions.waiting_to_sign(case, decision)
            if case.state == Case.State.LCSPR_DECISION
            else [],
            "earlier": [d for d in case.decisions.all() if d.pk != decision.pk],
        },
    )


class DecisionSheet(SheetPage):
    """What the pages of a decision's answers have in common."""

    definitions, section_page, check_page = (DECISION_FORM,), "decision-section", "decision-send"
    decision: Decision

    def prepare(self) -> None:
        super().prepare()
        self.decision = decisions.draft_of(self.subject, at=self.at)

    def sheet(self) -> Sheet:
        return self.decision

    def home(self) -> str:
        return reverse("decision", args=[self.subject.pk])


class WriteSection(SectionPage, DecisionSheet, CaseMove):
    """One section of the decision record."""

    permission, sources = "reviews.decide_case", (Case.State.RAPID_REVIEW,)

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "caption": "Decision record"}

    def save(self, given: dict[str, Any], *, seen: str) -> Sheet:
        saved: Decision = decisions.save_decision_section(
            self.subject, self.section.code, given, seen=seen, **self.acting()
        )
        return saved


class Decide(CheckAnswers, DecisionSheet, CaseMove):
    title, submit = "Check the decision", "Send to the partners for sign-off"
    done = "The partners were asked to sign the decision off."
    permission, sources, form_class = "reviews.decide_case", (Case.State.RAPID_REVIEW,), forms.DecideForm

    def form_arguments(self) -> dict[str, Any]:
        return {
            "is_waiting": bool(decisions.returns_waiting(self.subject)),
            "is_contradictory": bool(contradictions(self.decision.answers)),
        }

    def context(self, form: Any) -> dict[str, Any]:
        names = ", ".join(r.agency.name for r in decisions.returns_waiting(self.subject))
        return {
            **super().context(form),
            "lead": f"Returns still open: {names}." if names else "Every return is in.",
            "warnings": contradictions(self.decision.answers),
        }

    def act(self, form: Any) -> str:
        decisions.decide_case(
            self.subject,
            open_returns_reason=form.cleaned_data.get("open_returns_reason", ""),
            is_confirmed=form.cleaned_data.get("is_confirmed", False),
            seen=self.seen,
            **self.moving(),
        )
        return self.come_back()


class Sign(CheckAnswers, DecisionSheet, CaseMove):
    """A delegated partner reads the decision, and signs or dissents."""

    can_change = False
    title, submit, done = "Sign the decision off", "Record it", "Recorded. Thank you."
    permission, sources, form_class = (
        "reviews.sign_decision_case",
        (Case.State.LCSPR_DECISION,),
        forms.SignForm,
    )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if self.subject.state in self.sources and not self._open_to_me():
            return self.not_now()
        return super().get(request, *args, **kwargs)

    def _open_to_me(self) -> list[Any]:
        decision = self.subject.decisions.last()
        waiting = decisions.waiting_to_sign(self.subject, decision) if decision else []
        return [
            a
            for a in access.partner_seats_of(signed_in(self.request), self.subject, at=self.at)
            if a in waiting
        ]

    def form_arguments(self) -> dict[str, Any]:
        mine = access.partner_seats_of(signed_in(self.request), self.subject, at=self.at)
        return {"partners": self._open_to_me() or mine}

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        decisions.sign_decision(
            self.subject,
            form.partners[given["partner"]],
            agrees=given["agrees"] == "yes",
            dissent=given["dissent"],
            **self.moving(),
        )
        return self.come_back()
