"""Addresses of the pages about who sees a case."""

from django.urls import path

from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.sight import break_glass, recusals, sharing

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
    path("cases/<uuid:pk>/share/", sharing.choose_partnership, name="case-share"),
    path("cases/<uuid:pk>/share/<uuid:partnership>/", sharing.ShareCase.as_view(), name="case-share-with"),
    path("cases/<uuid:pk>/shares/<int:share>/end/", sharing.RevokeShare.as_view(), name="share-end"),
    path("break-glass/", break_glass.AskToSee.as_view(), name="break-glass"),
    path(
        "cases/<uuid:pk>/break-glass/<int:number>/answer/", break_glass.Answer.as_view(), name="glass-answer"
    ),
    path("cases/<uuid:pk>/break-glass/<int:number>/end/", break_glass.End.as_view(), name="glass-end"),
    path(
        "cases/<uuid:pk>/break-glass/<int:number>/review/", break_glass.Review.as_view(), name="glass-review"
    ),
]
