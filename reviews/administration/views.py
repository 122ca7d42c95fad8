"""Looking after a partnership: who may, for which one, and its agencies."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from accounts.models import Agency, Partnership
from accounts.pages.views import FormPage, at
from reviews.administration.forms import AgencyForm, ChangeAgencyForm
from reviews.agencies import KINDS
from reviews.services import access, partnerships
from workflows.exceptions import WorkflowError
from workflows.showing import Shows


class Administration(View):
    """For those who hold the seat of a business manager or user administrator; for others there is no such page.

    Who looks after several partnerships says which with `?partnership=`; without it, the first by name.
    """

    shows = Shows.NOTHING
    """But a page that lists what a change would move, which says so itself."""
    request: HttpRequest
    administered: list[Partnership]
    partnership: Partnership
    title = ""
    section: tuple[str, str] | None = None
    """The words and the address of the list that this page belongs to."""

    def prepare(self) -> None:
        self.administered = partnerships.administered_by(self.request.user, at=at(self.request))  # type: ignore[arg-type]
        wanted = self.request.GET.get("partnership")
        found = [p for p in self.administered if wanted in (None, str(p.pk))]
        if not found:
            raise Http404
        self.partnership = found[0]

    def own(self, thing: Any) -> Any:
        """The thing, if it belongs to a partnership this person looks after, which becomes the page's; else 404."""
        found = [p for p in self.administered if thing is not None and p.pk == thing.partnership_id]
        if not found:
            raise Http404
        self.partnership = found[0]
        return thing

    def address(self, name: str, *args: Any) -> str:
        """The address of a page for the same partnership."""
        query = "?" + urlencode({"partnership": self.partnership.pk}) if len(self.administered) > 1 else ""
        return reverse(name, args=args) + query

    def runs(self) -> bool:
        """Whether this person is (also) the business manager here, who alone sets milestones."""
        run = access.partnerships_run_by(self.request.user, at=at(self.request))  # type: ignore[arg-type]
        return self.partnership in run

    def get_title(self) -> str:
        return self.title

    def everywhere(self) -> dict[str, Any]:
        """What every page here shows: which partnership, and the way back."""
        trail = [("Home", "/")]
        if not isinstance(self, Index):
            trail.append(("Administration", self.address("administration")))
        if self.section:
            trail.append((self.section[0], self.address(self.section[1])))
        return {
            "partnership": self.partnership,
            "administered": self.administered,
            "address": self.address,
            "breadcrumbs": [{"text": text, "href": href} for text, href in trail]
            + [{"text": self.get_title()}],
        }


class AdministrationPage(Administration):
    """Something to read."""

    http_method_names = ["get", "head", "options"]
    template_name = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.prepare()
        given = {"title": self.get_title(), **self.everywhere(), **self.shown()}
        return render(request, self.template_name, given)

    def shown(self) -> dict[str, Any]:
        """What is particular to this page."""
        return {}


class AdministrationForm(Administration, FormPage):
    """Something to do; what the services refuse is said above the form."""

    template_name = "administration/form.html"
    refusals: tuple[type[Exception], ...] = (WorkflowError,)
    submit = "Save"
    section: tuple[str, str]

    def context(self, form: Any) -> dict[str, Any]:
        return {**self.everywhere(), "cancel_url": self.address(self.section[1])}

    def acting(self) -> dict[str, Any]:
        """Who acts, and when: what every service wants."""
        return {"by": self.request.user, "at": self.at}

    def come_back(self, words: str) -> str:
        """Say what was done, and go to the list."""
        messages.success(self.request, words)
        return self.address(self.section[1])


class Index(AdministrationPage):
    """The partnership, and the ways to what can be changed."""

    template_name = "administration/index.html"
    title = "Administration"

    def shown(self) -> dict[str, Any]:
        partners = self.partnership.agencies.filter(is_safeguarding_partner=True, is_active=True)
        return {"partners": list(partners), "runs": self.runs()}


# ---- Agencies --------------------------------------------------------------------------------
AGENCIES = ("Agencies", "agency-list")


class AgencyList(AdministrationPage):
    template_name = "administration/agencies.html"
    title = "Agencies"

    def shown(self) -> dict[str, Any]:
        return {"agencies": list(self.partnership.agencies.order_by("-is_active", "name")), "kinds": KINDS}


class AddAgency(AdministrationForm):
    title = "Add an agency"
    section = AGENCIES
    form_class = AgencyForm
    submit = "Add agency"

    def act(self, form: AgencyForm) -> str:
        agency = partnerships.add_agency(self.partnership, **form.cleaned_data, **self.acting())
        return self.come_back(f"{agency.name} is an agency of this partnership now.")


class EditAgency(AdministrationForm):
    section = AGENCIES
    form_class = ChangeAgencyForm
    agency: Agency

    def prepare(self) -> None:
        super().prepare()
        self.agency = self.own(Agency.objects.filter(pk=self.kwargs["pk"]).first())

    def get_title(self) -> str:
        return f"Change {self.agency.name}"

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.agency, name) for name in ChangeAgencyForm.base_fields}

    def act(self, form: ChangeAgencyForm) -> str:
        agency = partnerships.change_agency(self.agency, **form.cleaned_data, **self.acting())
        return self.come_back(f"What is known of {agency.name} was changed.")
