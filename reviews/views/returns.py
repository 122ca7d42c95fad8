"""An agency's return: its page, its sections, and what the agency and the partnership do with it."""

from collections.abc import Collection
from datetime import datetime
from itertools import chain
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Field
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews import forms, return_forms, when
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn
from reviews.questions import RETURN_FORMS, ROWS
from reviews.services import access, answering, attachments, cases, chasing, chronology, commenting, returns
from reviews.services.answering import Sheet
from reviews.services.history import history_of
from reviews.services.progress import whom_to_ask
from reviews.services.readable import shows_answers
from reviews.services.standing import clocks_of
from reviews.services.timeliness import own_timeliness
from reviews.services.versions import open_versions
from reviews.views.acts import ReturnAct
from reviews.views.answering import CheckAnswers, SectionPage, SheetPage, rows_of
from reviews.views.base import find
from reviews.views.checking import CheckedPage
from workflows.models import TransitionRecord
from workflows.services.moving import verbs_open_to
from workflows.services.standing import how_it_stands
from workflows.showing import Shows, note_listed, note_refused, shows


@shows(Shows.LIST)
@require_safe
def return_list(request: HttpRequest) -> HttpResponse:
    """Every return this person may see."""
    rows = (
        AgencyReturn.objects.visible_to(signed_in(request), at=at(request))
        .select_related("agency", "case")
        .prefetch_related("deadlines__rule", "deadlines__calendar")
        .order_by("-begun_at", "pk")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    note_listed(request, "reviews.agencyreturn", (one.code for one in page))
    given = {
        "title": "Returns",
        "page": page,
        "own": own_timeliness(signed_in(request), at=at(request)),
        "runs": bool(access.partnerships_run_by(signed_in(request), at=at(request))),
        "standing_of": lambda it: [
            how_it_stands(one, at=at(request))
            for one in it.deadlines.all()
            if one.rule_code != ACKNOWLEDGING and one.state != "voided"
        ],
    }
    return render(request, "reviews/return_list.html", given)


@shows(Shows.CASE)
@require_safe
def return_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """One return: what is asked, by when, what has been written, and what to do next."""
    now = at(request)
    it: AgencyReturn = find(AgencyReturn, request, pk)
    held = it.permissions_of(signed_in(request), at=now)
    is_of_the_agency = "reviews.draft_agencyreturn" in held
    runs = chasing.PERMISSION in held
    return render(
        request,
        "reviews/return.html",
        {
            "title": f"Return of {it.agency.name}",
            "it": it,
            "case": it.case,
            "children": list(it.case.children.all()),
            # Whoever is asked must find the child in their records, and whoever asks knows whom they mean.
            "sees_names": is_of_the_agency or runs,
            "incident": when.in_words(it.case.incident_at, it.case.incident_precision)
            if it.case.incident_at
            else "Not known",
            "clocks": clocks_of(it, at=now),
            "sections": rows_of(it, "return-section", it.pk),
            "comments": (comments := commenting.comments_to_answer(it) if is_of_the_agency else {}),
            "to_answer": commenting.not_touched_since(it, comments),
            "is_whole": not answering.sections_with_gaps(it),
            "shows_answers": shows_answers(it, held),
            "beside": rows_beside(it),
            "files": files_beside(it, held),
            "can_write": is_of_the_agency and it.can_be_written,
            "is_of_the_agency": is_of_the_agency,
            "sees_case": "reviews.accept_agencyreturn" in held,
            "verbs": verbs_open_to(it, signed_in(request), at=now),
            "sent_back": commenting.last_sent_back(it) if is_of_the_agency else None,
            "waits_for": chasing.whose_turn(it) if runs and it.state in it.OPEN else "",
            "to_ask": whom_to_ask(it, at=now) if runs and it.state in it.OPEN else [],
            "history": history_of(
                it,
                tells=lambda record: is_for_me(record, it, held),
                between=chasing.what_was_done(it, with_calls=runs),
            ),
            "has_versions": bool(open_versions(it, held)),
            "runs": runs,
            "reminded": chasing.last_reminder(it),
        },
    )


def rows_beside(it: AgencyReturn) -> dict[str, dict[str, Any]]:
    """By the code of a section: what stands beside its answers, how many rows it has, and where they are."""
    return {
        section.code: {
            "title": "Chronology",
            "count": it.answers.get(ROWS, {}).get(chronology.NAME, 0),
            "url": reverse("return-chronology", args=[it.pk]),
        }
        for section in answering.definition_of(it)
        if any(question.rows == chronology.NAME for question in section.questions)
    }


def files_beside(it: AgencyReturn, held: Collection[str]) -> dict[str, Any]:
    """The files that stand beside the answers, for who may read those: how many, and where they are."""
    counted = attachments.counted(it, is_open=shows_answers(it, held))
    return {**counted, "url": reverse("return-files", args=[it.pk])}


def is_for_me(record: TransitionRecord, it: AgencyReturn, held: set[str]) -> bool:
    """Whether the person may read a record's reason: what lead and author say before sign-off is the agency's."""
    is_between_them = record.verb == "send_back" and record.source == it.State.SUBMITTED
    return not is_between_them or "reviews.draft_agencyreturn" in held


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
    permission, form_class = "reviews.declare_nil_agencyreturn", return_forms.NilForm

    def form_arguments(self) -> dict[str, Any]:
        return {"is_late": returns.is_late(self.subject, at=self.at)}

    def act(self, form: Any) -> str:
        searched = form.cleaned_data["searched"]
        returns.declare_nil(self.subject, searched=searched, **form.late(), **self.moving())
        return self.come_back()


class ReturnSheet(SheetPage):
    """What the pages of a return's answers have in common."""

    definitions, section_page, check_page = RETURN_FORMS, "return-section", "return-finish"

    def sheet(self) -> Sheet:
        sheet: AgencyReturn = self.subject
        return sheet

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "beside": rows_beside(self.subject),
            "comments": commenting.comments_to_answer(self.subject),
            "files": files_beside(self.subject, self.held),
        }


