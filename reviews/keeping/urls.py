"""Addresses of the pages about how long records are kept."""

from django.urls import path

from reviews.keeping import disclosures, views

urlpatterns = [
    path("retention/", views.due_list, name="retention-due"),
    path("cases/<uuid:pk>/retention/", views.of_case, name="retention-case"),
    path("cases/<uuid:pk>/retention/certificates/", views.certificates, name="certificates"),
    path("cases/<uuid:pk>/retention/holds/add/", views.PlaceHold.as_view(), name="hold-add"),
    path("cases/<uuid:pk>/retention/holds/<int:hold>/lift/", views.LiftHold.as_view(), name="hold-lift"),
    path(
        "cases/<uuid:pk>/retention/reviews/<int:review>/agree/", views.Agree.as_view(), name="retention-agree"
    ),
    path(
        "cases/<uuid:pk>/retention/reviews/<int:review>/withdraw/",
        views.Withdraw.as_view(),
        name="retention-withdraw",
    ),
    path(
        "cases/<uuid:pk>/retention/propose/<slug:record_class>/",
        views.Propose.as_view(),
        name="retention-propose",
    ),
    path("cases/<uuid:pk>/copies/", disclosures.copies, name="copies"),
    path("cases/<uuid:pk>/copies/add/", disclosures.Prepare.as_view(), name="copy-add"),
    path("cases/<uuid:pk>/copies/<uuid:copy>/", disclosures.copy_page, name="copy"),
    path(
        "cases/<uuid:pk>/copies/<uuid:copy>/black-out/", disclosures.BlackOut.as_view(), name="copy-black-out"
    ),
    path("cases/<uuid:pk>/copies/<uuid:copy>/release/", disclosures.Release.as_view(), name="copy-release"),
    path(
        "cases/<uuid:pk>/copies/<uuid:copy>/withdraw/", disclosures.Withdraw.as_view(), name="copy-withdraw"
    ),
    path("cases/<uuid:pk>/copies/<uuid:copy>/print/", disclosures.for_paper, name="copy-print"),
    path("cases/<uuid:pk>/copies/<uuid:copy>/copy.json", disclosures.as_data, name="copy-json"),
]
