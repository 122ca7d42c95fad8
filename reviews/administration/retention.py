"""Looking after a partnership: how long what is kept there, from where that comes, and from when it counts."""

from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.pages import fields
from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import at
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.models import RetentionRule
from reviews.retention import CLASSES, DISPOSED_HERE, NEVER, TRIGGERS
from reviews.services import schedules
from workflows.calendars import local_date
from workflows.countdown import day_in_words

SCHEDULE = ("How long records are kept", "retention-schedule")


class Schedule(AdministrationPage):
    """Every class with the rules in force or to come; without any, what is proposed."""

    template_name = "administration/retention.html"
    title = "How long records are kept"

    def shown(self) -> dict[str, Any]:
        today = local_date(at(self.request))
        rules = RetentionRule.objects.filter(partnership=self.partnership).select_related("recorded_by")
        lines = {code: [r for r in rules if r.record_class == code and not (r.valid_to and r.valid_to < today)]
                 for code in CLASSES}  # fmt: skip
        return {
            "classes": CLASSES,
            "lines": lines,
            "disposed_here": DISPOSED_HERE,
            "proposed": schedules.not_adopted(self.partnership),
            "today": today,
            "runs": self.runs(),
        }


class OfSchedule(StepUp, AdministrationForm):
    """For the business manager alone. A user administrator may read the schedule, and is refused here."""

    section = SCHEDULE

    def prepare(self) -> None:
        super().prepare()
        self.find()
        if not self.runs():
            raise PermissionDenied

    def find(self) -> None:
        """What the page is about, if it is about one: what is another partnership's is not there, whoever asks."""


class Adopt(OfSchedule):
    title = "Take the proposed schedule"
    submit = "Take it from today"
    lead = (
        "There is no national rule. What is proposed comes from what other partnerships do, with its sources; have "
        "your records manager or legal adviser read it first. You can change each line afterwards."
    )

    def act(self, form: Any) -> str:
        taken = schedules.adopt_proposal(self.partnership, **self.acting())
        return self.come_back(f"{len(taken)} rules count from today.")


class RuleForm(PageForm):
    """How long a class is kept, from what, and where that comes from."""

    record_class = fields.ChoiceField(
        subject="what is kept",
        label="What is kept?",
        choices=[(code, name) for code, (name, _) in CLASSES.items()],
    )
    trigger = fields.ChoiceField(
        subject="what the years are counted from",
        label="From what are the years counted?",
        choices=[(code, words[:1].upper() + words[1:]) for code, words in TRIGGERS.items()],
    )
    years = fields.WholeNumberField(
        subject="how many years",
        label="How many years?",
        help_text="Leave this empty if it is kept without end.",
        least=0,
        most=200,
        required=False,
    )
    citation = fields.TextField(
        subject="where it comes from", label="Where does that come from?", max_length=500, required=False
    )
    reason = fields.LongTextField(
        subject="the reason", label="Why is it so?", rows=3, max_length=1000, required=False
    )
    valid_from = fields.DayField(
        subject="the first day on which it counts",
        label="From which day does it count?",
        help_text="Today or later. A rule like it that is in force ends the day before.",
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if {"citation", "reason"} <= given.keys() and not given["citation"] and not given["reason"]:
            self.add_error("reason", "Enter where the span comes from, or why it is so")
        if {"trigger", "years"} <= given.keys():
            if given["trigger"] == NEVER and given["years"] is not None:
                self.add_error("years", "Leave the years empty: it is kept without end")
            if given["trigger"] != NEVER and given["years"] is None:
                self.add_error("years", "Enter how many years")
        return given


class AddRule(OfSchedule):
    title = "Set a rule"
    form_class = RuleForm
    submit = "Set the rule"
    lead = "The longest of the rules of a class counts. What is in force on the day of a review is what it goes by."

    def initial(self) -> dict[str, Any]:
        return {"valid_from": local_date(self.at)}

    def place_of(self, refusal: Exception) -> str | None:
        about = getattr(refusal, "about", "")
        return about if about in RuleForm.base_fields else None

    def act(self, form: RuleForm) -> str:
        rule = schedules.set_rule(self.partnership, **form.cleaned_data, **self.acting())
        return self.come_back(
            f"{CLASSES[rule.record_class][0]}: {rule.as_kept.words}, from {day_in_words(rule.valid_from)}."
        )


class EndRuleForm(PageForm):
    last_day = fields.DayField(
        subject="its last day", label="Last day", help_text="It counts until the end of that day."
    )


class EndRule(OfSchedule):
    title = "End a rule"
    form_class = EndRuleForm
    submit = "Set its last day"
    rule: RetentionRule

    def find(self) -> None:
        self.rule = self.own(RetentionRule.objects.filter(pk=self.kwargs["pk"]).first())

    def initial(self) -> dict[str, Any]:
        return {"last_day": local_date(self.at)}

    def place_of(self, refusal: Exception) -> str | None:
        return "last_day" if getattr(refusal, "about", "") == "last_day" else None

    def context(self, form: Any) -> dict[str, Any]:
        name = CLASSES[self.rule.record_class][0]
        lead = f"{name}: {self.rule.as_kept.words}. A class without any rule is kept."
        return {**super().context(form), "lead": lead}

    def act(self, form: Any) -> str:
        schedules.end_rule(self.rule, last_day=form.cleaned_data["last_day"], **self.acting())
        return self.come_back(
            f"The rule counts until the end of {day_in_words(form.cleaned_data['last_day'])}."
        )
