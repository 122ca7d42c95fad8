"""What most tests of the engine begin with."""

from reviews.models import Case
from tests.standing import standing
from tests.workflows.bench import a_notified_case


@standing
def case() -> Case:
    """Notified on Thursday 12 March 2026: due on Thursday 2 April. Nobody works there."""
    return a_notified_case()
