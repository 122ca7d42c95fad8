"""An invented partnership at work, and its neighbour: built through the services, on days counted back from today.

What happens, and on which day, stands in reviews/data/demonstration.json. A day there is so many working
days before the day that counts: today, or the next working day when today is none. So what is due "today"
is due today in any week of the year, and nothing happens later than yesterday.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Min, Q, QuerySet

from accounts.models import Agency, Partnership, Role, User
from accounts.services import add_member, factors, seat_for
from reviews.files.kinds import examine
from reviews.models import AgencyReturn, Case, PanelRecord
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services import (
    attachments,
    cases,
    chronology,
    decisions,
    importing,
    partnerships,
    practice,
    returns,
)
from reviews.services.cases import ChildGiven
from reviews.timeline.dates import read
from reviews.timeline.rows import Row
from workflows.actors import SYSTEM
from workflows.calendars import Calendar, at_local, local_date
from workflows.models import Rung
from workflows.services.calendar import current_calendar
from workflows.services.sweeping import sweep

DATA = Path(__file__).resolve().parent.parent / "data" / "demonstration.json"
FOUNDED = date(2018, 7, 4)
"""From when the partnerships have their milestones: before anything in the demonstration or its imports."""

OF_AGENCIES = {
    "author": Role.AUTHOR,
    "lead": Role.SAFEGUARDING_LEAD,
    "delegated": Role.DELEGATED_PARTNER,
    "chief": Role.LEAD_PARTNER,
}


@cache
def script() -> dict[str, Any]:
    """The whole demonstration, as data."""
    loaded: dict[str, Any] = json.loads(DATA.read_text())
    return loaded


def is_built() -> bool:
    """Whether the demonstration is in this database."""
    names = [given["name"] for given in script()["partnerships"]]
    return Partnership.objects.filter(name__in=names).count() == len(names)


def sign_ins() -> list[tuple[str, str]]:
    """Whom one can sign in as: the role in words, and the address. One of each role, first those who have work."""
    north, west = script()["partnerships"]
    of = {person["key"]: f"{person['key']}@{north['domain']}" for person in north["people"]}
    domain = north["domain"]
    return [
        ("Business manager", of["manager"]),
        ("Deputy of the business manager", of["deputy"]),
        ("Co-chair of the sub-group", of["co-chair-1"]),
        ("Sub-group member", of["member"]),
        ("Independent chair", of["chair"]),
        ("Delegated partner, has still to sign", f"delegated@council.{domain}"),
        ("Delegated partner, has signed", f"delegated@police.{domain}"),
        ("Lead safeguarding partner", f"chief@council.{domain}"),
        ("Agency author, late", f"author@gp.{domain}"),
        ("Agency author, in the middle of it", f"author@schools.{domain}"),
        ("Agency safeguarding lead, has to sign off", f"lead@mental.{domain}"),
        ("User administrator", of["administrator"]),
        ("The national Panel", script()["panel"]["email"]),
        ("Business manager of the neighbour", f"manager@{west['domain']}"),
    ]


def people() -> QuerySet[User]:
    """Everybody whom the demonstration made up, and nobody else."""
    ours = Q(email=script()["panel"]["email"])
    for given in script()["partnerships"]:
        ours |= Q(email__endswith=f"@{given['domain']}") | Q(email__endswith=f".{given['domain']}")
    return User.objects.filter(ours, is_active=True)


def give_apps() -> None:
    """An authenticator app for each of them who has nothing to confirm a sign-in with: see the command `code`."""
    factors.add_apps([person for person in people() if not factors.has_factor(person)])


@dataclass
class Days:
    """The working days before the day that counts."""

    calendar: Calendar
    today: date

    @property
    def counts(self) -> date:
        """Today, or the next working day: what is "due today" is due then."""
        return self.calendar.first_working_day(self.today)

    def instant(self, ago: int, clock: str) -> datetime:
        """A London time, so many working days before (1 or more)."""
        return at_local(self.calendar.subtract(self.counts, ago), time.fromisoformat(clock))


@dataclass
class Place:
    """One partnership of the demonstration: who and what is where in it."""

    given: dict[str, Any]
    days: Days
    partnership: Partnership
    people: dict[str, User] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)

    @property
    def manager(self) -> User:
        return self.people["manager"]

    def return_of(self, case: str, agency: str) -> AgencyReturn:
        return AgencyReturn.objects.get(case=self.cases[case], agency=self.agencies[agency])


@transaction.atomic
def build_demo(*, at: datetime, password: str) -> list[Partnership]:
    """Make the whole demonstration as it would have come about by the instant; everybody has the password.

    All or nothing. Between the days with events the sweep runs at each moment at which it would have had
    something to do, so that reminders, escalations and missed marks are a real history.
    """
    days = Days(current_calendar(), local_date(at))
    secret = make_password(password)  # once: hashing is slow on purpose, and there are seventy people
    panel = script()["panel"]
    secretary = _person(panel["email"], panel["name"], Role.PANEL)
    places = [_place(given, days, at=at) for given in script()["partnerships"]]
    everybody = [secretary, *(person for place in places for person in place.people.values())]
    User.objects.filter(pk__in=[person.pk for person in everybody]).update(password=secret)
    factors.add_apps(everybody)
    events = [
        (days.instant(step[0], step[1]), place, case, step[2:])
        for place in places
        for case in place.given["cases"]
        for step in case["story"]
    ]
    swept_on = FOUNDED
    for instant, place, case, (verb, *details) in sorted(events, key=lambda event: event[0]):
        if (
            local_date(instant) > swept_on
        ):  # rungs come at midnight and in the morning, before anybody is at work
            _sweep_until(instant)
            swept_on = local_date(instant)
        _STEPS[verb](place, case, instant, *details)
    _sweep_until(at)
    importing.import_published_cases(places[0].partnership, at=at)
    sweep(at=at)
    return [place.partnership for place in places]


def _sweep_until(until: datetime) -> None:
    """Sweep at each minute before the instant in which a rung's time comes, as beat would have done."""
    waiting = Rung.objects.ahead().filter(deadline__state="running", fires_at__lt=until)
    while first := waiting.aggregate(first=Min("fires_at"))["first"]:
        sweep(at=min(first + timedelta(seconds=20), until))


