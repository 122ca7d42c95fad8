"""Addresses of the pages about one deadline of a case, of a return, or of a Panel record."""

from django.urls import path

from reviews.deadlines import moves, pages
from reviews.models import AgencyReturn, Case, PanelRecord

MOVED = (("cases", "case", Case), ("returns", "return", AgencyReturn))
SHOWN = (*MOVED, ("panel", "panel-record", PanelRecord))
"""Nobody here moves the date by which the Panel replies: its proof is all there is."""

urlpatterns = [
    one
    for folder, name, model in SHOWN
    for here in (f"{folder}/<uuid:pk>/deadlines/<int:number>",)
    for one in (
        path(f"{here}/", pages.deadline_page, {"model": model}, name=f"{name}-deadline"),
        path(f"{here}/proof.json", pages.proof_json, {"model": model}, name=f"{name}-deadline-json"),
        path(f"{here}/proof.pdf", pages.proof_pdf, {"model": model}, name=f"{name}-deadline-pdf"),
    )
] + [
    one
    for folder, name, model in MOVED
    for here in (f"{folder}/<uuid:pk>/deadlines/<int:number>",)
    for one in (
        path(f"{here}/pause/", moves.Pause.as_view(model=model), name=f"{name}-deadline-pause"),
        path(f"{here}/resume/", moves.Resume.as_view(model=model), name=f"{name}-deadline-resume"),
        path(f"{here}/extend/", moves.Extend.as_view(model=model), name=f"{name}-deadline-extend"),
        path(f"{here}/restart/", moves.Restart.as_view(model=model), name=f"{name}-deadline-restart"),
        path(f"{here}/re-rule/", moves.ReRule.as_view(model=model), name=f"{name}-deadline-re-rule"),
        path(f"{here}/reopen/", moves.Reopen.as_view(model=model), name=f"{name}-deadline-reopen"),
        path(f"{here}/undo/<int:fact>/", moves.Undo.as_view(model=model), name=f"{name}-deadline-undo"),
    )
]
