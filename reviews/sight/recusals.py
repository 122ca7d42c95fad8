"""Declaring an interest, answering it, recording a recusal, lifting it."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from accounts.pages.views import signed_in
from reviews.interests import INTERESTS_OF_ANOTHER
from reviews.services import recusals
from reviews.sight import forms
from reviews.views.base import SubjectPage
from workflows.models import Interest, Recusal


class DeclareInterest(SubjectPage):
    """A person says that something stands between them and this case."""

    title, submit = "Declare an interest", "Declare it"
    lead = (
        "Declare anything that others might think affects your part in this case, before you read more of it."
    )
    form_class = forms.InterestForm

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        recusals.declare_interest(self.subject, **given, **self.acting())
        if not given["steps_back"]:
            return self.come_back(
                "Your interest was declared. The business manager decides whether you take part."
            )
        messages.success(
            self.request, f"You stepped back from {self.subject.chain.code}. You see nothing more of it."
        )
        return reverse("home")


class AnswerInterest(SubjectPage):
    title, submit, done = "Answer a declared interest", "Record the answer", "The answer was recorded."
    permission, form_class = recusals.MAY_RECUSE, forms.AnswerForm
    interest: Interest

    def prepare(self) -> None:
        super().prepare()
        open_ones = self.subject.interests.unanswered().select_related("person")
        found = open_ones.filter(pk=self.kwargs["interest"]).exclude(person=signed_in(self.request)).first()
        if found is None:
            raise Http404
        self.interest = found

    def context(self, form: Any) -> dict[str, Any]:
        one = self.interest
        said = f" {one.words}" if one.words else ""
        return {
            **super().context(form),
            "lead": f"{one.person.full_name} declared: {INTERESTS_OF_ANOTHER.get(one.kind, one.kind).lower()}.{said}",
        }

    def act(self, form: Any) -> str:
        recusals.answer_interest(self.interest, **form.cleaned_data, **self.acting())
        return self.come_back()


class Recuse(SubjectPage):
    title, submit = "Record a recusal", "Record the recusal"
    lead = (
        "From then on they see nothing of the case, its returns and its record, and are told nothing; "
        "nobody can do anything there in their place."
    )
    permission, form_class = recusals.MAY_RECUSE, forms.RecuseForm

    def form_arguments(self) -> dict[str, Any]:
        return {"people": recusals.can_be_recused(self.subject, at=self.at)}

    def act(self, form: forms.RecuseForm) -> str:
        given = form.cleaned_data
        recusals.recuse(
            self.subject, form.chosen, kind=given["kind"], reason=given["reason"], **self.acting()
        )
        words = f"{form.chosen.full_name} takes no part in {self.subject.code} from now on."
        if form.chosen == signed_in(self.request):
            messages.success(self.request, words)
            return reverse("home")
        return self.come_back(f"{words} Tell them: they get no mail about it.")


class LiftRecusal(SubjectPage):
    title, submit = "Lift a recusal", "Lift it"
    permission, form_class = recusals.MAY_RECUSE, forms.LiftForm
    recusal: Recusal

    def prepare(self) -> None:
        super().prepare()
        held = self.subject.recusals.in_force().select_related("person")
        found = held.filter(pk=self.kwargs["recusal"]).first()
        if found is None:
            raise Http404
        self.recusal = found

    def context(self, form: Any) -> dict[str, Any]:
        name = self.recusal.person.full_name
        return {
            **super().context(form),
            "lead": f"{name} will see this case again, and take part in it. The record that they were recused is kept.",
        }

    def act(self, form: Any) -> str:
        recusals.lift_recusal(self.recusal, **form.cleaned_data, **self.acting())
        return self.come_back(f"{self.recusal.person.full_name} takes part again.")
