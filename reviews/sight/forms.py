"""What is asked of somebody who declares an interest, answers one, or records or lifts a recusal."""

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from accounts.pages.fields import ChoiceField, LongTextField, YesNoField
from accounts.pages.forms import PageForm
from reviews.interests import KINDS, KINDS_OF_ANOTHER

SHOWN_TO = "Shown to the business manager, the independent chair and the co-chairs."


class InterestForm(PageForm):
    kind = ChoiceField(
        subject="what your interest is", label="What is your interest?", choices=list(KINDS.items())
    )
    words = LongTextField(
        subject="more about it",
        label="Anything they should know (optional)",
        help_text=f"{SHOWN_TO} Name no child.",
        rows=3,
        max_length=1000,
        required=False,
    )
    steps_back = YesNoField(
        subject="you step back now",
        label="Do you step back from this case now?",
        help_text="If you do, you see nothing of it from now on, and are told nothing. "
        "If not, the business manager decides.",
    )


class AnswerForm(PageForm):
    takes_part = YesNoField(subject="they take part", label="Do they take part in this case?")
    answer = LongTextField(subject="the reason", label="Why?", help_text=SHOWN_TO, rows=3, max_length=1000)


class RecuseForm(PageForm):
    """Who is recused and why. `chosen` is the person."""

    person = ChoiceField(subject="who takes no part", label="Who takes no part?", is_dropdown=True)
    kind = ChoiceField(
        subject="what their interest is",
        label="What is their interest?",
        choices=list(KINDS_OF_ANOTHER.items()),
    )
    reason = LongTextField(
        subject="the reason", label="Why?", help_text=f"{SHOWN_TO} Name no child.", rows=3, max_length=1000
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        field = self.fields["person"]
        assert isinstance(field, ChoiceField)
        field.choices = [
            ("", "Select a person"), *((key, f"{p.full_name}, {p.email}") for key, p in self.people.items())
        ]  # fmt: skip

    @property
    def chosen(self) -> User:
        return self.people[self.cleaned_data["person"]]


class LiftForm(PageForm):
    reason = LongTextField(
        subject="the reason",
        label="Why do they take part again?",
        help_text=SHOWN_TO,
        rows=3,
        max_length=1000,
    )
