"""Worlds for tests, built only through the services that people use. Time is always an argument."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from django.contrib.auth.hashers import make_password

from accounts.models import Agency, Membership, Partnership, Role, Seat, User
from accounts.services import add_member, seat_for
from reviews.models import AgencyReturn, Case
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services import cases, decisions, partnerships, returns
from reviews.services.cases import ChildGiven
from workflows.actors import SYSTEM

REFERRED = datetime(2026, 3, 12, 16, 0, tzinfo=UTC)  # Thursday
AWARE = datetime(2026, 3, 12, 15, 40, tzinfo=UTC)
INCIDENT = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
NOTIFIED = datetime(2026, 3, 18, 9, 0, tzinfo=UTC)  # Wednesday, a day before it was due
PASSWORD = "correct horse battery staple"

CANARIES = ("Zebedee Canary", "the canary fell from the swing", "Canary Lane")
"""A child's name, a case fact and a place that must never be seen where they do not belong."""


@dataclass
class World:
    """One partnership with three partners, some agencies, and a person in every seat."""

    partnership: Partnership
    people: dict[str, User] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User | Agency:
        if name in self.__dict__.get("people", {}):
            return self.people[name]
        if name in self.__dict__.get("agencies", {}):
            return self.agencies[name]
        raise AttributeError(name)


def a_person(email: str, full_name: str) -> User:
    return User.objects.create_user(email, full_name, PASSWORD)


def a_world(name: str = "Northborough", *, partners: int = 3) -> World:
    """A partnership ready to work: `world.manager`, `world.gp_author`, `world.gp_lead`, `world.partner_1` ..."""
    slug = name.lower()
    world = World(partnerships.found_partnership(name, reference_prefix="NSCP", on=date(2018, 7, 4)))
    held: list[tuple[str, str, str, Role, Agency | None]] = [
        (code, f"{code}@{slug}.example", f"{code.title()} of {name}", role, None)
        for code, role in (
            ("manager", Role.BUSINESS_MANAGER),
            ("member", Role.SUB_GROUP_MEMBER),
            ("co_chair", Role.CO_CHAIR),
            ("chair", Role.INDEPENDENT_CHAIR),
            ("administrator", Role.USER_ADMINISTRATOR),
        )
    ]
    kinds = [
        ("council", "childrens-social-care", True),
        ("police", "police", True),
        ("icb", "icb", True),
        ("trust", "early-help", partners > 3),
        ("gp", "general-practice", False),
        ("school", "education", False),
    ]
    for number, (code, kind, is_partner) in enumerate(kinds, start=1):
        agency = partnerships.add_agency(
            world.partnership,
            f"{name} {code}",
            kind,
            by=SYSTEM,
            at=REFERRED,
            is_safeguarding_partner=is_partner,
        )
        world.agencies[code] = agency
        for short, role in (("author", Role.AUTHOR), ("lead", Role.SAFEGUARDING_LEAD)):
            email = f"{code}-{short}@{slug}.example"
            held.append((f"{code}_{short}", email, f"{code} {short} of {name}", role, agency))
        if is_partner:
            email = f"{code}-partner@{slug}.example"
            held.append(
                (f"partner_{number}", email, f"{code} partner of {name}", Role.DELEGATED_PARTNER, agency)
            )
    _fill(world, held)
    return world


def _fill(world: World, held: list[tuple[str, str, str, Role, Agency | None]]) -> None:
    """Put a person in each seat, all in a few statements: nearly every test begins here."""
    secret = make_password(PASSWORD)
    seats = {(s.role, s.agency_id): s for s in Seat.objects.filter(partnership=world.partnership)}
    people = User.objects.bulk_create(
        User(email=email, full_name=name, password=secret) for _, email, name, _, _ in held
    )
    Membership.objects.bulk_create(
        Membership(user=person, seat=seats[role, agency.pk if agency else None])
        for person, (_, _, _, role, agency) in zip(people, held, strict=True)
    )
    world.people = {key: person for person, (key, *_) in zip(people, held, strict=True)}


def a_panel_member(email: str = "panel@panel.example") -> User:
    person = a_person(email, "Panel Secretary")
    add_member(person, seat_for(Role.PANEL))
    return person


def a_referral(world: World, *, at: datetime = REFERRED, aware_at: datetime = AWARE) -> Case:
    """A referred case with two children; its words are canaries."""
    case = Case(
        partnership=world.partnership,
        harm=Case.Harm.SERIOUS_HARM,
        summary=CANARIES[1],
        place=CANARIES[2],
        incident_at=min(INCIDENT, aware_at),
        aware_at=aware_at,
        referred_by="Children's social care",
    )
    children = [ChildGiven(name=CANARIES[0], born_on=date(2025, 11, 2)), ChildGiven(is_unborn=True)]
    return cases.refer_case(case, children, by=world.manager, at=at)


def a_notified_case(world: World, *, notified_at: datetime = NOTIFIED) -> Case:
    """A case in its rapid review, notified at that instant."""
    case = a_referral(world)
    case = cases.consider_case(case, by=world.manager, at=notified_at)
    return cases.notify_case(case, notification_reference="SIN-1", by=world.manager, at=notified_at)


def asked_returns(world: World, case: Case, *, at: datetime = NOTIFIED) -> dict[str, AgencyReturn]:
    """Returns asked of the GP and the school."""
    made = returns.ask_agencies(case, [world.gp, world.school], by=world.manager, at=at)
    return {"gp": made[0], "school": made[1]}


def full_answers(definition: Definition, **given: object) -> dict[str, dict[str, object]]:
    """Something in every box; `outcome="lcspr"` and the like override by question code.

    One limb is answered no: neither a review nor none then contradicts the criteria.
    """
    given = {"panel_suggested": False, **given}
    fill = {"yes-no": True, "day": "2026-03-01"}
    return {
        section.code: {
            q.code: given.get(
                q.code, fill.get(q.kind) or (q.choices[0][0] if q.choices else f"{q.label} answered.")
            )
            for q in section.questions
        }
        for section in definition
    }


def a_return_in(agency_return: AgencyReturn, author: User, lead: User, *, at: datetime) -> AgencyReturn:
    """A return written and signed off; when that is late, with why."""
    for section, given in full_answers(RETURN_FORM).items():
        agency_return = returns.save_section(agency_return, section, given, by=author, at=at)
    agency_return = returns.finish_return(
        agency_return, by=author, at=at, late_reason="We were short of staff."
    )
    return returns.sign_off_return(agency_return, by=lead, at=at)


def a_decided_case(world: World, *, at: datetime, outcome: str = "no-lcspr") -> Case:
    """A case whose decision waits for the partners' signatures."""
    case = a_notified_case(world)
    for section, given in full_answers(DECISION_FORM, outcome=outcome).items():
        decisions.save_decision_section(case, section, given, by=world.manager, at=at)
    return decisions.decide_case(case, by=world.manager, at=at)


def sign_by_all(world: World, case: Case, *, at: datetime) -> None:
    """Every partner signs."""
    for code, agency in world.agencies.items():
        if agency.is_safeguarding_partner:
            partner = next(p for k, p in world.people.items() if k.startswith("partner") and code in p.email)
            decisions.sign_decision(case, agency, agrees=True, by=partner, at=at)
