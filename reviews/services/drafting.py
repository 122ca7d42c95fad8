"""A return that is being written: taken to change what stands beside its answers, such as rows or files."""

from datetime import datetime

from accounts.models import User
from reviews.models import AgencyReturn
from workflows.exceptions import WorkflowError
from workflows.services.moving import change, perform


def being_written(
    agency_return: AgencyReturn, action: str, what: str, in_words: str, *, by: User, at: datetime
) -> AgencyReturn:
    """The return, locked, with this change of what stands beside its answers in the ledger. It begins the draft.

    Needs a transaction. Raises PermissionDenied; WorkflowError, which says in_words what cannot be changed.
    """
    current: AgencyReturn = change(
        agency_return, action, permission="reviews.draft_agencyreturn", by=by, at=at, changed=[what]
    )
    if not current.can_be_written:
        raise WorkflowError(f"Cannot change {in_words}: the return is {current.state_in_words} now.")
    if current.state != AgencyReturn.State.IN_PROGRESS:
        current = perform(current, AgencyReturn.draft, by=by, at=at)
    return current
