"""The chronology of one return: read, sorted and filtered; its rows added, changed and removed."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.pages.views import at, signed_in
from reviews import forms
from reviews.chronology.forms import RowForm
from reviews.models import AgencyReturn, ChronologyRow
from reviews.services import chronology
from reviews.services.readable import shows_answers
from reviews.timeline.merging import Placed, in_time
from reviews.views.acts import BesideAnswers
from reviews.views.base import ComparedPage, find
from workflows.showing import Shows, not_found, shows

PAGE = 50
SORTS = (("date", "Date"), ("source", "Source"))
LONGEST_SEARCH = 100


def by_source(one: Placed) -> tuple[Any, ...]:
    """Sorts by source, those without one last, and within it in time."""
    return (not one.source, one.source.casefold(), in_time(one))


def holding(rows: "QuerySet[ChronologyRow]", words: str) -> "QuerySet[ChronologyRow]":
    """The rows in which the words stand, in whichever part."""
    wanted = Q()
    for name in ("said", "source", "event", "voice", "action", "comment"):
        wanted |= Q(**{f"{name}__icontains": words})
    return rows.filter(wanted) if words else rows


@shows(Shows.CASE)
@require_safe
def rows_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rows, as far as this person may read what the agency answers."""
    it: AgencyReturn = find(AgencyReturn, request, pk)
    held = it.permissions_of(signed_in(request), at=at(request))
    is_open = shows_answers(it, held)
    wanted = {
        "q": request.GET.get("q", "").strip()[:LONGEST_SEARCH],
        "key": "yes" if request.GET.get("key") else "",
        "sort": "source" if request.GET.get("sort") == "source" else "date",
    }
    rows = chronology.rows_of(it) if is_open else ChronologyRow.objects.none()
    found = holding(rows.filter(is_key=True) if wanted["key"] else rows, wanted["q"])
    placed = chronology.placed(found, {it.pk: it.agency.name}, chronology.birth_of(it.case))
    order = sorted(placed, key=by_source if wanted["sort"] == "source" else in_time)
    page = Paginator(order, PAGE).get_page(request.GET.get("page"))
    texts = ChronologyRow.objects.in_bulk([one.key for one in page.object_list])
    return render(
        request,
        "chronology/rows.html",
        {
            "title": "Chronology",
            "it": it,
            "is_open": is_open,
            "rows": [texts[one.key] for one in page.object_list if one.key in texts],
            "page": page,
            "wanted": wanted,
            "query": urlencode({name: value for name, value in wanted.items() if value}),
            "sorts": SORTS,
            "is_filtered": bool(wanted["q"] or wanted["key"]),
            "count": len(order),
            "can_write": "reviews.draft_agencyreturn" in held and it.can_be_written,
        },
    )


class OnChronology(BesideAnswers):
    list_page = "return-chronology"


class AddRow(OnChronology):
    title, form_class, template_name = "Add a row", RowForm, "chronology/row.html"

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "is_new": True}

    def act(self, form: Any) -> str:
        chronology.add_rows(self.subject, [form.row()], **self.acting())
        home = self.come_back("The row was added.")
        return (
            reverse("return-chronology-add", args=[self.subject.pk])
            if "another" in self.request.POST
            else home
        )


class OnOneRow(OnChronology):
    """About one row. Somebody may have removed it while its page was open: what was typed then stays on the page."""

    row: ChronologyRow | None

    def prepare(self) -> None:
        super().prepare()
        rows = chronology.rows_of(self.subject).select_related("saved_by")
        self.row = rows.filter(pk=self.kwargs["row"]).first()
        if self.row is None and self.request.method != "POST":
            raise not_found(self.request, AgencyReturn, self.subject.pk)

    def version(self) -> str:
        return str(self.row.version) if self.row else ""

    def seen_row(self) -> int:
        """The version of the row that the page showed; -1 when it was tampered with, which is no version."""
        typed = self.request.POST.get("seen", "")
        return int(typed) if typed.isdecimal() and len(typed) < 9 else -1


class ChangeRow(OnOneRow, ComparedPage):
    title, form_class, template_name = "Change a row", RowForm, "chronology/row.html"

    def stored(self) -> dict[str, Any]:
        if self.row is None:
            return {}
        return {"when": self.row.said, **{
            name: getattr(self.row, name) for name in RowForm.base_fields if name != "when"
        }}  # fmt: skip

    def initial(self) -> dict[str, Any]:
        return self.stored()

    def mark(self) -> str:
        return self.version()

    def stored_by(self) -> str:
        return self.row.saved_by.full_name if self.row else ""

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "row": self.row}

    def act(self, form: Any) -> str:
        chronology.change_row(
            self.subject, self.kwargs["row"], form.row(), seen=self.seen_row(), **self.acting()
        )
        return self.come_back("The row was changed.")


class RemoveRow(OnOneRow):
    title, submit, done = "Remove a row", "Remove it", "The row was removed."
    form_class, template_name = forms.ConfirmForm, "chronology/remove.html"

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "row": self.row, "seen": self.shown("seen", self.version())}

    def act(self, form: Any) -> str:
        chronology.remove_row(self.subject, self.kwargs["row"], seen=self.seen_row(), **self.acting())
        return self.come_back()
