"""The links with which a person chooses a password: sent to their address and nowhere else, good for one time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode

from accounts.models import User

RESET_FOR = timedelta(hours=1)
INVITED_FOR = timedelta(days=7)


def lasts(user: User) -> timedelta:
    """How long a link works: an invitation, for who has no password yet, longer than a reset."""
    return RESET_FOR if user.has_usable_password() else INVITED_FOR


class LinkTokens(PasswordResetTokenGenerator):
    """Tokens of links. One dies with its use and with any change of the password, the next sign-in, the end of
    all sessions, a change of the address, the closing of the account, and after its time."""

    key_salt = "accounts.services.links"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        state = f"{user.is_active}{user.session_seal}"
        return super()._make_hash_value(user, timestamp) + state

    def check_token(self, user: User | None, token: str | None) -> bool:
        """As Django does, with a time of our own."""
        if user is None or not user.is_active or not token:
            return False
        try:
            written, _ = token.split("-")
            timestamp = base36_to_int(written)
        except ValueError:
            return False
        ours = [self._make_token_with_timestamp(user, timestamp, key)
                for key in (self.secret, *self.secret_fallbacks)]  # fmt: skip
        if not any(constant_time_compare(one, token) for one in ours):
            return False
        return 0 <= self._num_seconds(self._now()) - timestamp <= lasts(user).total_seconds()


tokens = LinkTokens()


def check_for_nobody(token: str) -> None:
    """Takes as long as to check the token of somebody: how long it took must not say whether there is an account."""
    tokens.check_token(User(email="nobody", full_name="Nobody"), token)


def link_for(user: User) -> str:
    """The link. Whoever has it becomes this person: it goes into a mail to their address, and is not kept."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return settings.SITE_URL + reverse("set-password", args=[key, tokens.make_token(user)])


def works_until(user: User, *, at: datetime) -> datetime:
    return at + lasts(user)