# ---- The people and bodies -------------------------------------------------------------------
def _place(given: dict[str, Any], days: Days, *, at: datetime) -> Place:
    partnership = partnerships.found_partnership(given["name"], reference_prefix=given["prefix"], on=FOUNDED)
    place = Place(given, days, partnership)
    for person in given["people"]:
        place.people[person["key"]] = _person(
            f"{person['key']}@{given['domain']}", person["name"], Role(person["role"]),
            partnership=partnership,
        )  # fmt: skip
    for body in given["agencies"]:
        domain = f"{body['key']}.{given['domain']}"
        agency = partnerships.add_agency(
            partnership, body["name"], body["kind"], by=SYSTEM, at=at, email_domain=domain,
            phone=body.get("phone", ""), is_safeguarding_partner="delegated" in body,
        )  # fmt: skip
        place.agencies[body["key"]] = agency
        for key, role in OF_AGENCIES.items():
            if key in body:
                place.people[f"{body['key']}:{key}"] = _person(
                    f"{key}@{domain}", body[key], role, agency=agency
                )
    if cover := given["cover"]:
        partnerships.appoint_deputy(
            partnership, place.people[cover["person"]], place.people[cover["deputy"]], by=SYSTEM, at=at,
            starts_on=days.today + timedelta(days=cover["first"]),
            ends_on=days.today + timedelta(days=cover["last"]),
        )  # fmt: skip
    return place


def _person(email: str, name: str, role: Role, **body: Any) -> User:
    user = User.objects.create_user(email, name)
    add_member(user, seat_for(role, **body))
    return user


