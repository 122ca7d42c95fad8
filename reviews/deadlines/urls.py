"""Addresses of the pages about one deadline of a case, or of a return."""

from django.urls import path

from reviews.deadlines import moves, pages
from reviews.models import AgencyReturn, Case

PLACES = (("cases", "case", Case), ("returns", "return", AgencyReturn))

urlpatterns = [
    one
    for folder, name, model in PLACES
    for here in (f"{folder}/<uuid:pk>/deadlines/<int:number>",)
    for one in (
        path(f"{here}/", pages.deadline_page, {"model": model}, name=f"{name}-deadline"),
        path(f"{here}/proof.json", pages.proof_json, {"model": model}, name=f"{name}-deadline-json"),
        path(f"{here}/proof.pdf", pages.proof_pdf, {"model": model}, name=f"{name}-deadline-pdf"),
        path(f"{here}/pause/", moves.Pause.as_view(model=model), name=f"{name}-deadline-pause"),
        path(f"{here}/resume/", moves.Resume.as_view(model=model), name=f"{name}-deadline-resume"),
        path(f"{here}/extend/", moves.Extend.as_view(model=model), name=f"{name}-deadline-extend"),
        path(f"{here}/restart/", moves.Restart.as_view(model=model), name=f"{name}-deadline-restart"),
        path(f"{here}/undo/<int:fact>/", moves.Undo.as_view(model=model), name=f"{name}-deadline-undo"),
    )
]
