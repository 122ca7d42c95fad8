"""Addresses of the pages about notices."""

from django.urls import path

from notifications import views
from notifications.operations import views as operations

urlpatterns = [
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/<uuid:notice>/open/", views.open_notice, name="notice-open"),
    path("notices/undelivered/", views.undelivered_list, name="undelivered-list"),
    path("notices/undelivered/<uuid:notice>/phoned/", views.phoned, name="undelivered-phoned"),
    path("notices/sent/<uuid:case>/", views.sent_list, name="sent-list"),
    path("administration/operations/", operations.operations, name="operations"),
    path("administration/operations/outages/<int:pk>/", operations.outage, name="outage"),
]
