"""What is asked of somebody who mutes reminders."""

from collections.abc import Mapping
from typing import Any

from accounts.pages.fields import ChoiceField, DayField, LongTextField
from accounts.pages.forms import PageForm
from workflows.models import Deadline


class MuteForm(PageForm):
    """Which reminders are to be silent, why, and until when. `deadline` is None for all of the case."""

    which = ChoiceField(subject="which reminders", label="Which reminders?")
    reason = LongTextField(
        subject="the reason", label="Why?", help_text="It is shown on the case.", rows=3, max_length=1000
    )
    until = DayField(
        subject="the last day",
        label="Last day without reminders",
        help_text="They begin again the next morning. For example, 27 3 2026.",
        in_future=True,
    )

    def __init__(self, *args: Any, deadlines: Mapping[Deadline, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_key = {str(deadline.pk): deadline for deadline in deadlines}
        which = self.fields["which"]
        assert isinstance(which, ChoiceField)
        named = [(str(deadline.pk), f"Only: {words}") for deadline, words in deadlines.items()]
        which.choices = [("case", "All of this case and its returns"), *named]

    def deadline(self) -> Deadline | None:
        return self.by_key.get(self.cleaned_data["which"])
