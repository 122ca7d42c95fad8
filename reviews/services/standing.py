"""How things stand: the clocks of a subject, its path, and what needs a person, by when. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import Role, Seat, User
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.services import break_glass, retention
from reviews.services.access import signs_for
from workflows.calendars import end_of, local_date
from workflows.countdown import TimeLeft
from workflows.models import Deadline, Subject
from workflows.services.proof import lines_of, sentence_of
from workflows.services.standing import how_it_stands

MAIN_PATH = (
    Case.State.REFERRED,
    Case.State.NOTIFICATION,
    Case.State.RAPID_REVIEW,
    Case.State.LCSPR_DECISION,
    Case.State.WITH_PANEL,
)
REVIEW_PATH = (
    Case.State.PRACTICE_REVIEW,
    Case.State.LEARNING_EVENT,
    Case.State.RECALL,
    Case.State.PUBLICATION,
    Case.State.PUBLISHED,
    Case.State.CLOSED,
)


PAGES: dict[type[Subject], str] = {Case: "case", AgencyReturn: "return", PanelRecord: "panel-record"}
"""What the addresses of the deadlines of each kind of subject begin with."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A deadline as a page shows it: its name, how it stands, and in a sentence why its date is what it is."""

    deadline: Deadline
    left: TimeLeft
    why: str
    url: str
    """The page with the whole proof."""

    @property
    def name(self) -> str:
        return self.deadline.rule.name

    @property
    def proof(self) -> list[str]:
        """Why its date is what it is, in full: for paper, which has no link to follow."""
        return lines_of(self.deadline.derivation, self.deadline.rule.as_rule())

    @property
    def is_open(self) -> bool:
        """Neither met nor voided."""
        return self.deadline.state in ("running", "paused")

    @property
    def can_be_marked_done(self) -> bool:
        """Open, and no move of the subject would end it."""
        return self.is_open and not self.deadline.rule.met_by


def rule_address(deadline: Deadline) -> str:
    """Where the rule book shows the rule of a deadline, as it stood on day 0."""
    day_0 = date.fromisoformat(deadline.derivation["start_on"])
    asked: dict[str, object] = {"on_day": day_0.day, "on_month": day_0.month, "on_year": day_0.year}
    if deadline.rule.partnership_id:
        asked["partnership"] = deadline.rule.partnership_id
    return f"{reverse('rule-book')}?{urlencode(asked)}#{deadline.rule_code}"


