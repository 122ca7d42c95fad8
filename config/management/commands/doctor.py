"""`manage.py doctor`: every setting and every part that breaks a promise, in plain words."""

from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError

HTTPS = (
    "People reach the service by http: passwords and what is written about children can be read on the way.",
    "Set HTTPS=1, put a proxy that speaks https in front, and set BEHIND_PROXY=true.",
)
IN_OUR_WORDS = {
    "security.W004": HTTPS,
    "security.W005": HTTPS,
    "security.W008": HTTPS,
    "security.W010": HTTPS,
    "security.W012": HTTPS,
    "security.W016": HTTPS,
    "security.W021": HTTPS,
    "security.W009": (
        "The secret key is short or easy to guess: whoever guesses it can sign in as anybody.",
        "Set SECRET_KEY to 50 random characters or more, and let everybody sign in anew.",
    ),
    "security.W018": ("DEBUG is on: a page that fails shows what is in the case.", "Take DEBUG away."),
    "security.W020": ("No host name is ours.", "Set ALLOWED_HOSTS to the host name in SITE_URL."),
}
"""Django's checks speak of its settings; these are ours. Several may come from one setting, which is named once."""


class Command(BaseCommand):
    help = "Say what breaks a promise: settings, database, broker, clocks, disk. Exits 1 if anything does."
    requires_system_checks = []  # they are what this is about: said in plain words, not before it begins

    def handle(self, *args: Any, **given: Any) -> None:
        found = list(dict.fromkeys(_in_plain_words(message) for message in _messages()))
        for number, (words, remedy) in enumerate(found, 1):
            self.stdout.write(f"{number}. {words}")
            if remedy:
                self.stdout.write(f"   {remedy}")
        if found:
            raise CommandError(
                "1 thing breaks a promise." if len(found) == 1 else f"{len(found)} things break a promise."
            )
        self.stdout.write("Nothing breaks a promise.")


def _messages() -> list[checks.CheckMessage]:
    """What Django, its libraries and we ourselves check, the running parts last."""
    said = [
        *checks.run_checks(include_deployment_checks=True),
        *checks.run_checks(
            tags=[checks.Tags.database], include_deployment_checks=True, databases=["default"]
        ),
    ]
    return [message for message in said if message.level >= checks.WARNING and not message.is_silenced()]


def _in_plain_words(message: checks.CheckMessage) -> tuple[str, str]:
    return IN_OUR_WORDS.get(str(message.id), (str(message.msg), str(message.hint or "")))
