"""The form of a page: told what time it is, and known by a token so that it is answered once."""

import uuid
from datetime import datetime
from typing import Any

from django import forms

from accounts.pages.days import DayField

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


def read_token(data: Any) -> uuid.UUID | None:
    """The token that was posted, if it is one."""
    try:
        return uuid.UUID(str(data[TOKEN])) if data else None
    except (KeyError, ValueError):
        return None
