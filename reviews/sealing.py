"""Direct identifiers, sealed before the database sees them and opened after: AES-256-GCM by `cryptography`, under a
list of keys that lies outside the database. No database here, and no clock.

A sealed value is `1:<name of the key>:<nonce and cipher text, base64>`. It is bound to its table, column and row: moved
to another place it does not open. What is empty stays empty, so that everybody can see that nothing is known.
"""

import base64
import binascii
import re
import secrets
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = "1"
NONCE = 12
_KEY = re.compile(r"([a-z0-9._-]{1,40}):([A-Za-z0-9+/_-]{43}=?)")


class CannotOpen(ImproperlyConfigured):
    """A sealed value that the keys we have do not open. Says where it stands, and nothing of what it holds."""


# ---- Keys --------------------------------------------------------------------------------------
def new_key(name: str) -> str:
    """A line for IDENTIFIER_KEYS: a name and 32 random bytes."""
    return f"{name}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def keys() -> dict[str, bytes]:
    """The keys by their names, the one that seals first. Raises ImproperlyConfigured when a line is no key."""
    return _read(settings.IDENTIFIER_KEYS)


@lru_cache(maxsize=4)
def _read(text: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, line in enumerate(filter(None, re.split(r"[,\s]+", text)), 1):
        match = _KEY.fullmatch(line)
        try:
            key = base64.b64decode(match[2].rstrip("=") + "=", altchars=b"-_") if match else b""
        except binascii.Error:
            key = b""
        if match is None or len(key) != 32:
            raise ImproperlyConfigured(
                f"Key {number} of IDENTIFIER_KEYS is none: it must be a name, a colon and 32 bytes in base64. "
                "`manage.py rotate_keys --new-key` makes one."
            )
        if match[1] in found:
            raise ImproperlyConfigured(
                f"Two keys of IDENTIFIER_KEYS are called {match[1]}: give each its own name."
            )
        found[match[1]] = key
    return found


def current() -> str:
    """The name of the key that seals. Raises ImproperlyConfigured when there is none."""
    for name in keys():
        return name
    raise ImproperlyConfigured(
        "There is no key for names, dates of birth and places: set IDENTIFIER_KEYS, or start once with `make run`, "
        "which writes identifier-keys. `manage.py rotate_keys --new-key` makes one."
    )


# ---- Sealing -----------------------------------------------------------------------------------
def place_of(table: str, column: str, row: object) -> str:
    """What a value is bound to: where it stands. In words, since an error shows it."""
    return f"{column} of {table} {row}"


def seal(text: str, *, place: str) -> str:
    """The text sealed with the first key; "" stays "". Raises ImproperlyConfigured without a key."""
    if not text:
        return ""
    name = current()
    return f"{VERSION}:{name}:{base64.b64encode(_locked(text.encode(), name, place)).decode()}"


def unseal(sealed: str, *, place: str) -> str:
    """The text again. Raises CannotOpen when its key is missing or another, or when the value was moved or altered."""
    if not sealed:
        return ""
    try:
        raw = base64.b64decode(sealed.rpartition(":")[2], validate=True)
    except ValueError:  # binascii.Error is one
        raw = b""
    return _opened(raw, key_of(sealed), place).decode()


def seal_bytes(content: bytes, *, place: str) -> bytes:
    """A file sealed with the first key: a line like `1:<name of the key>:`, nonce and cipher text."""
    name = current()
    return f"{VERSION}:{name}:\n".encode() + _locked(content, name, place)


def unseal_bytes(sealed: bytes, *, place: str) -> bytes:
    """The file again. Raises CannotOpen like unseal."""
    head, _, raw = sealed.partition(b"\n")
    return _opened(raw, key_of(head.decode("ascii", "replace")), place)


def _locked(content: bytes, name: str, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(keys()[name]).encrypt(nonce, content, _bound(name, place))


def _opened(raw: bytes, name: str, place: str) -> bytes:
    if name not in keys():
        raise CannotOpen(
            f"Cannot open {place}: it was sealed with the key {name or 'of no name'}, "
            "which is not among IDENTIFIER_KEYS."
        )
    try:
        return AESGCM(keys()[name]).decrypt(raw[:NONCE], raw[NONCE:], _bound(name, place))
    except (InvalidTag, ValueError):
        raise CannotOpen(
            f"Cannot open {place}: the key called {name} is another than the one it was sealed with, or the value was "
            "altered or moved."
        ) from None


def key_of(sealed: str) -> str:
    """The name of the key that a value was sealed with; "" for what is no sealed value."""
    version, _, rest = sealed.partition(":")
    return rest.rpartition(":")[0] if version == VERSION else ""


def is_current(sealed: str) -> bool:
    """Whether there is nothing to seal anew: empty, or under the first key."""
    return not sealed or key_of(sealed) == current()


def _bound(name: str, place: str) -> bytes:
    return f"rapid-review {VERSION} {name} {place}".encode()


# ---- For models --------------------------------------------------------------------------------
def sealed_text(column: str) -> Any:
    """A property that reads and writes the text of a sealed column.

    The model says with `row_for_sealing` which row it is: something that stands before the row is saved, and for good.
    """

    def read(row: Any) -> str:
        return unseal(getattr(row, column), place=place_of_column(row, column))

    def write(row: Any, text: str) -> None:
        setattr(row, column, seal(text, place=place_of_column(row, column)))

    return property(read, write)


def place_of_column(row: Any, column: str) -> str:
    """What the value in that column of a model's row is bound to."""
    return place_of(row._meta.db_table, column, row.row_for_sealing)
