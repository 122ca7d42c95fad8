"""The moves of a case, one class for each thing a business manager does."""

from typing import Any

from django.http import Http404
from django.urls import reverse

from accounts.pages.views import FormPage, signed_in
from reviews import forms
from reviews.models import Case
from reviews.services import access, cases, decisions
from reviews.services.readable import others_named
from reviews.services.returns import ask_agencies, suggested_agencies
from reviews.views import practice
from reviews.views.base import CaseMove, SubjectPage
from workflows.exceptions import WorkflowError
from workflows.showing import Shows, note_shown

S = Case.State


class Refer(FormPage):
    """Log a referral."""

    shows = Shows.NOTHING

    title = "Log a referral"
    form_class = forms.ReferralForm
    template_name = "reviews/refer.html"
    submit = "Log the referral"
    refusals = (WorkflowError,)

    def prepare(self) -> None:
        run = access.partnerships_run_by(signed_in(self.request), at=self.at)
        if not run:
            raise Http404
        wanted = self.request.GET.get("partnership")
        self.partnership = next((p for p in run if str(p.pk) == wanted), run[0])

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        case = Case(
            partnership=self.partnership,
            notifiable=given["notifiable"],
            harm=given["harm"],
            incident_at=given["incident"].at,
            incident_precision="instant" if given["incident"].has_time else "day",
            aware_at=given["aware"].at,
            aware_precision="instant" if given["aware"].has_time else "day",
            referred_by=given["referred_by"],
            summary=given["summary"],
        )
        case.place = given["place"]
        received = given["received"].at if given["received"] else None
        case = cases.refer_case(
            case, [form.child()], referred_at=received, by=signed_in(self.request), at=self.at
        )
        return case.get_absolute_url()


class Consider(CaseMove):
    title = "Record that the partners met"
    lead = "They mean to notify the Panel. If they do not, record that instead, with the reason."
    submit, done = "The partners will notify", "Recorded: the partners will notify."
    permission, sources, form_class = "reviews.consider_case", (S.REFERRED,), forms.ConsiderForm

    def act(self, form: Any) -> str:
        cases.consider_case(self.subject, happened_at=form.happened_at(), **self.moving())
        return self.come_back()


class Decline(CaseMove):
    title, submit, done = (
        "Do not notify",
        "Record and do not notify",
        "Recorded: not notified, with the reason.",
    )
    lead = "The reason is kept, and shown to those who look at this case."
    permission, sources, form_class = "reviews.decline_case", (S.REFERRED, S.NOTIFICATION), forms.DeclineForm

    def act(self, form: Any) -> str:
        cases.decline_case(
            self.subject, reason=form.cleaned_data["reason"], happened_at=form.happened_at(), **self.moving()
        )
        return self.come_back()


class Reconsider(CaseMove):
    title, submit, done = "Look at it again", "Open the referral again", "The referral is open again."
    permission, sources, form_class = "reviews.reconsider_case", (S.NOT_NOTIFIED,), forms.ReasonForm

    def act(self, form: Any) -> str:
        cases.reconsider_case(self.subject, reason=form.cleaned_data["reason"], **self.moving())
        return self.come_back()


class Notify(CaseMove):
    title = "Record the notification"
    lead = "The 15 working days of the rapid review run from the day it was sent."
    submit, done = "Record the notification", "Recorded. Now ask agencies for their returns."
    permission, sources, form_class = "reviews.notify_case", (S.NOTIFICATION,), forms.NotifyForm

    def act(self, form: Any) -> str:
        cases.notify_case(
            self.subject,
            notification_reference=form.cleaned_data["notification_reference"],
            notified_at=form.happened_at(),
            **self.moving(),
        )
        return self.come_back()


class NotifyOnly(Notify):
    title = "Record the notification, without a rapid review"
    lead = (
        "Only for the death of a looked-after child or a care leaver where abuse or neglect is not suspected."
    )
    done = "Recorded. No rapid review follows."
    permission = "reviews.notify_only_case"

    def act(self, form: Any) -> str:
        cases.notify_only_case(
            self.subject,
            notification_reference=form.cleaned_data["notification_reference"],
            notified_at=form.happened_at(),
            **self.moving(),
        )
        return self.come_back()


class AskAgencies(CaseMove):
    title, submit = "Ask agencies for their returns", "Send the requests"
    lead = "Each gets a mail without any facts of the case, and a page with its request."
    permission, sources, form_class = "reviews.ask_agencies_case", (S.RAPID_REVIEW,), forms.AskForm

    template_name = "reviews/ask.html"

    def form_arguments(self) -> dict[str, Any]:
        return {"agencies": suggested_agencies(self.subject)}

    def context(self, form: Any) -> dict[str, Any]:
        named = others_named(self.subject, signed_in(self.request), at=self.at)
        for agency_return, _ in named:
            note_shown(self.request, agency_return, "read")
        return {**super().context(form), "named": named}

    def act(self, form: Any) -> str:
        made = ask_agencies(self.subject, form.chosen(), **self.acting())
        return self.come_back(f"{len(made)} agenc{'y was' if len(made) == 1 else 'ies were'} asked.")


