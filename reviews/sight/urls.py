"""Addresses of the pages about who sees a case."""

from django.urls import path

from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.sight import recusals

DECLARED_AT = (
    ("cases", "case", Case),
    ("returns", "return", AgencyReturn),
    ("panel", "panel-record", PanelRecord),
)
"""Whoever sees only a return, or only a record, declares an interest in its case there."""

urlpatterns = [
    *(
        path(
            f"{folder}/<uuid:pk>/interest/",
            recusals.DeclareInterest.as_view(model=model),
            name=f"{name}-interest",
        )
        for folder, name, model in DECLARED_AT
    ),
    path(
        "cases/<uuid:pk>/interests/<int:interest>/answer/",
        recusals.AnswerInterest.as_view(),
        name="interest-answer",
    ),
    path("cases/<uuid:pk>/recusals/add/", recusals.Recuse.as_view(), name="recusal-add"),
    path("cases/<uuid:pk>/recusals/<int:recusal>/lift/", recusals.LiftRecusal.as_view(), name="recusal-lift"),
]
