"""The token by which a provider says who somebody is: by whose key, of whom, for whom, for which sign-in, until when.

Pure: no database, no network. OpenID Connect lets a token that came straight from the provider go unchecked; here
each is checked all the same, so that whoever stands between, or hands on another's token, gains nothing.
"""

from collections.abc import Mapping
from secrets import compare_digest
from typing import Any

import jwt
from django.utils.crypto import salted_hmac

ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
"""By two keys, of which the provider gives one away. No secret that both hold, and never "none"."""
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
CLOCKS_DIFFER = 60
"""Seconds."""
LONGEST_AGO = 8 * 60 * 60
"""Seconds since the provider last asked who somebody is, when it signs them in: as long as a session lasts at most."""


class NotBelieved(Exception):
    """The token does not say who this is. Why is for the log, and never for the person."""


def nonce_of(state: str) -> str:
    """What the token must repeat. Of the state of this one sign-in, which one browser holds and can use once."""
    return salted_hmac("accounts.id_tokens", state, algorithm="sha256").hexdigest()


def claims_in(
    token: object, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """What the token says, when it may be believed. keys: as the provider publishes them (RFC 7517).

    Raises NotBelieved.
    """
    if not isinstance(token, str):
        raise NotBelieved("there is none")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_for(token, keys),
            algorithms=sorted(ALGORITHMS),
            issuer=issuer,
            audience=client_id,
            leeway=CLOCKS_DIFFER,
            options={"require": NEEDED},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:  # keys that are no keys raise any of them
        raise NotBelieved(type(error).__name__) from error
    if not compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotBelieved("it is of another sign-in")
    if _asked_at(claims) < claims["iat"] - LONGEST_AGO - CLOCKS_DIFFER:
        raise NotBelieved("who it is was asked too long ago")
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_for_several or "azp" in claims) and claims.get("azp") != client_id:
        raise NotBelieved("it was made for another")
    return claims


def _asked_at(claims: Mapping[str, Any]) -> float:
    """When the provider asked who it is (`auth_time`); if it does not say, when it made the token.

    It is told how long ago that may be (`max_age`), and then has to say it; some say it only when they are set up to.
    """
    told = claims.get("auth_time", claims["iat"])
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise NotBelieved("when who it is was asked is no time")
    return float(told)


def _key_for(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """The key that the token names; the only one, where it names none. Raises NotBelieved, and what PyJWT raises."""
    wanted = jwt.get_unverified_header(token).get("kid")
    given = [one for one in keys.get("keys", ()) if isinstance(one, dict) and one.get("use", "sig") == "sig"]
    found = [one for one in given if wanted is None or one.get("kid") == wanted]
    if len(found) != 1:
        raise NotBelieved("its key is not published")
    return jwt.PyJWK(found[0])
