"""The forms of a chronology: one row, and a table of rows."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.pages.fields import ChoiceField, LongTextField, TextField, TickField
from accounts.pages.forms import PageForm
from reviews.timeline.dates import EXAMPLES, NotADate, Told, read
from reviews.timeline.rows import CHILD_SEEN, COLUMNS, LONG, MOST_ROWS, SHORT, Row
from reviews.timeline.tables import LONGEST, NotATable, Table, Wrong, decoded, read_table
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


class TableField(forms.Field):
    """The text of a table, exactly as it was pasted: tabs and line ends say what is a cell."""

    component = "textarea"
    widget = forms.Textarea
    rows = 10

    def __init__(self, *, subject: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.subject = subject

    def clean(self, value: Any) -> str:
        return str(value or "")


class TableForm(PageForm):
    """A table, pasted or in a file. The text of a file takes the place of what is in the box."""

    text = TableField(
        subject="the rows of a table",
        label="Paste the rows",
        help_text="Copy the cells in Excel, or the table in Word, and paste them here.",
    )
    file = forms.FileField(
        label="Or choose a workbook (XLSX) or CSV file",
        help_text=f"Up to {MOST_ROWS:,} rows and 1 MB. It takes the place of what is in the box above.",
        required=False,
        allow_empty_file=True,
    )

    def __init__(self, data: Any = None, files: Any = None, **kwargs: Any) -> None:
        self.refusal, self.read_as = "", ""
        self.wrong: tuple[Wrong, ...] = ()
        self.table = Table((), ())
        if files and "file" in files:
            data = self._with_text_of(files["file"], data)
        super().__init__(data, files, **kwargs)

    def _with_text_of(self, file: UploadedFile, data: Any) -> Any:
        """The boxes, with the text of the file in that for the table; it then stays there, to be mended."""
        data = data.copy()
        try:
            data["text"], self.read_as = decoded(file.read(3 * LONGEST))
        except NotATable as refusal:
            self.refusal = str(refusal)
        return data

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.refusal:
            self.add_error("file", self.refusal)
            return given
        try:
            self.table = read_table(given["text"], on=local_date(self.at))
        except NotATable as refusal:
            self.add_error("text", str(refusal))
            return given
        if count := self.table.count_wrong:
            self.wrong = self.table.wrong
            things = "1 thing is wrong" if count == 1 else f"{count:,} things are wrong"
            self.add_error(
                "text",
                f"{things} in this table, and none of it was added. Put right what is listed under “What is wrong”.",
            )
        return given

    @property
    def order(self) -> str:
        """The columns as a table without headings has them."""
        return ", ".join(words for _, words in COLUMNS)
