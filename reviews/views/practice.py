"""The moves of a case after the Panel: the practice review, publication, and every way to end."""

from typing import Any

from reviews import forms
from reviews.models import Case
from reviews.services import practice
from reviews.views.base import CaseMove

S = Case.State


class FinishWithLearning(CaseMove):
    title, submit, done = "Finish with the learning", "Finish", "Finished: learning only."
    lead = "The partners decided on no practice review. What was learnt is kept with the case."
    permission, sources, form_class = "reviews.finish_with_learning_case", (S.WITH_PANEL,), forms.ConfirmForm

    def act(self, form: Any) -> str:
        practice.finish_with_learning(self.subject, **self.moving())
        return self.come_back()


class Commission(CaseMove):
    title, submit, done = (
        "Commission the practice review",
        "Commission it",
        "The practice review was commissioned.",
    )
    lead = "Its six months run from the day the partners decided on it, and the case gets its reference."
    permission, sources, form_class = "reviews.commission_case", (S.WITH_PANEL,), forms.CommissionForm

    def act(self, form: Any) -> str:
        practice.commission_review(
            self.subject,
            method=form.cleaned_data["method"],
            decided_at=form.happened_at(),
            **self.moving(),
        )
        return self.come_back()


class HoldLearningEvent(CaseMove):
    title, submit, done = "Record the learning event", "Record the event", "The learning event was recorded."
    permission, sources, form_class = (
        "reviews.hold_learning_event_case",
        (S.PRACTICE_REVIEW,),
        forms.EventForm,
    )

    def act(self, form: Any) -> str:
        practice.hold_learning_event(self.subject, held_at=form.happened_at(), **self.moving())
        return self.come_back()


class HoldRecall(CaseMove):
    title, submit, done = "Record the recall event", "Record the event", "The recall event was recorded."
    permission, sources, form_class = "reviews.hold_recall_case", (S.LEARNING_EVENT,), forms.EventForm

    def act(self, form: Any) -> str:
        practice.hold_recall(self.subject, held_at=form.happened_at(), **self.moving())
        return self.come_back()


class PlanPublication(CaseMove):
    title, submit, done = (
        "Plan publication",
        "Record the plan",
        "The report is approved, and publication planned.",
    )
    lead = "The Panel and the Secretary of State get the report 7 working days before that day."
    permission, form_class = "reviews.plan_publication_case", forms.PlanForm
    sources = (S.PRACTICE_REVIEW, S.RECALL, S.PUBLICATION)

    def act(self, form: Any) -> str:
        practice.plan_publication(
            self.subject,
            publish_on=form.cleaned_data["publish_on"],
            approved_at=form.happened_at(),
            **self.moving(),
        )
        return self.come_back()


class Publish(CaseMove):
    title, submit, done = "Record the publication", "Record it", "Published. Keep it available for 12 months."
    permission, sources, form_class = "reviews.publish_case", (S.PUBLICATION,), forms.PublishForm

    def act(self, form: Any) -> str:
        practice.publish_case(self.subject, published_at=form.happened_at(), **self.moving())
        return self.come_back()


class Close(CaseMove):
    title, submit, done = "Close the case", "Close it", "The case is closed."
    lead = "Nothing more is owed."
    permission, form_class = "reviews.close_case", forms.ConfirmForm
    sources = (S.PUBLISHED, S.LEARNING_ONLY, S.NOTIFIED_ONLY)

    def act(self, form: Any) -> str:
        practice.close_case(self.subject, **self.moving())
        return self.come_back()
