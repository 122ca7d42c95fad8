"""The files of one return: listed, added, removed, and taken one by one, never shown."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews import forms
from reviews.attachments.forms import AddFileForm
from reviews.files import store
from reviews.models import AgencyReturn, Attachment
from reviews.sealing import CannotOpen
from reviews.services import attachments, versions
from reviews.services.readable import shows_answers
from reviews.views.acts import BesideAnswers
from reviews.views.base import find
from workflows.showing import Shows, not_found, shows

SHUT_IN = "sandbox; default-src 'none'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
"""What a browser may do with a file of somebody's, should it show it after all: nothing."""


@shows(Shows.CASE)
@require_safe
def files_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The files, as far as this person may read what the agency answers."""
    it: AgencyReturn = find(AgencyReturn, request, pk)
    held = it.permissions_of(signed_in(request), at=at(request))
    is_open = shows_answers(it, held)
    found = list(attachments.attachments_of(it)) if is_open else []
    return render(
        request,
        "attachments/files.html",
        {
            "title": "Files",
            "it": it,
            "is_open": is_open,
            "files": [{"it": one, "size": attachments.in_megabytes(one.size)} for one in found],
            "has_scanner": bool(settings.CLAMAV),
            "are_served_unscanned": not settings.CLAMAV and settings.UNSCANNED_FILES == "served",
            "waits": any(one.state == Attachment.State.HELD for one in found),
            "most": attachments.MOST,
            "can_write": "reviews.draft_agencyreturn" in held and it.can_be_written,
        },
    )


@shows(Shows.CASE)
@require_safe
def download(request: HttpRequest, pk: Any, file: uuid.UUID) -> HttpResponse:
    """The bytes of one file, to be saved: by who may read what the agency answers, once it was found clean."""
    it: AgencyReturn = find(AgencyReturn, request, pk, action="export", parts=[str(file)])
    held = it.permissions_of(signed_in(request), at=at(request))
    found = versions.open_file(it, held, file)
    if found is None or not found.can_be_taken:
        raise not_found(request, AgencyReturn, it.pk)
    try:
        content = store.get(found.stored)
    except (store.NotThere, CannotOpen) as error:
        raise RuntimeError(f"{found} cannot be given: {error}") from None
    return HttpResponse(
        content,
        content_type=found.is_a.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{saved_as(found)}"',
            "Content-Security-Policy": SHUT_IN,
            "X-Content-Type-Options": "nosniff",
        },
    )


def saved_as(attachment: Attachment) -> str:
    """What it is called on the computer of who takes it: codes, since its own name may say who a child is."""
    return f"{attachment.agency_return.code}-{attachment.pk.hex[:8]}{attachment.is_a.endings[0]}"


class OnFiles(BesideAnswers):
    list_page = "return-files"


class AddFile(OnFiles):
    title, submit, form_class, template_name = "Add a file", "Add it", AddFileForm, "attachments/add.html"
    takes_files = True
    fields_of = {"file": "file"}

    def form_arguments(self) -> dict[str, Any]:
        return {"is_too_large": getattr(self.request, "file_is_too_large", False)}

    def act(self, form: Any) -> str:
        given = form.cleaned_data
        made = attachments.add_attachment(self.subject, given["file"], about=given["about"], **self.acting())
        also = (
            f" It holds {made.also_holds}: remove it, and add it without, if others should not have those."
            if made.also_holds
            else ""
        )
        return self.come_back(f"The file {made.name} was added.{also}")


class RemoveFile(OnFiles):
    title, submit, done = "Remove a file", "Remove it", "The file was removed."
    form_class, template_name = forms.ConfirmForm, "attachments/remove.html"

    def prepare(self) -> None:
        super().prepare()
        self.file = attachments.attachments_of(self.subject).filter(pk=self.kwargs["file"]).first()
        if self.file is None and self.request.method != "POST":
            raise not_found(self.request, AgencyReturn, self.subject.pk)

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "file": self.file}

    def act(self, form: Any) -> str:
        attachments.remove_attachment(self.subject, self.kwargs["file"], **self.acting())
        return self.come_back()
