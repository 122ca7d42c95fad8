"""What is due for a retention review; one case's holds, reviews and certificates; and what a person does about them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import at, signed_in
from reviews.keeping import forms
from reviews.models import Case, LegalHold, RetentionReview
from reviews.retention import CLASSES, DISPOSED_HERE
from reviews.services import holds, retention
from reviews.services.access import partnerships_run_by
from reviews.services.schedules import schedule_of
from reviews.views.base import SubjectPage, find_for
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.showing import Shows, note_listed, shows


@shows(Shows.LIST)
@require_safe
def due_list(request: HttpRequest) -> HttpResponse:
    """Everything that this person may review and is due, or waits for a second person; the longest due first."""
    user, now = signed_in(request), at(request)
    due = retention.due_for_review(user, at=now)
    note_listed(request, "reviews.case", (one.case.code for one in due))
    run = partnerships_run_by(user, at=now)
    return render(
        request,
        "keeping/due.html",
        {
            "title": "Retention reviews",
            "due": due,
            "classes": CLASSES,
            "without_schedule": [p for p in run if not schedule_of(p, on=local_date(now))],
        },
    )


@shows(Shows.CASE)
@require_safe
def of_case(request: HttpRequest, pk: Any) -> HttpResponse:
    """One case: from when what may go and why, what holds it, what was proposed, what was disposed of."""
    now = at(request)
    case: Case = find_for(Case, request, pk, retention.MAY_REVIEW)
    is_gone = case.state == Case.State.DISPOSED
    return render(
        request,
        "keeping/case.html",
        {
            "title": "Retention of this case",
            "case": case,
            "is_gone": is_gone,
            "classes": []
            if is_gone
            else [
                (code, *CLASSES[code], retention.standing_of(case, code, at=now))
                for code in DISPOSED_HERE
                if not case.disposals.filter(record_class=code).exists()
            ],
            "is_at_rest": case.state in Case.RESTING_STATES,
            "today": local_date(now),
            "kinds": holds.HOLDS,
            "holds": list(case.legal_holds.select_related("by", "lifted_by")),
            "reviews": list(
                case.retention_reviews.select_related("proposed_by", "settled_by").order_by("-pk")
            ),
            "disposals": list(case.disposals.all()),
            "waiting": {r.record_class for r in case.retention_reviews.waiting()},
            "can_hold": case.permits(signed_in(request), holds.MAY_HOLD, at=now),
        },
    )


@shows(Shows.CASE)
@require_safe
def certificates(request: HttpRequest, pk: Any) -> HttpResponse:
    """What was disposed of, by whom, when, and by which rule: to be shown and printed."""
    case: Case = find_for(Case, request, pk, retention.MAY_REVIEW)
    found = case.disposals.select_related("proposed_by", "agreed_by", "review").order_by("at", "pk")
    return render(
        request,
        "keeping/certificates.html",
        {
            "title": "Certificates of disposal",
            "case": case,
            "certificates": list(found),
            "kinds": REMOVED,
            "now": at(request),
        },
    )


REMOVED = {
    "agency return": "returns of agencies",
    "attachment": "files of returns",
    "break glass": "emergency accesses",
    "case": "the case itself",
    "child": "children",
    "chronology row": "rows of chronologies",
    "correction": "corrections",
    "decision": "decision records",
    "disclosure": "subject-access copies",
    "fact": "entries of the clocks",
    "interest": "declared interests",
    "mute": "muted reminders",
    "panel record": "records sent to the Panel",
    "phone call": "notes of phone calls",
    "recusal": "recusals",
    "return version": "versions of returns sent for sign-off",
    "section comment": "comments on sections of returns",
    "share": "shares across the border",
    "sign off": "signatures and dissents",
    "transition record": "steps of the history",
}
"""What a certificate calls the kinds of rows that it counts, in the words of who reads it."""


class KeepingPage(SubjectPage):
    """Something to do; it leads back to the case's page on retention."""

    permission = retention.MAY_REVIEW
    fields_of = {"reason": "reason", "next_review_on": "next_review_on"}

    def come_back(self, words: str = "") -> str:
        super().come_back(words)
        return reverse("retention-case", args=[self.subject.pk])

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "back_url": reverse("retention-case", args=[self.subject.pk])}


