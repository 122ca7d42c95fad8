"""The pages of chronologies that are worth a look, and who looks at them. Of the demonstration."""

from django.utils import timezone

from accounts.models import Role, User
from reviews.chronology.dates import read
from reviews.chronology.rows import Row
from reviews.models import AgencyReturn, Case, ChronologyRow
from reviews.services import chronology


def _a_row(it: AgencyReturn, author: User) -> int:
    """The key of a row in that return: nobody in the demonstration is in the middle of one, so two are written."""
    there = ChronologyRow.objects.filter(agency_return=it).order_by("pk").first()
    if there is None:
        now = timezone.now()
        rows = [
            Row(
                read(words, on=now.date()),
                "Seen at home with an aunt.",
                "SystmOne",
                "yes",
                "Quiet.",
                "None.",
                "",
                key,
            )
            for words, key in (("early 2019", True), ("13 days after birth", False))
        ]
        there = chronology.add_rows(it, rows, by=author, at=now)[0]
    return there.pk


def pages() -> list[tuple[str, str, str]]:
    """(who, name of the picture, path) of each."""
    drafting = (
        AgencyReturn.objects.filter(state__in=("in_progress", "requested")).select_related("agency").first()
    )
    assert drafting is not None
    author = User.objects.filter(
        memberships__seat__role=Role.AUTHOR, memberships__seat__agency=drafting.agency
    ).earliest("pk")
    row, here = _a_row(drafting, author), f"{drafting.get_absolute_url()}chronology/"
    case = Case.objects.filter(
        returns__chronology__first_on__isnull=False, returns__state="accepted"
    ).distinct()[0]
    manager = User.objects.filter(
        memberships__seat__role=Role.BUSINESS_MANAGER, memberships__seat__partnership=case.partnership_id
    ).earliest("pk")
    line = f"{case.get_absolute_url()}chronology/"
    return [
        (author.email, "chronology", here),
        (author.email, "chronology-none", f"{here}?q=nothing-like-this"),
        (author.email, "chronology-add", f"{here}add/"),
        (author.email, "chronology-change", f"{here}{row}/"),
        (author.email, "chronology-remove", f"{here}{row}/remove/"),
        (author.email, "chronology-table", f"{here}table/"),
        (
            manager.email,
            "chronology-read",
            case.returns.filter(chronology__isnull=False)[0].get_absolute_url() + "chronology/",
        ),
        (manager.email, "timeline", f"{line}?gap=30"),
        (manager.email, "timeline-wrong", f"{line}?from=last+week&to=2025"),
    ]
