"""Sign-in through the OpenID Connect providers of partnerships and agencies: whom each may sign in, and as what.

Every provider is trusted for the mail domains that the installation names for it and for nobody else: whoever runs
one partnership's provider must not be able to become a person of another.
"""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User
from accounts.services import sessions

VOUCHED = "provider"
"""The type of a second factor that a provider says it has seen."""
NOT_SIGNED_IN = "Your organisation did not sign you in. Try again, or use your password."
NOBODY = "That sign-in is not known here. Ask the business manager or user administrator of your partnership."


def settings_of(sociallogin: Any) -> dict[str, Any]:
    """What the installation says of the provider of this sign-in: see OIDC_PROVIDERS in settings."""
    found = next(
        one
        for one in settings.OIDC_PROVIDERS
        if one["id"] == sociallogin.account.get_provider().app.provider_id
    )
    return dict(found)


def claims_of(sociallogin: Any) -> dict[str, Any]:
    """What the token says; what the provider's user information says only where the token is silent."""
    data = sociallogin.account.extra_data or {}
    return {**(data.get("userinfo") or {}), **(data.get("id_token") or {})}


def person_of(sociallogin: Any) -> User | None:
    """Who this is: the account tied to the provider's subject, or that of the address it names, in its domains.

    None for anybody else: no account is ever made here, and a closed one is nobody's.
    """
    domains = [domain.casefold() for domain in settings_of(sociallogin)["domains"]]
    claims = claims_of(sociallogin)
    if claims.get("email_verified") is False:
        return None
    tied = SocialAccount.objects.filter(
        provider=sociallogin.account.provider, uid=sociallogin.account.uid
    ).select_related("user")
    known = tied.first()
    user = known.user if known else User.objects.filter(email__iexact=str(claims.get("email") or "")).first()
    if user is None or not user.is_active:
        return None
    return user if user.email.rpartition("@")[2].casefold() in domains else None


def remember(sociallogin: Any, user: User) -> None:
    """Tie the provider's subject to the account. What the token said is not kept: it is of no use tomorrow."""
    account, _ = SocialAccount.objects.get_or_create(
        provider=sociallogin.account.provider, uid=sociallogin.account.uid, defaults={"user": user}
    )
    SocialAccount.objects.filter(pk=account.pk).update(extra_data={})  # allauth has just written it there
    data, sociallogin.account = sociallogin.account.extra_data, account
    sociallogin.account.extra_data = data  # for the rest of this request
    sociallogin.user = user


def used_second_factor(sociallogin: Any) -> bool:
    """Whether the token says that a second factor was used, in a word that this provider is trusted for."""
    trusted = settings_of(sociallogin).get("second_factor") or {}
    token = (sociallogin.account.extra_data or {}).get("id_token") or {}
    methods = token.get("amr")
    used = {str(one) for one in methods} if isinstance(methods, list) else set()
    return bool(used & set(trusted.get("amr", ()))) or token.get("acr") in set(trusted.get("acr", ()))


def has_vouched(request: HttpRequest, user: Any) -> bool:
    """Whether the sign-in that is under way came with a second factor from the provider."""
    if user is None:
        return False
    stored = request.session.get("account_authentication_methods_user") == str(user.pk)
    records = request.session.get("account_authentication_methods") or []
    return stored and any(
        record.get("method") == sessions.SECOND_FACTOR and record.get("type") == VOUCHED for record in records
    )
