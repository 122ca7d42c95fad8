"""Where somebody who found a hole in the service reads whom to tell (RFC 9116)."""

from datetime import UTC, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.pages.encrypted import only_by_https
from accounts.pages.views import at

GOOD_FOR = timedelta(days=180)


@login_not_required
@only_by_https
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Not there until SECURITY_CONTACT is set: an address that nobody reads would be worse."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (at(request) + GOOD_FOR).astimezone(UTC).replace(microsecond=0)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


urlpatterns = [path("security.txt", security_txt, name="security-txt")]
