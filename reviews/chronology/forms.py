"""The form of one row of a chronology."""

from typing import Any

from django.core.exceptions import ValidationError

from accounts.pages.fields import ChoiceField, LongTextField, TextField, TickField
from accounts.pages.forms import PageForm
from reviews.chronology.dates import EXAMPLES, NotADate, Told, read
from reviews.chronology.rows import CHILD_SEEN, LONG, SHORT, Row
from workflows.calendars import local_date


class RowForm(PageForm):
    """One contact or event."""

    told: Told

    when = TextField(
        subject="when it was",
        label="When was it?",
        max_length=SHORT,
        help_text=f"A day, or roughly. For example: {EXAMPLES}.",
    )
    source = TextField(
        subject="the source",
        label="Source",
        required=False,
        max_length=SHORT,
        help_text="The record it stands in. For example, SystmOne.",
    )
    event = LongTextField(
        subject="what happened",
        label="What happened?",
        rows=5,
        max_length=LONG,
        help_text="The contact or event, as your records show it.",
    )
    child_seen = ChoiceField(
        subject="whether the child was seen",
        label="Was the child seen?",
        choices=CHILD_SEEN,
        is_inline=True,
    )
    voice = LongTextField(
        subject="the voice of the child",
        label="Voice of the child",
        rows=3,
        max_length=LONG,
        required=False,
        help_text="What the child said, or showed.",
    )
    action = LongTextField(
        subject="what was done or decided",
        label="Action or decision",
        rows=3,
        max_length=LONG,
        required=False,
    )
    comment = LongTextField(
        subject="your comment",
        label="Comment",
        rows=3,
        max_length=LONG,
        required=False,
        help_text="Yours, as the author: what is not in the record.",
    )
    is_key = TickField(
        subject="that it is a key episode",
        label="This is a key episode: one of the few that matter most",
        required=False,
    )

    def clean_when(self) -> str:
        words: str = self.cleaned_data["when"]
        try:
            self.told = read(words, on=local_date(self.at))
        except NotADate as refusal:
            raise ValidationError(str(refusal), code="invalid") from None
        return words

    def row(self) -> Row:
        """What was typed, as a row."""
        given: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if name != "when"}
        return Row(self.told, **given)
