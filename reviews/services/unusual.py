"""Access that is unusual: rules as data, looked for in the ledger, told once to who runs or audits the partnership.

It says who, when and which cases by their codes; whether there was a good reason is for people to say.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import LONDON, Membership, Partnership, Role, Seat, User
from accounts.services import people_in
from reviews.models import AccessAlert, AgencyReturn
from reviews.services.auditing import LOOKED, audited_by
from workflows.calendars import local_date, start_of
from workflows.countdown import time_in_words
from workflows.models import LedgerEntry, Subject
from workflows.services.ledger import REFUSED
from workflows.signals import people_told

NEWS = "unusual-access"
LATE_ENTRIES = timedelta(hours=1)
"""So long after midnight the day before is looked at again: its last minutes are not to slip through."""


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody looked at, or was refused, a subject of a case."""

    person: str
    case: Subject
    subject_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AccessRule:
    """What counts as unusual: finds, among the looks of a London day, those of each person that are."""

    code: str
    words: str
    looks_at_refusals: bool
    find: Callable[[list[Look]], list[Look]]


def _more_than(most: int, looks: list[Look]) -> list[Look]:
    """All of them, if they are at more cases than so many."""
    return looks if len({look.case.pk for look in looks}) > most else []


def _at_odd_hours(hours: tuple[time, time], looks: list[Look]) -> list[Look]:
    """Those from the one hour, in London, up to the other; over midnight if the first is the later."""
    first, last = hours

    def is_odd(look: Look) -> bool:
        hour = look.at.astimezone(LONDON).time()
        return first <= hour < last if first < last else hour >= first or hour < last

    return [look for look in looks if is_odd(look)]


def _without_a_task(looks: list[Look]) -> list[Look]:
    """Those at a return with which its agency is done, by somebody who neither wrote nor signed it."""
    returns = AgencyReturn.objects.filter(pk__in={look.subject_id for look in looks}).exclude(
        state__in=AgencyReturn.OPEN
    )
    done = {str(one.pk): one for one in returns}
    agencies = {one.agency_id for one in done.values()}
    own = set(
        Membership.objects.filter(
            seat__agency__in=agencies, seat__role__in=(Role.AUTHOR, Role.SAFEGUARDING_LEAD)
        ).values_list("user", "seat__agency")
    )
    keys = {(str(user), agency) for user, agency in own}
    return [
        look
        for look in looks
        if (one := done.get(look.subject_id)) is not None
        and (look.person, one.agency_id) in keys
        and look.person not in (str(one.written_by_id), str(one.signed_off_by_id))
    ]


def hours_in(text: str) -> tuple[time, time]:
    """ "22:00-06:00" as two times. Raises ValueError."""
    first, _, last = text.partition("-")
    return time.fromisoformat(first.strip()), time.fromisoformat(last.strip())


def _in_words(hour: time) -> str:
    return time_in_words(datetime.combine(date(2026, 1, 1), hour, LONDON))


def rules() -> list[AccessRule]:
    """The rules, with the numbers that the settings give them."""
    most, hours = settings.UNUSUAL_CASES_A_DAY, hours_in(settings.UNUSUAL_HOURS)
    refusals = settings.UNUSUAL_REFUSALS_A_DAY
    return [
        AccessRule(
            "many-cases", f"More than {most} cases in one day", False, lambda looks: _more_than(most, looks)
        ),
        AccessRule(
            "odd-hours",
            f"Between {_in_words(hours[0])} and {_in_words(hours[1])}",
            False,
            lambda looks: _at_odd_hours(hours, looks),
        ),
        AccessRule(
            "no-task", "A return of their agency that is done, and not theirs", False, _without_a_task
        ),
        AccessRule(
            "refused", f"Asked for more than {refusals} cases that they may not see", True,
            lambda looks: _more_than(refusals, looks),
        ),
    ]  # fmt: skip


def watched_by(user: User, *, at: datetime) -> list[Partnership]:
    """The partnerships whose alerts this person may read: those they run or audit."""
    seats = Seat.objects.acted_for_by(user, at=at).filter(role=Role.BUSINESS_MANAGER)
    run = Partnership.objects.filter(seats__in=seats).distinct()
    return sorted({*run, *audited_by(user, at=at)}, key=lambda partnership: partnership.name)


def look_for_unusual_access(*, at: datetime) -> list[AccessAlert]:
    """Look through the day of the instant, and just after midnight the day before; write down and tell what is new.

    May run twice, late, or beside itself: there is one alert for each rule, person, partnership and day, and it is told
    once. An alert names the cases it was raised for; what the person does later that day stands in the ledger.
    """
    today = local_date(at)
    days = [today]
    if at - start_of(today) < LATE_ENTRIES:
        days.insert(0, today - timedelta(days=1))
    return [alert for day in days for alert in _look_through(day, at=at)]


def _look_through(day: date, *, at: datetime) -> Iterable[AccessAlert]:
    entries = LedgerEntry.objects.filter(at__gte=start_of(day), at__lt=start_of(day + timedelta(days=1)))
    for refused in (False, True):
        wanted = Q(outcome=REFUSED, action="ask") if refused else Q(action__in=LOOKED)
        looks = _by_person(entries.filter(wanted).exclude(actor="system"))
        for rule in rules():
            if rule.looks_at_refusals != refused:
                continue
            for person, theirs in looks.items():
                for partnership, codes in _of_partnerships(rule.find(theirs)).items():
                    if alert := _raise_alert(rule, person, partnership, codes, day, at=at):
                        yield alert


def _by_person(entries: Iterable[LedgerEntry]) -> dict[str, list[Look]]:
    """The looks of each person at what there is: who asks for what is not there has seen no case."""
    rows = list(entries.values_list("actor", "target", "at"))  # type: ignore[attr-defined]
    keys = {target.split(" ")[-1] for _, target, _ in rows}
    subjects = {
        str(one.pk): one for one in Subject.objects.filter(pk__in=keys).select_related("root", "partnership")
    }
    found: dict[str, list[Look]] = {}
    for actor, target, when in rows:
        key = target.split(" ")[-1]
        if (subject := subjects.get(key)) is not None:
            found.setdefault(actor, []).append(Look(actor, subject.chain, key, when))
    return found


def _of_partnerships(looks: Iterable[Look]) -> dict[Partnership, list[str]]:
    """The codes of the cases looked at, by whose they are: a partnership hears of its own."""
    found: dict[Partnership, set[str]] = {}
    for look in looks:
        found.setdefault(look.case.partnership, set()).add(look.case.code)
    return {partnership: sorted(codes) for partnership, codes in found.items()}


@transaction.atomic
def _raise_alert(
    rule: AccessRule, person: str, partnership: Partnership, codes: list[str], day: date, *, at: datetime
) -> AccessAlert | None:
    """Write it down and tell it, unless that was done. Not to the person themselves."""
    alert, is_new = AccessAlert.objects.get_or_create(
        rule=rule.code, person_id=uuid.UUID(person), partnership=partnership, on=day,
        defaults={"codes": codes, "made_at": at},
    )  # fmt: skip
    if not is_new:
        return None
    seats = Seat.objects.filter(partnership=partnership, role__in=(Role.BUSINESS_MANAGER, Role.AUDITOR))
    told = [one for one in people_in(seats, on=local_date(at)) if str(one.pk) != person]
    people_told.send(sender=AccessAlert, news=NEWS, key=f"{NEWS}:{alert.pk}", people=told, at=at)
    return alert
