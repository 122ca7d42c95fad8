"""Home: what needs me, by when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import ADMINISTRATORS, Role
from accounts.pages.views import at, signed_in
from reviews.services import access
from reviews.services.standing import what_needs
from workflows.services.alarms import calendar_alarms
from workflows.showing import Shows, note_listed, shows

LATER = "More than 10 days off"
"""What is folded away on a long page: it opens without a script, and everything in it is on the page."""
FEW = 3
"""With so many duties or fewer nothing is folded: somebody's only task must stand before their eyes."""


@shows(Shows.LIST)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the signed-in person, soonest first."""
    now = at(request)
    duties = what_needs(signed_in(request), at=now)
    note_listed(request, "duties", (duty.code for duty in duties))
    roles = access.roles_of(signed_in(request), at=now)
    ahead = [d for d in duties if d.left and d.left.tone not in ("late", "today")]
    groups = [
        ("Late", [d for d in duties if d.left and d.left.tone == "late"]),
        ("Due today", [d for d in duties if d.left and d.left.tone == "today"]),
        ("Coming up in the next 10 days", [d for d in ahead if not d.is_far(at=now)]),
        ("No date", [d for d in duties if d.left is None]),
        (LATER, [d for d in ahead if d.is_far(at=now)]),
    ]
    return render(
        request,
        "reviews/home.html",
        {
            "title": "What needs me, by when",
            # Of each, first what law or guidance sets: a late rapid review must not hide among local milestones.
            "groups": [
                (name, sorted(rows, key=lambda duty: not duty.is_law)) for name, rows in groups if rows
            ],
            "folded": LATER if len(duties) > FEW else None,
            "can_refer": Role.BUSINESS_MANAGER in roles,
            "alarms": calendar_alarms(at=now) if roles.intersection(ADMINISTRATORS) else [],
            "today": now,
        },
    )
