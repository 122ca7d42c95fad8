"""Looking after a partnership: who holds which seat, and who stands in for whom."""

from typing import Any

from django.db.models import F, Prefetch, Q

from accounts.models import AGENCY_ROLES, Deputy, Membership, Role, Seat, User
from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import at
from accounts.services import seat_for
from reviews.administration.forms import DeputyForm, PersonForm, PhoneForm, RemovePersonForm
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.services import partnerships
from workflows.calendars import local_date
from workflows.countdown import day_in_words

PEOPLE = ("People", "people-list")
ORDER = {role: place for place, role in enumerate(Role)}


def _is_wanted(seat: Seat) -> bool:
    """Whether it would be a gap if nobody held the seat: partners' seats are, where the agency is a partner."""
    if seat.agency is None:
        return True
    is_for_partners = seat.role in (Role.DELEGATED_PARTNER, Role.LEAD_PARTNER)
    return seat.agency.is_active and (seat.agency.is_safeguarding_partner or not is_for_partners)


class PeopleList(AdministrationPage):
    """Every seat of the partnership, with those who hold it now or will; empty ones too, since they are gaps."""

    template_name = "administration/people.html"
    title = "People"

    def shown(self) -> dict[str, Any]:
        today = local_date(at(self.request))
        held = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gte=today)).select_related("user")
        seats = (
            Seat.objects.filter(partnership=self.partnership)
            .select_related("agency")
            .prefetch_related(Prefetch("memberships", held.order_by("user__full_name"), to_attr="held"))
        )
        cover = partnerships.cover_in([self.partnership]).filter(ends_on__gte=today)
        listed = [seat for seat in seats if seat.held or _is_wanted(seat)]
        listed.sort(
            key=lambda seat: (seat.agency.name.lower() if seat.agency else "", ORDER[Role(seat.role)])
        )
        return {
            "whole": [seat for seat in listed if seat.agency is None],
            "of_agencies": [seat for seat in listed if seat.agency is not None],
            "cover": list(cover),
            "today": today,
        }


class AddPerson(StepUp, AdministrationForm):
    """A new account is made for an address that has none. How to begin goes by mail to the person alone."""

    title = "Add a person"
    section = PEOPLE
    form_class = PersonForm
    submit = "Add person"
    lead = (
        "How to begin is mailed to them, and to nobody else. If they have an account already, they keep its name and "
        "password."
    )

    def form_arguments(self) -> dict[str, Any]:
        return {"agencies": self.partnership.agencies.filter(is_active=True)}

    def act(self, form: PersonForm) -> str:
        given = form.cleaned_data
        role = given["role"]
        seat = (
            seat_for(role, agency=given["agency"])
            if role in AGENCY_ROLES
            else seat_for(role, partnership=self.partnership)
        )
        user = partnerships.add_person(
            seat, email=given["email"], full_name=given["full_name"], **self.acting()
        )
        # By the address alone: the name belongs to an account that perhaps only others know.
        held = seat.memberships.get(user=user)
        until = f", until {day_in_words(held.ends_on)}" if held.ends_on else ""
        return self.come_back(
            f"{user.email} holds the seat now{until}: {seat}. A mail tells them how to begin."
        )


class OnMembership(AdministrationForm):
    """About one person in one seat of the partnership."""

    section = PEOPLE
    membership: Membership

    def prepare(self) -> None:
        super().prepare()
        found = (
            Membership.objects.filter(pk=self.kwargs["pk"])
            .select_related("user", "seat__agency", "seat__partnership")
            .annotate(partnership_id=F("seat__partnership"))
            .first()
        )
        self.membership = self.own(found)


class ChangePhone(OnMembership):
    """The number at which somebody is rung as who holds a seat."""

    form_class = PhoneForm

    def get_title(self) -> str:
        return f"Telephone number of {self.membership.user.full_name}"

    def initial(self) -> dict[str, Any]:
        return {"phone": self.membership.phone}

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "lead": f"In the seat: {self.membership.seat}."}

    def act(self, form: PhoneForm) -> str:
        phone = form.cleaned_data["phone"]
        partnerships.set_phone(self.membership, phone, **self.acting())
        name = self.membership.user.full_name
        return self.come_back(
            f"The number of {name} is {phone} now." if phone else f"{name} has no number now."
        )


class RemovePerson(StepUp, OnMembership):
    form_class = RemovePersonForm
    submit = "Remove person"

    def get_title(self) -> str:
        return f"Remove {self.membership.user.full_name}"

    def initial(self) -> dict[str, Any]:
        return {"last_day": self.membership.ends_on or local_date(self.at)}

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "lead": f"From the seat: {self.membership.seat}."}

    def act(self, form: RemovePersonForm) -> str:
        last_day = form.cleaned_data["last_day"]
        partnerships.remove_person(self.membership, on=last_day, **self.acting())
        name = self.membership.user.full_name
        return self.come_back(f"{name} leaves the seat at the end of {last_day:%-d %B %Y}.")


class AddDeputy(StepUp, AdministrationForm):
    title = "Arrange leave cover"
    section = PEOPLE
    form_class = DeputyForm
    submit = "Arrange cover"

    def people(self) -> list[User]:
        return partnerships.people_of(self.partnership, on=local_date(self.at))

    def form_arguments(self) -> dict[str, Any]:
        return {"people": self.people()}

    def initial(self) -> dict[str, Any]:
        return {"starts_on": local_date(self.at)}

    def act(self, form: DeputyForm) -> str:
        cover = partnerships.appoint_deputy(self.partnership, **form.cleaned_data, **self.acting())
        return self.come_back(
            f"{cover.deputy.full_name} stands in for {cover.person.full_name} "
            f"from {cover.starts_on:%-d %B %Y} to {cover.ends_on:%-d %B %Y}."
        )


class EndDeputy(AdministrationForm):
    """Leave cover ends early: somebody came back, or the wrong person stands in."""

    section = PEOPLE
    form_class = PageForm
    submit = "End cover now"
    cover: Deputy

    def prepare(self) -> None:
        super().prepare()
        not_over = partnerships.cover_in(self.administered).filter(ends_on__gte=local_date(self.at))
        self.cover = self.own(not_over.filter(pk=self.kwargs["pk"]).first())

    def get_title(self) -> str:
        return f"End leave cover for {self.cover.person.full_name}"

    def context(self, form: Any) -> dict[str, Any]:
        words = (
            f"{self.cover.deputy.full_name} stands in from {self.cover.starts_on:%-d %B %Y} to "
            f"{self.cover.ends_on:%-d %B %Y}. If you end it, they see and do nothing more for them, from now on."
        )
        return {**super().context(form), "lead": words}

    def act(self, form: PageForm) -> str:
        deputy, person = self.cover.deputy.full_name, self.cover.person.full_name
        partnerships.end_cover(self.partnership, self.cover, **self.acting())
        return self.come_back(f"{deputy} no longer stands in for {person}.")
