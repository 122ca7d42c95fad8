"""allauth's part in signing in through a provider, with what it leaves out: the checks of the token, and a nonce."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

from accounts.services.id_tokens import LONGEST_AGO, NotBelieved, claims_in, nonce_of

log = logging.getLogger(__name__)

WELL_KNOWN = "/.well-known/"
NAMED = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class Client(OAuth2Client):
    """Sends the nonce along, and how long ago somebody may have been asked who they are, after everything else: no
    parameter of anybody's stands in their place."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, Any]) -> str:
        given = {**extra_params, "nonce": nonce_of(str(self.state)), "max_age": str(LONGEST_AGO)}
        return str(super().get_redirect_url(authorization_url, scope, given))


class Checked(OpenIDConnectOAuth2Adapter):
    """Believes a token that is the provider's own, for us, of this sign-in and not too old, and no other.

    Whatever is amiss is an OAuth2Error: allauth then lets ProviderAdapter answer, in the same words for all.
    """

    client_class = Client

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. It must be who the settings say, and name what is asked of it."""
        config = super().openid_config
        if not isinstance(config, dict) or not all(isinstance(config.get(name), str) for name in NAMED):
            raise OAuth2Error("The provider does not describe itself.")
        ours = self.get_provider().app.settings["server_url"].partition(WELL_KNOWN)[0]
        if config["issuer"].rstrip("/") != ours.rstrip("/"):
            raise _refused(self.provider_id, f"it calls itself {urlsplit(config['issuer']).netloc}")
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = answer.json()
        try:
            claims = claims_in(
                kwargs["response"].get("id_token"),
                keys=keys if isinstance(keys, dict) else {},
                issuer=self.openid_config["issuer"],
                client_id=app.client_id,
                nonce=nonce_of(request.GET["state"]),
            )
        except NotBelieved as why:
            raise _refused(self.provider_id, str(why)) from why
        person = self._fetch_user_info(token.token)
        if not isinstance(person, dict) or person.get("sub") != claims["sub"]:
            raise _refused(self.provider_id, "its token and its user information are of two people")
        return self.get_provider().sociallogin_from_response(
            request, {"id_token": claims, "userinfo": person}
        )


def _refused(provider: str, why: str) -> OAuth2Error:
    log.warning("A token of provider %s was not believed: %s", provider, why)
    return OAuth2Error("The token was not believed.")
