"""What a password may not be made of, beside what Django's own validators refuse: the words of this work and place."""

import re
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import Agency, Partnership

WORDS = (
    "safeguarding", "rapid", "review", "partnership", "serious", "incident", "notification", "lcspr", "panel", "police",
    "council", "health", "social", "children", "child", "school", "agency", "password", "welcome", "letmein",
)  # fmt: skip
"""Those that are the same everywhere. The names of partnerships and agencies are added, word by word."""
LEAST_BESIDE = 8
"""So many different other letters, digits and signs a password must have."""
SAID = (
    "The password is made of words about this work, such as “safeguarding”: add others that say nothing of it"
)


class ContextValidator:
    """What is left without those words must still be something to guess: of "Safeguarding2026!" it is not."""

    def validate(self, password: str, user: Any = None) -> None:
        left = re.sub("|".join(map(re.escape, _words())), "", password.casefold())
        if len(left) < len(password) and len(set(left)) < LEAST_BESIDE:
            raise ValidationError(SAID, code="password_of_context")

    def get_help_text(self) -> str:
        return SAID


def _words() -> list[str]:
    """The longer first: "children" must go before "child"."""
    names = [
        *Partnership.objects.values_list("name", flat=True),
        *Agency.objects.values_list("name", flat=True),
    ]
    named = {word for name in names for word in re.findall(r"\w{4,}", name.casefold())}
    return sorted({*WORDS, *named}, key=len, reverse=True)