class HoldMeeting(CaseMove):
    title, submit, done = "Record the rapid review meeting", "Record the meeting", "The meeting was recorded."
    permission, sources, form_class = (
        "reviews.hold_meeting_case",
        (S.RAPID_REVIEW, S.LCSPR_DECISION),
        forms.MeetingForm,
    )

    def act(self, form: Any) -> str:
        cases.hold_meeting(self.subject, held_at=form.happened_at(), **self.moving())
        return self.come_back()


class Withdraw(CaseMove):
    title, submit, done = "Withdraw the notification", "Withdraw", "Withdrawn. Its clocks have stopped."
    lead = "The criteria were not met after all. Open requests to agencies are cancelled."
    permission, form_class = "reviews.withdraw_case", forms.WithdrawForm
    sources = (S.RAPID_REVIEW, S.LCSPR_DECISION, S.WITH_PANEL)

    def act(self, form: Any) -> str:
        cases.withdraw_case(
            self.subject, reason=form.cleaned_data["reason"], withdrawn_at=form.happened_at(), **self.moving()
        )
        return self.come_back()


class Submit(CaseMove):
    title, submit, done = (
        "Send to the Panel",
        "Freeze the record and release it",
        "The record was released to the Panel.",
    )
    lead = "This fixes the decision record and stops the clock of the rapid review."
    permission, sources, form_class = "reviews.submit_case", (S.LCSPR_DECISION,), forms.SubmitForm

    def act(self, form: Any) -> str:
        decisions.submit_case(
            self.subject,
            late_reason=form.cleaned_data["late_reason"],
            sent_at=form.happened_at(),
            **self.moving(),
        )
        return self.come_back()


class Revise(CaseMove):
    title, submit, done = (
        "Take the decision up again",
        "Open a new decision",
        "A new decision record was begun.",
    )
    lead = "The present record is kept. A new one begins with its text."
    permission, sources, form_class = (
        "reviews.revise_case",
        (S.LCSPR_DECISION, S.WITH_PANEL, S.LEARNING_ONLY, S.PRACTICE_REVIEW),
        forms.ReasonForm,
    )

    def act(self, form: Any) -> str:
        decisions.revise_decision(self.subject, reason=form.cleaned_data["reason"], **self.moving())
        return self.come_back()


class MilestoneDone(SubjectPage):
    """Record that what a clock asks for was done, where no move of the case says so."""

    submit = "Record it"
    permission = "reviews.meet_milestone_case"
    form_class = forms.DoneForm

    def prepare(self) -> None:
        super().prepare()
        self.deadline = (
            self.subject.deadlines.open()
            .select_related("rule")
            .filter(rule_code=self.kwargs["code"], rule__met_by=[])
            .first()
        )
        if self.deadline is None and self.request.method == "GET":
            raise Http404

    def get_title(self) -> str:
        return f"Done: {self.deadline.rule.name}" if self.deadline else "Done"

    def act(self, form: Any) -> str:
        cases.meet_milestone(self.subject, self.kwargs["code"], done_at=form.happened_at(), **self.acting())
        return self.come_back(f"Recorded: {self.deadline.rule.name}." if self.deadline else "Recorded.")


ACTIONS: dict[str, tuple[str, type[CaseMove]]] = {
    "consider": ("The partners will notify", Consider),
    "decline": ("Do not notify", Decline),
    "reconsider": ("Look at it again", Reconsider),
    "notify": ("Record the notification", Notify),
    "notify_only": ("Record the notification, without a rapid review", NotifyOnly),
    "hold_meeting": ("Record the rapid review meeting", HoldMeeting),
    "submit": ("Send to the Panel", Submit),
    "revise": ("Take the decision up again", Revise),
    "withdraw": ("Withdraw the notification", Withdraw),
    "finish_with_learning": ("Finish with the learning", practice.FinishWithLearning),
    "commission": ("Commission the practice review", practice.Commission),
    "hold_learning_event": ("Record the learning event", practice.HoldLearningEvent),
    "hold_recall": ("Record the recall event", practice.HoldRecall),
    "plan_publication": ("Plan publication", practice.PlanPublication),
    "publish": ("Record the publication", practice.Publish),
    "close": ("Close the case", practice.Close),
}
"""What a case page offers: the verb, the words of its button, and its page."""

PATHS = {verb: verb.replace("_", "-") for verb in ACTIONS}


def action_url(case: Case, verb: str) -> str:
    return reverse(f"case-{PATHS[verb]}", args=[case.pk])
