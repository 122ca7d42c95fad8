"""Second factors: a passkey first, a code of an authenticator app second, recovery codes for the day both are gone."""

import secrets
from base64 import b32encode, urlsafe_b64encode
from datetime import datetime
from typing import Any

import qrcode
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.services import recovery

PERIOD = 30
"""Seconds for which an app shows one code (RFC 6238)."""
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What can be enrolled; recovery codes come with it and go with it."""

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９", "0123456789" * 3)


# ---- What the database keeps -----------------------------------------------------------------
def _sealer() -> MultiFernet:
    """Keys made of the secret key, the newest first: SECRET_KEY_FALLBACKS open what older ones sealed."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = (
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"accounts.factors").derive(key.encode())
        for key in keys
    )
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in made])


def seal(text: str) -> str:
    return _sealer().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    return _sealer().decrypt(sealed.encode()).decode()


# ---- Codes of an app -------------------------------------------------------------------------
def new_secret() -> str:
    """160 random bits, as an app takes them."""
    return b32encode(secrets.token_bytes(20)).decode()


def step_of(at: datetime) -> int:
    """The number of the code that an app shows at the instant."""
    return int(at.timestamp()) // PERIOD


def code_at(secret: str, at: datetime) -> str:
    """The six digits that an app shows at the instant."""
    return format_hotp_value(hotp_value(secret, step_of(at)))


def plain_code(typed: str) -> str:
    """A code as it was meant: without spaces and dashes, its digits in those of ASCII.

    A phone set to Arabic, Persian or full-width digits shows codes in them, and a person types what they see.
    """
    return "".join(mark for mark in typed.translate(_DIGITS) if mark.isalnum())


def matching_step(secret: str, code: str, *, at: datetime, after: int = -1) -> int | None:
    """Which step's code this is: of now, the one before or the one after; None if it is none or not after `after`."""
    now = step_of(at)
    for step in (now, now - 1, now + 1):
        if step > after and secrets.compare_digest(
            code.encode(), format_hotp_value(hotp_value(secret, step)).encode()
        ):
            return step
    return None


def add_app(user: User, secret: str, *, step: int = -1) -> Authenticator:
    """The app that holds the secret is a second factor from now on. `step`: of the code that proved it, used up."""
    data = {"secret": seal(secret), "step": step}
    return Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)


def add_apps(users: list[User]) -> None:
    """An app for each of these people, with a secret of its own: for the people of a demonstration."""
    Authenticator.objects.bulk_create(
        Authenticator(
            user=user, type=Authenticator.Type.TOTP, data={"secret": seal(new_secret()), "step": -1}
        )
        for user in users
    )


def secret_of(user: User) -> str | None:
    """What the person's app was given; None if they have none."""
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    return unseal(app.data["secret"]) if app else None


@transaction.atomic
def accept_code(user: User, typed: str, *, at: datetime) -> Authenticator | None:
    """The authenticator whose code this is: of the app, or a recovery code. Each is accepted once.

    The row is locked: of two people who send one code at one moment, one is refused. The step that was accepted is
    kept with the secret and not in a cache, which may be emptied while the code is still good.
    """
    code = plain_code(typed)
    for factor in Authenticator.objects.select_for_update().filter(user=user).order_by("-type"):
        if factor.type == Authenticator.Type.TOTP:
            step = matching_step(
                unseal(factor.data["secret"]), code, at=at, after=int(factor.data.get("step", -1))
            )
            if step is not None:
                factor.data["step"] = step
                factor.save(update_fields=["data"])
                return factor
        elif factor.type == Authenticator.Type.RECOVERY_CODES and recovery.use_code(factor, code):
            return factor
    return None


def qr_path(text: str) -> tuple[str, int]:
    """A QR code as the path of an SVG and the length of its side in modules, with its quiet zone."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    return path, len(rows)


# ---- All of a person's -----------------------------------------------------------------------
def factors_of(user: User) -> dict[str, Any]:
    """What the person has: `app` (or None), `passkeys` (a list), and how many recovery codes are left."""
    rows = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return {
        "app": next((row for row in rows if row.type == Authenticator.Type.TOTP), None),
        "passkeys": [row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        "codes_left": recovery.count_left(codes),
    }


def has_factor(user: User) -> bool:
    """Whether the person has anything but recovery codes."""
    return Authenticator.objects.filter(user=user, type__in=STRONG).exists()


def is_last(factor: Authenticator) -> bool:
    """Whether nothing would be left but recovery codes: the last one cannot be removed, only joined by another."""
    return (
        not Authenticator.objects.filter(user=factor.user_id, type__in=STRONG).exclude(pk=factor.pk).exists()
    )


def forget_all(user: User) -> int:
    """Take every factor away, so that the person enrols anew at their next sign-in. Returns how many there were."""
    count, _ = Authenticator.objects.filter(user=user).delete()
    return count
