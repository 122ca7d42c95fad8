"""Three questions a machine asks: is this process alive, is it fit to be sent people, and how is all of it."""

from hmac import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.pages.views import at
from config import vitals


@login_not_required
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 while the process answers. Asks nothing of the database, so that its loss does not restart the web."""
    return JsonResponse({"alive": True})


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, otherwise 503 and which of the two is amiss."""
    state = {"database": "ok", "migrations": "ok"}
    try:
        waiting = vitals.migrations_waiting()
    except DatabaseError:
        state = {"database": "does not answer", "migrations": "unknown"}
    else:
        if waiting:
            state["migrations"] = f"{waiting} not applied"
    well = set(state.values()) == {"ok"}
    return JsonResponse(state, status=200 if well else 503)


@login_not_required
@never_cache
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """All of it: 200 when well, else 503 and what is amiss in words. Not there for whoever lacks STATUS_TOKEN."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.STATUS_TOKEN or not compare_digest(given.encode(), settings.STATUS_TOKEN.encode()):
        raise Http404
    found = vitals.look(at=at(request))
    said = {"well": not found.amiss, "amiss": [one.words for one in found.amiss], **found.figures}
    return JsonResponse(said, status=503 if found.amiss else 200)


urlpatterns = [
    path("live", live, name="health-live"),
    path("ready", ready, name="health-ready"),
    path("status", status, name="health-status"),
]
