"""Passwords: another one while signed in, a new one by a mailed link, and asking for that link."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from accounts.forms import ChangedPasswordForm, ChosenPasswordForm, ForgottenForm
from accounts.models import User
from accounts.pages.stepping_up import StepUp
from accounts.pages.views import FormPage, at, signed_in
from accounts.services import letters, limits, links, log, sessions


class ChangePassword(StepUp, PasswordChangeView):
    """Another password for who is signed in. They stay so here, and are signed out everywhere else."""

    form_class = ChangedPasswordForm  # type: ignore[assignment]  # ours checks the password of now by itself
    template_name = "accounts/change_password.html"
    success_url = "/"
    title = "Change your password"

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user = signed_in(self.request)
        sessions.end_all(user, by=user, at=at(self.request), but=self.request.session, request=self.request)
        sessions.record_place(self.request, user)
        _tell(self.request, user)
        messages.success(self.request, "Your password is changed. You were signed out everywhere else.")
        return answer


def _tell(request: HttpRequest, user: User) -> None:
    now = timezone.now()
    log.write(log.PASSWORD_SET, subject=user, actor=user, at=now, request=request)
    letters.owe("password-set", user, at=now)


@method_decorator(login_not_required, name="dispatch")
class Forgotten(FormPage):
    """Asking for a link. The answer is the same for every address, and so is the work: a worker looks it up."""

    title = "Get a link to choose a new password"
    lead = (
        "We send it to your work email address, if there is an account for it. You will still confirm your sign-in "
        "with your passkey, your app or a recovery code."
    )
    form_class = ForgottenForm
    submit = "Send the link"
    cancels_to = "account_login"

    def act(self, form: ForgottenForm) -> str:
        address = form.cleaned_data["email"]
        if limits.count(self.request, limits.RESET, address) is not None:
            letters.owe_reset(address, at=self.at)
            log.write(log.RESET_ASKED, subject=None, at=self.at, request=self.request)
        return reverse("forgotten-password-sent")


@login_not_required
@require_safe
def forgotten_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/forgotten_sent.html", {"title": "Look at your mail"})


@method_decorator([login_not_required, sensitive_post_parameters()], name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """The page behind a mailed link, which works once: for an hour, or a week for somebody who has none yet.

    The token moves from the address into the session at once, so that it is in no referrer and no history. It never
    signs anybody in: the second factor is asked for as always.
    """

    form_class = ChosenPasswordForm
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("account_login")
    title = "Choose a password"
    token_generator = links.tokens

    def get_user(self, uidb64: str) -> User | None:
        """Nobody for an account that was closed: its link is as dead as one that was never made."""
        user = super().get_user(uidb64)
        if isinstance(user, User) and user.is_active:
            return user
        links.check_for_nobody(self.kwargs["token"])
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.validlink:
            del context["form"]  # no page has a form that is None
            context["title"] = "This link does not work"
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user = form.user
        sessions.end_all(user, by=user, at=timezone.now(), request=self.request)
        _tell(self.request, user)
        messages.success(self.request, "Your password is set. Sign in with it now.")
        return answer
