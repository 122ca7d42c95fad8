"""What is asked of somebody who holds a case, or says what becomes of its records."""

from collections.abc import Sequence
from typing import Any

from accounts.pages.fields import ChoiceField, DayField, LongTextField, TextField, TickField
from accounts.pages.forms import PageForm
from reviews.models import Child, RetentionReview
from reviews.models.disclosures import REASONS
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


class CopyForm(PageForm):
    """About which child, under which reference. `chosen` is the child; None for a copy that names none."""

    child = ChoiceField(subject="whom the copy is about", label="Whom is it about?")
    reference = TextField(
        subject="the reference of the request",
        label="Reference of the request",
        help_text="As your partnership files it, such as SAR 2026/14. Name nobody.",
        max_length=200,
    )

    def __init__(self, *args: Any, children: Sequence[Child], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.children = {str(child.number): child for child in children}
        field = self.fields["child"]
        assert isinstance(field, ChoiceField)
        field.choices = [
            *((key, str(child)) for key, child in self.children.items()),
            ("nobody", "No child: somebody else"),
        ]

    @property
    def chosen(self) -> Child | None:
        return self.children.get(self.cleaned_data["child"])


class BlackOutForm(PageForm):
    part = ChoiceField(
        subject="where it stands", label="Where does it stand?", is_dropdown=True, required=False
    )
    passage = LongTextField(
        subject="what is blacked out",
        label="What is blacked out?",
        help_text="Copy it from the page. Leave this empty to black out all of the part that you chose.",
        rows=3,
        max_length=5000,
        required=False,
    )
    everywhere = TickField(
        subject="that it is blacked out everywhere",
        label="Black it out wherever it stands in the copy",
        required=False,
    )
    reason = ChoiceField(subject="the reason", label="Why?", choices=list(REASONS.items()))

    def __init__(self, *args: Any, parts: Sequence[dict[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["part"]
        assert isinstance(field, ChoiceField)
        named = [(part["key"], f"{part['key']}. {part['heading']}: {part['label']}"[:150]) for part in parts]
        field.choices = [("", "Select a part"), *named]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("everywhere") and not given.get("passage"):
            self.add_error("passage", "Enter what is blacked out everywhere")
        if not given.get("everywhere") and not given.get("part"):
            self.add_error("part", "Select where it stands")
        return given


class ReleaseForm(PageForm):
    has_read = TickField(
        subject="that you have read the whole copy",
        label="I have read the whole copy, and it may be given to who asked.",
    )
