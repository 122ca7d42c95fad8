"""Addresses of the files that agencies give with their returns."""

from django.urls import path

from reviews.attachments import views

HERE = "returns/<uuid:pk>/files"

urlpatterns = [
    path(f"{HERE}/", views.files_page, name="return-files"),
    path(f"{HERE}/add/", views.AddFile.as_view(), name="return-files-add"),
    path(f"{HERE}/<uuid:file>/", views.download, name="return-file"),
    path(f"{HERE}/<uuid:file>/remove/", views.RemoveFile.as_view(), name="return-file-remove"),
]
