"""The OpenID Connect providers of partnerships, from what the installation says of them to what allauth is told."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NEEDED = ("id", "name", "client_id", "secret", "server_url", "domains")


def for_allauth(providers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """SOCIALACCOUNT_PROVIDERS. Raises ImproperlyConfigured for one that lacks something: without `domains` it
    could sign in anybody."""
    for given in providers:
        if missing := [name for name in NEEDED if not given.get(name)]:
            raise ImproperlyConfigured(
                f"OIDC_PROVIDERS: {given.get('id') or 'one of them'} does not say {', '.join(missing)}."
            )
    apps = [
        {
            "provider_id": given["id"],
            "name": given["name"],
            "client_id": given["client_id"],
            "secret": given["secret"],
            "settings": {"server_url": given["server_url"]},
        }
        for given in providers
    ]
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}
