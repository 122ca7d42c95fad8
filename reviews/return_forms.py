"""What is typed about a return that is not an answer in it: how it came, what it needs, what was said on the phone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from accounts.pages.fields import ChoiceField, LongTextField, MomentField, TextField
from accounts.pages.forms import PageForm
from reviews.forms import HappenedForm
from reviews.questions import Section
from reviews.services.refusing import to_the_minute
from reviews.services.returns import WAYS
from workflows.countdown import moment_in_words

ABOUT = "about_"
"""What the name of the box for a comment on a section begins with."""
LONGEST_COMMENT = 4000


def comment_fields(sections: Sequence[Section]) -> dict[str, forms.Field]:
    """A box for each section of which something may be said."""
    return {
        f"{ABOUT}{section.code}": LongTextField(
            subject=f"the comment on “{section.title}”",
            label=f"Comment on “{section.title}”",
            required=False,
            rows=3,
            max_length=LONGEST_COMMENT,
        )
        for section in sections
    }


class LateForm(PageForm):
    """Why it is late, asked only when it is."""

    late_reason = LongTextField(
        subject="why it is late",
        label="Why is it late?",
        rows=3,
        max_length=1000,
        help_text="Who runs the review reads it: name no child.",
    )

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_late:
            del self.fields["late_reason"]

    def late(self) -> dict[str, str]:
        """What the services want of it: nothing when it was not asked."""
        return {"late_reason": self.cleaned_data["late_reason"]} if "late_reason" in self.fields else {}


class NilForm(LateForm):
    """The agency did not know the family, and where it looked."""

    searched = LongTextField(
        subject="which records you searched",
        label="Which records did you search?",
        rows=5,
        help_text="Name each system, and the details you searched by.",
    )
    field_order = ("searched", "late_reason")


class SendBackForm(PageForm):
    """What the return needs, as a whole and, if there is more to say, section by section."""

    reason = LongTextField(subject="what the return needs", label="What does it need?", rows=5)

    def __init__(self, *args: Any, sections: Sequence[Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = {section.code: f"{ABOUT}{section.code}" for section in sections}
        self.fields.update(comment_fields(sections))

    def comments(self) -> dict[str, str]:
        """What was said of each section of which something was said."""
        said = {code: self.cleaned_data[name] for code, name in self.about.items()}
        return {code: words for code, words in said.items() if words}


class CallForm(HappenedForm):
    """A phone call: with whom, when, and what was said."""

    words, label = "the date of the phone call", "When was it?"
    spoke_to = TextField(subject="who you spoke to", label="Who did you speak to?")
    said = LongTextField(subject="what was said", label="What was said?", rows=5)


class ReceivedForm(HappenedForm):
    """A return that came by another way: how, from whom, when, what it says. asked_at: when the agency was asked."""

    words, label = "the date on which the return was received", "Date received"
    way = ChoiceField(subject="how it came", label="How did it come?", choices=list(WAYS.items()))
    given_by = TextField(
        subject="who gave it", label="Who gave it?", help_text="Their name and role.", max_length=200
    )
    said = LongTextField(
        subject="what it says",
        label="What does it say?",
        help_text="All of it; or what matters, and where the paper or the message is kept. If the agency did not know "
        "the family, which records it searched.",
        rows=10,
    )

    def __init__(self, *args: Any, asked_at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["happened"]
        assert isinstance(field, MomentField)
        field.not_before = (to_the_minute(asked_at), "")
        self.initial["happened"] = None

    def to_check(self) -> list[tuple[str, str]]:
        """What was typed, in words, to be checked before it is recorded."""
        given = self.cleaned_data
        return [
            ("How it came", WAYS[given["way"]]),
            ("Who gave it", given["given_by"]),
            (self.label, moment_in_words(self.happened_at())),
            ("What it says", given["said"]),
        ]
