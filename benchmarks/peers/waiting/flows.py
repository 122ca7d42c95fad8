"""The smallest process that waits: begun by a program, it ends when its timer has fired."""

from datetime import datetime
from typing import Any

from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.lock import select_for_update_lock


class Waiting(flow.Flow):  # type: ignore[misc]
    """Waits until the moment that it was begun with."""

    lock_impl = select_for_update_lock  # what it advises for PostgreSQL; without, two sweepers fire twice
    start = flow.StartHandle(this.begin).Next(this.wait)
    wait = flow.Timer(this.due).Next(this.end)
    end = flow.End()

    def begin(self, activation: Any, *, at: datetime) -> Any:
        activation.process.data = {"at": at.isoformat()}
        return activation.process

    def due(self, activation: Any) -> datetime:
        return datetime.fromisoformat(activation.process.data["at"])
