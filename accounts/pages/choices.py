"""Fields for what people choose: one of a few, some of a few, yes or no, a tick."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.pages.text import words_for

Choices = Iterable[tuple[Any, str]] | Callable[[], Iterable[tuple[Any, str]]]


def keys_of(field: forms.ChoiceField) -> list[str]:
    """What may be chosen, as it is posted. A choice of None, like "", stands for none."""
    choices: Any = field.choices
    return ["" if key is None else str(key) for key, _ in choices]


class ChoiceField(forms.ChoiceField):
    """One of a list, as radios (or a drop-down with `is_dropdown`). `subject` completes "Select ...".

    Returns the chosen value through `coerce`; None when nothing need be chosen and nothing was.
    """

    widget = forms.RadioSelect

    def __init__(
        self,
        *,
        subject: str,
        choices: Choices = (),
        label: str | None = None,
        hints: Mapping[Any, str] | None = None,
        coerce: Callable[[str], Any] = str,
        is_dropdown: bool = False,
        is_inline: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(choices=choices, label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.hints = {str(value): text for value, text in (hints or {}).items()}
        self.coerce = coerce
        self.component = "select" if is_dropdown else "radios"
        self.is_inline = is_inline

    def clean(self, value: Any) -> Any:
        text = "" if value is None else str(value)
        if not text and not self.required:
            return None
        if text not in [key for key in keys_of(self) if key]:
            raise ValidationError(f"Select {self.subject}", code="invalid_choice")
        try:
            return self.coerce(text)
        except (ValueError, TypeError, KeyError):
            raise ValidationError(f"Select {self.subject}", code="invalid_choice") from None


class ChoicesField(forms.MultipleChoiceField):
    """Some of a list, as checkboxes; a list in the order of the choices, each once."""

    component = "checkboxes"
    widget = forms.CheckboxSelectMultiple

    def __init__(
        self,
        *,
        subject: str,
        choices: Choices = (),
        label: str | None = None,
        hints: Mapping[Any, str] | None = None,
        coerce: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(choices=choices, label=words_for(subject, label), **kwargs)
        self.subject = subject
        self.hints = {str(value): text for value, text in (hints or {}).items()}
        self.coerce = coerce

    def clean(self, value: Any) -> list[Any]:
        chosen = {str(item) for item in value or ()}
        known = keys_of(self)
        if chosen - set(known) or (self.required and not chosen):
            raise ValidationError(f"Select {self.subject}", code="invalid_choice")
        return [self.coerce(key) for key in known if key in chosen]


class YesNoField(ChoiceField):
    """Yes or no, as True or False. `subject` is a clause that completes "Select yes if ..."."""

    def __init__(self, *, subject: str, label: str, **kwargs: Any) -> None:
        super().__init__(
            subject=f"yes if {subject}",
            label=label,
            choices=[("yes", "Yes"), ("no", "No")],
            coerce=lambda text: text == "yes",
            **{"is_inline": True, **kwargs},
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


class TickField(forms.Field):
    """One box. If `required`, it must be ticked: `subject` completes "Confirm ...". Returns True or False."""

    component = "tick"
    widget = forms.CheckboxInput

    def __init__(self, *, subject: str, label: str, **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)
        self.subject = subject

    def clean(self, value: Any) -> bool:
        is_ticked = value in (True, "on", "yes", "true", "1")
        if self.required and not is_ticked:
            raise ValidationError(f"Confirm {self.subject}", code="required")
        return is_ticked
