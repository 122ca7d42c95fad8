"""Looking after a partnership: its own milestones, and the statutory rules beside them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from accounts.pages.views import at
from reviews.administration.forms import MilestoneForm
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.rules import AUDIENCES
from reviews.services import partnerships
from workflows.calendars import local_date
from workflows.ladders import Rung
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services.proof import MARKS
from workflows.services.rules import rule_book

MILESTONES = ("Deadlines and milestones", "milestone-list")


def in_words(rung: Rung) -> str:
    """When a step comes and whom it tells: "3 working days before: business manager"."""
    count = rung.before or rung.after
    days = f"{count} working day{'' if count == 1 else 's'}"
    when = f"{days} before" if rung.before else f"{days} late" if rung.after else "On the day"
    return f"{when}: {AUDIENCES.get(rung.tell, rung.tell.replace('-', ' '))}"


def ladder_of(rule: RuleVersion) -> list[str]:
    """The steps of a rule's ladder, in words, in order of time."""
    rungs = rule_book().ladders.get(rule.ladder, ())
    return [in_words(rung) for rung in sorted(rungs, key=lambda rung: rung.after - rung.before)]


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
            "statutory": [rule for rule in rules if not rule.is_local],
            "ladder_of": ladder_of,
            "marks": MARKS,
            "today": today,
            "runs": self.runs(),
        }


class EditMilestone(AdministrationForm):
    """For the business manager alone. A user administrator may read milestones, and is refused here."""

    section = MILESTONES
    form_class = MilestoneForm
    template_name = "administration/milestone.html"
    milestone: RuleVersion

    def prepare(self) -> None:
        super().prepare()
        self.milestone = self.own(RuleVersion.objects.filter(pk=self.kwargs["pk"]).first())
        if not self.runs():
            raise PermissionDenied

    def get_title(self) -> str:
        return f"Change “{self.milestone.name}”"

    def initial(self) -> dict[str, Any]:
        limit = Limit.parse(self.milestone.limit)
        return {"count": limit.count, "unit": limit.unit, "valid_from": local_date(self.at)}

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "milestone": self.milestone, "ladder": ladder_of(self.milestone)}

    def act(self, form: MilestoneForm) -> str:
        given = form.cleaned_data
        changed = partnerships.change_local_milestone(
            self.milestone, limit=given["limit"], valid_from=given["valid_from"], **self.acting()
        )
        return self.come_back(
            f"{changed.name}: {changed.limit_in_words}, from {changed.valid_from:%-d %B %Y}."
        )
