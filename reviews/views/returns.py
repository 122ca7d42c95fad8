"""An agency's return: its page, its sections, and what the agency and the partnership do with it."""

from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews import forms, when
from reviews.models import AgencyReturn
from reviews.questions import is_complete, missing
from reviews.services import cases, returns
from reviews.services.standing import clocks_of
from reviews.views.base import SubjectPage, find
from reviews.views.cases import label_of, with_facts
from workflows.models import TransitionRecord
from workflows.services import ledger
from workflows.services.moving import verbs_open_to


@require_safe
def return_list(request: HttpRequest) -> HttpResponse:
    """Every return this person may see."""
    rows = (
        AgencyReturn.objects.visible_to(signed_in(request), at=at(request))
        .select_related("agency", "case")
        .prefetch_related("deadlines__rule")
        .order_by("-begun_at", "pk")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "reviews/return_list.html", {"title": "Returns", "page": page, "at": at(request)})


@require_safe
@transaction.atomic
def return_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """One return: what is asked, by when, what has been written, and what to do next."""
    now = at(request)
    it: AgencyReturn = find(AgencyReturn, request, pk)
    ledger.append(it, "read", by=signed_in(request), at=now)
    held = it.permissions_of(signed_in(request), at=now)
    is_of_the_agency = "reviews.draft_agencyreturn" in held
    definition = returns.definition_of(it)
    return render(
        request,
        "reviews/return.html",
        {
            "title": f"Return of {it.agency.name}",
            "it": it,
            "case": it.case,
            "children": list(it.case.children.all()),
            "incident": when.in_words(it.case.incident_at, it.case.incident_precision)
            if it.case.incident_at
            else "Not known",
            "clocks": clocks_of(it, at=now),
            "sections": [
                {
                    "section": section,
                    "done": is_complete(section, it.answers),
                    "begun": section.code in it.answers,
                    "url": reverse("return-section", args=[it.pk, section.code]),
                    "answers": it.answers.get(section.code, {}),
                }
                for section in definition
            ],
            "is_whole": not missing(definition, it.answers),
            "shows_answers": (is_of_the_agency or it.is_in) and it.state != AgencyReturn.State.NIL,
            "can_write": is_of_the_agency and it.can_be_written,
            "is_of_the_agency": is_of_the_agency,
            "sees_case": "reviews.accept_agencyreturn" in held,
            "verbs": verbs_open_to(it, signed_in(request), at=now),
            "sent_back": sent_back_because(it) if is_of_the_agency else None,
            "to_ask": [
                ("Author", it.people("author", at=now)),
                ("Safeguarding lead", it.people("safeguarding-lead", at=now)),
            ]
            if "reviews.accept_agencyreturn" in held and it.state in it.OPEN
            else [],
            "history": with_facts(
                it,
                [
                    (
                        r,
                        when.in_words(r.at, r.precision),
                        label_of(r.verb),
                        r.reason if is_for_me(r, it, held) else "",
                    )
                    for r in it.records.select_related("by")
                ],
            ),
        },
    )


def sent_back_because(it: AgencyReturn) -> TransitionRecord | None:
    """The record that sent the return back, while it has not been sent again."""
    if it.state not in (it.State.SENT_BACK, it.State.IN_PROGRESS):
        return None
    return it.records.filter(verb="send_back").select_related("by").order_by("-sequence").first()


def is_for_me(record: TransitionRecord, it: AgencyReturn, held: set[str]) -> bool:
    """Whether the person may read a record's reason: what lead and author say before sign-off is the agency's."""
    is_between_them = record.verb == "send_back" and record.source == it.State.SUBMITTED
    return not is_between_them or "reviews.draft_agencyreturn" in held


class ReturnAct(SubjectPage):
    """Something done with a return."""

    model = AgencyReturn
    verb: ClassVar[str] = ""

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "caption": self.subject.agency.name}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if self.verb and self.verb not in verbs_open_to(self.subject, signed_in(request), at=self.at):
            return redirect(self.subject.get_absolute_url())
        return super().get(request, *args, **kwargs)


