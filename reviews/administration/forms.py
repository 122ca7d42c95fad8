"""What is asked on the pages of administration. Parses and validates; decides nothing."""

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator

from accounts.models import AGENCY_ROLES, Agency, Role, User
from accounts.pages import fields
from accounts.pages.forms import PageForm
from reviews.agencies import KINDS
from workflows.models import RuleVersion
from workflows.rules import UNITS

PARTNERSHIP_ROLES = tuple(role for role in Role if role not in (*AGENCY_ROLES, Role.PANEL))
LONGEST_DAYS = 731
"""A milestone further off than two years is a slip of the hand, and would count past the end of the calendar."""

_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9(][0-9 ()-]{4,28}( ?(extension|ext\.?|x) ?[0-9]{1,6})?", re.IGNORECASE)
_DAYS_IN = {"wd": 7 / 5, "d": 1, "w": 7, "mo": 31}


class PhoneForm(PageForm):
    """A number to ring somebody at."""

    phone = fields.TextField(
        subject="the telephone number",
        label="Telephone number",
        help_text="To ring about a return; it stands on the phone list. Leave it empty if it is no longer right.",
        required=False,
        max_length=40,
    )

    def clean_phone(self) -> str:
        number = str(self.cleaned_data["phone"])
        if number and not _PHONE.fullmatch(number):
            raise ValidationError(
                "Enter a telephone number, like 01632 960 001 or 01632 960 001 extension 12"
            )
        return number


class AgencyForm(PhoneForm):
    """A body that may hold records about a family."""

    name = fields.TextField(subject="the name of the agency", label="Name", max_length=200)
    kind = fields.ChoiceField(
        subject="what kind of agency it is",
        label="What kind of agency is it?",
        choices=[("", "Select a kind"), *KINDS.items()],
        is_dropdown=True,
    )
    email_domain = fields.TextField(
        subject="the end of its work addresses",
        label="What do its work addresses end in?",
        help_text="For example, police.example. Only such addresses can then be given a seat here.",
        required=False,
    )
    phone = fields.TextField(
        subject="its telephone number",
        label="Telephone number",
        help_text="To ring about a return: its safeguarding team, for example. It stands on the phone list.",
        required=False,
        max_length=40,
    )
    field_order: tuple[str, ...] = ("name", "kind", "email_domain", "phone")
    is_safeguarding_partner = fields.YesNoField(
        subject="it is a safeguarding partner",
        label="Is it one of the safeguarding partners?",
        help_text="They see every case under way, and each signs every decision.",
    )
    is_asked_first = fields.YesNoField(
        subject="it is usually asked for a return",
        label="Is it usually asked for a return?",
        help_text="It is then at the top of the list when agencies are asked.",
    )

    def clean_email_domain(self) -> str:
        domain = str(self.cleaned_data["email_domain"]).removeprefix("@").lower()
        if domain and not _DOMAIN.fullmatch(domain):
            raise ValidationError("Enter what follows the @ in its work addresses, like police.example")
        return domain


class ChangeAgencyForm(AgencyForm):
    """The same of an agency that is there, and whether it still takes part."""

    is_active = fields.YesNoField(
        subject="it still takes part",
        label="Does it still take part?",
        help_text="If not, it is asked for nothing new. What it has returned stays.",
    )


class PersonForm(PageForm):
    """A person and a seat for them."""

    role = fields.ChoiceField(
        subject="what they do",
        label="What do they do?",
        choices=[(str(role), role.label) for role in (*PARTNERSHIP_ROLES, *AGENCY_ROLES)],
        hints={str(role): "For one agency" for role in AGENCY_ROLES},
        coerce=Role,
    )
    agency = fields.ChoiceField(
        subject="the agency they act for",
        label="Which agency do they act for?",
        help_text="Leave this empty if they act for the whole partnership.",
        is_dropdown=True,
        required=False,
    )
    email = fields.EmailField(
        subject="their work email address", label="Work email address", autocomplete="off"
    )
    full_name = fields.TextField(subject="their full name", label="Full name", max_length=200)

    def __init__(self, *args: Any, agencies: Sequence[Agency], **kwargs: Any) -> None:
        self.agencies = {str(agency.pk): agency for agency in agencies}
        super().__init__(*args, **kwargs)
        named = [(key, agency.name) for key, agency in self.agencies.items()]
        agency_field = self.fields["agency"]
        assert isinstance(agency_field, fields.ChoiceField)
        agency_field.choices = [("", "None: the whole partnership"), *named]
        agency_field.coerce = self.agencies.__getitem__

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "role" in given and "agency" in given:
            if given["role"] in AGENCY_ROLES and given["agency"] is None:
                self.add_error("agency", "Select the agency they act for")
            if given["role"] not in AGENCY_ROLES and given["agency"] is not None:
                self.add_error(
                    "agency", f"Leave the agency empty: {given['role'].label} is for the whole partnership"
                )
        return given


