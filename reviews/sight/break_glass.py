"""Break-glass: asking to see a case, answering that, ending it, and looking at it after."""

from typing import Any

from django.contrib import messages
from django.http import Http404
from django.urls import reverse

from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import FormPage, signed_in
from reviews.interests import EMERGENCIES
from reviews.services import break_glass
from reviews.services.access import MAY_OVERSEE
from reviews.sight import forms
from reviews.views.base import SubjectPage
from workflows.countdown import moment_in_words
from workflows.exceptions import WorkflowError
from workflows.models import BreakGlass
from workflows.showing import Shows, note_listed


class AskToSee(StepUp, FormPage):
    """Anybody who is signed in may ask. The answer to a code is the same, whether there is such a case or not."""

    shows = Shows.LIST
    title, submit = "Ask to see a case in an emergency", "Ask"
    lead = (
        "For a case that you cannot see, and must. Somebody else decides. You then see it for 60 minutes; all you "
        "open is recorded, its business manager and chair are told, and somebody looks at it afterwards."
    )
    template_name = "reviews/break_glass.html"
    form_class = forms.AskToSeeForm
    refusals = (WorkflowError,)

    def context(self, form: Any) -> dict[str, Any]:
        open_now = break_glass.open_to(signed_in(self.request), at=self.at)
        note_listed(self.request, "reviews.case", (one.case.code for one in open_now))
        return {"open_now": open_now}

    def act(self, form: Any) -> str:
        break_glass.ask_to_see(**form.cleaned_data, by=signed_in(self.request), at=self.at)
        messages.success(
            self.request,
            "If there is such a case, those who decide were told. You get a notice when it is open to you: until then "
            "phone its business manager.",
        )
        return reverse("break-glass")


class OnOne(SubjectPage):
    """A page about one request or opening of the case."""

    permission = break_glass.MAY_OPEN
    it: BreakGlass

    def prepare(self) -> None:
        super().prepare()
        found = self.subject.break_glass.select_related("person", "seconded_by", "opened_by")
        it = found.filter(pk=self.kwargs["number"]).first()
        if it is None or not self.is_for_me(it):
            raise Http404
        self.it = it

    def is_for_me(self, it: BreakGlass) -> bool:
        return it.person != signed_in(self.request)

    def context(self, form: Any) -> dict[str, Any]:
        why = EMERGENCIES.get(self.it.kind, self.it.kind)
        who, asked_at = self.it.person, moment_in_words(self.it.asked_at)
        lead = (
            f"{who.full_name} ({who.email}) asked on {asked_at}: {why[:1].lower()}{why[1:]}. {self.it.words}"
        )
        return {**super().context(form), "lead": lead}


class Answer(StepUp, OnOne):
    title, submit = "Answer a request to see this case", "Record the answer"
    form_class = forms.AnswerRequestForm

    def act(self, form: Any) -> str:
        answered = break_glass.answer(self.it, **form.cleaned_data, **self.acting())
        if answered.opened_at is not None:
            return self.come_back(f"{self.it.person.full_name} sees this case for 60 minutes.")
        if form.cleaned_data["agrees"]:
            return self.come_back(
                "You have agreed. They are from outside: a second person has to agree, too."
            )
        return self.come_back("They do not see it.")


class End(OnOne):
    """Whoever may open it may end it; so may its user."""

    title, submit = "End emergency access", "End it now"
    permission, form_class = "", PageForm

    def is_for_me(self, it: BreakGlass) -> bool:
        return it.person == signed_in(self.request) or break_glass.MAY_OPEN in self.held

    def act(self, form: Any) -> str:
        break_glass.end(self.it, **self.acting())
        if self.it.person == signed_in(self.request):
            messages.success(self.request, "You see the case no more.")
            return reverse("home")
        return self.come_back(f"{self.it.person.full_name} sees this case no more.")


class Review(OnOne):
    title, submit, done = "Look at an emergency access", "Close it", "It is closed, with what you found."
    form_class = forms.ReviewForm

    def context(self, form: Any) -> dict[str, Any]:
        given = super().context(form)
        if self.it.opened_at and self.it.until:
            ended = self.it.ended_at or self.it.until
            given["lead"] += (
                f" It was open from {moment_in_words(self.it.opened_at)} to {moment_in_words(ended)}."
            )
            if MAY_OVERSEE in self.held:
                given["lead"] += (
                    " What they opened is under “Who has looked at this case”, on the page of the case."
                )
        return given

    def act(self, form: Any) -> str:
        break_glass.review(self.it, **form.cleaned_data, **self.acting())
        return self.come_back()
