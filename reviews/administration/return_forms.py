"""The form of returns: what agencies are asked, read by administrators, changed by the business manager."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

from reviews.administration.return_form_forms import ArrangeForm, QuestionForm, SeenForm
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.questions.changing import (
    KINDS,
    Data,
    arranged,
    differences,
    is_needed,
    section_of,
    with_question,
)
from reviews.services import return_forms

FORM = ("The form of returns", "return-form")


class FormPreview(AdministrationPage):
    """Every question as it is asked or, while there is a draft, as it would be; and the forms there were."""

    template_name = "administration/return_form.html"
    title = FORM[0]

    def shown(self) -> dict[str, Any]:
        draft = return_forms.draft_of(self.partnership)
        return {
            "draft": draft,
            "sections": draft.sections if draft else return_forms.data_in_use(self.partnership),
            "used": [form for form in return_forms.forms_of(self.partnership) if form.used_from],
            "is_needed": is_needed,
            "kinds": KINDS,
            "runs": self.runs(),
        }


class OfForm(AdministrationForm):
    """For the business manager alone. A user administrator may read the form, and is refused here."""

    section = FORM
    data: Data

    def prepare(self) -> None:
        super().prepare()
        self.draft = return_forms.draft_of(self.partnership)
        self.data = self.draft.sections if self.draft else return_forms.data_in_use(self.partnership)
        self.find()
        if not self.runs():
            raise PermissionDenied

    def find(self) -> None:
        """What of the form the page is about, if it is about a part of it."""

    def initial(self) -> dict[str, Any]:
        return {"seen": self.draft.edits if self.draft else 0}


class OfSection(OfForm):
    part: dict[str, Any]

    def find(self) -> None:
        try:
            self.part = section_of(self.data, self.kwargs["section"])
        except KeyError:
            raise Http404 from None


class ArrangeSection(OfSection):
    """The order of the questions of a section, and which are asked."""

    form_class = ArrangeForm
    submit = "Save in the draft"
    lead = (
        "Give a question the place of another, and it takes it. What is not asked can be asked again later."
    )

    def get_title(self) -> str:
        return f"Order and hide questions: {self.part['title']}"

    def form_arguments(self) -> dict[str, Any]:
        return {"section": self.part["code"], "questions": self.part["questions"]}

    def act(self, form: ArrangeForm) -> str:
        code, order, hidden = self.part["code"], form.order(), form.hidden()
        return_forms.change_form(
            self.partnership, lambda data: arranged(data, code, order, hidden),
            seen=form.cleaned_data["seen"], **self.acting(),
        )  # fmt: skip
        return self.come_back(f"{self.part['title']}: saved in the draft.")


class AddQuestion(OfSection):
    """A question of the partnership's own, at the end of a section."""

    form_class = QuestionForm
    submit = "Add it to the draft"
    lead = "Agencies outside your partnership may read it too. Ask for nothing that another question asks."

    def get_title(self) -> str:
        return f"Add a question: {self.part['title']}"

    def place_of(self, refusal: Exception) -> str | None:
        return "label" if getattr(refusal, "about", "") == "label" else None

    def act(self, form: QuestionForm) -> str:
        code, given = self.part["code"], form.given()
        return_forms.change_form(
            self.partnership, lambda data: with_question(data, code, given),
            seen=form.cleaned_data["seen"], **self.acting(),
        )  # fmt: skip
        return self.come_back(f"{self.part['title']}: the question was added to the draft.")


class UseForm(OfForm):
    """What the draft changes, and whether returns are asked by it from now on."""

    title = "Use this form"
    form_class = SeenForm
    submit = "Use it from now on"
    template_name = "administration/return_form_use.html"
    lead = "Returns that were requested already keep the form they were begun with."

    def context(self, form: Any) -> dict[str, Any]:
        told = differences(return_forms.data_in_use(self.partnership), self.data)
        return {**super().context(form), "told": told}

    def act(self, form: SeenForm) -> str:
        return_forms.put_to_use(self.partnership, seen=form.cleaned_data["seen"], **self.acting())
        return self.come_back("Returns are asked by this form from now on.")


class DropDraft(OfForm):
    """Back to the form in use."""

    title = "Drop the draft"
    form_class = SeenForm
    submit = "Drop the draft"
    lead = "What was changed in it is lost. Returns are asked by the form in use, as before."

    def act(self, form: SeenForm) -> str:
        return_forms.drop_draft(self.partnership, seen=form.cleaned_data["seen"], **self.acting())
        return self.come_back("The draft was dropped.")
