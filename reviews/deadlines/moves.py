"""What moves a date, one class for each; before anything is stored the page says what it would do."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from reviews.deadlines import forms
from reviews.deadlines.pages import address, find_deadline
from reviews.services import dates
from reviews.views.checking import CheckedPage
from workflows.exceptions import CalendarEnds
from workflows.models import Deadline
from workflows.services.proof import fact_in_words, proof_of


class DateMove(CheckedPage):
    """Do it, look at the date, and take it back until the person has seen that very date and said yes."""

    template_name = "reviews/deadline_act.html"
    changed_since = "The date has changed since you were asked. This is what it does now:"
    deed: ClassVar[str] = ""
    fields_of: ClassVar[dict[str, str]] = {"when": "happened", "authority": "authority", "reason": "reason"}
    reaches_too_far: ClassVar[str] = "happened"
    """The field that is wrong when the date would lie outside the calendar."""

    def prepare(self) -> None:
        self.permission = f"reviews.move_dates_{self.model._meta.model_name}"
        super().prepare()
        self.deadline = find_deadline(self.subject, self.kwargs["number"])
        self.facts = list(self.deadline.facts.all())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.prepare()
        if not self.is_possible():
            messages.info(request, "That cannot be done to this deadline now.")
            return redirect(address(self.subject, self.deadline.pk))
        return super().get(request, *args, **kwargs)

    def is_possible(self) -> bool:
        return self.deed in dates.deeds_open_to(self.deadline, self.subject)

    def act(self, form: Any) -> str:
        planned = dates.planned_days(self.deadline)
        after = self.do(form, seen=self.seen_fact, **self.acting())
        words = dates.move_in_words(self.deadline, after, at=self.at, planned=planned)
        mark = f"{after.state} {after.due_on or ''}".strip()
        self.must_be_confirmed(form, words, mark)
        messages.success(self.request, f"Recorded. {words}")
        return address(self.subject, self.deadline.pk)

    def do(self, form: Any, **acting: Any) -> Deadline:
        """The deed; returns the deadline after it."""
        raise NotImplementedError

    def place_of(self, refusal: Exception) -> str | None:
        if isinstance(refusal, CalendarEnds):
            return self.reaches_too_far
        return super().place_of(refusal)

    @property
    def seen_fact(self) -> int:
        """The newest fact that the page showed; -1, which is none, when it was tampered with."""
        typed = self.request.POST.get("seen_fact", "")
        return int(typed) if typed.isdecimal() and len(typed) < 18 else -1

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "deadline": self.deadline,
            "caption": f"{self.subject.code}: {self.deadline.rule.name}",
            "back_url": address(self.subject, self.deadline.pk),
            "seen_fact": self.shown("seen_fact", dates.newest_fact(self.facts)),
        }


class Pause(DateMove):
    title, deed, form_class = "Pause this clock", "pause", forms.PauseForm
    lead = "A day counts as stopped if all of it lies in the pause. Other clocks run on."

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.pause_clock(
            self.subject, self.deadline.pk, since=form.happened_at(), authority=given["authority"],
            reason=given["reason"], **acting,
        )  # fmt: skip


class Resume(DateMove):
    title, deed, form_class = "Resume this clock", "resume", forms.ResumeForm
    lead = "The days that were stopped are added at the end."

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.resume_clock(
            self.subject, self.deadline.pk, since=form.happened_at(), authority=given["authority"],
            reason=given["reason"], **acting,
        )  # fmt: skip


class Extend(DateMove):
    title, deed, form_class = "Extend this deadline", "extend", forms.ExtendForm
    lead = "The first date stays on the page, with who gave more time, and why."
    fields_of: ClassVar[dict[str, str]] = {**DateMove.fields_of, "to": "to", "by": "count"}

    def place_of(self, refusal: Exception) -> str | None:
        if isinstance(refusal, CalendarEnds):
            return "to" if self.request.POST.get("how") == forms.TO_A_DAY else "count"
        return super().place_of(refusal)

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.extend_clock(
            self.subject, self.deadline.pk, limit=form.limit(), decided_at=form.happened_at(),
            authority=given["authority"], reason=given["reason"], **acting,
        )  # fmt: skip


class Restart(DateMove):
    title, deed, form_class = "Count from another time", "restart", forms.RestartForm
    lead = "The count begins again. What was paused or extended before has no part in it."
    fields_of: ClassVar[dict[str, str]] = {**DateMove.fields_of, "start": "happened"}

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.restart_clock(
            self.subject, self.deadline.pk, start=form.happened_at(), authority=given["authority"],
            reason=given["reason"], **acting,
        )  # fmt: skip


class ReRule(DateMove):
    title, deed, form_class = "Count by another version of the rule", "re-rule", forms.ReRuleForm
    lead = "It is counted by that limit from its start on. Every pause and extension it had stays."
    fields_of: ClassVar[dict[str, str]] = {**DateMove.fields_of, "version": "version"}
    reaches_too_far = "version"

    def form_arguments(self) -> dict[str, Any]:
        return {"versions": dates.versions_open_to(self.deadline, self.subject)}

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.re_rule_clock(
            self.subject, self.deadline.pk, version=given["version"], decided_at=form.happened_at(),
            authority=given["authority"], reason=given["reason"], **acting,
        )  # fmt: skip


class Reopen(DateMove):
    title, deed, form_class = "Reopen this deadline", "reopen", forms.ReopenForm
    lead = "How it ended stays among the facts: in time or late is not forgotten. It is owed once more from now on."
    fields_of: ClassVar[dict[str, str]] = {**DateMove.fields_of, "between": "between"}

    def form_arguments(self) -> dict[str, Any]:
        return {"may_stop": "pause" in self.deadline.rule.allows}

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.reopen_clock(
            self.subject, self.deadline.pk, since=form.happened_at(), counts_between=given["between"] == "count",
            authority=given["authority"], reason=given["reason"], **acting,
        )  # fmt: skip


class Undo(DateMove):
    title, form_class = "Undo", forms.UndoForm
    lead = "It stays in the list of facts, marked as undone. The date is counted without it from now on."
    reaches_too_far = "reason"

    def prepare(self) -> None:
        super().prepare()
        self.fact = next((fact for fact in self.facts if fact.pk == self.kwargs["fact"]), None)
        if self.fact is None:
            raise Http404

    def is_possible(self) -> bool:
        return self.kwargs["fact"] in dates.facts_to_undo(self.deadline, self.subject)

    def get_title(self) -> str:
        facts = proof_of(self.deadline, at=self.at)["facts"]
        told = next(fact for fact in facts if fact["id"] == self.kwargs["fact"])
        return f"Undo fact {told['number']}: {fact_in_words(told)}"

    def do(self, form: Any, **acting: Any) -> Deadline:
        given = form.cleaned_data
        return dates.undo_one(
            self.subject, self.deadline.pk, self.kwargs["fact"], authority=given["authority"],
            reason=given["reason"], **acting,
        )  # fmt: skip
