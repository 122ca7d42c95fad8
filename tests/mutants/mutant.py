"""One mutant: a rule of sight or permission, taken out of the source, and the tests that then must fail."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule, in a sentence; where it stands; its text, which is there exactly once; what stands there without it.

    tests are pytest's ids, of which one must fail. in_the_database: the rule is made by a migration, so that the
    tests need a database that was made with the mutant in place.
    """

    rule: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]
    in_the_database: bool = False

    def times_found(self, root: Path = ROOT) -> int:
        """How often its text stands in its file."""
        return (root / self.file).read_text(encoding="utf-8").count(self.text)

    def mutated(self, root: Path = ROOT) -> str:
        """The file without the rule."""
        return (root / self.file).read_text(encoding="utf-8").replace(self.text, self.instead)
