"""What is asked of one child, in a referral and afterwards."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from accounts.pages.fields import ChoiceField, DayField, LongTextField, TextField, TickField, YesNoField
from accounts.pages.forms import PageForm
from accounts.pages.text import plain
from reviews.models import Child
from reviews.nhs_number import is_nhs_number, without_spaces
from reviews.services.cases import ChildGiven


class NhsNumberField(TextField):
    """Ten digits with the right check digit, however they are spaced; kept without spaces."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        number = without_spaces(plain(text))
        if number and not is_nhs_number(number):
            raise ValidationError("Enter a valid NHS number, like 943 476 5919", code="nhs_number")
        return number


class ChildForm(PageForm):
    """One child, as they are at the time of the incident."""

    child_name = TextField(subject="the name of the child", label="Name of the child", required=False)
    child_is_unborn = YesNoField(subject="the child is unborn", label="Is the child unborn?", initial=False)
    child_born_on = DayField(
        subject="the child’s date of birth",
        label="Date of birth",
        required=False,
        in_past=True,
        help_text="Leave empty for an unborn child, or when it is not known.",
    )
    child_nhs_number = NhsNumberField(
        subject="the child’s NHS number",
        label="NHS number",
        required=False,
        width="govuk-input--width-10",
        inputmode="numeric",
        help_text="If it is known: agencies find the child in their records by it. For example, 943 476 5919.",
    )
    child_sex = ChoiceField(
        subject="the sex of the child", label="Sex", choices=Child.Sex.choices, initial="not-known"
    )
    child_is_looked_after = TickField(subject="", label="The child is looked after", required=False)
    child_has_protection_plan = TickField(
        subject="", label="The child has a child protection plan", required=False
    )
    child_has_in_need_plan = TickField(subject="", label="The child has a child in need plan", required=False)

    def __init__(self, *args: Any, incident_on: date | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incident_on = incident_on

    def child_limit(self) -> date | None:
        """The day of the incident: a child is born on it or before."""
        return self.incident_on

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        born_on, limit = given.get("child_born_on"), self.child_limit()
        if born_on and given.get("child_is_unborn"):
            self.add_error(
                "child_born_on", "An unborn child has no date of birth: leave it empty, or select no above"
            )
        elif born_on and limit and born_on > limit:
            self.add_error("child_born_on", "Date of birth must be before the incident")
        return given

    def child(self) -> ChildGiven:
        """What was given; equal to ChildGiven() when that is nothing."""
        given = self.cleaned_data
        return ChildGiven(
            name=given["child_name"],
            is_unborn=given["child_is_unborn"],
            born_on=given["child_born_on"],
            nhs_number=given["child_nhs_number"],
            sex=given["child_sex"],
            is_looked_after=given["child_is_looked_after"],
            has_protection_plan=given["child_has_protection_plan"],
            has_in_need_plan=given["child_has_in_need_plan"],
        )


class AddChildForm(ChildForm):
    """One more child, of whom something must be known: an empty form is a slip."""

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and self.child() == ChildGiven():
            self.add_error(
                "child_name", "Enter the name of the child, or something else that is known of them"
            )
        return given


class CorrectChildForm(AddChildForm):
    """What is recorded of one child, put right, and why."""

    reason = LongTextField(
        subject="why it is corrected",
        label="Why is it corrected?",
        rows=3,
        max_length=1000,
        help_text="Write no name, no date of birth and no NHS number here: the reason is shown in the history.",
    )
