"""Looking after the calendar that all partnerships share: the lists held, what a change would move, confirming it."""

import uuid
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.http import Http404

from accounts.models import User
from accounts.pages.forms import PageForm
from accounts.pages.views import at, signed_in
from reviews.administration.forms import HolidayForm, HolidayListForm
from reviews.administration.views import AdministrationForm, AdministrationPage
from workflows.calendars import local_date
from workflows.models import HAND, CalendarChange, CalendarVersion
from workflows.services import calendar as calendars
from workflows.services import changing, govuk
from workflows.services.alarms import calendar_alarms
from workflows.services.redating import Move, would_move
from workflows.showing import Shows, note_listed

CALENDAR = ("Bank holidays", "calendar")
SHOWN = 20
"""So many lists and changes are shown, newest first."""
NAMED = 100
"""So many deadlines that would move are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What confirming a change would do: named where the viewer may see the subject, counted elsewhere."""

    difference: changing.Difference
    named: list[Move]
    elsewhere: int
    known_until: tuple[date, date]
    """Of the list in use, and as it would be."""


def preview_of(change: CalendarChange, user: User, *, at: Any) -> Preview:
    """What it would do, for this viewer. Writes nothing."""
    old, new = calendars.calendar_of(change.base), changing.calendar_after(change)
    moves = list(would_move(new))
    seen: set[uuid.UUID] = set()
    for kind in {move.deadline.subject.kind for move in moves}:
        ids = [move.deadline.subject_id for move in moves if move.deadline.subject.kind == kind]
        visible = apps.get_model(kind)._default_manager.all().visible_to(user, at=at)
        seen.update(visible.filter(pk__in=ids).values_list("pk", flat=True))
    named = [move for move in moves if move.deadline.subject_id in seen]
    named.sort(key=lambda move: (move.was or date.max, move.deadline.subject.code, move.deadline.rule_code))
    return Preview(
        changing.difference(change), named, len(moves) - len(named), (old.known_until, new.known_until)
    )


class CalendarPage(AdministrationPage):
    """The days that do not count from this year on, where they come from, and what is amiss."""

    template_name = "administration/calendar.html"
    title = "Bank holidays"

    def shown(self) -> dict[str, Any]:
        now = at(self.request)
        versions = list(CalendarVersion.objects.select_related("loaded_by").order_by("-pk")[:SHOWN])
        in_use = versions[0]
        this_year = local_date(now).year
        days = sorted(
            (d, name) for d, name in calendars.calendar_of(in_use).holidays.items() if d.year >= this_year
        )
        changes = CalendarChange.objects.select_related("proposed_by", "decided_by", "base")
        return {
            "now": now,
            "versions": versions,
            "in_use": in_use,
            "years": [(year, list(rows)) for year, rows in groupby(days, lambda row: row[0].year)],
            "alarms": calendar_alarms(at=now),
            "waiting": list(changes.waiting()[:SHOWN]),
            "decided": list(changes.exclude(state="proposed")[:SHOWN]),
            "HAND": HAND,
        }


class LoadList(AdministrationForm):
    """A file that a person fetched from gov.uk. No address is asked inside a request: a worker or the command does."""

    title = "Load a list of bank holidays"
    section = CALENDAR
    form_class = HolidayListForm
    submit = "See what it would move"
    lead = (
        "Fetch the list at gov.uk (the JSON file of bank holidays), and choose it here. Only its days of England and "
        "Wales are read. Nothing is changed until you have seen what it would move, and confirmed it. A file that says "
        "otherwise of days that are known already needs somebody else to confirm it."
    )

    def initial(self) -> dict[str, Any]:
        return {"published_on": local_date(self.at)}

    def act(self, form: HolidayListForm) -> str:
        given = form.cleaned_data
        text = govuk.decoded(given["list"].read(govuk.LONGEST + 1))
        source = f"gov.uk bank holidays, brought as {given['list'].name}"
        document = govuk.from_govuk(text, source=source, published_on=given["published_on"])
        change = changing.propose_list(document, reason=given["reason"], **self.acting())
        if change is None:
            return self.come_back("gov.uk says the same as before. It is noted that somebody looked today.")
        return self.address("calendar-change", change.pk)


class ProposeDay(AdministrationForm):
    """A day added or taken away by hand: a claim of two people."""

    title = "Add or take away a day"
    section = CALENDAR
    form_class = HolidayForm
    submit = "See what it would move"
    lead = (
        "For a day that was proclaimed, or moved, and that the list of gov.uk does not show yet. Somebody else has "
        "to confirm it: it moves the deadlines of every partnership."
    )

    def act(self, form: HolidayForm) -> str:
        given = form.cleaned_data
        change = changing.propose_day(
            given["day"], given["name"], adding=given["verb"] == "add", source=given["source"],
            reason=given["reason"], **self.acting(),
        )  # fmt: skip
        return self.address("calendar-change", change.pk)


class _Change(AdministrationForm):
    """Something done about a change that waits."""

    section = CALENDAR
    form_class = PageForm
    change: CalendarChange

    def prepare(self) -> None:
        super().prepare()
        found = CalendarChange.objects.filter(pk=self.kwargs["pk"])
        change = found.select_related("base", "proposed_by", "decided_by", "version").first()
        if change is None:
            raise Http404
        self.change = change


class ConfirmChange(_Change):
    """What a change would move, shown; and, with one press, confirmed. One that was decided is only shown."""

    shows = Shows.LIST
    template_name = "administration/calendar_change.html"
    submit = "Confirm, and date the deadlines anew"

    def get_title(self) -> str:
        return "A day changed by hand" if self.change.origin == HAND else "A list of bank holidays"

    def context(self, form: Any) -> dict[str, Any]:
        waits = self.change.state == CalendarChange.State.PROPOSED
        overtaken = waits and self.change.base != calendars.current_version()
        user = signed_in(self.request)
        preview = preview_of(self.change, user, at=self.at) if waits and not overtaken else None
        named = preview.named[:NAMED] if preview else []
        note_listed(self.request, "deadlines", (move.deadline.subject.code for move in named))
        return {
            **super().context(form),
            "change": self.change,
            "preview": preview,
            "difference": changing.difference(self.change),
            "overtaken": overtaken,
            "is_own": self.change.takes_two and self.change.proposed_by == user,
            "most_named": NAMED,
        }

    def act(self, form: PageForm) -> str:
        version = changing.confirm_change(self.change, **self.acting())
        return self.come_back(
            f"The list {version.code} is in use. Open deadlines that it moves are dated anew within a minute, each "
            "with the reason, the old day and the new one."
        )


class WithdrawChange(_Change):
    title = "Withdraw this change"
    submit = "Withdraw it"
    lead = "The list in use stays as it is. Whoever wants the change again has to propose it again."

    def act(self, form: PageForm) -> str:
        changing.withdraw_change(self.change, **self.acting())
        messages.success(self.request, "The change was withdrawn. The list in use stays as it is.")
        return self.address("calendar")
