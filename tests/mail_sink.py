"""A mail server for tests: it keeps what it was sent, and misbehaves on request."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MailMode = Literal["accept", "421", "550", "hang", "drop-before-250", "drop-after-250"]


@dataclass
class MailSink:
    """A mail server that keeps what it was sent, and can be told to misbehave (`mode`), for all or for some.

    hang: it takes the message and never answers. drop-before-250: it keeps the message and hangs up without an
    answer. drop-after-250: it answers, then hangs up. 421 and 550 are said to the recipient's address.
    """

    file: Path
    mode: MailMode = "accept"
    for_address: dict[str, MailMode] = field(default_factory=dict)
    """Another mode for one recipient, by address."""
    received: list[EmailMessage] = field(default_factory=list)
    attempts: int = 0
    """How many recipients were named to it, refused ones too."""
    port: int = 0

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """What it keeps for that address, the oldest first."""
        return [message for message in self.received if message["X-Envelope-To"] == address]

    def _mode_for(self, address: str) -> MailMode:
        return self.for_address.get(address, self.mode)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        match self._mode_for(address):
            case "421":
                return "421 4.3.2 Come back later"
            case "550":
                return "550 5.1.1 Nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        modes = {self._mode_for(address) for address in envelope.rcpt_tos}
        if "hang" in modes:
            await asyncio.sleep(3600)
        for address in envelope.rcpt_tos:
            self._keep(address, bytes(envelope.original_content or b""))
        transport: Any = server.transport
        if "drop-before-250" in modes:
            transport.abort()
        elif "drop-after-250" in modes:
            asyncio.get_running_loop().call_later(0.05, transport.abort)
        return "250 OK"

    def _keep(self, address: str, content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        message["X-Envelope-To"] = address
        with self.file.open("a") as file:
            file.write(json.dumps({"to": address, "message": content.decode(errors="replace")}) + "\n")
        self.received.append(message)


@contextlib.contextmanager
def smtp_sink(file: Path) -> Iterator[MailSink]:
    """A mail server on the loopback that writes every message to the file, one JSON object a line, and remembers."""
    sink = MailSink(file)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    sink.port = controller.port
    try:
        yield sink
    finally:
        controller.stop()