class PlaceHold(KeepingPage):
    title, submit, done = "Hold this case", "Hold it", "The case is held: nothing of it can be disposed of."
    lead = "While it is held, nothing of the case is disposed of, however old it is. Several holds can stand at once."
    permission, form_class = holds.MAY_HOLD, forms.HoldForm

    def act(self, form: Any) -> str:
        holds.place_hold(self.subject, **form.cleaned_data, **self.acting())
        return self.come_back()


class LiftHold(StepUp, KeepingPage):
    title, submit = "Lift a hold", "Lift it"
    permission, form_class = holds.MAY_HOLD, forms.LiftHoldForm
    hold: LegalHold

    def prepare(self) -> None:
        super().prepare()
        hold = self.subject.legal_holds.in_force().filter(pk=self.kwargs["hold"]).first()
        if hold is None:
            raise Http404
        self.hold = hold

    def context(self, form: Any) -> dict[str, Any]:
        since = day_in_words(local_date(self.hold.at))
        return {
            **super().context(form),
            "lead": f"{holds.HOLDS[self.hold.kind]}, since {since}: {self.hold.reference}",
        }

    def act(self, form: Any) -> str:
        holds.lift_hold(self.hold, **form.cleaned_data, **self.acting())
        return self.come_back("The hold was lifted. That it stood is kept.")


class Propose(StepUp, KeepingPage):
    """What should become of one class of the case: one of two people says it here."""

    submit = "Propose it"
    form_class = forms.ProposeForm

    def prepare(self) -> None:
        super().prepare()
        if self.kwargs["record_class"] not in DISPOSED_HERE:
            raise Http404
        self.record_class: str = self.kwargs["record_class"]

    def get_title(self) -> str:
        return f"Review: {CLASSES[self.record_class][0].lower()}"

    def context(self, form: Any) -> dict[str, Any]:
        standing = retention.standing_of(self.subject, self.record_class, at=self.at)
        lead = f"{standing.says} Nothing happens until a second person agrees."
        return {**super().context(form), "lead": lead}

    def act(self, form: Any) -> str:
        retention.propose(self.subject, self.record_class, **form.cleaned_data, **self.acting())
        return self.come_back("It was proposed. A second person has to agree; they are told.")


class OnOne(KeepingPage):
    """A page about one proposal that waits."""

    review: RetentionReview

    def prepare(self) -> None:
        super().prepare()
        waiting = self.subject.retention_reviews.waiting().select_related("proposed_by")
        review = waiting.filter(pk=self.kwargs["review"]).first()
        if review is None:
            raise Http404
        self.review = review


class Agree(StepUp, OnOne):
    """The second person looks, and agrees. Who proposed it finds no such page."""

    template_name = "keeping/agree.html"
    form_class = forms.AgreeForm

    def prepare(self) -> None:
        super().prepare()
        if self.review.proposed_by == signed_in(self.request):
            raise Http404
        self.submit = "Keep it longer" if self.review.next_review_on else "Dispose of it for good"

    def get_title(self) -> str:
        what = self.review.class_in_words.lower()
        return (
            f"Agree to keep longer: {what}" if self.review.next_review_on else f"Agree to dispose of: {what}"
        )

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "review": self.review,
            "holds_what": CLASSES[self.review.record_class][1],
            "standing": retention.standing_of(self.subject, self.review.record_class, at=self.at),
            "changed": retention.changed_since(self.review, at=self.at),
        }

    def act(self, form: Any) -> str:
        certificate = retention.agree(self.review, **self.acting())
        if certificate is None:
            assert self.review.next_review_on is not None
            return self.come_back(
                f"It is kept, and looked at again on {day_in_words(self.review.next_review_on)}."
            )
        self.come_back("It was disposed of. This is its certificate.")
        return reverse("certificates", args=[self.subject.pk])


class Withdraw(OnOne):
    title, submit, done = (
        "Withdraw a proposal",
        "Withdraw it",
        "The proposal was withdrawn: nothing becomes of it.",
    )
    form_class = PageForm

    def context(self, form: Any) -> dict[str, Any]:
        it = self.review
        lead = f"{it.proposed_by.full_name} proposed: {it.get_outcome_display().lower()} ({it.class_in_words.lower()})."
        return {**super().context(form), "lead": lead}

    def act(self, form: Any) -> str:
        retention.withdraw(self.review, **self.acting())
        return self.come_back()
