"""Putting right what is recorded of a case: a child more or otherwise, the referral, the notification."""

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from django.http import Http404

from accounts.pages.fields import Moment
from reviews import forms
from reviews.child_forms import AddChildForm, CorrectChildForm
from reviews.services import cases
from reviews.services.cases import ChildGiven
from reviews.services.children import can_be_corrected, correct_child, mark_of_child
from reviews.services.correcting import (
    NOTIFICATION_OPEN_TO_CORRECTION,
    OPEN_TO_CORRECTION,
    correct_notification,
    correct_referral,
    corrected_by,
    mark_of_notification,
    mark_of_referral,
)
from reviews.views.base import CaseMove, ComparedPage, SubjectPage
from workflows.calendars import local_date


def moment_known(at: datetime | None, precision: str) -> Moment | None:
    """A time for the boxes of a form: without the time of day where that is not known."""
    return Moment(at, local_date(at), has_time=precision == "instant") if at else None


class AddChild(SubjectPage):
    title, submit, done = "Add a child", "Add the child", "The child was added."
    permission = "reviews.refer_case"
    form_class = AddChildForm

    def act(self, form: Any) -> str:
        cases.add_child(self.subject, form.child(), **self.acting())
        return self.come_back()

    def form_arguments(self) -> dict[str, Any]:
        return {"incident_on": local_date(self.subject.incident_at) if self.subject.incident_at else None}


class CorrectChild(ComparedPage):
    """Put right what is recorded of one child."""

    submit = "Save the correction"
    lead = "Agencies that were asked are told that the details have changed, not what they are."
    permission, form_class = "reviews.refer_case", CorrectChildForm
    shows_content = True
    fields_of = {**SubjectPage.fields_of, "reason": "reason"}

    def prepare(self) -> None:
        super().prepare()
        found = self.subject.children.filter(number=self.kwargs["number"]).first()
        if found is None or (self.request.method == "GET" and not can_be_corrected(self.subject)):
            raise Http404
        self.child = found

    def get_title(self) -> str:
        return f"Correct {self.child}"

    def form_arguments(self) -> dict[str, Any]:
        return {"incident_on": local_date(self.subject.incident_at) if self.subject.incident_at else None}

    def initial(self) -> dict[str, Any]:
        return {f"child_{field.name}": getattr(self.child, field.name) for field in fields(ChildGiven)}

    stored = initial

    def mark(self) -> str:
        return mark_of_child(self.child)

    def stored_by(self) -> str:
        return corrected_by(self.subject, "correct_child", "add_child", "refer")

    def act(self, form: Any) -> str:
        correct_child(
            self.child,
            replace(form.child(), age_as_given=self.child.age_as_given),
            reason=form.cleaned_data["reason"],
            seen=self.seen,
            **self.acting(),
        )
        return self.come_back(f"{self.child} was corrected.")


class Correct(ComparedPage, CaseMove):
    title, submit, done = "Correct the referral", "Save the correction", "The referral was corrected."
    lead = (
        "You can do this until the notification is sent. Where it moves a date, your reason stands beside it."
    )
    permission, sources, form_class = "reviews.refer_case", OPEN_TO_CORRECTION, forms.CorrectForm
    fields_of = {**SubjectPage.fields_of, "received": "received"}

    def initial(self) -> dict[str, Any]:
        case = self.subject
        return {
            "notifiable": case.notifiable,
            "harm": case.harm,
            "incident": moment_known(case.incident_at, case.incident_precision),
            "aware": moment_known(case.aware_at, case.aware_precision),
            "received": case.begun_at,
            "place": case.place,
            "referred_by": case.referred_by,
            "summary": case.summary,
        }

    stored = initial

    def mark(self) -> str:
        return mark_of_referral(self.subject)

    def stored_by(self) -> str:
        return corrected_by(self.subject)

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        correct_referral(
            self.subject,
            incident_at=given["incident"].at,
            incident_precision="instant" if given["incident"].has_time else "day",
            aware_at=given["aware"].at,
            aware_precision="instant" if given["aware"].has_time else "day",
            received_at=given["received"].at,
            notifiable=given["notifiable"],
            harm=given["harm"],
            referred_by=given["referred_by"],
            place=given["place"],
            summary=given["summary"],
            reason=given["reason"],
            seen=self.seen,
            **self.moving(),
        )
        return self.come_back()


class CorrectNotification(ComparedPage, CaseMove):
    title, submit = "Correct the notification", "Save the correction"
    lead = "Clocks that run from the notification count anew from the time you give. The reason stands with them."
    done = "The notification was corrected."
    permission, form_class = "reviews.notify_case", forms.CorrectNotificationForm
    sources = NOTIFICATION_OPEN_TO_CORRECTION

    def initial(self) -> dict[str, Any]:
        case = self.subject
        return {"happened": case.notified_at, "notification_reference": case.notification_reference}

    stored = initial

    def mark(self) -> str:
        return mark_of_notification(self.subject)

    def stored_by(self) -> str:
        return corrected_by(self.subject, "correct_notification", "notify")

    def act(self, form: Any) -> str:
        correct_notification(
            self.subject,
            notified_at=form.happened_at(),
            notification_reference=form.cleaned_data["notification_reference"],
            reason=form.cleaned_data["reason"],
            seen=self.seen,
            **self.moving(),
        )
        return self.come_back()
