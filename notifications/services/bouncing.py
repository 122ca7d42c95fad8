"""Accepted is not delivered: a mail that a server took, and that came back, asks somebody to phone."""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage

from notifications.models import Notice

_STATUS = re.compile(r"5\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Bounce:
    """That one of our mails was not delivered, for good: which, and the enhanced status (RFC 3463)."""

    message_id: str
    status: str


def read_bounce(raw: bytes) -> Bounce | None:
    """What a delivery report (RFC 3464) says of a mail of ours; None for a delay, an auto-reply, or anything else."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if message.get_content_type() != "multipart/report":
        return None
    status, message_id = "", ""
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status":
                status = _failed_with(part)
            case "message/rfc822" | "text/rfc822-headers":
                message_id = message_id or _id_in(part)
    return Bounce(message_id, status) if status and message_id else None


def _failed_with(report: EmailMessage) -> str:
    """The status of the first recipient for whom it failed for good; empty if it may yet arrive."""
    for block in report.iter_parts():
        status = _STATUS.match(str(block.get("Status", "")).strip())
        if status and str(block.get("Action", "")).strip().lower() == "failed":
            return status[0]
    return ""


def _id_in(part: EmailMessage) -> str:
    """The Message-ID of the mail that came back, whole or as its headers."""
    if part.get_content_type() == "message/rfc822":
        returned = next(part.iter_parts(), None)
    else:
        returned = email.message_from_string(str(part.get_content()), policy=email.policy.default)
    return str(returned.get("Message-ID", "")).strip() if returned is not None else ""


def take_bounce(bounce: Bounce) -> bool:
    """The notice it was is sent no longer: it could not be delivered. Returns False for a mail that is not ours.

    It does not count as chased, and stands on the list of whom to phone. Taking it twice changes nothing;
    nothing of the report is kept but its status.
    """
    returned = Notice.objects.filter(message_id=bounce.message_id, state=Notice.State.SENT)
    why = f"The mail was accepted, and came back ({bounce.status})."
    return bool(returned.become(Notice.State.FAILED, last_error=why))


def take_report(raw: bytes) -> bool:
    """Read what came to the address our mails are sent from. Returns whether a notice has failed by it."""
    bounce = read_bounce(raw)
    return bounce is not None and take_bounce(bounce)
