"""What a file holds besides what it shows, and its author may not know of: told, and left as it is. Pure."""

PLACE, CHANGES, COMMENTS, HIDDEN = "place", "changes", "comments", "hidden"
REMARKS = {
    PLACE: "the place where it was taken",
    CHANGES: "tracked changes",
    COMMENTS: "comments",
    HIDDEN: "hidden text, rows or sheets",
}
"""In words that complete “Besides what it shows, it holds ...”."""


def in_words(remarks: list[str] | tuple[str, ...]) -> str:
    """ "tracked changes and comments"; "" for none."""
    words = [REMARKS[code] for code in REMARKS if code in remarks]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
