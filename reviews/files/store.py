"""Where the bytes of files lie: a folder of our own under a name that says nothing, sealed like who a child is.

Not under the web server, and never at an address. A file is there whole or not at all. Which names are still wanted
the database says; what nobody wants any more is swept away.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from reviews import sealing

_NAME = re.compile(r"[0-9a-f]{32}")


class NotThere(FileNotFoundError):
    """The store does not have it. Says the name in the store, which says nothing."""


def put(content: bytes) -> str:
    """Keep these bytes; returns the name they lie under, a new one. On the disk when this returns."""
    name = secrets.token_hex(16)
    _write(name, sealing.seal_bytes(content, place=_place(name)))
    return name


def get(name: str) -> bytes:
    """The bytes again. Raises NotThere; sealing.CannotOpen when they were altered or moved, or a key is missing."""
    return sealing.unseal_bytes(_read(name), place=_place(name))


def forget(name: str) -> None:
    """Take it away for good. What is away already stays so."""
    _path(name).unlink(missing_ok=True)


def names() -> Iterator[tuple[str, float]]:
    """Every name in the store, also of what was cut off while it was written; each with when that was (a Unix time)."""
    if not settings.ATTACHMENTS_DIR.is_dir():
        return
    with os.scandir(settings.ATTACHMENTS_DIR) as there:
        for one in there:
            try:
                yield one.name, one.stat().st_mtime
            except FileNotFoundError:
                continue  # somebody else took it away meanwhile


def forget_leftover(name: str) -> None:
    """Take away what `names` told of, also where it is no whole file."""
    (settings.ATTACHMENTS_DIR / Path(name).name).unlink(missing_ok=True)


def is_under_an_old_key(name: str) -> bool:
    """Whether it should be sealed anew."""
    head = _read(name, only=200).partition(b"\n")[0].decode("ascii", "replace")
    return sealing.key_of(head) != sealing.current()


def seal_anew(name: str) -> None:
    """Seal it with the first key. Killed in between, it is as it was. Raises like get."""
    _write(name, sealing.seal_bytes(get(name), place=_place(name)))


def _place(name: str) -> str:
    return sealing.place_of("the store of files", "bytes", name)


def _path(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise NotThere(f"{name!r} is no name of a file in the store")
    path: Path = settings.ATTACHMENTS_DIR / name
    return path


def _read(name: str, only: int = -1) -> bytes:
    try:
        with _path(name).open("rb") as file:
            return file.read(only)
    except FileNotFoundError:
        raise NotThere(f"the store does not have {name}") from None


def _write(name: str, sealed: bytes) -> None:
    """Beside it first, then in its place: a file of that name is whole."""
    folder: Path = settings.ATTACHMENTS_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=folder, prefix="new-")  # readable by this account alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, _path(name))
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
