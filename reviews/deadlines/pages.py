"""One deadline: the whole proof of its date, as a page, as a file for machines, and on paper."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews.services import dates
from reviews.services.exporting import as_file, where_the_ledger_stands
from reviews.services.printing import proof_on_paper
from reviews.services.standing import PAGES, rule_address
from reviews.views.base import find_whole
from workflows.models import Deadline, Subject
from workflows.services.proof import (
    effective_in_words,
    fact_in_words,
    moment_in_words,
    proof_of,
    undone_in_words,
)
from workflows.services.standing import how_it_stands
from workflows.showing import Shows, shows

DEEDS = {
    "pause": "Pause this clock",
    "resume": "Resume this clock",
    "extend": "Extend it",
    "restart": "Count from another time",
    "re-rule": "Count by another version of the rule",
    "reopen": "Reopen it",
}
"""What a page offers, and the words of its button."""


def find_deadline(subject: Subject, number: int) -> Deadline:
    """The deadline of that number, if it is this subject's; otherwise 404."""
    found = Deadline.objects.select_related("rule", "calendar", "subject").filter(
        subject_id=subject.pk, pk=number
    )
    if (deadline := found.first()) is None:
        raise Http404
    return deadline


def address(subject: Subject, number: int, page: str = "", *more: Any) -> str:
    """The address of the page of a deadline, or of one beside it, such as `json` or `pause`."""
    return reverse(
        f"{PAGES[type(subject)]}-deadline{f'-{page}' if page else ''}", args=[subject.pk, number, *more]
    )


@shows(Shows.CASE)
@require_safe
def deadline_page(request: HttpRequest, pk: Any, number: int, model: type[Subject]) -> HttpResponse:
    """Why the date is what it is, everything that moved it, and what may be done to it."""
    now = at(request)
    subject = find_whole(model, request, pk)
    deadline = find_deadline(subject, number)
    proof = proof_of(deadline, at=now)
    held = subject.permissions_of(signed_in(request), at=now)
    may_move = f"reviews.move_dates_{model._meta.model_name}" in held
    to_undo = dates.facts_to_undo(deadline, subject) if may_move else set()
    deeds = dates.deeds_open_to(deadline, subject) if may_move else []
    return render(
        request,
        "reviews/deadline.html",
        {
            "title": deadline.rule.name,
            "subject": subject,
            "deadline": deadline,
            "left": how_it_stands(deadline, at=now),
            "proof": proof,
            "rule_url": rule_address(deadline),
            "deeds": [{"text": DEEDS[deed], "url": address(subject, number, deed)} for deed in deeds],
            "is_fixed": may_move and dates.is_open(deadline) and "pause" not in deadline.rule.allows,
            "facts": [
                {
                    "it": fact,
                    "what": fact_in_words(fact),
                    "undone": undone_in_words(fact),
                    "effective": effective_in_words(fact),
                    "recorded": moment_in_words(fact["recorded_at"]),
                    "undo_url": address(subject, number, "undo", fact["id"]) if fact["id"] in to_undo else "",
                }
                for fact in proof["facts"]
            ],
            "json_url": address(subject, number, "json"),
            "pdf_url": address(subject, number, "pdf"),
        },
    )


def _proof(request: HttpRequest, pk: Any, number: int, model: type[Subject]) -> tuple[str, dict[str, Any]]:
    """The name of a file with the proof, and the proof; that it was taken away stands in the ledger."""
    subject = find_whole(model, request, pk, action="export")
    deadline = find_deadline(subject, number)
    proof = {**proof_of(deadline, at=at(request)), "ledger": where_the_ledger_stands(subject)}
    return f"{subject.code}-{deadline.rule_code}-proof", proof


@shows(Shows.CASE)
@require_safe
def proof_json(request: HttpRequest, pk: Any, number: int, model: type[Subject]) -> HttpResponse:
    """The proof as data, by reviews/schemas/proof.schema.json."""
    name, proof = _proof(request, pk, number, model)
    return HttpResponse(
        as_file(proof),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'inline; filename="{name}.json"'},
    )


@shows(Shows.CASE)
@require_safe
def proof_pdf(request: HttpRequest, pk: Any, number: int, model: type[Subject]) -> HttpResponse:
    """The proof on one page of paper."""
    name, proof = _proof(request, pk, number, model)
    return HttpResponse(
        proof_on_paper(proof),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )
