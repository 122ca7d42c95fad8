"""Mails about accounts: owed as rows, sent by a worker. No case, no fact, and no link but to choose a password.

At least once: whoever dies between the mail server's answer and our commit leaves a letter that is sent again. Whose
address a stranger typed is looked up here and not in the request, so that no answer and no time tells.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from accounts.models import LONDON, Letter, User
from accounts.services import links

log = logging.getLogger(__name__)

RESET, INVITATION = "reset", "invitation"
LEASE = timedelta(minutes=2)
"""How long one worker may take over a letter before another takes it."""
TOO_OLD = {RESET: links.RESET_FOR, INVITATION: timedelta(days=3)}
OLDEST = timedelta(days=3)
BATCH = 50

NEWS: dict[str, tuple[str, str]] = {
    "new-device": (
        "A new sign-in to your account",
        "Somebody signed in to your account on a device that we had not seen before: {about}.",
    ),
    "password-set": ("Your password was changed", "The password of your account was changed."),
    "factor-added": ("A way to sign in was added", "This was added to your account: {about}."),
    "factor-removed": ("A way to sign in was removed", "This was removed from your account: {about}."),
    "recovery-codes-made": (
        "New recovery codes were made",
        "New recovery codes were made for your account. The old ones work no more.",
    ),
    "recovery-code-used": (
        "A recovery code was used",
        "Somebody used one of your recovery codes, in place of your passkey or app.",
    ),
    "factors-taken-away": (
        "Your ways to confirm your sign-in were reset",
        "Two administrators reset the passkeys, the app and the recovery codes of your account, since they were "
        "reported as lost. You set up new ones when you next sign in.",
    ),
    "suspended": (
        "Your account is suspended",
        "You have not used your account for 60 days, so it is suspended. To get back, ask the business manager or "
        "user administrator of your partnership to lift the suspension.",
    ),
    "suspension-lifted": ("Your account works again", "The suspension of your account was lifted."),
}
"""What may have happened: the subject and the sentence. Each says when, and what to do if it was not the person."""


# ---- What is owed ----------------------------------------------------------------------------
def owe_reset(address: str, *, at: datetime) -> None:
    """A link to the address, if it is somebody's. The same one row for every address."""
    Letter.objects.create(kind=RESET, address=address.strip(), at=at)


def owe(kind: str, person: User, *, at: datetime, about: str = "") -> None:
    """Tell the person what happened to their account, or (INVITATION) how to begin."""
    if kind != INVITATION and kind not in NEWS:
        raise ValueError(f"No letter says {kind!r}")
    Letter.objects.create(kind=kind, person=person, at=at, about=about)


# ---- What is sent ----------------------------------------------------------------------------
def post_letters(*, at: datetime) -> int:
    """Send what is owed, oldest first. Returns how many mails went. What fails is tried again until it is too old."""
    sent = 0
    for pk in _claim(at=at):
        letter = Letter.objects.select_related("person").get(pk=pk)
        mail = _written(letter, at=at)
        try:
            if mail is not None:
                mail.send()
                sent += 1
        except (OSError, SMTPException) as trouble:
            log.warning("Letter %s is not sent yet: %s", pk, type(trouble).__name__)
            continue
        Letter.objects.filter(pk=pk).update(settled_at=at, address="")
    return sent


@transaction.atomic
def _claim(*, at: datetime) -> list[int]:
    free = Q(claimed_at=None) | Q(claimed_at__lte=at - LEASE)
    owed = (
        Letter.objects.select_for_update(skip_locked=True).filter(free, settled_at=None).order_by("at", "pk")
    )
    keys = list(owed.values_list("pk", flat=True)[:BATCH])
    Letter.objects.filter(pk__in=keys).update(claimed_at=at)
    return keys


def _written(letter: Letter, *, at: datetime) -> EmailMessage | None:
    """The mail; None for a letter that is too old or for nobody."""
    if at - letter.at > TOO_OLD.get(letter.kind, OLDEST):
        return None
    person = letter.person
    if letter.kind == RESET:
        person = User.objects.filter(email__iexact=letter.address, is_active=True).first()
    if person is None or not person.is_active:
        return None
    subject, lines = _words(letter, person, at=at)
    body = "\n\n".join([f"Dear {person.full_name}", *lines, f"Rapid Review, {settings.SITE_URL}"]) + "\n"
    return EmailMessage(
        f"Rapid Review: {subject}", body, settings.DEFAULT_FROM_EMAIL, [person.email],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip


def _words(letter: Letter, person: User, *, at: datetime) -> tuple[str, list[str]]:
    if letter.kind in (RESET, INVITATION):
        if letter.kind == INVITATION and person.has_usable_password():
            return "You were given a seat", [
                "You were given a seat in Rapid Review. You have an account already: sign in as you always do."
            ]
        until = _moment(links.works_until(person, at=at))
        is_first = not person.has_usable_password()
        asked = (
            "An account was made for you in Rapid Review."
            if is_first
            else "Somebody, we hope you, asked for a new password for your account in Rapid Review."
        )
        return ("Choose your password" if is_first else "Choose a new password"), [
            asked,
            f"Choose a password here: {links.link_for(person)}",
            f"The link works once, until {until}. Give it to nobody: "
            "whoever has it can choose your password. You confirm your sign-in with a passkey or a code as well.",
            *(
                []
                if is_first
                else ["If you did not ask for it, do nothing: your current password goes on working."]
            ),
        ]
    subject, sentence = NEWS[letter.kind]
    return subject, [
        sentence.format(about=letter.about),
        f"This was at {_moment(letter.at)}.",
        "If it was not you, or you did not expect it, tell the business manager or user administrator of your "
        "partnership at once, by phone.",
    ]


def _moment(instant: datetime) -> str:
    """Such as `2:05pm on Friday 10 April 2026`, in London."""
    at = instant.astimezone(LONDON)
    return f"{at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'} on {at:%A} {at.day} {at:%B %Y}"
