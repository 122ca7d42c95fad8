"""How often something may be tried, counted in the cache that all processes share. Delay, and never for good.

Counted by allauth's limiter: so many in the time that has just gone by. Where the answer must not tell whether there
is an account, the key is what was typed, so that a stranger's address and a known one are counted alike.
"""

from dataclasses import dataclass

from allauth.core.internal import ratelimit
from django.http import HttpRequest

SIGN_IN = "sign-in"
CODE = "second-factor"
RESET = "reset"
LINK = "link"
PASSKEY = "passkey"
SEARCH = "search"
EXPORT = "export"
FILE = "file"
PER_PERSON = (SEARCH, EXPORT, FILE)

LIMITS = {
    SIGN_IN: "10/15m/key,100/h/ip",
    CODE: "10/15m/key,100/h/ip",
    RESET: "3/h/key,100/h/ip",
    LINK: "60/h/ip",
    PASSKEY: "100/h/ip",
    SEARCH: "60/m/user",
    EXPORT: "20/d/user",
    FILE: "60/h/user",
}
"""What may fail (or, of resets, be asked for) how often: by account or typed address, and by address of the network.
And how often one person, in whatever browser, may search and take files: by the lines of config/permissions.toml."""
SAID = {
    SEARCH: "You have searched 60 times in a minute. Wait a minute, then search again.",
    EXPORT: "You have taken 20 lists, records or copies as files in 24 hours. You can take the next one when 24 hours "
    "have passed since the first of them.",
    FILE: "You have taken 60 files or pages for paper in an hour. You can take the next one when an hour has passed "
    "since the first of them.",
}

WAIT_IN_WORDS = "15 minutes"


@dataclass
class Try:
    """One try that was counted; `forget()` when it turned out well, so that only failures count."""

    usage: ratelimit.RateLimitUsage

    def forget(self) -> None:
        self.usage.rollback()


def count(request: HttpRequest, action: str, key: str = "") -> Try | None:
    """Count a try. None when there were too many: nothing is counted then, so that the wait is never prolonged."""
    usage = ratelimit.consume(
        request, app="accounts", action=action, config=LIMITS, key=key.strip().casefold(), limit_get=True
    )
    return Try(usage) if usage is not None else None


def forgive(request: HttpRequest, action: str, key: str) -> None:
    """Forget the tries of one account: an administrator lets somebody in who is kept out by another's guessing."""
    config = {action: LIMITS[action].split(",")[0]}
    ratelimit.clear(request, app="accounts", action=action, config=config, key=key.strip().casefold())
