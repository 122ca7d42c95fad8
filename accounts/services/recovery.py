"""Recovery codes: ten, each good once, shown when they are made and kept as hashes of them, like passwords."""

import secrets

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from accounts.models import User

COUNT, DIGITS = 10, 10
KIND = Authenticator.Type.RECOVERY_CODES
HASHES = "hashes"


@transaction.atomic
def make_codes(user: User) -> list[str]:
    """New codes in place of those there were. Nobody can read them again: they are to be shown now."""
    codes = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for _ in range(COUNT)]
    Authenticator.objects.filter(user=user, type=KIND).delete()
    Authenticator.objects.create(user=user, type=KIND, data={HASHES: [make_password(code) for code in codes]})
    return codes


def has_codes(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=KIND).exists()


def count_left(row: Authenticator | None) -> int:
    return len(row.data.get(HASHES, ())) if row else 0


def use_code(row: Authenticator, code: str) -> bool:
    """Whether this is one of the codes, which is used up then. The caller holds the lock of the row."""
    if len(code) != DIGITS:
        return False  # a code of an app: ten slow hashes tell nothing of it
    hashes: list[str] = row.data.get(HASHES, [])
    found = [kept for kept in hashes if check_password(code, kept)]
    if found:
        row.data[HASHES] = [kept for kept in hashes if kept not in found]
        row.save(update_fields=["data"])
    return bool(found)