class RemovePersonForm(PageForm):
    """From when somebody no longer holds a seat."""

    last_day = fields.DayField(
        subject="their last day",
        label="Last day",
        help_text="They can use the service until the end of that day. For example, 27 3 2026.",
    )


def _first_day(form: Any) -> date | None:
    found: date | None = form.cleaned_data.get("starts_on")
    return found


class DeputyForm(PageForm):
    """Leave cover."""

    person = fields.ChoiceField(subject="who is away", label="Who is away?", is_dropdown=True)
    deputy = fields.ChoiceField(
        subject="who stands in for them",
        label="Who stands in for them?",
        help_text="They can see and do all that the other can, and are told the same.",
        is_dropdown=True,
    )
    starts_on = fields.DayField(subject="the first day", label="First day")
    ends_on = fields.DayField(
        subject="the last day", label="Last day", in_future=True, not_before=(_first_day, "")
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {str(person.pk): person for person in people}
        for name in ("person", "deputy"):
            field = self.fields[name]
            assert isinstance(field, fields.ChoiceField)
            named = [(key, f"{person.full_name} ({person.email})") for key, person in known.items()]
            field.choices = [("", "Select a person"), *named]
            field.coerce = known.__getitem__

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("person") and given.get("person") == given.get("deputy"):
            self.add_error("deputy", "Select somebody else: nobody can stand in for themselves")
        return given


def _must_not_reach_too_far(form: PageForm) -> None:
    """Say so on the form when its limit is longer than two years."""
    given = form.cleaned_data
    if given.get("count") and given.get("unit") and given["count"] * _DAYS_IN[given["unit"]] > LONGEST_DAYS:
        form.add_error("count", "Limit must be two years or less")


class MilestoneForm(PageForm):
    """A new limit, and from when it counts."""

    count = fields.WholeNumberField(subject="the limit", label="Limit", least=1, most=LONGEST_DAYS)
    unit = fields.ChoiceField(
        subject="what it is counted in",
        label="Counted in",
        choices=[(unit, f"{words}s".capitalize()) for unit, words in UNITS.items()],
    )
    roll = fields.ChoiceField(
        subject="what happens on a day off",
        label="If the last day is not a working day",
        choices=[
            ("", "It stays that day"),
            ("next", "The next working day"),
            ("before", "The working day before"),
        ],
        is_dropdown=True,
        required=False,
    )
    repeats = fields.TickField(
        subject="that it comes again",
        label="It comes again, so long after its start, each time it is met",
        required=False,
    )
    cut_off = fields.TextField(
        subject="the cut-off",
        label="Cut-off",
        help_text="A time such as 17:00. What happens then or later counts as of the next day. "
        "Without one the hour makes no difference.",
        max_length=20,
        width="govuk-input--width-5",
        required=False,
    )
    valid_from = fields.DayField(
        subject="the day from which it counts", label="First day it counts", in_future=True
    )

    def __init__(self, *args: Any, is_planned_back: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_planned_back:  # the day it counts from is no event: it comes at no hour, and not again
            del self.fields["repeats"], self.fields["cut_off"]
            self.fields["count"].label = "How long before"

    def clean_cut_off(self) -> time | None:
        return fields.MomentField(subject="the cut-off", label="Cut-off").read_time(
            self.cleaned_data["cut_off"]
        )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        _must_not_reach_too_far(self)
        if given.get("unit") == "wd" and given.get("roll"):
            self.add_error("roll", "Select “It stays that day”: working days end on a working day")
        return given


class RelaxForm(PageForm):
    """Another limit for a statutory rule, and for which days."""

    rule = fields.ChoiceField(subject="the rule", label="Which rule?", is_dropdown=True)
    count = fields.WholeNumberField(subject="the limit", label="Limit meanwhile", least=1, most=LONGEST_DAYS)
    unit = fields.ChoiceField(
        subject="what it is counted in",
        label="Counted in",
        choices=[(unit, f"{words}s".capitalize()) for unit, words in UNITS.items()],
    )
    valid_from = fields.DayField(
        subject="the first day", label="First day", help_text="Clocks that start on it get the other limit."
    )
    valid_to = fields.DayField(
        subject="the last day",
        label="Last day",
        not_before=(lambda form: form.cleaned_data.get("valid_from"), ""),
    )

    def __init__(self, *args: Any, rules: Sequence[RuleVersion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, fields.ChoiceField)
        named = [(rule.code, f"{rule.name} ({rule.limit_in_words})") for rule in rules]
        field.choices = [("", "Select a rule"), *named]

    def clean(self) -> dict[str, Any]:
        _must_not_reach_too_far(self)
        return self.cleaned_data


ONLY_NEW, THESE_TOO = "new", "these"


class ConfirmForm(PageForm):
    """Whether a changed limit counts for the deadlines that run already."""

    which = fields.ChoiceField(
        subject="what it counts for",
        label="What does it count for?",
        choices=[
            (ONLY_NEW, "Only new ones: what runs already keeps its limit"),
            (THESE_TOO, "These too, for the reason below"),
        ],
    )
    reason = fields.LongTextField(
        subject="the reason",
        label="Why",
        help_text="Needed if these are moved too. It stands in the proof of each: name no child.",
        max_length=1000,
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("which") == THESE_TOO and not given.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Enter the reason why they are moved")
        return given


class ConfirmRelaxationForm(ConfirmForm):
    """On whose authority a rule is relaxed, and why."""

    authority = fields.TextField(
        subject="the authority",
        label="On whose authority?",
        help_text="Who allowed it, where and when. For example, the Panel’s letter of 30 March 2020.",
        max_length=300,
    )
    reason = fields.LongTextField(
        subject="the reason",
        label="Why",
        help_text="Everybody in the partnership can read it in the rule book: name no child.",
        max_length=1000,
    )
    field_order = ("authority", "reason", "which")


class EndRelaxationForm(PageForm):
    """From when a rule counts again as it stands."""

    last_day = fields.DayField(subject="the last day", label="Last day of the relaxation", in_future=True)


class HolidayListForm(PageForm):
    """A list of bank holidays, as a file."""

    list = forms.FileField(
        label="List of bank holidays",
        help_text="The JSON file of gov.uk, less than 1 MB.",
        validators=[
            FileExtensionValidator(["json"], "Select the JSON file of gov.uk: its name ends in .json")
        ],
        error_messages={
            "required": "Select the file with the list of bank holidays",
            "empty": "The file is empty: select the JSON file of gov.uk",
        },
    )
    published_on = fields.DayField(
        subject="the day you fetched it", label="When did you fetch it from gov.uk?", in_past=True
    )
    reason = fields.TextField(
        subject="why the list is changed",
        label="Why is the list changed?",
        help_text="Every deadline that moves shows it. For example, gov.uk published 2029.",
        max_length=300,
    )


class HolidayForm(PageForm):
    """One day, added or taken away by hand."""

    verb = fields.ChoiceField(
        subject="what changes",
        label="What changes?",
        choices=[("add", "A bank holiday is added"), ("remove", "A day is no longer a bank holiday")],
    )
    day = fields.DayField(subject="the day", label="Which day?", help_text="For example, 19 9 2022.")
    name = fields.TextField(
        subject="what the day is called",
        label="What is it called?",
        help_text="Needed for a day that is added.",
        required=False,
        max_length=100,
    )
    source = fields.TextField(
        subject="where it is proclaimed",
        label="Where is it proclaimed or announced?",
        help_text="For example, London Gazette of 11 September 2022.",
        max_length=150,
    )
    reason = fields.TextField(
        subject="why it cannot wait for gov.uk",
        label="Why can it not wait for the list of gov.uk?",
        help_text="Every deadline that moves shows it.",
        max_length=300,
    )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("verb") == "add" and "name" in given and not given["name"]:
            self.add_error("name", "Enter what the day is called")
        return given
