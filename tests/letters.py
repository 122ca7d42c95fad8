"""The mails about accounts, as a worker sends them, and the links in them."""

import re

from django.core import mail
from django.utils import timezone

from accounts.services.letters import post_letters

LINK = re.compile(r"https?://[^/]+(/set-password/\S+)")


def letters_to(address: str) -> list[str]:
    """Send what is owed, and return the bodies of all that this address was sent, in order."""
    post_letters(at=timezone.now())
    return [str(one.body) for one in mail.outbox if one.to == [address]]


def link_mailed_to(address: str) -> str:
    """The path of the link in the last mail to the address."""
    found = LINK.search(letters_to(address)[-1])
    assert found is not None, f"no link was mailed to {address}"
    return found[1]
