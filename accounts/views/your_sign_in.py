"""What a person sees of their own sign-in: factors, sessions, password; and staying signed in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import FormPage, at, signed_in
from accounts.services import factors, sessions


@require_safe
def your_sign_in(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    sittings = sessions.sittings_of(user, at=at(request), this=request.session.session_key)
    given = {**factors.factors_of(user), "sittings": sittings, "title": "Your sign-in"}
    return render(request, "accounts/your_sign_in.html", given)


class EndSession(StepUp, FormPage):
    """One of one's own, elsewhere."""

    submit = "Sign out there"
    cancels_to = "your-sign-in"
    sitting: sessions.Sitting

    def prepare(self) -> None:
        mine = sessions.sittings_of(
            signed_in(self.request), at=self.at, this=self.request.session.session_key
        )
        found = next((one for one in mine if one.pk == self.kwargs["pk"] and not one.is_this), None)
        if found is None:
            raise Http404
        self.sitting = found

    def get_title(self) -> str:
        return f"Sign out of {self.sitting.device}"

    def act(self, form: PageForm) -> str:
        user = signed_in(self.request)
        sessions.end_one(user, self.sitting.pk, by=user, at=self.at, request=self.request)
        messages.success(self.request, f"You were signed out of {self.sitting.device}.")
        return reverse("your-sign-in")


class EndOtherSessions(StepUp, FormPage):
    title = "Sign out everywhere else"
    lead = "Every other browser in which you are signed in is signed out at once. This one stays."
    submit = "Sign out everywhere else"
    cancels_to = "your-sign-in"

    def act(self, form: PageForm) -> str:
        user = signed_in(self.request)
        sessions.end_all(user, by=user, at=self.at, but=self.request.session, request=self.request)
        messages.success(self.request, "You were signed out everywhere else.")
        return reverse("your-sign-in")


@require_POST
def stay(request: HttpRequest) -> JsonResponse:
    """The person is still there: the session counts from now. Says when it ends, for the script that asked."""
    sessions.extend(request.session, at=at(request))
    return JsonResponse(sessions.ending(request.session, at=at(request)))
