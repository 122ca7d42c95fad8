"""Two questions a machine asks: is this process alive, and is it fit to be sent people."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


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
        waiting = _migrations_waiting()
    except DatabaseError:
        state = {"database": "does not answer", "migrations": "unknown"}
    else:
        if waiting:
            state["migrations"] = f"{waiting} not applied"
    well = set(state.values()) == {"ok"}
    return JsonResponse(state, status=200 if well else 503)


def _migrations_waiting() -> int:
    """How many migrations of this code the database has not had."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


urlpatterns = [
    path("live", live, name="health-live"),
    path("ready", ready, name="health-ready"),
]
