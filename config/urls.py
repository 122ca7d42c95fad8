"""Every address of the product: each package brings its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
]
