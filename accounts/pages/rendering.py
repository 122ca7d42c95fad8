"""What a template needs to know of a bound field: which component shows it, and where its error is."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField


def component_of(bound: BoundField) -> str:
    """The GOV.UK component that shows this field.

    Our own fields say it themselves; a plain Django field is judged by its widget.
    """
    if declared := getattr(bound.field, "component", None):
        return str(declared)
    widget = bound.field.widget
    match widget:
        case forms.RadioSelect():
            return "radios"
        case forms.CheckboxSelectMultiple():
            return "checkboxes"
        case forms.Select():
            return "select"
        case forms.CheckboxInput():
            return "tick"
        case forms.Textarea():
            return "textarea"
        case forms.ClearableFileInput() | forms.FileInput():
            return "file"
        case forms.PasswordInput():
            return "password"
    return "input"


def boxes_in_error(bound: BoundField) -> tuple[str, ...]:
    """Of a field of several boxes: those that are wrong, in order, such as ("year",). Empty when none is."""
    for error in bound.errors.as_data():
        if boxes := (error.params or {}).get("boxes"):
            return tuple(boxes)
    return ()


def error_target(bound: BoundField) -> str:
    """The id that the error summary leads to: the first box in error, or the first input of the field."""
    first: Any = getattr(bound.field, "first_box", None)
    if first is None:
        return str(bound.auto_id)
    return f"{bound.auto_id}_{next(iter(boxes_in_error(bound)), first)}"


def messages_of(bound: BoundField) -> str:
    """All that is wrong with the field, as one text: a field shows its errors in one place."""
    return ". ".join(str(message).rstrip(".") for message in bound.errors)


def humanised(name: str) -> str:
    """The posted name of a box in words: "incident_on_day" is "Incident on day"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def choice_items(bound: BoundField) -> list[dict[str, Any]]:
    """The choices of a field as the items that the radios, checkboxes and select macros take."""
    value = bound.value()
    chosen = {
        str(item)
        for item in (value if isinstance(value, list | tuple | set) else [value])
        if item is not None
    }
    hints = getattr(bound.field, "hints", {})
    items = []
    for key, text in bound.field.choices:  # type: ignore[attr-defined]
        key_text = "" if key is None else str(key)
        is_chosen = key_text in chosen
        item = {"value": key_text, "text": str(text), "checked": is_chosen, "selected": is_chosen}
        if hint := hints.get(key_text):
            item["hint"] = {"text": hint}
        items.append(item)
    return items


def box_items(bound: BoundField) -> list[dict[str, Any]]:
    """The boxes of a day (and of its time) as the items that the date input macro takes."""
    field: Any = bound.field
    typed = bound.value()
    wrong = boxes_in_error(bound)
    items = []
    for box, width in (("day", 2), ("month", 2), ("year", 4), ("time", 5)):
        if box not in field.boxes:
            continue
        label = box.capitalize()
        if box == "time":
            label = field.time_label + ("" if field.is_time_required else " (optional)")
        items.append(
            {
                "id": f"{bound.auto_id}_{box}",
                "name": f"{bound.html_name}_{box}",
                "label": label,
                "value": typed.get(box, ""),
                "classes": f"govuk-input--width-{width}" + (" govuk-input--error" if box in wrong else ""),
                # A month may be typed as a word, and a time has a colon: neither is on a pad of digits.
                "inputmode": "text" if box in ("month", "time") else "numeric",
                "autocomplete": "off",
            }
        )
    return items


def asks_which(bound: BoundField) -> bool:
    """Whether the time in the boxes came twice that night, so that the page asks which."""
    return bool(bound.field.asks_which(bound.value()))  # type: ignore[attr-defined]


# ---- What is stored, beside what was typed ---------------------------------------------------
def value_in_words(field: forms.Field, value: Any) -> str:
    """What a field holds, as a person would say it: the words of a choice, a day, a text; "" for nothing.

    Takes a stored value, or what was posted.
    """
    value = field.prepare_value(value)
    if isinstance(value, dict):  # boxes of a day, and of its time
        return " ".join(str(value[box]) for box in ("day", "month", "year", "time") if value.get(box))
    if getattr(field, "component", "") == "tick":
        return "Yes" if value in (True, "on", "yes", "true", "1") else "No"
    words = {str(key): str(text) for key, text in getattr(field, "choices", ())}
    if isinstance(value, list | tuple):
        return ", ".join(words.get(str(item), str(item)) for item in value)
    if value is None:
        return ""
    return words.get(str(value), str(value).replace("\r\n", "\n").strip())


def differences(form: forms.Form, stored: Mapping[str, Any]) -> dict[str, str]:
    """Of the fields in which something else is stored than stands in the boxes: what, in words."""
    found = {}
    for bound in form:
        if bound.name not in stored:
            continue
        words = value_in_words(bound.field, stored[bound.name])
        if words != value_in_words(bound.field, bound.value()):
            found[bound.name] = words
    return found
