"""What a person may type, and how it is read. Forms parse; services decide."""

from datetime import date, datetime
from typing import Any

from django import forms

from accounts.models import Agency
from accounts.pages.fields import (
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    Moment,
    MomentField,
    TextField,
    TickField,
)
from accounts.pages.forms import PageForm
from reviews.child_forms import ChildForm
from reviews.models import Case


class ConfirmForm(PageForm):
    """Nothing to type: the button says it."""


class ReasonForm(PageForm):
    """A reason, which is kept."""

    reason = LongTextField(subject="the reason", rows=5)


class ReferralForm(ChildForm):
    """A referral: the incident, its times, and the first child."""

    notifiable = ChoiceField(
        subject="what kind of incident this is",
        label="What is being referred?",
        choices=Case.Notifiable.choices,
    )
    harm = ChoiceField(
        subject="what happened to the child", label="What happened to the child?", choices=Case.Harm.choices
    )
    incident = MomentField(
        subject="the date of the incident",
        label="Date of incident",
        is_time_required=False,
        in_past=True,
        help_text="The time only if it is known. For example, 27 3 2026 and 14:30.",
    )
    aware = MomentField(
        subject="the date on which the local authority became aware",
        label="Date the local authority became aware",
        is_time_required=False,
        in_past=True,
        help_text="The 5 working days to notify run from this day, whatever the time. Leave the time empty if you do "
        "not know it. For example, 27 3 2026 and 14:30.",
    )
    received = MomentField(
        subject="the date on which the referral was received",
        label="If the referral came in earlier than now: when?",
        required=False,
        in_past=True,
    )
    place = TextField(subject="where it happened", label="Where did it happen?", required=False)
    referred_by = TextField(subject="who made the referral", label="Who made the referral?")
    summary = LongTextField(
        subject="what happened", label="What happened?", help_text="What is known now, in a few sentences."
    )

    field_order = ("notifiable", "harm", "incident", "aware", "received", "place", "referred_by", "summary")

    def child_limit(self) -> date | None:
        incident = self.cleaned_data.get("incident")
        return incident.on if incident else None

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        incident, aware = given.get("incident"), given.get("aware")
        if incident and aware and is_before(aware, incident):
            self.add_error("aware", "Date the local authority became aware must be on or after the incident")
        return given


def is_before(one: Moment, other: Moment) -> bool:
    """Whether one came before the other: by the day, and by the time where both have one."""
    return one.on < other.on or (one.has_time and other.has_time and one.at < other.at)