# ---- The steps of a story --------------------------------------------------------------------
def _refer(place: Place, given: dict[str, Any], at: datetime) -> None:
    case = Case(
        partnership=place.partnership, harm=given["harm"], summary=given["summary"],
        referred_by=given["referred_by"], incident_at=place.days.instant(*given["incident"]),
        aware_at=place.days.instant(*given["aware"]),
    )  # fmt: skip
    case.place = given["place"]
    children = [
        ChildGiven(
            born_on=place.days.today - timedelta(days=child["age_days"]),
            **{name: value for name, value in child.items() if name != "age_days"},
        )
        for child in given["children"]
    ]
    place.cases[given["key"]] = cases.refer_case(case, children, by=place.manager, at=at)


def _case(place: Place, given: dict[str, Any]) -> Case:
    """The case as it is now."""
    found: Case = Case.objects.get(pk=place.cases[given["key"]].pk)
    return found


def _consider(place: Place, given: dict[str, Any], at: datetime) -> None:
    cases.consider_case(_case(place, given), by=place.manager, at=at)


def _decline(place: Place, given: dict[str, Any], at: datetime, reason: str) -> None:
    cases.decline_case(_case(place, given), reason=reason, by=place.manager, at=at)


def _notify(place: Place, given: dict[str, Any], at: datetime, reference: str) -> None:
    cases.notify_case(_case(place, given), notification_reference=reference, by=place.manager, at=at)


def _meet(place: Place, given: dict[str, Any], at: datetime, code: str) -> None:
    cases.meet_milestone(_case(place, given), code, by=place.manager, at=at)


def _hold_meeting(place: Place, given: dict[str, Any], at: datetime) -> None:
    cases.hold_meeting(_case(place, given), by=place.manager, at=at)


def _withdraw(place: Place, given: dict[str, Any], at: datetime, reason: str) -> None:
    cases.withdraw_case(_case(place, given), reason=reason, by=place.manager, at=at)


def _ask(place: Place, given: dict[str, Any], at: datetime, agencies: list[str]) -> None:
    asked = [place.agencies[key] for key in agencies]
    returns.ask_agencies(_case(place, given), asked, by=place.manager, at=at)


