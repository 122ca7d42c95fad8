"""Asking a form as a page does, at one fixed instant."""

from datetime import UTC, datetime
from typing import Any

from accounts.pages.forms import PageForm

AT = datetime(2027, 12, 1, 12, 0, tzinfo=UTC)


def said(form_class: type[PageForm], data: dict[str, Any], name: str) -> tuple[str, tuple[str, ...]]:
    """The message at the field, and the boxes it is about."""
    form = form_class(data, at=AT)
    assert not form.is_valid()
    (error,) = form.errors.as_data()[name]
    (message,) = error.messages
    return message, (error.params or {}).get("boxes", ())
