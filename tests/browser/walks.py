"""Every page worth a look, who looks at it, and how they are signed in. Of the demonstration."""

from typing import Any

from django.utils import timezone

from accounts.models import Deputy, Membership, Partnership, Role, User
from reviews.models import AgencyReturn, Case, PanelRecord, RetentionReview
from reviews.questions.changing import Given, with_question
from reviews.services import retention, return_forms
from tests.browser import walks_chronology, walks_files, walks_signoff
from tests.browser.walks_everywhere import Look, looks_at_the_rest
from tests.second_factor import session_of
from workflows.models import RuleVersion

__all__ = ["Look", "pages_by_person", "session_of"]


def _a_proposal(case: Case, email: str) -> int:
    """The key of a proposal on that case: the demonstration has nothing old enough, so one to keep it longer is made."""
    there = RetentionReview.objects.waiting().filter(case=case).first()
    if there is None:
        now = timezone.now()
        there = retention.propose(
            case, "case-file", outcome="keep", reason="An inquiry may ask for it.",
            next_review_on=now.date().replace(day=1, year=now.year + 5), by=User.objects.get(email=email), at=now,
        )  # fmt: skip
    return there.pk


def _a_draft_of_the_form(email: str) -> None:
    """The form of returns with a question more, which nobody is asked yet."""
    by = User.objects.get(email=email)
    ours = Partnership.objects.get(name__startswith="Northborough")
    if return_forms.draft_of(ours) is None:
        given = Given(
            "Which school, nursery or childminder did each child of the household go to, and since when?"
        )
        return_forms.change_form(
            ours, lambda data: with_question(data, "family", given), seen=0, by=by, at=timezone.now()
        )


