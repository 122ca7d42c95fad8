"""Looking after a partnership: its own milestones, and the statutory rules beside them."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from accounts.models import Partnership
from accounts.pages.days import END_OF_DAYS, FIRST_DAY
from accounts.pages.views import at
from reviews.administration.forms import ONLY_NEW, THESE_TOO, ConfirmForm, MilestoneForm
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.rules import AUDIENCES
from reviews.services import rule_changes
from reviews.services.rule_changes import Preview
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import NotADate
from workflows.ladders import Rung
from workflows.models import RuleVersion
from workflows.rules import UNITS, Limit
from workflows.services.ladders import ladders_of
from workflows.services.proof import MARKS
from workflows.showing import Shows, note_listed

MILESTONES = ("Deadlines and milestones", "milestone-list")


def in_words(rung: Rung) -> str:
    """When a step comes and whom it tells: "3 working days before: business manager"."""
    count = rung.before or rung.after
    days = f"{count} working day{'' if count == 1 else 's'}"
    when = f"{days} before" if rung.before else f"{days} late" if rung.after else "On the day"
    return f"{when}: {AUDIENCES.get(rung.tell, rung.tell.replace('-', ' '))}"


def steps_in_words(partnership: Partnership) -> dict[str, list[str]]:
    """The steps of each ladder as it stands in the partnership, in words, in order of time."""
    return {
        name: [in_words(rung) for rung in ladder.rungs] for name, ladder in ladders_of(partnership).items()
    }


def with_query(address: str, **asked: str) -> str:
    """The address with more to ask of it."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def limit_in(text: str, *, is_planned_back: bool = False) -> Limit | None:
    """The limit in an address; None when it is none, or not one that a page makes."""
    try:
        limit = Limit.parse(text)
    except NotADate:
        return None
    count = -limit.count if is_planned_back else limit.count
    return limit if limit.unit in UNITS and count > 0 else None


def day_in(text: str) -> date | None:
    """The day in an address; None when it is none, or a slip."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY < day < END_OF_DAYS else None


def moved_in_words(count: int) -> str:
    """What is added to a message when running deadlines were moved too."""
    if not count:
        return ""
    return f" {count} running deadline{' counts' if count == 1 else 's count'} by it too."


class MilestoneList(AdministrationPage):
    """What counts here today or will: local milestones first, then what the law and its guidance set."""

    template_name = "administration/milestones.html"
    title = "Deadlines and milestones"

    def shown(self) -> dict[str, Any]:
        today = local_date(at(self.request))
        rules = list(
            RuleVersion.objects.of(self.partnership)
            .filter(Q(valid_to=None) | Q(valid_to__gte=today))
            .order_by("pk")
        )
        return {
            "local": sorted(
                (rule for rule in rules if rule.is_local),
                key=lambda rule: (rule.kind, rule.starts, rule.name, rule.valid_from),
            ),
            "statutory": [rule for rule in rules if rule.partnership_id is None and rule.is_kept],
            "steps_of": steps_in_words(self.partnership),
            "marks": MARKS,
            "today": today,
            "runs": self.runs(),
        }


class OfMilestone(AdministrationForm):
    """For the business manager alone. A user administrator may read milestones, and is refused here."""

    section = MILESTONES
    milestone: RuleVersion

    def prepare(self) -> None:
        super().prepare()
        self.milestone = self.own(RuleVersion.objects.filter(pk=self.kwargs["pk"], authority="").first())
        if not self.runs():
            raise PermissionDenied

    @property
    def is_planned_back(self) -> bool:
        """Whether it is due before the day it counts from. A page changes by how long, never the direction."""
        return Limit.parse(self.milestone.limit).count < 0

    def limit_asked_for(self) -> Limit | None:
        return limit_in(self.request.GET.get("limit", ""), is_planned_back=self.is_planned_back)

    def get_title(self) -> str:
        return f"Change “{self.milestone.name}”"


class EditMilestone(OfMilestone):
    """The new limit. It leads to a page that shows what it would move, and changes nothing itself."""

    form_class = MilestoneForm
    template_name = "administration/milestone.html"
    submit = "Show what it would move"

    def form_arguments(self) -> dict[str, Any]:
        return {"is_planned_back": self.is_planned_back}

    def initial(self) -> dict[str, Any]:
        # What was asked for last, when somebody comes back from the page that shows what it would move.
        limit = self.limit_asked_for() or Limit.parse(self.milestone.limit)
        return {
            "count": abs(limit.count), "unit": limit.unit, "roll": limit.roll, "repeats": limit.repeats,
            "cut_off": f"{limit.cut_off:%H:%M}" if limit.cut_off else "",
            "valid_from": day_in(self.request.GET.get("from", "")) or local_date(self.at),
        }  # fmt: skip

    def context(self, form: Any) -> dict[str, Any]:
        return {
            **super().context(form),
            "milestone": self.milestone,
            "ladder": steps_in_words(self.partnership).get(self.milestone.ladder, []),
        }

    def act(self, form: MilestoneForm) -> str:
        given = form.cleaned_data
        limit = replace(
            Limit.parse(self.milestone.limit), count=-given["count"] if self.is_planned_back else given["count"],
            unit=given["unit"], roll=given["roll"] or "",
            repeats=given.get("repeats", False), cut_off=given.get("cut_off"),
        )  # fmt: skip
        return with_query(
            self.address("milestone-confirm", self.milestone.pk),
            limit=str(limit), **{"from": given["valid_from"].isoformat()},
        )  # fmt: skip


class ConfirmMilestone(OfMilestone):
    """What the new limit would move, and whether it does."""

    form_class = ConfirmForm
    shows = Shows.LIST
    template_name = "administration/confirm.html"
    submit = "Change the milestone"
    limit: Limit
    valid_from: date
    shown: Preview

    def prepare(self) -> None:
        super().prepare()
        limit, day = self.limit_asked_for(), day_in(self.request.GET.get("from", ""))
        if limit is None or day is None:
            raise Http404
        self.limit, self.valid_from = limit, day
        self.shown = rule_changes.preview(
            self.milestone.partnership or self.partnership, self.milestone.code, limit, **self.acting()
        )

    def initial(self) -> dict[str, Any]:
        return {"which": ONLY_NEW}

    def context(self, form: Any) -> dict[str, Any]:
        back = with_query(
            self.address("milestone-edit", self.milestone.pk),
            limit=str(self.limit), **{"from": self.valid_from.isoformat()},
        )  # fmt: skip
        note_listed(self.request, "deadlines", self.shown.names.values())
        return {
            **super().context(form),
            "rows": [
                ("Now", self.milestone.limit_in_words),
                ("From " + day_in_words(self.valid_from), self.limit.words),
            ],
            "preview": self.shown,
            "back_url": back,
        }

    def act(self, form: ConfirmForm) -> str:
        given = form.cleaned_data
        changed, moved = rule_changes.change_local_milestone(
            self.milestone, limit=self.limit, valid_from=self.valid_from, **self.acting(),
            these_too=given["which"] == THESE_TOO, reason=given["reason"], seen=self.request.POST.get("seen", ""),
        )  # fmt: skip
        return self.come_back(
            f"{changed.name}: {changed.limit_in_words}, from {changed.valid_from:%-d %B %Y}.{moved_in_words(moved)}"
        )
