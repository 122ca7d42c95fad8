"""Addresses of the pages that look at the ledger."""

from django.urls import path

from reviews.auditing import views

urlpatterns = [
    path("ledger/", views.ledger_page, name="ledger"),
    path("ledger.csv", views.ledger_csv, name="ledger-csv"),
    path("unusual-access/", views.unusual_access, name="unusual-access"),
    path("cases/<uuid:pk>/looked/", views.who_looked, name="case-looked"),
]
