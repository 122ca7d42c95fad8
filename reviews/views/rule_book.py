"""The rule book: every rule with its source, as it stood on a day. For everybody who acts in a partnership."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Partnership, Seat
from accounts.pages import fields
from accounts.pages.forms import PageForm
from accounts.pages.views import at, signed_in
from reviews.duties.editions import EDITION
from workflows.calendars import local_date
from workflows.services.book import book_on, span_in_words
from workflows.services.proof import MARKS
from workflows.showing import Shows, shows


class DayForm(PageForm):
    """Which day's rule book is wanted."""

    on = fields.DayField(
        subject="a day",
        label="The rule book as it stood on",
        help_text="For example, 4 5 2020",
    )


def _partnership_of(request: HttpRequest) -> Partnership:
    """The partnership whose book is read: the one asked for, if the person acts in it; else their first. Or 404."""
    seats = Seat.objects.acted_for_by(signed_in(request), at=at(request))
    theirs = Partnership.objects.filter(seats__in=seats).distinct().order_by("name")
    wanted = request.GET.get("partnership")
    found = [one for one in theirs if wanted in (None, "", str(one.pk))]
    if not found:
        raise Http404
    return found[0]


@shows(Shows.NOTHING)
@require_safe
def rule_book_page(request: HttpRequest) -> HttpResponse:
    """Every rule that applied on the day asked for; today's when none is, or when it is no day."""
    partnership = _partnership_of(request)
    today = local_date(at(request))
    is_asked = any(f"on_{box}" in request.GET for box in fields.DayField.boxes)
    form = DayForm(request.GET if is_asked else None, at=at(request), initial={"on": today})
    on = (form.cleaned_data["on"] if form.is_bound and form.is_valid() else None) or today
    return render(
        request,
        "reviews/rule_book.html",
        {
            "title": "The rule book",
            "form": form,
            "book": book_on(on, partnership),
            "partnership": partnership,
            "is_today": on == today,
            "edition": EDITION,
            "marks": MARKS,
            "span_in_words": span_in_words,
        },
    )
