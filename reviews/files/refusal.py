"""What a file is refused with. Pure."""


class NotAccepted(Exception):
    """Why this file is not taken: one sentence or two, fit to show beside the box."""


UNREADABLE = "The selected file could not be read safely. Save it as a PDF, and choose that."
DAMAGED = "The selected file could not be opened: it is damaged, or only part of it came. Choose another copy of it."
LOCKED = "The selected file has a password. Remove the password and choose it again: no virus scanner can look into it."
MACROS = "The selected file has macros, which are not allowed. Save it without them, or as a PDF."
HOLDS_FILES = (
    "The selected file has another file or program inside it, which is not allowed. "
    "Save it as a PDF, and add the other file on its own."
)
FETCHES = (
    "The selected file would fetch something from elsewhere when it is opened, which is not allowed. "
    "Break those links, or save it as a PDF."
)
TOO_LARGE_UNPACKED = (
    "The selected file is too large when it is unpacked. Save it as a PDF, or in several files."
)
TWO_AT_ONCE = (
    "The selected file is two kinds of file at once, which is not allowed. Save it anew, and choose that."
)
