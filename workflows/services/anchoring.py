"""Where every chain of the ledger ended on a day, written down outside the database: what no later hand can change."""

import hashlib
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction

from workflows.calendars import local_date
from workflows.models import LedgerAnchor, LedgerHead
from workflows.sealing import Head
from workflows.signals import ledger_anchored

logger = logging.getLogger(__name__)

TITLE = "ledger anchor 1"


class BadAnchor(ValueError):
    """A file that is no anchor, or was changed."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a file of an anchor says. digest is the SHA-256 of the file: what was mailed, logged and printed."""

    made_at: str
    heads: dict[uuid.UUID, Head]
    digest: str


def write_anchor(heads: list[Head], *, at: datetime) -> str:
    """The text of an anchor: a title, the instant, and a line for each chain, in order."""
    lines = [TITLE, at.astimezone(UTC).isoformat()]
    lines += [f"{head.chain} {head.sequence} {head.hash}" for head in sorted(heads)]
    return "\n".join(lines) + "\n"


def read_anchor(text: str) -> Anchor:
    """What the text says. Raises BadAnchor."""
    title, _, rest = text.partition("\n")
    if title != TITLE or not text.endswith("\n"):
        raise BadAnchor("it is no anchor of a ledger")
    made_at, *lines = rest.splitlines()
    heads = {}
    for number, line in enumerate(lines, start=3):
        try:
            chain, sequence, mark = line.split(" ")
            head = Head(uuid.UUID(chain), int(sequence), mark)
        except ValueError:
            raise BadAnchor(f"line {number} is not a chain, a number and a hash") from None
        heads[head.chain] = head
    return Anchor(made_at, heads, digest_of(text))


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def last_anchor() -> LedgerAnchor | None:
    return LedgerAnchor.objects.first()


def anchor_the_ledger(*, at: datetime) -> LedgerAnchor | None:
    """Anchor every chain for the London day of the instant: once, however often it is asked. None if it was done.

    The file is written first: a row without a file would promise what nobody can check. Raises OSError when it
    cannot be written.
    """
    on = local_date(at)
    if LedgerAnchor.objects.filter(on=on).exists():
        return None
    heads = [Head(*one) for one in LedgerHead.objects.values_list("chain", "sequence", "hash")]
    text = write_anchor(heads, at=at)
    folder = Path(settings.LEDGER_ANCHORS)
    folder.mkdir(parents=True, exist_ok=True)
    digest = digest_of(text)
    # Beside itself, another process writes a file of its own: the row says which of them counts.
    (folder / f"ledger-{on.isoformat()}-{digest[:12]}.txt").write_text(text)
    try:
        with transaction.atomic():
            made = LedgerAnchor.objects.create(
                on=on,
                made_at=at,
                chains=len(heads),
                entries=sum(head.sequence for head in heads),
                digest=digest,
            )
            ledger_anchored.send(sender=LedgerAnchor, anchor=made, at=at)
    except IntegrityError:
        return None  # another has anchored this day in this moment
    logger.info(
        "Ledger anchored for %s: %s chains, %s entries, sha256 %s", on, made.chains, made.entries, digest
    )
    return made
