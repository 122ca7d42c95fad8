"""What must be so before an installation meets people: `manage.py check --deploy` says what is not."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


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
