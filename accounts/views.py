"""Signing in and out."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.utils.decorators import method_decorator

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
