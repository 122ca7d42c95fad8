"""The one world of the matrix: two partnerships, cases in which each word says where it came from, and twenty people."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from accounts.models import Deputy, Membership, Role, User
from accounts.services import add_member, appoint_deputy, seat_for, standing
from notifications.models import Notice
from reviews.files.kinds import examine
from reviews.models import AgencyReturn, Attachment, Case, RetentionRule
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services import (
    attachments,
    break_glass,
    cases,
    chronology,
    decisions,
    disclosing,
    holds,
    practice,
    recusals,
    reminders,
    retention,
    returns,
    rule_changes,
    schedules,
    sharing,
)
from reviews.services.cases import ChildGiven
from reviews.timeline.dates import read
from reviews.timeline.rows import Row
from tests import factories
from tests.factories import AWARE, INCIDENT, NOTIFIED, REFERRED, World
from tests.reviews.asking import DECIDED, SENT
from tests.second_factor import an_app
from workflows.models import Outage, RuleVersion
from workflows.rules import Limit
from workflows.services import changing

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
A_DAY = timedelta(days=1)

OWN, BESIDE, SECOND, ELSEWHERE, RECUSED, CLOSED = "own", "beside", "second", "elsewhere", "recused", "closed"
SCOPES = {
    OWN: "a case of the partnership, and the return that the GP owes on it",
    BESIDE: "the return that another agency owes on that case",
    SECOND: "another case of the partnership, of which only the school was asked",
    ELSEWHERE: "a case of another partnership",
    RECUSED: "a case from which everybody of the twenty is recused",
    CLOSED: "a case that is closed",
}

Where = dict[str, Any]
"""What an address of a scope is filled with, by the name of what it takes."""


def word(scope: str, what: str) -> str:
    """A word that nothing but that part of that case holds."""
    return f"Zq{scope}{what}"


@dataclass
class Cast:
    """The people, by their names in the manifest's test, and what there is in each scope."""

    here: World
    there: World
    people: dict[str, User] = field(default_factory=dict)
    where: dict[str, Where] = field(default_factory=dict)


def the_world() -> Cast:
    """All of it, made by the services that people use."""
    here, there = factories.a_world("Northborough"), factories.a_world("Westvale")
    cast = Cast(here, there)
    _people(cast)
    live, released = _live(here, OWN), _released(here, OWN)
    cast.where[OWN] = _where(cast, here, live["case"], live["gp"], released["record"])
    cast.where[BESIDE] = _of_return(live["trust"])
    second = _live(here, SECOND, ask=("school",))
    cast.where[SECOND] = _of_return(second["school"])
    theirs = _released(there, ELSEWHERE)
    cast.where[ELSEWHERE] = _where(cast, there, theirs["case"], theirs["gp"], theirs["record"])
    barred = _released(here, RECUSED)
    cast.where[RECUSED] = _where(cast, here, barred["case"], barred["gp"], barred["record"])
    closed = _released(here, CLOSED)
    decisions.accept_record(closed["record"], reply="Agreed.", by=here.manager, at=SENT)
    case = practice.finish_with_learning(Case.objects.get(pk=closed["case"].pk), by=here.manager, at=SENT)
    practice.close_case(case, by=here.manager, at=SENT)
    cast.where[CLOSED] = _where(cast, here, closed["case"], closed["gp"], closed["record"])
    for case in (live["case"], released["case"], barred["case"], closed["case"]):
        _open_for_a_time(cast, here, case, cast.people["superuser with break-glass"])
    _open_for_a_time(cast, there, theirs["case"], _a_superuser("glass.there"))
    for case in (live["case"], released["case"], second["case"], closed["case"]):
        _recuse(cast, case, "recused member")
    for name in (*(one for one in cast.people if one != "business manager"), "business manager"):
        _recuse(cast, barred["case"], name)
    return cast


# ---- The people --------------------------------------------------------------------------------
def _people(cast: Cast) -> None:
    here, there = cast.here, cast.there
    board = {"partnership": here.partnership}

    def seated(name: str, role: Role) -> User:
        person = factories.a_person(f"{name}@northborough.example", name.title())
        add_member(person, seat_for(role, **board))
        return person

    cast.people = {
        "no role": factories.a_person("norole@northborough.example", "No Role"),
        "author, same case": here.gp_author,
        "author, another case": here.school_author,
        "author, another partnership": there.gp_author,
        "agency lead": here.gp_lead,
        "deputy in window": here.council_author,
        "deputy out of window": here.council_lead,
        "member": here.member,
        "recused member": seated("recused", Role.SUB_GROUP_MEMBER),
        "co-chair": here.co_chair,
        "business manager": here.manager,
        "panel": factories.a_panel_member(),
        "user administrator": here.administrator,
        "superuser": _a_superuser("root"),
        "superuser with break-glass": _a_superuser("glass"),
        "deactivated": seated("left", Role.BUSINESS_MANAGER),
        "suspended": seated("idle", Role.BUSINESS_MANAGER),
        "no second factor": seated("half", Role.BUSINESS_MANAGER),
        "auditor": seated("auditor", Role.AUDITOR),
        "across the border": there.co_chair,
    }
    today = NOW.date()
    for deputy, last in (("deputy in window", today), ("deputy out of window", today - A_DAY)):
        appoint_deputy(here.manager, cast.people[deputy], starts_on=date(2026, 4, 1), ends_on=last)
    appoint_deputy(there.manager, there.member, starts_on=today, ends_on=today)


