"""Who reads what an agency answered: of one return, and of all on a case. One rule, in the two ways it is asked."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import User
from reviews.models import AgencyReturn, Case

READABLE = (AgencyReturn.State.SIGNED_OFF, AgencyReturn.State.ACCEPTED)
"""The states in which the partnership has what was sent. A nil return, and one that came another way, sent no rows:
what stands in them is a draft."""


def shows_answers(agency_return: AgencyReturn, held: Collection[str]) -> bool:
    """Whether who holds these permissions reads what is answered: the agency at any time, others once it is in.

    Nothing is answered in a nil return, taken or not, nor in one that came another way: what was drafted is not sent.
    """
    is_of_the_agency = "reviews.draft_agencyreturn" in held
    has_answers = not agency_return.searched and not agency_return.given
    return (is_of_the_agency or agency_return.is_in) and has_answers


def returns_on(case: Case, user: User, *, at: datetime) -> list[AgencyReturn]:
    """The returns of the case whose chronologies this person may read, by the name of the agency. One query."""
    visible = AgencyReturn.objects.visible_to(user, at=at).filter(case=case, state__in=READABLE)
    visible = visible.filter(searched="", given="")
    return list(visible.select_related("agency").order_by("agency__name", "pk"))


def others_named(case: Case, user: User, *, at: datetime) -> list[tuple[AgencyReturn, str]]:
    """Whom agencies name as involved besides themselves, in the returns that this person may read. One query."""
    told = [
        (one, str(one.answers.get("involvement", {}).get("others") or "").strip())
        for one in returns_on(case, user, at=at)
    ]
    return [(one, words) for one, words in told if words]
