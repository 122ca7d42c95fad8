"""Where a request comes from: its address behind the proxies that are ours, and its browser in three words."""

import re

from allauth.core.internal.httpkit import get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def ip_of(request: HttpRequest) -> str | None:
    """The address of the caller: of X-Forwarded-For only what our own proxies wrote (TRUSTED_PROXIES of them).

    Whatever a caller writes there stands further to the left, and counts for nothing. A request that came past the
    proxies has none of theirs: its own address is taken.
    """
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:  # fewer addresses than proxies
        address: str | None = request.META.get("REMOTE_ADDR") or None
        return address


def device_in_words(agent: str) -> str:
    """A browser and a system, such as "Firefox on Windows"; never more of what a browser says of itself."""
    browser = next((words for mark, words in _BROWSERS if re.search(rf"\b{mark}/", agent)), "A browser")
    system = next((words for mark, words in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def agent_of(request: HttpRequest) -> str:
    return device_in_words(request.META.get("HTTP_USER_AGENT", ""))
