"""Addresses of chronologies: the rows of a return, and all returns of a case on one timeline."""

from django.urls import path

from reviews.chronology import bringing_in, merged, views

HERE = "returns/<uuid:pk>/chronology"

urlpatterns = [
    path("cases/<uuid:pk>/chronology/", merged.timeline_page, name="case-chronology"),
    path("cases/<uuid:pk>/chronology.csv", merged.timeline_csv, name="case-chronology-csv"),
    path("cases/<uuid:pk>/chronology.xlsx", merged.timeline_workbook, name="case-chronology-xlsx"),
    path(f"{HERE}/", views.rows_page, name="return-chronology"),
    path(f"{HERE}/add/", views.AddRow.as_view(), name="return-chronology-add"),
    path(f"{HERE}/table/", bringing_in.BringIn.as_view(), name="return-chronology-table"),
    path(f"{HERE}/<int:row>/", views.ChangeRow.as_view(), name="return-chronology-row"),
    path(f"{HERE}/<int:row>/remove/", views.RemoveRow.as_view(), name="return-chronology-remove"),
]