class CorrectForm(PageForm):
    """What may be put right before the notification is sent, and why."""

    notifiable = ChoiceField(
        subject="what kind of incident this is",
        label="What was referred?",
        choices=Case.Notifiable.choices,
        help_text="Another kind is notified by another duty: its clock then runs from the day of awareness.",
    )
    harm = ChoiceField(
        subject="what happened to the child", label="What happened to the child?", choices=Case.Harm.choices
    )
    incident = MomentField(
        subject="the date of the incident", label="Date of incident", is_time_required=False, in_past=True
    )
    aware = MomentField(
        subject="the date on which the local authority became aware",
        label="Date the local authority became aware",
        is_time_required=False,
        in_past=True,
        help_text="The 5 working days to notify will run from this day. Leave the time empty if you do not know it.",
    )
    received = MomentField(
        subject="the date on which the referral was received",
        label="When was the referral received?",
        in_past=True,
    )
    place = TextField(subject="where it happened", label="Where did it happen?", required=False)
    referred_by = TextField(subject="who made the referral", label="Who made the referral?")
    summary = LongTextField(subject="what happened", label="What happened?")
    reason = LongTextField(
        subject="why it is corrected", label="Why is it corrected?", rows=3, max_length=1000
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        incident, aware = given.get("incident"), given.get("aware")
        if incident and aware and is_before(aware, incident):
            self.add_error("aware", "Date the local authority became aware must be on or after the incident")
        return given


class HappenedForm(PageForm):
    """When something took place: a day and a time in the past, at first the present."""

    happened = MomentField(subject="the date", in_past=True)
    words = "the date"
    label = "Date"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["happened"]
        assert isinstance(field, MomentField)
        field.subject, field.label = self.words, self.label
        field.time_subject = self.words.replace("date", "time")
        self.initial.setdefault("happened", self.at)

    @classmethod
    def asked(cls) -> dict[str, forms.Field]:
        fields = super().asked()
        fields["happened"].label = cls.label
        return fields

    def happened_at(self) -> datetime:
        """The instant given; the present, when it is this very minute."""
        given: datetime = self.cleaned_data["happened"].at
        return self.at if given == self.at.replace(second=0, microsecond=0) else given


class ConsiderForm(HappenedForm):
    words, label = "the date on which the partners met", "When did the partners meet?"


class DeclineForm(HappenedForm):
    words, label = "the date on which the partners decided", "When did the partners decide?"
    reason = LongTextField(subject="the reason", rows=5)


class WithdrawForm(HappenedForm):
    words, label = "the date on which it was withdrawn", "When was the notification withdrawn?"
    reason = LongTextField(subject="the reason", rows=5)


class NotifyForm(HappenedForm):
    """The notification, as sent."""

    words, label = "the date on which the notification was sent", "When was the notification sent?"
    notification_reference = TextField(
        subject="the reference of the notification",
        max_length=60,
        required=False,
        label="Reference of the notification",
        help_text="As the portal gave it.",
    )


class MeetingForm(HappenedForm):
    words, label = "the date of the meeting", "When was the rapid review meeting?"


class AskForm(PageForm):
    """Which agencies to ask."""

    agencies = ChoicesField(subject="at least one agency", label="Which agencies should answer?")

    def __init__(self, *args: Any, agencies: list[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {str(agency.pk): agency for agency in agencies}
        field = self.fields["agencies"]
        assert isinstance(field, ChoicesField)
        field.choices = [(key, agency.name) for key, agency in self.offered.items()]
        self.initial.setdefault(
            "agencies", [key for key, agency in self.offered.items() if agency.is_asked_first]
        )

    def chosen(self) -> list[Agency]:
        return [self.offered[key] for key in self.cleaned_data["agencies"]]


class DecideForm(PageForm):
    """To the partners: with a reason if returns are still open, and confirmed if the answers contradict each other."""

    open_returns_reason = LongTextField(
        subject="why the partners decide without them",
        rows=4,
        label="Why do the partners decide without the returns that are still open?",
    )
    is_confirmed = TickField(
        subject="that the decision stands as it is written",
        label="We have seen this, and the decision stands as it is written",
    )

    def __init__(self, *args: Any, is_waiting: bool, is_contradictory: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_waiting:
            del self.fields["open_returns_reason"]
        if not is_contradictory:
            del self.fields["is_confirmed"]


class SignForm(PageForm):
    """A partner's signature, or dissent."""

    partner = ChoiceField(subject="the partner for whom you sign", label="For which partner do you sign?")
    agrees = ChoiceField(
        subject="whether the partner agrees",
        label="Does this partner agree with the decision?",
        choices=[("yes", "Yes, sign it off"), ("no", "No, record a dissent")],
    )
    dissent = LongTextField(
        subject="why the partner does not agree",
        label="Why not?",
        needed_when="if the partner does not agree",
        rows=5,
    )

    def __init__(self, *args: Any, partners: list[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partners = {str(agency.pk): agency for agency in partners}
        field = self.fields["partner"]
        assert isinstance(field, ChoiceField)
        field.choices = [(key, agency.name) for key, agency in self.partners.items()]
        if len(self.partners) == 1:
            self.initial["partner"] = next(iter(self.partners))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("agrees") == "no" and not given.get("dissent"):
            self.add_error("dissent", "Enter why the partner does not agree")
        return given


class SubmitForm(HappenedForm):
    words, label = (
        "the date on which the rapid review was sent",
        "When was the rapid review sent to the Panel?",
    )
    late_reason = LongTextField(
        subject="why it is late", label="Why is it late?", needed_when="if it is late", rows=4
    )


class ReplyForm(PageForm):
    """What the Panel replied."""

    agrees = ChoiceField(
        subject="whether the Panel agrees",
        label="Does the Panel agree with the decision?",
        choices=[("yes", "Yes"), ("no", "No")],
    )
    reply = LongTextField(
        subject="what the Panel wrote",
        label="What did the Panel write?",
        needed_when="if the Panel does not agree",
        rows=6,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("agrees") == "no" and not given.get("reply"):
            self.add_error("reply", "Enter what the Panel wrote")
        return given


class CommissionForm(HappenedForm):
    words, label = "the date on which the partners decided", "When did the partners decide on the review?"
    method = TextField(
        subject="the method",
        label="How will the review be done?",
        max_length=100,
        required=False,
        initial="SILP",
    )


class EventForm(HappenedForm):
    words, label = "the date of the event", "When was the event?"


class PlanForm(HappenedForm):
    """The approval of the report, or a plan made again; and the day that is planned."""

    words, label = (
        "the date on which the report was approved",
        "When was the report approved, or this planned?",
    )
    publish_on = DayField(
        subject="the planned day of publication",
        label="On which day is it to be published?",
        required=False,
        in_future=True,
        help_text="Leave empty while courts or others must be waited for.",
    )


class PublishForm(HappenedForm):
    words, label = "the date of publication", "When was it published?"


class CorrectNotificationForm(NotifyForm):
    """The notification as it was really sent, and why it is corrected."""

    reason = LongTextField(
        subject="why it is corrected", label="Why is it corrected?", rows=3, max_length=1000
    )


class DoneForm(HappenedForm):
    words, label = "the date on which it was done", "When was it done?"