def clocks_of(subject: Subject, *, at: datetime) -> list[Clock]:
    """The deadlines of a subject: open ones by date, then those that ended."""
    clocks = [
        Clock(
            deadline,
            how_it_stands(deadline, at=at),
            sentence_of(deadline.derivation, starts=deadline.rule.starts),
            reverse(f"{PAGES[type(subject)]}-deadline", args=[subject.pk, deadline.pk]),
        )
        for deadline in Deadline.objects.filter(subject_id=subject.pk).select_related("rule", "calendar")
    ]
    return sorted(
        clocks, key=lambda c: (c.deadline.state not in ("running", "paused"), c.deadline.due_at or at)
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on the picture of a case's path: been through, here now, or ahead."""

    label: str
    standing: str


def path_of(case: Case, been: Iterable[str]) -> list[Stage]:
    """The stages of this case in order: those it went through, where it is, and what lies ahead."""
    seen = set(been)
    ends = (Case.State.NOT_NOTIFIED, Case.State.NOTIFIED_ONLY, Case.State.WITHDRAWN)
    if case.state in ends:
        stages = [s for s in MAIN_PATH if s in seen] + [Case.State(case.state)]
    elif case.state == Case.State.DISPOSED:
        stages = [s for s in (*MAIN_PATH, *ends, Case.State.LEARNING_ONLY, *REVIEW_PATH) if s in seen]
        stages.append(Case.State.DISPOSED)
    elif Case.State.LEARNING_ONLY in seen and Case.State.PRACTICE_REVIEW not in seen:
        stages = [*MAIN_PATH, Case.State.LEARNING_ONLY, Case.State.CLOSED]
    elif Case.State.REFERRED not in seen:
        stages = list(REVIEW_PATH)
    elif Case.State.PRACTICE_REVIEW in seen:
        stages = [*MAIN_PATH, *REVIEW_PATH]
    else:
        stages = [*MAIN_PATH]
    here = stages.index(Case.State(case.state)) if case.state in stages else len(stages)
    return [
        Stage(str(stage.label), "now" if n == here else "done" if stage in seen or n < here else "ahead")
        for n, stage in enumerate(stages)
    ]


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that needs this person: what, where, and by when."""

    what: str
    code: str
    where: str
    url: str
    left: TimeLeft | None
    due_at: datetime | None
    is_law: bool = False
    """Whether law or guidance sets it: a partnership sets the others itself."""

    def is_far(self, *, at: datetime) -> bool:
        """Whether it is due more than ten days after the instant."""
        return self.due_at is not None and self.due_at > end_of(local_date(at) + FAR)


FAR = timedelta(days=10)


def what_needs(user: User, *, at: datetime) -> list[Duty]:
    """What needs this person, by when, soonest first; what has no date comes last."""
    duties = [
        *_of_cases(user, at=at),
        *_of_returns(user, at=at),
        *_of_partners(user, at=at),
        *_of_the_panel(user, at=at),
        *_of_break_glass(user, at=at),
        *_of_retention(user, at=at),
    ]
    return sorted(duties, key=lambda duty: (duty.due_at is None, duty.due_at or at))


def _duty(deadline: Deadline, what: str, subject: Any, *, at: datetime) -> Duty:
    return Duty(
        what,
        subject.code,
        str(subject),
        subject.get_absolute_url(),
        how_it_stands(deadline, at=at),
        deadline.due_at,
        is_law=not deadline.rule.is_local,
    )


def _of_cases(user: User, *, at: datetime) -> list[Duty]:
    """For who runs cases: every open clock of a case, and returns to look at."""
    run = {c.pk: c for c in Case.objects.granted(user, "reviews.meet_milestone_case", at=at)}
    if not run:
        return []
    clocks = (
        Deadline.objects.open().filter(subject_id__in=run, rule__duty="by").select_related("rule", "calendar")
    )
    duties = [_duty(d, d.rule.name, run[d.subject_id], at=at) for d in clocks]
    taken = AgencyReturn.objects.granted(user, "reviews.accept_agencyreturn", at=at).select_related(
        "agency", "case"
    )
    duties += [
        Duty(f"Accept or send back: {r.agency}", r.case.code, str(r.case), r.get_absolute_url(), None, None)
        for r in taken.filter(state__in=(AgencyReturn.State.SIGNED_OFF, AgencyReturn.State.NIL))
    ]
    waiting = {r.pk: r for r in taken.filter(state__in=AgencyReturn.OPEN)}
    late = (
        Deadline.objects.overdue(at=at)
        .filter(subject_id__in=waiting)
        .exclude(rule_code=ACKNOWLEDGING)
        .select_related("rule", "calendar")
    )
    duties += [
        Duty(
            f"Chase the return of {waiting[d.subject_id].agency}",
            waiting[d.subject_id].case.code,
            str(waiting[d.subject_id].case),
            waiting[d.subject_id].get_absolute_url(),
            how_it_stands(d, at=at),
            d.due_at,
        )
        for d in late
    ]
    return duties


def _of_returns(user: User, *, at: datetime) -> list[Duty]:
    """For an agency: returns to write, and to sign off."""
    mine = AgencyReturn.objects.granted(user, "reviews.draft_agencyreturn", at=at).filter(
        state__in=AgencyReturn.OPEN
    )
    returns = {r.pk: r for r in mine.select_related("agency")}
    signs = set(
        AgencyReturn.objects.granted(user, "reviews.sign_off_agencyreturn", at=at)
        .filter(pk__in=returns)
        .values_list("pk", flat=True)
    )
    clocks = (
        Deadline.objects.open()
        .filter(subject_id__in=returns)
        .exclude(rule_code=ACKNOWLEDGING)
        .select_related("rule", "calendar")
    )
    due = {
        d.subject_id: d for d in sorted(clocks, key=lambda d: d.due_at or at, reverse=True)
    }  # the soonest stays
    duties = []
    for pk, agency_return in returns.items():
        is_written = agency_return.state == AgencyReturn.State.SUBMITTED
        if is_written and pk not in signs:
            continue
        what = f"{'Sign off' if is_written else 'Write'} the return of {agency_return.agency}"
        clock = due.get(pk)
        duties.append(
            Duty(
                what,
                agency_return.code,
                agency_return.code,
                agency_return.get_absolute_url(),
                how_it_stands(clock, at=at) if clock else None,
                clock.due_at if clock else None,
            )
        )
    return duties


def _of_partners(user: User, *, at: datetime) -> list[Duty]:
    """For a delegated partner: decisions that wait for their signature."""
    waiting = list(
        Case.objects.granted(user, "reviews.sign_decision_case", at=at)
        .filter(state=Case.State.LCSPR_DECISION)
        .prefetch_related("decisions__sign_offs")
    )
    clocks = {
        d.subject_id: d
        for d in Deadline.objects.open()
        .filter(subject__in=waiting, rule_code__in=("LOC_SIGNOFF", "LOC_RESIGN"))
        .select_related("rule", "calendar")
        .order_by("-due_at")  # of two, the one that is due first stays
    }
    signs = signs_for(user, waiting, at=at)
    duties = []
    for case in waiting:
        decision = list(case.decisions.all())[-1]
        signed = {s.partner_id for s in decision.sign_offs.all()}
        clock = clocks.get(case.pk)
        duties += [
            Duty(
                f"Sign the decision off for {agency.name}",
                case.code,
                str(case),
                case.get_absolute_url(),
                how_it_stands(clock, at=at) if clock else None,
                clock.due_at if clock else None,
            )
            for agency in signs[case.pk]
            if agency.pk not in signed
        ]
    return duties


def _of_the_panel(user: User, *, at: datetime) -> list[Duty]:
    """For the Panel: released records without a reply."""
    if not Seat.objects.acted_for_by(user, at=at).filter(role=Role.PANEL).exists():
        return []
    records = PanelRecord.objects.granted(user, "reviews.accept_panelrecord", at=at).filter(
        state=PanelRecord.State.RELEASED
    )
    waiting = {r.pk: r for r in records}
    clocks = Deadline.objects.open().filter(subject_id__in=waiting).select_related("rule", "calendar")
    return [_duty(d, "Reply to a decision record", waiting[d.subject_id], at=at) for d in clocks]


def _of_retention(user: User, *, at: datetime) -> list[Duty]:
    """For a second person: proposals of others about what becomes of a record."""
    return [
        Duty(
            "Agree what becomes of a record" if one.outcome == "keep" else "Agree to a disposal",
            one.case.code,
            one.case.code,
            reverse("retention-agree", args=[one.case_id, one.pk]),
            None,
            None,
        )
        for one in retention.waiting_for(user, at=at)
    ]


def _of_break_glass(user: User, *, at: datetime) -> list[Duty]:
    """For who decides it: requests to see a case that wait for an answer, and openings to look at."""
    return [
        Duty(
            "Look at an emergency access" if one.opened_at else "Answer a request to see a case",
            one.case.code,
            one.case.code,
            reverse("glass-review" if one.opened_at else "glass-answer", args=[one.case_id, one.pk]),
            None,
            None,
        )
        for one in break_glass.waiting_for(user, at=at)
    ]
