"""The page that is answered twice: what was typed says what it would do, and is recorded when somebody says yes."""

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.pages.forms import TOKEN
from reviews.views.base import SubjectPage

NOT_TYPED = ("csrfmiddlewaretoken", TOKEN, "confirmed", "change")
"""Boxes that the check page writes itself, or that belong to one press of a button."""


class Previewed(Exception):
    """It can be done, and was taken back: nobody has confirmed yet what it does."""

    def __init__(self, form: Any, words: str, mark: str) -> None:
        super().__init__(words)
        self.form, self.words, self.mark = form, words, mark


class CheckedPage(SubjectPage):
    """Do it, look at what came of it, and take it back until the person has seen that very thing and said yes.

    So what is previewed is what the deed itself does, refusals and all; and if it would come out otherwise by the
    time of the yes, that is shown, and asked about again. The form says in words what was typed (`to_check`).
    """

    submit = "Continue"
    changed_since: ClassVar[str] = "Something has changed since you were asked. This is what it does now:"

    def ask_and_act(self, token: uuid.UUID | None) -> HttpResponseBase:
        if "change" in self.request.POST:
            self.prepare()
            return self.page(self.form_class(self.request.POST, at=self.at, **self.form_arguments()))
        try:
            return super().ask_and_act(token)
        except Previewed as preview:
            return self.check(preview)

    def must_be_confirmed(self, form: Any, words: str, mark: str) -> None:
        """Take the deed back, and show what it does, unless the person has said yes to just that."""
        if self.request.POST.get("confirmed") != mark:
            raise Previewed(form, words, mark)

    def check(self, preview: Previewed) -> HttpResponse:
        """The page that says what would happen, with all that was typed, and asks for a yes."""
        typed = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in NOT_TYPED
            for value in values
        ]
        return render(
            self.request,
            "reviews/checked.html",
            {
                **self.context(preview.form),
                "title": f"Check: {self.get_title()[:1].lower()}{self.get_title()[1:]}",
                "form": preview.form,
                "words": preview.words,
                "mark": preview.mark,
                "is_another": "confirmed" in self.request.POST,
                "changed_since": self.changed_since,
                "said": preview.form.to_check(),
                "typed": typed,
            },
        )
