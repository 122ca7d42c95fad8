"""What must be so before an installation meets people. `manage.py check --deploy` reads the settings;
`manage.py doctor` also asks the database, the broker and the disk, and says all of it in plain words."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from config import vitals
from config.manifest import MANIFEST, WRITTEN_IN, routes
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.sealing import current
from workflows.showing import declared_of


@register(Tags.urls)
def every_address_is_declared(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Of each address it is written down who may reach it, and nothing is written down of any that is not there."""
    there = [route for route, _ in routes()]
    undeclared = [route for route in there if route not in MANIFEST.lines]
    gone = [route for route in MANIFEST.lines if route not in there]
    known = MANIFEST.rules.keys() | permissions_there_are()
    unknown = [(line.route, who) for line in MANIFEST.lines.values() for who in line.who if who not in known]
    unused = MANIFEST.rules.keys() - {who for line in MANIFEST.lines.values() for who in line.who}
    hint = f"{WRITTEN_IN.name} says at its top what a line holds."
    return [
        *(Error(f"Nobody has said who may reach /{r}.", hint=hint, id="config.E020") for r in undeclared),
        *(Error(f"/{r} is declared, and not there.", hint=hint, id="config.E021") for r in gone),
        *(Error(f"/{r}: there is no rule or permission {who!r}.", hint=hint, id="config.E022") for r, who in unknown),
        *(Error(f"No address is for {rule!r}.", hint=hint, id="config.E023") for rule in sorted(unused)),
    ]  # fmt: skip


def permissions_there_are() -> set[str]:
    """What can be granted on a case, a return or a record, by codename."""
    kinds = [model._meta for model in (Case, AgencyReturn, PanelRecord)]
    declared = {codename for kind in kinds for codename, _ in kind.permissions}
    return declared | {f"view_{kind.model_name}" for kind in kinds}


@register(Tags.security, deploy=True)
def addresses_are_safe(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Links in mails lead to https, and only to hosts that are ours."""
    found: list[CheckMessage] = []
    if not settings.SITE_URL.startswith("https://"):
        found.append(
            Error(
                f"Links in mails would lead to {settings.SITE_URL}, which is not https.",
                hint="Set SITE_URL to the https address that people type.",
                id="config.E001",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS lets any host name through.",
                hint="Set ALLOWED_HOSTS to the names of this installation, with commas between them.",
                id="config.E002",
            )
        )
    return found


@register()
def every_page_says_what_it_shows(
    app_configs: Sequence[AppConfig] | None, **given: Any
) -> list[CheckMessage]:
    """Whether a case, a list or nothing of one: the ledger is told accordingly."""
    return [
        Error(
            f"The page {route} does not say what it shows of cases.",
            hint="Mark its view @shows(Shows.CASE), LIST or NOTHING; see workflows/showing.py.",
            id="config.E024",
        )
        for route, view in routes()
        if declared_of(view) is None
    ]


@register(deploy=True)
def mail_leaves_the_house(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Without EMAIL_URL every mail is a file under var/, and nobody hears of a deadline."""
    if settings.EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
        return []
    return [
        Warning(
            "Mail is not sent by SMTP: nobody outside would hear of a deadline.",
            hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.org:587.",
            id="config.W001",
        )
    ]


@register(deploy=True)
def somebody_hears_of_holes(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Who finds a hole in the service should know whom to tell before they tell everybody."""
    contact = settings.SECURITY_CONTACT
    if contact.startswith(("mailto:", "https://")) and not any(c.isspace() for c in contact):
        return []
    return [
        Warning(
            "Nobody is named who hears of a hole in the service.",
            hint="Set SECURITY_CONTACT, such as mailto:security@example.org.",
            id="config.W002",
        )
    ]


@register(Tags.security, deploy=True)
def files_are_scanned(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Files of returns wait for a virus scanner; without one they wait for ever, or are given out as they came."""
    hint = "Set CLAMAV to the address of ClamAV’s daemon, such as tcp://clamav:3310: see docs/running.md, “Files”."
    if settings.CLAMAV:
        parts = urlsplit(settings.CLAMAV)
        if (parts.scheme, bool(parts.hostname or parts.path)) in (("tcp", True), ("unix", True)):
            return []
        words = f"CLAMAV is {settings.CLAMAV!r}, which is no address of a scanner: files of returns wait for ever."
        return [Error(words, hint=hint, id="config.E025")]
    words = "No virus scanner is set up: files of returns are kept, and nobody can take them."
    if settings.UNSCANNED_FILES == "served":
        words = "No virus scanner is set up, and files of returns are given out as they came: a virus among them too."
    return [Warning(words, hint=hint, id="config.W003")]


@register(Tags.security, deploy=True)
def stolen_passwords_are_known(app_configs: Sequence[AppConfig] | None, **given: Any) -> list[CheckMessage]:
    """Who guesses begins with the passwords that were stolen elsewhere."""
    hint = "Set STOLEN_PASSWORDS to a file of their hashes: see docs/running.md, “Signing in”."
    if not settings.STOLEN_PASSWORDS:
        words = "No list of stolen passwords is given: one that is known to everybody who guesses is taken."
        return [Warning(words, hint=hint, id="config.W004")]
    try:
        with open(settings.STOLEN_PASSWORDS, "rb") as file:
            line = file.readline()
    except OSError as error:
        words = f"The list of stolen passwords cannot be read ({error.strerror}): no password can be chosen."
        return [Error(words, hint=hint, id="config.E026")]
    if re.match(rb"[0-9A-F]{40}\b", line):
        return []
    return [Error("The list of stolen passwords is no list of SHA-1 hashes.", hint=hint, id="config.E027")]


@register(Tags.security, deploy=True)
def there_is_a_key_for_identifiers(
    app_configs: Sequence[AppConfig] | None, **given: Any
) -> list[CheckMessage]:
    """Without a key no referral can be logged; with a broken line the service would say so only then."""
    try:
        current()
    except ImproperlyConfigured as error:
        return [Error(str(error), hint=vitals.KEYS, id="config.E003")]
    return []


@register(Tags.database, deploy=True)
def it_runs_well(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **given: Any
) -> list[CheckMessage]:
    """What only a running installation can say; asked by `doctor`, not by `check`, which reads settings alone."""
    if not databases:
        return []
    kinds = {"E": Error, "W": Warning}
    return [
        kinds[found.code.partition(".")[2][0]](found.words, hint=found.remedy, id=found.code)
        for found in vitals.look(at=timezone.now()).amiss
    ]
