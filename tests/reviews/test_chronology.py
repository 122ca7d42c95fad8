"""The rows of a return's chronology, by the services: who writes them when, and what is kept of them."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from reviews.models import AgencyReturn, Case, ChronologyRow
from reviews.questions import RETURN_FORM, is_complete
from reviews.services import answering, chronology, disclosing, returns
from reviews.timeline.dates import Told, read
from reviews.timeline.rows import MOST_ROWS, Row
from tests import factories
from tests.factories import NOTIFIED, World
from tests.reviews.asking import row_counts
from workflows.exceptions import Stale, WorkflowError
from workflows.models import LedgerEntry

pytestmark = pytest.mark.django_db
LATER = NOTIFIED + timedelta(hours=3)


def row(words: str = "12 March 2019", event: str = "Seen at the surgery.", **given: Any) -> Row:
    return Row(read(words, on=LATER.date()), event, **given)


def added(gp: AgencyReturn, world: World, *rows: Row) -> list[ChronologyRow]:
    return chronology.add_rows(gp, rows or [row()], by=world.gp_author, at=LATER)


def now(gp: AgencyReturn) -> AgencyReturn:
    return AgencyReturn.objects.get(pk=gp.pk)


# ---- Writing ---------------------------------------------------------------------------------------
def test_a_row_is_kept_as_it_was_told_and_begins_the_draft(world: World, gp: AgencyReturn) -> None:
    (made,) = added(
        gp, world, row("12 March 2019 14:30", source="EMIS", child_seen="yes", voice="Quiet.", is_key=True)
    )
    kept = ChronologyRow.objects.get(pk=made.pk)
    assert kept.as_kept() == {
        "said": "12 March 2019 14:30", "first_on": "2019-03-12", "last_on": "2019-03-12", "at_time": "14:30:00",
        "first_of_life": None, "last_of_life": None, "source": "EMIS", "event": "Seen at the surgery.",
        "child_seen": "yes", "voice": "Quiet.", "action": "", "comment": "", "is_key": True,
    }  # fmt: skip
    assert kept.told == Told("12 March 2019 14:30", date(2019, 3, 12), date(2019, 3, 12), time(14, 30))
    assert (kept.saved_by, kept.saved_at, kept.version) == (world.gp_author, LATER, 1)
    assert (now(gp).state, now(gp).written_by) == ("in_progress", world.gp_author)


def test_days_of_life_are_kept_without_a_day_from_which_the_birth_could_be_counted(
    world: World, gp: AgencyReturn
) -> None:
    (made,) = added(gp, world, row("13 days after birth"))
    assert (made.first_on, made.last_on, made.first_of_life) == (None, None, 13)
    # The case has one child who is born, and one who is not.
    assert made.placed(chronology.birth_of(gp.case)) == (date(2025, 11, 15), date(2025, 11, 15))


def test_where_two_births_are_known_nothing_is_placed_by_either(world: World, gp: AgencyReturn) -> None:
    child = gp.case.children.get(number=2)
    child.is_unborn, child.born_on = False, date(2019, 1, 1)
    child.save()
    assert chronology.birth_of(Case.objects.get(pk=gp.case_id)) is None


def test_the_ledger_tells_each_change_and_no_word_of_it(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world, row(event="Canary."))
    chronology.change_row(now(gp), made.pk, row(event="Canary, again."), by=world.gp_lead, at=LATER)
    chronology.remove_row(now(gp), made.pk, by=world.gp_author, at=LATER)
    told = LedgerEntry.objects.filter(
        target=f"reviews.agencyreturn {gp.pk}", action__endswith="chronology_row"
    )
    told |= LedgerEntry.objects.filter(action="add_chronology_rows")
    assert list(told.order_by("sequence").values_list("action", "actor", "changed")) == [
        ("add_chronology_rows", str(world.gp_author.pk), "chronology"),
        ("change_chronology_row", str(world.gp_lead.pk), "chronology"),
        ("remove_chronology_row", str(world.gp_author.pk), "chronology"),
    ]
    assert "Canary" not in str(list(LedgerEntry.objects.values()))


@pytest.mark.parametrize(
    "who", ["manager", "member", "co_chair", "school_author", "partner_1", "administrator"]
)
def test_nobody_but_the_agency_writes_a_row(world: World, gp: AgencyReturn, who: str) -> None:
    (made,) = added(gp, world)
    before = row_counts()
    person: Any = world.people[who]
    for act in (
        lambda: chronology.add_rows(gp, [row()], by=person, at=LATER),
        lambda: chronology.change_row(gp, made.pk, row(), by=person, at=LATER),
        lambda: chronology.remove_row(gp, made.pk, by=person, at=LATER),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert row_counts() == before


def test_a_row_is_written_only_through_the_return_it_stands_in(
    world: World, asked: dict[str, AgencyReturn]
) -> None:
    (made,) = added(asked["gp"], world)
    with pytest.raises(Stale, match="was removed"):
        chronology.change_row(asked["school"], made.pk, row(), by=world.school_author, at=LATER)
    with pytest.raises(Stale, match="was removed already"):
        chronology.remove_row(asked["school"], made.pk, by=world.school_author, at=LATER)
    assert ChronologyRow.objects.get().version == 1


def test_no_more_rows_than_a_chronology_can_have(world: World, gp: AgencyReturn) -> None:
    added(gp, world, *[row()] * (MOST_ROWS - 1))
    with pytest.raises(WorkflowError) as refusal:
        added(now(gp), world, row(), row())
    assert str(refusal.value) == (
        "A chronology can have 2,000 rows. It has 1,999, and these are 2 more. Keep what matters most."
    )
    added(now(gp), world, row())
    assert ChronologyRow.objects.count() == MOST_ROWS


# ---- Two hands -------------------------------------------------------------------------------------
def test_a_row_that_another_hand_changed_is_not_saved_over(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world)
    chronology.change_row(now(gp), made.pk, row(event="The lead's."), seen=1, by=world.gp_lead, at=LATER)
    for act in (
        lambda: chronology.change_row(now(gp), made.pk, row(), seen=1, by=world.gp_author, at=LATER),
        lambda: chronology.remove_row(now(gp), made.pk, seen=1, by=world.gp_author, at=LATER),
    ):
        with pytest.raises(Stale, match="gp lead of Northborough"):
            act()
    assert ChronologyRow.objects.get().event == "The lead's."
    chronology.remove_row(now(gp), made.pk, seen=2, by=world.gp_author, at=LATER)
    assert not ChronologyRow.objects.exists()


def test_what_was_read_is_what_is_sent_also_of_the_rows(world: World, gp: AgencyReturn) -> None:
    # Given an author who reads all answers before they go, while the lead adds a row:
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)
    seen = answering.mark_of(gp)
    chronology.add_rows(gp, [row()], by=world.gp_lead, at=LATER + timedelta(minutes=1))
    with pytest.raises(Stale, match="gp lead of Northborough changed the answers"):
        returns.finish_return(now(gp), by=world.gp_author, at=LATER, seen=seen)


# ---- Sent ------------------------------------------------------------------------------------------
def sent(gp: AgencyReturn, world: World) -> AgencyReturn:
    for section, given in factories.full_answers(RETURN_FORM).items():
        gp = returns.save_section(gp, section, given, by=world.gp_author, at=LATER)
    return returns.finish_return(gp, by=world.gp_author, at=LATER)


def test_rows_answer_the_question_of_what_happened(world: World, gp: AgencyReturn) -> None:
    section = RETURN_FORM.section("chronology")
    assert [one.code for one in answering.sections_with_gaps(gp)].count("chronology") == 1
    (made,) = added(gp, world)
    assert is_complete(section, now(gp).answers)
    assert "chronology" not in [one.code for one in answering.sections_with_gaps(now(gp))]
    # Without them it is a gap again.
    chronology.remove_row(now(gp), made.pk, by=world.gp_author, at=LATER)
    assert not is_complete(section, now(gp).answers)


def test_each_version_keeps_the_rows_as_they_were_sent(world: World, gp: AgencyReturn) -> None:
    (made,) = added(gp, world)
    gp = sent(now(gp), world)
    gp = returns.send_back_return(gp, reason="When?", by=world.gp_lead, at=LATER)
    chronology.change_row(gp, made.pk, row("March 2019", event="Another."), by=world.gp_author, at=LATER)
    returns.finish_return(now(gp), by=world.gp_author, at=LATER)
    assert [
        [(one["said"], one["last_on"], one["event"]) for one in version.chronology]
        for version in gp.versions.all()
    ] == [
        [("12 March 2019", "2019-03-12", "Seen at the surgery.")],
        [("March 2019", "2019-03-31", "Another.")],
    ]


@pytest.mark.parametrize("until", ["submitted", "signed_off", "accepted"])
def test_once_sent_nobody_changes_a_row(world: World, gp: AgencyReturn, until: str) -> None:
    (made,) = added(gp, world)
    gp = sent(now(gp), world)
    if until != "submitted":
        gp = returns.sign_off_return(gp, by=world.gp_lead, at=LATER)
    if until == "accepted":
        gp = returns.accept_return(gp, by=world.manager, at=LATER)
    assert gp.state == until
    before = row_counts()
    for act in (
        lambda: chronology.add_rows(gp, [row()], by=world.gp_author, at=LATER),
        lambda: chronology.change_row(gp, made.pk, row(), by=world.gp_lead, at=LATER),
        lambda: chronology.remove_row(gp, made.pk, by=world.gp_author, at=LATER),
    ):
        with pytest.raises(WorkflowError, match="Cannot change this chronology: the return is"):
            act()
    assert row_counts() == before
    assert ChronologyRow.objects.get().version == 1


# ---- What leaves -----------------------------------------------------------------------------------
def test_a_subject_access_copy_has_every_part_of_every_row(world: World, gp: AgencyReturn) -> None:
    added(gp, world, row("early 2019", "Fell.", source="EMIS", child_seen="no", voice="Sad.", action="None.",
                         comment="Why?", is_key=True), row(event="Seen."))  # fmt: skip
    copy = disclosing.prepare(gp.case, child=None, reference="SAR 1", by=world.manager, at=LATER)
    parts = [(one["label"], one["text"]) for one in copy.parts if one["label"].startswith("Chronology")]
    assert parts == [
        ("Chronology, early 2019", "Source: EMIS\nWhat happened: Fell.\nChild seen: No\nVoice of the child: Sad.\n"
         "Action or decision: None.\nComment: Why?\nKey episode: Yes"),
        ("Chronology, 12 March 2019", "What happened: Seen.\nChild seen: Not known"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"event": ""}, {"last_on": date(2018, 1, 1)}, {"first_of_life": 1, "last_of_life": 2}],
)  # fmt: skip
def test_the_database_keeps_a_row_whole(world: World, gp: AgencyReturn, wrong: dict[str, Any]) -> None:
    (made,) = added(gp, world)
    with pytest.raises(IntegrityError), transaction.atomic():
        ChronologyRow.objects.filter(pk=made.pk).update(**wrong)
