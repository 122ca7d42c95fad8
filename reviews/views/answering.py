"""The pages of answer sheets, a return's and a decision's alike: write a section; check all before they go."""

from typing import Any, ClassVar

from django.forms import Field
from django.http import Http404
from django.urls import reverse

from reviews.questions import Definition, has_rows, is_complete
from reviews.section_forms import SectionForm, field_of
from reviews.services import answering
from reviews.services.answering import Sheet
from reviews.views.base import ComparedPage, SubjectPage

CHECKING = "check"
"""In the address of a section that was opened from the page of all answers, and leads back to it."""


def rows_of(sheet: Sheet, section_page: str, pk: Any) -> list[dict[str, Any]]:
    """The sections of a sheet as pages show them: how far each is, its answers, where to change it."""
    return [
        {
            "section": section,
            "done": is_complete(section, sheet.answers),
            "begun": section.code in sheet.answers,
            "url": reverse(section_page, args=[pk, section.code]),
            "answers": sheet.answers.get(section.code, {}),
        }
        for section in answering.definition_of(sheet)
    ]


class SheetPage(SubjectPage):
    """A page about an answer sheet. Its section pages and its page of all answers lead to one another."""

    definitions: ClassVar[tuple[Definition, ...]]
    """Those that sheets of this kind are or were begun with, the newest first."""
    section_page: ClassVar[str]
    check_page: ClassVar[str]

    def sheet(self) -> Sheet:
        raise NotImplementedError

    def home(self) -> str:
        """The page of the whole sheet."""
        return str(self.subject.get_absolute_url())


class SectionPage(ComparedPage, SheetPage):
    """One section; "Save as a draft" keeps it with gaps."""

    form_class = SectionForm
    template_name = "reviews/section.html"

    def prepare(self) -> None:
        super().prepare()
        try:
            self.section = answering.definition_of(self.sheet()).section(self.kwargs["section"])
        except KeyError:
            raise Http404 from None

    def get_title(self) -> str:
        return self.section.title

    def initial(self) -> dict[str, Any]:
        return self.stored()

    def stored(self) -> dict[str, Any]:
        answers: dict[str, Any] = self.sheet().answers.get(self.section.code, {})
        return answers

    def mark(self) -> str:
        return answering.seen_of(self.sheet(), self.section.code)

    def stored_by(self) -> str:
        return answering.saved_by(self.sheet(), self.section.code)

    def form_arguments(self) -> dict[str, Any]:
        answered = [q.code for q in self.section.questions if has_rows(q, self.sheet().answers)]
        return {"section": self.section, "draft": "draft" in self.request.POST, "answered": answered}

    def context(self, form: Any) -> dict[str, Any]:
        given = super().context(form)
        back = reverse(self.check_page, args=[self.subject.pk]) if self._is_checking else self.home()
        return {**given, "lead": self.section.lead, "back_url": back, "section": self.section}

    @classmethod
    def asked(cls, **address: Any) -> dict[str, Field]:
        asked: dict[str, Field] = {}
        for section in (
            one for definition in cls.definitions for one in definition if one.code == address["section"]
        ):
            for question in section.questions:
                asked.setdefault(question.code, field_of(question))
        return asked

    @property
    def _is_checking(self) -> bool:
        return CHECKING in self.request.GET

    def save(self, given: dict[str, Any], *, seen: str) -> Sheet:
        """Keep the answers; returns the sheet as it is then."""
        raise NotImplementedError

    def act(self, form: Any) -> str:
        sheet = self.save(form.answers(), seen=self.seen)
        if "draft" in self.request.POST:
            return self.come_back("Saved as a draft.")
        check = reverse(self.check_page, args=[self.subject.pk])
        if self._is_checking:
            return check
        sections = list(answering.definition_of(sheet))
        place = sections.index(self.section)
        if place + 1 < len(sections):
            return reverse(self.section_page, args=[self.subject.pk, sections[place + 1].code])
        if gaps := answering.sections_with_gaps(sheet):
            return self.come_back(f"Saved. Still to answer: {answering.titles(gaps)}.")
        return check

    def come_back(self, words: str = "") -> str:
        super().come_back(words)
        return self.home()


class CheckAnswers(SheetPage):
    """All the answers of a sheet, and the button under them. Who may still change them finds the way beside each."""

    template_name = "reviews/check.html"
    can_change: ClassVar[bool] = True
    """If so, the mark of the answers goes with the form: only what was read is sent."""

    def shows_stored(self) -> bool:
        return True

    @property
    def seen(self) -> str:
        """The mark of the answers that the page showed."""
        return self.request.POST.get("seen", "")[:60]

    def context(self, form: Any) -> dict[str, Any]:
        sheet = self.sheet()
        gaps = answering.sections_with_gaps(sheet) if self.can_change else []
        return {
            **super().context(form),
            "sections": rows_of(sheet, self.section_page, self.subject.pk),
            "can_change": self.can_change,
            "checking": CHECKING,
            "gaps": answering.titles(gaps),
            "back_url": self.home(),
            "seen": self.shown("seen", answering.mark_of(sheet)),
        }
