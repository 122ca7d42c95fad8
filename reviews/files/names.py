"""The name of a file as it came from somebody's computer, made fit to be shown and to be saved by. Pure."""

import re
import unicodedata

LONGEST = 100
"""Characters of a name that are kept."""
_PARTS = re.compile(r"[/\\]")
_NOT_IN_A_NAME = re.compile(r'[<>:"|?*;%]')
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)))
)
"""Names that mean a device on Windows, whatever their ending is."""


def cleaned(name: str) -> str:
    """The last part of a path, without what cannot be seen or means something to a computer; "file" if none is left.

    Shortened in the middle, so that the ending stays.
    """
    last = unicodedata.normalize("NFC", _PARTS.split(name)[-1])
    seen = "".join(" " if _is_not_seen(c) and c.isspace() else "" if _is_not_seen(c) else c for c in last)
    plain = " ".join(_NOT_IN_A_NAME.sub("-", seen).split()).rstrip(" .")
    stem, ending = split(plain)
    if stem.casefold().split(".")[0] in _DEVICES:
        stem = f"file-{stem}"
    stem = stem.strip(" .")[: LONGEST - len(ending)].rstrip(" .") or "file"
    return stem + ending


def split(name: str) -> tuple[str, str]:
    """The name and its ending, such as ".pdf"; the ending is "" where there is none, or none that a file has."""
    stem, dot, ending = name.rpartition(".")
    is_ending = bool(dot) and bool(re.fullmatch(r"[A-Za-z0-9]{1,10}", ending))
    return (stem, f".{ending}") if is_ending else (name, "")


def _is_not_seen(character: str) -> bool:
    """Control and format characters, among them those that turn the direction; lone surrogates; line ends."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
