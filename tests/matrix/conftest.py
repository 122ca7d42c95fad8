"""The one world of the matrix stands for all of its tests."""

from tests.matrix.world import Cast, the_world
from tests.standing import standing


@standing
def cast() -> Cast:
    return the_world()
