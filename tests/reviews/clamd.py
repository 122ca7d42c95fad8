"""A small clamd that speaks the real protocol, in a thread: it finds EICAR, or misbehaves as it is told to."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.reviews.little_files import EICAR

CLEAN, GARBAGE, SILENT, CUT, TOO_LARGE, EARLY = "clean", "garbage", "silent", "cut", "too large", "early"
"""What it does: its work; says something else; says nothing; hangs up in the middle; says that it is too large,
at the end, or early, as the real one does, and hangs up."""


class Clamd:
    """Listens until it is stopped. `received` are the files that came, whole."""

    def __init__(self, path: Path | None = None) -> None:
        self.does = CLEAN
        self.received: list[bytes] = []
        if path:
            self.listening = socket.socket(socket.AF_UNIX)
            self.listening.bind(str(path))
            self.address = f"unix://{path}"
        else:
            self.listening = socket.socket()
            self.listening.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.listening.listen()
        self.held: list[socket.socket] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, EOFError):
                self.answer(link)
            if self.does == SILENT:
                self.held.append(link)
            else:
                link.close()

    def answer(self, link: socket.socket) -> None:
        file = link.makefile("rb")
        if self.exactly(file, 10) != b"zINSTREAM\0":
            link.sendall(b"UNKNOWN COMMAND\0")
            return
        content = b""
        while length := int.from_bytes(self.exactly(file, 4)):
            content += self.exactly(file, length)
            if self.does == EARLY:
                link.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            if self.does in (CUT, EARLY):
                return
        self.received.append(content)
        if self.does == SILENT:
            return
        found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
        link.sendall(
            {GARBAGE: b"\xff\n\x1b[31m OK\0", TOO_LARGE: b"INSTREAM size limit exceeded. ERROR\0"}.get(
                self.does, found
            )
        )

    @staticmethod
    def exactly(file: object, count: int) -> bytes:
        content: bytes = file.read(count)  # type: ignore[attr-defined]
        if len(content) < count:
            raise EOFError
        return content

    def stop(self) -> None:
        for link in self.held:
            link.close()
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(5)


@contextlib.contextmanager
def a_clamd(path: Path | None = None) -> Iterator[Clamd]:
    daemon = Clamd(path)
    try:
        yield daemon
    finally:
        daemon.stop()
