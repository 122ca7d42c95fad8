"""Looking after a partnership: emergency relaxations of statutory rules, on somebody's authority and for a time."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.pages.views import at
from reviews.administration.forms import (
    ONLY_NEW,
    THESE_TOO,
    ConfirmRelaxationForm,
    EndRelaxationForm,
    RelaxForm,
)
from reviews.administration.milestones import day_in, limit_in, moved_in_words, with_query
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.services import rule_changes
from reviews.services.rule_changes import Preview
from workflows.calendars import local_date
from workflows.countdown import day_in_words
from workflows.exceptions import NoSuchRule
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.relaxing import what_may_be_relaxed
from workflows.services.rules import rule_on
from workflows.showing import Shows, note_listed

RELAXATIONS = ("Emergency relaxations", "relaxation-list")


class RelaxationList(AdministrationPage):
    """Every relaxation there is or was, the latest first."""

    template_name = "administration/relaxations.html"
    title = "Emergency relaxations"

    def shown(self) -> dict[str, Any]:
        there = RuleVersion.objects.relaxations().filter(partnership=self.partnership)
        return {
            "relaxations": list(there.select_related("recorded_by").order_by("-valid_from", "-pk")),
            "today": local_date(at(self.request)),
            "runs": self.runs(),
        }


class OfRelaxations(AdministrationForm):
    """For the business manager alone. A user administrator may read relaxations, and is refused here."""

    section = RELAXATIONS

    def prepare(self) -> None:
        super().prepare()
        self.find()
        if not self.runs():
            raise PermissionDenied

    def find(self) -> None:
        """What the page is about, if it is about one: what is another partnership's is not there, whoever asks."""


class Relax(OfRelaxations):
    """Which rule, to what, and for which days. It leads to a page that shows what it would move."""

    title = "Relax a rule"
    form_class = RelaxForm
    submit = "Show what it would move"
    lead = (
        "Only on the authority of somebody who may allow it, such as the Panel. You are asked on whose, next."
    )

    def form_arguments(self) -> dict[str, Any]:
        return {"rules": what_may_be_relaxed()}

    def initial(self) -> dict[str, Any]:
        asked = self.request.GET
        limit = limit_in(asked.get("limit", ""))
        return {
            "rule": asked.get("rule", ""),
            **({"count": limit.count, "unit": limit.unit} if limit else {}),
            "valid_from": day_in(asked.get("from", "")),
            "valid_to": day_in(asked.get("to", "")),
        }

    def act(self, form: RelaxForm) -> str:
        given = form.cleaned_data
        rule_on(given["rule"], given["valid_from"])  # said here, where the day can be mended
        return with_query(
            self.address("relaxation-confirm"),
            rule=given["rule"], limit=str(Limit(given["count"], given["unit"])),
            **{"from": given["valid_from"].isoformat(), "to": given["valid_to"].isoformat()},
        )  # fmt: skip


class ConfirmRelaxation(OfRelaxations):
    """What the relaxation would move, on whose authority, and whether it does."""

    title = "Relax a rule"
    form_class = ConfirmRelaxationForm
    shows = Shows.LIST
    template_name = "administration/confirm.html"
    submit = "Relax the rule"
    rule: RuleVersion
    limit: Limit
    days: tuple[date, date]
    shown: Preview

    def prepare(self) -> None:
        super().prepare()
        asked = self.request.GET
        limit, since, until = (
            limit_in(asked.get("limit", "")),
            day_in(asked.get("from", "")),
            day_in(asked.get("to", "")),
        )
        if limit is None or since is None or until is None:
            raise Http404
        try:
            self.rule = rule_on(asked.get("rule", ""), since)
        except NoSuchRule:
            raise Http404 from None
        self.limit, self.days = limit, (since, until)
        self.shown = rule_changes.preview(self.partnership, self.rule.code, limit, **self.acting())

    def initial(self) -> dict[str, Any]:
        return {"which": ONLY_NEW}

    def context(self, form: Any) -> dict[str, Any]:
        note_listed(self.request, "deadlines", self.shown.names.values())
        return {
            **super().context(form),
            "rows": [
                ("Rule", self.rule.name),
                ("As it stands", self.rule.limit_in_words),
                ("Meanwhile", self.limit.words),
                ("First day", day_in_words(self.days[0])),
                ("Last day", day_in_words(self.days[1])),
            ],
            "preview": self.shown,
            "back_url": with_query(self.address("relaxation-add"), **self.request.GET.dict()),
        }

    def act(self, form: ConfirmRelaxationForm) -> str:
        given = form.cleaned_data
        relaxed, moved = rule_changes.relax_rule(
            self.partnership, self.rule.code, limit=self.limit, valid_from=self.days[0], valid_to=self.days[1],
            authority=given["authority"], reason=given["reason"], **self.acting(),
            these_too=given["which"] == THESE_TOO, seen=self.request.POST.get("seen", ""),
        )  # fmt: skip
        return self.come_back(
            f"{relaxed.name}: {relaxed.limit_in_words}, from {self.days[0]:%-d %B %Y} to "
            f"{self.days[1]:%-d %B %Y}.{moved_in_words(moved)}"
        )


class EndRelaxation(OfRelaxations):
    """The last day of a relaxation, earlier or later than was said."""

    form_class = EndRelaxationForm
    submit = "Set the last day"
    lead = "Deadlines that count by it keep it. Those that start after the last day count by the rule as it stands."
    relaxation: RuleVersion

    def find(self) -> None:
        relaxations = RuleVersion.objects.relaxations()
        self.relaxation = self.own(relaxations.filter(pk=self.kwargs["pk"]).first())

    def get_title(self) -> str:
        return f"End the relaxation of “{self.relaxation.name}”"

    def initial(self) -> dict[str, Any]:
        return {"last_day": local_date(self.at)}

    def act(self, form: EndRelaxationForm) -> str:
        last_day = form.cleaned_data["last_day"]
        ended = rule_changes.end_relaxation(self.relaxation, last_day=last_day, **self.acting())
        if ended is None:
            return self.come_back(
                f"The relaxation of {self.relaxation.name} never began, and was taken back."
            )
        return self.come_back(
            f"{ended.name} counts again as it stands from {last_day + timedelta(days=1):%-d %B %Y}."
        )