def pages_by_person() -> list[Look]:
    """Every page worth a look, of the demonstration and of what is added to it."""

    def holder(role: Role, **where: Any) -> str:
        held = (
            Membership.objects.filter(seat__role=role, **where).select_related("user").order_by("pk").first()
        )
        assert held is not None, role
        return held.user.email

    ours = {"seat__partnership__name__startswith": "Northborough"}
    manager = holder(Role.BUSINESS_MANAGER, **ours)
    rapid = Case.objects.filter(state="rapid_review", returns__isnull=False).distinct()
    busiest, beside, *_ = sorted(rapid, key=lambda case: case.returns.count(), reverse=True)
    moved = busiest.deadlines.running().filter(rule__partnership__isnull=False).latest("due_on")
    by_law = busiest.deadlines.get(rule_code="RR_COMPLETE")
    drafting = (
        AgencyReturn.objects.filter(state__in=("in_progress", "requested")).select_related("agency").first()
    )
    assert drafting is not None
    author = holder(Role.AUTHOR, seat__agency=drafting.agency)
    lead = holder(Role.SAFEGUARDING_LEAD, seat__agency=drafting.agency)
    partner = holder(Role.DELEGATED_PARTNER, **ours)
    deciding = Case.objects.filter(
        state="lcspr_decision", partnership__name__startswith="Northborough"
    ).first()
    assert deciding is not None
    _a_draft_of_the_form(manager)
    record = PanelRecord.objects.first()
    assert record is not None
    old = Case.objects.exclude(sources=[]).first()
    assert old is not None
    panel = holder(Role.PANEL)
    chief = holder(Role.LEAD_PARTNER, **ours)
    auditor = holder(Role.AUDITOR, **ours)
    cover = Deputy.objects.get(person__email=manager)
    milestone = RuleVersion.objects.get(
        code="LOC_RETURN", partnership__name__startswith="Northborough", valid_to=None
    )
    chair = holder(Role.INDEPENDENT_CHAIR, **ours)
    proposal = _a_proposal(busiest, chair)
    nine = "?limit=9wd&from=2026-12-01"
    relaxed = "?rule=RR_COMPLETE&limit=30wd&from=2026-11-01&to=2027-03-31"
    pages = [
        (manager, "home", "/"),
        (manager, "cases", "/cases/"),
        (manager, "cases-none", "/cases/?q=nothing-like-this"),
        (manager, "refer", "/cases/refer/"),
        (manager, "case", busiest.get_absolute_url()),
        (manager, "case-old", old.get_absolute_url()),
        (manager, "deadline", f"{busiest.get_absolute_url()}deadlines/{moved.pk}/"),
        (manager, "deadline-law", f"{busiest.get_absolute_url()}deadlines/{by_law.pk}/"),
        (manager, "deadline-pause", f"{busiest.get_absolute_url()}deadlines/{moved.pk}/pause/"),
        (manager, "deadline-extend", f"{busiest.get_absolute_url()}deadlines/{moved.pk}/extend/"),
        (manager, "deadline-restart", f"{busiest.get_absolute_url()}deadlines/{moved.pk}/restart/"),
        (manager, "ask", f"{busiest.get_absolute_url()}ask/"),
        (manager, "decision-tasks", f"{busiest.get_absolute_url()}decision/"),
        (manager, "decision-section", f"{busiest.get_absolute_url()}decision/criteria/"),
        (manager, "decision-check", f"{busiest.get_absolute_url()}decision/send/"),
        (manager, "case-deciding", deciding.get_absolute_url()),
        (manager, "sent", f"/notices/sent/{busiest.pk}/"),
        (manager, "notices", "/notices/"),
        (manager, "returns", "/returns/"),
        (manager, "due", "/due/?done=1"),
        (manager, "feed", "/due/feed/"),
        (manager, "feed-end", "/due/feed/end/"),
        (manager, "what-if", "/what-if/"),
        (manager, "what-if-asked", "/what-if/?milestone=LOC_RETURN&count=9&unit=wd"),
        (manager, "panel-list", "/panel/"),
        (manager, "administration", "/administration/"),
        (manager, "agencies", "/administration/agencies/"),
        (manager, "people", "/administration/people/"),
        (manager, "milestones", "/administration/milestones/"),
        (manager, "calendar", "/administration/calendar/"),
        (manager, "calendar-load", "/administration/calendar/load/"),
        (manager, "calendar-day", "/administration/calendar/day/"),
        (manager, "milestone", f"/administration/milestones/{milestone.pk}/"),
        (manager, "milestone-confirm", f"/administration/milestones/{milestone.pk}/confirm/{nine}"),
        (manager, "relaxations", "/administration/relaxations/"),
        (manager, "relax", "/administration/relaxations/add/"),
        (manager, "relax-confirm", f"/administration/relaxations/confirm/{relaxed}"),
        (manager, "rule-book", "/rules/"),
        (author, "rule-book-then", "/rules/?on_day=4&on_month=5&on_year=2016"),
        (author, "rule-book-no-day", "/rules/?on_day=31&on_month=2&on_year=2016"),
        (manager, "reminders", "/administration/reminders/"),
        (manager, "reminders-add", "/administration/reminders/rapid-review/"),
        (manager, "reminders-change", "/administration/reminders/return/add/before-2:author/"),
        (manager, "return-form", "/administration/return-form/"),
        (manager, "return-form-section", "/administration/return-form/involvement/"),
        (manager, "return-form-add", "/administration/return-form/family/add/"),
        (manager, "return-form-use", "/administration/return-form/use/"),
        (manager, "return-form-drop", "/administration/return-form/drop/"),
        (manager, "mute", f"{busiest.get_absolute_url()}mute/"),
        (manager, "person-link", f"/administration/people/{User.objects.get(email=partner).pk}/link/"),
        (manager, "deputy-end", f"/administration/deputies/{cover.pk}/end/"),
        (chief, "case-lead-partner", busiest.get_absolute_url()),
        (manager, "return-chase", drafting.get_absolute_url()),
        (manager, "return-remind", f"{drafting.get_absolute_url()}remind/"),
        (manager, "return-call", f"{drafting.get_absolute_url()}call/"),
        (manager, "retention-schedule", "/administration/retention/"),
        (manager, "retention-adopt", "/administration/retention/adopt/"),
        (manager, "retention-propose", f"{busiest.get_absolute_url()}retention/propose/case-file/"),
        (manager, "retention-agree", f"{busiest.get_absolute_url()}retention/reviews/{proposal}/agree/"),
        (author, "home-author", "/"),
        (author, "due-author", "/due/"),
        (author, "return", drafting.get_absolute_url()),
        (author, "return-section", f"{drafting.get_absolute_url()}write/analysis/"),
        (author, "return-check", f"{drafting.get_absolute_url()}finish/"),
        (author, "return-nil", f"{drafting.get_absolute_url()}nil/"),
        (lead, "home-lead", "/"),
        (partner, "home-partner", "/"),
        (partner, "sign", f"{deciding.get_absolute_url()}decision/sign/"),
        (partner, "decision", f"{deciding.get_absolute_url()}decision/"),
        (manager, "looked", f"{busiest.get_absolute_url()}looked/"),
        (auditor, "ledger", "/ledger/"),
        (auditor, "ledger-none", "/ledger/?case=R-NOSUCH"),
        (panel, "home-panel", "/"),
        (panel, "panel-record", record.get_absolute_url()),
        (panel, "panel-record-print", f"{record.get_absolute_url()}print/"),
        (panel, "not-found", deciding.get_absolute_url()),
    ]
    looks = [Look(*page, status=404 if page[1] == "not-found" else 200) for page in pages]
    return (
        looks
        + looks_at_the_rest(beside, drafting, record, author)
        + walks_chronology.looks()
        + walks_files.looks()
        + walks_signoff.looks()
    )
