"""A table brought into a chronology: read, shown as it would be, and added when somebody has said yes."""

import hashlib
import uuid
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from reviews.chronology.forms import TableForm
from reviews.chronology.views import OnChronology
from reviews.services import chronology

SHOWN = 100
"""So many rows are shown before they are added: enough to see whether the columns are right."""


class Shown(Exception):
    """Nothing was added yet: the rows are to be looked at first."""

    def __init__(self, form: TableForm, mark: str) -> None:
        super().__init__()
        self.form, self.mark = form, mark


def mark_of(text: str) -> str:
    """A mark of a table, however a browser writes its line ends."""
    return hashlib.sha256("\n".join(text.splitlines()).encode(errors="replace")).hexdigest()[:32]


class BringIn(OnChronology):
    """The form for a table; what is wrong with it; or the rows as they would be, and a yes."""

    title, submit = "Bring in a table", "Check the rows"
    form_class, template_name = TableForm, "chronology/table.html"

    def ask_and_act(self, token: uuid.UUID | None) -> HttpResponseBase:
        if "change" in self.request.POST:
            self.prepare()
            return self.page(self.form_class(self.request.POST, at=self.at))
        try:
            return super().ask_and_act(token)
        except Shown as shown:
            return self.look(shown)

    def act(self, form: Any) -> str:
        mark = mark_of(form.cleaned_data["text"])
        if self.request.POST.get("confirmed") != mark:
            chronology.must_have_room(self.subject, len(form.table.rows))
            raise Shown(form, mark)
        made = chronology.add_rows(self.subject, form.table.rows, **self.acting())
        return self.come_back("1 row was added." if len(made) == 1 else f"{len(made):,} rows were added.")

    def look(self, shown: Shown) -> HttpResponse:
        """The page that shows the rows as they would be, and asks for a yes."""
        rows = shown.form.table.rows
        return render(
            self.request,
            "chronology/table_check.html",
            {
                **self.context(shown.form),
                "title": "Check the row" if len(rows) == 1 else f"Check the {len(rows):,} rows",
                "form": shown.form,
                "mark": shown.mark,
                "text": shown.form.cleaned_data["text"],
                "read_as": shown.form.read_as,
                "rows": rows[:SHOWN],
                "count": len(rows),
                "there": chronology.count_there(self.subject, rows),
            },
        )
