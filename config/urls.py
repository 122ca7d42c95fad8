"""Every address of the product: each package brings its own."""

from django.urls import include, path

handler400 = "accounts.pages.errors.bad_request"
handler403 = "accounts.pages.errors.forbidden"
handler404 = "accounts.pages.errors.not_found"
handler429 = "accounts.pages.errors.too_many"  # asked for by allauth
handler500 = "accounts.pages.errors.server_error"

urlpatterns = [
    path("health/", include("config.health")),
    path(".well-known/", include("config.well_known")),
    path("", include("accounts.urls")),
    path("", include("notifications.urls")),
    path("", include("reviews.urls")),
]
