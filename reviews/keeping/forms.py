"""What is asked of somebody who holds a case, or says what becomes of its records."""

from typing import Any

from accounts.pages.fields import ChoiceField, DayField, LongTextField, TextField, TickField
from accounts.pages.forms import PageForm
from reviews.models import RetentionReview
from reviews.services.holds import HOLDS

SHOWN_TO = (
    "Shown to those who review how long records are kept, and kept with the certificate. Name no child."
)


class HoldForm(PageForm):
    kind = ChoiceField(subject="why the case is held", label="Why is it held?", choices=list(HOLDS.items()))
    reference = TextField(
        subject="who asked for the hold, and their reference",
        label="Who asked for it, and under which reference?",
        help_text="For example, Northborough Family Court, order of 3 March 2026. Name no child.",
        max_length=300,
    )


class LiftHoldForm(PageForm):
    reason = LongTextField(
        subject="the reason",
        label="Why is it lifted?",
        help_text="Who said that it may be, and when. Name no child.",
        rows=3,
        max_length=1000,
    )


class ProposeForm(PageForm):
    outcome = ChoiceField(
        subject="what should become of it",
        label="What should become of it?",
        choices=RetentionReview.Outcome.choices,
        hints={
            RetentionReview.Outcome.DISPOSE: "Once a second person agrees, what was written is gone for good.",
            RetentionReview.Outcome.KEEP: "Once a second person agrees, it comes up again on the day you say.",
        },
    )
    next_review_on = DayField(
        subject="the day on which it is looked at again",
        label="If it is kept, when is it looked at again?",
        help_text="For example, 27 3 2030. Leave this empty if it is to be disposed of.",
        required=False,
    )
    reason = LongTextField(subject="the reason", label="Why?", help_text=SHOWN_TO, rows=4, max_length=1000)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        keeps = given.get("outcome") == RetentionReview.Outcome.KEEP
        if keeps and "next_review_on" in given and given["next_review_on"] is None:
            self.add_error("next_review_on", "Enter the day on which it is looked at again")
        return given


class AgreeForm(PageForm):
    has_looked = TickField(
        subject="that you have looked at it yourself",
        label="I have looked at what is kept, and at why it may go or must stay. I agree.",
    )