def _a_superuser(name: str) -> User:
    person = factories.a_person(f"{name}@service.example", name.title())
    person.is_superuser = True
    person.save()
    return person


# ---- The cases ---------------------------------------------------------------------------------
def _live(world: World, scope: str, ask: tuple[str, ...] = ("gp", "trust")) -> dict[str, Any]:
    """In its rapid review: the first agency that was asked has answered, and the decision is being written."""
    case = Case(
        partnership=world.partnership, harm=Case.Harm.SERIOUS_HARM, summary=word(scope, "facts"),
        place=word(scope, "place"), incident_at=INCIDENT, aware_at=AWARE, referred_by="Children's social care",
    )  # fmt: skip
    child = ChildGiven(name=word(scope, "child"), born_on=date(2025, 11, 2))
    case = cases.refer_case(case, [child], by=world.manager, at=REFERRED)
    case = cases.consider_case(case, by=world.manager, at=NOTIFIED)
    case = cases.notify_case(case, notification_reference="SIN-1", by=world.manager, at=NOTIFIED)
    agencies = [world.agencies[code] for code in ask]
    made = dict(zip(ask, returns.ask_agencies(case, agencies, by=world.manager, at=NOTIFIED), strict=True))
    for code in ask:
        made[code] = _answered(world, made[code], code, scope)
    for section, given in _answers(DECISION_FORM, word(scope, "decision")).items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=DECIDED)
    return {"case": Case.objects.get(pk=case.pk), **made}


def _answered(world: World, agency_return: AgencyReturn, code: str, scope: str) -> AgencyReturn:
    """Written and signed off."""
    author, lead = world.people[f"{code}_author"], world.people[f"{code}_lead"]
    for section, given in _answers(RETURN_FORM, word(scope, code)).items():
        agency_return = returns.save_section(agency_return, section, given, by=author, at=DECIDED)
    row = Row(read("March 2026", on=DECIDED.date()), word(scope, code), is_key=True)
    chronology.add_rows(agency_return, [row], by=author, at=DECIDED)
    file = examine(f"{word(scope, code)}.txt", word(scope, code).encode())
    made = attachments.add_attachment(agency_return, file, about=word(scope, code), by=author, at=DECIDED)
    Attachment.objects.filter(pk=made.pk).update(state="clean", scanned_at=DECIDED)
    agency_return = returns.finish_return(agency_return, by=author, at=DECIDED, late_reason="On leave.")
    return returns.sign_off_return(agency_return, by=lead, at=DECIDED)


def _answers(definition: Definition, words: str) -> dict[str, dict[str, object]]:
    """Something in every box, and in each box for text those words."""
    full = factories.full_answers(definition, outcome="no-lcspr")
    return {
        section: {
            code: f"{words} {given}" if isinstance(given, str) and given.endswith("answered.") else given
            for code, given in answers.items()
        }
        for section, answers in full.items()
    }


def _released(world: World, scope: str) -> dict[str, Any]:
    """Decided, signed by all and with the Panel."""
    made = _live(world, scope, ask=("gp",))
    case = decisions.decide_case(made["case"], by=world.manager, at=DECIDED)
    factories.sign_by_all(world, case, at=DECIDED)
    made["record"] = decisions.submit_case(case, by=world.manager, at=SENT)
    return {**made, "case": Case.objects.get(pk=case.pk)}


# ---- What addresses are filled with ------------------------------------------------------------
def _of_return(agency_return: AgencyReturn) -> Where:
    deadline = agency_return.deadlines.order_by("pk").last()
    assert deadline is not None
    row = agency_return.chronology.order_by("pk").first()
    file = agency_return.attachments.first()
    return {
        "returns": agency_return.pk, "returns deadline": deadline.pk, "returns fact": _fact(deadline),
        "row": row.pk if row else 1,
        "file": file.pk if file else uuid.UUID(int=1),
    }  # fmt: skip


def _fact(deadline: Any) -> int:
    return int(deadline.facts.order_by("pk").first().pk)


