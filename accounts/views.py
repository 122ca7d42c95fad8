"""Signing in and out, the first password, and another one."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, PasswordResetConfirmView
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from accounts.models import User
from accounts.pages.fields import EmailField, PasswordField


class SignInForm(AuthenticationForm):
    """An e-mail address and a password. It never says which of the two was wrong, nor that an account is closed."""

    username = EmailField(subject="your email address", autocomplete="username")
    password = PasswordField(subject="your password", label="Password")

    def get_invalid_login_error(self) -> ValidationError:
        return ValidationError("Enter a correct email address and password", code="invalid_login")

    def confirm_login_allowed(self, user: Any) -> None:
        if not user.is_active:
            raise self.get_invalid_login_error()


class SignIn(LoginView):
    """`next` leads only to a page of our own: anything else leads home."""

    authentication_form = SignInForm
    template_name = "accounts/sign_in.html"


@method_decorator(login_not_required, name="dispatch")  # after the session ended it leads to sign-in, as ever
class SignOut(LogoutView):
    """On POST only: a link in a mail must not be able to sign anybody out."""

    http_method_names = ("post", "options")


class ChosenPasswordForm(SetPasswordForm):
    """A new password, twice. What the validators say stands at the first box, where it must be put right."""

    error_messages = {"password_mismatch": "The two passwords must be the same"}

    new_password1 = PasswordField(
        subject="a password",
        label="Password",
        autocomplete="new-password",
        help_text="At least 12 characters. Three words that have nothing to do with each other are easy to keep.",
    )
    new_password2 = PasswordField(
        subject="the password again", label="The same password again", autocomplete="new-password"
    )

    def clean(self) -> Any:
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password1")
        return self.cleaned_data


class ChangedPasswordForm(ChosenPasswordForm):
    """The password of now before the new one: a desk that was left unlocked must not be enough."""

    old_password = PasswordField(subject="your password of now", label="Your password now")

    field_order = ["old_password", "new_password1", "new_password2"]

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if not self.user.check_password(old):
            raise ValidationError("Enter the password you signed in with", code="password_incorrect")
        return old


class ChangePassword(PasswordChangeView):
    """Another password for who is signed in. They stay so here, and are signed out everywhere else."""

    form_class = ChangedPasswordForm  # type: ignore[assignment]  # ours checks the password of now by itself
    template_name = "accounts/change_password.html"
    success_url = "/"
    title = "Change your password"

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is changed. You were signed out everywhere else.")
        return super().form_valid(form)


@method_decorator(login_not_required, name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """The page behind the link that a new person is given: it works once, and for three days.

    The token moves from the address into the session at once, so that it is in no referrer and no history.
    """

    form_class = ChosenPasswordForm
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("sign-in")
    title = "Choose a password"

    def get_user(self, uidb64: str) -> User | None:
        """Nobody for an account that was closed: its link is as dead as one that was never made."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if not self.validlink:
            del context["form"]  # no page has a form that is None
            context["title"] = "This link does not work"
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "Your password is set. Sign in with it now.")
        return super().form_valid(form)
