"""The form by which a file is given with a return."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.pages.fields import TextField
from accounts.pages.forms import PageForm
from reviews.files.kinds import EMPTY, LARGEST, MEGABYTE, TOO_LARGE, WHAT_IS_TAKEN, Examined, examine
from reviews.files.refusal import NotAccepted
from reviews.models.attachments import SHORT


class FileField(forms.FileField):
    """A file with whatever name: it is cleaned, and what it is told by what stands in it."""

    default_error_messages = {
        "required": "Choose a file", "missing": "Choose a file", "invalid": "Choose a file", "empty": EMPTY,
    }  # fmt: skip

    def to_python(self, data: Any) -> Examined | None:  # type: ignore[override]
        if data is None or data in self.empty_values:
            return None
        if data.size > LARGEST:
            raise ValidationError(TOO_LARGE, code="max_size")
        try:
            return examine(data.name or "", data.read())
        except NotAccepted as refusal:
            raise ValidationError(str(refusal), code="invalid") from None


class AddFileForm(PageForm):
    """What it is, and the file: in this order, so that of a file that is too large the words are known."""

    about = TextField(
        subject="what it is",
        label="What it is",
        required=False,
        max_length=SHORT,
        help_text="For example, “Discharge letter of 12 March 2026”.",
    )
    file = FileField(
        label="Choose a file",
        help_text=f"{WHAT_IS_TAKEN[:1].upper()}{WHAT_IS_TAKEN[1:]}, smaller than {LARGEST // MEGABYTE}MB, without a "
        "password, macros or other files in it.",
    )

    def __init__(self, *args: Any, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = is_too_large

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.is_too_large:
            self.errors.pop("file", None)
            self.add_error("file", TOO_LARGE)
        return given
