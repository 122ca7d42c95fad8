"""Where allauth asks us: who may come in, what counts as a second factor, where a browser is sent, what mail goes."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.openid import Checked
from accounts.services import callers, factors, providers, sessions

STAGES = ["accounts.adapters.SecondFactorStage"]


class SecondFactorStage(AuthenticateStage):
    """After the password or the partnership's provider: a second factor, for everybody who has one.

    Skipped only where this very sign-in had one already: a passkey, or a provider that is trusted for it and said so.
    Who has none is let through to the pages on which they set one up, and no further (see pages/second_factor.py).
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        if providers.has_vouched(request, self.login.user):
            return False
        return bool(super()._should_handle(request))


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False  # an administrator makes accounts

    def get_login_stages(self) -> list[str]:
        return STAGES

    def is_ajax(self, request: HttpRequest) -> bool:
        return False  # every page is a page

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return False  # pages/stepping_up.py asks, in one way for every page

    def is_safe_url(self, url: str) -> bool:
        """Only to a page of this site, of whatever host is asked."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return callers.ip_of(request) or "0.0.0.0"  # noqa: S104 (nobody's address: over a socket there is none)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Without allauth's count of tries: the form counts, and says the same of every refusal."""
        user = authenticate(request, username=credentials["email"], password=credentials["password"])
        return user if isinstance(user, User) else None

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say in their own words what was done."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Our letters say it, through the letters that are owed."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """As send_mail."""

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A closed account gets what a wrong password gets."""
        messages.error(request, providers.NOBODY)
        return HttpResponseRedirect(reverse("account_login"))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        return [{"id": "confirm", "description": "", "url": reverse("confirm")}]


class MFAAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "That passkey could not be used. Try again, or use a code",
    }

    def encrypt(self, text: str) -> str:
        return factors.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factors.unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not factors.is_last(authenticator)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host that people type, whatever a proxy calls us."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "localhost", "name": settings.MFA_TOTP_ISSUER}


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Sign-in through a partnership's own provider: for people who have an account, and within its own domains."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """allauth's, which begins a sign-in by our adapter: with a nonce."""
        found = super().get_provider(request, provider, client_id)
        found.oauth2_adapter_class = Checked
        return found

    def get_requests_session(self) -> Any:
        """A provider is asked where it says, and sends us on to nowhere else."""
        session = super().get_requests_session()
        session.max_redirects = 0
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        is_sign_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        user = providers.person_of(sociallogin) if is_sign_in else None
        if user is None:
            messages.error(request, providers.NOBODY)
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))
        providers.remember(sociallogin, user)
        if providers.used_second_factor(sociallogin):
            sessions.prove(request, user, type=providers.VOUCHED, provider=sociallogin.account.provider)

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        messages.error(request, providers.NOT_SIGNED_IN)
        raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))

    def validate_disconnect(self, account: Any, accounts: Any) -> None:
        raise ValidationError("How your organisation signs you in is set by who runs this service.")
