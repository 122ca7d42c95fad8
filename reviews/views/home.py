"""Home: what needs me, by when."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import ADMINISTRATORS, Role
from accounts.pages.views import at, signed_in
from reviews.services import access
from reviews.services.standing import what_needs
from workflows.services.alarms import calendar_alarms


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everything that waits for the signed-in person, soonest first."""
    now = at(request)
    duties = what_needs(signed_in(request), at=now)
    roles = access.roles_of(signed_in(request), at=now)
    groups = [
        ("Late", [d for d in duties if d.left and d.left.tone == "late"]),
        ("Due today", [d for d in duties if d.left and d.left.tone == "today"]),
        ("Coming up", [d for d in duties if d.left and d.left.tone not in ("late", "today")]),
        ("No date", [d for d in duties if d.left is None]),
    ]
    return render(
        request,
        "reviews/home.html",
        {
            "title": "What needs me, by when",
            "groups": [(name, rows) for name, rows in groups if rows],
            "can_refer": Role.BUSINESS_MANAGER in roles,
            "alarms": calendar_alarms(at=now) if roles.intersection(ADMINISTRATORS) else [],
            "today": now,
        },
    )
