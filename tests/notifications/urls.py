"""The addresses that notices lead to, for tests that are about the notices alone."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("The page of a subject")


urlpatterns = [
    path("", page, name="home"),
    path("cases/<uuid:pk>/", page, name="case"),
    path("returns/<uuid:pk>/", page, name="return"),
    path("panel-records/<uuid:pk>/", page, name="panel-record"),
    path("", include("notifications.urls")),
    path("", include("accounts.urls")),
]
handler404 = "accounts.pages.errors.not_found"