def _where(cast: Cast, world: World, case: Case, gp: AgencyReturn, record: Any) -> Where:
    """A case, the GP's return and a record, and one of everything that hangs on them."""
    is_open = case.deadlines.open().exists()
    meeting = case.deadlines.order_by("-pk").first()
    assert meeting is not None
    manager, chair = world.people["manager"], world.people["chair"]
    other = cast.there if world is cast.here else cast.here
    recused = recusals.recuse(case, world.people["partner_1"], kind="other", reason="Kin.", by=chair, at=SENT)
    interest = recusals.declare_interest(
        case, kind="other", words="", steps_back=False, by=world.people["partner_2"], at=SENT
    )
    seat = seat_for(Role.CO_CHAIR, partnership=other.partnership)
    share = sharing.share_case(
        case, seat, starts_on=NOW.date(), ends_on=NOW.date(), reason="Moved.", by=manager, at=NOW
    ) if other is cast.there else None  # fmt: skip
    asked = break_glass.ask_to_see(
        case.code, kind="child-at-risk", words="Now.", by=world.people["administrator"], at=NOW
    )
    assert asked is not None
    mute = (
        reminders.mute_case(case, reason="Holiday.", until=date(2026, 5, 1), by=manager, at=NOW)
        if is_open
        else None
    )
    hold = holds.place_hold(case, kind="court", reference="C-1", by=chair, at=NOW)
    kept = retention.propose(
        case,
        "returns",
        outcome="keep",
        reason="Asked for.",
        next_review_on=date(2030, 1, 1),
        by=chair,
        at=NOW,
    )
    about = {"child": case.children.get(), "reference": "SAR 1", "by": _second_co_chair(world), "at": NOW}
    copy, taken = disclosing.prepare(case, **about), disclosing.prepare(case, **about)
    disclosing.release(taken, seen=disclosing.mark_of(taken), by=manager, at=NOW)
    notice = Notice.objects.filter(recipient=manager, subject=case).order_by("created_at", "pk").first()
    assert notice is not None
    record_deadline = record.deadlines.order_by("pk").first()
    return {
        **_of_return(gp),
        "cases": case.pk, "cases deadline": meeting.pk, "cases fact": _fact(meeting),
        "panel": record.pk, "panel deadline": record_deadline.pk,
        "interest": interest.pk, "recusal": recused.pk, "share": share.pk if share else 1,
        "copy": copy.pk, "released copy": taken.pk, "hold": hold.pk, "review": kept.pk, "asked": asked.pk, "mute": mute.pk if mute else 1,
        "notice": notice.pk, "partnership": other.partnership.pk,
        **_administered(world),
    }  # fmt: skip


def _second_co_chair(world: World) -> User:
    """Makes the subject-access copies: whoever does finds no page to release them, and each of the twenty should."""
    email = f"{world.people['co_chair'].email}.second"
    there = User.objects.filter(email=email).first()
    if there is None:
        there = factories.a_person(email, "Second Co-chair")
        add_member(there, seat_for(Role.CO_CHAIR, partnership=world.partnership))
    return there


def _administered(world: World) -> Where:
    """One of everything that an administrator looks after."""
    manager = world.people["manager"]
    milestone = RuleVersion.objects.get(partnership=world.partnership, code="LOC_RETURN", valid_to=None)
    relaxed = RuleVersion.objects.relaxations().filter(partnership=world.partnership).first()
    if relaxed is None:
        statutory = (
            RuleVersion.objects.filter(partnership=None, valid_to=None).exclude(kind="").order_by("pk")
        )
        code = statutory[0].code
        relaxed, _ = rule_changes.relax_rule(
            world.partnership, code, limit=Limit(25, "wd"), valid_from=date(2026, 5, 1), valid_to=date(2026, 6, 1),
            authority="The Panel", reason="A flood.", by=manager, at=NOW,
        )  # fmt: skip
    change = changing.CalendarChange.objects.waiting().first() or changing.propose_day(
        date(2027, 6, 7), "A jubilee", adding=True, source="A proclamation", reason="Proclaimed.", by=manager, at=NOW
    )  # fmt: skip
    outage, _ = Outage.objects.get_or_create(
        began_at=NOW - 2 * A_DAY, defaults={"ended_at": NOW - A_DAY, "caught_up_at": NOW - A_DAY}
    )
    person = world.people["icb_lead"]
    if not person.lost_factors.exists():
        an_app(person)
        standing.report_loss(person, proof="in-person", by=world.people["administrator"], at=NOW)
    rule = RetentionRule.objects.filter(partnership=world.partnership).first()
    if rule is None:
        rule = schedules.adopt_proposal(world.partnership, by=manager, at=NOW)[0]
    return {
        "retention": rule.pk, "agencies": world.agencies["gp"].pk,
        "membership": Membership.objects.get(user=world.people["gp_author"]).pk,
        "person": person.pk,
        "deputies": Deputy.objects.filter(person=manager, ends_on__gte=NOW.date()).get().pk,
        "milestones": milestone.pk, "relaxations": relaxed.pk, "relaxed rule": relaxed.code,
        "calendar": change.pk, "outages": outage.pk,
    }  # fmt: skip


# ---- What opens a case, and what closes it -----------------------------------------------------
def _open_for_a_time(cast: Cast, world: World, case: Case, person: User) -> None:
    """Two people of the partnership let a superuser in."""
    asked = break_glass.ask_to_see(case.code, kind="child-at-risk", words="Now.", by=person, at=NOW)
    assert asked is not None
    for by in (world.manager, world.chair):
        opened = break_glass.answer(asked, agrees=True, by=by, at=NOW)
    for where in cast.where.values():
        if where.get("cases") == case.pk:
            where["opened"] = opened.pk


def _recuse(cast: Cast, case: Case, name: str) -> None:
    recusals.recuse(case, cast.people[name], kind="other", reason="Kin.", by=cast.here.chair, at=NOW)
