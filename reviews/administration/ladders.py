"""Reminders: who is told of which deadlines, and when; read by administrators, changed by the business manager."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from accounts.pages.views import at, signed_in
from reviews.administration.ladder_forms import ClimbForm, StepForm
from reviews.administration.milestones import in_words
from reviews.administration.views import AdministrationForm, AdministrationPage
from reviews.models import Case
from reviews.rules import LADDER_NAMES
from reviews.services import reminders
from workflows.cadence import misfits
from workflows.calendars import local_date
from workflows.ladders import Rung
from workflows.models import RuleVersion
from workflows.rules import Limit
from workflows.services import ladders
from workflows.services.ladders import Ladder, Rearming
from workflows.showing import Shows, note_listed

REMINDERS = ("Reminders", "ladder-list")
SHOWN = 20
"""So many deadlines are named before a change; the others are counted."""


def advice_on(ladder: Ladder, rules: list[RuleVersion]) -> list[str]:
    """What does not suit the length of the deadlines that climb it: worth a look, never forbidden."""
    return [
        f"{rule.name} ({rule.limit_in_words}): {wrong}"
        for rule in rules
        if rule.duty == "by"
        for wrong in misfits(Limit.parse(rule.limit), ladder.rungs)
    ]


class LadderList(AdministrationPage):
    """Every ladder that a deadline here climbs, each step in words."""

    template_name = "administration/ladders.html"
    title = "Reminders"

    def shown(self) -> dict[str, Any]:
        standing = ladders.ladders_of(self.partnership)
        rules = reminders.rules_on(self.partnership, on=local_date(at(self.request)))
        return {
            "ladders": [
                (words, standing[name], rules[name], advice_on(standing[name], rules[name]))
                for name, words in LADDER_NAMES.items()
                if name in rules
            ],
            "in_words": in_words,
            "runs": self.runs(),
        }


class OneLadder(AdministrationForm):
    """For the business manager alone. A user administrator may read, and is refused here."""

    section = REMINDERS
    ladder: Ladder
    rules: list[RuleVersion]

    def prepare(self) -> None:
        super().prepare()
        self.rules = reminders.rules_on(self.partnership, on=local_date(self.at)).get(self.kwargs["name"], [])
        if self.kwargs["name"] not in LADDER_NAMES:
            raise Http404
        if not self.runs():
            raise PermissionDenied
        self.ladder = ladders.ladder_of(self.partnership, self.kwargs["name"])

    @property
    def words(self) -> str:
        return LADDER_NAMES[self.ladder.name]


class AddStep(OneLadder):
    """Whom to tell, and when. What it would change is shown before it counts."""

    form_class = StepForm
    submit = "Continue"
    template_name = "administration/ladder_step.html"

    def get_title(self) -> str:
        return f"Add a step: {self.words}"

    def form_arguments(self) -> dict[str, Any]:
        return {"audiences": reminders.audiences_for(self.rules)}

    def context(self, form: Any) -> dict[str, Any]:
        return {**super().context(form), "steps": [in_words(rung) for rung in self.ladder.rungs]}

    def act(self, form: StepForm) -> str:
        step: Rung = form.cleaned_data["step"]
        ladders.refuse_steps(self.ladder.name, self.ladder.with_step(step))
        return self.address("ladder-change", self.ladder.name, "add", step.key)


class ChangeLadder(OneLadder):
    """What one step more or less would change, for whom it is to count, and the change."""

    shows = Shows.LIST
    form_class = ClimbForm
    template_name = "administration/ladder_change.html"

    def prepare(self) -> None:
        super().prepare()
        self.step = self.known_step()

    def known_step(self) -> Rung:
        """The step in the address, if it can be read and tells somebody that this ladder can tell."""
        try:
            step = Rung.parse(self.kwargs["step"])
        except ladders.LadderError:
            raise Http404 from None
        if self.kwargs["way"] not in ("add", "remove"):
            raise Http404
        if step not in self.ladder.rungs and step.tell not in reminders.audiences_for(self.rules):
            raise Http404
        return step

    @property
    def is_adding(self) -> bool:
        return bool(self.kwargs["way"] == "add")

    def steps(self) -> tuple[Rung, ...]:
        return self.ladder.with_step(self.step) if self.is_adding else self.ladder.without(self.step)

    def get_title(self) -> str:
        return f"{'Add' if self.is_adding else 'Remove'} a step: {self.words}"

    def initial(self) -> dict[str, Any]:
        return {"climbers": "new", "seen": self.ladder.number}

    def context(self, form: Any) -> dict[str, Any]:
        there = self.is_adding or self.step in self.ladder.rungs
        moved = (
            ladders.would_rearm(self.partnership, self.ladder.name, self.steps(), at=self.at) if there else []
        )
        named = self.visible(moved)[:SHOWN]
        note_listed(self.request, "deadlines", (one.deadline.subject.code for one in named))
        return {
            **super().context(form),
            "step": in_words(self.step),
            "is_adding": self.is_adding,
            "named": [self.as_shown(one) for one in named],
            "count": len(moved),
            "in_words": in_words,
        }

    def visible(self, moved: list[Rearming]) -> list[Rearming]:
        """Those of cases that this person may see; of the others only the number is told."""
        roots = {one.deadline.subject.root_id or one.deadline.subject_id for one in moved}
        seen = Case.objects.visible_to(signed_in(self.request), at=self.at).filter(pk__in=roots)
        keys = set(seen.values_list("pk", flat=True))
        return [one for one in moved if (one.deadline.subject.root_id or one.deadline.subject_id) in keys]

    def as_shown(self, one: Rearming) -> dict[str, Any]:
        subject = one.deadline.subject
        case = subject.root_id or subject.pk
        return {"deadline": one.deadline, "code": subject.code, "url": reverse("case", args=[case])}

    def act(self, form: ClimbForm) -> str:
        given = form.cleaned_data
        reminders.change_ladder(
            self.partnership, self.ladder.name, self.steps(), seen=given["seen"],
            also_running=given["climbers"] == "running", **self.acting(),
        )  # fmt: skip
        done = "added to" if self.is_adding else "removed from"
        return self.come_back(f"{in_words(self.step)}: {done} “{self.words}”.")
