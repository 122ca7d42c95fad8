"""Mail: one connection, one recipient a mail, and what a mail server's refusals mean. No database here."""

import re
import smtplib
from contextlib import suppress
from types import TracebackType
from typing import Any

from django.core.mail import EmailMessage, get_connection

LONGEST_ANSWER = 150
"""How much of a mail server's own words is kept."""


class Trouble(Exception):
    """A mail was not taken. The message says why, in words fit to show."""

    is_permanent = False
    """Whether trying again would meet the same refusal: this recipient cannot be reached by mail."""
    is_the_servers = False
    """Whether the server, not the mail, is the cause, so that the next mail would meet it too."""


class Refused(Trouble):
    is_permanent = True


class ServerInTrouble(Trouble):
    is_the_servers = True


class ServerDown(ServerInTrouble):
    """There is no connection to be had at all."""


class Mailer:
    """One connection for many mails, opened with the first. Use it as a context: it hangs up afterwards."""

    def __init__(self) -> None:
        self._backend: Any = get_connection()

    def __enter__(self) -> "Mailer":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self._backend.close()

    def send(self, *, to: str, subject: str, body: str, message_id: str) -> None:
        """Hand one mail over; on return the server has taken it. Raises Trouble."""
        self._be_connected()
        message = EmailMessage(
            subject, body, to=[to], connection=self._backend,
            # Auto-Submitted: so that out-of-office programs do not answer (RFC 3834).
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
        )  # fmt: skip
        try:
            self._backend.send_messages([message])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            trouble = _what_it_means(error)
            if not trouble.is_permanent:
                self._hang_up()  # whatever state the connection is in, the next mail does not inherit it
            raise trouble from error

    def _be_connected(self) -> None:
        """Have a live connection. A server may have hung up after the last mail: ask before using it again."""
        smtp = getattr(self._backend, "connection", None)
        if isinstance(smtp, smtplib.SMTP):
            with suppress(smtplib.SMTPException, OSError):
                if smtp.noop()[0] == 250:
                    return
            self._hang_up()
        try:
            self._backend.open()
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise ServerDown(f"The mail server could not be reached ({_said(error)}).") from error

    def _hang_up(self) -> None:
        """Let go at once. The backend's own close would say goodbye first, and wait for a server that hangs."""
        smtp = getattr(self._backend, "connection", None)
        if isinstance(smtp, smtplib.SMTP):
            smtp.close()
            self._backend.connection = None


def _what_it_means(error: Exception) -> Trouble:
    """4xx, silence and hanging up pass, and so does a refusal that is not about the recipient; 5xx about them does not.

    A refused sender, a failed sign-in, a relay that will not have us and a filter that dislikes the text
    are ours to mend: such a mail waits, however long that takes, and is told to nobody as undelivered.
    """
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            said = f"{code} {_text(answer)}"
            if _is_about_the_address(code, said, otherwise=code in (550, 551, 552, 553, 554)):
                return Refused(f"The mail server does not accept this address ({said}).")
            if code >= 500:
                return ServerInTrouble(f"The mail server could not be used ({said}).")
            kind = ServerInTrouble if code == 421 else Trouble  # 421 closes the connection for everybody
            return kind(f"The mail server asked us to come back later ({said}).")
        case smtplib.SMTPDataError() if _is_about_the_address(error.smtp_code, _said(error), otherwise=False):
            return Refused(f"The mail server does not accept this address ({_said(error)}).")
        case smtplib.SMTPDataError() if error.smtp_code >= 500:
            return Trouble(f"The mail server refused the message ({_said(error)}).")
        case smtplib.SMTPDataError():
            return Trouble(f"The mail server asked us to come back later ({_said(error)}).")
        case smtplib.SMTPNotSupportedError() | ValueError():
            return Refused("The address cannot be written to by mail.")
        case smtplib.SMTPServerDisconnected() | OSError() if "timed out" in str(error):
            return ServerInTrouble("The mail server did not answer in time.")
        case smtplib.SMTPServerDisconnected():
            return ServerInTrouble("The mail server hung up before it had taken the message.")
    return ServerInTrouble(f"The mail server could not be used ({_said(error)}).")


def _is_about_the_address(code: int, said: str, *, otherwise: bool) -> bool:
    """Whether a refusal is for good and of this recipient. The enhanced status says (RFC 3463), if there is one:
    5.1 is the address and 5.2 the mailbox; 5.7, say, is our right to send. Without one it is `otherwise`.
    """
    status = re.match(r"\d{3} (\d)\.(\d{1,3})\.\d{1,3}\b", said)
    if status and status[2] != "0":
        return code >= 500 and status[1] == "5" and status[2] in ("1", "2")
    return code >= 500 and otherwise


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return _text(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return " ".join(text.replace("\0", "").split())[:LONGEST_ANSWER]
