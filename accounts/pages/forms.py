"""The form of a page: told what time it is, and known by a token so that it is answered once."""

import copy
import uuid
from datetime import datetime
from typing import Any

from django import forms

from accounts.pages.choices import TickField
from accounts.pages.days import DayField
from accounts.pages.rendering import value_in_words
from accounts.pages.text import PasswordField

SENT_AGAIN = "sent_again"
"""The name of the hidden box that says: this was typed on a page of ours, and is sent again after sign-in."""

TOKEN = "form_token"  # noqa: S105 (a name, not a secret)
"""The name of the hidden box that holds the token."""


class PageForm(forms.Form):
    """A form that knows the instant of its request (`at`, aware) and its token.

    A form shown again with errors keeps its token: it is still the same form. Boxes that no field asks
    for are ignored, whatever they are called.
    """

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        at: datetime,
        token: uuid.UUID | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, files, **kwargs)
        self.at = at
        self.token = token or read_token(data) or uuid.uuid4()
        for field in self.fields.values():
            if isinstance(field, DayField):
                field.at, field.form = at, self

    @classmethod
    def asked(cls) -> dict[str, forms.Field]:
        """The fields as far as they are known without the page: what may be chosen may be missing."""
        fields = copy.deepcopy(cls.base_fields)
        first = [name for name in cls.field_order or () if name in fields]
        return {name: fields[name] for name in [*first, *(name for name in fields if name not in first)]}


HIDDEN = frozenset(
    (
        TOKEN, SENT_AGAIN, "csrfmiddlewaretoken", "seen", "seen_version", "seen_fact", "compared", "confirmed",
        "change", "draft", "another",
    )
)  # fmt: skip
"""The boxes and buttons that our pages have besides the fields of their forms."""


def ignored_in(form: forms.Form, posted: Any) -> list[str]:
    """The names of boxes that were posted and that the page does not have, and of fields answered with what it did not
    offer. Nothing is done with either.
    """
    known = set(HIDDEN)
    for bound in form:
        known.add(bound.html_name)
        if isinstance(bound.field, DayField):
            known |= {f"{bound.html_name}_{box}" for box in (*bound.field.boxes, "which")}
    not_offered = {
        name
        for name, errors in form.errors.as_data().items()
        if any(posted.getlist(name))
        and any(error.code in ("invalid_choice", "invalid_list") for error in errors)
    }
    return sorted({*posted, *not_offered} - (known - not_offered))


def typed_into(fields: dict[str, forms.Field], data: Any) -> list[tuple[str, str]]:
    """What was typed, in the words of the form: (label, answer) of every field that holds something."""
    rows = []
    for name, field in fields.items():
        if isinstance(field, TickField) and name not in data:
            continue
        typed = field.widget.value_from_datadict(data, {}, name)
        if isinstance(field, forms.ChoiceField) and not field.choices and typed:
            rows.append((str(field.label), "Chosen, and kept"))  # the page alone knows their names
        elif not isinstance(field, PasswordField) and (answer := value_in_words(field, typed)):
            rows.append((str(field.label), answer))
    return rows


def read_token(data: Any) -> uuid.UUID | None:
    """The token that was posted, if it is one."""
    try:
        return uuid.UUID(str(data[TOKEN])) if data else None
    except (KeyError, ValueError):
        return None
