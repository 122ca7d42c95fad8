"""What a person types to move a date."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from accounts.pages.fields import (
    ChoiceField,
    DayField,
    LongTextField,
    MomentField,
    TextField,
    WholeNumberField,
)
from accounts.pages.forms import PageForm
from workflows.countdown import day_in_words
from workflows.models import RuleVersion
from workflows.rules import UNITS, Limit
from workflows.services.proof import moment_in_words

TO_A_DAY = "to"


class OnAuthorityForm(PageForm):
    """On whose authority, and why: both are kept, and shown wherever the date is."""

    authority = TextField(
        subject="on whose authority",
        label="Authority",
        max_length=300,
        help_text="Who decided it, and has the power to, such as the chair of the review group.",
    )
    reason = LongTextField(
        subject="the reason",
        label="Reason",
        rows=4,
        max_length=1000,
        help_text="Everybody who sees this deadline reads it: name no child.",
    )

    def to_check(self) -> list[tuple[str, str]]:
        """What was typed, in words, to be checked before it is recorded."""
        given = self.cleaned_data
        return [*self.said_first(), ("Authority", given["authority"]), ("Reason", given["reason"])]

    def said_first(self) -> list[tuple[str, str]]:
        return []


class TimedForm(OnAuthorityForm):
    """With the time from which it holds; at first the present."""

    happened = MomentField(subject="the date", in_past=True)
    words = "the date"
    label = "Date"
    field_order: tuple[str, ...] = ("happened", "authority", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["happened"]
        assert isinstance(field, MomentField)
        field.subject, field.label = self.words, self.label
        field.time_subject = self.words.replace("date", "time")
        self.initial.setdefault("happened", self.at)

    def happened_at(self) -> datetime:
        given: datetime = self.cleaned_data["happened"].at
        return given

    def said_first(self) -> list[tuple[str, str]]:
        return [(self.label, moment_in_words(self.happened_at().isoformat()))]


class PauseForm(TimedForm):
    words, label = "the date from which the clock is paused", "Start of the pause"


class ResumeForm(TimedForm):
    words, label = "the date from which the clock runs again", "End of the pause"


class RestartForm(TimedForm):
    words, label = "the date from which it is counted", "Start of the count"


class ExtendForm(TimedForm):
    """More time: a number of days of a kind, or until a day."""

    words, label = "the date on which it was decided", "Date of the decision"
    how = ChoiceField(
        subject="how the time is given",
        label="How is the time given?",
        choices=[
            ("wd", "So many working days"),
            ("d", "So many days, weekends and bank holidays too"),
            ("mo", "So many months"),
            (TO_A_DAY, "Until a day"),
        ],
    )
    count = WholeNumberField(
        subject="how many days or months",
        label="Number of days or months",
        least=1,
        most=999,
        required=False,
        help_text="Leave empty if it is extended until a day.",
    )
    to = DayField(
        subject="the day until which it is extended",
        label="New last day",
        required=False,
        help_text="If it is extended until a day: the last day in time. Leave empty if you gave a number.",
    )
    field_order = ("how", "count", "to", "happened", "authority", "reason")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        how = given.get("how")
        if how == TO_A_DAY and not given.get("to") and "to" not in self.errors:
            self.add_error("to", DayField.wrong("Enter the day until which it is extended", *DayField.boxes))
        if how and how != TO_A_DAY and not given.get("count") and "count" not in self.errors:
            self.add_error("count", f"Enter how many {UNITS[how]}s")
        return given

    def limit(self) -> Limit | date:
        given = self.cleaned_data
        day: date = given["to"]
        return day if given["how"] == TO_A_DAY else Limit(given["count"], given["how"])

    def said_first(self) -> list[tuple[str, str]]:
        limit = self.limit()
        words = f"until {day_in_words(limit)}" if isinstance(limit, date) else f"by {limit.words}"
        return [("Extended", words), *super().said_first()]


class ReRuleForm(TimedForm):
    """Another version of the rule, of those there are."""

    words, label = "the date on which it was decided", "Date of the decision"
    version = ChoiceField(subject="a version of the rule", label="Which version counts?", coerce=int)
    field_order = ("version", "happened", "authority", "reason")

    def __init__(self, *args: Any, versions: Sequence[RuleVersion] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_words = {one.pk: version_in_words(one) for one in versions}
        self.fields["version"].choices = list(self.in_words.items())  # type: ignore[attr-defined]

    def said_first(self) -> list[tuple[str, str]]:
        return [("Version", self.in_words[self.cleaned_data["version"]]), *super().said_first()]


def version_in_words(version: RuleVersion) -> str:
    """Its limit, from when it is in force, and on whose word: `15 working days, in force from ... (source)`."""
    until = f" to {day_in_words(version.valid_to)}" if version.valid_to else ""
    source = f"relaxed by {version.authority}" if version.is_relaxation else version.citation
    return f"{version.limit_in_words}, in force from {day_in_words(version.valid_from)}{until} ({source})"


class ReopenForm(TimedForm):
    """From when it runs again, and what becomes of the days between."""

    words, label = "the date from which the clock runs again", "Reopened on"
    between = ChoiceField(
        subject="what becomes of the days since it ended",
        label="What becomes of the days since it ended?",
        choices=[("count", "They count, as if it had never ended"), ("stop", "They do not count")],
    )
    field_order = ("happened", "between", "authority", "reason")

    def __init__(self, *args: Any, may_stop: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_stop:
            field = self.fields["between"]
            field.choices = [("count", "They count: the law does not let this clock stop")]  # type: ignore[attr-defined]
            self.initial.setdefault("between", "count")

    def said_first(self) -> list[tuple[str, str]]:
        choices = dict(self.fields["between"].choices)  # type: ignore[attr-defined]
        return [*super().said_first(), ("The days between", choices[self.cleaned_data["between"]])]


class UndoForm(OnAuthorityForm):
    """Nothing more: what is undone stands on the page."""
