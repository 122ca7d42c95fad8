"""A row of a chronology: what is told of one contact or event, and how much each part may hold. Pure."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from reviews.timeline.dates import Told

MOST_ROWS: Final = 2000
"""Of one return. What is longer is no chronology of what matters."""

SHORT, LONG = 200, 5000
"""How many characters the short and the long parts may have."""

YES, NO, NOT_KNOWN = "yes", "no", "not-known"
CHILD_SEEN: Final = ((YES, "Yes"), (NO, "No"), (NOT_KNOWN, "Not known"))

COLUMNS: Final = (
    ("when", "When"),
    ("source", "Source"),
    ("event", "What happened"),
    ("child_seen", "Child seen"),
    ("voice", "Voice of the child"),
    ("action", "Action or decision"),
    ("comment", "Comment"),
    ("is_key", "Key episode"),
)
"""The parts of a row, and what they are called on pages and in tables. Without headings, they come in this order."""

LENGTHS: Final = {
    "when": SHORT,
    "source": SHORT,
    "event": LONG,
    "voice": LONG,
    "action": LONG,
    "comment": LONG,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One contact or event as an agency tells it."""

    told: Told
    event: str
    source: str = ""
    child_seen: str = NOT_KNOWN
    voice: str = ""
    action: str = ""
    comment: str = ""
    is_key: bool = False

    @property
    def seen_in_words(self) -> str:
        return dict(CHILD_SEEN)[self.child_seen]

    def columns(self) -> dict[str, Any]:
        """The same as a table keeps it: the date in its parts, by the names of the columns."""
        rest = {name: value for name, value in asdict(self).items() if name != "told"}
        told = self.told
        return {
            "said": told.words, "first_on": told.first, "last_on": told.last, "at_time": told.at,
            "first_of_life": told.first_of_life, "last_of_life": told.last_of_life, **rest,
        }  # fmt: skip
