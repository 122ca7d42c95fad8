"""Every kind of question a page may ask. Each field carries its own words; none reads a clock."""

from accounts.pages.choices import ChoiceField, ChoicesField, TickField, YesNoField
from accounts.pages.days import DayField, Moment, MomentField
from accounts.pages.text import (
    LONG_TEXT,
    EmailField,
    LongTextField,
    PasswordField,
    TextField,
    WholeNumberField,
    clean_text,
)

__all__ = [
    "LONG_TEXT",
    "ChoiceField",
    "ChoicesField",
    "DayField",
    "EmailField",
    "LongTextField",
    "Moment",
    "MomentField",
    "PasswordField",
    "TextField",
    "TickField",
    "WholeNumberField",
    "YesNoField",
    "clean_text",
]
