"""Addresses that only the tests of the pages have."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from accounts.models import Partnership
from accounts.pages import fields
from accounts.pages.forms import PageForm
from accounts.pages.views import FormPage

__all__ = ["Http404"]


class Refused(Exception):
    """Stands for the refusals of a higher package."""


class PartnershipForm(PageForm):
    name = fields.TextField(subject="the name of the partnership")
    account = fields.LongTextField(subject="what happened", label="What happened", required=False)


class AddPartnership(FormPage):
    shows = "nothing"
    title = "Add a partnership"
    form_class = PartnershipForm
    refusals = (Refused,)

    def act(self, form: PartnershipForm) -> str:
        partnership = Partnership.objects.create(name=form.cleaned_data["name"], reference_prefix="X")
        if partnership.name == "Refuse me":
            raise Refused("Cannot add Refuse me: it is refused.")
        return f"/partnerships/{partnership.pk}/"


class EveryFieldForm(PageForm):
    name = fields.TextField(subject="the child's name", help_text="As it is in the record.")
    account = fields.LongTextField(subject="what happened", label="What happened")
    email = fields.EmailField(subject="your email address")
    happened_on = fields.DayField(subject="the date of the incident", label="Date of incident", in_past=True)
    known_at = fields.MomentField(
        subject="the date you became aware",
        label="When you became aware",
        in_past=True,
        is_time_required=False,
    )
    kind = fields.ChoiceField(
        subject="what kind of case it is",
        choices=[("death", "Death"), ("harm", "Serious harm")],
        hints={"harm": "Physical or mental"},
    )
    agencies = fields.ChoicesField(
        subject="the agencies", choices=[("1", "Health"), ("2", "Police"), ("3", "School")]
    )
    area = fields.ChoiceField(
        subject="an area", choices=[("", "Select an area"), ("n", "North"), ("s", "South")], is_dropdown=True
    )
    is_in_care = fields.YesNoField(subject="the child was in care", label="Was the child in care?")
    children = fields.WholeNumberField(subject="the number of children", least=1, most=20)
    is_checked = fields.TickField(subject="that you checked the answers", label="I have checked the answers")
    note = fields.TextField(subject="a note", required=False)


class EveryField(FormPage):
    shows = "nothing"
    title = "Every kind of question"
    lead = "Shown so that they can be looked at.\n\nAll at once."
    form_class = EveryFieldForm
    submit = "Save and continue"

    def act(self, form: EveryFieldForm) -> str:
        return "/"


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html")


home.shows = "nothing"  # type: ignore[attr-defined]


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("", home, name="home"),
    path("cases/", home, name="case-list"),
    path("add/", AddPartnership.as_view(), name="add"),
    path("every-field/", EveryField.as_view(), name="every-field"),
    path("broken/", broken),
    path("", include("accounts.urls")),
]
handler400 = "accounts.pages.errors.bad_request"
handler403 = "accounts.pages.errors.forbidden"
handler404 = "accounts.pages.errors.not_found"
handler500 = "accounts.pages.errors.server_error"
