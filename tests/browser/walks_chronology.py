"""The pages of chronologies that are worth a look, and who looks at them. Of the demonstration."""

from django.utils import timezone

from accounts.models import Role, User
from reviews.models import AgencyReturn, ChronologyRow
from reviews.services import chronology
from reviews.timeline.dates import read
from reviews.timeline.rows import Row
from tests.browser.walks_everywhere import Look


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


def looks() -> list[Look]:
    """Each, normal and with nothing in it; those with a form sent wrong, too."""
    writing = AgencyReturn.objects.filter(state__in=("in_progress", "requested")).select_related("agency")
    drafting = writing[0]
    author = User.objects.filter(
        memberships__seat__role=Role.AUTHOR, memberships__seat__agency=drafting.agency
    ).earliest("pk")
    row, here = _a_row(drafting, author), f"{drafting.get_absolute_url()}chronology/"
    told = AgencyReturn.objects.filter(chronology__first_on__isnull=False, state="accepted").distinct()[0]
    manager = User.objects.filter(
        memberships__seat__role=Role.BUSINESS_MANAGER, memberships__seat__partnership=told.partnership_id
    ).earliest("pk")
    line = f"{told.case.get_absolute_url()}chronology/"
    return [
        Look(author.email, "chronology", here),
        Look(author.email, "chronology-none", f"{here}?q=nothing-like-this"),
        Look(author.email, "chronology-add", f"{here}add/", is_sent_wrong=True),
        Look(author.email, "chronology-change", f"{here}{row}/", is_sent_wrong=True),
        Look(author.email, "chronology-remove", f"{here}{row}/remove/"),
        Look(author.email, "chronology-table", f"{here}table/", is_sent_wrong=True),
        Look(manager.email, "chronology-read", f"{told.get_absolute_url()}chronology/"),
        Look(manager.email, "timeline", f"{line}?gap=30"),
        Look(manager.email, "timeline-wrong", f"{line}?from=last+week&to=2025"),
    ]