def _acknowledge(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    author = place.people[f"{agency}:author"]
    returns.acknowledge_return(place.return_of(given["key"], agency), by=author, at=at)


def _nil(place: Place, given: dict[str, Any], at: datetime, agency: str, searched: str) -> None:
    author = place.people[f"{agency}:author"]
    returns.declare_nil(place.return_of(given["key"], agency), searched=searched, by=author, at=at)


def _write(
    place: Place, given: dict[str, Any], at: datetime, agency: str, sections: int | None = None
) -> None:
    agency_return = place.return_of(given["key"], agency)
    name = place.agencies[agency].name
    texts = {
        code: text.replace("{agency}", name) if isinstance(text, str) else text
        for code, text in script()["return_answers"].items()
    }
    texts["events"] = given["chronology"].get(agency, texts["events"])
    texts["voice"] = given["voice"]
    if rows := given.get("rows", {}).get(agency):
        incident = place.cases[given["key"]].incident_at
        assert incident is not None
        told = [_row(line, local_date(incident), local_date(at)) for line in rows]
        chronology.add_rows(agency_return, told, by=place.people[f"{agency}:author"], at=at)
    for name, about, words in given.get("files", {}).get(agency, ()):
        file = examine(name, words.encode())
        author = place.people[f"{agency}:author"]
        attachments.add_attachment(agency_return, file, about=about, by=author, at=at)
    for section, answers in list(_sheet(RETURN_FORM, texts).items())[:sections]:
        agency_return = returns.save_section(
            agency_return, section, answers, by=place.people[f"{agency}:author"], at=at
        )


def _row(line: list[Any], incident: date, on: date) -> Row:
    """A row as the script has it: its date in words, or as so many days from the incident."""
    when, source, event, seen, voice, action, comment, is_key = line
    if isinstance(when, int):
        when = f"{incident + timedelta(days=when):%d %B %Y}".lstrip("0")
    return Row(read(when, on=on), event, source, seen, voice, action, comment, is_key)


def _draft(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    _write(place, given, at, agency, sections=3)


def _finish(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    author = place.people[f"{agency}:author"]
    returns.finish_return(place.return_of(given["key"], agency), by=author, at=at)


def _send_back(place: Place, given: dict[str, Any], at: datetime, agency: str, *said: Any) -> None:
    (reason, comments), lead = said, place.people[f"{agency}:lead"]
    it = place.return_of(given["key"], agency)
    returns.send_back_return(it, reason=reason, comments=comments, by=lead, at=at)


def _amend(place: Place, given: dict[str, Any], at: datetime, agency: str, *said: Any) -> None:
    (section, answers), it = said, place.return_of(given["key"], agency)
    author = place.people[f"{agency}:author"]
    returns.save_section(it, section, {**it.answers[section], **answers}, by=author, at=at)


def _sign_off(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    lead = place.people[f"{agency}:lead"]
    returns.sign_off_return(place.return_of(given["key"], agency), by=lead, at=at)


def _accept(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    returns.accept_return(place.return_of(given["key"], agency), by=place.manager, at=at)


def _save_decision(
    place: Place, given: dict[str, Any], at: datetime, sections: Iterable[str] | None = None
) -> None:
    texts = {**script()["decision_answers"], "lived": given["voice"], **given["decision"]}
    case = _case(place, given)
    for section, answers in _sheet(DECISION_FORM, texts).items():
        if sections is None or section in sections:
            decisions.save_decision_section(case, section, answers, by=place.manager, at=at)


def _decide(place: Place, given: dict[str, Any], at: datetime) -> None:
    _save_decision(place, given, at)
    decisions.decide_case(_case(place, given), by=place.manager, at=at)


def _sign(place: Place, given: dict[str, Any], at: datetime, agency: str) -> None:
    partner = place.people[f"{agency}:delegated"]
    decisions.sign_decision(_case(place, given), place.agencies[agency], agrees=True, by=partner, at=at)


def _submit(place: Place, given: dict[str, Any], at: datetime) -> None:
    decisions.submit_case(_case(place, given), by=place.manager, at=at)


def _agree(place: Place, given: dict[str, Any], at: datetime, reply: str) -> None:
    secretary = User.objects.get(email=script()["panel"]["email"])
    record = PanelRecord.objects.get(case=place.cases[given["key"]])
    decisions.accept_record(record, reply=reply, by=secretary, at=at)


def _commission(place: Place, given: dict[str, Any], at: datetime, method: str) -> None:
    practice.commission_review(_case(place, given), method=method, by=place.manager, at=at)


def _learn(place: Place, given: dict[str, Any], at: datetime) -> None:
    practice.finish_with_learning(_case(place, given), by=place.manager, at=at)


_STEPS: dict[str, Any] = {
    "refer": _refer, "consider": _consider, "decline": _decline, "notify": _notify, "meet": _meet,
    "hold_meeting": _hold_meeting, "withdraw": _withdraw, "ask": _ask, "acknowledge": _acknowledge,
    "nil": _nil, "write": _write, "draft": _draft, "finish": _finish, "send_back": _send_back,
    "amend": _amend, "sign_off": _sign_off, "accept": _accept, "save_decision": _save_decision,
    "decide": _decide, "sign": _sign, "submit": _submit, "agree": _agree, "commission": _commission, "learn": _learn,
}  # fmt: skip
"""What a word of the script does: (place, the case as given, the instant, the rest of the line)."""


def _sheet(definition: Definition, texts: dict[str, Any]) -> dict[str, dict[str, object]]:
    """A form filled in: section -> question -> answer."""
    return {
        section.code: {question.code: texts[question.code] for question in section.questions}
        for section in definition
    }