class WriteSection(SectionPage, ReturnSheet, ReturnAct):
    """One section of the return."""

    permission = "reviews.draft_agencyreturn"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if not self.subject.can_be_written:
            return redirect(self.subject.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def save(self, given: dict[str, Any], *, seen: str) -> Sheet:
        saved: AgencyReturn = returns.save_section(
            self.subject, self.section.code, given, seen=seen, **self.acting()
        )
        return saved


class Finish(CheckAnswers, ReturnSheet, ReturnAct):
    title, submit, verb = "Check your answers", "Send to the safeguarding lead", "finish"
    lead = "Your safeguarding lead will read what stands here, and sign it off or send it back."
    done = "Sent to your safeguarding lead for sign-off."
    permission, form_class = "reviews.finish_agencyreturn", return_forms.LateForm

    def form_arguments(self) -> dict[str, Any]:
        return {"is_late": returns.is_late(self.subject, at=self.at)}

    def act(self, form: Any) -> str:
        returns.finish_return(self.subject, seen=self.seen, **form.late(), **self.moving())
        return self.come_back()


class SignOff(CheckAnswers, ReturnSheet, ReturnAct):
    title, submit, verb = "Sign the return off", "Sign off", "sign_off"
    done = "Signed off. The partnership has the return."
    lead = "You stand behind this return for your agency."
    can_change = False
    permission, form_class = "reviews.sign_off_agencyreturn", forms.ConfirmForm

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "is_sent_again": self.subject.versions.count() > 1}

    def act(self, form: Any) -> str:
        returns.sign_off_return(self.subject, **self.moving())
        return self.come_back()


class SendBack(ReturnSheet, ReturnAct):
    """With what it needs as a whole, and what each section needs. A nil return has none."""

    title, submit, verb = "Send the return back", "Send it back", "send_back"
    done = "The return was sent back."
    form_class, template_name = return_forms.SendBackForm, "reviews/send_back.html"

    def prepare(self) -> None:
        super().prepare()
        # Before sign-off the lead may, after it the partnership: the move asks which. Nobody else sees the form.
        if not self.held & {"reviews.send_back_agencyreturn", "reviews.return_to_author_agencyreturn"}:
            note_refused(self.request, self.model, self.subject.pk, "not-permitted")
            raise PermissionDenied

    def form_arguments(self) -> dict[str, Any]:
        return {"sections": commenting.sections_to_comment(self.subject)}

    def context(self, form: Any) -> dict[str, Any]:
        rows = rows_of(self.sheet(), self.section_page, self.subject.pk)
        return {
            **super().context(form),
            "sections": [(row, form[form.about[row["section"].code]]) for row in rows if form.about],
        }

    @classmethod
    def asked(cls, **address: Any) -> dict[str, Field]:
        return {
            **super().asked(**address),
            **return_forms.comment_fields([*chain.from_iterable(reversed(cls.definitions))]),
        }

    def act(self, form: Any) -> str:
        returns.send_back_return(
            self.subject, reason=form.cleaned_data["reason"], comments=form.comments(), **self.moving()
        )
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


class Receive(CheckedPage, ReturnAct):
    """Type in a return that reached the partnership outside this service. It cannot be undone: it is checked first."""

    title, verb = "Record a return that came another way", "receive"
    lead = (
        "For a return that came by email, on paper, by phone or in person. Whether it is in time goes by when you "
        "received it, not by when you type it in. You check it on the next page; then the agency is told, and can "
        "read it."
    )
    done = "The return was recorded, and accepted into the review."
    permission, form_class = "reviews.accept_agencyreturn", return_forms.ReceivedForm

    def form_arguments(self) -> dict[str, Any]:
        return {"asked_at": returns.answerable_since(self.subject)}

    def act(self, form: Any) -> str:
        given = {name: form.cleaned_data[name] for name in ("way", "given_by", "said")}
        received = returns.receive_return(
            self.subject, received_at=form.happened_at(), **given, **self.moving()
        )
        taken = f"The return of {self.subject.agency} is taken into the review: that cannot be undone"
        words = ". ".join([taken, *ended_as(received, at=self.at)]) + "."
        self.must_be_confirmed(form, words, words)
        return self.come_back()


def ended_as(received: AgencyReturn, *, at: datetime) -> list[str]:
    """How the clocks that a return met by coming in ended, on time or how late; but that of the acknowledgement."""
    record = received.records.filter(verb="receive").order_by("-sequence")[0]
    met = [clock for clock in clocks_of(received, at=at) if clock.deadline.met_at == record.at]
    return [f"{one.name}: {one.left.words}" for one in met if one.deadline.rule_code != ACKNOWLEDGING]


class Remind(ReturnAct):
    """Send a reminder now, by hand."""

    title, submit = "Send a reminder now", "Send the reminder"
    permission, form_class = chasing.PERMISSION, forms.ConfirmForm

    def prepare(self) -> None:
        super().prepare()
        self.last = chasing.last_reminder(self.subject)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if self.subject.state not in self.subject.OPEN:
            return redirect(self.subject.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def context(self, form: Any) -> dict[str, Any]:
        people = chasing.whom_to_remind(self.subject, at=self.at)
        names = ", ".join(person.full_name for person in people) or "nobody: no one holds the seat"
        return {
            **super().context(form),
            "lead": f"It goes to {names}, with the day it is due and no fact of the case.",
            "reminded": self.last,
            "seen": self.shown("seen", chasing.mark_of(self.last)),
        }

    def act(self, form: Any) -> str:
        told = chasing.send_reminder(
            self.subject, seen=self.request.POST.get("seen", "")[:60], **self.acting()
        )
        return self.come_back(f"A reminder was sent to {', '.join(person.full_name for person in told)}.")


class NoteCall(ReturnAct):
    """Note a phone call about the return."""

    title, submit, done = "Note a phone call", "Keep the note", "The phone call was noted."
    lead = "For those who run the review: the agency does not see it."
    permission, form_class = chasing.PERMISSION, return_forms.CallForm

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        chasing.note_call(
            self.subject,
            spoke_to=given["spoke_to"],
            said=given["said"],
            called_at=form.happened_at(),
            **self.acting(),
        )
        return self.come_back()
