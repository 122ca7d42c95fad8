"""The list of cases, and the page of one."""

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Aggregate, Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.pages.stepping_up import step_up
from accounts.pages.views import at, signed_in
from reviews import when
from reviews.interests import EMERGENCIES, INTERESTS_OF_ANOTHER
from reviews.milestones import ACKNOWLEDGING
from reviews.models import AgencyReturn, Case, Decision, PanelRecord
from reviews.services import (
    access,
    answering,
    break_glass,
    decisions,
    disclosing,
    recusals,
    reminders,
    retention,
    sharing,
)
from reviews.services.children import can_be_corrected
from reviews.services.correcting import NOTIFICATION_OPEN_TO_CORRECTION, OPEN_TO_CORRECTION
from reviews.services.exporting import plain_cell
from reviews.services.history import history_of
from reviews.services.references import parse_reference
from reviews.services.standing import clocks_of, path_of
from reviews.views.base import find
from reviews.views.stages import ACTIONS, action_url
from workflows.models import Deadline
from workflows.services.moving import verbs_open_to
from workflows.showing import Shows, note_listed, shows

PAGE = 50
MOST_DIGITS = 6
"""Of the number of a page: beyond a million nobody looks."""


def _of_each(rows: QuerySet[Any], of: str, answer: Aggregate) -> Subquery:
    """An aggregate for each row of the page alone: a join would count for every case there is."""
    return Subquery(rows.filter(**{of: OuterRef("pk")}).order_by().values(of).annotate(n=answer).values("n"))


# Put together once, and not with every request.
NEXT_DUE = _of_each(Deadline.objects.running().filter(rule__duty="by"), "subject_id", Min("due_on"))
ASKED = Coalesce(_of_each(AgencyReturn.objects.all(), "case", Count("pk")), 0)
WAITING = Coalesce(_of_each(AgencyReturn.objects.filter(state__in=AgencyReturn.OPEN), "case", Count("pk")), 0)


def cases_wanted(request: HttpRequest, *, upto: int | None = None) -> tuple[QuerySet[Any], dict[str, str]]:
    """The visible cases that the filters leave, newest first, and the filters as understood.

    What is not in the lists of what may be asked is ignored. upto: at least so many of the first are wanted, and no
    more; without filters these are found along the index of the grants.
    """
    who, now = signed_in(request), at(request)
    state = request.GET.get("state", "")
    if state not in Case.State.values:
        state = ""
    typed = request.GET.get("q", "").strip()[:100]
    if upto is None or state or typed:
        rows = Case.objects.visible_to(who, at=now)
    else:
        rows = Case.objects.newest(who, at=now, upto=upto)
    if state:
        rows = rows.filter(state=state)
    if parts := parse_reference(typed):
        rows = rows.filter(reference_body=parts[0], reference_year=parts[1], reference_number=parts[2])
    elif typed:
        returns = AgencyReturn.objects.visible_to(who, at=now).order_by()
        rows = rows.filter(
            Q(code__icontains=typed)
            | Q(pk__in=returns.filter(code__icontains=typed).values("case"))
            | Q(reference_as_given__icontains=typed)
            | Q(notification_reference__icontains=typed)
        )
    rows = rows.annotate(next_due=NEXT_DUE, asked=ASKED, waiting=WAITING)
    return rows.order_by("-begun_at", "pk")[:upto], {"state": state, "q": typed}


@dataclass(frozen=True)
class Part:
    """A page of a list that nobody counts: to count what somebody may see costs more than to show a page of it."""

    number: int
    object_list: list[Case]
    is_followed: bool
    paginator: None = None

    def has_next(self) -> bool:
        return self.is_followed

    def has_previous(self) -> bool:
        return self.number > 1

    def has_other_pages(self) -> bool:
        return self.has_next() or self.has_previous()

    def next_page_number(self) -> int:
        return self.number + 1

    def previous_page_number(self) -> int:
        return self.number - 1


