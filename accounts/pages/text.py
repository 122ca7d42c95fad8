"""Fields for what people type as text, and the one rule of which characters are let in."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import capfirst

LONG_TEXT = 20_000
"""How many characters a long answer may have. A limit of the service, which people are told."""

_MOST_MARKS = 4
"""Combining marks in a row on one letter. Vietnamese needs two, pointed Hebrew three; piled-up text has dozens."""

_BLANK = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\uffa0"
"""Characters that show nothing though Python does not count them as space."""

_EDGES = " \t\n\r\u00a0\u200b\u2060\ufeff"

_LINE_ENDS = re.compile("\r\n|[\r\v\f\u0085\u2028\u2029]")  # Word pastes \v for a line break

_UNUSABLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters, but for tab and line ends
    "\u202a-\u202e\u2066-\u2069"  # overrides and isolates of direction, which make text read as another
    "\ud800-\udfff"  # lone halves of a pair: no database can store them
    "\ufffd\ufffe\uffff"  # what bytes that were no UTF-8 have become
    "]"
)


def clean_text(value: str, *, subject: str, label: str) -> str:
    """The text with one form of letter and of line end, and without space around it; "" if nothing can be seen.

    Raises ValidationError, worded for `subject`, on characters that cannot be stored or shown.
    """
    text = _LINE_ENDS.sub("\n", value)
    if _UNUSABLE.search(text):
        raise ValidationError(f"Remove characters that cannot be used from {subject}", code="characters")
    if not text.isascii():
        if _has_piled_marks(text):  # before NFC, whose time grows with the square of a run of marks
            raise ValidationError(f"{label} has characters we cannot show", code="marks")
        text = unicodedata.normalize("NFC", text)
        if all(character.isspace() or character in _BLANK for character in text):
            return ""
    return text.strip().strip(_EDGES)


def _has_piled_marks(text: str) -> bool:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if run > _MOST_MARKS:
            return True
    return False


def plain(value: Any) -> str:
    """A short answer made ready to be read as a number or a day: full-width digits are digits, no odd spaces."""
    text = unicodedata.normalize("NFKC", str(value)[:10_000]) if value is not None else ""
    return text.strip().strip(_BLANK).strip()


def words_for(subject: str, label: str | None) -> str:
    """The label: as given, or the subject without its article ("the child's name" is labelled "Child's name")."""
    return label or capfirst(re.sub(r"^(the|your|a|an) ", "", subject))


class TextField(forms.Field):
    """One line of text. `subject` completes "Enter ...", such as "the child's name"."""

    component = "input"
    widget: type[forms.Widget] = forms.TextInput
    is_one_line = True

    def __init__(
        self,
        *,
        subject: str,
        label: str | None = None,
        max_length: int | None = 200,
        width: str = "",
        autocomplete: str = "off",
        inputmode: str = "",
        needed_when: str = "",
        **kwargs: Any,
    ) -> None:
        if needed_when:
            kwargs["required"] = False
        super().__init__(label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.needed_when = needed_when  # such as "if it is late": the form or the service sees to it
        self.max_length = max_length
        self.width = width  # a class of GOV.UK Frontend, such as govuk-input--width-10
        self.autocomplete = autocomplete
        self.inputmode = inputmode
        self.input_type = "text"

    def clean(self, value: Any) -> str:
        text = clean_text(str(value or ""), subject=self.subject, label=str(self.label))
        if self.is_one_line:
            text = " ".join(text.split("\n")).replace("\t", " ")
        if not text:
            if self.required:
                raise ValidationError(f"Enter {self.subject}", code="required")
            return ""
        if self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(
                f"{self.label} must be {self.max_length:,} characters or less", code="max_length"
            )
        self.run_validators(text)
        return text


class LongTextField(TextField):
    """An account in one's own words: several lines, at most 20,000 characters unless told otherwise."""

    component = "character-count"
    widget = forms.Textarea
    is_one_line = False

    def __init__(self, *, rows: int = 8, max_length: int = LONG_TEXT, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.rows = rows


class EmailField(TextField):
    """An e-mail address, as typed, without space around it."""

    widget = forms.EmailInput

    def __init__(
        self, *, subject: str = "an email address", label: str | None = "Email address", **kwargs: Any
    ) -> None:
        super().__init__(subject=subject, label=label, max_length=254, **{"autocomplete": "email", **kwargs})
        self.input_type = "email"

    def clean(self, value: Any) -> str:
        text = str(value or "").strip(_EDGES)
        if not text:
            return super().clean(text)
        try:
            if len(text) > 254 or len(text.partition("@")[0]) > 64 or "\n" in text or "\r" in text:
                raise ValidationError("too long, or more than one line")
            validate_email(clean_text(text, subject=self.subject, label=str(self.label)))
        except ValidationError:
            raise ValidationError(
                "Enter an email address in the correct format, like name@example.com", code="invalid"
            ) from None
        return text


class WholeNumberField(forms.Field):
    """A whole number from `least` to `most`, both included."""

    component = "input"
    widget = forms.TextInput

    def __init__(
        self,
        *,
        subject: str,
        least: int,
        most: int,
        label: str | None = None,
        width: str = "govuk-input--width-4",
        **kwargs: Any,
    ) -> None:
        super().__init__(label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.least, self.most = least, most
        self.width = width
        self.autocomplete = "off"
        self.inputmode = "numeric"
        self.input_type = "text"

    def clean(self, value: Any) -> int | None:
        text = plain(value).replace(",", "").replace(" ", "")
        if not text:
            if self.required:
                raise ValidationError(f"Enter {self.subject}", code="required")
            return None
        # Never more than 12 digits to int(): it refuses thousands of them with a ValueError of its own.
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,12}", text) else None
        if number is None or not self.least <= number <= self.most:
            raise ValidationError(
                f"{self.label} must be a whole number between {self.least:,} and {self.most:,}",
                code="invalid",
            )
        return number


class PasswordField(forms.Field):
    """A password, exactly as typed."""

    component = "password"
    widget = forms.PasswordInput

    def __init__(
        self,
        *,
        subject: str = "your password",
        label: str | None = None,
        autocomplete: str = "current-password",
        **kwargs: Any,
    ) -> None:
        super().__init__(label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.autocomplete = autocomplete
        self.width = ""

    def clean(self, value: Any) -> str:
        text = str(value or "")
        if not text and self.required:
            raise ValidationError(f"Enter {self.subject}", code="required")
        if _UNUSABLE.search(text) or len(text) > 1000:
            raise ValidationError(
                f"Remove characters that cannot be used from {self.subject}", code="characters"
            )
        return text
