"""What is asked on the pages of the form of returns: the order of questions, which are asked, and one more."""

from collections.abc import Sequence
from typing import Any

from django.forms import HiddenInput

from accounts.pages import fields
from accounts.pages.forms import PageForm
from reviews.questions.changing import KINDS, LONGEST_HINT, LONGEST_LABEL, Given, is_needed

PLACE, ASKED = "place_", "asked_"
"""What the names of the boxes begin with that hold a question's place, and whether it is asked."""


def seen_field() -> fields.WholeNumberField:
    """How often the draft that the page showed had been changed."""
    return fields.WholeNumberField(
        subject="which form was seen", least=0, most=99_999_999, widget=HiddenInput
    )


class SeenForm(PageForm):
    """A yes to what is shown."""

    seen = seen_field()


class ArrangeForm(PageForm):
    """For each question of a section its place, and, unless every agency must be asked it, whether it is asked."""

    seen = seen_field()

    def __init__(self, *args: Any, section: str, questions: Sequence[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        places = [(str(number), str(number)) for number in range(1, len(questions) + 1)]
        for number, one in enumerate(questions, start=1):
            self.fields[f"{PLACE}{one['code']}"] = fields.ChoiceField(
                subject=f"the place of “{one['label']}”",
                label=f"Place of “{one['label']}”",
                choices=places,
                is_dropdown=True,
                initial=str(number),
            )
            if not is_needed(section, one["code"]):
                self.fields[f"{ASKED}{one['code']}"] = fields.TickField(
                    subject="whether it is asked",
                    label=f"Ask “{one['label']}”",
                    required=False,
                    initial=not one["hidden"],
                )

    def order(self) -> list[str]:
        """The codes of the questions in the order asked for: one that was given the place of another takes it."""

        def wanted(numbered: tuple[int, dict[str, Any]]) -> tuple[float, int]:
            was, one = numbered
            place = int(self.cleaned_data[f"{PLACE}{one['code']}"])
            moved = (place > was) - (place < was)  # up, it comes before whoever is there; down, after
            return place + moved / 2, was

        return [one["code"] for _, one in sorted(enumerate(self.questions, start=1), key=wanted)]

    def hidden(self) -> set[str]:
        """The codes of the questions that are not asked."""
        return {
            one["code"]
            for one in self.questions
            if self.cleaned_data.get(f"{ASKED}{one['code']}", True) is False
        }


class QuestionForm(PageForm):
    """A question that a partnership asks besides."""

    seen = seen_field()
    label = fields.TextField(subject="the question", label="Question", max_length=LONGEST_LABEL)
    hint = fields.TextField(
        subject="a hint",
        label="Hint",
        help_text="What helps to answer it, such as an example.",
        required=False,
        max_length=LONGEST_HINT,
    )
    kind = fields.ChoiceField(
        subject="what it is answered with", label="What is it answered with?", choices=list(KINDS.items())
    )
    required = fields.YesNoField(subject="every agency must answer it", label="Must every agency answer it?")

    def given(self) -> Given:
        given = self.cleaned_data
        return Given(given["label"], given["kind"], given["hint"] or "", given["required"])
