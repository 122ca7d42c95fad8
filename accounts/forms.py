"""The forms with which people prove who they are, and say how they will from now on."""

from typing import Any

from allauth.core import context
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as passkeys
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import LostFactors, User
from accounts.pages import fields
from accounts.pages.fields import EmailField, PasswordField
from accounts.pages.forms import PageForm
from accounts.services import factors, letters, limits, log

TOO_MANY = f"There were too many tries. Wait {limits.WAIT_IN_WORDS} and try again"
NO_PASSKEY = "That passkey could not be used. Try again, or use a code"
_HOSTILE = (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError, LookupError)
"""What the reading of an invented answer of a passkey may come to."""


# ---- The password ----------------------------------------------------------------------------
class SignInForm(forms.Form):
    """An e-mail address and a password. It never says which of the two was wrong, nor that an account is closed.

    As much work is done for an address that is nobody's as for one that is known.
    """

    username = EmailField(subject="your email address", autocomplete="username")
    password = PasswordField(subject="your password", label="Password")
    user: User

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.errors:
            return given
        at = timezone.now()
        tried = limits.count(self.request, limits.SIGN_IN, given["username"])
        if tried is None:
            log.write(log.TOO_MANY_TRIES, subject=_whose(given["username"]), at=at, request=self.request)
            raise ValidationError(TOO_MANY, code="too_many")
        user = authenticate(self.request, username=given["username"], password=given["password"])
        if not isinstance(user, User):
            log.write(log.SIGN_IN_FAILED, subject=_whose(given["username"]), at=at, request=self.request)
            raise ValidationError("Enter a correct email address and password", code="invalid_login")
        tried.forget()
        self.user = user
        return given


def _whose(address: str) -> User | None:
    return User.objects.filter(email__iexact=address).first()


# ---- The second factor -----------------------------------------------------------------------
class CodeField(fields.TextField):
    """A code of an app, or a recovery code: typed or pasted, with spaces or without."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "subject": "the code",
                "label": "Code",
                "max_length": 60,
                "width": "govuk-input--width-10",
                "autocomplete": "one-time-code",
                **kwargs,
            }
        )


class CodeForm(forms.Form):
    """The code of the app, or a recovery code. Each is accepted once."""

    code = CodeField(help_text="The six digits that your app shows now, or one of your recovery codes.")
    reauthenticated = False
    factor: Authenticator

    def __init__(self, *args: Any, user: User, request: HttpRequest | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.request = request or _request_under_way()

    def clean_code(self) -> str:
        at = timezone.now()
        tried = limits.count(self.request, limits.CODE, str(self.user.pk))
        if tried is None:
            log.write(log.TOO_MANY_TRIES, subject=self.user, at=at, request=self.request)
            raise ValidationError(TOO_MANY, code="too_many")
        code: str = self.cleaned_data["code"]
        factor = factors.accept_code(self.user, code, at=at)
        if factor is None:
            log.write(log.CODE_FAILED, subject=self.user, at=at, request=self.request)
            raise ValidationError(
                "Enter the code that your app shows now. A code that was used is not accepted again",
                code="incorrect_code",
            )
        tried.forget()
        self.factor = factor
        return code

    def save(self) -> None:
        """Write into the session what was proved; tell of a recovery code: somebody else may have found it."""
        at = timezone.now()
        self.factor.user = self.user
        post_authentication(self.request, self.factor, reauthenticated=self.reauthenticated)
        if self.factor.type == Authenticator.Type.RECOVERY_CODES:
            log.write(log.CODE_USED, subject=self.user, actor=self.user, at=at, request=self.request)
            letters.owe("recovery-code-used", self.user, at=at)


def _request_under_way() -> HttpRequest:
    request: HttpRequest = context.request  # allauth's views do not pass it on
    return request


class PasskeyForm(forms.Form):
    """What a passkey answered. `user` is None when the passkey itself says whose it is."""

    credential = forms.JSONField(required=True, widget=forms.HiddenInput)
    is_alone = False
    """Whether no password came before: the passkey is both factors then, and says so (user verification)."""

    def __init__(
        self, *args: Any, user: User | None = None, request: HttpRequest | None = None, **kw: Any
    ) -> None:
        super().__init__(*args, **kw)
        self.user = user
        self.request = request or _request_under_way()

    def clean(self) -> dict[str, Any]:
        answer = self.cleaned_data.get("credential")
        self.errors.clear()
        tried = limits.count(self.request, limits.PASSKEY)
        if tried is None:
            raise ValidationError(TOO_MANY, code="too_many")
        try:
            passkeys.parse_authentication_response(answer)
            user = self.user or passkeys.extract_user_from_response(answer)
            self.factor: Authenticator = passkeys.complete_authentication(user, answer)
        except _HOSTILE:
            log.write(log.CODE_FAILED, subject=self.user, at=timezone.now(), request=self.request)
            raise ValidationError(NO_PASSKEY, code="incorrect_code") from None
        tried.forget()
        self.user = self.factor.user = user
        return self.cleaned_data

    def save(self, *, reauthenticated: bool = False) -> None:
        post_authentication(self.request, self.factor, reauthenticated=reauthenticated)


class PasskeySignInForm(PasskeyForm):
    is_alone = True


# ---- Setting factors up ----------------------------------------------------------------------
class AddPasskeyForm(PageForm):
    """What a new passkey answered, and what its person calls it."""

    name = fields.TextField(
        subject="a name for it",
        label="What do you call this device?",
        help_text="For example, work laptop. You see it when you look at your passkeys.",
        max_length=60,
        width="govuk-input--width-20",
    )
    credential = forms.JSONField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        answer = self.cleaned_data.get("credential")
        self.errors.pop("credential", None)
        if self.errors:
            return self.cleaned_data
        try:
            passkeys.parse_registration_response(answer)
            if not passkeys.complete_registration(answer).is_user_verified():
                raise ValueError("the device did not check who holds it")
        except _HOSTILE:
            raise ValidationError(
                "The passkey could not be made. Try again, or use an app on your phone", code="incorrect_code"
            ) from None
        return self.cleaned_data


class AddAppForm(PageForm):
    """The first code of an app proves that it holds the secret."""

    code = CodeField(help_text="The six digits that the app shows now.")


# ---- Passwords -------------------------------------------------------------------------------
class ForgottenForm(PageForm):
    email = EmailField(subject="your email address", autocomplete="username")


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

    old_password = PasswordField(subject="your current password", label="Your current password")

    field_order = ["old_password", "new_password1", "new_password2"]

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        if not self.user.check_password(old):
            raise ValidationError("Enter the password you signed in with", code="password_incorrect")
        return old


class LossForm(PageForm):
    """How somebody who lost every factor proved who they are."""

    proof = fields.ChoiceField(
        subject="how they proved who they are",
        label="How did they prove who they are?",
        choices=list(LostFactors.Proof.choices),
    )


class AnswerLossForm(PageForm):
    agrees = fields.YesNoField(subject="you agree", label="Do you agree?")
