"""Subject-access copies of a case: making one, blacking out, a second person's release, and taking it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.forms import PageForm
from accounts.pages.stepping_up import StepUp, step_up
from accounts.pages.views import at, signed_in
from reviews.keeping import forms
from reviews.models import Case, Disclosure
from reviews.models.disclosures import REASONS
from reviews.services import disclosing
from reviews.views.base import SubjectPage, find_for
from workflows.showing import Shows, shows


def _find(request: HttpRequest, pk: Any, key: Any, *, action: str = "read") -> tuple[Case, Disclosure]:
    case: Case = find_for(Case, request, pk, disclosing.MAY_DISCLOSE, action=action)
    found = (
        case.disclosures.select_related("child", "prepared_by", "released_by", "ended_by")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Http404
    return case, found


def _to_take(request: HttpRequest, pk: Any, key: Any) -> tuple[Case, Disclosure]:
    """The same, if it can be taken now; 404 otherwise."""
    case, copy = _find(request, pk, key, action="export")
    if not copy.can_be_taken(at=at(request)):
        raise Http404
    return case, copy


@shows(Shows.CASE)
@require_safe
def copies(request: HttpRequest, pk: Any) -> HttpResponse:
    """The copies that were made of a case, and how each stands."""
    case: Case = find_for(Case, request, pk, disclosing.MAY_DISCLOSE)
    found = case.disclosures.select_related("child", "prepared_by", "released_by")
    given = {"title": "Subject-access copies", "case": case, "copies": list(found), "now": at(request)}
    return render(request, "keeping/copies.html", given)


@shows(Shows.CASE)
@require_safe
@step_up
def copy_page(request: HttpRequest, pk: Any, copy: Any) -> HttpResponse:
    """A copy as it stands now, every part, with what was blacked out."""
    case, it = _find(request, pk, copy)
    return render(
        request,
        "keeping/copy.html",
        {
            "title": "Subject-access copy",
            "case": case,
            "it": it,
            "parts": it.parts,
            "names": {part["key"]: f"{part['heading']}, {part['label']}" for part in it.parts},
            "reasons": REASONS,
            "is_in_work": it.released_at is None and it.ended_at is None,
            "can_be_taken": it.can_be_taken(at=at(request)),
            "is_mine": it.prepared_by == signed_in(request),
        },
    )


@shows(Shows.CASE)
@require_safe
@step_up
def for_paper(request: HttpRequest, pk: Any, copy: Any) -> HttpResponse:
    """A released copy for who asked: no links, no names of colleagues; printed with the browser."""
    case, it = _to_take(request, pk, copy)
    given = {
        "title": "Information that is held",
        "case": case,
        "it": it,
        "parts": it.parts,
        "reasons": REASONS,
    }
    return render(request, "keeping/copy_print.html", given)


@shows(Shows.CASE)
@require_safe
@step_up
def as_data(request: HttpRequest, pk: Any, copy: Any) -> HttpResponse:
    """A released copy as a file. Its SHA-256 is in a header and on the page."""
    case, it = _to_take(request, pk, copy)
    return HttpResponse(
        disclosing.file_of(it),
        content_type="application/json; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{case.code}-copy.json"',
            "X-Record-SHA256": it.sha256,
        },
    )


class CopyDeed(SubjectPage):
    """Something to do about a copy; it leads back to it."""

    permission = disclosing.MAY_DISCLOSE
    fields_of = {"passage": "passage", "reason": "reason", "reference": "reference"}
    copy: Disclosure

    def prepare(self) -> None:
        super().prepare()
        found = self.subject.disclosures.in_work().filter(pk=self.kwargs["copy"]).first()
        if found is None:
            raise Http404
        self.copy = found

    def here(self) -> str:
        return reverse("copy", args=[self.subject.pk, self.copy.pk])

    def come_back(self, words: str = "") -> str:
        super().come_back(words)
        return self.here()

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "back_url": self.here()}


class Prepare(StepUp, SubjectPage):
    title, submit = "Make a subject-access copy", "Make the copy"
    lead = (
        "It holds what is held about one child: the facts, returns, decisions, corrections and the history. Other "
        "children are not named. You black out what must not be given; somebody else reads and releases it."
    )
    permission, form_class = disclosing.MAY_DISCLOSE, forms.CopyForm

    def form_arguments(self) -> dict[str, Any]:
        return {"children": list(self.subject.children.all())}

    def act(self, form: forms.CopyForm) -> str:
        given = form.cleaned_data["reference"]
        made = disclosing.prepare(self.subject, child=form.chosen, reference=given, **self.acting())
        return reverse("copy", args=[self.subject.pk, made.pk])

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "back_url": reverse("copies", args=[self.subject.pk])}


class BlackOut(StepUp, CopyDeed):
    title, submit = "Black something out", "Black it out"
    lead = (
        "This changes the copy, and not the case. It cannot be undone: if too much goes, make another copy."
    )
    form_class = forms.BlackOutForm

    def form_arguments(self) -> dict[str, Any]:
        return {"parts": self.copy.parts}

    def act(self, form: Any) -> str:
        given = {**form.cleaned_data, "part": form.cleaned_data["part"] or ""}
        times = disclosing.black_out(self.copy, **given, **self.acting())
        return self.come_back(f"Blacked out {times} time{'' if times == 1 else 's'}.")


class Release(StepUp, CopyDeed):
    """A second person, who has read it. Who prepared it finds no such page."""

    title, submit, done = (
        "Release this copy",
        "Release it",
        "The copy can be printed or downloaded for 30 days.",
    )
    template_name = "keeping/release.html"
    form_class = forms.ReleaseForm

    def prepare(self) -> None:
        super().prepare()
        if self.copy.prepared_by == signed_in(self.request):
            raise Http404

    def context(self, form: Any) -> dict[str, Any]:
        mark = self.shown("seen", disclosing.mark_of(self.copy))
        return {**super().context(form), "parts": self.copy.parts, "reasons": REASONS, "seen": mark}

    def act(self, form: Any) -> str:
        disclosing.release(self.copy, seen=self.request.POST.get("seen", "")[:64], **self.acting())
        return self.come_back()


class Withdraw(CopyDeed):
    """In work or released: its words are emptied."""

    title, submit, done = (
        "Withdraw this copy",
        "Withdraw it",
        "The copy was withdrawn, and its words are gone.",
    )
    lead = "Its words are emptied. That it was made is kept."
    form_class = PageForm

    def prepare(self) -> None:
        SubjectPage.prepare(self)
        found = self.subject.disclosures.filter(pk=self.kwargs["copy"], ended_at=None).first()
        if found is None:
            raise Http404
        self.copy = found

    def act(self, form: Any) -> str:
        disclosing.end(self.copy, **self.acting())
        return self.come_back()
