"""A case that is closed and full of words, and the years after it, for tests of holding, reviewing and disposing."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from accounts.models import Role
from accounts.services import seat_for
from reviews.files.kinds import examine
from reviews.models import Case
from reviews.questions import DECISION_FORM, RETURN_FORM, Definition
from reviews.services import (
    attachments,
    break_glass,
    chasing,
    chronology,
    correcting,
    dates,
    decisions,
    practice,
    recusals,
    reminders,
    returns,
    schedules,
    sharing,
)
from reviews.services.cases import ChildGiven, consider_case, notify_case, refer_case
from reviews.timeline.dates import Told
from reviews.timeline.rows import Row
from tests import factories
from tests.factories import AWARE, INCIDENT, NOTIFIED, REFERRED, World
from tests.reviews.asking import DECIDED, SENT

WORD = "Zqwhisper"
"""Stands in every box into which somebody can write about a case, and nowhere else."""
ADOPTED = datetime(2026, 4, 13, 9, tzinfo=UTC)
THEN = datetime(2061, 6, 1, 9, tzinfo=UTC)
"""Thirty-five years after the last thing was recorded of it, and some weeks."""


def a_closed_case(world: World, neighbour: World) -> Case:
    """A case through all its stages, with something written wherever something can be; closed on 9 April 2026."""
    manager, chair = world.people["manager"], world.people["chair"]
    given = Case(
        partnership=world.partnership, harm=Case.Harm.SERIOUS_HARM, summary=f"{WORD} fell.", place=f"{WORD} Lane",
        incident_at=INCIDENT, aware_at=AWARE, referred_by=f"{WORD} House",
    )  # fmt: skip
    child = ChildGiven(name=f"{WORD} Child", born_on=date(2020, 11, 2), nhs_number="9434765919")
    case = refer_case(given, [child], by=manager, at=REFERRED)
    correct(world, case)
    case = consider_case(case, by=manager, at=NOTIFIED)
    case = notify_case(case, notification_reference=f"SIN-{WORD}", by=manager, at=NOTIFIED)
    gp, school = returns.ask_agencies(case, [world.gp, world.school], by=manager, at=NOTIFIED)
    chasing.note_call(gp, spoke_to=WORD, said=WORD, called_at=NOTIFIED, by=manager, at=NOTIFIED)
    reminders.mute_case(case, reason=WORD, until=date(2026, 5, 1), by=manager, at=NOTIFIED)
    clock = case.deadlines.filter(rule__partnership__isnull=False).latest("due_on")
    dates.pause_clock(case, clock.pk, since=NOTIFIED, authority=WORD, reason=WORD, by=manager, at=NOTIFIED)
    gp = returns_full(world, gp)
    returns.declare_nil(school, searched=WORD, late_reason=WORD, by=world.people["school_author"], at=DECIDED)
    for section, answers in full_of_words(DECISION_FORM, outcome="no-lcspr").items():
        decisions.save_decision_section(case, section, answers, by=manager, at=DECIDED)
    case = decisions.decide_case(case, by=manager, at=DECIDED)
    for number, agency in enumerate(a for a in world.agencies.values() if a.is_safeguarding_partner):
        partner = world.people[f"partner_{number + 1}"]
        decisions.sign_decision(
            case, agency, agrees=number > 0, dissent="" if number else WORD, by=partner, at=DECIDED
        )
    record = decisions.submit_case(case, by=manager, at=SENT)
    decisions.accept_record(record, reply=WORD, by=manager, at=SENT)
    case = practice.finish_with_learning(Case.objects.get(pk=case.pk), by=manager, at=SENT)
    declared = recusals.declare_interest(
        case, kind="other", words=WORD, steps_back=False, by=world.people["member"], at=SENT
    )
    recusals.answer_interest(declared, takes_part=True, answer=WORD, by=chair, at=SENT)
    recused = recusals.recuse(case, world.people["partner_3"], kind="other", reason=WORD, by=chair, at=SENT)
    recusals.lift_recusal(recused, reason=WORD, by=chair, at=SENT)
    seat = seat_for(Role.CO_CHAIR, partnership=neighbour.partnership)
    sharing.share_case(
        case, seat, starts_on=SENT.date(), ends_on=SENT.date(), reason=WORD, by=manager, at=SENT
    )
    asked = break_glass.ask_to_see(
        case.code, kind="other", words=WORD, by=world.people["administrator"], at=SENT
    )
    assert asked is not None
    break_glass.review(
        break_glass.answer(asked, agrees=True, by=manager, at=SENT), words=WORD, by=chair, at=ADOPTED
    )
    return practice.close_case(Case.objects.get(pk=case.pk), by=manager, at=SENT)


def correct(world: World, case: Case) -> None:
    """The summary is put right once."""
    correcting.correct_referral(
        case, reason=WORD, by=world.people["manager"], at=REFERRED,
        **{**as_it_is(case), "summary": f"{WORD} fell down."},
    )  # fmt: skip


def as_it_is(case: Case) -> dict[str, Any]:
    names = (
        "incident_at",
        "incident_precision",
        "aware_at",
        "aware_precision",
        "notifiable",
        "harm",
        "place",
        "referred_by",
    )
    return {name: getattr(case, name) for name in names}


def returns_full(world: World, gp: Any) -> Any:
    """Written with the word in every box, signed off."""
    for section, given in full_of_words(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.people["gp_author"], at=DECIDED)
    told = Told("13 days after birth", first_of_life=13, last_of_life=13)
    row = Row(told, WORD, source=WORD, voice=WORD, action=WORD, comment=WORD, is_key=True)
    chronology.add_rows(gp, [row], by=world.people["gp_author"], at=DECIDED)
    file = examine(f"{WORD}.txt", f"{WORD} was seen.".encode())
    attachments.add_attachment(gp, file, about=WORD, by=world.people["gp_author"], at=DECIDED)
    gp = returns.finish_return(gp, late_reason=WORD, by=world.people["gp_author"], at=DECIDED)
    gp = returns.send_back_return(
        gp, reason=WORD, comments={"you": WORD}, by=world.people["gp_lead"], at=DECIDED
    )
    gp = returns.finish_return(gp, late_reason=WORD, by=world.people["gp_author"], at=DECIDED)
    return returns.sign_off_return(gp, by=world.people["gp_lead"], at=DECIDED)


def full_of_words(definition: Definition, **given: object) -> dict[str, dict[str, object]]:
    """Something in every box, and in each box for text the word."""
    return {
        section: {
            code: WORD if isinstance(value, str) and value.endswith("answered.") else value
            for code, value in answers.items()
        }
        for section, answers in factories.full_answers(definition, **given).items()
    }


def adopted(world: World) -> None:
    schedules.adopt_proposal(world.partnership, by=world.people["manager"], at=ADOPTED)


def where_it_stands(word: str) -> dict[str, list[str]]:
    """Every table and column of the whole database in which the word stands, as a dump of it would say."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if word in str(value) and name not in found.setdefault(table, []):
                        found[table].append(name)
    return {table: names for table, names in found.items() if names}