def part_wanted(request: HttpRequest) -> tuple[Part, dict[str, str]]:
    """The page of the list that is asked for, and the filters as understood. Where there is none, the first."""
    asked = request.GET.get("page", "")
    number = max(int(asked), 1) if asked.isdecimal() and len(asked) <= MOST_DIGITS else 1
    rows, wanted = cases_wanted(request, upto=number * PAGE + 1)  # one more says whether another page follows
    found = list(rows[(number - 1) * PAGE :])
    if not found and number > 1:
        number, (rows, wanted) = 1, cases_wanted(request, upto=PAGE + 1)
        found = list(rows)
    return Part(number, found[:PAGE], len(found) > PAGE), wanted


@shows(Shows.LIST)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Every case this person may see."""
    page, wanted = part_wanted(request)
    note_listed(request, "reviews.case", (case.code for case in page.object_list))
    return render(
        request,
        "reviews/case_list.html",
        {
            "title": "Cases",
            "page": page,
            "wanted": wanted,
            "states": Case.State.choices,
            "can_refer": bool(access.partnerships_run_by(signed_in(request), at=at(request))),
        },
    )


@shows(Shows.LIST)
@require_safe
@step_up
def case_list_csv(request: HttpRequest) -> HttpResponse:
    """The same list as a file, without any fact of a case. Made whole first: the ledger names what is in it."""
    rows, _ = cases_wanted(request)
    file, codes = io.StringIO(newline=""), []
    writer = csv.writer(file)
    writer.writerow(["code", "reference", "stage", "next due", "returns asked", "returns waiting"])
    for case in rows.iterator(chunk_size=500):
        cells = (case.code, case.reference, case.get_state_display(), case.next_due, case.asked, case.waiting)
        writer.writerow([plain_cell(cell) for cell in cells])
        codes.append(case.code)
    note_listed(request, "reviews.case", codes, action="export")
    return HttpResponse(
        file.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="cases.csv"'},
    )


@shows(Shows.CASE)
@require_safe
def case_page(request: HttpRequest, pk: Any) -> HttpResponse:
    """One case: where it stands, its clocks, who holds what up, and the next thing to do."""
    now = at(request)
    case: Case = find(Case, request, pk)
    held = case.permissions_of(signed_in(request), at=now)
    verbs = verbs_open_to(case, signed_in(request), at=now)
    children = list(case.children.all())
    is_whole = "reviews.read_whole_case" in held  # not for whom the case is merely shared with
    is_gone = case.state == Case.State.DISPOSED  # what is left of it opens, and offers nothing
    decision: Decision | None = case.decisions.last() if is_whole else None
    is_signing = case.state == Case.State.LCSPR_DECISION and decision is not None
    waiting_to_sign = decisions.waiting_to_sign(case, decision) if is_signing and decision else []
    signs_for = [a for a in access.partner_seats_of(signed_in(request), case, at=now) if a in waiting_to_sign]
    actions = actions_for(case, decision, verbs, held, is_all_signed=is_signing and not waiting_to_sign)
    if is_signing and signs_for:
        actions[0].insert(
            0, {"text": "Sign the decision off", "url": reverse("decision-sign", args=[case.pk])}
        )
    return render(
        request,
        "reviews/case.html",
        {
            "title": str(case),
            "case": case,
            "children": children,
            "sees_names": "reviews.refer_case" in held,
            "too_old": [child for child in children if child.is_adult]
            if case.notifiable != Case.Notifiable.CARE_LEAVER_DEATH
            else [],
            "clocks": [c if is_whole else replace(c, url="") for c in clocks_of(case, at=now)],
            "stages": path_of(case, set(case.records.values_list("target", flat=True))),
            "returns": returns_of(case, request),
            "is_whole": is_whole,
            "history": history_of(case) if is_whole else [],
            "incident": when.in_words(case.incident_at, case.incident_precision)
            if case.incident_at
            else "Not known",
            "aware": when.in_full(case.aware_at, case.aware_precision),
            "actions": actions[0],
            "other_actions": actions[1],
            "sign_offs": list(decision.sign_offs.select_related("partner", "by")) if decision else [],
            "decision": decision,
            "waiting_to_sign": waiting_to_sign,
            "nobody_signs_for": access.nobody_can_sign_for(case, waiting_to_sign, at=now),
            "panel_records": list(
                PanelRecord.objects.visible_to(signed_in(request), at=now).filter(case=case)
            ),
            "is_signing": is_signing,
            "can_add_child": "reviews.refer_case" in held
            and case.state in (Case.State.REFERRED, Case.State.NOTIFICATION, Case.State.RAPID_REVIEW),
            "can_correct_children": "reviews.refer_case" in held and can_be_corrected(case),
            "can_correct": "reviews.refer_case" in held and case.state in OPEN_TO_CORRECTION,
            "can_correct_notification": "reviews.notify_case" in held
            and case.state in NOTIFICATION_OPEN_TO_CORRECTION,
            "can_mark_done": "reviews.meet_milestone_case" in held,
            "mutes": reminders.mutes_on(case, signed_in(request), at=now) if is_whole else [],
            "can_mute": reminders.MAY_MUTE in held and case.deadlines.open().exists(),
            "can_see_notices": "reviews.see_notices_case" in held,
            "recusals": recusals.standing_of(case, held, at=now),
            "is_gone": is_gone,
            "can_recuse": recusals.MAY_RECUSE in held and not is_gone,
            "interest_kinds": INTERESTS_OF_ANOTHER,
            "shares": sharing.shares_of(case, at=now),
            "can_share": sharing.MAY_SHARE in held and not is_gone,
            "openings": break_glass.openings_of(case) if break_glass.MAY_OPEN in held else [],
            "emergencies": EMERGENCIES,
            "asked_since": now - break_glass.LAPSES,
            "can_disclose": disclosing.MAY_DISCLOSE in held,
            "can_review_retention": retention.MAY_REVIEW in held,
            "is_held": is_whole and case.legal_holds.in_force().exists(),
            "disposals": list(case.disposals.all()),
            "now": now,
        },
    )


ANOTHER_WAY = ("decline", "withdraw", "revise", "reconsider")
"""Verbs that turn a case from its road: offered apart, never as the next thing to do."""


def actions_for(
    case: Case, decision: Decision | None, verbs: list[str], held: set[str], *, is_all_signed: bool
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What the page offers: the next things to do, the first one first; and other ways."""
    offered = [verb for verb in ACTIONS if verb in verbs and is_offered(case, decision, verb)]
    if case.state == Case.State.LCSPR_DECISION and not is_all_signed:
        offered = [verb for verb in offered if verb != "submit"]
    if not case.deadlines.open().filter(rule_code="LOC_MEETING").exists():
        offered = [verb for verb in offered if verb != "hold_meeting"]
    links = [(verb, {"text": ACTIONS[verb][0], "url": action_url(case, verb)}) for verb in offered]
    next_things = [link for verb, link in links if verb not in ANOTHER_WAY]
    if case.state == Case.State.RAPID_REVIEW:
        ask = {"text": "Ask agencies for their returns", "url": reverse("case-ask", args=[case.pk])}
        write = {"text": "Write the decision record", "url": reverse("decision", args=[case.pk])}
        if decision and not answering.sections_with_gaps(decision):
            write = {
                "text": "Check the decision and send it",
                "url": reverse("decision-send", args=[case.pk]),
            }
        first = [ask, write] if not case.returns.exists() else [write, ask]
        allowed = {ask["text"]: "reviews.ask_agencies_case"}
        next_things = [
            link for link in first if allowed.get(link["text"], "reviews.decide_case") in held
        ] + next_things
    return next_things, [link for verb, link in links if verb in ANOTHER_WAY]


def is_offered(case: Case, decision: Decision | None, verb: str) -> bool:
    """Whether a verb that the map allows makes sense to offer: not the road the partners did not take."""
    outcome = decision.outcome if decision else ""
    if verb == "notify_only":
        return case.notifiable != Case.Notifiable.SERIOUS_INCIDENT
    if verb == "commission":
        return outcome == "lcspr"
    if verb == "finish_with_learning":
        return outcome != "lcspr"
    return True


def returns_of(case: Case, request: HttpRequest) -> list[dict[str, Any]]:
    """The returns asked for, each with how it stands: who holds the review up."""
    rows = []
    visible = AgencyReturn.objects.visible_to(signed_in(request), at=at(request)).filter(case=case)
    for agency_return in visible.select_related("agency").order_by("agency__name"):
        clocks = [
            c for c in clocks_of(agency_return, at=at(request)) if c.deadline.rule_code != ACKNOWLEDGING
        ]
        rows.append({"it": agency_return, "clock": clocks[0] if clocks else None})
    return rows
