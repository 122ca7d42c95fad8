"""What the pages of a case have in common: find it among what may be seen, check the grant, say what refuses."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from accounts.pages.rendering import differences
from accounts.pages.views import FormPage, at, signed_in
from reviews.models import Case
from workflows.exceptions import Stale, WorkflowError
from workflows.models import BreakGlass, Subject
from workflows.showing import Shows, not_found, note_refused, note_shown


def find(
    model: type[Any], request: HttpRequest, pk: Any, *, action: str = "read", parts: Sequence[str] = ()
) -> Any:
    """The subject, if the person may see it; otherwise 404, as if there were none. parts: of which the page is, by id.

    Either is noted: what the page then shows, or what was refused, stands in the ledger before the page leaves.
    """
    user, now = signed_in(request), at(request)
    found = model.objects.visible_to(user, at=now).filter(pk=pk).first()
    if found is None:
        raise not_found(request, model, pk)
    opened = BreakGlass.objects.in_force(at=now).filter(person=user, case=found.root_id or found.pk)
    request.break_glass = opened.select_related("case").first()  # type: ignore[attr-defined] # for the banner
    note_shown(request, found, action, parts=parts)
    return found


def find_for(
    model: type[Any], request: HttpRequest, pk: Any, permission: str, *, action: str = "read"
) -> Any:
    """The same for what takes more than looking: 403 without the permission."""
    found = find(model, request, pk, action=action)
    if not found.permits(signed_in(request), permission, at=at(request)):
        note_refused(request, model, found.pk, "not-permitted")
        raise PermissionDenied
    return found


def find_whole(model: type[Any], request: HttpRequest, pk: Any, *, action: str = "read") -> Any:
    """The same for what who was merely shown the case does not see, as if there were none: 404."""
    found = find(model, request, pk, action=action)
    wanted = {f"{model._meta.app_label}.{codename}" for codename in model.READING}
    if wanted and not wanted <= found.permissions_of(signed_in(request), at=at(request)):
        raise not_found(request, model, found.pk)
    return found


class SubjectPage(FormPage):
    """A page about one subject. Unseen is 404; seen but not permitted is 403; a refusal stands on the form."""

    model: ClassVar[type[Subject]] = Case
    permission = ""
    refusals = (WorkflowError,)
    template_name = "reviews/act.html"
    done = ""
    """What the page the person comes back to says."""
    fields_of: ClassVar[dict[str, str]] = {"when": "happened"}
    """The field of the form beside which a refusal about something is said."""
    shows = Shows.CASE
    subject: Any
    is_stale = False

    def prepare(self) -> None:
        self.subject = find(self.model, self.request, self.kwargs["pk"])
        self.held = self.subject.permissions_of(signed_in(self.request), at=self.at)
        if self.permission and self.permission not in self.held:
            note_refused(self.request, self.model, self.subject.pk, "not-permitted")
            raise PermissionDenied

    @property
    def seen_version(self) -> int | None:
        """The version of the subject that the page showed; None when it was tampered with, which is no version."""
        typed = self.request.POST.get("seen_version", "")
        return int(typed) if typed.isdecimal() and len(typed) < 9 else -1

    def acting(self) -> dict[str, Any]:
        """Who acts, and when: what every service wants."""
        return {"by": signed_in(self.request), "at": self.at}

    def moving(self) -> dict[str, Any]:
        """The same for a move, which also wants to know what the person had seen."""
        return {**self.acting(), "seen_version": self.seen_version}

    def come_back(self, words: str = "") -> str:
        """Say what was done, and go to the subject's page."""
        if words or self.done:
            messages.success(self.request, words or self.done)
        return str(self.subject.get_absolute_url())

    def act_once(self, form: Any, token: uuid.UUID) -> str:
        try:
            return super().act_once(form, token)
        except Stale:
            self.is_stale = True
            raise

    def place_of(self, refusal: Exception) -> str | None:
        field = self.fields_of.get(refusal.about) if isinstance(refusal, WorkflowError) else None
        return field if field in self.form_class.base_fields else None

    def shown(self, name: str, now: Any) -> Any:
        """A mark of what the page shows. Who only mends what they typed has seen no more than before."""
        return now if self.is_stale else self.request.POST.get(name, now)

    def context(self, form: Any) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "back_url": self.subject.get_absolute_url(),
            "seen_version": self.shown("seen_version", self.subject.version),
        }


class ComparedPage(SubjectPage):
    """A page that changes what is stored. Was it changed by others meanwhile, it shows that beside what was typed."""

    def mark(self) -> str:
        """A mark of what is stored now."""
        raise NotImplementedError

    def stored(self) -> dict[str, Any]:
        """What is stored now, by the names of the form's fields, as they take an initial value."""
        raise NotImplementedError

    def stored_by(self) -> str:
        """The name of who stored it."""
        raise NotImplementedError

    @property
    def seen(self) -> str:
        """The mark of what was stored when the page was shown."""
        return self.request.POST.get("seen", "")[:60]

    @property
    def is_in_conflict(self) -> bool:
        """Whether somebody stored something since; still so while what was typed is mended after that was told."""
        if self.request.method != "POST":
            return False
        return self.is_stale or "compared" in self.request.POST or self.seen != self.mark()

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "seen": self.shown("seen", self.mark()),
            "stored_by": self.stored_by(),
            "compared": differences(form, self.stored()) if self.is_in_conflict else {},
        }


class CaseMove(SubjectPage):
    """A move of a case. Opened in a state from which it does not lead, it goes back to the case and says so."""

    sources: ClassVar[tuple[str, ...]] = ()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if self.subject.state not in self.sources:
            return self.not_now()
        return super().get(request, *args, **kwargs)

    def not_now(self) -> HttpResponse:
        messages.info(
            self.request, f"That cannot be done now: the case is at “{self.subject.get_state_display()}”."
        )
        return redirect(self.subject.get_absolute_url())
