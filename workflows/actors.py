"""Who acts when no person does. Pure."""

from typing import Final


class System:
    """Time itself, and commands an operator runs. There is no "no actor"."""

    pk = None
    full_name = "Rapid Review"
    is_active = True

    def __str__(self) -> str:
        return self.full_name


SYSTEM: Final = System()

only_the_system: Final = "workflows.only_the_system"
"""The permission of transitions that no person may make."""
