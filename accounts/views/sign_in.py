"""Signing in: the password and then a second factor, a passkey alone, or the partnership's provider; and out."""

from typing import Any

import requests
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic.edit import FormView

from accounts.forms import PasskeySignInForm, SignInForm
from accounts.models import User
from accounts.openid import Checked
from accounts.pages.second_factor import before_second_factor, while_suspended
from accounts.services import factors, providers


def next_page(request: HttpRequest) -> str:
    """Where the person wanted to go: a page of our own, or nothing."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


@method_decorator([login_not_required, sensitive_post_parameters("password")], name="dispatch")
class SignIn(FormView):
    """`next` leads only to a page of our own: anything else leads home."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: SignInForm) -> HttpResponse:
        user = form.user
        login = Login(user=user, email=user.email, redirect_url=next_page(self.request) or "/")
        return perform_password_login(self.request, {"email": user.email}, login)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        given = {"next": next_page(self.request), "providers": settings.OIDC_PROVIDERS, "title": "Sign in"}
        return {**super().get_context_data(**kwargs), **given}


@method_decorator(login_not_required, name="dispatch")
class PasskeySignIn(View):
    """A passkey alone: what to sign on GET (for our script), what was signed on POST."""

    http_method_names = ["get", "post", "options"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return JsonResponse(passkeys.begin_authentication(user=None))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = PasskeySignInForm(data=request.POST, request=request)
        if not form.is_valid():
            messages.error(request, str(form.non_field_errors()[0]))
            return HttpResponseRedirect(reverse("account_login"))
        login = Login(user=form.user, redirect_url=next_page(request) or "/")
        return perform_passwordless_login(request, form.factor, login)


class SecondFactor(AuthenticateView):
    """After the password: a passkey or a code. Who is not in the middle of signing in is sent to its beginning."""

    template_name = "accounts/second_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        has = factors.factors_of(self.stage.login.user)
        failed = self.webauthn_form if self.webauthn_form and self.webauthn_form.errors else None
        return {**context, **has, "title": "Confirm your sign-in", "passkey_form": failed}


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in_with(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Off to the partnership's own provider. By POST: a link elsewhere must not sign anybody in.

    By a page of ours, and not by a redirect: our policy lets no form end on another site, and browsers hold a form to
    that through its redirects.
    """
    names = {one["id"]: one["name"] for one in settings.OIDC_PROVIDERS}
    if provider_id not in names:
        raise Http404
    if request.method != "POST":
        return redirect("account_login")
    try:
        answer: HttpResponseBase = OAuth2LoginView.adapter_view(Checked(request, provider_id))(request)
    except OAuth2Error:
        messages.error(request, providers.NOT_SIGNED_IN)
        return redirect("account_login")
    except requests.RequestException:
        messages.error(
            request, "Your organisation's sign-in does not answer. Try again later, or use your password."
        )
        return redirect("account_login")
    address = answer.headers.get("Location", "")
    if not address.startswith(("https://", "http://")):
        return answer
    given = {"title": "Sign in with your organisation", "address": address, "provider": names[provider_id]}
    page = render(request, "accounts/off_to_provider.html", given)
    page.headers["Refresh"] = f"0;url={address}"
    return page


@login_not_required
@require_safe
def back_from_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Back from there."""
    if provider_id not in {one["id"] for one in settings.OIDC_PROVIDERS}:
        raise Http404
    try:
        answer: HttpResponseBase = OAuth2CallbackView.adapter_view(Checked(request, provider_id))(request)
    except (OAuth2Error, requests.RequestException):
        # Of the provider's description, which allauth asks for before it begins to catch.
        messages.error(request, providers.NOT_SIGNED_IN)
        return redirect("account_login")
    return answer


@method_decorator([login_not_required, before_second_factor, while_suspended], name="dispatch")
class SignOut(LogoutView):
    """On POST only: a link in a mail must not be able to sign anybody out."""

    http_method_names = ("post", "options")


@while_suspended
@require_safe
def suspended(request: HttpRequest) -> HttpResponse:
    """Why somebody who has signed in sees nothing, and how they get back."""
    if not isinstance(request.user, User) or request.user.suspended_at is None:
        return redirect("home")
    return render(request, "accounts/suspended.html", {"title": "Your account is suspended"}, status=403)
