"""What is asked on the pages of reminders: a step of a ladder, and for which deadlines a change counts."""

from collections.abc import Mapping
from typing import Any

from django.forms import HiddenInput

from accounts.pages import fields
from accounts.pages.forms import PageForm
from workflows.ladders import FARTHEST, Rung


class StepForm(PageForm):
    """A step of a ladder: whom to tell, and how long before or after the day. Its `step` is what was given."""

    tell = fields.ChoiceField(subject="whom to tell", label="Who is told?", is_dropdown=True, coerce=str)
    when = fields.ChoiceField(
        subject="when they are told",
        label="When?",
        choices=[("before", "Before the day"), ("due", "On the day"), ("after", "When it is late")],
    )
    days = fields.WholeNumberField(
        subject="the number of working days",
        label="How many working days before or after?",
        help_text=f"From 1 to {FARTHEST}. Leave this empty for the day itself.",
        least=1,
        most=FARTHEST,
        required=False,
    )

    def __init__(self, *args: Any, audiences: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell = self.fields["tell"]
        assert isinstance(tell, fields.ChoiceField)
        tell.choices = [("", "Select whom"), *((key, words.capitalize()) for key, words in audiences.items())]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not {"tell", "when", "days"} <= given.keys():
            return given
        if given["when"] != "due" and given["days"] is None:
            self.add_error("days", "Enter the number of working days")
        elif given["when"] == "due" and given["days"] is not None:
            self.add_error("days", "Leave the number of working days empty: they are told on the day")
        else:
            place = {} if given["when"] == "due" else {given["when"]: given["days"]}
            given["step"] = Rung(given["tell"], **place)
        return given


class ClimbForm(PageForm):
    """For which deadlines a changed ladder counts."""

    climbers = fields.ChoiceField(
        subject="for which deadlines it counts",
        label="For which deadlines?",
        choices=[("new", "Only those that start from now on"), ("running", "Also those that run already")],
    )
    seen = fields.WholeNumberField(subject="which version was seen", least=0, most=99_999, widget=HiddenInput)
