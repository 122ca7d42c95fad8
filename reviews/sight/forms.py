"""What is asked of somebody who declares an interest, recuses, shares a case, or asks to see one."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Seat, User
from accounts.pages.fields import ChoiceField, DayField, LongTextField, TextField, YesNoField
from accounts.pages.forms import PageForm
from reviews.interests import EMERGENCIES, INTERESTS, INTERESTS_OF_ANOTHER

SHOWN_TO = "Shown to the business manager, the independent chair and the co-chairs."


class InterestForm(PageForm):
    kind = ChoiceField(
        subject="what your interest is", label="What is your interest?", choices=list(INTERESTS.items())
    )
    words = LongTextField(
        subject="more about it",
        label="Anything they should know",
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
        choices=list(INTERESTS_OF_ANOTHER.items()),
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


class ShareForm(PageForm):
    """With which seat of another partnership, from when to when, and why. `chosen` is the seat."""

    seat = ChoiceField(subject="whom you share it with", label="Whom do you share it with?")
    starts_on = DayField(subject="the first day", label="First day")
    ends_on = DayField(
        subject="the last day", label="Last day", help_text="At most a year. It ends by itself."
    )
    reason = LongTextField(
        subject="the reason",
        label="Why?",
        help_text="Shown to them, too. Name no child.",
        rows=3,
        max_length=1000,
    )

    def __init__(self, *args: Any, seats: Sequence[Seat], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = {str(seat.pk): seat for seat in seats}
        field = self.fields["seat"]
        assert isinstance(field, ChoiceField)
        field.choices = [(key, str(seat)) for key, seat in self.seats.items()]

    @property
    def chosen(self) -> Seat:
        return self.seats[self.cleaned_data["seat"]]


class AskToSeeForm(PageForm):
    code = TextField(
        subject="the code of the case",
        label="Code of the case",
        help_text="As a mail or a colleague named it, such as R-7K3QFA.",
        max_length=20,
    )
    kind = ChoiceField(
        subject="why you must see it", label="Why must you see it?", choices=list(EMERGENCIES.items())
    )
    words = LongTextField(
        subject="what has happened",
        label="What has happened?",
        help_text="Read by who decides, and by who looks at it afterwards. Name no child.",
        rows=4,
        max_length=1000,
    )


class AnswerRequestForm(PageForm):
    agrees = YesNoField(
        subject="they may see the case",
        label="May they see the case, and all that belongs to it, for 60 minutes?",
    )


class ReviewForm(PageForm):
    words = LongTextField(
        subject="what you found",
        label="What did you find?",
        help_text="Was it needed, and was what they looked at in keeping with it? Name no child.",
        rows=4,
        max_length=1000,
    )