class Acknowledge(ReturnAct):
    title, submit, done, verb = (
        "Acknowledge the request",
        "Acknowledge",
        "Acknowledged. Thank you.",
        "acknowledge",
    )
    lead = "It tells the partnership that you have the request and are looking."
    permission, form_class = "reviews.acknowledge_agencyreturn", forms.ConfirmForm

    def act(self, form: Any) -> str:
        returns.acknowledge_return(self.subject, **self.moving())
        return self.come_back()


class DeclareNil(ReturnAct):
    title, submit, verb = "Nil return", "Send the nil return", "declare_nil"
    done = "The nil return was sent."
    lead = "Your agency holds nothing about this family. Say where you looked, so that the review can rely on it."
    permission, form_class = "reviews.declare_nil_agencyreturn", forms.NilForm

    def act(self, form: Any) -> str:
        returns.declare_nil(self.subject, searched=form.cleaned_data["searched"], **self.moving())
        return self.come_back()


class WriteSection(ReturnAct):
    """One section of the return; "Save as a draft" keeps it with gaps."""

    permission = "reviews.draft_agencyreturn"
    shows_content = True
    form_class = forms.SectionForm
    template_name = "reviews/section.html"

    def prepare(self) -> None:
        super().prepare()
        try:
            self.section = returns.definition_of(self.subject).section(self.kwargs["section"])
        except KeyError:
            raise Http404 from None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if not self.subject.can_be_written:
            return redirect(self.subject.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def get_title(self) -> str:
        return self.section.title

    def initial(self) -> dict[str, Any]:
        answers: dict[str, Any] = self.subject.answers.get(self.section.code, {})
        return answers

    def form_arguments(self) -> dict[str, Any]:
        return {"section": self.section, "draft": "draft" in self.request.POST}

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "lead": self.section.lead,
            "seen": self.shown("seen", returns.seen_of(self.subject, self.section.code)),
        }

    def act(self, form: Any) -> str:
        returns.save_section(
            self.subject,
            self.section.code,
            form.answers(),
            seen=self.request.POST.get("seen", "")[:60],
            **self.acting(),
        )
        if "draft" in self.request.POST:
            return self.come_back("Saved as a draft.")
        sections = list(returns.definition_of(self.subject))
        place = sections.index(self.section)
        if place + 1 < len(sections):
            return reverse("return-section", args=[self.subject.pk, sections[place + 1].code])
        return self.come_back("Saved. Check your answers, then send the return for sign-off.")


class Finish(ReturnAct):
    title, submit, verb = "Send for sign-off", "Send to the safeguarding lead", "finish"
    done = "Sent to your safeguarding lead for sign-off."
    permission, form_class = "reviews.finish_agencyreturn", forms.ConfirmForm

    def act(self, form: Any) -> str:
        returns.finish_return(self.subject, **self.moving())
        return self.come_back()


class SignOff(ReturnAct):
    title, submit, verb = "Sign the return off", "Sign off", "sign_off"
    done = "Signed off. The partnership has the return."
    lead = "You stand behind this return for your agency."
    permission, form_class = "reviews.sign_off_agencyreturn", forms.ConfirmForm

    def act(self, form: Any) -> str:
        returns.sign_off_return(self.subject, **self.moving())
        return self.come_back()


class SendBack(ReturnAct):
    title, submit, verb = "Send the return back", "Send it back", "send_back"
    done = "The return was sent back."
    form_class = forms.SendBackForm

    def act(self, form: Any) -> str:
        returns.send_back_return(self.subject, reason=form.cleaned_data["reason"], **self.moving())
        return self.come_back()


class Cancel(ReturnAct):
    title, submit, verb = "Cancel the request", "Cancel it", "cancel"
    done = "The request was cancelled."
    lead = "The agency is told, and reads the reason: say nothing of the case in it."
    permission, form_class = "reviews.cancel_agencyreturn", forms.ReasonForm

    def act(self, form: Any) -> str:
        cases.cancel_return(self.subject, reason=form.cleaned_data["reason"], **self.moving())
        return self.come_back()


class Accept(ReturnAct):
    title, submit, verb = "Accept the return", "Accept", "accept"
    done = "Accepted into the review."
    permission, form_class = "reviews.accept_agencyreturn", forms.ConfirmForm

    def act(self, form: Any) -> str:
        returns.accept_return(self.subject, **self.moving())
        return self.come_back()
