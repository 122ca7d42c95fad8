"""Asks ClamAV's daemon whether there is a virus in a file, by its own protocol: INSTREAM, over TCP or a unix socket."""

import re
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_WITHIN = 3.0
ANSWER_WITHIN = 30.0
"""Seconds that all of it may take. After them the file is as little known as before."""
PIECE = 64 * 1024
LONGEST_ANSWER = 4_096
_ANSWER = re.compile(r"stream: (?:(OK)|(?P<virus>.{1,200}) FOUND)")


class NoAnswer(Exception):
    """The scanner did not say whether there is a virus. Says why, and nothing of the file."""


class CannotBeAsked(NoAnswer):
    """It is away, or silent: so it is for every file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner says; virus is its name, and empty for a clean file."""

    virus: str = ""

    @property
    def is_clean(self) -> bool:
        return not self.virus


def scan(content: bytes, *, address: str, within: float | None = None) -> Verdict:
    """What clamd at this address (`tcp://host:port` or `unix:///path`) says. Raises NoAnswer, whatever
    goes wrong."""
    until = time.monotonic() + (ANSWER_WITHIN if within is None else within)
    try:
        with _connected(address, until) as link:
            try:
                _send(link, content, until)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it hung up in the middle, and may have said why
            said = _answer(link, until)
    except OSError as error:
        raise CannotBeAsked(
            f"the scanner cannot be asked ({error.strerror or type(error).__name__})"
        ) from None
    if not said:
        raise CannotBeAsked("the scanner hung up")
    found = _ANSWER.fullmatch(said)
    if found is None:
        raise NoAnswer(f"the scanner says what we do not understand: {_printable(said)}")
    return Verdict(_printable(found["virus"] or ""))


def _send(link: socket.socket, content: bytes, until: float) -> None:
    """The file, in pieces that each say how long they are, and an empty one at the end."""
    link.sendall(b"zINSTREAM\0")
    for begin in range(0, len(content), PIECE):
        piece = content[begin : begin + PIECE]
        link.settimeout(_left(until))
        link.sendall(len(piece).to_bytes(4) + piece)
    link.sendall(bytes(4))


def _left(until: float) -> float:
    """Seconds left. Raises TimeoutError when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(address: str, until: float) -> socket.socket:
    """A connection. Raises OSError, also for what is no address."""
    parts = urlsplit(address)
    if parts.scheme == "unix" and parts.path:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(min(_left(until), CONNECT_WITHIN))
        try:
            link.connect(parts.path)
        except OSError:
            link.close()
            raise
    elif parts.scheme == "tcp" and parts.hostname:
        link = socket.create_connection((parts.hostname, port_of(address)), min(_left(until), CONNECT_WITHIN))
    else:
        raise OSError(0, f"{address!r} is no address of a scanner")
    link.settimeout(_left(until))
    return link


def port_of(address: str) -> int:
    """The port that a TCP address names, or ClamAV's own. Raises OSError for what is no port."""
    try:
        return urlsplit(address).port or 3310
    except ValueError:
        raise OSError(0, f"{address!r} is no address of a scanner") from None


def _answer(link: socket.socket, until: float) -> str:
    """All that is said, up to the NUL that ends an answer."""
    said = b""
    while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
        link.settimeout(_left(until))
        more = link.recv(1_024)
        if not more:
            break
        said += more
    return said.rstrip(b"\0\n").decode(errors="replace")


def _printable(text: str) -> str:
    """What may stand in a log: one line, of a bounded length."""
    return "".join(c if c.isprintable() else "?" for c in text)[:120]
